//! How far each reader of the log has come, and where streams stand at peers.

use std::collections::BTreeMap;

use domain::ids::WriterId;
use rusqlite::{Row, params};

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

/// Where streams stand at a peer, as it last said: by short name, the sequence number that it takes
/// next.
pub fn of_peer(r: &Reader<'_>, peer: WriterId) -> Result<BTreeMap<u64, u64>, StoreError> {
    let sql = "SELECT tag, next_seq FROM peer_cursors WHERE peer = ?1";
    let tag = |row: &Row<'_>| row.get(0).map(u64::from_be_bytes);
    let rows =
        r.many("read a peer's cursors", sql, [peer.0], |row| Ok((tag(row)?, uint(row, 1)?)))?;
    Ok(rows.into_iter().collect())
}

/// Notes where a stream stands at a peer.
pub fn put_of_peer(tx: &Tx<'_>, peer: WriterId, tag: u64, next_seq: u64) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO peer_cursors (peer, tag, next_seq) VALUES (?1, ?2, ?3)";
    tx.run("note a peer's cursor", sql, params![peer.0, tag.to_be_bytes(), int(next_seq)]).map(drop)
}
