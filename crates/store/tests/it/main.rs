//! Tests of storage, against real files.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod blobs;
mod crash;
mod migration;
mod story;
