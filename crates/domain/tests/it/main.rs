//! Tests of the core.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bytes;
mod fold;
mod make;
#[cfg(feature = "author")]
mod packs;
mod properties;
