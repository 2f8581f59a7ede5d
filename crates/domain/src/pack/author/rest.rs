//! `pack.toml`, `schedule.toml` and `views/*.toml`.

use std::collections::BTreeSet;

use super::problem::PackCode;
use super::source::{Table, Text, is_key};
use super::types::Compiled;
use super::words::{LEVELS, first_use, key, words};
use crate::ids::FieldId;
use crate::pack::{FigureView, Measure, Schedule, View, ViewKind};

/// What `pack.toml` says.
pub(super) struct Head {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) roles: Vec<String>,
}

/// Reads `pack.toml`.
pub(super) fn read_head(table: &Table<'_>) -> Option<Head> {
    let name = table.need_text("name");
    let version = table.need_whole("version", 1..=i64::from(u32::MAX));
    let roles = table.need_texts("roles").iter().map(|role| role.value.to_owned()).collect();
    table.finish();
    let name = name?;
    if !is_key(&name.value.replace('-', "_")) {
        let message = format!(
            "`{}` can't be a pack's name: lower-case letters, digits, - and _, a letter first",
            name.value
        );
        table.problem(name.at, PackCode::BadName, message);
    }
    Some(Head { name: name.value.to_owned(), version: u32::try_from(version?.value).ok()?, roles })
}

/// Reads `schedule.toml`.
pub(super) fn read_schedules(table: &Table<'_>, types: &[Compiled]) -> Vec<Schedule> {
    let mut seen = BTreeSet::new();
    let mut schedules = Vec::new();
    for one in table.tables("schedule") {
        let (found, of) = (key(&one), one.need_text("type"));
        let levels = words(&one, &one.need_texts("levels"), LEVELS);
        let minutes = one.need_whole("due_after_minutes", -525_600..=525_600);
        let from = one.date("from");
        one.finish();
        let type_id = of.and_then(|of| periodic(&one, types, of));
        let (Some(key), Some(type_id), Some(minutes), Some(from)) = (found, type_id, minutes, from)
        else {
            continue;
        };
        if first_use(&mut seen, key.value, &one, "the schedule key") {
            schedules.push(Schedule {
                key: key.value.to_owned(),
                type_id,
                levels,
                due_after_minutes: i32::try_from(minutes.value).unwrap_or(0),
                from,
            });
        }
    }
    table.finish();
    schedules
}

fn type_named<'t>(
    table: &Table<'_>,
    types: &'t [Compiled],
    name: Text<'_>,
) -> Option<&'t Compiled> {
    let found = types.iter().find(|of| of.ty.key == name.value);
    if found.is_none() {
        let message = format!("the pack has no record type `{}`", name.value);
        table.problem(name.at, PackCode::UnknownType, message);
    }
    found
}

fn periodic(table: &Table<'_>, types: &[Compiled], name: Text<'_>) -> Option<u16> {
    let of = type_named(table, types, name)?;
    if of.ty.grain().is_none() {
        let message =
            format!("`{}` is not periodic: only a periodic type has a schedule", of.ty.key);
        table.problem(name.at, PackCode::BadValue, message);
    }
    Some(of.ty.id)
}

/// Reads one file of `views/`.
pub(super) fn read_view(
    table: &Table<'_>,
    types: &[Compiled],
    measures: &[Measure],
) -> Option<View> {
    let key = key(table);
    let kind = table.need_text("kind");
    let list = kind.and_then(|kind| table.word(kind, &[("list", true), ("figure", false)]));
    let kind = list
        .and_then(|list| if list { read_list(table, types) } else { read_figure(table, measures) });
    table.finish();
    Some(View { key: key?.value.to_owned(), kind: kind? })
}

fn read_list(table: &Table<'_>, types: &[Compiled]) -> Option<ViewKind> {
    let (name, fields) = (table.need_text("type"), table.need_texts("fields"));
    let of = type_named(table, types, name?)?;
    let field = |name: &Text<'_>| -> Option<FieldId> {
        let found = of.ty.field_by_key(name.value).filter(|field| field.group.is_none());
        if found.is_none() {
            let message =
                format!("`{}` has no field `{}` outside repeat groups", of.ty.key, name.value);
            table.problem(name.at, PackCode::UnknownField, message);
        }
        found.map(|field| field.id)
    };
    Some(ViewKind::List(of.ty.id, fields.iter().filter_map(field).collect()))
}

fn read_figure(table: &Table<'_>, measures: &[Measure]) -> Option<ViewKind> {
    let names = table.need_texts("measures");
    let mut used: Vec<&Measure> = Vec::new();
    for name in &names {
        match measures.iter().find(|measure| measure.key == name.value) {
            Some(measure) => used.push(measure),
            None => {
                let message = format!("the pack has no measure `{}`", name.value);
                table.problem(name.at, PackCode::UnknownMeasure, message);
            }
        }
    }
    if names.is_empty() {
        let message = "`measures` is empty: name what the figure shows";
        table.problem(table.at(), PackCode::BadValue, message);
    }
    let axes = |key| {
        let texts = table.need_texts(key);
        let known = texts.iter().filter(|axis| check_axis(table, axis, &used));
        known.map(|axis| axis.value.to_owned()).collect()
    };
    let (rows, columns) = (axes("rows"), axes("columns"));
    let shows: Vec<(&str, &str)> = FigureView::SHOWS.iter().map(|show| (*show, *show)).collect();
    let show = table.need_text("show").and_then(|show| table.word(show, &shows));
    Some(ViewKind::Figure(FigureView {
        measures: used.iter().map(|measure| measure.key.clone()).collect(),
        rows,
        columns,
        show: show?.to_owned(),
    }))
}

/// `office:LEVEL`, `period:GRAIN`, or a dimension that every measure of the figure has.
fn check_axis(table: &Table<'_>, axis: &Text<'_>, measures: &[&Measure]) -> bool {
    const OFFICES: &[&str] = &["centre", "province", "regency", "leaf"];
    const PERIODS: &[&str] = &["day", "week", "month", "quarter", "third", "half", "year"];
    let (known, what) = match axis.value.split_once(':') {
        Some(("office", level)) => (OFFICES.contains(&level), OFFICES.join(", ")),
        Some(("period", grain)) => (PERIODS.contains(&grain), PERIODS.join(", ")),
        Some(_) => (false, "office:LEVEL or period:GRAIN".to_owned()),
        None => {
            let has = |measure: &&Measure| measure.dims.iter().any(|dim| dim == axis.value);
            let lacking = measures.iter().find(|measure| !has(measure));
            if let Some(measure) = lacking {
                let message =
                    format!("the measure `{}` has no dimension `{}`", measure.key, axis.value);
                table.problem(axis.at, PackCode::UnknownDim, message);
            }
            return lacking.is_none();
        }
    };
    if !known {
        let message = format!("no axis `{}`: after the colon belongs one of {what}", axis.value);
        table.problem(axis.at, PackCode::BadValue, message);
    }
    known
}
