//! Records as a table: a column a field, and what stands beside.

use domain::expr::{Moment, number};
use domain::form;
use domain::pack::{Field, FieldKind};
use domain::period::Date;
use domain::record::Record;
use domain::value::{Cell, CellPath, Cells, Value};
use facts::table::{Column, Table, TableError, Values};
use serde_json::Value as Json;

use super::Mark;
use crate::import::{
    CHOICES_SEPARATOR, EXPORTED_AT, EXPORTED_BY, NOTE, NOTE_MISSING, NOTE_NA, OFFICE, OFFICE_NAME,
    PERIOD, RECORD, SIMULATION, STATE,
};
use crate::packs::TypeOf;
use crate::world::World;

/// Digits after the point of degrees.
const DEGREE_DIGITS: u8 = 7;

/// A record with its computed fields.
struct Line<'a> {
    record: &'a Record,
    cells: Cells,
    date: Date,
}

pub(super) fn table(
    world: &World,
    ty: &TypeOf,
    records: &[Record],
    mark: &Mark,
    now_ms: u64,
) -> Result<Table, TableError> {
    let lines: Vec<Line<'_>> =
        records.iter().map(|record| line(world, ty, record, now_ms)).collect();
    let mut columns = vec![
        text(RECORD, &lines, |line| Some(line.record.id.to_string())),
        text(OFFICE, &lines, |line| Some(code(world, line.record.office, line.date))),
        text(OFFICE_NAME, &lines, |line| {
            Some(world.office_name(line.record.office, line.date).name)
        }),
        text(STATE, &lines, |line| {
            let state = ty.ty().workflow.state(line.record.state)?;
            Some(state.key.clone())
        }),
    ];
    if ty.ty().grain().is_some() {
        columns
            .push(text(PERIOD, &lines, |line| line.record.period.map(|period| period.to_string())));
    }
    for field in ty.ty().fields_in(None) {
        columns.extend(of_field(world, ty, field, &lines));
    }
    columns.push(text(EXPORTED_BY, &lines, |_| Some(mark.by.clone())));
    columns.push(text(EXPORTED_AT, &lines, |_| Some(mark.at.clone())));
    if mark.simulation {
        let values = Values::Bool(vec![Some(true); lines.len()]);
        columns.push(Column { name: SIMULATION.to_owned(), values });
    }
    Table::new(columns)
}

fn line<'a>(world: &World, ty: &TypeOf, record: &'a Record, now_ms: u64) -> Line<'a> {
    let mut cells = record.cells();
    let date = form::record_date(ty.ty(), &cells, record.period).unwrap_or(Date::of_ms(now_ms));
    let moment = Moment {
        today: Some(world.today_at(record.office, now_ms)),
        period: record.period,
        office: record.office,
        state: ty.ty().workflow.state(record.state).map(|state| state.key.as_str()),
    };
    let computed = form::computed(ty.ty(), &cells, moment);
    cells.extend(computed);
    Line { record, cells, date }
}

fn text(name: &str, lines: &[Line<'_>], of: impl Fn(&Line<'_>) -> Option<String>) -> Column {
    Column { name: name.to_owned(), values: Values::Text(lines.iter().map(of).collect()) }
}

/// An office's code; the centre has none.
fn code(world: &World, office: domain::ids::OfficeId, date: Date) -> String {
    let code = world.tree.at(office, date).map(|office| office.code);
    code.filter(|code| !code.is_empty()).map_or_else(|| format!("id:{office}"), str::to_owned)
}

/// The columns of a field: two for a point, one more where there are several kinds of nothing.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind is one column")]
fn of_field(world: &World, ty: &TypeOf, field: &Field, lines: &[Line<'_>]) -> Vec<Column> {
    let value = |line: &Line<'_>| match line.cells.get(&CellPath::field(field.id)) {
        Some(Cell::Value(value)) => Some(value.clone()),
        Some(Cell::NotApplicable | Cell::Missing(_)) | None => None,
    };
    let values: Vec<Option<Value>> = lines.iter().map(value).collect();
    let mut columns = match &field.kind {
        FieldKind::Point => {
            let degrees = |of: fn(&domain::value::GeoPoint) -> i32| {
                let degrees = values.iter().map(|value| match value {
                    Some(Value::Point(point)) => Some(i128::from(of(point))),
                    _ => None,
                });
                Values::Decimal(DEGREE_DIGITS, degrees.collect())
            };
            vec![
                column(format!("{}_lat", field.key), degrees(|point| point.lat_e7)),
                column(format!("{}_lon", field.key), degrees(|point| point.lon_e7)),
            ]
        }
        FieldKind::Group(_) => vec![text(&field.key, lines, |line| {
            form::to_json(ty.ty(), &line.cells).get(&field.key).map(Json::to_string)
        })],
        _ => vec![column(field.key.clone(), typed(world, field, lines, values))],
    };
    if field.missing || field.not_applicable {
        columns.push(text(&format!("{}{NOTE}", field.key), lines, |line| {
            match line.cells.get(&CellPath::field(field.id)) {
                Some(Cell::NotApplicable) => Some(NOTE_NA.to_owned()),
                Some(Cell::Missing(reason)) => Some(format!("{NOTE_MISSING}{reason}")),
                Some(Cell::Value(_)) | None => None,
            }
        }));
    }
    columns
}

fn column(name: String, values: Values) -> Column {
    Column { name, values }
}

fn typed(world: &World, field: &Field, lines: &[Line<'_>], values: Vec<Option<Value>>) -> Values {
    let numbers = values.iter().all(|value| matches!(value, None | Some(Value::Int(_))));
    let scale = field.kind.scale().filter(|_| numbers);
    let int = |value: &Option<Value>| match value {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    match (scale, &field.kind) {
        (Some(0), _) => Values::Integer(values.iter().map(int).collect()),
        (Some(scale), _) => {
            let scale = u8::try_from(scale).unwrap_or(u8::MAX);
            Values::Decimal(scale, values.iter().map(|value| int(value).map(i128::from)).collect())
        }
        (None, FieldKind::Date) => {
            let date = |value| match value {
                Some(Value::Date(date)) => Some(date),
                _ => None,
            };
            Values::Date(values.into_iter().map(date).collect())
        }
        (None, FieldKind::Bool) => {
            let truth = |value| match value {
                Some(Value::Bool(truth)) => Some(truth),
                _ => None,
            };
            Values::Bool(values.into_iter().map(truth).collect())
        }
        (None, _) => {
            let pairs = lines.iter().zip(&values);
            let shown =
                pairs.map(|(line, value)| Some(shown(world, field, line.date, value.as_ref()?)));
            Values::Text(shown.collect())
        }
    }
}

/// A value as an import reads it.
fn shown(world: &World, field: &Field, date: Date, value: &Value) -> String {
    let choice = |id| field.kind.choice(id).map(|choice| choice.key.as_str()).unwrap_or_default();
    match value {
        Value::Text(text) => text.clone(),
        Value::Int(value) => number::show(*value, field.kind.scale().unwrap_or(0)),
        Value::Date(date) => date.to_string(),
        Value::Time(minutes) => format!("{:02}:{:02}", minutes / 60, minutes % 60),
        Value::Period(period) => period.to_string(),
        Value::Choice(id) => choice(*id).to_owned(),
        Value::Choices(ids) => {
            ids.iter().map(|id| choice(*id)).collect::<Vec<_>>().join(CHOICES_SEPARATOR)
        }
        Value::Office(office) => code(world, *office, date),
        Value::Record(record) => record.to_string(),
        Value::Point(point) => format!("{},{}", point.lat_e7, point.lon_e7),
        Value::File(file) => file.digest.to_string(),
        Value::Bool(truth) => truth.to_string(),
    }
}
