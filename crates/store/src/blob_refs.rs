//! Who names a photo or file: records, whose operations an audience may have; and people who
//! uploaded it and have not named it yet.

use domain::ids::{Digest, PersonId, RecordId};
use domain::op::{Audience, Lane};
use domain::value::FileRef;
use rusqlite::params;

use crate::StoreError;
use crate::blobs::{self, Wish, lane, lane_number};
use crate::sql::{Reader, Tx, decode, digest, encode, int, record, uint};

/// Records asked at once whether they name a file: one photo in many reports.
const NAMED_BY_MAX: i64 = 1_000;

/// An operation's record that names a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The record.
    pub record: RecordId,
    /// Who may have the operation.
    pub audience: Audience,
    /// The file's size in bytes, as the operation says.
    pub size_bytes: u64,
    /// Its media type, as the operation says.
    pub media_type: String,
    /// How urgent the operation is.
    pub lane: Lane,
}

/// Notes that an operation of a record names a file, and wants it. Whoever uploaded it is known by
/// the record from now on.
pub fn name(
    tx: &Tx<'_>,
    file: &FileRef,
    by: &Named,
    author: PersonId,
    now_ms: u64,
) -> Result<(), StoreError> {
    let audience = encode(&by.audience);
    tx.run(
        "note who names a file",
        "INSERT OR IGNORE INTO blob_refs (digest, record, audience, size, media_type, lane)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            file.digest.0,
            by.record.0,
            audience,
            int(by.size_bytes),
            by.media_type,
            lane_number(by.lane)
        ],
    )?;
    let sql = "DELETE FROM blob_uploads WHERE person = ?1 AND digest = ?2";
    tx.run("note a named file", sql, params![author.0, file.digest.0])?;
    let wish = Wish {
        digest: file.digest,
        size_bytes: file.size_bytes,
        media_type: &file.media_type,
        thumbnail: false,
        lane: by.lane,
    };
    blobs::want(tx, &wish, now_ms)
}

/// The records that name a file, the first thousand of them.
pub fn named_by(r: &Reader<'_>, digest: &Digest) -> Result<Vec<Named>, StoreError> {
    let sql = "SELECT record, audience, size, media_type, lane FROM blob_refs
        WHERE digest = ?1 LIMIT ?2";
    let rows = r.many("find who names a file", sql, params![digest.0, NAMED_BY_MAX], |row| {
        let audience: Vec<u8> = row.get(1)?;
        Ok((record(row, 0)?, audience, uint(row, 2)?, row.get(3)?, lane(row, 4)?))
    })?;
    let each = rows.into_iter().map(|(record, audience, size_bytes, media_type, lane)| {
        let audience = decode("find who names a file", &audience)?;
        Ok(Named { record, audience, size_bytes, media_type, lane })
    });
    each.collect()
}

/// Notes that a person uploaded a file.
pub fn uploaded(
    tx: &Tx<'_>,
    person: PersonId,
    digest: &Digest,
    size_bytes: u64,
    now_ms: u64,
) -> Result<(), StoreError> {
    tx.run(
        "note an upload",
        "INSERT INTO blob_uploads (person, digest, size, at_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (person, digest) DO UPDATE SET at_ms = excluded.at_ms",
        params![person.0, digest.0, int(size_bytes), int(now_ms)],
    )
    .map(drop)
}

/// Whether a person uploaded a file and has not named it yet.
pub fn is_upload_of(r: &Reader<'_>, digest: &Digest, person: PersonId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM blob_uploads WHERE person = ?1 AND digest = ?2";
    let found = r.one("find an upload", sql, params![person.0, digest.0], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Bytes that a person uploaded and has not named yet.
pub fn unnamed_bytes(r: &Reader<'_>, person: PersonId) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(sum(size), 0) FROM blob_uploads WHERE person = ?1";
    Ok(r.one("sum uploads", sql, [person.0], |row| uint(row, 0))?.unwrap_or(0))
}

/// Forgets uploads from before a time, and removes those files that nothing else names, with
/// their thumbnails. How many were forgotten: at most `limit`.
pub fn forget_uploads(tx: &Tx<'_>, before_ms: u64, limit: usize) -> Result<usize, StoreError> {
    let sql = "SELECT DISTINCT digest FROM blob_uploads WHERE at_ms < ?1 LIMIT ?2";
    let old =
        tx.many("find old uploads", sql, params![int(before_ms), int(limit as u64)], |row| {
            digest(row, 0)
        })?;
    let sql = "DELETE FROM blob_uploads WHERE digest = ?1 AND at_ms < ?2";
    for digest in &old {
        tx.run("forget an upload", sql, params![digest.0, int(before_ms)])?;
        remove_if_unnamed(tx, digest)?;
    }
    Ok(old.len())
}

fn remove_if_unnamed(tx: &Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM blob_refs WHERE digest = ?1
        UNION ALL SELECT 1 FROM blob_uploads WHERE digest = ?1 LIMIT 1";
    if tx.one("find who names a file", sql, [digest.0], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let thumbnail = blobs::thumbnail(tx, digest)?;
    tx.run("forget a thumbnail", "DELETE FROM thumbnails WHERE photo = ?1", [digest.0])?;
    blobs::remove(tx, digest)?;
    let Some(thumbnail) = thumbnail else { return Ok(()) };
    let sql = "SELECT 1 FROM thumbnails WHERE digest = ?1";
    let shared = tx.one("find a thumbnail", sql, [thumbnail.digest.0], |_| Ok(()))?;
    if shared.is_some() { Ok(()) } else { remove_if_unnamed(tx, &thumbnail.digest) }
}
