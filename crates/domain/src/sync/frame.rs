//! Frames: as many operations as fit, up to a signed head.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::body::{Before, BodyError, DictionaryId, SplitLimits, Squeeze};
use super::wire::Frame;
use crate::limits::{
    FRAME_BYTES_MAX, FRAME_OPS_MAX, FRAME_RAW_BYTES_AIM, FRAME_RAW_BYTES_MAX, LEANING_OPS_MAX,
};
use crate::op::{StreamId, TypeRef};

/// Room in a frame for what isn't its body.
const ENVELOPE_BYTES: usize = 112;

/// The dictionaries that a session may use: numbered as the sender's HELLO lists them, from 1.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    /// The codec.
    pub codec: Arc<dyn Squeeze>,
    /// Ours that the peer has too, with the place in our HELLO.
    pub out: Vec<(u8, DictionaryId)>,
    /// The peer's, in the order of its HELLO.
    pub peer: Vec<DictionaryId>,
}

/// A signed head within a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// The sequence number after it.
    pub next_seq: u64,
    /// The writer's signature over it.
    pub signature: [u8; 64],
}

/// Operations read from the log to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Their stream.
    pub stream: StreamId,
    /// The sequence number of the first.
    pub first_seq: u64,
    /// Their bytes, in order.
    pub ops: Vec<Vec<u8>>,
    /// The signed heads after the first, in ascending order; what comes after the last of them
    /// can't be sent yet.
    pub boundaries: Vec<Boundary>,
    /// The dictionary that suits most of them.
    pub dictionary: DictionaryId,
    /// The keys `pack.type` of types that they name.
    pub type_keys: BTreeMap<TypeRef, String>,
}

/// How far a stream has gone from one end to the other, and what the frame that goes on from there
/// may lean on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The sequence number after the last frame; 0 where there was none.
    pub next_seq: u64,
    before: Before,
}

impl Said {
    /// What a frame stands on that leans on what went before, or doesn't.
    fn basis(&self, leans: bool) -> Cow<'_, Before> {
        if leans { Cow::Borrowed(&self.before) } else { Cow::Owned(Before::default()) }
    }
}

/// A frame with where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltFrame {
    /// The frame.
    pub frame: Frame,
    /// The sequence number of its first operation.
    pub first_seq: u64,
    /// How far the stream has gone once it is sent.
    pub said: Said,
}

/// Builds the longest frame that fits; where not even one signed head's operations fit, a longer
/// one, which goes in parts. `None` if the page holds no signed head.
#[must_use]
pub fn build(
    page: &Page,
    number: u32,
    dictionaries: &Dictionaries,
    said: &Said,
) -> Option<BuiltFrame> {
    let chosen = dictionaries.out.iter().find(|(_, id)| *id == page.dictionary);
    let (place, dictionary) = chosen.copied().unwrap_or((0, DictionaryId::NONE));
    let counts = page.counts();
    let mut at = counts.iter().rposition(|count| page.aims(*count)).unwrap_or(0);
    loop {
        let (count, boundary) = (*counts.get(at)?, page.boundaries.get(at)?);
        let ops: Vec<&[u8]> = page.ops.iter().take(count).map(Vec::as_slice).collect();
        let keys = |ty: &TypeRef| page.type_keys.get(ty).cloned();
        let codec = dictionaries.codec.as_ref();
        let leans = said.next_seq == page.first_seq && count <= LEANING_OPS_MAX;
        let (body, before) = said.basis(leans).close(&ops, &keys, codec, dictionary).ok()?;
        let room = FRAME_BYTES_MAX - ENVELOPE_BYTES;
        if body.len() > room && at > 0 {
            // As many as would fit if all were alike, and always fewer than now.
            let fit = count * room / body.len();
            at = counts[..at].iter().rposition(|count| *count <= fit).unwrap_or(0);
            continue;
        }
        let signature = boundary.signature;
        let first_seq = page.first_seq;
        let basis = place << 1 | u8::from(leans);
        let stated = if leans { 0 } else { first_seq };
        let frame = Frame { stream: number, first_seq: stated, basis, signature, body };
        let said = Said { next_seq: boundary.next_seq, before };
        return Some(BuiltFrame { frame, first_seq, said });
    }
}

/// The operations of a frame that a peer sent, and the sequence number of the first; `said` is how
/// far its stream had gone, and has.
///
/// # Errors
/// If it is none, is beyond a limit, needs a dictionary that isn't here, or leans on what did not
/// go before it.
pub fn read(
    frame: &Frame,
    dictionaries: &Dictionaries,
    said: &mut Said,
) -> Result<(u64, Vec<Vec<u8>>), BodyError> {
    let dictionary = match usize::from(frame.basis >> 1).checked_sub(1) {
        None => Some(DictionaryId::NONE),
        Some(at) => dictionaries.peer.get(at).copied(),
    };
    let dictionary = dictionary.ok_or(BodyError::NoDictionary)?;
    let leans = frame.basis & 1 == 1;
    let first_seq = if leans { said.next_seq } else { frame.first_seq };
    // Streams begin at 1.
    if first_seq == 0 || (leans && frame.first_seq != 0) {
        return Err(BodyError::Malformed);
    }
    let limits = SplitLimits { ops_max: FRAME_OPS_MAX, bytes_max: FRAME_RAW_BYTES_MAX };
    let codec = dictionaries.codec.as_ref();
    let (ops, before) = said.basis(leans).open(&frame.body, codec, dictionary, limits)?;
    *said = Said { next_seq: first_seq.saturating_add(ops.len() as u64), before };
    Ok((first_seq, ops))
}

impl Page {
    /// How many operations come before each boundary.
    fn counts(&self) -> Vec<usize> {
        let count = |boundary: &Boundary| {
            usize::try_from(boundary.next_seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX)
        };
        let counts = self.boundaries.iter().map(count);
        counts.take_while(|count| *count <= self.ops.len()).collect()
    }

    fn aims(&self, count: usize) -> bool {
        let bytes: usize = self.ops.iter().take(count).map(Vec::len).sum();
        count <= FRAME_OPS_MAX && bytes <= FRAME_RAW_BYTES_AIM
    }
}
