//! What figures are asked with, and what they are told as.

pub use facts::figure::{
    AxisInfo, BoundariesInfo, Cell, Completeness, Figure, Key, MeasureInfo, NoTotal, State, Why,
};
pub use facts::lineage::Address;
pub use facts::query::{Axis, Boundaries, Filter, Moment, OfficeAxis, Query};
pub use facts::watch;

pub use crate::query::{FigureError, LineageLine, LineageView};
