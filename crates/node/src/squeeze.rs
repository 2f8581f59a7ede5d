//! Frames of synchronisation squeezed with zstd and the dictionaries of packs. C lives here, so
//! that `domain` needs none.
//!
//! Both sides know the level of trust and the parameters, so what zstd writes before its first
//! block (magic number, flags, window) is left out: six bytes of every frame.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use domain::sync::body::{BodyError, DictionaryId, Squeeze};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// The strongest level: a frame is small, and a link slower than any machine.
const LEVEL: i32 = 22;
/// The base-2 logarithm of the window: 512 KiB, more than the columns of any frame.
const WINDOW_LOG: u32 = 19;
/// How every frame of ours begins: zstd's magic number, no flags, a window of 512 KiB.
const BEGINNING: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x48];
/// What zstd can't do without, at the end of those.
const WINDOW_AT: usize = 5;

/// zstd with the dictionaries that are known. Each keeps its prepared contexts.
pub struct Zstd {
    known: RwLock<BTreeMap<DictionaryId, Arc<Contexts>>>,
}

/// Compressor and decompressor of one dictionary; both keep it digested from one use to the next.
struct Contexts {
    compressor: Mutex<Compressor<'static>>,
    decompressor: Mutex<Decompressor<'static>>,
}

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstd").finish_non_exhaustive()
    }
}

impl Zstd {
    /// Knows no dictionary yet.
    ///
    /// # Errors
    /// When zstd has no memory for its contexts.
    pub fn new() -> io::Result<Self> {
        let none = Arc::new(Contexts::new(&[])?);
        Ok(Self { known: RwLock::new(BTreeMap::from([(DictionaryId::NONE, none)])) })
    }

    /// Takes note of a dictionary, such as that of a pack, and gives its id.
    ///
    /// # Errors
    /// When the bytes are no dictionary of zstd.
    pub fn learn(&self, dictionary: &[u8]) -> io::Result<DictionaryId> {
        let id = DictionaryId::of(dictionary);
        if self.contexts(id).is_err() {
            let contexts = Arc::new(Contexts::new(dictionary)?);
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(id, contexts);
        }
        Ok(id)
    }

    /// The dictionaries that are known, and none.
    #[must_use]
    pub fn known(&self) -> Vec<DictionaryId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn contexts(&self, id: DictionaryId) -> Result<Arc<Contexts>, BodyError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).cloned().ok_or(BodyError::NoDictionary)
    }
}

impl Contexts {
    fn new(dictionary: &[u8]) -> io::Result<Self> {
        let mut compressor = Compressor::with_dictionary(LEVEL, dictionary)?;
        for parameter in [
            CParameter::WindowLog(WINDOW_LOG),
            CParameter::ContentSizeFlag(false),
            CParameter::ChecksumFlag(false),
            CParameter::DictIdFlag(false),
        ] {
            compressor.set_parameter(parameter)?;
        }
        let decompressor = Decompressor::with_dictionary(dictionary)?;
        Ok(Self { compressor: Mutex::new(compressor), decompressor: Mutex::new(decompressor) })
    }
}

impl Squeeze for Zstd {
    fn squeeze(&self, dictionary: DictionaryId, raw: &[u8]) -> Result<Vec<u8>, BodyError> {
        let contexts = self.contexts(dictionary)?;
        let whole = locked(&contexts.compressor).compress(raw);
        let whole = whole.map_err(|_| BodyError::TooLarge)?;
        let beginning = &BEGINNING[..WINDOW_AT];
        let squeezed = whole.strip_prefix(beginning).and_then(<[u8]>::split_first);
        let (window, squeezed) = squeezed.expect("invariant: zstd writes the header it was told");
        assert!(*window <= BEGINNING[WINDOW_AT], "the window is within what readers assume");
        Ok(squeezed.to_vec())
    }

    fn expand(
        &self,
        dictionary: DictionaryId,
        squeezed: &[u8],
        raw_bytes_max: usize,
    ) -> Result<Vec<u8>, BodyError> {
        let contexts = self.contexts(dictionary)?;
        let whole = [&BEGINNING, squeezed].concat();
        // Memory is taken for what is allowed, and zstd stops where it ends.
        let raw = locked(&contexts.decompressor).decompress(&whole, raw_bytes_max);
        let mut raw = raw.map_err(|_| BodyError::Malformed)?;
        raw.shrink_to_fit();
        Ok(raw)
    }
}

/// A context is made ready again by its next use, so a panic elsewhere leaves it usable.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
