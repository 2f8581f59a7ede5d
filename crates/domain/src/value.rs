//! Values, and the four kinds of nothing.
//!
//! A cell of a record is one of: a value (zero is a value), not applicable, said to be missing
//! with a reason, or not yet received. The last is the absence of the cell, never a value of it.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::ids::{ChoiceId, Digest, FieldId, OfficeId, RecordId, RowId};
use crate::period::{Date, Period};

/// One entered value. Numbers are integers at the scale that the field declares, so that sums
/// are exact and equal on every node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Value {
    /// Text and long text, NFC.
    #[n(0)]
    Text(#[n(0)] String),
    /// Integer, decimal and money, at the field's scale.
    #[n(1)]
    Int(#[n(0)] i64),
    /// A civil date.
    #[n(2)]
    Date(#[n(0)] Date),
    /// Minutes since local midnight, 0 ≤ t < 1,440.
    #[n(3)]
    Time(#[n(0)] u16),
    /// A reporting period.
    #[n(4)]
    Period(#[n(0)] Period),
    /// One choice.
    #[n(5)]
    Choice(#[n(0)] ChoiceId),
    /// Several choices, sorted, without repetition.
    #[n(6)]
    Choices(#[n(0)] Vec<ChoiceId>),
    /// An office of the tree.
    #[n(7)]
    Office(#[n(0)] OfficeId),
    /// Another record.
    #[n(8)]
    Record(#[n(0)] RecordId),
    /// A point on the ground.
    #[n(9)]
    Point(#[n(0)] GeoPoint),
    /// A photo or file, by the digest of its bytes.
    #[n(10)]
    File(#[n(0)] FileRef),
    /// Yes or no.
    #[n(11)]
    Bool(#[n(0)] bool),
}

/// WGS 84, in units of 10⁻⁷ degree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct GeoPoint {
    /// Latitude, −900,000,000 ≤ φ ≤ 900,000,000.
    #[n(0)]
    pub lat_e7: i32,
    /// Longitude, −1,800,000,000 ≤ λ ≤ 1,800,000,000.
    #[n(1)]
    pub lon_e7: i32,
}

/// A photo or file that a cell names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct FileRef {
    /// BLAKE3 of the bytes.
    #[n(0)]
    pub digest: Digest,
    /// Size in bytes.
    #[n(1)]
    pub size_bytes: u64,
    /// Media type, such as `image/jpeg`.
    #[n(2)]
    pub media_type: String,
    /// File name as the person had it, for display only.
    #[n(3)]
    pub name: String,
}

/// What a cell holds, once something has been received for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Cell {
    /// A value.
    #[n(0)]
    Value(#[n(0)] Value),
    /// The question does not apply.
    #[n(1)]
    NotApplicable,
    /// The answer is said to be missing, and why.
    #[n(2)]
    Missing(#[n(0)] String),
}

/// Where a cell stands in a record: a field, or a field of one row of a repeat group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct CellPath {
    /// The field, or the repeat group.
    #[n(0)]
    pub field: FieldId,
    /// Row and field within the repeat group.
    #[n(1)]
    pub at: Option<(RowId, FieldId)>,
}

impl CellPath {
    /// The path of a field outside any repeat group.
    #[must_use]
    pub fn field(field: FieldId) -> Self {
        Self { field, at: None }
    }

    /// The path of a field in a row of a repeat group.
    #[must_use]
    pub fn row(group: FieldId, row: RowId, field: FieldId) -> Self {
        Self { field: group, at: Some((row, field)) }
    }
}

/// The cells of a record. A cell that isn't here is not yet received. A row of a repeat group
/// exists while at least one of its cells does.
pub type Cells = BTreeMap<CellPath, Cell>;

/// What a patch does to cells: `None` takes a cell back to "not yet received".
pub type CellChanges = BTreeMap<CellPath, Option<Cell>>;

/// The value in a cell, where it holds one.
#[must_use]
pub fn value_at(cells: &Cells, path: CellPath) -> Option<&Value> {
    match cells.get(&path)? {
        Cell::Value(value) => Some(value),
        Cell::NotApplicable | Cell::Missing(_) => None,
    }
}
