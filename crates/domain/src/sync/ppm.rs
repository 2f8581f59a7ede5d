//! The compressor of frames: prediction by partial matching, variant I revision 1 ("`PPMd8`", D.
//! Shkarin, "PPM: one step to practicality", 2002), its model first made familiar with a pack's
//! dictionary.
//!
//! What the coder writes while it reads a dictionary is the same for every frame, since its bytes
//! are final once written: it is left out, and put back to be read. So is what it writes of the
//! text that went before in the session. `docs/formats/frame-body.md` gives the bytes.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use ppmd_rust::{Ppmd8Decoder, Ppmd8Encoder, RestoreMethod};

use super::body::{BodyError, DictionaryId, Squeeze, flow};

/// Characters of context: more gain nothing.
const ORDER: u32 = 12;
/// Bytes of a model: a dictionary of 48 KiB and the longest frame fit.
const MODEL_BYTES: u32 = 4 * 1024 * 1024;
/// What a reader puts after the end. The coder ends with the four bytes of the low end of its
/// interval, whose high end has another first byte (or it would have written more): so the first
/// with the highest that can follow lies within.
const TAIL: [u8; 3] = [0xff; 3];
/// What becomes of a model that is full: it begins anew.
const WHEN_FULL: RestoreMethod = RestoreMethod::Restart;

/// A compressor with the dictionaries that are known.
pub struct Ppm {
    known: RwLock<BTreeMap<DictionaryId, Arc<Primer>>>,
}

/// A dictionary, and what the coder writes of it.
#[derive(Default)]
struct Primer {
    text: Vec<u8>,
    written: Vec<u8>,
}

impl fmt::Debug for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ppm").finish_non_exhaustive()
    }
}

impl Default for Ppm {
    fn default() -> Self {
        Self { known: RwLock::new(BTreeMap::from([(DictionaryId::NONE, Arc::default())])) }
    }
}

impl Ppm {
    /// Takes note of a dictionary, such as that of a pack, and gives its id. Any bytes will do.
    pub fn learn(&self, dictionary: &[u8]) -> DictionaryId {
        let id = DictionaryId::of(dictionary);
        if self.primer(id).is_err() {
            let primer = Arc::new(Primer::new(dictionary));
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id, primer);
        }
        id
    }

    /// The dictionaries that are known, and none.
    #[must_use]
    pub fn known(&self) -> Vec<DictionaryId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn primer(&self, id: DictionaryId) -> Result<Arc<Primer>, BodyError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).cloned().ok_or(BodyError::NoDictionary)
    }
}

impl Primer {
    fn new(text: &[u8]) -> Self {
        Self { text: text.to_vec(), written: familiar(text, &[]).into_inner() }
    }
}

/// A coder that has read a dictionary, and then what went before.
fn familiar(text: &[u8], before: &[u8]) -> Ppmd8Encoder<Vec<u8>> {
    let coder = Ppmd8Encoder::new(Vec::new(), ORDER, MODEL_BYTES, WHEN_FULL);
    let mut coder = coder.expect("invariant: order and memory are within what the coder allows");
    let read = coder.write_all(text).and_then(|()| coder.write_all(before));
    read.expect("invariant: writing to memory does not fail");
    coder
}

impl Squeeze for Ppm {
    fn squeeze(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        raw: &[u8],
    ) -> Result<Vec<u8>, BodyError> {
        let primer = self.primer(dictionary)?;
        let mut coder = familiar(&primer.text, before);
        let known = coder.get_ref().len();
        let whole = coder.write_all(raw).and_then(|()| coder.finish(false));
        let whole = whole.expect("invariant: writing to memory does not fail");
        let mut squeezed = Vec::with_capacity(whole.len() - known);
        flow::put(&mut squeezed, raw.len() as u64);
        squeezed.extend_from_slice(&whole[known..whole.len() - TAIL.len()]);
        Ok(squeezed)
    }

    fn expand(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        squeezed: &[u8],
        raw_bytes_max: usize,
    ) -> Result<Vec<u8>, BodyError> {
        let primer = self.primer(dictionary)?;
        let (len, squeezed) = flow::get(squeezed).ok_or(BodyError::Malformed)?;
        let len = usize::try_from(len).ok().filter(|len| *len <= raw_bytes_max);
        let mut raw = vec![0; len.ok_or(BodyError::TooLarge)?];
        let longer;
        let written = if before.is_empty() {
            primer.written.as_slice()
        } else {
            longer = familiar(&primer.text, before).into_inner();
            &longer
        };
        // One piece: the coder asks for byte after byte.
        let whole = [written, squeezed, &TAIL].concat();
        let decoder = Ppmd8Decoder::new(whole.as_slice(), ORDER, MODEL_BYTES, WHEN_FULL);
        let mut decoder = decoder.map_err(|_| BodyError::Malformed)?;
        let mut text = vec![0; primer.text.len() + before.len()];
        decoder.read_exact(&mut text).map_err(|_| BodyError::Malformed)?;
        decoder.read_exact(&mut raw).map_err(|_| BodyError::Malformed)?;
        let rest = decoder.into_inner();
        if rest.is_empty() { Ok(raw) } else { Err(BodyError::Malformed) }
    }
}
