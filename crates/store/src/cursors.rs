//! How far each reader of the log has come.

use rusqlite::params;

use crate::StoreError;
use crate::log::Pos;
use crate::sql::{Reader, Tx, int, uint};

/// Where a reader stands; the beginning if it never said.
pub fn get(r: &Reader<'_>, name: &str) -> Result<Pos, StoreError> {
    let sql = "SELECT pos FROM cursors WHERE name = ?1";
    Ok(Pos(r.one("read a cursor", sql, [name], |row| uint(row, 0))?.unwrap_or(0)))
}

/// Moves a reader.
pub fn put(tx: &Tx<'_>, name: &str, pos: Pos) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO cursors (name, pos) VALUES (?1, ?2)";
    tx.run("move a cursor", sql, params![name, int(pos.0)]).map(drop)
}
