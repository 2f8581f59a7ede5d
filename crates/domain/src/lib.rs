//! The pure core of Genggam: packs, forms, workflow, operations, clocks and merge.
//!
//! This crate does no IO, has no clock and no randomness: time, identity and chance are
//! arguments. The same code runs in a node and, compiled to WASM, in a browser.

pub mod device;
pub mod expr;
pub mod form;
pub mod hlc;
pub mod ids;
pub mod limits;
pub mod measure;
pub mod office;
pub mod op;
pub mod pack;
pub mod period;
pub mod permit;
pub mod planted;
pub mod problem;
pub mod record;
pub mod sync;
pub mod trust;
mod unicode;
pub mod value;
pub mod workflow;
