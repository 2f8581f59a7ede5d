//! Failures that the simulator puts into a store: of the disk, at every transaction, and a disk
//! that is full.

use std::fmt;
use std::sync::Mutex;

use rusqlite::ffi;

use crate::{Store, StoreError, locked};

/// A moment of a transaction at which something can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// All is written, nothing committed.
    BeforeCommit,
    /// It is durable, nobody has been told.
    AfterCommit,
}

/// Looks at each moment; true lets the disk fail there.
type Hook = Box<dyn FnMut(Moment) -> bool + Send>;

#[derive(Default)]
pub(crate) struct Slot(Mutex<Option<Hook>>);

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

impl Slot {
    pub(crate) fn reached(&self, moment: Moment) -> Result<(), StoreError> {
        let fails = locked(&self.0).as_mut().is_some_and(|hook| hook(moment));
        if !fails {
            return Ok(());
        }
        let source = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_IOERR), None);
        Err(StoreError::Sqlite { doing: "commit", source })
    }
}

impl Store {
    /// From now on, this looks at every transaction; true lets the disk fail at that moment.
    pub fn on_write(&self, hook: impl FnMut(Moment) -> bool + Send + 'static) {
        *locked(&self.faults.0) = Some(Box::new(hook));
    }

    /// The disk has room for so many more pages than the database has now; none is no bound.
    ///
    /// # Errors
    /// If the database can't be asked.
    pub fn limit_pages(&self, more: Option<u32>) -> Result<(), StoreError> {
        let conn = locked(&self.writer);
        let has = conn.pragma_query_value(None, "page_count", |row| row.get::<_, u32>(0));
        let most = has.map(|has| more.map_or(u32::MAX - 1, |more| has.saturating_add(more)));
        most.and_then(|most| conn.pragma_update(None, "max_page_count", most))
            .map_err(StoreError::sqlite("limit the database"))
    }
}
