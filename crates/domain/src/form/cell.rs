//! One cell from JSON: its kind, its limits, its allowed nothings.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::errors::FormErrors;
use super::{FormContext, clip, place};
use crate::expr::number::{self, NumberError};
use crate::ids::{Digest, FieldId, OfficeId, RecordId, RowId};
use crate::limits::{
    BLOB_BYTES_MAX, CELLS_PER_RECORD_MAX, LONG_TEXT_BYTES_MAX, REASON_BYTES_MAX,
    ROWS_PER_GROUP_MAX, TEXT_BYTES_MAX,
};
use crate::pack::{Field, FieldKind, Pack, RecordType};
use crate::period::{Date, Period};
use crate::problem::{Problem, ProblemCode};
use crate::value::{Cell, CellChanges, CellPath, Cells, FileRef, GeoPoint, Value};

/// What a form's fields say.
#[derive(Default)]
pub(super) struct Read {
    /// Changes of cells; `None` is "not yet received".
    pub(super) changes: CellChanges,
    /// Rows of repeat groups that were answered, rightly or wrongly.
    pub(super) rows: BTreeSet<(FieldId, RowId)>,
}

/// Reads fields as changes of what stands.
pub(super) fn read_fields(
    fields: &Map<String, Json>,
    ty: &RecordType,
    standing: &Cells,
    errors: &mut FormErrors,
) -> Read {
    let mut reader = Reader { ty, standing, read: Read::default(), errors };
    for (key, json) in fields {
        reader.field(key, json);
    }
    let Reader { read, .. } = reader;
    if read.changes.len() > CELLS_PER_RECORD_MAX {
        let problem = Problem::new(ProblemCode::TooMany).with("max", CELLS_PER_RECORD_MAX);
        errors.add(problem);
    }
    read
}

struct Reader<'r> {
    ty: &'r RecordType,
    standing: &'r Cells,
    read: Read,
    errors: &'r mut FormErrors,
}

impl Reader<'_> {
    fn wrong(&mut self, code: ProblemCode, at: impl Into<String>) {
        self.errors.add(Problem::new(code).at(at));
    }

    fn field(&mut self, key: &str, json: &Json) {
        let Some(field) = self.ty.field_by_key(key).filter(|field| field.group.is_none()) else {
            return self.wrong(ProblemCode::UnknownField, clip(key));
        };
        match (&field.kind, json) {
            (FieldKind::Computed(..), _) => self.wrong(ProblemCode::ComputedSent, key),
            (FieldKind::Group(rows_max), Json::Array(rows)) => {
                self.rows(field, rows, (*rows_max as usize).min(ROWS_PER_GROUP_MAX));
            }
            (FieldKind::Group(_), _) => {
                self.clear_rows(field.id);
                self.cell(field, CellPath::field(field.id), json);
            }
            _ => self.cell(field, CellPath::field(field.id), json),
        }
    }

    fn cell(&mut self, field: &Field, path: CellPath, json: &Json) {
        match parse_cell(field, json) {
            Ok(cell) => {
                self.read.changes.insert(path, cell);
            }
            Err(problem) => self.errors.add(problem.at(place::show(self.ty, path))),
        }
    }

    fn clear_rows(&mut self, group: FieldId) {
        let paths = self.standing.keys().filter(|path| path.field == group && path.at.is_some());
        self.read.changes.extend(paths.map(|path| (*path, None)));
    }

    fn rows(&mut self, group: &Field, rows: &[Json], rows_max: usize) {
        if rows.len() > rows_max {
            let problem = Problem::new(ProblemCode::TooMany).at(&group.key).with("max", rows_max);
            return self.errors.add(problem);
        }
        if self.standing.contains_key(&CellPath::field(group.id)) {
            self.read.changes.insert(CellPath::field(group.id), None);
        }
        let mut seen = BTreeSet::new();
        for (index, json) in rows.iter().enumerate() {
            let number = json.get("row").and_then(Json::as_u64).map(u32::try_from);
            let (Json::Object(row), Some(Ok(number))) = (json, number) else {
                self.wrong(ProblemCode::RowNumber, format!("{}[#{}]", group.key, index + 1));
                continue;
            };
            if !seen.insert(number) {
                self.wrong(ProblemCode::RowNumber, format!("{}[{number}]", group.key));
                continue;
            }
            self.row(group, RowId(number), row);
        }
    }

    fn row(&mut self, group: &Field, row: RowId, fields: &Map<String, Json>) {
        if fields.get("remove") == Some(&Json::Bool(true)) {
            let standing = self.standing.keys();
            let paths = standing.filter(|path| {
                path.field == group.id && path.at.is_some_and(|(number, _)| number == row)
            });
            self.read.changes.extend(paths.map(|path| (*path, None)));
            return;
        }
        for (key, json) in fields.iter().filter(|(key, _)| *key != "row") {
            let at = || format!("{}[{row}].{}", group.key, clip(key));
            match self.ty.field_by_key(key).filter(|field| field.group == Some(group.id)) {
                None => self.wrong(ProblemCode::UnknownField, at()),
                Some(field) if matches!(field.kind, FieldKind::Computed(..)) => {
                    self.wrong(ProblemCode::ComputedSent, at());
                }
                Some(field) => {
                    if !json.is_null() {
                        self.read.rows.insert((group.id, row));
                    }
                    self.cell(field, CellPath::row(group.id, row, field.id), json);
                }
            }
        }
    }
}

fn wrong_kind(field: &Field) -> Problem {
    Problem::new(ProblemCode::WrongKind).with("kind", field.kind.name())
}

/// `None` is "not yet received".
fn parse_cell(field: &Field, json: &Json) -> Result<Option<Cell>, Problem> {
    match json {
        Json::Null => return Ok(None),
        Json::String(text) if text.trim().is_empty() => return Ok(None),
        Json::Array(items) if items.is_empty() => return Ok(None),
        Json::Object(object) => {
            if let Some(nothing) = nothing(field, object) {
                return nothing.map(Some);
            }
        }
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {}
    }
    parse_value(field, json).map(|value| Some(Cell::Value(value)))
}

fn nothing(field: &Field, object: &Map<String, Json>) -> Option<Result<Cell, Problem>> {
    if object.len() != 1 {
        return None;
    }
    if object.get("na") == Some(&Json::Bool(true)) {
        let refused = Problem::new(ProblemCode::NotApplicableNotAllowed);
        return Some(if field.not_applicable { Ok(Cell::NotApplicable) } else { Err(refused) });
    }
    let reason = object.get("missing")?.as_str()?;
    if !field.missing {
        return Some(Err(Problem::new(ProblemCode::MissingNotAllowed)));
    }
    Some(parse_reason(reason).map(Cell::Missing))
}

/// A reason: not empty, within its limit.
pub(super) fn parse_reason(text: &str) -> Result<String, Problem> {
    let reason = text_of(text, true, REASON_BYTES_MAX)?;
    let empty = reason.is_empty();
    if empty { Err(Problem::new(ProblemCode::MissingNeedsReason)) } else { Ok(reason) }
}

fn parse_value(field: &Field, json: &Json) -> Result<Value, Problem> {
    let wrong = || wrong_kind(field);
    let text = || json.as_str().ok_or_else(wrong);
    match &field.kind {
        FieldKind::Text => text_of(text()?, false, TEXT_BYTES_MAX).map(Value::Text),
        FieldKind::LongText => text_of(text()?, true, LONG_TEXT_BYTES_MAX).map(Value::Text),
        FieldKind::Integer | FieldKind::Money => parse_number(field, json, 0),
        FieldKind::Decimal(scale) => parse_number(field, json, u32::from(*scale)),
        FieldKind::Date => text()?.parse().map(Value::Date).map_err(|_| wrong()),
        FieldKind::Time => parse_time(text()?).map(Value::Time).ok_or_else(wrong),
        FieldKind::Period(grain) => {
            let period = text()?.parse::<Period>().ok().filter(|period| period.grain() == *grain);
            period.map(Value::Period).ok_or_else(wrong)
        }
        FieldKind::Choice(_) => {
            let key = text()?;
            let choice = field.kind.choice_by_key(key).ok_or_else(|| unknown_choice(key))?;
            Ok(Value::Choice(choice.id))
        }
        FieldKind::Choices(_) => parse_choices(field, json),
        FieldKind::Office(_) => {
            let id = json.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(wrong)?;
            Ok(Value::Office(OfficeId(id)))
        }
        FieldKind::Record(..) => {
            text()?.parse::<RecordId>().map(Value::Record).map_err(|_| wrong())
        }
        FieldKind::Point => parse_point(json).map(Value::Point).ok_or_else(wrong),
        FieldKind::Photo => parse_file(json)
            .filter(|file| file.media_type.starts_with("image/"))
            .map(Value::File)
            .ok_or_else(wrong),
        FieldKind::File => parse_file(json).map(Value::File).ok_or_else(wrong),
        FieldKind::Bool => json.as_bool().map(Value::Bool).ok_or_else(wrong),
        FieldKind::Group(_) | FieldKind::Computed(..) => Err(wrong()),
    }
}

/// NFC, trimmed, line ends as `\n`; one line unless `lines`; no other control characters.
pub(super) fn text_of(text: &str, lines: bool, bytes_max: usize) -> Result<String, Problem> {
    let too_long = || Problem::new(ProblemCode::TooLong).with("max", bytes_max);
    if text.len() > bytes_max.saturating_mul(4) {
        return Err(too_long());
    }
    let text: String = crate::unicode::composed(&text.replace("\r\n", "\n"));
    let text = text.trim();
    if text.len() > bytes_max {
        return Err(too_long());
    }
    let allowed = |c: char| !c.is_control() || (lines && (c == '\n' || c == '\t'));
    if !text.chars().all(allowed) {
        let kind = if lines { "longtext" } else { "text" };
        return Err(Problem::new(ProblemCode::WrongKind).with("kind", kind));
    }
    Ok(text.to_owned())
}

/// The decimal text of a JSON number or string.
fn decimal_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), ..) => Some(whole.to_string()),
            (None, Some(whole), _) => Some(whole.to_string()),
            (None, None, Some(float)) => number::of_float(float),
            (None, None, None) => None,
        },
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn parse_number(field: &Field, json: &Json, scale: u32) -> Result<Value, Problem> {
    let text = decimal_text(json).ok_or_else(|| wrong_kind(field))?;
    let show = |bound: i64| number::show(bound, scale);
    let value = number::parse(&text, scale).map_err(|error| match error {
        NumberError::Malformed => wrong_kind(field),
        NumberError::TooPrecise => Problem::new(ProblemCode::TooPrecise).with("digits", scale),
        NumberError::TooLarge if text.starts_with('-') => {
            Problem::new(ProblemCode::BelowMin).with("min", show(field.min.unwrap_or(i64::MIN)))
        }
        NumberError::TooLarge => {
            Problem::new(ProblemCode::AboveMax).with("max", show(field.max.unwrap_or(i64::MAX)))
        }
    })?;
    if let Some(min) = field.min.filter(|min| value < *min) {
        return Err(Problem::new(ProblemCode::BelowMin).with("min", show(min)));
    }
    if let Some(max) = field.max.filter(|max| value > *max) {
        return Err(Problem::new(ProblemCode::AboveMax).with("max", show(max)));
    }
    Ok(Value::Int(value))
}

pub(crate) fn parse_time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, below: u16| {
        let plain = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().ok().filter(|n: &u16| *n < below) } else { None }
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

fn unknown_choice(key: &str) -> Problem {
    Problem::new(ProblemCode::UnknownChoice).with("choice", clip(key))
}

fn parse_choices(field: &Field, json: &Json) -> Result<Value, Problem> {
    let items = json.as_array().ok_or_else(|| wrong_kind(field))?;
    let mut choices = BTreeSet::new();
    for item in items {
        let key = item.as_str().ok_or_else(|| wrong_kind(field))?;
        choices.insert(field.kind.choice_by_key(key).ok_or_else(|| unknown_choice(key))?.id);
    }
    Ok(Value::Choices(choices.into_iter().collect()))
}

fn parse_point(json: &Json) -> Option<GeoPoint> {
    let object = json.as_object().filter(|object| object.len() == 2)?;
    let degrees = |key: &str, max: i32| {
        let e7 = number::parse_rounded(&decimal_text(object.get(key)?)?, 7).ok()?;
        i32::try_from(e7).ok().filter(|e7| (-max..=max).contains(e7))
    };
    Some(GeoPoint { lat_e7: degrees("lat", 900_000_000)?, lon_e7: degrees("lon", 1_800_000_000)? })
}

fn parse_file(json: &Json) -> Option<FileRef> {
    let object = json.as_object().filter(|object| object.len() == 4)?;
    let text = |key: &str, max: usize| {
        let text = object.get(key)?.as_str()?;
        text_of(text, false, max).ok().filter(|clean| !clean.is_empty() && clean == text)
    };
    let size_bytes = object.get("size_bytes")?.as_u64()?;
    let media_type = text("media_type", 100)?;
    let fits = usize::try_from(size_bytes).is_ok_and(|size| size <= BLOB_BYTES_MAX);
    let digest: Digest = object.get("digest")?.as_str()?.parse().ok()?;
    let well_formed =
        media_type.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    (fits && well_formed)
        .then(|| Some(FileRef { digest, size_bytes, media_type, name: text("name", 255)? }))
        .flatten()
}

/// Offices must exist with a wanted level at the date, records with the wanted type and state.
pub(super) fn check_references(
    cells: &Cells,
    pack: &Pack,
    ty: &RecordType,
    context: &FormContext<'_>,
    date: Date,
    errors: &mut FormErrors,
) {
    for (path, cell) in cells {
        let Cell::Value(value) = cell else { continue };
        let id = path.at.map_or(path.field, |(_, field)| field);
        let Some(field) = ty.field(id) else { continue };
        let at = || place::show(ty, *path);
        match (&field.kind, value) {
            (FieldKind::Office(levels), Value::Office(office)) => {
                let level = context.tree.at(*office, date).map(|office| office.level);
                if !level.is_some_and(|level| levels.is_empty() || levels.contains(&level)) {
                    let problem = Problem::new(ProblemCode::WrongOffice).at(at());
                    errors.add(problem.with("office", office));
                }
            }
            (FieldKind::Record(key, states), Value::Record(record)) => {
                let full = format!("{}.{key}", pack.name);
                let fits = context.refs.get(record).is_some_and(|info| {
                    info.type_key == full && (states.is_empty() || states.contains(&info.state))
                });
                if !fits {
                    let problem = Problem::new(ProblemCode::WrongRecord).at(at());
                    errors.add(problem.with("record", record));
                }
            }
            _ => {}
        }
    }
}
