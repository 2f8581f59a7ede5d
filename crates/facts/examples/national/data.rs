//! Five years of a country's reports: few offices and measures make most of them, they grow, and
//! they have seasons; some come late, and some are corrected.

use domain::ids::{OfficeId, RecordId};
use domain::office::{Level, Tree};
use domain::period::Date;
use facts::FactRow;
use facts::rows::Dims;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The first day of the data set, and the last.
pub(crate) const DAYS: (&str, &str) = ("2021-01-01", "2025-12-31");
/// Measures, `m01` and so on.
pub(crate) const MEASURES: usize = 24;
/// Measures from this number on have two dimensions.
pub(crate) const TWO_DIMS_FROM: usize = 12;
const CATEGORIES: usize = 12;
const GROUPS: usize = 4;
/// Facts of one operation, at most.
const FACTS_MAX: usize = 8;
/// One record in so many is corrected.
const CORRECTED_ONE_IN: u32 = 50;
/// Records of which one may still be corrected.
const OPEN_RECORDS: usize = 4_096;
/// A year's reports are so many times those of the year before.
const GROWTH: f64 = 1.25;
/// Share of offices that report on a day.
const REPORTING: f64 = 0.92;
/// Rows from which reports are told for all days: fewer of them would be mostly those.
const ROWS_WITH_ALL_REPORTS: u64 = 10_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The country as the program brings it.
pub(crate) struct Country {
    pub(crate) tree: Tree,
    /// Regencies and cities, with their provinces, as of the last day.
    pub(crate) regencies: Vec<(OfficeId, OfficeId)>,
}

impl Country {
    pub(crate) fn new() -> Self {
        let tree = Tree::built_in();
        let list = tree.list(day(DAYS.1), Some(Level::Regency));
        let regencies = list.iter().filter_map(|office| Some((office.id, office.parent?)));
        let regencies = regencies.collect();
        Self { tree, regencies }
    }

    /// `office,province`, for engines that know no tree.
    pub(crate) fn csv(&self) -> String {
        let head = std::iter::once("office,province\n".to_owned());
        let lines = self.regencies.iter().map(|(office, of)| format!("{office},{of}\n"));
        head.chain(lines).collect()
    }
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("invariant: the days of this bench are dates")
}

/// Draws by Zipf's law: the nth has a share of 1/n.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: usize) -> Self {
        let mut sum = 0.0;
        let shares = (1..=count).map(|rank| {
            sum += 1.0 / number(rank);
            sum
        });
        Self(shares.collect())
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> usize {
        let all = self.0.last().copied().unwrap_or(0.0);
        let drawn = random.random::<f64>() * all;
        self.0.partition_point(|sum| *sum < drawn).min(self.0.len() - 1)
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn number(n: usize) -> f64 {
    n as f64
}

/// Operations in the order of the log.
pub(crate) struct Corpus {
    random: ChaCha8Rng,
    offices: Vec<OfficeId>,
    office: Zipf,
    measure: Zipf,
    category: Zipf,
    first: Date,
    /// By day: the rows that are made up to its end.
    until: Vec<u64>,
    made: u64,
    day: usize,
    /// Offices that still have to report on the day.
    to_report: Vec<OfficeId>,
    reports_from: usize,
    pos: u64,
    known_ms: u64,
    open: Vec<Vec<FactRow>>,
}

impl Corpus {
    /// About so many rows after a log position.
    pub(crate) fn new(country: &Country, rows: u64, seed: u64, after: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut offices: Vec<OfficeId> = country.regencies.iter().map(|(id, _)| *id).collect();
        for at in (1..offices.len()).rev() {
            offices.swap(at, random.random_range(0..=at));
        }
        let first = day(DAYS.0);
        let days = usize::try_from(day(DAYS.1).0 - first.0 + 1).unwrap_or(0);
        let all =
            days.min(usize::try_from(rows / (ROWS_WITH_ALL_REPORTS / days as u64)).unwrap_or(0));
        Self {
            office: Zipf::new(offices.len()),
            measure: Zipf::new(MEASURES),
            category: Zipf::new(CATEGORIES),
            offices,
            first,
            until: until(rows, days),
            made: 0,
            day: 0,
            to_report: Vec::new(),
            reports_from: days - all,
            pos: after,
            known_ms: 0,
            open: Vec::new(),
            random,
        }
    }

    /// Adds the rows of the next operation; false at the end.
    pub(crate) fn operation(&mut self, rows: &mut Vec<FactRow>) -> bool {
        while self.day < self.until.len() && self.made >= self.until[self.day] {
            self.day += 1;
            if self.day >= self.reports_from && self.day < self.until.len() {
                self.to_report.clone_from(&self.offices);
            }
        }
        if self.day == self.until.len() {
            return false;
        }
        self.pos += 1;
        let day = u64::try_from(self.first.0).unwrap_or(0) + self.day as u64;
        self.known_ms = (self.known_ms + self.random.random_range(0..2_000)).max(day * DAY_MS);
        let before = rows.len();
        if let Some(office) = self.to_report.pop() {
            self.report(office, rows);
        } else if self.random.random_ratio(1, CORRECTED_ONE_IN) && !self.open.is_empty() {
            self.correct(rows);
        } else {
            self.record(rows);
        }
        self.made += (rows.len() - before) as u64;
        true
    }

    fn row(&self, measure: String, office: OfficeId, date: Date) -> FactRow {
        FactRow {
            measure,
            office,
            date,
            dims: Dims::default(),
            value: 1,
            weight: 1,
            known_ms: self.known_ms,
            record: RecordId([0; 16]),
            pos: self.pos,
        }
    }

    fn today(&self) -> Date {
        self.first.plus_days(i32::try_from(self.day).unwrap_or(0))
    }

    fn report(&mut self, office: OfficeId, rows: &mut Vec<FactRow>) {
        if !self.random.random_bool(REPORTING) {
            return;
        }
        let record = RecordId(self.random.random());
        let what =
            if self.random.random_bool(0.8) { &["received", "on_time"][..] } else { &["received"] };
        for what in what {
            let row = self.row(format!("nasional.harian:{what}"), office, self.today());
            rows.push(FactRow { record, ..row });
        }
    }

    fn record(&mut self, rows: &mut Vec<FactRow>) {
        let record = RecordId(self.random.random());
        let office = self.offices[self.office.draw(&mut self.random)];
        // Most tell of the same day, some of weeks before.
        let late = if self.random.random_ratio(1, 8) { self.random.random_range(0..30) } else { 0 };
        let date = Date((self.today().0 - late).max(self.first.0));
        let mut own = Vec::new();
        for _ in 0..self.random.random_range(1..=FACTS_MAX) {
            let measure = self.measure.draw(&mut self.random);
            let mut row = self.row(format!("nasional.m{:02}", measure + 1), office, date);
            let category = self.category.draw(&mut self.random);
            row.dims[0] = Some(format!("k{category:02}"));
            if measure >= TWO_DIMS_FROM {
                row.dims[1] = Some(format!("g{}", self.random.random_range(0..GROUPS)));
            }
            row.value = self.value();
            own.push(FactRow { record, ..row });
        }
        rows.extend(own.iter().cloned());
        if self.open.len() < OPEN_RECORDS {
            self.open.push(own);
        } else {
            let at = self.random.random_range(0..OPEN_RECORDS);
            self.open[at] = own;
        }
    }

    /// Small numbers mostly, some large.
    fn value(&mut self) -> i64 {
        let most =
            1_i64 << self.random.random_range(1..=10_u32).min(self.random.random_range(1..=14));
        self.random.random_range(0..=most)
    }

    /// One fact of a record is told differently.
    fn correct(&mut self, rows: &mut Vec<FactRow>) {
        let at = self.random.random_range(0..self.open.len());
        let mut own = self.open.swap_remove(at);
        let which = self.random.random_range(0..own.len());
        let (known_ms, pos) = (self.known_ms, self.pos);
        let wrong = own.swap_remove(which);
        rows.push(FactRow { weight: -1, known_ms, pos, ..wrong.clone() });
        rows.push(FactRow { value: wrong.value + self.value() + 1, known_ms, pos, ..wrong });
    }
}

/// By day: the rows that are made up to its end, with growth, seasons and quiet weekends.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn until(rows: u64, days: usize) -> Vec<u64> {
    let share = |day: usize| {
        let year = number(day) / 365.25;
        let season = 1.0 + 0.3 * (year * std::f64::consts::TAU).cos();
        let weekday = if day % 7 < 5 { 1.0 } else { 0.5 };
        GROWTH.powf(year) * season * weekday
    };
    let all: f64 = (0..days).map(share).sum();
    let mut sum = 0.0;
    let until = (0..days).map(|day| {
        sum += share(day);
        (sum / all * rows as f64).round() as u64
    });
    until.collect()
}
