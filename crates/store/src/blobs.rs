//! Photos and files, by the digest of their bytes.

use domain::ids::Digest;
use domain::limits::BLOB_BYTES_MAX;
use rusqlite::params;

use crate::StoreError;
use crate::sql::{Reader, Tx};

/// A photo or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Media type, such as `image/jpeg`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Keeps a file and names it by its digest. Keeping it again changes nothing.
pub fn put(tx: &Tx<'_>, blob: &Blob) -> Result<Digest, StoreError> {
    if blob.bytes.len() > BLOB_BYTES_MAX {
        return Err(StoreError::BlobTooLarge { bytes: blob.bytes.len() });
    }
    let digest = Digest(blake3::hash(&blob.bytes).into());
    let sql = "INSERT OR IGNORE INTO blobs (digest, media_type, bytes) VALUES (?1, ?2, ?3)";
    tx.run("keep a file", sql, params![digest.0, blob.media_type, blob.bytes])?;
    Ok(digest)
}

/// The file with this digest.
pub fn get(r: &Reader<'_>, digest: &Digest) -> Result<Option<Blob>, StoreError> {
    let sql = "SELECT media_type, bytes FROM blobs WHERE digest = ?1";
    r.one("read a file", sql, [digest.0], |row| {
        Ok(Blob { media_type: row.get(0)?, bytes: row.get(1)? })
    })
}
