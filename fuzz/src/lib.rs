//! Fuzz targets: whatever a peer, a disk or a file says, the core answers with an error at most.
//!
//! Each module has one target, `run`, which panics where an invariant breaks. `seeds` writes the
//! first inputs, from real encodings. Bundles get a module here once they have a format.

pub mod blobs;
pub mod body;
pub mod input;
pub mod ops;
pub mod session;
pub mod trust;
pub mod wire;
pub mod world;
