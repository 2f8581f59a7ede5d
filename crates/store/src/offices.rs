//! Events of the office tree that the log brought.

use domain::office::OfficeEvent;
use rusqlite::params;

use crate::StoreError;
use crate::log::Pos;
use crate::sql::{Reader, Tx, decode, encode, int};

/// Keeps an event.
pub fn put(tx: &Tx<'_>, pos: Pos, event: &OfficeEvent) -> Result<(), StoreError> {
    tx.run(
        "keep an event of offices",
        "INSERT OR REPLACE INTO office_events (pos, bytes) VALUES (?1, ?2)",
        params![int(pos.0), encode(event)],
    )
    .map(drop)
}

/// All events, in the order of arrival.
pub fn all(r: &Reader<'_>) -> Result<Vec<OfficeEvent>, StoreError> {
    let doing = "read the events of offices";
    let sql = "SELECT bytes FROM office_events ORDER BY pos";
    let rows = r.many(doing, sql, [], |row| row.get::<_, Vec<u8>>(0))?;
    rows.iter().map(|bytes| decode(doing, bytes)).collect()
}
