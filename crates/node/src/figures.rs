//! What figures are asked with, and what they are told as.

pub use facts::figure::{
    AxisInfo, BoundariesInfo, Cell, Completeness, Figure, Key, MeasureInfo, NoTotal, RestOfRows,
    State, Why,
};
pub use facts::lineage::Address;
pub use facts::query::top::{Order, Rest, Top};
pub use facts::query::{Axis, Boundaries, Filter, Moment, Query};

pub use crate::changes::{ChangeLine, ChangesView, StoodView};
pub use crate::query::{FigureError, LineageLine, LineageView};
