//! Synchronisation as state machines: bytes and ticks in, actions out.

pub mod blob;
