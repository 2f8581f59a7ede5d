//! The one who writes: submissions, statements and operations of other nodes, each group in one
//! durable transaction.

use std::sync::{Arc, PoisonError};

use domain::device::Parcel;
use domain::op::StreamId;
use domain::pack::Pack;
use domain::sync::Batch;
use store::StoreError;

use crate::actor::Actor;
use crate::commit::{Committed, Pen};
use crate::control::{self, Control, ControlError};
use crate::devices::{self, DeviceError, Taken};
use crate::events::RecordEvent;
use crate::failure::Storage;
use crate::ingest::{self, IngestError, Ingested};
use crate::kernel::{self, Kernel};
use crate::submit::{self, Desk, Purpose, Submission, SubmitError, Submitted};
use crate::world::World;

/// What a durable transaction changed: what listeners and peers are told.
#[derive(Debug, Default)]
pub struct Effects {
    /// Records that began or changed.
    pub records: Vec<RecordEvent>,
    /// Packs that hold from now on.
    pub packs: Vec<Arc<Pack>>,
    /// Streams that stand further, with the sequence number that comes next.
    pub grew: Vec<(StreamId, u64)>,
    /// Packs, offices or trust are others now.
    pub rules: bool,
    /// Own streams were cut back and written again: sessions begin anew.
    pub rehomed: bool,
}

/// Something to submit.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who.
    pub by: Arc<Actor>,
    /// In which way.
    pub(crate) purpose: Purpose,
    /// What.
    pub submission: Box<Submission>,
}

impl Entry {
    /// An entry by hand.
    #[must_use]
    pub fn new(by: Arc<Actor>, submission: Submission) -> Self {
        Self { by, purpose: Purpose::Entry, submission: Box::new(submission) }
    }
}

/// The one who writes a node's store.
#[derive(Debug)]
pub struct Writer {
    pen: Pen,
}

type Answers<T, E> = Vec<Result<T, E>>;

impl Writer {
    /// For a node that was just opened.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn new(kernel: &Kernel) -> Result<Self, StoreError> {
        Ok(Self { pen: Pen::new(kernel.last_clock()?, kernel.life()?) })
    }

    /// Submits a group. The answers are durable when this returns.
    ///
    /// # Errors
    /// If the transaction fails: nothing of the group was kept.
    pub fn submit(
        &mut self,
        kernel: &Kernel,
        group: &[Entry],
    ) -> Result<(Answers<Submitted, SubmitError>, Effects), Storage> {
        let (outcomes, effects) = self.write(kernel, |desk| {
            let mut outcomes = Vec::with_capacity(group.len());
            let mut committed = Vec::new();
            for entry in group {
                match submit::submit(desk, &entry.by, entry.purpose, &entry.submission) {
                    Err(SubmitError::Storage(error)) => return Err(error),
                    Ok((submitted, one)) => {
                        committed.extend(one);
                        outcomes.push(Ok(submitted));
                    }
                    Err(refused) => outcomes.push(Err(refused)),
                }
            }
            Ok((outcomes, committed))
        })?;
        Ok((outcomes, effects))
    }

    pub(crate) fn control(
        &mut self,
        kernel: &Kernel,
        control: &Control,
    ) -> Result<(u64, Effects), ControlError> {
        self.write(kernel, |desk| {
            let committed = control::perform(desk, control)?;
            let pos = committed.first().map_or(0, |one| one.pos.0);
            Ok((pos, committed))
        })
    }

    /// Takes operations of other nodes, batches in order. What is kept is durable when this
    /// returns. Of a batch that changes who is trusted, the next batches know only when it is
    /// durable: give it as the last.
    ///
    /// # Errors
    /// If the transaction fails: nothing was kept.
    pub fn ingest(
        &mut self,
        kernel: &Kernel,
        batches: &[&Batch],
    ) -> Result<(Answers<Ingested, IngestError>, Effects), Storage> {
        let rules = kernel.rules();
        self.write(kernel, |desk| {
            let mut outcomes = Vec::with_capacity(batches.len());
            let mut committed = Vec::new();
            for batch in batches {
                match ingest::ingest(desk, &rules, batch) {
                    Err(IngestError::Storage(error)) => return Err(error),
                    Ok((ingested, mut ones)) => {
                        if ingested.refused.is_none() && ingested.kept > 0 {
                            kernel.yielded(&batch.stream);
                        }
                        if ingested.kept > 0 {
                            desk.grew.push((batch.stream.clone(), ingested.next_seq));
                        }
                        committed.append(&mut ones);
                        outcomes.push(Ok(ingested));
                    }
                    Err(refused) => outcomes.push(Err(refused)),
                }
            }
            Ok((outcomes, committed))
        })
    }

    /// Takes what a device sealed.
    pub(crate) fn parcel(
        &mut self,
        kernel: &Kernel,
        by: &Actor,
        parcel: &Parcel,
    ) -> Result<(Taken, Effects), DeviceError> {
        let rules = kernel.rules();
        self.write(kernel, |desk| devices::take(desk, &rules, by, parcel))
    }

    /// One transaction, with the streams that it wrote signed at its end. What it changed in
    /// packs, offices or trust holds when this returns.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        kernel: &Kernel,
        work: impl FnOnce(&mut Desk<'_>) -> Result<(T, Vec<Committed>), E>,
    ) -> Result<(T, Effects), E> {
        let world = kernel.world();
        let now_ms = kernel.clock.now_ms();
        let judge = world.judge(kernel.home, now_ms);
        let pen = &mut self.pen;
        let yields = kernel.yields.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let another_life = kernel::another_life(kernel.clock.as_ref());
        let written = kernel.store.write(|tx| {
            let mut desk = Desk {
                tx,
                world: &world,
                judge: &judge,
                own: &kernel.own,
                own_key: kernel.key.verifying_key(),
                home: kernel.home,
                pen,
                now_ms,
                grew: Vec::new(),
                another_life,
                yields,
                rehomed: false,
                twice: false,
            };
            let (done, mut committed) = work(&mut desk)?;
            let mut from = 0;
            // What a key that this node had before had said is said again, and may change trust.
            while from < committed.len() {
                let again = judged_again(kernel, &mut desk, &world, &committed[from..])?;
                from = committed.len();
                committed.extend(again);
            }
            desk.pen.sign(tx, &kernel.key)?;
            Ok::<_, E>((done, committed, desk.grew, desk.rehomed, desk.twice))
        });
        match written {
            Ok((done, committed, mut grew, rehomed, twice)) => {
                if twice {
                    kernel.found_twice(now_ms);
                }
                grew.extend(self.pen.committed());
                Ok((done, Effects { rehomed, ..effects(kernel, committed, grew) }))
            }
            Err(error) => {
                self.pen.rolled_back();
                Err(error)
            }
        }
    }
}

/// Where statements came or offices moved, what nobody stands for any longer is taken out of every
/// fold, and what is trusted again comes back, in the same transaction.
fn judged_again(
    kernel: &Kernel,
    desk: &mut Desk<'_>,
    world: &World,
    committed: &[Committed],
) -> Result<Vec<Committed>, StoreError> {
    let changes = |one: &&Committed| one.statement || one.offices;
    let Some(last) = committed.iter().rev().find(changes) else {
        return Ok(Vec::new());
    };
    let rules = kernel.rules_in(desk.tx, world, desk.now_ms)?;
    ingest::judge_again(desk, &rules, &world.packs, last.pos)
}

fn effects(kernel: &Kernel, committed: Vec<Committed>, grew: Vec<(StreamId, u64)>) -> Effects {
    let mut effects = Effects { grew, ..Effects::default() };
    for one in committed {
        effects.rules |= one.statement || one.offices || one.pack.is_some();
        effects.records.extend(one.event);
        effects.packs.extend(one.pack);
    }
    if effects.rules
        && let Err(error) = kernel.reload()
    {
        tracing::error!(%error, "packs, offices and trust in the log cannot be read again");
    }
    effects
}
