//! Operations that were refused: kept and shown to an administrator, never dropped in silence.
//! Two operations with one place in a stream stand here too, as proof of the fork.

use domain::ids::PersonId;
use domain::limits::{QUARANTINE_BYTES_MAX, QUARANTINE_ROWS_MAX};
use domain::op::StreamId;
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx, Unsigned, decode, encode, int, uint};

/// A refused operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// When it was received, in milliseconds since 1970.
    pub received_ms: u64,
    /// The stream that it claims.
    pub stream: Option<StreamId>,
    /// The place that it claims.
    pub seq: Option<u64>,
    /// The problem's code.
    pub code: String,
    /// More, for an administrator.
    pub detail: String,
    /// What came.
    pub bytes: Vec<u8>,
}

/// Keeps a refused operation; the same again for the same reason is kept once. Beyond
/// [`QUARANTINE_BYTES_MAX`] without its bytes, and beyond [`QUARANTINE_ROWS_MAX`] not at all, which
/// the last one that is kept says.
pub fn put(tx: &Tx<'_>, refused: &Quarantined) -> Result<(), StoreError> {
    let last = "SELECT id, total_bytes FROM quarantine ORDER BY id DESC LIMIT 1";
    let last = tx.one(READING, last, [], |row| Ok((uint(row, 0)?, uint(row, 1)?)))?;
    let (rows, before) = last.unwrap_or_default();
    let mut detail = refused.detail.clone();
    let (mut bytes, mut total) = (refused.bytes.as_slice(), before + refused.bytes.len() as u64);
    if rows >= QUARANTINE_ROWS_MAX {
        return Ok(());
    }
    if rows + 1 == QUARANTINE_ROWS_MAX {
        detail.push_str(" (the quarantine is full: nothing that is refused after this is kept)");
    }
    if total > QUARANTINE_BYTES_MAX {
        detail.push_str(" (the quarantine is full: the bytes are not kept)");
        (bytes, total) = (&[], before);
    }
    tx.run(
        "quarantine an operation",
        "INSERT OR IGNORE INTO quarantine
         (received_ms, stream, seq, code, detail, bytes, total_bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            int(refused.received_ms),
            refused.stream.as_ref().map(encode),
            refused.seq.map(int),
            refused.code,
            detail,
            bytes,
            int(total)
        ],
    )
    .map(drop)
}

/// A refused operation as it is kept: it is never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its number here.
    pub id: u64,
    /// What was refused, and why.
    pub refused: Quarantined,
    /// Who has seen it, and when.
    pub seen: Option<Seen>,
}

/// That somebody has seen a refused operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who.
    pub by: PersonId,
}

const COLUMNS: &str =
    "SELECT id, received_ms, stream, seq, code, detail, bytes, seen_ms, seen_by FROM quarantine";
const READING: &str = "read the quarantine";

/// Refused operations, latest first: all, or those before a number; all, or those that nobody has
/// seen.
pub fn list(
    r: &Reader<'_>,
    before: Option<u64>,
    unseen: bool,
    limit: usize,
) -> Result<Vec<Held>, StoreError> {
    let only = if unseen { "AND seen_ms IS NULL" } else { "" };
    let sql = format!("{COLUMNS} WHERE id < ?1 {only} ORDER BY id DESC LIMIT ?2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = r.many(READING, &sql, params![before.map_or(i64::MAX, int), limit], held_row)?;
    rows.into_iter().map(with_stream).collect()
}

/// The refused operation with this number.
pub fn get(r: &Reader<'_>, id: u64) -> Result<Option<Held>, StoreError> {
    let row = r.one(READING, &format!("{COLUMNS} WHERE id = ?1"), [int(id)], held_row)?;
    row.map(with_stream).transpose()
}

/// How many nobody has seen.
pub fn unseen(r: &Reader<'_>) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM quarantine WHERE seen_ms IS NULL";
    Ok(r.one(READING, sql, [], |row| uint(row, 0))?.unwrap_or(0))
}

/// Marks one as seen. Whether it was the first time: the first who saw it stays.
pub fn mark_seen(tx: &Tx<'_>, id: u64, seen: Seen) -> Result<bool, StoreError> {
    let sql = "UPDATE quarantine SET seen_ms = ?2, seen_by = ?3 WHERE id = ?1 AND seen_ms IS NULL";
    let changed = tx.run("mark as seen", sql, params![int(id), int(seen.at_ms), seen.by.0])?;
    Ok(changed > 0)
}

type Row = (Option<Vec<u8>>, Held);

fn held_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let refused = Quarantined {
        received_ms: uint(row, 1)?,
        stream: None,
        seq: row.get::<_, Option<Unsigned>>(3)?.map(|seq| seq.0),
        code: row.get(4)?,
        detail: row.get(5)?,
        bytes: row.get(6)?,
    };
    let at_ms = row.get::<_, Option<Unsigned>>(7)?;
    let by = row.get::<_, Option<[u8; 16]>>(8)?;
    let seen = at_ms.zip(by).map(|(at_ms, by)| Seen { at_ms: at_ms.0, by: PersonId(by) });
    Ok((row.get(2)?, Held { id: uint(row, 0)?, refused, seen }))
}

fn with_stream((stream, mut held): Row) -> Result<Held, StoreError> {
    held.refused.stream = stream.map(|bytes| decode(READING, &bytes)).transpose()?;
    Ok(held)
}
