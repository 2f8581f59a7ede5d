//! The offices of the simulation, with their habits.

use domain::ids::OfficeId;
use domain::office::{Level, Tree, places};
use domain::period::Date;
use domain::value::GeoPoint;
use rand::RngExt;

use super::chance;
use super::text::Scene;

/// The centre.
pub(super) const CENTRE: OfficeId = OfficeId(1);
/// Kepulauan Riau: the province with accounts.
pub(super) const PROVINCE: OfficeId = OfficeId(21);
/// Kabupaten Bintan: the regency with accounts.
pub(super) const REGENCY: OfficeId = OfficeId(2101);

/// An office that reports.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) id: OfficeId,
    pub(super) level: Level,
    pub(super) name: String,
    /// The province it lies in: itself, for a province.
    pub(super) province: OfficeId,
    /// First digit of the province's code.
    pub(super) area: char,
    /// Minutes by which its clocks are ahead of UTC.
    pub(super) ahead_minutes: i16,
    pub(super) seat: Option<GeoPoint>,
    pub(super) habits: Habits,
}

/// How an office works.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    /// When it files its daily report, in minutes since local midnight.
    pub(super) files_at: u64,
    /// How often the daily report is late, of a thousand.
    pub(super) late: u32,
    /// How often it never comes, of a thousand.
    pub(super) silent: u32,
    /// How often a week begins without a link, of a thousand.
    pub(super) cut_off: u32,
    /// How often there is nothing to report, of a thousand.
    pub(super) nihil: u32,
    /// Incidents a day, in thousandths.
    pub(super) incidents: u32,
    /// Writes in prose rather than by the layout.
    pub(super) prose: bool,
}

/// The offices of one node's simulation.
#[derive(Clone, Debug)]
pub(super) struct Country {
    pub(super) seed: u64,
    /// The office of the node.
    pub(super) root: OfficeId,
    /// Regencies, cities and provinces, each province before its regencies.
    pub(super) units: Vec<Unit>,
}

impl Country {
    /// The offices at and below `root` on a day: at most `limit` regencies, those of the province
    /// with accounts first.
    pub(super) fn new(tree: &Tree, root: OfficeId, on: Date, seed: u64, limit: usize) -> Self {
        let mut regencies: Vec<OfficeId> = tree
            .list(on, Some(Level::Regency))
            .iter()
            .map(|office| office.id)
            .filter(|id| *id == root || tree.is_within(*id, root, on))
            .collect();
        let parent = |id: OfficeId| tree.ancestor_at(id, Level::Province, on);
        regencies.sort_by_key(|id| (*id != REGENCY, parent(*id) != Some(PROVINCE), *id));
        regencies.truncate(limit);
        let mut units = Vec::new();
        for id in regencies {
            let province = parent(id).unwrap_or(root);
            if !units.iter().any(|unit: &Unit| unit.id == province)
                && (province == root || tree.is_within(province, root, on))
            {
                units.extend(unit(tree, province, province, on, seed));
            }
            units.extend(unit(tree, id, province, on, seed));
        }
        Self { seed, root, units }
    }

    /// Whether the office is the node's own, or takes part below it.
    pub(super) fn holds(&self, id: OfficeId) -> bool {
        id == self.root || self.unit(id).is_some()
    }

    /// The office, if it takes part.
    pub(super) fn unit(&self, id: OfficeId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }
}

fn unit(tree: &Tree, id: OfficeId, province: OfficeId, on: Date, seed: u64) -> Option<Unit> {
    let office = tree.at(id, on)?;
    let area = tree.at(province, on)?.code.chars().next()?;
    let seat = places::place(id);
    let mut chance = chance::of(seed, &[u64::from(id.0)]);
    let far = matches!(area, '8' | '9') || office.name.contains("Kepulauan");
    let town = office.name.starts_with("Kota ");
    let weak = u32::from(far) * 2 + u32::from(chance::per_mille(&mut chance, 150)) * 3;
    let habits = Habits {
        files_at: chance.random_range(15 * 60 + 20..18 * 60 + 50),
        late: chance.random_range(8..50) + weak * 35,
        silent: chance.random_range(2..14) + weak * 16,
        cut_off: if far { chance.random_range(8..30) } else { chance.random_range(0..3) },
        nihil: chance.random_range(700..890) - u32::from(town) * 90,
        incidents: chance.random_range(30..130) + u32::from(town) * 50,
        prose: chance::per_mille(&mut chance, 450),
    };
    Some(Unit {
        id,
        level: office.level,
        name: office.name.to_owned(),
        province,
        area,
        ahead_minutes: office.utc_offset_minutes,
        seat: seat.map(|seat| GeoPoint { lat_e7: seat.lat_e7, lon_e7: seat.lon_e7 }),
        habits,
    })
}

impl Unit {
    /// The moment of a local time of day, in milliseconds since 1970. Minutes may pass midnight.
    pub(super) fn at_ms(&self, day: Date, minutes: u64) -> u64 {
        let midnight = i64::from(day.0) * 86_400_000 - i64::from(self.ahead_minutes) * 60_000;
        u64::try_from(midnight).unwrap_or(0) + minutes * 60_000
    }

    /// The local date of a moment.
    pub(super) fn day_of(&self, ms: u64) -> Date {
        Date::of_ms(ms.saturating_add_signed(i64::from(self.ahead_minutes) * 60_000))
    }

    /// What its texts show of a day.
    pub(super) fn scene(&self, day: Date) -> Scene {
        let (_, month, day) = day.ymd();
        Scene { office: self.name.clone(), area: self.area, month, day }
    }
}
