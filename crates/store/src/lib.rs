//! Durable storage of one node: the log, what is folded from it, and the node's own tables, in
//! one SQLite file.
//!
//! Invariants of absence: no SQL outside this crate; nothing here decides who may do what.
//!
//! Reading takes a [`Reader`], writing a [`Tx`], which can read too. A [`Tx`] is one durable
//! transaction: all of it is on disk when [`Store::write`] returns, or none of it ever is.

pub mod audit;
pub mod blob_refs;
pub mod blobs;
mod check;
pub mod cursors;
pub mod devices;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
pub mod health;
pub mod jobs;
pub mod log;
pub mod meta;
mod migrate;
pub mod offices;
pub mod packs;
pub mod people;
pub mod prune;
pub mod quarantine;
pub mod receipts;
pub mod records;
mod sql;
pub mod statements;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::planted::{self, Bug};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub use self::check::Fault;
pub use self::error::StoreError;
pub use self::sql::{Reader, Tx};

/// Idle connections kept for readers; more readers at once open their own.
const READERS_IDLE_MAX: usize = 4;
/// Page cache of one reader, in KiB: a node that idles stays small.
const READER_CACHE_KIB: i64 = 2 * 1024;
/// Page cache of the writer, in KiB: ids are random, so that all leaves of their indexes are in
/// use; these are those of a year of the whole country. It grows only as far as it is used.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
/// Prepared statements kept by a connection: more than there are in this crate, so that none is
/// compiled twice.
const STATEMENTS_MAX: usize = 192;
/// Pages of the write-ahead log at which a commit copies them into the file: 64 MB, so that a page
/// that many commits touch is copied once. Read again within a second after a crash.
const CHECKPOINT_PAGES: i64 = 16_384;

/// Free pages given back at once: 16 MB, so that a writer waits some milliseconds for them.
const GIVE_BACK_PAGES: i64 = 4_096;

/// A node's database, in its folder.
#[derive(Debug)]
pub struct Store {
    file: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    #[cfg(feature = "faults")]
    faults: faults::Slot,
    /// Held while the store is open: two programs must not write one node's chains.
    _lock: File,
}

impl Store {
    /// Opens the database in a folder, creating or migrating it as needed.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let io = |source| StoreError::Folder { path: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(io)?;
        let lock = File::create(dir.join("lock")).map_err(io)?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => StoreError::InUse { path: dir.to_owned() },
            std::fs::TryLockError::Error(source) => io(source),
        })?;
        let file = dir.join("genggam.db");
        let mut writer = open_writer(&file).map_err(StoreError::sqlite("open the database"))?;
        migrate::migrate(&mut writer)?;
        Ok(Self {
            file,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            #[cfg(feature = "faults")]
            faults: faults::Slot::default(),
            _lock: lock,
        })
    }

    /// Reads from one snapshot: nothing that is written meanwhile shows.
    pub fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take_reader()?;
        let result = {
            let begun = conn.transaction().map_err(StoreError::sqlite("begin to read"))?;
            read(&Reader::new(&begun))
        };
        let mut idle = locked(&self.readers);
        if idle.len() < READERS_IDLE_MAX {
            idle.push(conn);
        }
        result
    }

    /// Writes in one transaction. It is durable when this returns `Ok`; an `Err`, of the closure
    /// or of the commit, leaves nothing.
    pub fn write<T, E: From<StoreError>>(
        &self,
        write: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = locked(&self.writer);
        let begun = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::sqlite("begin to write"))?;
        let value = write(&Tx::new(&begun))?;
        let committed = self.commit(begun);
        if !planted::is(Bug::FailureUnseen) {
            committed?;
        }
        Ok(value)
    }

    fn commit(&self, begun: rusqlite::Transaction<'_>) -> Result<(), StoreError> {
        #[cfg(feature = "faults")]
        self.faults.reached(faults::Moment::BeforeCommit)?;
        begun.commit().map_err(StoreError::sqlite("commit"))?;
        #[cfg(feature = "faults")]
        self.faults.reached(faults::Moment::AfterCommit)?;
        Ok(())
    }

    /// Checks the file and every chain in it. An empty list means whole.
    pub fn check(&self) -> Result<Vec<Fault>, StoreError> {
        self.read(check::faults)
    }

    /// Writes a whole, compact copy of the database to a file that doesn't exist yet.
    pub fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let conn = self.take_reader()?;
        let path = file.to_string_lossy();
        let copied = conn.execute("VACUUM INTO ?1", [path]).map(drop);
        copied.map_err(StoreError::sqlite("copy the database"))
    }

    /// Gives some of the room that nothing fills back to the file system, without waiting for
    /// whoever reads; false once there is none left.
    pub fn give_back(&self) -> Result<bool, StoreError> {
        let conn = locked(&self.writer);
        let give = || {
            conn.execute_batch(&format!("PRAGMA incremental_vacuum({GIVE_BACK_PAGES})"))?;
            let left: i64 = conn.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            if left == 0 {
                conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            }
            Ok(left > 0)
        };
        give().map_err(StoreError::sqlite("give free room back"))
    }

    /// Bytes of the database.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        let doing = "measure the database";
        self.read(|r| {
            let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
            let bytes = r.one(doing, sql, [], |row| sql::uint(row, 0))?;
            bytes.ok_or(StoreError::Damaged { doing })
        })
    }

    /// The tables and indexes as SQL, one statement a paragraph: what `schema.sql` holds.
    pub fn schema(&self) -> Result<String, StoreError> {
        self.read(migrate::schema)
    }

    fn take_reader(&self) -> Result<Connection, StoreError> {
        if let Some(idle) = locked(&self.readers).pop() {
            return Ok(idle);
        }
        open_reader(&self.file).map_err(StoreError::sqlite("open the database to read"))
    }
}

/// Sets what the node knows of itself under a key, in a copy of a database that nobody has opened.
pub fn mark_copy(file: &Path, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let doing = "mark a copy of the database";
    let opened = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let mut conn = opened.map_err(StoreError::sqlite(doing))?;
    let tx = conn.transaction().map_err(StoreError::sqlite(doing))?;
    meta::put(&Tx::new(&tx), key, value)?;
    tx.commit().map_err(StoreError::sqlite(doing))
}

/// A panic while the lock was held can't have left anything half done: a transaction that isn't
/// committed is rolled back when it is dropped.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_writer(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // Of effect before the first table only: what is pruned gives its room back.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    tune(&conn, WRITER_CACHE_KIB)?;
    Ok(conn)
}

fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    tune(&conn, READER_CACHE_KIB)?;
    Ok(conn)
}

fn tune(conn: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    conn.pragma_update(None, "cache_size", -cache_kib)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(())
}
