//! Restoring a node from a backup: into an empty folder, as another life of its key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::hlc::Hlc;
use domain::op::writer_id;
use store::{Store, StoreError, log, meta};
use thiserror::Error;

use crate::kernel::{self, META_EPOCH, META_WRITER};
use crate::keys::{self, KeyError};

/// Why a backup is not restored.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// Something is in the folder: a restored node never replaces another.
    #[error("`{}` is not empty", dir.display())]
    NotEmpty {
        /// The folder.
        dir: PathBuf,
    },
    /// The file is no backup of a node.
    #[error("`{}` is no backup of a node", file.display())]
    NoBackup {
        /// The file.
        file: PathBuf,
    },
    /// The key is another node's.
    #[error("the key is not the one of the node in the backup")]
    OtherKey,
    /// What is in the backup was changed or damaged; nothing is restored.
    #[error("the backup is damaged")]
    Damaged(Vec<String>),
    /// A file can't be read or written.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Operations in its log.
    pub operations: u64,
    /// When the last of its own was written, in milliseconds since 1970.
    pub last_own_ms: Option<u64>,
    /// It has the key that it had.
    pub same_key: bool,
}

/// Restores a backup into a folder that is empty or isn't there, with the node's key if there is
/// one. The node begins another life when it is opened, each time the backup is restored: what it
/// wrote after the backup can't be known here, and must never be contradicted.
///
/// # Errors
/// [`RestoreError`]; the folder is as it was then.
pub fn restore(file: &Path, dir: &Path, key: Option<&Path>) -> Result<Restored, RestoreError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::Io { path, source }
    };
    let there = dir.exists();
    if there && fs::read_dir(dir).map_err(io(dir))?.next().is_some() {
        return Err(RestoreError::NotEmpty { dir: dir.to_owned() });
    }
    fs::create_dir_all(dir).map_err(io(dir))?;
    let restored = into(file, dir, key);
    if restored.is_err() {
        // What was begun is of no use to anybody; that it can't be removed is the lesser trouble.
        for made in fs::read_dir(dir).into_iter().flatten().flatten() {
            drop(fs::remove_file(made.path()));
        }
        if !there {
            drop(fs::remove_dir(dir));
        }
    }
    restored
}

fn into(file: &Path, dir: &Path, key: Option<&Path>) -> Result<Restored, RestoreError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| RestoreError::Io { path, source }
    };
    let database = dir.join("genggam.db");
    fs::copy(file, &database).map_err(io(file))?;
    let none = |_| RestoreError::NoBackup { file: file.to_owned() };
    // A copy that `backup` didn't make must begin another life too.
    store::mark_copy(&database, META_EPOCH, &[]).map_err(none)?;
    fs::File::open(&database).and_then(|copy| copy.sync_all()).map_err(io(&database))?;
    let secret = key.map(keys::load).transpose()?;
    let store = Store::open(dir)?;
    let former = store.read(|r| meta::get(r, META_WRITER))?;
    let former = former.ok_or_else(|| RestoreError::NoBackup { file: file.to_owned() })?;
    if let Some(secret) = &secret {
        if writer_id(&secret.verifying_key()).0[..] != former[..] {
            return Err(RestoreError::OtherKey);
        }
        keys::keep(dir, secret)?;
    }
    let faults = store.check()?;
    if !faults.is_empty() {
        return Err(RestoreError::Damaged(faults.iter().map(ToString::to_string).collect()));
    }
    let (operations, last_own) = store.read(|r| {
        let mut last = None::<Hlc>;
        for (stream, head) in log::streams(r)? {
            if stream.writer.0[..] == former[..] {
                let op = kernel::last_of(r, &stream, head.next_seq)?;
                last = last.max(op.map(|op| op.op().time));
            }
        }
        Ok::<_, StoreError>((log::last_pos(r)?.0, last))
    })?;
    let last_own_ms = last_own.map(|time| time.ms);
    Ok(Restored { operations, last_own_ms, same_key: secret.is_some() })
}
