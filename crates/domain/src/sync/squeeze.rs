//! Compression, as the engine asks for it: the C library that does it stays outside this crate.

use std::sync::Arc;

use minicbor::{Decode, Encode};
use thiserror::Error;

/// A dictionary by the first 8 bytes of the BLAKE3 of its bytes; all zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct DictionaryId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

impl DictionaryId {
    /// No dictionary: always valid.
    pub const NONE: Self = Self([0; 8]);

    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut id = [0; 8];
        id.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
        Self(id)
    }
}

/// Why bytes could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// The dictionary isn't here.
    #[error("dictionary {0:02x?} is not known here")]
    UnknownDictionary([u8; 8]),
    /// They are damaged, or would expand beyond the limit.
    #[error("the bytes cannot be expanded")]
    Damaged,
}

/// Squeezes bodies of frames with a dictionary that both sides have.
pub trait Squeeze: Send + Sync + std::fmt::Debug {
    /// Squeezes; with an unknown dictionary, as with none.
    fn squeeze(&self, dictionary: DictionaryId, raw: &[u8]) -> Vec<u8>;

    /// Expands to at most `raw_max` bytes.
    ///
    /// # Errors
    /// [`ExpandError`]; memory beyond `raw_max` is never taken.
    fn expand(
        &self,
        dictionary: DictionaryId,
        bytes: &[u8],
        raw_max: usize,
    ) -> Result<Vec<u8>, ExpandError>;

    /// The dictionaries known here, best first: what HELLO says.
    fn dictionaries(&self) -> Vec<DictionaryId>;
}

/// The dictionaries that a session may use: numbered as the sender's HELLO lists them.
#[derive(Clone, Debug)]
pub struct Dictionaries {
    /// The codec.
    pub codec: Arc<dyn Squeeze>,
    /// Ours, that the peer has too, with the number in our HELLO; none is number 0.
    pub out: Vec<(u8, DictionaryId)>,
    /// The peer's, in the order of its HELLO.
    pub peer: Vec<DictionaryId>,
}
