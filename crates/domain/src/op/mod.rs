//! Operations: what the log holds.
//!
//! An operation's bytes are positional canonical CBOR without its stream and sequence number:
//! the chain binds those. For stream `s`, `h_0 = BLAKE3("genggam stream 1" ‖ cbor(s))` and
//! `h_n = BLAKE3(h_{n-1} ‖ bytes_n)`. `docs/formats/op.md` gives the bytes.

mod change;
mod check;
mod seal;
mod verify;

use minicbor::{Decode, Encode};

pub(crate) use self::seal::encode;
pub use self::seal::{
    Limit, OpError, SealedOp, StreamHead, chain_link, open_stored, seal, seal_again,
};
pub use self::verify::{SignedHead, VerifyError, open_chain, sign_head, verify, writer_id};

use crate::hlc::Hlc;
use crate::ids::{ActionId, Digest, OfficeId, OpTag, PersonId, RecordId, SubmissionId, WriterId};
use crate::period::Period;
use crate::value::{CellChanges, CellPath, Cells};

/// The format that this build writes.
pub const FORMAT: u8 = 1;

/// The operations of one writer for one audience on one lane: gap-free and hash-chained.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct StreamId {
    /// Who writes it.
    #[n(0)]
    pub writer: WriterId,
    /// Counts the writer's lives: a restored backup that can't learn its head begins a new one.
    #[n(1)]
    pub epoch: u32,
    /// Who may have it.
    #[n(2)]
    pub audience: Audience,
    /// How urgent it is.
    #[n(3)]
    pub lane: Lane,
}

/// Who may have a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Audience {
    /// This office and its ancestors.
    #[n(0)]
    Up(#[n(0)] OfficeId),
    /// This office and its subtree.
    #[n(1)]
    Down(#[n(0)] OfficeId),
    /// Just these offices, sorted.
    #[n(2)]
    To(#[n(0)] Vec<OfficeId>),
}

impl Audience {
    /// Whether records of this office may be begun and changed in a stream of this audience.
    #[must_use]
    pub fn covers(&self, owner: OfficeId) -> bool {
        match self {
            Self::Up(office) | Self::Down(office) => *office == owner,
            Self::To(names) => names.contains(&owner),
        }
    }
}

/// Lanes, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Lane {
    /// Incidents that can't wait.
    #[n(0)]
    Urgent,
    /// Certificates, packs, offices.
    #[n(1)]
    Control,
    /// Reports.
    #[n(2)]
    Forms,
    /// Circulars and instructions.
    #[n(3)]
    Circulars,
    /// References to blobs.
    #[n(4)]
    Blobs,
}

impl Lane {
    /// All lanes, most urgent first.
    pub const ALL: [Self; 5] =
        [Self::Urgent, Self::Control, Self::Forms, Self::Circulars, Self::Blobs];

    /// Its name for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Control => "control",
            Self::Forms => "forms",
            Self::Circulars => "circulars",
            Self::Blobs => "blobs",
        }
    }
}

/// A record type in a version of a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct TypeRef {
    /// The pack's name, such as `kejadian`.
    #[n(0)]
    pub pack: String,
    /// The pack's version, from 1.
    #[n(1)]
    pub version: u32,
    /// The type's number within the pack.
    #[n(2)]
    pub type_id: u16,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Op {
    /// [`FORMAT`].
    #[n(0)]
    pub format: u8,
    /// When its writer made it.
    #[n(1)]
    pub time: Hlc,
    /// The person who acted.
    #[n(2)]
    pub author: PersonId,
    /// The office in whose name they acted.
    #[n(3)]
    pub office: OfficeId,
    /// The idempotency key of the submission that caused it.
    #[n(4)]
    pub submission: SubmissionId,
    /// What it does.
    #[n(5)]
    pub change: Change,
    /// The chain link before it where it stood first, if it was written again in another life of
    /// its writer's key: its name is the one that it had there, so that what saw it still does and
    /// receipts still hold.
    #[n(6)]
    pub moved: Option<Digest>,
}

impl Op {
    /// Whether it is the same operation, wherever each was written.
    pub(crate) fn is_again(&self, other: &Self) -> bool {
        let plain = |op: &Self| Self { moved: None, ..op.clone() };
        plain(self) == plain(other)
    }
}

/// What an operation does. Its bytes are `[kind, [content]]`; a kind that this build doesn't know
/// is carried as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Kind 0. A record begins. A second creation of one record (two devices, one periodic
    /// report) folds as a concurrent patch.
    Create(Create),
    /// Kind 1. Cells change.
    Patch(Patch),
    /// Kind 2. The workflow moves.
    Transition(Transition),
    /// Kind 3. Somebody says something about a record.
    Comment(Comment),
    /// Kind 4. An office acknowledges a record.
    Acknowledge(Acknowledge),
    /// Kind 5. A pack is published; the bytes are the pack's own encoding.
    Pack(Vec<u8>),
    /// Kind 6. Offices change.
    Office(crate::office::OfficeEvent),
    /// Kind 7. A key may write.
    Certificate(crate::trust::Certificate),
    /// Kind 8. A key may write no longer.
    Revocation(crate::trust::Revocation),
    /// A later kind. A later build folds it from the log.
    Unknown(Unknown),
}

/// A change of a kind that this build doesn't know. INVARIANT: made only by decoding, so the kind
/// is a later one and the bytes are one whole CBOR item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    kind: u32,
    raw: Vec<u8>,
}

/// The beginning of a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Create {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// Its type, in the pack version it was written with.
    #[n(1)]
    pub type_ref: TypeRef,
    /// The office that owns it.
    #[n(2)]
    pub office: OfficeId,
    /// Its period, for a periodic type.
    #[n(3)]
    pub period: Option<Period>,
    /// Its first cells.
    #[n(4)]
    pub cells: Cells,
}

/// A change of cells.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Patch {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The heads of the record that the author saw, sorted.
    #[n(1)]
    pub saw: Vec<OpTag>,
    /// The pack version that the cells were checked with.
    #[n(2)]
    pub type_version: u32,
    /// What changes.
    #[n(3)]
    pub cells: CellChanges,
}

/// A move of the workflow.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Transition {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The heads of the record that the author saw, sorted.
    #[n(1)]
    pub saw: Vec<OpTag>,
    /// The workflow's action.
    #[n(2)]
    pub action: ActionId,
    /// Hash of the cells that the author saw ([`crate::record::content_hash`]): approval is of
    /// this.
    #[n(3)]
    pub content: Digest,
    /// Cells sent back, each with its reason.
    #[n(4)]
    pub returned: Vec<ReturnedCell>,
    /// Reason or note for the whole.
    #[n(5)]
    pub reason: Option<String>,
}

/// A cell sent back to its author.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ReturnedCell {
    /// Which cell.
    #[n(0)]
    pub path: CellPath,
    /// Why.
    #[n(1)]
    pub reason: String,
}

/// A remark on a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Comment {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The heads of the record that the author saw, sorted.
    #[n(1)]
    pub saw: Vec<OpTag>,
    /// The text.
    #[n(2)]
    pub text: String,
}

/// An office's acknowledgement of a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Acknowledge {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The heads of the record that the author saw, sorted.
    #[n(1)]
    pub saw: Vec<OpTag>,
}

impl Unknown {
    /// The number of the kind.
    #[must_use]
    pub fn kind(&self) -> u32 {
        self.kind
    }
}

impl Change {
    /// Its kind, for programs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Patch(_) => "patch",
            Self::Transition(_) => "transition",
            Self::Comment(_) => "comment",
            Self::Acknowledge(_) => "acknowledge",
            Self::Pack(_) => "pack",
            Self::Office(_) => "office",
            Self::Certificate(_) => "certificate",
            Self::Revocation(_) => "revocation",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The record that this changes, if it is about one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        match self {
            Self::Create(c) => Some(c.record),
            Self::Patch(c) => Some(c.record),
            Self::Transition(c) => Some(c.record),
            Self::Comment(c) => Some(c.record),
            Self::Acknowledge(c) => Some(c.record),
            Self::Pack(_)
            | Self::Office(_)
            | Self::Certificate(_)
            | Self::Revocation(_)
            | Self::Unknown(_) => None,
        }
    }

    /// The heads that its author saw.
    #[must_use]
    pub fn saw(&self) -> &[OpTag] {
        match self {
            Self::Patch(c) => &c.saw,
            Self::Transition(c) => &c.saw,
            Self::Comment(c) => &c.saw,
            Self::Acknowledge(c) => &c.saw,
            Self::Create(_)
            | Self::Pack(_)
            | Self::Office(_)
            | Self::Certificate(_)
            | Self::Revocation(_)
            | Self::Unknown(_) => &[],
        }
    }
}
