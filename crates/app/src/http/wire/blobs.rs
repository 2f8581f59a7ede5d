//! Photos and files on the wire.

use serde::Serialize;
use utoipa::ToSchema;

/// A file that was taken. A record names it by its digest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Blob {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub digest: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Media type, as the bytes say.
    pub media_type: String,
    /// It has a thumbnail.
    pub thumbnail: bool,
}

impl From<node::BlobView> for Blob {
    fn from(view: node::BlobView) -> Self {
        Self {
            digest: view.digest.to_string(),
            size_bytes: view.size_bytes,
            media_type: view.media_type.to_owned(),
            thumbnail: view.thumbnail,
        }
    }
}
