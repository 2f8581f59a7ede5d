//! Operations of other nodes: what proves itself joins at the same commit as our own; what
//! doesn't is quarantined for an administrator to see.

use std::collections::BTreeSet;

use domain::ids::RecordId;
use domain::op::{self, Change, SealedOp, SignedHead, StreamHead, chain_link};
use domain::planted::{self, Bug};
use domain::problem::{Problem, ProblemCode};
use domain::sync::{Batch, Rules};
use domain::trust::Distrust;
use store::audit::{self, Entry};
use store::log::Pos;
use store::quarantine::{self, Quarantined};
use store::receipts::{self, Receipt};
use store::{StoreError, log, records};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::commit::{self, Committed};
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::group::Work;
use crate::kernel;
use crate::node::Node;
use crate::packs::PackSet;
use crate::rehome;
use crate::submit::Desk;

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Operations that are new here and kept.
    pub kept: usize,
    /// Operations that were here already.
    pub known: usize,
    /// Operations put in quarantine.
    pub quarantined: usize,
    /// What the stream's next operation here is.
    pub next_seq: u64,
    /// Why it was not taken, if it wasn't.
    pub refused: Option<ProblemCode>,
}

/// Why nothing of a batch could be looked at.
#[derive(Clone, Debug, Error)]
pub enum IngestError {
    /// Earlier operations of the stream are missing here.
    #[error("operations from {next_seq} on are missing here")]
    Gap {
        /// The one that is needed next.
        next_seq: u64,
    },
    /// Too much is waiting to be written.
    #[error("too much waits to be written")]
    Busy,
    /// Storage failed; nothing was kept.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for IngestError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for IngestError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Gap { .. } => FailureKind::Refused,
            Self::Busy => FailureKind::Busy,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Gap { next_seq } => {
                vec![Problem::new(ProblemCode::OpForged).with("next_seq", next_seq)]
            }
            Self::Busy => vec![Problem::new(ProblemCode::Busy)],
            Self::Storage(_) => storage_problem(),
        }
    }
}

impl Node {
    /// Takes operations of another node's stream. What is kept is durable when this returns.
    ///
    /// # Errors
    /// If operations before the first are missing here, or storage fails. A batch that does not
    /// prove itself is no error: it is quarantined and counted.
    pub async fn ingest(&self, batch: Batch) -> Result<Ingested, IngestError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue().ok_or(IngestError::Busy)?;
        queue.send(Work::Ingest(Box::new(batch), reply)).await.map_err(|_| IngestError::Busy)?;
        answer.await.unwrap_or(Err(IngestError::Busy))
    }
}

/// Why a batch is not taken: the code, and more for an administrator.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: ProblemCode,
    detail: String,
}

impl Refusal {
    #[expect(clippy::needless_pass_by_value, reason = "errors and texts come alike")]
    pub(crate) fn new(code: ProblemCode, detail: impl ToString) -> Self {
        Self { code, detail: detail.to_string() }
    }
}

/// Takes a batch, within one transaction.
pub(crate) fn ingest(
    desk: &mut Desk<'_>,
    rules: &Rules,
    batch: &Batch,
) -> Result<(Ingested, Vec<Committed>), IngestError> {
    ingest_if(desk, rules, batch, |_, _| Ok(Ok(())))
}

/// Takes a batch of which every operation that is new here passes one more judgement.
pub(crate) fn ingest_if(
    desk: &mut Desk<'_>,
    rules: &Rules,
    batch: &Batch,
    mut permits: impl FnMut(&Desk<'_>, &SealedOp) -> Result<Result<(), Refusal>, StoreError>,
) -> Result<(Ingested, Vec<Committed>), IngestError> {
    let here = log::head(desk.tx, &batch.stream)?;
    if batch.first_seq > here.next_seq {
        return Err(IngestError::Gap { next_seq: here.next_seq });
    }
    // The part that is here already is judged again with the rest: a second operation under one
    // number is kept as proof of a fork.
    let sealed = match proved(desk, rules, batch)? {
        Ok(sealed) => sealed,
        Err(refusal) => return refuse(desk, batch, &refusal, &here),
    };
    let yields = desk.yields.contains(&batch.stream);
    let here = match forked(desk, &sealed, &here)? {
        None => here,
        Some(other) if yields => rehome::rehome(desk, other)?,
        Some(other) => {
            let detail = format!("another operation {} of this writer stands here", other.seq());
            let refusal = Refusal::new(ProblemCode::OpFork, detail);
            return refuse(desk, batch, &refusal, &here);
        }
    };
    let mut packs: PackSet = PackSet::clone(&desk.world.packs);
    let mut committed = Vec::new();
    for sealed in sealed.iter().filter(|sealed| sealed.seq() >= here.next_seq) {
        if let Err(refusal) = permits(desk, sealed)? {
            return refuse(desk, batch, &refusal, &here);
        }
        desk.pen.clock.witness(sealed.op().time, desk.now_ms);
        let standing = match sealed.op().change.record() {
            Some(record) => records::get(desk.tx, record)?,
            None => None,
        };
        let one = commit::commit_op(desk.tx, &packs, sealed, standing, desk.now_ms)?;
        if batch.stream.writer == desk.own.writer {
            receive_back(desk, sealed, one.pos)?;
        }
        if let (Change::Pack(_), Some(pack)) = (&sealed.op().change, &one.pack) {
            packs.insert(std::sync::Arc::clone(pack));
        }
        committed.push(one);
    }
    if batch.stream.writer == desk.own.writer && !committed.is_empty() {
        rehome::look_for_another(desk, &sealed)?;
    }
    let after = sealed.last().map_or(here, SealedOp::head);
    let head_counts = !committed.is_empty() && !planted::is(Bug::HeadForgotten);
    if head_counts && rules.trust.vouched(&batch.stream, after.next_seq).is_none() {
        log::put_signed_head(desk.tx, &signed(batch, &after))?;
    }
    if batch.stream.writer == desk.own.writer {
        desk.pen.forget(&batch.stream);
    }
    let ingested = Ingested {
        kept: committed.len(),
        known: batch.ops.len() - committed.len(),
        // Where an own stream is compared with the one above, what comes is answered as it comes.
        next_seq: if yields { after.next_seq } else { after.next_seq.max(here.next_seq) },
        ..Ingested::default()
    };
    Ok((ingested, committed))
}

/// The first operation of a batch in whose place another stands here.
fn forked<'a>(
    desk: &Desk<'_>,
    sealed: &'a [SealedOp],
    here: &StreamHead,
) -> Result<Option<&'a SealedOp>, StoreError> {
    for op in sealed.iter().filter(|op| op.seq() < here.next_seq) {
        let kept = log::head_before(desk.tx, op.stream(), op.seq() + 1)?;
        let unseen = planted::is(Bug::OverlapUnseen);
        if !unseen && kept.is_some_and(|kept| kept.link != op.link()) {
            return Ok(Some(op));
        }
    }
    Ok(None)
}

/// An operation of this node's own comes back that it had lost: whoever submits it again is given
/// its receipt.
fn receive_back(desk: &Desk<'_>, sealed: &SealedOp, pos: Pos) -> Result<(), StoreError> {
    let op = sealed.op();
    if op.change.record().is_none() || receipts::has(desk.tx, op.submission)? {
        return Ok(());
    }
    let receipt = Receipt::of(sealed, pos, desk.now_ms, None);
    receipts::put(desk.tx, &receipt)
}

/// The batch's operations, if their writer is trusted, signed them and may say what they say.
fn proved(
    desk: &Desk<'_>,
    rules: &Rules,
    batch: &Batch,
) -> Result<Result<Vec<SealedOp>, Refusal>, StoreError> {
    let Some(from) = log::head_before(desk.tx, &batch.stream, batch.first_seq)? else {
        return Ok(Err(Refusal::new(ProblemCode::OpForged, "its beginning is not known")));
    };
    let link = chain_link(&from, batch.ops.iter().map(Vec::as_slice));
    let next_seq = batch.first_seq.saturating_add(batch.ops.len() as u64);
    let own = batch.stream.writer == desk.own.writer;
    let key = if own {
        desk.own_key
    } else {
        match rules.trust.judge(&batch.stream, next_seq.saturating_sub(1)) {
            Ok(key) => *key,
            Err(error) => {
                let code = match error {
                    Distrust::Unknown => ProblemCode::SyncUnknownWriter,
                    Distrust::Revoked { .. } => ProblemCode::OpRevoked,
                };
                return Ok(Err(Refusal::new(code, error)));
            }
        }
    };
    let head = SignedHead { link, next_seq, ..signed(batch, &from) };
    let sealed = if rules.trust.vouched(&batch.stream, next_seq) == Some(link) {
        op::open_chain(&batch.stream, &from, &batch.ops)
    } else {
        op::verify(&batch.stream, &from, &batch.ops, &head, &key)
    };
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Err(Refusal::new(error.code(), error))),
    };
    let office = if own { Some(desk.home) } else { rules.office(batch.stream.writer) };
    let may_say =
        |op: &&SealedOp| office.is_some_and(|office| rules.may_say(op.op(), op.stream(), office));
    let beyond = sealed.iter().find(|op| !own && !may_say(op));
    Ok(match beyond {
        None => Ok(sealed),
        Some(op) => {
            let detail = format!("operation {} says more than its writer may", op.seq());
            Err(Refusal::new(ProblemCode::OpOutOfScope, detail))
        }
    })
}

/// The head that the batch's signature is over.
fn signed(batch: &Batch, head: &StreamHead) -> SignedHead {
    SignedHead {
        stream: batch.stream.clone(),
        next_seq: head.next_seq,
        link: head.link,
        signature: batch.signature,
    }
}

/// Puts a batch in quarantine.
pub(crate) fn refuse(
    desk: &Desk<'_>,
    batch: &Batch,
    refusal: &Refusal,
    here: &StreamHead,
) -> Result<(Ingested, Vec<Committed>), IngestError> {
    for (seq, bytes) in (batch.first_seq..).zip(&batch.ops) {
        quarantine::put(
            desk.tx,
            &Quarantined {
                received_ms: desk.now_ms,
                stream: Some(batch.stream.clone()),
                seq: Some(seq),
                code: refusal.code.as_str().to_owned(),
                detail: refusal.detail.clone(),
                bytes: bytes.clone(),
            },
        )?;
    }
    let ingested = Ingested {
        quarantined: batch.ops.len(),
        next_seq: here.next_seq,
        refused: Some(refusal.code),
        ..Ingested::default()
    };
    Ok((ingested, Vec::new()))
}

/// Takes what is trusted no longer out of every fold, as of the operation at `pos`, and lets what
/// is trusted again count again. What is taken out stays in the log, and stands in quarantine for
/// an administrator to see. Gives the records concerned.
pub(crate) fn judge_again(
    desk: &mut Desk<'_>,
    rules: &Rules,
    packs: &PackSet,
    pos: Pos,
) -> Result<Vec<Committed>, StoreError> {
    let mut records = trusted_again(desk, rules, pos)?;
    let (former, mut own) = (kernel::former(desk.tx)?, Vec::new());
    for (stream, head) in log::streams(desk.tx)? {
        if stream.writer == desk.own.writer {
            continue;
        }
        let Some(last_seq) = rules.trust.trusted_until(&stream) else { continue };
        if head.next_seq <= last_seq.saturating_add(1) {
            continue;
        }
        for voided in log::void_after(desk.tx, &stream, last_seq, pos)? {
            records.extend(voided.op.op().change.record());
            let wrote = former.get(&stream).is_some_and(|next_seq| voided.op.seq() < *next_seq);
            if wrote && !planted::is(Bug::FormerForgotten) {
                own.push(voided);
                continue;
            }
            quarantine::put(
                desk.tx,
                &Quarantined {
                    received_ms: desk.now_ms,
                    stream: Some(stream.clone()),
                    seq: Some(voided.op.seq()),
                    code: ProblemCode::OpRevoked.as_str().to_owned(),
                    detail: format!("its writer is trusted up to operation {last_seq}"),
                    bytes: voided.op.bytes().to_vec(),
                },
            )?;
        }
    }
    let again = |record| commit::fold_again(desk.tx, packs, record, pos, desk.now_ms);
    let folded = records.into_iter().filter_map(|record| again(record).transpose());
    let mut committed = folded.collect::<Result<Vec<_>, _>>()?;
    committed.extend(rehome::under_this_key(desk, packs, own)?);
    Ok(committed)
}

/// Lets count again what was taken out and is trusted: a revocation may itself be revoked, or the
/// key be certified by another. What was shown in quarantine stays there; the trail says that it
/// counts.
fn trusted_again(
    desk: &Desk<'_>,
    rules: &Rules,
    pos: Pos,
) -> Result<BTreeSet<RecordId>, StoreError> {
    let mut records = BTreeSet::new();
    for stream in log::voided_streams(desk.tx)? {
        let last_seq = rules.trust.trusted_until(&stream).unwrap_or(u64::MAX);
        let (count, again) = log::count_again(desk.tx, &stream, last_seq, pos)?;
        records.extend(again);
        if count > 0 {
            let (action, subject) = ("trust.again".to_owned(), stream.writer.to_string());
            let (at_ms, detail) = (desk.now_ms, format!("{count} operations"));
            audit::put(desk.tx, &Entry { at_ms, person: None, action, subject, detail })?;
        }
    }
    Ok(records)
}
