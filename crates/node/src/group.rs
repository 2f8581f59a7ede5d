//! Group commit: one thread writes, many submissions share one durable transaction, and nobody
//! is answered before it.

use std::sync::Arc;

use domain::limits::COMMIT_GROUP_MAX;
use store::StoreError;
use tokio::sync::{mpsc, oneshot};

use crate::actor::Actor;
use crate::commit::{Committed, Pen};
use crate::control::{self, Control, ControlError};
use crate::events::Event;
use crate::failure::Storage;
use crate::ingest::{self, Batch, IngestError, Ingested};
use crate::node::{Core, Node};
use crate::submit::{self, Desk, Purpose, Submission, SubmitError, Submitted};
use crate::world::World;

/// Work that may wait: a few groups, so that a wait stays short and memory bounded.
pub(crate) const QUEUE_MAX: usize = 4 * COMMIT_GROUP_MAX;

/// Something to write.
#[derive(Debug)]
pub(crate) enum Work {
    Submit(Filed),
    Control(Box<Control>, oneshot::Sender<Result<u64, ControlError>>),
    Ingest(Box<Batch>, oneshot::Sender<Result<Ingested, IngestError>>),
}

/// A submission with whoever waits for its receipt.
#[derive(Debug)]
pub(crate) struct Filed {
    by: Arc<Actor>,
    purpose: Purpose,
    submission: Box<Submission>,
    reply: oneshot::Sender<Result<Submitted, SubmitError>>,
}

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
    let submission = Box::new(submission);
    (Work::Submit(Filed { by: Arc::clone(by), purpose, submission, reply }), answer)
}

/// The writing thread: takes what waits, up to a group, and commits it.
pub(crate) fn run(core: &Arc<Core>, mut work: mpsc::Receiver<Work>, mut pen: Pen) {
    let mut writer = Writer { core, pen: &mut pen };
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
                writer.commit(group);
            }
            Work::Control(control, reply) => answer(reply, writer.control(&control)),
            Work::Ingest(batch, reply) => answer(reply, writer.ingest(&batch)),
        }
    }
}

/// That nobody waits any more is no error: the work is done all the same.
fn answer<T>(reply: oneshot::Sender<T>, result: T) {
    drop(reply.send(result));
}

type Outcome = Result<(Submitted, Option<Committed>), SubmitError>;

struct Writer<'a> {
    core: &'a Core,
    pen: &'a mut Pen,
}

impl Writer<'_> {
    /// Commits a group. If its transaction fails, each submission is tried on its own, so that
    /// one can't take the others with it.
    fn commit(&mut self, group: Vec<Filed>) {
        match self.try_commit(&group) {
            Ok(outcomes) => self.answer_all(group, outcomes),
            Err(error) if group.len() == 1 => {
                let failed = group.into_iter().map(|filed| filed.reply);
                failed.for_each(|reply| answer(reply, Err(SubmitError::Storage(error.clone()))));
            }
            Err(error) => {
                tracing::warn!(%error, group = group.len(), "a group failed: one by one");
                group.into_iter().for_each(|filed| self.commit(vec![filed]));
            }
        }
    }

    fn try_commit(&mut self, group: &[Filed]) -> Result<Vec<Outcome>, Storage> {
        let core = self.core;
        let world = core.world();
        self.write(&world, |desk| {
            let mut outcomes = Vec::with_capacity(group.len());
            for filed in group {
                match submit::submit(desk, &filed.by, filed.purpose, &filed.submission) {
                    Err(SubmitError::Storage(error)) => return Err(error),
                    outcome => outcomes.push(outcome),
                }
            }
            Ok(outcomes)
        })
    }

    fn answer_all(&self, group: Vec<Filed>, outcomes: Vec<Outcome>) {
        let mut changed = Vec::new();
        for (filed, outcome) in group.into_iter().zip(outcomes) {
            let result = outcome.map(|(submitted, committed)| {
                changed.extend(committed.and_then(|committed| committed.event));
                submitted
            });
            answer(filed.reply, result);
        }
        self.core.wake.wake();
        changed.into_iter().for_each(|event| self.core.tell(Event::Record(event)));
    }

    fn control(&mut self, control: &Control) -> Result<u64, ControlError> {
        let world = self.core.world();
        let committed = self.write(&world, |desk| control::perform(desk, control))?;
        self.took_effect(&world, &committed);
        Ok(committed.pos.0)
    }

    /// A pack or an event of offices is durable: from now on it holds.
    fn took_effect(&self, world: &World, committed: &Committed) {
        if let Some(pack) = &committed.pack {
            self.core.set_world(world.with_pack(Arc::clone(pack)));
            let (name, version) = (pack.name.clone(), pack.version);
            self.core.tell(Event::Pack { name, version });
        } else {
            self.reload();
        }
        self.core.wake.wake();
    }

    fn reload(&self) {
        match self.core.store.read(crate::node::load_world) {
            Ok(world) => self.core.set_world(world),
            Err(error) => tracing::error!(%error, "the offices in the log cannot be read again"),
        }
    }

    fn ingest(&mut self, batch: &Batch) -> Result<Ingested, IngestError> {
        let world = self.core.world();
        let (ingested, committed) = self.write(&world, |desk| ingest::ingest(desk, batch))?;
        let controls = committed.iter().any(|one| one.event.is_none());
        if controls {
            self.reload();
        }
        self.core.wake.wake();
        let events = committed.into_iter().filter_map(|one| one.event);
        events.for_each(|event| self.core.tell(Event::Record(event)));
        Ok(ingested)
    }

    /// One transaction, with the streams that it wrote signed at its end.
    fn write<T, E: From<StoreError>>(
        &mut self,
        world: &World,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let core = self.core;
        let now_ms = core.clock.now_ms();
        let judge = world.judge(core.home, now_ms);
        let pen = &mut *self.pen;
        let written = core.store.write(|tx| {
            let mut desk =
                Desk { tx, world, judge: &judge, own: &core.own, home: core.home, pen, now_ms };
            let done = work(&mut desk)?;
            desk.pen.sign(tx, &core.key)?;
            Ok(done)
        });
        match &written {
            Ok(_) => self.pen.committed(),
            Err(_) => self.pen.rolled_back(),
        }
        written
    }
}
