//! `measures.toml`.

use std::collections::BTreeSet;

use super::cel::{Scope, Wanted, compile, compile_formula};
use super::problem::{PackCode, Problems};
use super::source::{Table, Text};
use super::types::Compiled;
use super::words::{first_use, key};
use crate::expr::number::SCALE_MAX;
use crate::ids::FieldId;
use crate::limits::{DIMS_PER_MEASURE_MAX, MEASURES_PER_PACK_MAX};
use crate::pack::{FieldKind, Measure, MeasureKind, Source, Unit};

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Additive,
    Last,
    Distinct,
    Formula,
}

const HOWS: &[(&str, How)] = &[
    ("additive", How::Additive),
    ("last", How::Last),
    ("distinct", How::Distinct),
    ("formula", How::Formula),
];

/// A measure whose expressions wait.
struct MeasureDraft<'f> {
    table: Table<'f>,
    key: Text<'f>,
    unit: Unit,
    scale: u8,
    how: How,
    dims: Vec<String>,
    source: String,
    suppress_below: Option<u32>,
    formula: Option<Text<'f>>,
    from: Vec<Table<'f>>,
}

/// Reads and compiles all measures.
pub(super) fn read(table: &Table<'_>, types: &[Compiled], problems: &Problems) -> Vec<Measure> {
    let tables = table.tables("measure");
    table.finish();
    if tables.len() > MEASURES_PER_PACK_MAX {
        let message = format!("more than {MEASURES_PER_PACK_MAX} measures: split the pack");
        table.problem(table.at(), PackCode::TooMany, message);
    }
    let mut seen = BTreeSet::new();
    let mut drafts = Vec::new();
    for table in tables {
        let draft = read_one(table);
        drafts.extend(draft.filter(|draft| {
            first_use(&mut seen, draft.key.value, &draft.table, "the measure key")
        }));
    }
    let inputs: Vec<(&str, Option<u8>)> = drafts
        .iter()
        .map(|draft| (draft.key.value, (draft.how != How::Formula).then_some(draft.scale)))
        .collect();
    let compiled = drafts.iter().filter_map(|draft| {
        let kind = match draft.how {
            How::Formula => {
                MeasureKind::Formula(compile_formula(draft.formula?, &inputs, problems)?)
            }
            How::Additive => MeasureKind::Additive(read_sources(draft, types, problems)),
            How::Last => MeasureKind::Last(read_sources(draft, types, problems)),
            How::Distinct => MeasureKind::Distinct(read_sources(draft, types, problems)),
        };
        Some(Measure {
            key: draft.key.value.to_owned(),
            unit: draft.unit.clone(),
            scale: draft.scale,
            kind,
            dims: draft.dims.clone(),
            source: draft.source.clone(),
            suppress_below: draft.suppress_below,
        })
    });
    compiled.collect()
}

fn read_one(table: Table<'_>) -> Option<MeasureDraft<'_>> {
    let key = key(&table);
    let how = table.need_text("kind").and_then(|text| table.word(text, HOWS));
    let dims = read_dims(&table);
    let unit = read_unit(&table, &dims);
    let scale = table.whole("scale", 0..=i64::from(SCALE_MAX));
    let scale = scale.map_or(0, |found| u8::try_from(found.value).unwrap_or(0));
    let source = table.need_text("source").map(|text| text.value.to_owned());
    let below = table.whole("suppress_below", 1..=1_000);
    let suppress_below = below.and_then(|found| u32::try_from(found.value).ok());
    let is_formula = how == Some(How::Formula);
    let formula = if is_formula { table.need_text("formula") } else { None };
    let from = if is_formula { Vec::new() } else { table.tables("from") };
    if how.is_some() && !is_formula && from.is_empty() {
        let message = "the measure has no source of facts: add `[[measure.from]]`";
        table.problem(table.at(), PackCode::KeyMissing, message);
    }
    table.finish();
    let (key, unit, how, source) = (key?, unit?, how?, source?);
    Some(MeasureDraft { key, unit, scale, how, dims, source, suppress_below, formula, from, table })
}

fn read_dims(table: &Table<'_>) -> Vec<String> {
    let mut dims = Vec::new();
    for text in table.texts("dims") {
        if dims.iter().any(|dim| dim == text.value) {
            let message = format!("the dimension `{}` is named twice", text.value);
            table.problem(text.at, PackCode::Duplicate, message);
        } else if super::source::is_key(text.value) {
            dims.push(text.value.to_owned());
        } else {
            let message = format!("`{}` can't be a key", text.value);
            table.problem(text.at, PackCode::BadName, message);
        }
    }
    if dims.len() > DIMS_PER_MEASURE_MAX {
        let message = format!("more than {DIMS_PER_MEASURE_MAX} dimensions: leave some out");
        table.problem(table.at(), PackCode::TooMany, message);
    }
    dims
}

fn read_unit(table: &Table<'_>, dims: &[String]) -> Option<Unit> {
    if let Some(dim) = table.text("unit_dim") {
        if !dims.iter().any(|known| known == dim.value) {
            let message = format!("the measure has no dimension `{}`: add it to `dims`", dim.value);
            table.problem(dim.at, PackCode::UnknownDim, message);
        }
        return Some(Unit::Dim(dim.value.to_owned()));
    }
    table.need_text("unit").map(|unit| Unit::Fixed(unit.value.to_owned()))
}

fn read_sources(draft: &MeasureDraft<'_>, types: &[Compiled], problems: &Problems) -> Vec<Source> {
    let sources = draft.from.iter().filter_map(|table| {
        let source = read_source(draft, table, types, problems);
        table.finish();
        source
    });
    sources.collect()
}

fn read_source(
    draft: &MeasureDraft<'_>,
    table: &Table<'_>,
    types: &[Compiled],
    problems: &Problems,
) -> Option<Source> {
    let name = table.need_text("type");
    let (group, when) = (table.text("group"), table.text("when"));
    let value = table.need_text("value");
    let (office, date) = (table.text("office"), table.text("date"));
    let dims = table.table("dims");
    let name = name?;
    let Some(of) = types.iter().find(|of| of.ty.key == name.value) else {
        let message = format!("the pack has no record type `{}`", name.value);
        table.problem(name.at, PackCode::UnknownType, message);
        return None;
    };
    let group = match group {
        None => None,
        Some(name) => Some(group_named(table, of, name)?),
    };
    if date.is_none() && of.ty.grain().is_none() && of.ty.date.is_none() {
        let message = "facts need a date: write `date` here, or name the type's `date` field";
        table.problem(table.at(), PackCode::KeyMissing, message);
    }
    let states: Vec<String> = of.ty.workflow.states.iter().map(|state| state.key.clone()).collect();
    let known = of.known(&states);
    let scope = Scope::fixed(&known, group);
    let part = |text: Text<'_>, wanted| Some(compile(text, wanted, &scope, problems)?.0);
    let wanted = match draft.how {
        How::Distinct => Wanted::Thing,
        How::Additive | How::Last | How::Formula => Wanted::Number(u32::from(draft.scale)),
    };
    let dims = read_source_dims(draft, table, dims.as_ref(), &part);
    Some(Source {
        type_id: of.ty.id,
        group,
        when: when.and_then(|text| part(text, Wanted::Truth)),
        value: part(value?, wanted)?,
        office: office.and_then(|text| part(text, Wanted::Office)),
        date: date.and_then(|text| part(text, Wanted::Date)),
        dims: dims?,
    })
}

fn group_named(table: &Table<'_>, of: &Compiled, name: Text<'_>) -> Option<FieldId> {
    let found = of.ty.field_by_key(name.value);
    let found = found.filter(|field| matches!(field.kind, FieldKind::Group(_)));
    if found.is_none() {
        let message = format!("`{}` has no repeat group `{}`", of.ty.key, name.value);
        table.problem(name.at, PackCode::UnknownField, message);
    }
    found.map(|field| field.id)
}

fn read_source_dims(
    draft: &MeasureDraft<'_>,
    from: &Table<'_>,
    table: Option<&Table<'_>>,
    part: &dyn Fn(Text<'_>, Wanted) -> Option<crate::expr::Expr>,
) -> Option<Vec<crate::expr::Expr>> {
    let entries = table.map_or_else(Vec::new, Table::entries);
    for (name, _) in &entries {
        if !draft.dims.iter().any(|dim| dim == name.value) {
            let message =
                format!("the measure has no dimension `{}`: add it to `dims`", name.value);
            from.problem(name.at, PackCode::UnknownDim, message);
        }
    }
    let one = |dim: &String| {
        let Some((_, value)) = entries.iter().find(|(name, _)| name.value == dim) else {
            let message = format!("say what the dimension `{dim}` is here: add it to this `dims`");
            from.problem(from.at(), PackCode::KeyMissing, message);
            return None;
        };
        part(table?.as_text(value)?, Wanted::Label)
    };
    let dims: Vec<Option<crate::expr::Expr>> = draft.dims.iter().map(one).collect();
    dims.into_iter().collect()
}
