//! Published packs, every version.

use rusqlite::{Row, params};

use crate::StoreError;
use crate::log::Pos;
use crate::sql::{Reader, Tx, int, uint};

/// A published pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackRow {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Where in the log it was published.
    pub pos: Pos,
    /// Its own encoding.
    pub bytes: Vec<u8>,
}

/// Keeps a published pack; the first publication of a version stays.
pub fn put(tx: &Tx<'_>, pack: &PackRow) -> Result<(), StoreError> {
    tx.run(
        "keep a pack",
        "INSERT OR IGNORE INTO packs (name, version, pos, bytes) VALUES (?1, ?2, ?3, ?4)",
        params![pack.name, pack.version, int(pack.pos.0), pack.bytes],
    )
    .map(drop)
}

/// The latest version of a pack.
pub fn latest(r: &Reader<'_>, name: &str) -> Result<Option<PackRow>, StoreError> {
    let sql = "SELECT name, version, pos, bytes FROM packs
        WHERE name = ?1 ORDER BY version DESC LIMIT 1";
    r.one("find a pack", sql, [name], row)
}

/// Every version of every pack, by name and version.
pub fn all_versions(r: &Reader<'_>) -> Result<Vec<PackRow>, StoreError> {
    let sql = "SELECT name, version, pos, bytes FROM packs ORDER BY name, version";
    r.many("list the packs", sql, [], row)
}

fn row(row: &Row<'_>) -> rusqlite::Result<PackRow> {
    Ok(PackRow {
        name: row.get(0)?,
        version: row.get(1)?,
        pos: Pos(uint(row, 2)?),
        bytes: row.get(3)?,
    })
}
