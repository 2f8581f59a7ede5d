//! Operations to facts, facts to segments, segments to figures.
//!
//! Facts are disposable: everything here can be derived again from the log and gives the same
//! figures. Arrow, Parquet and DataFusion live in this crate alone.

pub mod table;
