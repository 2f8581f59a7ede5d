//! Certificates and revocations that the log brought.

use domain::op::{Change, SealedOp};
use domain::trust::{Statement, What};
use rusqlite::params;

use crate::StoreError;
use crate::log::Pos;
use crate::sql::{Reader, Tx, decode, encode, int, uint};

/// Keeps a statement of the control lane; any other operation is none.
pub fn put(tx: &Tx<'_>, pos: Pos, op: &SealedOp) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO statements (pos, stream, seq, bytes) VALUES (?1, ?2, ?3, ?4)";
    let change = encode(&op.op().change);
    let params = params![int(pos.0), encode(op.stream()), int(op.seq()), change];
    tx.run("keep a statement", sql, params).map(drop)
}

/// All statements, in the order of arrival.
pub fn all(r: &Reader<'_>) -> Result<Vec<Statement>, StoreError> {
    Ok(dated(r)?.into_iter().map(|(_, statement)| statement).collect())
}

/// All statements, in the order of arrival, with when they arrived in milliseconds since 1970.
pub fn dated(r: &Reader<'_>) -> Result<Vec<(u64, Statement)>, StoreError> {
    let doing = "read the statements";
    let sql = "SELECT s.stream, s.seq, s.bytes, IFNULL(l.received_ms, 0)
        FROM statements s LEFT JOIN log l ON l.pos = s.pos ORDER BY s.pos";
    let rows = r.many(doing, sql, [], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, uint(row, 1)?, row.get::<_, Vec<u8>>(2)?, uint(row, 3)?))
    })?;
    let mut statements = Vec::with_capacity(rows.len());
    for (stream, seq, bytes, received_ms) in rows {
        let what = match decode::<Change>(doing, &bytes)? {
            Change::Certificate(certificate) => What::Certificate(certificate),
            Change::Revocation(revocation) => What::Revocation(revocation),
            Change::Create(_)
            | Change::Patch(_)
            | Change::Transition(_)
            | Change::Comment(_)
            | Change::Acknowledge(_)
            | Change::Pack(_)
            | Change::Office(_)
            | Change::Unknown(_) => continue,
        };
        let statement = Statement { stream: decode(doing, &stream)?, seq, what };
        statements.push((received_ms, statement));
    }
    Ok(statements)
}
