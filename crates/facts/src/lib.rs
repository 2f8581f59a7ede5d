//! Operations to facts, facts to segments, segments to figures.
//!
//! Facts are disposable: everything here can be derived again from the log and gives the same
//! figures. Arrow, Parquet and DataFusion live in this crate alone.

pub mod error;
pub mod figure;
mod functions;
mod key;
pub mod lineage;
mod places;
mod plan;
mod provider;
pub mod query;
pub mod rows;
mod schema;
mod segment;
mod store;
pub mod table;
pub mod watch;

pub use error::{FactsError, QueryError};
pub use figure::{Context, Figure, Offices, Scope};
pub use lineage::{Address, Lineage, LineageRow};
pub use query::Query;
pub use rows::FactRow;
pub use store::{FLUSH_ROWS, Facts, Stats};
