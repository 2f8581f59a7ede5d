//! Operations that were refused: kept and shown to an administrator, never dropped in silence.
//! Two operations with one place in a stream stand here too, as proof of the fork.

use domain::op::StreamId;
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx, decode, encode, int, uint};

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

/// Keeps a refused operation; the same again for the same reason is kept once.
pub fn put(tx: &Tx<'_>, refused: &Quarantined) -> Result<(), StoreError> {
    tx.run(
        "quarantine an operation",
        "INSERT OR IGNORE INTO quarantine (received_ms, stream, seq, code, detail, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            int(refused.received_ms),
            refused.stream.as_ref().map(encode),
            refused.seq.map(int),
            refused.code,
            refused.detail,
            refused.bytes
        ],
    )
    .map(drop)
}

/// Refused operations with their numbers, latest first: all, or those before a number.
pub fn list(
    r: &Reader<'_>,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Quarantined)>, StoreError> {
    let doing = "read the quarantine";
    let sql = "SELECT id, received_ms, stream, seq, code, detail, bytes FROM quarantine
        WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = r.many(doing, sql, params![before.map_or(i64::MAX, int), limit], |row| {
        let refused = Quarantined {
            received_ms: uint(row, 1)?,
            stream: None,
            seq: row.get::<_, Option<crate::sql::Unsigned>>(3)?.map(|seq| seq.0),
            code: row.get(4)?,
            detail: row.get(5)?,
            bytes: row.get(6)?,
        };
        Ok((uint(row, 0)?, row.get::<_, Option<Vec<u8>>>(2)?, refused))
    })?;
    let with_stream = |(id, stream, refused): (u64, Option<Vec<u8>>, Quarantined)| {
        let stream = stream.map(|bytes| decode(doing, &bytes)).transpose()?;
        Ok((id, Quarantined { stream, ..refused }))
    };
    rows.into_iter().map(with_stream).collect()
}
