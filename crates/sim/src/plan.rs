//! What happens in a seed: drawn once, then played, so that parts of it can be left out.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::machine::Fail;
use crate::villain::Attack;
use crate::want::Mood;

/// Steps of a seed.
const STEPS: std::ops::Range<usize> = 30..60;

/// Who is there when a seed begins.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    /// Regencies of each province.
    pub(crate) provinces: Vec<usize>,
    /// A regency has a second node.
    pub(crate) second: bool,
    /// A regency has a phone.
    pub(crate) device: bool,
}

/// Something that happens, so long after what came before. Machines are counted from 0, and one
/// that isn't there is the one that is left when counting on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) after_ms: u64,
    pub(crate) what: What,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Somebody at a machine files so many reports, in one transaction.
    File { at: usize, seed: u64, count: u32, mood: Mood },
    /// Whoever got no answer asks again.
    Retry,
    /// A commit to come fails.
    Arm { at: usize, after: u32, fail: Fail },
    /// A machine dies at rest, with these many bytes half written.
    Tear { at: usize, seed: u64 },
    /// A disk has room for so many more pages.
    Full { at: usize, pages: u32 },
    /// Disks have room, and nothing that was armed fails.
    Repair { at: usize },
    /// A machine's way to its parent carries nothing.
    Cut { at: usize },
    /// It carries again.
    Mend { at: usize },
    /// Its connection ends without a word.
    Break { at: usize },
    /// Somebody sits on it, or leaves.
    Hostile { at: usize, on: bool },
    /// A clock is set.
    Clock { at: usize, skew_ms: i64 },
    /// A stick is carried from one machine to another, and maybe damaged.
    Detour { from: usize, to: usize, damage: Option<u64> },
    /// The key of a machine is revoked by the one above it.
    Revoke { at: usize },
    /// An office whose node was revoked gets a new one.
    Reenrol { seed: u64 },
    /// A phone joins a regency.
    Join { at: usize, seed: u64 },
    /// The centre publishes the next version of the pack.
    Publish,
    /// A machine files an operation of a later kind.
    Future { at: usize, seed: u64 },
    /// A machine is one protocol ahead from now on.
    Upgrade { at: usize },
    /// Somebody attacks a machine.
    Attack { at: usize, seed: u64, attack: Attack },
    /// A machine prunes what those above it have.
    Prune { at: usize, seed: u64 },
    /// A machine's disk is lost, and its office gets a new node.
    Lose { at: usize, seed: u64 },
    /// A machine gets another key, and the one before is ended.
    Rotate { at: usize, seed: u64 },
    /// A machine derives its facts.
    Project { at: usize },
    /// A machine is backed up.
    Backup { at: usize },
    /// A machine's disk is lost, and it goes on from its backup; or from a copy of its files.
    Restore { at: usize, seed: u64, by_hand: bool },
}

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

/// A clock that is off: by hours, by years, or hardly.
pub(crate) fn skew(rng: &mut ChaCha8Rng) -> i64 {
    match rng.random_range(0..8) {
        0 => rng.random_range(HOUR_MS..48 * HOUR_MS),
        1 => -rng.random_range(HOUR_MS..48 * HOUR_MS),
        2 => rng.random_range(YEAR_MS..6 * YEAR_MS),
        3 => -rng.random_range(YEAR_MS..6 * YEAR_MS),
        4 | 5 => rng.random_range(-60_000..60_000),
        _ => 0,
    }
}

/// Draws a seed.
pub(crate) fn draw(seed: u64) -> (Setup, Vec<Step>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let provinces = (0..rng.random_range(1..=3)).map(|_| 1).collect::<Vec<usize>>();
    let mut setup = Setup {
        seed: rng.random(),
        provinces,
        second: rng.random_bool(0.35),
        device: rng.random_bool(0.35),
    };
    let more = rng.random_range(2..=5usize).saturating_sub(setup.provinces.len());
    for _ in 0..more {
        let at = rng.random_range(0..setup.provinces.len());
        setup.provinces[at] += 1;
    }
    let steps = rng.random_range(STEPS);
    (setup, (0..steps).map(|_| step(&mut rng)).collect())
}

fn step(rng: &mut ChaCha8Rng) -> Step {
    let short = rng.random_bool(0.5);
    let after_ms = if short { rng.random_range(0..400) } else { rng.random_range(400..6_000) };
    let (at, seed) = (rng.random_range(0..12), rng.random());
    let what = match rng.random_range(0..116) {
        0..34 => file(rng, at, seed),
        34..38 => What::Retry,
        38..44 => {
            let fail = match rng.random_range(0..3) {
                0 => Fail::CrashBefore,
                1 => Fail::CrashAfter,
                _ => Fail::Io,
            };
            What::Arm { at, after: rng.random_range(0..4), fail }
        }
        44..46 => What::Tear { at, seed },
        46..49 => What::Full { at, pages: rng.random_range(0..4) },
        49..52 => What::Repair { at },
        52..57 => What::Cut { at },
        57..63 => What::Mend { at },
        63..66 => What::Break { at },
        66..71 => What::Hostile { at, on: rng.random_bool(0.6) },
        71..74 => What::Clock { at, skew_ms: skew(rng) },
        74..80 => {
            let to = rng.random_range(0..12);
            What::Detour { from: at, to, damage: rng.random_bool(0.3).then_some(seed) }
        }
        80..82 => What::Revoke { at },
        82..84 => What::Reenrol { seed },
        84..85 => What::Join { at, seed },
        85..87 => What::Publish,
        87..89 => What::Future { at, seed },
        89..91 => What::Upgrade { at },
        91..98 => What::Attack { at, seed, attack: Attack::draw(rng) },
        98..103 => What::Prune { at, seed },
        103..105 => What::Lose { at, seed },
        105..107 => What::Project { at },
        107..110 => What::Backup { at },
        110..113 => What::Restore { at, seed, by_hand: rng.random_bool(0.5) },
        _ => What::Rotate { at, seed },
    };
    Step { after_ms, what }
}

fn file(rng: &mut ChaCha8Rng, at: usize, seed: u64) -> What {
    let (count, mood) = match rng.random_range(0..20) {
        0..12 => (rng.random_range(1..4), Mood::Any),
        12..15 => (1, Mood::Urgent),
        15..18 => (rng.random_range(1..6), Mood::Long),
        18 => (rng.random_range(30..60), Mood::Long),
        _ => (rng.random_range(20..80), Mood::Any),
    };
    What::File { at, seed, count, mood }
}
