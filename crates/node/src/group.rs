//! Group commit: one thread writes, many submissions share one durable transaction, and nobody
//! is answered before it.

use std::sync::Arc;

use domain::device::Parcel;
use domain::limits::COMMIT_GROUP_MAX;
use domain::op::Lane;
use domain::sync::Batch;
use tokio::sync::{mpsc, oneshot};

use crate::actor::Actor;
use crate::control::{Control, ControlError};
use crate::devices::{DeviceError, Taken};
use crate::events::{Event, Growth};
use crate::ingest::{IngestError, Ingested};
use crate::node::{Core, Node};
use crate::submit::{Purpose, Submission, SubmitError, Submitted};
use crate::writer::{Effects, Entry, Writer};

/// Work that may wait: a few groups, so that a wait stays short and memory bounded.
pub(crate) const QUEUE_MAX: usize = 4 * COMMIT_GROUP_MAX;
/// Operations of other nodes that share one durable transaction: many peers return at once.
const INGEST_GROUP_OPS: usize = 4 * COMMIT_GROUP_MAX;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Work {
    Submit(Filed),
    Control(Box<Control>, oneshot::Sender<Result<u64, ControlError>>),
    Ingest(Box<Batch>, oneshot::Sender<Result<Ingested, IngestError>>),
    Parcel(Arc<Actor>, Box<Parcel>, oneshot::Sender<Result<Taken, DeviceError>>),
}

/// A submission with whoever waits for its receipt.
#[derive(Debug)]
pub(crate) struct Filed {
    entry: Entry,
    reply: oneshot::Sender<Result<Submitted, SubmitError>>,
}

/// Operations of another node, with whoever waits until they are durable.
type Sent = (Box<Batch>, oneshot::Sender<Result<Ingested, IngestError>>);

impl Node {
    /// Submits. The answer comes when it is durable.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing was kept then.
    pub async fn submit(
        &self,
        by: &Actor,
        submission: Submission,
    ) -> Result<Submitted, SubmitError> {
        let (work, answer) = file(&Arc::new(by.clone()), Purpose::Entry, submission);
        let queue = self.queue().ok_or(SubmitError::Busy)?;
        queue.try_send(work).map_err(|_| SubmitError::Busy)?;
        answer.await.unwrap_or(Err(SubmitError::Busy))
    }

    /// Submits many, waiting for room in the queue: for the demo and for programs.
    pub async fn submit_many(
        &self,
        by: &Actor,
        submissions: Vec<Submission>,
    ) -> Vec<Result<Submitted, SubmitError>> {
        self.file_all(by, Purpose::Entry, submissions).await
    }

    /// Submits the rows of an import: records may begin wherever the person may create or import.
    pub async fn import_many(
        &self,
        by: &Actor,
        submissions: Vec<Submission>,
    ) -> Vec<Result<Submitted, SubmitError>> {
        self.file_all(by, Purpose::Import, submissions).await
    }

    async fn file_all(
        &self,
        by: &Actor,
        purpose: Purpose,
        submissions: Vec<Submission>,
    ) -> Vec<Result<Submitted, SubmitError>> {
        let by = Arc::new(by.clone());
        let queue = self.queue();
        let mut answers = Vec::with_capacity(submissions.len());
        for submission in submissions {
            let (work, answer) = file(&by, purpose, submission);
            let sent = match &queue {
                Some(queue) => queue.send(work).await.is_ok(),
                None => false,
            };
            answers.push(sent.then_some(answer));
        }
        let mut results = Vec::with_capacity(answers.len());
        for answer in answers {
            results.push(match answer {
                Some(answer) => answer.await.unwrap_or(Err(SubmitError::Busy)),
                None => Err(SubmitError::Busy),
            });
        }
        results
    }
}

fn file(
    by: &Arc<Actor>,
    purpose: Purpose,
    submission: Submission,
) -> (Work, oneshot::Receiver<Result<Submitted, SubmitError>>) {
    let (reply, answer) = oneshot::channel();
    let entry = Entry { by: Arc::clone(by), purpose, submission: Box::new(submission) };
    (Work::Submit(Filed { entry, reply }), answer)
}

/// The writing thread: takes what waits, up to a group, and commits it.
pub(crate) fn run(core: &Arc<Core>, mut work: mpsc::Receiver<Work>, writer: Writer) {
    let mut desk = Committer { core, writer };
    let mut held = None;
    while let Some(next) = held.take().or_else(|| work.blocking_recv()) {
        match next {
            Work::Submit(first) => {
                let mut group = vec![first];
                while group.len() < COMMIT_GROUP_MAX && held.is_none() {
                    match work.try_recv() {
                        Ok(Work::Submit(filed)) => group.push(filed),
                        Ok(other) => held = Some(other),
                        Err(_) => break,
                    }
                }
                desk.submit(group);
            }
            Work::Control(control, reply) => answer(reply, desk.control(&control)),
            Work::Parcel(by, parcel, reply) => answer(reply, desk.parcel(&by, &parcel)),
            Work::Ingest(batch, reply) => {
                let mut ops = batch.ops.len();
                // What changes who is trusted holds for what comes after it.
                let mut last = batch.stream.lane == Lane::Control;
                let mut group = vec![(batch, reply)];
                while ops < INGEST_GROUP_OPS && !last && held.is_none() {
                    match work.try_recv() {
                        Ok(Work::Ingest(batch, reply)) => {
                            ops += batch.ops.len();
                            last = batch.stream.lane == Lane::Control;
                            group.push((batch, reply));
                        }
                        Ok(other) => held = Some(other),
                        Err(_) => break,
                    }
                }
                desk.ingest(group);
            }
        }
    }
}

/// That nobody waits any more is no error: the work is done all the same.
fn answer<T>(reply: oneshot::Sender<T>, result: T) {
    drop(reply.send(result));
}

struct Committer<'a> {
    core: &'a Core,
    writer: Writer,
}

impl Committer<'_> {
    /// Commits a group. If its transaction fails, each submission is tried on its own, so that
    /// one can't take the others with it.
    fn submit(&mut self, group: Vec<Filed>) {
        let (entries, replies): (Vec<_>, Vec<_>) =
            group.into_iter().map(|filed| (filed.entry, filed.reply)).unzip();
        match self.writer.submit(&self.core.kernel, &entries) {
            Ok((answers, effects)) => {
                replies.into_iter().zip(answers).for_each(|(reply, result)| answer(reply, result));
                self.tell(effects);
            }
            Err(error) if entries.len() == 1 => {
                let failed = |reply| answer(reply, Err(SubmitError::Storage(error.clone())));
                replies.into_iter().for_each(failed);
            }
            Err(error) => {
                tracing::warn!(%error, group = entries.len(), "a group failed: one by one");
                for (entry, reply) in entries.into_iter().zip(replies) {
                    self.submit(vec![Filed { entry, reply }]);
                }
            }
        }
    }

    fn control(&mut self, control: &Control) -> Result<u64, ControlError> {
        let (pos, effects) = self.writer.control(&self.core.kernel, control)?;
        self.tell(effects);
        Ok(pos)
    }

    fn parcel(&mut self, by: &Actor, parcel: &Parcel) -> Result<Taken, DeviceError> {
        let (taken, effects) = self.writer.parcel(&self.core.kernel, by, parcel)?;
        self.tell(effects);
        Ok(taken)
    }

    fn ingest(&mut self, group: Vec<Sent>) {
        let batches: Vec<&Batch> = group.iter().map(|(batch, _)| batch.as_ref()).collect();
        match self.writer.ingest(&self.core.kernel, &batches) {
            Ok((answers, effects)) => {
                let replies = group.into_iter().map(|(_, reply)| reply);
                replies.zip(answers).for_each(|(reply, result)| answer(reply, result));
                self.tell(effects);
            }
            Err(error) if group.len() == 1 => {
                let failed = |(_, reply)| answer(reply, Err(IngestError::Storage(error.clone())));
                group.into_iter().for_each(failed);
            }
            Err(error) => {
                tracing::warn!(%error, group = group.len(), "a group failed: one by one");
                group.into_iter().for_each(|sent| self.ingest(vec![sent]));
            }
        }
    }

    /// Tells listeners and peers what is durable.
    fn tell(&self, effects: Effects) {
        self.core.wake.wake();
        for pack in effects.packs {
            let (name, version) = (pack.name.clone(), pack.version);
            self.core.tell(Event::Pack { name, version });
        }
        effects.records.into_iter().for_each(|event| self.core.tell(Event::Record(event)));
        if effects.rehomed {
            self.core.tell_peers(Growth::Rehomed);
        }
        if effects.rules {
            self.core.tell_peers(Growth::Rules);
        }
        for (stream, next_seq) in effects.grew {
            self.core.tell_peers(Growth::Stream(stream, next_seq));
        }
    }
}
