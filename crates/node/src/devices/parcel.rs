//! What a device sealed: proved like any other stream, then judged as if its person had sent it
//! by hand.

use std::sync::Arc;

use domain::device::{Delivery, Lease, Parcel, SignedLease, submission_digest};
use domain::form;
use domain::ids::SubmissionId;
use domain::limits::{PARCEL_BYTES_MAX, PARCEL_OPS_MAX};
use domain::op::{Change, Op, SealedOp};
use domain::problem::{Problem, ProblemCode};
use domain::sync::{Batch, Rules};
use domain::trust::Distrust;
use store::log::Pos;
use store::receipts::{self, Receipt};
use store::{StoreError, devices, log};
use tokio::sync::oneshot;

use super::{DeviceError, own_device};
use crate::actor::Actor;
use crate::commit::Committed;
use crate::failure::{Failure, Storage};
use crate::group::Work;
use crate::ingest::{self, IngestError, Refusal};
use crate::node::Node;
use crate::submit::{self, Desk, SubmitError};
use crate::trial::Trial;
use crate::views::ReceiptView;

/// What came of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParcelAnswer {
    /// Of each operation, in order.
    pub items: Vec<Answered>,
    /// The device's chains can't go on where they stand: it begins new ones, in its next epoch,
    /// and seals again what is left.
    pub begin_again: bool,
    /// The device's key is revoked.
    pub revoked: bool,
    /// A new lease; none for a revoked key.
    pub lease: Option<SignedLease>,
    /// The time as this node tells it, in milliseconds since 1970.
    pub now_ms: u64,
}

/// What came of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The submission that it says it is.
    pub submission: Option<SubmissionId>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept, now or before.
    Accepted(ReceiptView),
    /// It is in quarantine, for these reasons.
    Returned(Vec<Problem>),
    /// It was not looked at: send it again.
    Waiting,
}

/// What a transaction made of a parcel.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) items: Vec<Answered>,
    pub(crate) begin_again: bool,
    pub(crate) revoked: bool,
}

impl Node {
    /// Takes what a device of the person sealed. What is accepted is durable when this returns.
    ///
    /// # Errors
    /// If the bytes are no parcel, or of no device of this person; if storage fails. What a device
    /// sealed and this node doesn't take is no error: it is quarantined, and told with its reason.
    pub async fn take_parcel(&self, by: &Actor, bytes: &[u8]) -> Result<ParcelAnswer, DeviceError> {
        if bytes.len() > PARCEL_BYTES_MAX {
            return Err(DeviceError::Malformed);
        }
        let parcel: Parcel = minicbor::decode(bytes).map_err(|_| DeviceError::Malformed)?;
        let lease = *parcel.lease.open(&self.core.key.verifying_key())?;
        own_device(&self.core.world().trust, &lease, by)?;
        let own = parcel.deliveries.iter().all(|sent| sent.stream.writer == lease.writer);
        if !own || parcel.deliveries.len() > PARCEL_OPS_MAX {
            return Err(DeviceError::Malformed);
        }
        let (reply, answer) = oneshot::channel();
        let work = Work::Parcel(Arc::new(by.clone()), Box::new(parcel), reply);
        let queue = self.queue().ok_or(DeviceError::Busy)?;
        queue.try_send(work).map_err(|_| DeviceError::Busy)?;
        let taken = answer.await.unwrap_or(Err(DeviceError::Busy))?;
        let lease = self.lease(lease.writer, lease.person, lease.office);
        Ok(ParcelAnswer {
            items: taken.items,
            begin_again: taken.begin_again,
            revoked: taken.revoked,
            lease: Some(lease).filter(|_| !taken.revoked),
            now_ms: self.core.clock.now_ms(),
        })
    }
}

/// Takes a parcel, within one transaction. The first operation that is not taken ends it: what
/// comes after is chained to it.
pub(crate) fn take(
    desk: &mut Desk<'_>,
    rules: &Rules,
    by: &Actor,
    parcel: &Parcel,
) -> Result<(Taken, Vec<Committed>), DeviceError> {
    let lease = parcel.lease.lease;
    devices::heard(desk.tx, lease.writer, desk.now_ms)?;
    let (mut taken, mut committed) = (Taken::default(), Vec::new());
    // Of a key that is trusted no longer everything is kept for an administrator to see.
    taken.revoked = rules.trust.entry(lease.writer).is_none_or(|entry| entry.is_revoked());
    for sent in &parcel.deliveries {
        let op = minicbor::decode::<Op>(&sent.op).ok();
        let submission = op.as_ref().map(|op| op.submission);
        let outcome = if taken.revoked {
            revoked(desk, rules, sent)?
        } else if taken.begin_again {
            Outcome::Waiting
        } else if let Some(first) = repeated(desk, op.as_ref(), sent)? {
            taken.begin_again |= first.1;
            first.0
        } else {
            let one = One { by, lease: &lease, sent };
            let (outcome, mut ones) = one.take(desk, rules)?;
            taken.begin_again |= !matches!(outcome, Outcome::Accepted(_));
            committed.append(&mut ones);
            outcome
        };
        taken.items.push(Answered { submission, outcome });
    }
    Ok((taken, committed))
}

/// The first receipt of an operation that was sealed and sent before; and whether it stands
/// elsewhere in the device's streams, so that nothing can follow it here.
fn repeated(
    desk: &Desk<'_>,
    op: Option<&Op>,
    sent: &Delivery,
) -> Result<Option<(Outcome, bool)>, StoreError> {
    let Some(op) = op else { return Ok(None) };
    let Some(receipt) = receipts::get(desk.tx, op.submission)? else { return Ok(None) };
    let same = receipt.author == op.author
        && receipt.digest.is_none_or(|digest| digest == submission_digest(op));
    if !same {
        let problems = vec![Problem::new(ProblemCode::SubmissionReused)];
        return Ok(Some((Outcome::Returned(problems), true)));
    }
    let here = log::find(desk.tx, &sent.stream, sent.seq)?;
    let elsewhere = here.is_none_or(|here| here.op.bytes() != sent.op);
    Ok(Some((Outcome::Accepted(submit::view(&receipt)), elsewhere)))
}

fn revoked(desk: &Desk<'_>, rules: &Rules, sent: &Delivery) -> Result<Outcome, DeviceError> {
    // What it sealed before its end and this node holds has its receipt.
    if let Ok(op) = minicbor::decode::<Op>(&sent.op)
        && rules.trust.judge(&sent.stream, sent.seq).is_ok()
        && let Some((outcome @ Outcome::Accepted(_), false)) = repeated(desk, Some(&op), sent)?
    {
        return Ok(outcome);
    }
    let last_seq = match rules.trust.judge(&sent.stream, u64::MAX) {
        Err(Distrust::Revoked { last_seq }) => last_seq,
        Ok(_) | Err(Distrust::Unknown) => 0,
    };
    let refusal = Refusal::new(ProblemCode::OpRevoked, Distrust::Revoked { last_seq });
    let here = log::head(desk.tx, &sent.stream)?;
    ingest::refuse(desk, &batch(sent), &refusal, &here).map_err(of_ingest)?;
    Ok(Outcome::Returned(vec![Problem::new(ProblemCode::OpRevoked)]))
}

/// Keeps the receipt of an operation that stands in the log.
fn accepted(
    desk: &Desk<'_>,
    op: &SealedOp,
    pos: Pos,
    received_ms: u64,
) -> Result<Outcome, StoreError> {
    let receipt = Receipt::of(op, pos, received_ms, Some(submission_digest(op.op())));
    receipts::put(desk.tx, &receipt)?;
    Ok(Outcome::Accepted(submit::view(&receipt)))
}

fn batch(sent: &Delivery) -> Batch {
    Batch {
        stream: sent.stream.clone(),
        first_seq: sent.seq,
        ops: vec![sent.op.clone()],
        signature: sent.signature,
    }
}

fn of_ingest(error: IngestError) -> DeviceError {
    match error {
        IngestError::Storage(error) => DeviceError::Storage(error),
        IngestError::Gap { .. } | IngestError::Busy => DeviceError::Busy,
    }
}

/// One operation of a device.
struct One<'a> {
    by: &'a Actor,
    lease: &'a Lease,
    sent: &'a Delivery,
}

impl One<'_> {
    fn take(
        &self,
        desk: &mut Desk<'_>,
        rules: &Rules,
    ) -> Result<(Outcome, Vec<Committed>), DeviceError> {
        let mut problems = None;
        let mut failed = None;
        let mut op = None;
        let ingested = ingest::ingest_if(desk, rules, &batch(self.sent), |desk, sealed| {
            op = Some(sealed.clone());
            match self.judge(desk, sealed) {
                Ok(()) => Ok(Ok(())),
                Err(SubmitError::Storage(error)) => {
                    failed = Some(error);
                    Ok(Err(Refusal::new(ProblemCode::Storage, "storage failed")))
                }
                Err(error) => {
                    let told = error.problems();
                    let detail = told.iter().map(|p| p.code.as_str()).collect::<Vec<_>>();
                    let code = error.first_code();
                    problems = Some(told.clone());
                    Ok(Err(Refusal::new(code, detail.join(" "))))
                }
            }
        });
        if let Some(error) = failed {
            return Err(DeviceError::Storage(error));
        }
        let (ingested, committed) = match ingested {
            // What this node lost, or the device: it begins again.
            Err(IngestError::Gap { .. }) => return Ok((Outcome::Waiting, Vec::new())),
            other => other.map_err(of_ingest)?,
        };
        if let Some(code) = ingested.refused {
            let told = problems.unwrap_or_else(|| vec![Problem::new(code)]);
            return Ok((Outcome::Returned(told), committed));
        }
        let (Some(sealed), Some(first)) = (op, committed.first()) else {
            // It is here, and no receipt of it: it came by another way.
            return self.came_otherwise(desk).map(|outcome| (outcome, committed));
        };
        desk.grew.push((self.sent.stream.clone(), ingested.next_seq));
        let outcome = accepted(desk, &sealed, first.pos, desk.now_ms)?;
        Ok((outcome, committed))
    }

    fn came_otherwise(&self, desk: &Desk<'_>) -> Result<Outcome, DeviceError> {
        match log::find(desk.tx, &self.sent.stream, self.sent.seq)? {
            Some(logged) => Ok(accepted(desk, &logged.op, logged.pos, logged.received_ms)?),
            None => Ok(Outcome::Waiting),
        }
    }

    /// Whether the person may say it, by hand or by key; and whether it was sealed in time.
    fn judge(&self, desk: &Desk<'_>, sealed: &SealedOp) -> Result<(), SubmitError> {
        let op = sealed.op();
        let refuse = |code| Err(SubmitError::Invalid(Problem::new(code).into()));
        if let Err(error) = self.lease.holds_at(op.time.ms) {
            return refuse(error.code());
        }
        // What changes a record is judged by the record as it stands, and that is at the node: a
        // device seals what begins.
        let Change::Create(create) = &op.change else {
            return refuse(ProblemCode::OpOutOfScope);
        };
        let trial = Trial { r: desk.tx, world: desk.world, judge: desk.judge, now_ms: desk.now_ms };
        let ty = trial.sealed(self.by, op.submission, create)?;
        let lane = form::lane(ty.ty(), &create.cells, create.period, create.office);
        if op.office != self.lease.office || sealed.stream().lane != lane {
            return refuse(ProblemCode::OpOutOfScope);
        }
        Ok(())
    }
}

/// A failure of storage of the whole, for whoever waits.
impl From<Storage> for DeviceError {
    fn from(error: Storage) -> Self {
        Self::Storage(error)
    }
}
