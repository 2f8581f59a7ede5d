//! What the node knows of itself: its id, name, office, epoch.

use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx};

/// The value under a key.
pub fn get(r: &Reader<'_>, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    r.one("read a setting", "SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
}

/// Sets the value under a key.
pub fn put(tx: &Tx<'_>, key: &str, value: &[u8]) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
    tx.run("keep a setting", sql, params![key, value]).map(drop)
}
