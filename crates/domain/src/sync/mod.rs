//! Synchronisation between nodes.

pub mod body;
