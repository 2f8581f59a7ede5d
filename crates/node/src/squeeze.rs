//! zstd, as sync frames ask for it.

use domain::sync::{DictionaryId, ExpandError, Squeeze};

/// The level: frames are small and links slow.
const LEVEL: i32 = 19;

/// zstd without dictionaries.
#[derive(Debug, Default)]
pub(crate) struct Zstd;

impl Squeeze for Zstd {
    fn squeeze(&self, _: DictionaryId, raw: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(raw, LEVEL).expect("invariant: compressing to memory does not fail")
    }

    fn expand(
        &self,
        _: DictionaryId,
        bytes: &[u8],
        raw_max: usize,
    ) -> Result<Vec<u8>, ExpandError> {
        zstd::bulk::decompress(bytes, raw_max).map_err(|_| ExpandError::Damaged)
    }

    fn dictionaries(&self) -> Vec<DictionaryId> {
        Vec::new()
    }
}
