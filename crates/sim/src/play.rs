//! One seed, from its founding to its checks; and the shortest part of it that still fails.

use std::panic::AssertUnwindSafe;

use anyhow::Context as _;
use domain::planted::{self, Bug};

use crate::check;
use crate::fault::Counts;
use crate::plan::{self, Setup, Step};
use crate::world::World;

/// Milliseconds between two looks at whether all has arrived.
const HEAL_ROUND_MS: u64 = 5_000;
/// Looks until something counts as lost: ten minutes, in which every session ends and begins
/// again several times if it must.
const HEAL_ROUNDS_MAX: usize = 120;
/// One seed in so many derives its facts a second time.
const FACTS_SHARE: u64 = 4;
/// Times that a failing seed is played again to make it shorter.
const SHRINK_PLAYS_MAX: usize = 250;

/// What a seed came to.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) counts: Counts,
    pub(crate) operations: usize,
    pub(crate) records: usize,
    /// BLAKE3 of every record in the end: equal for equal seeds.
    pub(crate) digest: String,
}

/// A seed that failed.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) why: String,
    pub(crate) trace: Vec<String>,
}

/// Plays a seed to its end and checks it.
pub(crate) fn play(seed: u64, bug: Option<Bug>, traced: bool) -> Result<Played, Failed> {
    let (setup, steps) = plan::draw(seed);
    run(seed, &setup, &steps, bug, traced)
}

/// Plays steps; a panic is a failure like any other.
fn run(
    seed: u64,
    setup: &Setup,
    steps: &[Step],
    bug: Option<Bug>,
    traced: bool,
) -> Result<Played, Failed> {
    planted::plant(bug);
    let mut trace = Vec::new();
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::found(setup, traced)?;
        let played = through(seed, &mut world, steps);
        trace = world.trace.take().unwrap_or_default();
        played
    }));
    planted::plant(None);
    let played = played.unwrap_or_else(|panic| {
        let says = panic.downcast_ref::<String>().map(String::as_str);
        let says = says.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow::anyhow!("panicked: {}", says.unwrap_or("without a word")))
    });
    played.map_err(|error| Failed { why: format!("{error:#}"), trace })
}

fn through(seed: u64, world: &mut World, steps: &[Step]) -> anyhow::Result<Played> {
    for (number, step) in steps.iter().enumerate() {
        world.step(step).with_context(|| format!("at step {number}, {:?}", step.what))?;
    }
    heal(world).context("while healing")?;
    world.note_returned()?;
    let checked = check::all(world, seed.is_multiple_of(FACTS_SHARE))?;
    Ok(Played {
        counts: std::mem::take(&mut world.counts),
        operations: checked.operations,
        records: checked.records,
        digest: checked.digest,
    })
}

/// The faults end: links carry, disks have room, what nobody answered is asked again; all that
/// was saved must arrive.
fn heal(world: &mut World) -> anyhow::Result<()> {
    world.say(|| "the faults end".to_owned());
    for at in 0..world.machines.len() {
        world.hostile(at, false);
        world.mend(at);
        world.machines[at].disarm()?;
    }
    world.retry()?;
    while let Some(at) = world.replaceable().into_iter().next() {
        world.reenrol(at)?;
    }
    world.publish()?;
    world.rogues_dial()?;
    let mut lacking = None;
    for _ in 0..HEAL_ROUNDS_MAX {
        world.run_until(world.now_ms + HEAL_ROUND_MS)?;
        world.retry()?;
        lacking = check::lacking(world)?;
        if lacking.is_none() {
            return world.run_until(world.now_ms + HEAL_ROUND_MS);
        }
    }
    anyhow::bail!("lost: {}", lacking.unwrap_or_default())
}

/// Leaves out steps of a failing seed as long as it fails, and plays what is left once more.
pub(crate) fn shrink(seed: u64, bug: Option<Bug>) -> (Vec<Step>, Failed) {
    let (setup, mut steps) = plan::draw(seed);
    let mut plays = 0;
    let mut size = steps.len().div_ceil(2);
    while size > 0 && plays < SHRINK_PLAYS_MAX {
        let mut at = 0;
        while at < steps.len() && plays < SHRINK_PLAYS_MAX {
            let end = (at + size).min(steps.len());
            let mut fewer = steps.clone();
            fewer.drain(at..end);
            plays += 1;
            if run(seed, &setup, &fewer, bug, false).is_err() {
                steps = fewer;
            } else {
                at = end;
            }
        }
        size /= 2;
    }
    let failed = run(seed, &setup, &steps, bug, true).err();
    let same = || Failed { why: "it does not fail any longer".to_owned(), trace: Vec::new() };
    (steps, failed.unwrap_or_else(same))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plays_the_same_again() {
        let (once, again) = (play(7, None, false).unwrap(), play(7, None, false).unwrap());
        assert_eq!(once.digest, again.digest);
        assert_eq!(once.counts, again.counts);
        assert_ne!(once.digest, play(8, None, false).unwrap().digest);
    }

    #[test]
    fn a_planted_bug_is_caught_and_made_short() {
        let bug = Some(Bug::AckBeforeCommit);
        let seed = (1..50).find(|seed| play(*seed, bug, false).is_err()).unwrap();
        let (steps, failed) = shrink(seed, bug);
        assert!(steps.len() < 10, "{steps:?}");
        assert!(failed.why.contains("durable is"), "{}", failed.why);
    }
}
