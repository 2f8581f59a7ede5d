//! Frames: as many operations as fit, up to a signed head.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::body::{self, BodyError, DictionaryId, SplitLimits, Squeeze};
use super::wire::Frame;
use crate::limits::{FRAME_BYTES_MAX, FRAME_OPS_MAX, FRAME_RAW_BYTES_AIM, FRAME_RAW_BYTES_MAX};
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

/// A frame with where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltFrame {
    /// The frame.
    pub frame: Frame,
    /// The sequence number after its last operation.
    pub next_seq: u64,
}

/// Builds the longest frame that fits; where not even one signed head's operations fit, a longer
/// one, which goes in parts. `None` if the page holds no signed head.
#[must_use]
pub fn build(page: &Page, number: u32, dictionaries: &Dictionaries) -> Option<BuiltFrame> {
    let chosen = dictionaries.out.iter().find(|(_, id)| *id == page.dictionary);
    let (place, dictionary) = chosen.copied().unwrap_or((0, DictionaryId::NONE));
    let counts = page.counts();
    let mut at = counts.iter().rposition(|count| page.aims(*count)).unwrap_or(0);
    loop {
        let (count, boundary) = (*counts.get(at)?, page.boundaries.get(at)?);
        let ops: Vec<&[u8]> = page.ops.iter().take(count).map(Vec::as_slice).collect();
        let keys = |ty: &TypeRef| page.type_keys.get(ty).cloned();
        let codec = dictionaries.codec.as_ref();
        let body = body::close(&ops, &keys, codec, dictionary).ok()?;
        let room = FRAME_BYTES_MAX - ENVELOPE_BYTES;
        if body.len() > room && at > 0 {
            // As many as would fit if all were alike, and always fewer than now.
            let fit = count * room / body.len();
            at = counts[..at].iter().rposition(|count| *count <= fit).unwrap_or(0);
            continue;
        }
        let signature = boundary.signature;
        let (stream, first_seq) = (number, page.first_seq);
        let frame = Frame { stream, first_seq, dictionary: place, signature, body };
        return Some(BuiltFrame { frame, next_seq: boundary.next_seq });
    }
}

/// The operations of a frame that a peer sent.
///
/// # Errors
/// If it is none, is beyond a limit, or needs a dictionary that isn't here.
pub fn read(frame: &Frame, dictionaries: &Dictionaries) -> Result<Vec<Vec<u8>>, BodyError> {
    let dictionary = match frame.dictionary {
        0 => Some(DictionaryId::NONE),
        place => dictionaries.peer.get(usize::from(place) - 1).copied(),
    };
    let dictionary = dictionary.ok_or(BodyError::NoDictionary)?;
    let limits = SplitLimits { ops_max: FRAME_OPS_MAX, bytes_max: FRAME_RAW_BYTES_MAX };
    body::open(&frame.body, dictionaries.codec.as_ref(), dictionary, limits)
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
