//! A compressor that does the same work once: a centre says the same to hundreds.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use domain::sync::Squeeze;
use domain::sync::body::{BodyError, DictionaryId};
use hashlink::LruCache;

/// Another compressor, and what it made last.
pub struct Remembering {
    codec: Arc<dyn Squeeze>,
    made: Mutex<LruCache<[u8; 32], Vec<u8>>>,
}

impl Remembering {
    /// One that remembers so many frames.
    #[must_use]
    pub fn new(codec: Arc<dyn Squeeze>, frames_max: usize) -> Self {
        Self { codec, made: Mutex::new(LruCache::new(frames_max)) }
    }
}

impl fmt::Debug for Remembering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembering").finish_non_exhaustive()
    }
}

impl Squeeze for Remembering {
    fn squeeze(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        raw: &[u8],
    ) -> Result<Vec<u8>, BodyError> {
        let mut key = blake3::Hasher::new();
        key.update(&dictionary.0).update(blake3::hash(before).as_bytes()).update(raw);
        let key = *key.finalize().as_bytes();
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(squeezed) = made().get(&key) {
            return Ok(squeezed.clone());
        }
        let squeezed = self.codec.squeeze(dictionary, before, raw)?;
        made().insert(key, squeezed.clone());
        Ok(squeezed)
    }

    fn expand(
        &self,
        dictionary: DictionaryId,
        before: &[u8],
        squeezed: &[u8],
        raw_bytes_max: usize,
    ) -> Result<Vec<u8>, BodyError> {
        self.codec.expand(dictionary, before, squeezed, raw_bytes_max)
    }
}
