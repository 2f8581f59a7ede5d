//! Photos and files between two nodes: in groups of 16 KiB, each proved against the file's digest
//! as it arrives, from whatever is here already, by whoever has it. `docs/formats/blob.md`.
//!
//! [`tree`] proves, [`message`] is the wire, [`engine`] is one session's conversation.

pub mod engine;
pub mod message;
pub mod tree;

pub use self::engine::{BlobCounts, BlobEvent, BlobLimits, Blobs, Want};
pub use self::message::{
    BlobAsk, BlobGroup, BlobHeld, BlobNone, BlobThumbnail, BlobThumbnailAsk, Message, MessageError,
    Preview,
};
pub use self::tree::{BadGroup, Group, Outboard, group_bytes, group_count};
