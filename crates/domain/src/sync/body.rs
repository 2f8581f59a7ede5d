//! How operations are squeezed into a frame, and got out again exactly as they were.
//!
//! A frame's body has two parts: *columns*, where the same part of many operations stands
//! together, which a compressor squeezes; and *chance*, ids and digests that nothing squeezes and
//! that would only spoil the compressor's statistics. What derives from something else is left
//! out. `docs/formats/frame-body.md` gives the bytes.
//!
//! [`join`] proves its own work: what would not come back exactly is carried as it came.

mod before;
mod cells;
pub(super) mod flow;
mod frame;

use thiserror::Error;

pub use self::before::Before;
use self::flow::{Reader, Writer};
use self::frame::{Frame, PLAIN};
use crate::ids::{RecordId, SubmissionId};
use crate::limits::FRAME_OPS_MAX;
use crate::op::{Change, FORMAT, Op, TypeRef};

/// The key `pack.type` of a type, where the pack is known: ids of periodic records derive from it.
pub type TypeKeys<'k> = &'k dyn Fn(&TypeRef) -> Option<String>;

/// Operations joined, before the columns are squeezed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What no compressor makes smaller.
    pub chance: Vec<u8>,
    /// The rest.
    pub columns: Vec<u8>,
}

/// What a body may become when it is split: a small one could claim to hold terabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitLimits {
    /// Operations, at most [`FRAME_OPS_MAX`].
    pub ops_max: usize,
    /// Bytes of all operations together.
    pub bytes_max: usize,
}

/// Bytes that are no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// They end too early, go on too long, or name what isn't there.
    #[error("the bytes are not the body of a frame")]
    Malformed,
    /// They hold more than the limits allow.
    #[error("the body of the frame holds more than is allowed")]
    TooLarge,
    /// A dictionary is needed that isn't here.
    #[error("the frame needs a dictionary that isn't here")]
    NoDictionary,
}

/// The first 8 bytes of the BLAKE3 of a dictionary's bytes; all zero for none, which every node has.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct DictionaryId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

impl DictionaryId {
    /// No dictionary.
    pub const NONE: Self = Self([0; 8]);

    /// The id of a dictionary.
    #[must_use]
    pub fn of(dictionary: &[u8]) -> Self {
        let mut id = [0; 8];
        id.copy_from_slice(&blake3::hash(dictionary).as_bytes()[..8]);
        Self(id)
    }
}

/// A compressor that knows some dictionaries: [`super::Ppm`], or one that a test watches.
pub trait Squeeze: std::fmt::Debug + Send + Sync {
    /// Fewer bytes that [`Self::expand`] with the same dictionary and the same text before makes
    /// the same again.
    ///
    /// # Errors
    /// [`BodyError::NoDictionary`].
    fn squeeze(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        raw: &[u8],
    ) -> Result<Vec<u8>, BodyError>;

    /// The bytes that were squeezed, whoever sent these.
    ///
    /// # Errors
    /// When they aren't squeezed bytes, would become more than `raw_bytes_max`, or need a
    /// dictionary that isn't here.
    fn expand(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        squeezed: &[u8],
        raw_bytes_max: usize,
    ) -> Result<Vec<u8>, BodyError>;
}

/// The submission id of the creation of an event record, where whoever files it takes the record's
/// own id, which is random: then a frame need not carry it twice.
#[must_use]
pub fn creation_submission(record: RecordId) -> SubmissionId {
    SubmissionId(record.0)
}

/// Joins operations, given as their bytes; at most [`FRAME_OPS_MAX`].
///
/// # Errors
/// [`BodyError::TooLarge`] for more operations than a frame holds.
pub fn join(ops: &[&[u8]], keys: TypeKeys<'_>) -> Result<Body, BodyError> {
    joined(ops, keys, &Before::default())
}

fn joined(ops: &[&[u8]], keys: TypeKeys<'_>, before: &Before) -> Result<Body, BodyError> {
    if ops.len() > FRAME_OPS_MAX {
        return Err(BodyError::TooLarge);
    }
    let body = write(ops, understood, keys, before);
    if let Some(body) = body.filter(|body| comes_back(body, ops, before)) {
        return Ok(body);
    }
    // Something in one of them can't be said in columns: that one alone is carried as it came.
    let alone = |bytes: &[u8]| {
        let body = write(&[bytes], understood, keys, before)?;
        understood(bytes).filter(|_| comes_back(&body, &[bytes], before))
    };
    let body = write(ops, alone, keys, before).filter(|body| comes_back(body, ops, before));
    let body = body.or_else(|| write(ops, |_| None, keys, before));
    body.ok_or(BodyError::TooLarge)
}

/// The bytes of the operations of a body, in their order.
///
/// # Errors
/// When the parts are no body, or hold more than the limits allow.
pub fn split(body: &Body, limits: SplitLimits) -> Result<Vec<Vec<u8>>, BodyError> {
    parted(body, limits, &Before::default())
}

fn parted(body: &Body, limits: SplitLimits, before: &Before) -> Result<Vec<Vec<u8>>, BodyError> {
    let mut reader = Reader::new(&body.chance, &body.columns, limits.bytes_max);
    let mut frame = Frame::default();
    frame.flow(&mut reader, before)?;
    if !reader.is_done() {
        return Err(BodyError::Malformed);
    }
    let ops = frame.into_bytes(limits.bytes_max)?;
    if ops.len() > limits.ops_max { Err(BodyError::TooLarge) } else { Ok(ops) }
}

/// Operations as they stand in a frame: the length of the chance, the chance, the squeezed
/// columns.
///
/// # Errors
/// As [`join`] and [`Squeeze::squeeze`].
pub fn close(
    ops: &[&[u8]],
    keys: TypeKeys<'_>,
    squeeze: &dyn Squeeze,
    dictionary: DictionaryId,
) -> Result<Vec<u8>, BodyError> {
    Before::default().close(ops, keys, squeeze, dictionary).map(|(bytes, _)| bytes)
}

/// The operations that [`close`] put into a frame, whoever sent it.
///
/// # Errors
/// As [`split`] and [`Squeeze::expand`].
pub fn open(
    bytes: &[u8],
    squeeze: &dyn Squeeze,
    dictionary: DictionaryId,
    limits: SplitLimits,
) -> Result<Vec<Vec<u8>>, BodyError> {
    Before::default().open(bytes, squeeze, dictionary, limits).map(|(ops, _)| ops)
}

fn write(
    ops: &[&[u8]],
    understood: impl Fn(&[u8]) -> Option<Op>,
    keys: TypeKeys<'_>,
    before: &Before,
) -> Option<Body> {
    let mut frame = Frame::default();
    for bytes in ops {
        match understood(bytes) {
            Some(op) => frame.push(op, keys),
            None => frame.push_plain(bytes),
        }
    }
    let mut writer = Writer::default();
    frame.flow(&mut writer, before).ok()?;
    Some(Body { chance: writer.chance, columns: writer.columns })
}

/// The operation, if columns can say it.
fn understood(bytes: &[u8]) -> Option<Op> {
    let op: Op = minicbor::decode(bytes).ok()?;
    let again = minicbor::to_vec(&op).ok()?;
    (op.format == FORMAT && again == bytes && kind(&op.change) < 5).then_some(op)
}

fn comes_back(body: &Body, ops: &[&[u8]], before: &Before) -> bool {
    let bytes_max = ops.iter().map(|op| op.len()).sum::<usize>().saturating_mul(2) + 1_024;
    let limits = SplitLimits { ops_max: ops.len(), bytes_max };
    parted(body, limits, before).is_ok_and(|back| back == ops)
}

/// The kind of a change, as in its bytes; [`PLAIN`] for one that columns can't say.
fn kind(change: &Change) -> u64 {
    match change {
        Change::Create(_) => 0,
        Change::Patch(_) => 1,
        Change::Transition(_) => 2,
        Change::Comment(_) => 3,
        Change::Acknowledge(_) => 4,
        Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => PLAIN,
    }
}
