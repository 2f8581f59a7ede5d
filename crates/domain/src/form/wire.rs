//! Cells as JSON: the inverse of the wire form.

use serde_json::{Map, Value as Json, json};

use crate::expr::number;
use crate::ids::{ChoiceId, RowId};
use crate::pack::{Field, FieldKind, RecordType};
use crate::value::{Cell, CellPath, Cells, Value};

/// Whole numbers beyond this are texts in JSON: a browser's numbers hold no more.
const JSON_INTEGER_MAX: u64 = 1 << 53;

/// The fields of cells as JSON, in the form that [`super::parse`] reads. Give it computed cells
/// ([`super::computed`]) to show those.
#[must_use]
pub fn to_json(ty: &RecordType, cells: &Cells) -> Map<String, Json> {
    let mut fields = Map::new();
    for field in ty.fields_in(None) {
        let json = match cells.get(&CellPath::field(field.id)) {
            Some(cell) => cell_json(field, cell),
            None if matches!(field.kind, FieldKind::Group(_)) => rows_json(ty, field, cells),
            None => None,
        };
        if let Some(json) = json {
            fields.insert(field.key.clone(), json);
        }
    }
    fields
}

fn rows_json(ty: &RecordType, group: &Field, cells: &Cells) -> Option<Json> {
    let row_json = |row: RowId| {
        let mut object = Map::from_iter([("row".to_owned(), json!(row))]);
        for field in ty.fields_in(Some(group.id)) {
            let cell = cells.get(&CellPath::row(group.id, row, field.id));
            if let Some(json) = cell.and_then(|cell| cell_json(field, cell)) {
                object.insert(field.key.clone(), json);
            }
        }
        Json::Object(object)
    };
    let rows = crate::expr::rows_of(cells, group.id);
    if rows.is_empty() { None } else { Some(rows.into_iter().map(row_json).collect()) }
}

fn cell_json(field: &Field, cell: &Cell) -> Option<Json> {
    match cell {
        Cell::Value(value) => value_json(field, value),
        Cell::NotApplicable => Some(json!({ "na": true })),
        Cell::Missing(reason) => Some(json!({ "missing": reason })),
    }
}

fn value_json(field: &Field, value: &Value) -> Option<Json> {
    let key = |id: ChoiceId| field.kind.choice(id).map(|choice| json!(choice.key));
    match value {
        Value::Text(text) => Some(json!(text)),
        Value::Int(number) => Some(number_json(*number, field.kind.scale().unwrap_or(0))),
        Value::Date(date) => Some(json!(date)),
        Value::Time(minutes) => Some(json!(format!("{:02}:{:02}", minutes / 60, minutes % 60))),
        Value::Period(period) => Some(json!(period)),
        Value::Choice(choice) => key(*choice),
        Value::Choices(choices) => choices.iter().map(|choice| key(*choice)).collect(),
        Value::Office(office) => Some(json!(office)),
        Value::Record(record) => Some(json!(record)),
        Value::Point(point) => {
            let degrees = |e7: i32| f64::from(e7) / 1e7;
            Some(json!({ "lat": degrees(point.lat_e7), "lon": degrees(point.lon_e7) }))
        }
        Value::File(file) => Some(json!({
            "digest": file.digest,
            "size_bytes": file.size_bytes,
            "media_type": file.media_type,
            "name": file.name,
        })),
        Value::Bool(truth) => Some(json!(truth)),
    }
}

fn number_json(number: i64, scale: u32) -> Json {
    if scale == 0 && number.unsigned_abs() <= JSON_INTEGER_MAX {
        json!(number)
    } else {
        json!(number::show(number, scale))
    }
}
