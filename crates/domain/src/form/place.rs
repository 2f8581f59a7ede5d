//! The place of a cell as people and programs write it: `judul`, `korban[2].nama`.

use crate::ids::{FieldId, RowId};
use crate::pack::{FieldKind, RecordType};
use crate::value::CellPath;

/// The cell that a place names: a field or a repeat group outside any group, or a field of one
/// row. Computed fields have no cell.
#[must_use]
pub fn parse(ty: &RecordType, place: &str) -> Option<CellPath> {
    let field = |key: &str, group: Option<FieldId>| {
        let stored = |kind: &FieldKind| !matches!(kind, FieldKind::Computed(..));
        ty.field_by_key(key).filter(|field| field.group == group && stored(&field.kind))
    };
    let Some((group, rest)) = place.split_once('[') else {
        return field(place, None).map(|field| CellPath::field(field.id));
    };
    let (row, key) = rest.split_once("].")?;
    let group = field(group, None)?.id;
    let number = row.parse::<u32>().ok().filter(|number| number.to_string() == row)?;
    Some(CellPath::row(group, RowId(number), field(key, Some(group))?.id))
}

/// The place of a cell; numbers stand for fields that the type doesn't have.
#[must_use]
pub fn show(ty: &RecordType, path: CellPath) -> String {
    let key = |id: FieldId| ty.field(id).map_or_else(|| id.to_string(), |field| field.key.clone());
    match path.at {
        None => key(path.field),
        Some((row, field)) => format!("{}[{row}].{}", key(path.field), key(field)),
    }
}
