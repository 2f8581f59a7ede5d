//! What can go wrong with storage.

use std::path::PathBuf;

use domain::op::{OpError, StreamId};
use thiserror::Error;

/// Storage failed, or holds what it should not.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder can't be used.
    #[error("cannot use the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another program has the folder open.
    #[error("the folder `{}` is in use by another program", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A later build wrote the file.
    #[error("the database has version {found}, this build knows {known}")]
    TooNew {
        /// The version of the file.
        found: i64,
        /// The latest that this build knows.
        known: i64,
    },
    /// SQLite failed.
    #[error("cannot {doing}")]
    Sqlite {
        /// What was attempted.
        doing: &'static str,
        /// SQLite's own error.
        source: rusqlite::Error,
    },
    /// A row holds what it can't hold.
    #[error("cannot {doing}: the stored bytes are damaged")]
    Damaged {
        /// What was attempted.
        doing: &'static str,
    },
    /// A stored operation is none.
    #[error("the operation at position {pos} is damaged")]
    DamagedOp {
        /// Its position.
        pos: u64,
        /// What is wrong with it.
        source: OpError,
    },
    /// A pruned operation no longer follows from its record.
    #[error("the operation at position {pos} was pruned and can't be made again from its record")]
    Unmade {
        /// Its position.
        pos: u64,
    },
    /// The operation isn't the next of its stream here.
    #[error("operation {seq} does not continue its stream, which comes to {next_seq}")]
    NotNext {
        /// The stream.
        stream: Box<StreamId>,
        /// The operation's place.
        seq: u64,
        /// The place that comes next.
        next_seq: u64,
    },
    /// A signed head names a link that the log doesn't hold at its place.
    #[error("the signed head at {next_seq} is not of the chain held here")]
    OtherChain {
        /// The head's place.
        next_seq: u64,
    },
    /// There is no room for a blob: what fills it is not known to be safe at the parent.
    #[error("there is no room for {bytes} more bytes of files")]
    BlobsFull {
        /// How many more were to be kept.
        bytes: u64,
    },
}

impl StoreError {
    /// Wraps SQLite's error with what was attempted.
    pub(crate) fn sqlite(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { doing, source }
    }
}
