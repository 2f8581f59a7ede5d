//! `pack new`: a small pack that is complete and passes its own check.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::source::is_key;

/// The files of the small pack, with `NAME` where its name belongs.
const FILES: &[(&str, &str)] = &[
    ("pack.toml", include_str!("scaffold/pack.toml")),
    ("types/laporan.toml", include_str!("scaffold/laporan.toml")),
    ("workflow.toml", include_str!("scaffold/workflow.toml")),
    ("measures.toml", include_str!("scaffold/measures.toml")),
    ("schedule.toml", include_str!("scaffold/schedule.toml")),
    ("policy.cedar", include_str!("scaffold/policy.cedar")),
    ("views/daftar.toml", include_str!("scaffold/daftar.toml")),
    ("views/per_provinsi.toml", include_str!("scaffold/per_provinsi.toml")),
    ("messages/id.toml", include_str!("scaffold/id.toml")),
    ("messages/en.toml", include_str!("scaffold/en.toml")),
    ("examples/contoh.json", include_str!("scaffold/contoh.json")),
    ("examples/kurang.json", include_str!("scaffold/kurang.json")),
];

/// Why no pack was begun.
#[derive(Debug, Error)]
pub enum ScaffoldError {
    /// The name can't be a pack's.
    #[error("`{name}` can't be a pack's name: lower-case letters, digits, - and _, a letter first")]
    Name {
        /// The name.
        name: String,
    },
    /// The folder is there already.
    #[error("{} is there already: choose another name", .folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// A file can't be written.
    #[error("{} can't be written", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Begins a pack in a new folder of this name, and says where.
///
/// # Errors
/// When the name is none, the folder exists, or a file can't be written.
pub fn scaffold(parent: &Path, name: &str) -> Result<PathBuf, ScaffoldError> {
    if !is_key(&name.replace('-', "_")) {
        return Err(ScaffoldError::Name { name: name.to_owned() });
    }
    let folder = parent.join(name);
    if folder.exists() {
        return Err(ScaffoldError::Exists { folder });
    }
    for (file, text) in FILES {
        let path = folder.join(file);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        written
            .and_then(|()| std::fs::write(&path, text.replace("NAME", name)))
            .map_err(|source| ScaffoldError::Write { path, source })?;
    }
    Ok(folder)
}
