//! Who did what with the node itself: sign-ins, exports, roles, packs.

use domain::ids::PersonId;
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx, int, uint};

/// One line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who, where known.
    pub person: Option<PersonId>,
    /// What, such as `export`.
    pub action: String,
    /// With what.
    pub subject: String,
    /// More, for a reader.
    pub detail: String,
}

/// Adds a line.
pub fn put(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    tx.run(
        "write the audit trail",
        "INSERT INTO audit (at_ms, person, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            int(entry.at_ms),
            entry.person.map(|person| person.0),
            entry.action,
            entry.subject,
            entry.detail
        ],
    )
    .map(drop)
}

/// Lines with their numbers, latest first: all, or those before a number.
pub fn list(
    r: &Reader<'_>,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Entry)>, StoreError> {
    let sql = "SELECT id, at_ms, person, action, subject, detail FROM audit
        WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    r.many("read the audit trail", sql, params![before.map_or(i64::MAX, int), limit], |row| {
        let entry = Entry {
            at_ms: uint(row, 1)?,
            person: row.get::<_, Option<[u8; 16]>>(2)?.map(PersonId),
            action: row.get(3)?,
            subject: row.get(4)?,
            detail: row.get(5)?,
        };
        Ok((uint(row, 0)?, entry))
    })
}
