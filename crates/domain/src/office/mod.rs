//! The tree of offices, with dates.
//!
//! An office has a stable id; its code, name and parent are dated. Splits, merges and recodings
//! are events, and the tree is a fold over them: the same events in any order give the same tree.

mod built_in;
mod code;
mod event;
mod fold;
mod load;
mod lookup;
mod name;
pub mod places;
mod table;
mod tree;

pub use built_in::{FIRST_DAY, KEYS_SINCE, built_in_events};
pub use event::{Amendment, Founding, Level, OfficeChange, OfficeEvent};
pub use fold::TreeError;
pub use load::{LoadError, LoadProblem, districts, villages};
pub use lookup::{Candidate, CodeSystem, Lookup, LookupError, Reading};
pub use tree::{OfficeAt, Tree};
