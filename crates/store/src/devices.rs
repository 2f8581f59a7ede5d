//! Devices: the codes by which they are enrolled, and when they were heard.

use std::collections::BTreeMap;

use domain::ids::{Digest, OfficeId, PersonId, WriterId};
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx, Unsigned, int, person, uint};

/// A code that an administrator gave to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// BLAKE3 of the code: a stolen database enrols no device.
    pub digest: Digest,
    /// For whom.
    pub person: PersonId,
    /// The device's office.
    pub office: OfficeId,
    /// What people will call the device.
    pub name: String,
    /// The administrator.
    pub made_by: PersonId,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
    /// When it was used, if it was.
    pub used_ms: Option<u64>,
}

/// Keeps a code. Codes that ended before `forget_ms` are forgotten.
pub fn put_code(tx: &Tx<'_>, code: &Code, forget_ms: u64) -> Result<(), StoreError> {
    let sql = "DELETE FROM device_codes WHERE expires_ms < ?1";
    tx.run("forget old codes", sql, [int(forget_ms)])?;
    tx.run(
        "keep a code",
        "INSERT OR REPLACE INTO device_codes
         (code, person, office, name, made_by, expires_ms, used_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            code.digest.0,
            code.person.0,
            code.office.0,
            code.name,
            code.made_by.0,
            int(code.expires_ms),
            code.used_ms.map(int)
        ],
    )
    .map(drop)
}

/// The code with this digest, whether or not it has ended.
pub fn code(r: &Reader<'_>, digest: &Digest) -> Result<Option<Code>, StoreError> {
    let sql = "SELECT person, office, name, made_by, expires_ms, used_ms
        FROM device_codes WHERE code = ?1";
    r.one("find a code", sql, [digest.0], |row| {
        Ok(Code {
            digest: *digest,
            person: person(row, 0)?,
            office: OfficeId(row.get(1)?),
            name: row.get(2)?,
            made_by: person(row, 3)?,
            expires_ms: uint(row, 4)?,
            used_ms: row.get::<_, Option<Unsigned>>(5)?.map(|ms| ms.0),
        })
    })
}

/// Notes that a device was heard, in milliseconds since 1970.
pub fn heard(tx: &Tx<'_>, writer: WriterId, at_ms: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO devices (writer, heard_ms) VALUES (?1, ?2)
        ON CONFLICT (writer) DO UPDATE SET heard_ms = MAX(heard_ms, ?2)";
    tx.run("note that a device was heard", sql, params![writer.0, int(at_ms)]).map(drop)
}

/// When each device was heard last, in milliseconds since 1970.
pub fn all_heard(r: &Reader<'_>) -> Result<BTreeMap<WriterId, u64>, StoreError> {
    let sql = "SELECT writer, heard_ms FROM devices";
    let rows = r.many("list devices", sql, [], |row| Ok((WriterId(row.get(0)?), uint(row, 1)?)))?;
    Ok(rows.into_iter().collect())
}
