//! How the nodes below are, as their parents heard them.

use domain::ids::WriterId;
use domain::sync::health::Health;
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx, encode, int};

const READING: &str = "read how the nodes are";

/// Keeps what was heard of a node. Whether it is news: what was heard later holds.
pub fn put(tx: &Tx<'_>, health: &Health) -> Result<bool, StoreError> {
    let changed = tx.run(
        "keep how a node is",
        "INSERT INTO health (writer, office, heard_ms, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (writer) DO UPDATE SET office = ?2, heard_ms = ?3, body = ?4
         WHERE heard_ms < ?3",
        params![health.writer.0, health.office.0, int(health.heard_ms), encode(health)],
    )?;
    Ok(changed > 0)
}

/// What was heard of a node.
pub fn get(r: &Reader<'_>, writer: WriterId) -> Result<Option<Health>, StoreError> {
    let sql = "SELECT body FROM health WHERE writer = ?1";
    let body = r.one(READING, sql, [writer.0], |row| row.get::<_, Vec<u8>>(0))?;
    let damaged = |_| StoreError::Damaged { doing: READING };
    body.map(|body| Health::decode(&body).map_err(damaged)).transpose()
}

/// Every node that was ever heard of, by writer.
pub fn all(r: &Reader<'_>) -> Result<Vec<Health>, StoreError> {
    let sql = "SELECT body FROM health ORDER BY writer";
    let bodies = r.many(READING, sql, [], |row| row.get::<_, Vec<u8>>(0))?;
    let damaged = |_| StoreError::Damaged { doing: READING };
    bodies.iter().map(|body| Health::decode(body).map_err(damaged)).collect()
}

/// Forgets all but the nodes that were heard latest.
pub fn keep_latest(tx: &Tx<'_>, rows_max: usize) -> Result<(), StoreError> {
    let sql = "DELETE FROM health WHERE writer IN
        (SELECT writer FROM health ORDER BY heard_ms DESC, writer LIMIT -1 OFFSET ?1)";
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    tx.run("forget nodes of long ago", sql, [rows_max]).map(drop)
}
