//! Photos and files, by the digest of their bytes: whole, or as far as they came.

use std::collections::BTreeSet;

use domain::ids::{Digest, WriterId};
use domain::op::Lane;
use domain::sync::blob::{Group, Outboard, Want, group_count};
use rusqlite::{Row, params};

use crate::StoreError;
use crate::meta;
use crate::sql::{Reader, Tx, decode, digest, encode, int, uint};

/// The count of [`total_bytes`], kept in the transaction that changes it.
const META_BYTES: &str = "blob_bytes";
/// Blobs removed at once to make room: the transaction stays short.
const SPARED_MAX: i64 = 64;

/// How many bytes of files a node may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes in all.
    pub bytes_max: u64,
}

/// A photo or file, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Media type, such as `image/jpeg`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What is known of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// BLAKE3 of the whole.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Media type, such as `image/jpeg`.
    pub media_type: String,
    /// It was made of a photo: no operation names it.
    pub thumbnail: bool,
    /// How urgent what names it is.
    pub lane: Lane,
    /// How many of its groups are here.
    pub groups: u32,
    /// All of them are.
    pub whole: bool,
    /// The parent node has it whole.
    pub held_above: bool,
    /// The node that the first of it came from; none if it was uploaded or made here.
    pub origin: Option<WriterId>,
    /// When this node first heard of it, in milliseconds since 1970.
    pub seen_ms: u64,
    /// When somebody last asked for it, in milliseconds since 1970.
    pub asked_ms: u64,
}

/// A blob that should come to be here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish<'a> {
    /// BLAKE3 of the whole.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Media type, as whoever names it says.
    pub media_type: &'a str,
    /// It is a photo's thumbnail.
    pub thumbnail: bool,
    /// How urgent what names it is.
    pub lane: Lane,
}

/// What keeping a group came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is here now.
    New,
    /// It is here now, and with it the whole.
    Whole,
    /// It was here.
    Known,
    /// Nothing names this blob here.
    Unwanted,
}

const COLUMNS: &str = "SELECT digest, size, media_type, thumbnail, lane, groups, whole, held_above,
    origin, seen_ms, asked_ms, id FROM blobs";

/// Keeps a whole file that was uploaded or made here. Keeping it again changes nothing.
///
/// # Errors
/// [`StoreError::BlobsFull`] where the quota has no room for it.
pub fn put(
    tx: &Tx<'_>,
    outboard: &Outboard<'_>,
    wish: &Wish<'_>,
    quota: Quota,
    now_ms: u64,
) -> Result<Digest, StoreError> {
    let digest = outboard.digest();
    want(tx, &Wish { digest, ..wish.clone() }, now_ms)?;
    // What the bytes are replaces what an operation that came before them says.
    let sql = "UPDATE blobs SET media_type = ?2 WHERE digest = ?1";
    tx.run("note what a file is", sql, params![digest.0, wish.media_type])?;
    for group in outboard.groups() {
        put_group(tx, &group, None, quota, now_ms)?;
    }
    Ok(digest)
}

/// Notes that a blob is wanted; nothing of it need be here. A more urgent lane replaces another.
pub fn want(tx: &Tx<'_>, wish: &Wish<'_>, now_ms: u64) -> Result<(), StoreError> {
    tx.run(
        "want a file",
        "INSERT INTO blobs (digest, size, media_type, thumbnail, lane, groups, whole, held_above,
           origin, seen_ms, asked_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, NULL, ?6, ?6)
         ON CONFLICT (digest, size) DO UPDATE SET
           lane = min(lane, excluded.lane), thumbnail = min(thumbnail, excluded.thumbnail)",
        params![
            wish.digest.0,
            int(wish.size_bytes),
            wish.media_type,
            wish.thumbnail,
            lane_number(wish.lane),
            int(now_ms)
        ],
    )
    .map(drop)
}

/// Keeps a proved group of a wanted blob.
///
/// # Errors
/// [`StoreError::BlobsFull`] where the quota has no room for it.
pub fn put_group(
    tx: &Tx<'_>,
    group: &Group,
    origin: Option<WriterId>,
    quota: Quota,
    now_ms: u64,
) -> Result<Kept, StoreError> {
    let Some((blob, groups)) = row_of(tx, group.digest(), group.size_bytes())? else {
        return Ok(Kept::Unwanted);
    };
    let here = "SELECT 1 FROM blob_groups WHERE blob = ?1 AND num = ?2";
    if tx.one("find a group", here, params![blob, group.number()], |_| Ok(()))?.is_some() {
        return Ok(Kept::Known);
    }
    let bytes = group.bytes().len() as u64;
    make_room(tx, bytes, quota)?;
    let sql = "INSERT INTO blob_groups (blob, num, proof, bytes) VALUES (?1, ?2, ?3, ?4)";
    let row = params![blob, group.number(), group.proof(), group.bytes()];
    tx.run("keep a group", sql, row)?;
    let whole = group_count(group.size_bytes()) == Some(groups + 1);
    let sql = "UPDATE blobs SET groups = groups + 1, whole = ?2, asked_ms = ?3,
        origin = coalesce(origin, ?4) WHERE id = ?1";
    let origin = origin.map(|origin| origin.0);
    tx.run("count a group", sql, params![blob, whole, int(now_ms), origin])?;
    Ok(if whole { Kept::Whole } else { Kept::New })
}

/// Makes room by removing what the parent has, the longest unasked first; never anything else.
fn make_room(tx: &Tx<'_>, bytes: u64, quota: Quota) -> Result<(), StoreError> {
    let mut total = total_bytes(tx)?;
    if total + bytes > quota.bytes_max {
        let sql = format!(
            "{COLUMNS} WHERE whole = 1 AND held_above = 1 AND thumbnail = 0
             ORDER BY asked_ms LIMIT ?1"
        );
        for (id, spare) in tx.many("find spare files", &sql, [SPARED_MAX], with_id)? {
            if total + bytes <= quota.bytes_max {
                break;
            }
            tx.run("remove a file", "DELETE FROM blobs WHERE id = ?1", [id])?;
            total -= spare.size_bytes;
        }
    }
    if total + bytes > quota.bytes_max {
        return Err(StoreError::BlobsFull { bytes });
    }
    meta::put(tx, META_BYTES, &(total + bytes).to_be_bytes())
}

/// Removes a blob, whole or not.
pub(crate) fn remove(tx: &Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    let sql = "SELECT coalesce(sum(length(g.bytes)), 0) FROM blob_groups g
        JOIN blobs b ON b.id = g.blob WHERE b.digest = ?1";
    let bytes = tx.one("measure a file", sql, [digest.0], |row| uint(row, 0))?.unwrap_or(0);
    tx.run("remove a file", "DELETE FROM blobs WHERE digest = ?1", [digest.0])?;
    let left = total_bytes(tx)?.saturating_sub(bytes);
    meta::put(tx, META_BYTES, &left.to_be_bytes())
}

/// Bytes of files that are here, of whole ones and others.
pub fn total_bytes(r: &Reader<'_>) -> Result<u64, StoreError> {
    let held = meta::get(r, META_BYTES)?;
    Ok(held.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// What is known of a blob: of the whole one, if it is here whole.
pub fn info(r: &Reader<'_>, digest: &Digest) -> Result<Option<Info>, StoreError> {
    let sql = format!("{COLUMNS} WHERE digest = ?1 ORDER BY whole DESC, groups DESC LIMIT 1");
    Ok(r.one("find a file", &sql, [digest.0], with_id)?.map(|(_, info)| info))
}

/// Whether the whole is here.
pub fn is_whole(r: &Reader<'_>, digest: &Digest) -> Result<bool, StoreError> {
    Ok(info(r, digest)?.is_some_and(|info| info.whole))
}

/// A whole file; none if it isn't here whole.
pub fn get(r: &Reader<'_>, digest: &Digest) -> Result<Option<Blob>, StoreError> {
    let Some(info) = info(r, digest)?.filter(|info| info.whole) else { return Ok(None) };
    let sql = "SELECT g.bytes FROM blob_groups g JOIN blobs b ON b.id = g.blob
        WHERE b.digest = ?1 AND b.size = ?2 ORDER BY g.num";
    let groups = r.many("read a file", sql, params![digest.0, int(info.size_bytes)], |row| {
        row.get::<_, Vec<u8>>(0)
    })?;
    Ok(Some(Blob { media_type: info.media_type, bytes: groups.concat() }))
}

/// A group with its proof, to be sent; none if it isn't here.
///
/// # Errors
/// [`StoreError::Damaged`] if the disk gives other bytes than were kept: they are never sent.
pub fn group(
    r: &Reader<'_>,
    digest: Digest,
    size_bytes: u64,
    number: u32,
) -> Result<Option<Group>, StoreError> {
    let doing = "read a group";
    let sql = "SELECT g.proof, g.bytes FROM blob_groups g JOIN blobs b ON b.id = g.blob
        WHERE b.digest = ?1 AND b.size = ?2 AND g.num = ?3";
    let found = r.one(doing, sql, params![digest.0, int(size_bytes), number], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let Some((proof, bytes)) = found else { return Ok(None) };
    let group = Group::verify(digest, size_bytes, number, proof, bytes);
    group.map(Some).map_err(|_| StoreError::Damaged { doing })
}

/// The groups that aren't here; none if nothing names this blob here.
pub fn missing(
    r: &Reader<'_>,
    digest: &Digest,
    size_bytes: u64,
) -> Result<Option<BTreeSet<u32>>, StoreError> {
    let Some((blob, _)) = row_of(r, *digest, size_bytes)? else { return Ok(None) };
    let sql = "SELECT num FROM blob_groups WHERE blob = ?1";
    let here = r.many("find groups", sql, [blob], |row| row.get(0))?;
    let here: BTreeSet<u32> = here.into_iter().collect();
    let all = 0..group_count(size_bytes).unwrap_or(0);
    Ok(Some(all.filter(|number| !here.contains(number)).collect()))
}

/// The blobs that are wanted, as a session asks for them: thumbnails, then by urgency, then the
/// smallest.
pub fn wanted(r: &Reader<'_>, limit: usize) -> Result<Vec<Want>, StoreError> {
    let sql = format!("{COLUMNS} WHERE whole = 0 ORDER BY thumbnail DESC, lane, size LIMIT ?1");
    let rows = r.many("find wanted files", &sql, [int(limit as u64)], with_id)?;
    let mut wants = Vec::with_capacity(rows.len());
    for (_, info) in rows {
        let image = info.media_type.starts_with("image/") && !info.thumbnail;
        wants.push(Want {
            missing: missing(r, &info.digest, info.size_bytes)?.unwrap_or_default(),
            preview: image && thumbnail(r, &info.digest)?.is_none(),
            digest: info.digest,
            size_bytes: info.size_bytes,
            lane: info.lane,
        });
    }
    Ok(wants)
}

/// Notes that the parent node has a blob whole: it may be removed when room is needed.
pub fn held_above(tx: &Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    let sql = "UPDATE blobs SET held_above = 1 WHERE digest = ?1";
    tx.run("note a file that the parent has", sql, [digest.0]).map(drop)
}

/// Notes that somebody asked for a blob.
pub fn asked(tx: &Tx<'_>, digest: &Digest, now_ms: u64) -> Result<(), StoreError> {
    let sql = "UPDATE blobs SET asked_ms = ?2 WHERE digest = ?1";
    tx.run("note who asks for a file", sql, params![digest.0, int(now_ms)]).map(drop)
}

/// A photo's thumbnail: its digest and size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// BLAKE3 of its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// It was made here, of the photo itself; else it is a peer's word.
    pub made_here: bool,
}

/// Notes which blob is a photo's thumbnail. A peer's word never replaces what was made here.
pub fn put_thumbnail(tx: &Tx<'_>, photo: &Digest, thumbnail: &Thumbnail) -> Result<(), StoreError> {
    tx.run(
        "note a thumbnail",
        "INSERT INTO thumbnails (photo, digest, size, made_here) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (photo) DO UPDATE SET
           digest = excluded.digest, size = excluded.size, made_here = excluded.made_here
         WHERE excluded.made_here >= made_here",
        params![photo.0, thumbnail.digest.0, int(thumbnail.size_bytes), thumbnail.made_here],
    )
    .map(drop)
}

/// The thumbnail of a photo, if one is known.
pub fn thumbnail(r: &Reader<'_>, photo: &Digest) -> Result<Option<Thumbnail>, StoreError> {
    let sql = "SELECT digest, size, made_here FROM thumbnails WHERE photo = ?1";
    r.one("find a thumbnail", sql, [photo.0], |row| {
        let (digest, size_bytes) = (digest(row, 0)?, uint(row, 1)?);
        Ok(Thumbnail { digest, size_bytes, made_here: row.get(2)? })
    })
}

/// The photos of which a blob is the thumbnail.
pub fn photos_of(r: &Reader<'_>, thumbnail: &Digest) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT photo FROM thumbnails WHERE digest = ?1";
    r.many("find the photo of a thumbnail", sql, [thumbnail.0], |row| digest(row, 0))
}

fn row_of(
    r: &Reader<'_>,
    digest: Digest,
    size_bytes: u64,
) -> Result<Option<(i64, u32)>, StoreError> {
    let sql = "SELECT id, groups FROM blobs WHERE digest = ?1 AND size = ?2";
    r.one("find a file", sql, params![digest.0, int(size_bytes)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn with_id(row: &Row<'_>) -> rusqlite::Result<(i64, Info)> {
    let info = Info {
        digest: digest(row, 0)?,
        size_bytes: uint(row, 1)?,
        media_type: row.get(2)?,
        thumbnail: row.get(3)?,
        lane: lane(row, 4)?,
        groups: row.get(5)?,
        whole: row.get(6)?,
        held_above: row.get(7)?,
        origin: row.get::<_, Option<[u8; 16]>>(8)?.map(WriterId),
        seen_ms: uint(row, 9)?,
        asked_ms: uint(row, 10)?,
    };
    Ok((row.get(11)?, info))
}

/// Lanes sort as they are numbered.
pub(crate) fn lane_number(lane: Lane) -> u8 {
    encode(&lane).first().copied().unwrap_or(u8::MAX)
}

/// The lane that [`lane_number`] stored; one that this build doesn't know is the least urgent.
pub(crate) fn lane(row: &Row<'_>, column: usize) -> rusqlite::Result<Lane> {
    let number: u8 = row.get(column)?;
    Ok(decode("read a lane", &[number]).unwrap_or(Lane::Blobs))
}
