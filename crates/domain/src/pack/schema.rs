//! A JSON Schema of a type's form, for programs that send reports.

use serde_json::{Map, Value as Json, json};

use super::{Field, FieldKind, Kind, Pack, RecordType};
use crate::expr::number;
use crate::limits::{LONG_TEXT_BYTES_MAX, REASON_BYTES_MAX, TEXT_BYTES_MAX};
use crate::period::Grain;

const ID_128: &str = "^[0-9a-f]{32}$";
const ID_256: &str = "^[0-9a-f]{64}$";

/// The schema (draft 2020-12) of what creates a record of the type. Relevance and rules are not
/// in it: the node judges those.
#[must_use]
pub fn json_schema(pack: &Pack, ty: &RecordType) -> Json {
    let mut properties = json!({
        "type": { "const": pack.full_key(ty) },
        "submission": { "type": "string", "pattern": ID_128 },
        "office": { "type": "integer", "minimum": 0 },
        "fields": fields_schema(pack, ty, None),
        "confirmed": { "type": "array", "items": { "type": "string" } },
    });
    let (key, schema) = match ty.kind {
        Kind::Event => ("record", json!({ "type": "string", "pattern": ID_128 })),
        Kind::Periodic(grain) => ("period", period_schema(grain)),
    };
    properties[key] = schema;
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": pack.text("en", &format!("type.{}", ty.key)),
        "type": "object",
        "properties": properties,
        "required": ["type", "submission", "office", key, "fields"],
        "additionalProperties": false,
    })
}

fn fields_schema(pack: &Pack, ty: &RecordType, group: Option<&Field>) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if group.is_some() {
        properties.insert("row".to_owned(), json!({ "type": "integer", "minimum": 0 }));
        required.push("row");
    }
    let entered = |field: &&Field| !matches!(field.kind, FieldKind::Computed(..));
    for field in ty.fields_in(group.map(|group| group.id)).filter(entered) {
        properties.insert(field.key.clone(), field_schema(pack, ty, field));
        if field.required && field.relevant.is_none() {
            required.push(&field.key);
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(pack: &Pack, ty: &RecordType, field: &Field) -> Json {
    let mut answers = vec![value_schema(pack, ty, field)];
    if !field.required {
        answers.push(json!({ "type": "null" }));
    }
    if field.not_applicable {
        answers.push(only("na", &json!({ "const": true })));
    }
    if field.missing {
        let reason = json!({ "type": "string", "minLength": 1, "maxLength": REASON_BYTES_MAX });
        answers.push(only("missing", &reason));
    }
    json!({
        "title": pack.text("en", &format!("field.{}.{}", ty.key, field.key)),
        "anyOf": answers,
    })
}

fn only(key: &str, schema: &Json) -> Json {
    json!({
        "type": "object",
        "properties": { key: schema },
        "required": [key],
        "additionalProperties": false,
    })
}

fn value_schema(pack: &Pack, ty: &RecordType, field: &Field) -> Json {
    let keys = || field.kind.choices().iter().map(|choice| &choice.key).collect::<Vec<_>>();
    match &field.kind {
        FieldKind::Text => json!({ "type": "string", "maxLength": TEXT_BYTES_MAX }),
        FieldKind::LongText => json!({ "type": "string", "maxLength": LONG_TEXT_BYTES_MAX }),
        FieldKind::Integer | FieldKind::Money => number_schema(field, 0),
        FieldKind::Decimal(scale) => number_schema(field, u32::from(*scale)),
        FieldKind::Date => json!({ "type": "string", "format": "date" }),
        FieldKind::Time => {
            json!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" })
        }
        FieldKind::Period(grain) => period_schema(*grain),
        FieldKind::Choice(_) => json!({ "enum": keys() }),
        FieldKind::Choices(_) => {
            json!({ "type": "array", "items": { "enum": keys() }, "uniqueItems": true })
        }
        FieldKind::Office(_) => json!({ "type": "integer", "minimum": 0 }),
        FieldKind::Record(..) => json!({ "type": "string", "pattern": ID_128 }),
        FieldKind::Point => json!({
            "type": "object",
            "properties": {
                "lat": { "type": "number", "minimum": -90, "maximum": 90 },
                "lon": { "type": "number", "minimum": -180, "maximum": 180 },
            },
            "required": ["lat", "lon"],
            "additionalProperties": false,
        }),
        FieldKind::Photo => file_schema("^image/"),
        FieldKind::File => file_schema("^[^/]+/"),
        FieldKind::Group(rows_max) => json!({
            "type": "array",
            "maxItems": rows_max,
            "items": fields_schema(pack, ty, Some(field)),
        }),
        FieldKind::Computed(..) => json!(false),
        FieldKind::Bool => json!({ "type": "boolean" }),
    }
}

/// A number, or its decimal text; a bound is written in the number's own digits.
fn number_schema(field: &Field, scale: u32) -> Json {
    let bound = |bound: i64| number::show(bound, scale).parse::<serde_json::Number>().ok();
    let mut schema = json!({ "type": if scale == 0 { "integer" } else { "number" } });
    if let Some(min) = field.min.and_then(bound) {
        schema["minimum"] = Json::Number(min);
    }
    if let Some(max) = field.max.and_then(bound) {
        schema["maximum"] = Json::Number(max);
    }
    let fraction = if scale == 0 { String::new() } else { format!("(\\.[0-9]{{1,{scale}}})?") };
    json!({ "anyOf": [schema, { "type": "string", "pattern": format!("^-?[0-9]+{fraction}$") }] })
}

fn period_schema(grain: Grain) -> Json {
    let rest = match grain {
        Grain::Day => return json!({ "type": "string", "format": "date" }),
        Grain::Week => "-W[0-5][0-9]",
        Grain::Month => "-(0[1-9]|1[0-2])",
        Grain::Quarter => "-Q[1-4]",
        Grain::Third => "-B(04|08|12)",
        Grain::Half => "-S[12]",
        Grain::Year => "",
    };
    json!({ "type": "string", "pattern": format!("^[0-9]{{4}}{rest}$") })
}

fn file_schema(media_type: &str) -> Json {
    json!({
        "type": "object",
        "properties": {
            "digest": { "type": "string", "pattern": ID_256 },
            "size_bytes": { "type": "integer", "minimum": 0 },
            "media_type": { "type": "string", "pattern": media_type },
            "name": { "type": "string", "minLength": 1, "maxLength": 255 },
        },
        "required": ["digest", "size_bytes", "media_type", "name"],
        "additionalProperties": false,
    })
}
