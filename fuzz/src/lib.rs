//! Fuzz targets: whatever a peer, a disk or a file says, the core answers with an error at most.
//!
//! Each module has one target, `run`, which panics where an invariant breaks. `seeds` writes the
//! first inputs, from real encodings.

pub mod blobs;
pub mod body;
pub mod bundle;
pub mod input;
pub mod ops;
pub mod session;
pub mod trust;
pub mod wire;
pub mod world;
