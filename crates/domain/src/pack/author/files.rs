//! Reading a pack's folder from disk, within limits.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use super::problem::{PackCode, PackProblem, Problems};
use super::source::File;
use crate::limits::PACK_FILE_BYTES_MAX;

/// Files of one pack: more than any pack of 32 types has.
const FILES_MAX: usize = 2_000;

/// The one file of a pack that isn't text: what its operations are squeezed with.
pub const DICTIONARY: &str = "dictionary.bin";

/// The source files of a pack, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<String, File>,
    dictionary: Option<Vec<u8>>,
}

impl Sources {
    /// Sources from texts by name, such as `types/kejadian.toml`.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = texts.into_iter().map(|(name, text)| (name.clone(), File { name, text }));
        Self { files: files.collect(), dictionary: None }
    }

    /// The same with this dictionary, the bytes of [`DICTIONARY`].
    #[must_use]
    pub fn with_dictionary(mut self, dictionary: Option<Vec<u8>>) -> Self {
        self.dictionary = dictionary;
        self
    }

    /// Reads the files of a pack's folder. Other files, such as notes, are left alone.
    ///
    /// # Errors
    /// When a file can't be read, isn't UTF-8 or is too large.
    pub fn read(folder: &Path) -> Result<Self, Vec<PackProblem>> {
        let problems = Problems::default();
        let mut sources = Self::default();
        for part in ["", "types", "views", "messages", "examples"] {
            sources.read_folder(folder, part, &problems);
        }
        match read_bytes(&folder.join(DICTIONARY)) {
            Ok(bytes) => sources.dictionary = bytes,
            Err((code, message)) => problems.whole(DICTIONARY, code, message),
        }
        if problems.is_empty() { Ok(sources) } else { Err(problems.into_sorted()) }
    }

    fn read_folder(&mut self, folder: &Path, part: &str, problems: &Problems) {
        let Ok(entries) = std::fs::read_dir(folder.join(part)) else {
            if part.is_empty() {
                let message = "there is no such folder, or it can't be read";
                problems.whole(".", PackCode::FileUnreadable, message);
            }
            return;
        };
        for entry in entries.flatten().take(FILES_MAX) {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let wanted = [".toml", ".json", ".cedar"].iter().any(|end| name.ends_with(end));
            let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
            if !wanted || !plain || name.starts_with('.') {
                continue;
            }
            let name = if part.is_empty() { name } else { format!("{part}/{name}") };
            match read_file(&entry.path()) {
                Ok(text) => {
                    self.files.insert(name.clone(), File { name, text });
                }
                Err((code, message)) => problems.whole(&name, code, message),
            }
        }
    }

    pub(super) fn dictionary(&self) -> Option<&[u8]> {
        self.dictionary.as_deref()
    }

    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// Files of a folder within the pack with this ending, by name.
    pub(super) fn within(&self, folder: &str, end: &str) -> Vec<&File> {
        let inside = |name: &&String| name.starts_with(folder) && name.ends_with(end);
        self.files.keys().filter(inside).filter_map(|name| self.files.get(name)).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }
}

fn read_file(path: &Path) -> Result<String, (PackCode, String)> {
    let bytes = read_bytes(path)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| (PackCode::FileUnreadable, "it is not UTF-8".to_owned()))
}

/// The bytes of a file, nothing where there is none.
fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, (PackCode, String)> {
    let unreadable =
        |error: std::io::Error| (PackCode::FileUnreadable, format!("it can't be read: {error}"));
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unreadable)?,
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(PACK_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > PACK_FILE_BYTES_MAX {
        let message = format!("it has more than {PACK_FILE_BYTES_MAX} bytes: split the pack");
        return Err((PackCode::FileTooLarge, message));
    }
    Ok(Some(bytes))
}
