//! Telling the past to the node: one thread tells, the node commits.

use std::sync::Arc;

use domain::ids::OfficeId;
use futures::future::join_all;
use node::{Failure, FailureKind, Node, SubmitError};
use thiserror::Error;
use tokio::sync::mpsc;

use super::clock::StoryClock;
use super::people::Cast;
use super::step::Step;

/// Steps that share a durable commit.
const BATCH_MAX: usize = domain::limits::COMMIT_GROUP_MAX;
/// Batches told ahead of the node.
const AHEAD_MAX: usize = 8;
const HOUR_MS: u64 = 3_600_000;

/// What was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Submissions that were kept now.
    pub kept: u64,
    /// Submissions that were kept before.
    pub repeated: u64,
    /// Submissions that the workflow refused: somebody has been at work in between.
    pub refused: u64,
}

/// Why the past can't be told.
#[derive(Debug, Error)]
pub enum FillError {
    /// Nobody holds the role.
    #[error("nobody is {role} at office {office}")]
    Nobody {
        /// The role.
        role: &'static str,
        /// The office.
        office: OfficeId,
    },
    /// A submission was not kept.
    #[error("a simulated submission was not kept: {what}")]
    NotKept {
        /// The submission.
        what: String,
        /// Why.
        #[source]
        source: SubmitError,
    },
}

/// Tells the steps. `told` is called with each moment up to which everything is kept.
pub(super) async fn fill(
    node: &Node,
    clock: &StoryClock,
    cast: &Arc<Cast>,
    story: impl Iterator<Item = Step> + Send + 'static,
    told: &mut (dyn FnMut(u64) + Send),
) -> Result<Told, FillError> {
    let (sender, mut batches) = mpsc::channel(AHEAD_MAX);
    let teller = tokio::task::spawn_blocking(move || tell(story, &sender));
    let mut sum = Told::default();
    while let Some(batch) = batches.recv().await {
        let last_ms = batch.last().map_or(0, |step| step.at_ms);
        clock.show(last_ms);
        file(node, cast, batch, &mut sum).await?;
        told(last_ms);
    }
    teller.await.expect("invariant: telling the story does not panic");
    Ok(sum)
}

/// Hours of UTC at which something new begins: among them those at which reports fall due in each
/// of the three times of Indonesia (20:00 and 24:00), so that what was sent in time is received in
/// time.
const WATCHES: [u64; 10] = [0, 3, 6, 9, 11, 12, 13, 15, 16, 17];

/// The part of the days in which a moment lies.
fn watch(ms: u64) -> (u64, usize) {
    let (day, hour) = (ms / (24 * HOUR_MS), ms / HOUR_MS % 24);
    (day, WATCHES.partition_point(|begins| *begins <= hour))
}

/// Steps of one watch go together: each is received in the watch in which it was sent.
fn tell(story: impl Iterator<Item = Step>, to: &mpsc::Sender<Vec<Step>>) {
    let mut batch: Vec<Step> = Vec::with_capacity(BATCH_MAX);
    for step in story {
        let other_watch =
            batch.first().is_some_and(|first| watch(first.at_ms) != watch(step.at_ms));
        if other_watch || batch.len() == BATCH_MAX {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_MAX));
            if to.blocking_send(full).is_err() {
                return;
            }
        }
        batch.push(step);
    }
    // That nobody listens any more means that telling has failed there, with its error.
    drop(to.blocking_send(batch));
}

async fn file(node: &Node, cast: &Cast, batch: Vec<Step>, sum: &mut Told) -> Result<(), FillError> {
    let mut filed = Vec::with_capacity(batch.len());
    for step in &batch {
        let who = step.who;
        let actor = cast.of(who).ok_or(FillError::Nobody { role: who.role, office: who.office })?;
        filed.push(node.submit(actor, step.submission.clone()));
    }
    for (outcome, step) in join_all(filed).await.into_iter().zip(&batch) {
        match outcome {
            Ok(submitted) if submitted.repeated => sum.repeated += 1,
            Ok(_) => sum.kept += 1,
            Err(error) if error.kind() == FailureKind::Refused => sum.refused += 1,
            Err(source) => {
                let what = format!("{step:?} {:?}", source.problems());
                return Err(FillError::NotKept { what, source });
            }
        }
    }
    Ok(())
}
