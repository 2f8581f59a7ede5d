//! The present: a few simulated reports a minute, for as long as the demo runs.

use std::time::Duration;

use domain::ids::OfficeId;
use node::{Node, Submission};
use rand::RngExt;

use super::chance;
use super::country::{Country, Unit};
use super::link::Event;
use super::people::Cast;
use super::step::{Step, Who};
use super::{daily, incident};

/// Files until it is dropped, for the offices that are asked for.
pub(super) async fn file(
    node: &Node,
    cast: &Cast,
    country: &Country,
    files_for: &(dyn Fn(OfficeId) -> bool + Sync),
    tell: &(dyn Fn(&Event) + Sync),
) {
    loop {
        let now_ms = node.now_ms();
        let mut chance = chance::of(country.seed, &[7, now_ms]);
        let units: Vec<&Unit> = country.units.iter().filter(|unit| files_for(unit.id)).collect();
        if !units.is_empty() {
            let unit = units[chance.random_range(0..units.len())];
            submit(node, cast, step(&mut chance, country.seed, unit, now_ms), tell).await;
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(9_000..26_000))).await;
    }
}

fn step(chance: &mut rand_chacha::ChaCha8Rng, seed: u64, unit: &Unit, now_ms: u64) -> Step {
    if chance.random_bool(0.3) {
        let form = daily::write(chance, seed, unit, unit.day_of(now_ms));
        let who = Who { role: "operator", office: unit.id };
        Step { at_ms: now_ms, who, submission: Submission::Create(form) }
    } else if chance.random_bool(0.1) {
        incident::critical(chance, unit, now_ms)
    } else {
        incident::now(chance, unit, now_ms)
    }
}

async fn submit(node: &Node, cast: &Cast, step: Step, tell: &(dyn Fn(&Event) + Sync)) {
    let Some(actor) = cast.of(step.who) else { return };
    let Submission::Create(form) = &step.submission else { return };
    let title = form.fields.get("judul").or(form.fields.get("ringkasan"));
    let title = title.and_then(|title| title.as_str()).unwrap_or("Nihil").to_owned();
    match node.submit(actor, step.submission).await {
        Ok(_) => tell(&Event::Filed { title }),
        // A daily report that is there already, or a node that is closing.
        Err(error) => tracing::debug!(%error, "a simulated report was not kept"),
    }
}
