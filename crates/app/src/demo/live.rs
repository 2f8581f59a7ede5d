//! The present: a few simulated reports a minute, for as long as the demo runs.

use std::sync::Arc;
use std::time::Duration;

use node::{Node, Submission};
use rand::RngExt;

use super::chance;
use super::country::Country;
use super::people::Cast;
use super::step::{Step, Who};
use super::{daily, incident};

/// Files until it is dropped.
pub(super) async fn file(node: Arc<Node>, cast: Arc<Cast>, country: Arc<Country>) {
    loop {
        let now_ms = node.now_ms();
        let mut chance = chance::of(country.seed, &[7, now_ms]);
        let unit = &country.units[chance.random_range(0..country.units.len())];
        let step = if chance.random_bool(0.3) {
            let form = daily::write(&mut chance, country.seed, unit, unit.day_of(now_ms));
            let who = Who { role: "operator", office: unit.id };
            Step { at_ms: now_ms, who, submission: Submission::Create(form) }
        } else if chance.random_bool(0.1) {
            incident::critical(&mut chance, unit, now_ms)
        } else {
            incident::now(&mut chance, unit, now_ms)
        };
        if let Some(actor) = cast.of(step.who)
            && let Err(error) = node.submit(actor, step.submission).await
        {
            // A daily report that is there already, or a node that is closing.
            tracing::debug!(%error, "a simulated report was not kept");
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(9_000..26_000))).await;
    }
}
