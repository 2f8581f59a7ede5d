//! Receipts: what each submission came to.

use domain::ids::{Digest, OpTag, PersonId, RecordId, SubmissionId};
use domain::op::SealedOp;
use rusqlite::params;

use crate::StoreError;
use crate::log::Pos;
use crate::sql::{Reader, Tx, digest, int, person, uint};

/// Proof that a submission is durable here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The submission's idempotency key.
    pub submission: SubmissionId,
    /// The record that it is about, where it is about one.
    pub record: Option<RecordId>,
    /// The operation's chain link.
    pub link: Digest,
    /// The operation's position in the log.
    pub pos: Pos,
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// Who submitted.
    pub author: PersonId,
    /// Digest of what was submitted: the same key with other content is no repetition. None where
    /// the node had lost it and its operation came back by sync.
    pub digest: Option<Digest>,
    /// Bits that the node gives meaning to, such as a clock that ran ahead.
    pub flags: u32,
}

impl Receipt {
    /// The receipt of an operation that stands in the log, without flags.
    #[must_use]
    pub fn of(op: &SealedOp, pos: Pos, received_ms: u64, digest: Option<Digest>) -> Self {
        Self {
            submission: op.op().submission,
            record: op.op().change.record(),
            link: op.origin(),
            pos,
            received_ms,
            author: op.op().author,
            digest,
            flags: 0,
        }
    }

    /// The operation's short name.
    #[must_use]
    pub fn tag(&self) -> OpTag {
        self.link.tag()
    }
}

/// The receipt of a submission, if it was received.
pub fn get(r: &Reader<'_>, submission: SubmissionId) -> Result<Option<Receipt>, StoreError> {
    let sql = "SELECT record, link, pos, received_ms, author, digest, flags
        FROM receipts WHERE submission = ?1";
    r.one("find a receipt", sql, [submission.0], |row| {
        Ok(Receipt {
            submission,
            record: row.get::<_, Option<[u8; 16]>>(0)?.map(RecordId),
            link: digest(row, 1)?,
            pos: Pos(uint(row, 2)?),
            received_ms: uint(row, 3)?,
            author: person(row, 4)?,
            digest: row.get::<_, Option<[u8; 32]>>(5)?.map(Digest),
            flags: row.get(6)?,
        })
    })
}

/// Whether a submission was received.
pub fn has(r: &Reader<'_>, submission: SubmissionId) -> Result<bool, StoreError> {
    Ok(get(r, submission)?.is_some())
}

/// Keeps a receipt. A second one for a submission is an error: it was received already.
pub fn put(tx: &Tx<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    tx.run(
        "keep a receipt",
        "INSERT INTO receipts
         (submission, record, link, pos, received_ms, author, digest, flags)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            receipt.submission.0,
            receipt.record.map(|record| record.0),
            receipt.link.0,
            int(receipt.pos.0),
            int(receipt.received_ms),
            receipt.author.0,
            receipt.digest.map(|digest| digest.0),
            receipt.flags
        ],
    )
    .map(drop)
}
