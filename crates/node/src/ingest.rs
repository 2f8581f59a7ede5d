//! Operations of other nodes: what proves itself joins at the same commit as our own; what
//! doesn't is quarantined for an administrator to see.

use domain::op::{self, Change, SignedHead, StreamHead, StreamId, VerifyError};
use domain::problem::{Problem, ProblemCode};
use ed25519_dalek::VerifyingKey;
use store::quarantine::{self, Quarantined};
use store::{StoreError, log, records};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::commit::{self, Committed};
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::group::Work;
use crate::node::Node;
use crate::packs::PackSet;
use crate::submit::Desk;

/// Operations of one stream, as another node sends them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The stream.
    pub stream: StreamId,
    /// The sequence number of the first.
    pub first_seq: u64,
    /// Their bytes, in order.
    pub ops: Vec<Vec<u8>>,
    /// The writer's signature over where they lead.
    pub head: SignedHead,
    /// The writer's key.
    pub key: VerifyingKey,
}

/// What came of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingested {
    /// Operations that are new here and kept.
    pub kept: usize,
    /// Operations that were here already.
    pub known: usize,
    /// Operations put in quarantine.
    pub quarantined: usize,
    /// What the stream's next operation here is.
    pub next_seq: u64,
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

/// Takes a batch, within one transaction.
pub(crate) fn ingest(
    desk: &mut Desk<'_>,
    batch: &Batch,
) -> Result<(Ingested, Vec<Committed>), IngestError> {
    let here = log::head(desk.tx, &batch.stream)?;
    if batch.stream.writer == desk.own.writer {
        return refuse(desk, batch, ProblemCode::OpForged, "this node's own stream", &here);
    }
    if batch.first_seq > here.next_seq {
        return Err(IngestError::Gap { next_seq: here.next_seq });
    }
    // The part that is here already is judged again with the rest: a second operation under one
    // number breaks the chain and is kept as proof.
    let from = start_of(desk, batch, &here)?;
    let sealed = match op::verify(&batch.stream, &from, &batch.ops, &batch.head, &batch.key) {
        Ok(sealed) => sealed,
        Err(error) => return refuse(desk, batch, error.code(), &chain_text(&error), &here),
    };
    let mut packs: PackSet = PackSet::clone(&desk.world.packs);
    let mut committed = Vec::new();
    for sealed in &sealed {
        if sealed.seq() < here.next_seq {
            continue;
        }
        desk.pen.clock.witness(sealed.op().time, desk.now_ms);
        let standing = match sealed.op().change.record() {
            Some(record) => records::get(desk.tx, record)?,
            None => None,
        };
        let one = commit::commit_op(desk.tx, &packs, sealed, standing, desk.now_ms)?;
        if let (Change::Pack(_), Some(pack)) = (&sealed.op().change, &one.pack) {
            packs.insert(std::sync::Arc::clone(pack));
        }
        committed.push(one);
    }
    if !committed.is_empty() {
        log::put_signed_head(desk.tx, &batch.head)?;
    }
    let ingested = Ingested {
        kept: committed.len(),
        known: batch.ops.len() - committed.len(),
        quarantined: 0,
        next_seq: batch.head.next_seq.max(here.next_seq),
    };
    Ok((ingested, committed))
}

/// Where the chain stood before the batch's first operation.
fn start_of(desk: &Desk<'_>, batch: &Batch, here: &StreamHead) -> Result<StreamHead, StoreError> {
    if batch.first_seq == here.next_seq {
        return Ok(*here);
    }
    let start = StreamHead::start(&batch.stream);
    let Some(before) = batch.first_seq.checked_sub(1).filter(|seq| *seq >= start.next_seq) else {
        return Ok(start);
    };
    let found = log::find(desk.tx, &batch.stream, before)?;
    Ok(found.map_or(start, |logged| logged.op.head()))
}

fn refuse(
    desk: &Desk<'_>,
    batch: &Batch,
    code: ProblemCode,
    detail: &str,
    here: &StreamHead,
) -> Result<(Ingested, Vec<Committed>), IngestError> {
    for (seq, bytes) in (batch.first_seq..).zip(&batch.ops) {
        quarantine::put(
            desk.tx,
            &Quarantined {
                received_ms: desk.now_ms,
                stream: Some(batch.stream.clone()),
                seq: Some(seq),
                code: code.as_str().to_owned(),
                detail: detail.to_owned(),
                bytes: bytes.clone(),
            },
        )?;
    }
    let quarantined = batch.ops.len();
    Ok((Ingested { kept: 0, known: 0, quarantined, next_seq: here.next_seq }, Vec::new()))
}

fn chain_text(error: &VerifyError) -> String {
    error.to_string()
}
