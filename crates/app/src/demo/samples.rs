//! Operations to learn a dictionary from, and others to measure it on: never the same, and never
//! of real reports, whose words a dictionary would carry to everybody who has the pack.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::form::{self, FormContext, RefInfo};
use domain::hlc::Hlc;
use domain::ids::{PersonId, RecordId};
use domain::office::Tree;
use domain::op::{Change, FORMAT, Op, TypeRef};
use domain::pack::{Kind as TypeKind, Pack};
use domain::period::Date;
use domain::sync::body::creation_submission;
use node::Submission;
use rand::RngExt;

use super::country::{CENTRE, Country, REGENCY, Unit};
use super::step::{Judge, Step, Who};
use super::text::{Kind, Writer};
use super::{DemoError, PackByName, chance, compile, daily, goods, incident};

/// The seed of everything that dictionaries are trained on: "kamus" in ASCII. Nothing else may
/// use it.
pub const TRAINING_SEED: u64 = 0x006b_616d_7573;
/// 1 January 2025: the same samples whenever they are made.
const FIRST_DAY: Date = Date(20_089);
const DAYS: i32 = 365;
/// Creations that a dictionary is trained on.
const TRAINING_OPS_MAX: usize = 8_000;
/// Operations a frame, a quarter of the samples each: one by one on an open link, and queues.
const FRAME_OPS: [usize; 4] = [1, 4, 16, 32];

/// Creations, as their bytes.
#[derive(Debug)]
pub struct Samples {
    packs: PackByName,
    tree: Arc<Tree>,
    refs: BTreeMap<RecordId, RefInfo>,
}

impl Samples {
    /// With the packs of this repository and the offices that are built in.
    ///
    /// # Errors
    /// When a pack can't be compiled.
    pub fn new() -> Result<Self, DemoError> {
        let mut packs = PackByName::new();
        for name in ["kejadian", "lapsit", "distribusi"] {
            packs.insert(name.to_owned(), Arc::new(compile(name)?));
        }
        Ok(Self { packs, tree: Arc::new(Tree::built_in()), refs: BTreeMap::new() })
    }

    /// A pack by name.
    #[must_use]
    pub fn pack(&self, name: &str) -> Option<&Pack> {
        self.packs.get(name).map(|pack| &**pack)
    }

    /// The key of a type, as [`domain::sync::body::join`] asks for it.
    #[must_use]
    pub fn key_of(&self, ty: &TypeRef) -> Option<String> {
        let pack = self.packs.get(&ty.pack)?;
        pack.types.iter().find(|of| of.id == ty.type_id).map(|of| pack.full_key(of))
    }

    /// Operations of a pack as they would stand together in frames: to train on with
    /// [`TRAINING_SEED`], to measure on with another.
    pub fn frames(&mut self, pack: &str, seed: u64) -> Vec<Vec<Vec<u8>>> {
        let country = self.country(seed);
        let mut steps = self.steps(pack, &country);
        steps.sort_by_key(|step| step.at_ms);
        let mut ops: Vec<Vec<u8>> = Vec::new();
        for step in &steps {
            ops.extend(self.written(&country, step));
            if ops.len() == TRAINING_OPS_MAX {
                break;
            }
        }
        let quarters = ops.chunks(ops.len().div_ceil(FRAME_OPS.len()).max(1)).zip(FRAME_OPS);
        quarters.flat_map(|(ops, size)| ops.chunks(size).map(<[Vec<u8>]>::to_vec)).collect()
    }

    /// Incident reports of Kabupaten Bintan, one or two a day, to measure on.
    pub fn incidents(&mut self, seed: u64, kind: Kind, count: usize) -> Vec<Vec<u8>> {
        assert_ne!(seed, TRAINING_SEED, "nothing is measured on what was learnt");
        let country = self.country(seed);
        let unit = country.unit(REGENCY).expect("invariant: Bintan is a regency");
        let mut chance = chance::of(seed, &[7]);
        let mut writer = Writer::new(chance.random(), kind);
        let mut at_ms = unit.at_ms(FIRST_DAY, 0);
        let mut ops = Vec::with_capacity(count);
        while ops.len() < count {
            at_ms += chance.random_range(60_000..24 * 3_600_000);
            let day = unit.day_of(at_ms);
            let report = writer.report(&unit.scene(day));
            let form = incident::form(&mut chance, unit, day, &report);
            let who = Who { role: "operator", office: unit.id };
            let step = Step { at_ms, who, submission: Submission::Create(form) };
            ops.extend(self.written(&country, &step));
        }
        ops
    }

    fn country(&self, seed: u64) -> Country {
        Country::new(&self.tree, CENTRE, FIRST_DAY, seed, usize::MAX)
    }

    fn steps(&self, pack: &str, country: &Country) -> Vec<Step> {
        let judge = Judge { packs: self.packs.clone(), tree: Arc::clone(&self.tree) };
        let seed = country.seed;
        let of = |every: i32, told: &dyn Fn(&Unit, Date) -> Vec<Step>| {
            let days = (0..DAYS).step_by(every.unsigned_abs() as usize);
            let days = days.map(|day| FIRST_DAY.plus_days(day));
            days.flat_map(|day| country.units.iter().flat_map(move |unit| told(unit, day)))
                .collect()
        };
        match pack {
            // Every month is there: what is reported goes with the seasons.
            "kejadian" => of(2, &|unit, day| incident::steps(seed, unit, day, &judge)),
            "lapsit" => of(28, &|unit, day| daily::steps(seed, unit, day, &judge)),
            _ => goods::steps(country, FIRST_DAY, FIRST_DAY.plus_days(80), &judge),
        }
    }

    /// The bytes of a creation; nothing for other steps.
    fn written(&mut self, country: &Country, step: &Step) -> Option<Vec<u8>> {
        let Submission::Create(raw) = &step.submission else { return None };
        let pack = self.packs.get(raw.type_key.split('.').next()?)?;
        let today = country.unit(raw.office).map_or(FIRST_DAY, |unit| unit.day_of(step.at_ms));
        let context = FormContext { today, refs: &self.refs, tree: &self.tree };
        let valid = form::parse(raw, pack, &context).unwrap_or_else(|errors| {
            panic!("invariant: simulated forms are valid: {:?}", errors.problems())
        });
        let mut submission = valid.submission();
        if pack.type_by_full_key(&raw.type_key)?.kind == TypeKind::Event {
            submission = creation_submission(valid.record());
        }
        if raw.type_key == "distribusi.fase" {
            let office = raw.office;
            let begun = RefInfo { type_key: raw.type_key.clone(), state: "dimulai".into(), office };
            self.refs.insert(valid.record(), begun);
        }
        let office = step.who.office;
        let author = PersonId(chance::id(&mut chance::of(country.seed, &[8, office.0.into()])));
        let op = Op {
            format: FORMAT,
            moved: None,
            time: Hlc { ms: step.at_ms, counter: 0 },
            author,
            office,
            submission,
            change: Change::Create(valid.into_create()),
        };
        Some(minicbor::to_vec(&op).expect("invariant: writing to memory does not fail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_same_every_time_and_others_than_what_is_measured() {
        let some = |seed| Samples::new().unwrap().incidents(seed, Kind::Prose, 5);
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
        let frames = || Samples::new().unwrap().frames("lapsit", TRAINING_SEED);
        assert_eq!(frames(), frames());
        let frames = frames();
        let sizes: std::collections::BTreeSet<usize> = frames.iter().map(Vec::len).collect();
        assert!(FRAME_OPS.iter().all(|size| sizes.contains(size)), "{sizes:?}");
    }
}
