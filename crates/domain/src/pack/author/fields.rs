//! `[[field]]` tables, before their expressions are compiled.

use std::collections::BTreeSet;

use super::problem::PackCode;
use super::source::{Table, Text};
use super::words::{GRAINS, LEVELS, field_key, first_use, id, words};
use crate::expr::Expr;
use crate::expr::number::{self, SCALE_MAX};
use crate::ids::{ChoiceId, FieldId};
use crate::limits::{FIELDS_PER_TYPE_MAX, ROWS_PER_GROUP_MAX};
use crate::pack::{Choice, Field, FieldKind};
use crate::value::Value;

/// Choices of one field: more belong into a table of their own.
const CHOICES_MAX: usize = 200;

/// A field whose expressions wait.
pub(super) struct FieldDraft<'f> {
    pub(super) field: Field,
    pub(super) key: Text<'f>,
    pub(super) section: Option<Text<'f>>,
    pub(super) relevant: Option<Text<'f>>,
    pub(super) computed: Option<Text<'f>>,
    /// The record type that it refers to, by key, and states of that type.
    pub(super) refers: Option<(Text<'f>, Vec<Text<'f>>)>,
    group: Option<Text<'f>>,
}

/// Reads all fields of a type.
pub(super) fn read<'f>(ty: &Table<'f>) -> Vec<FieldDraft<'f>> {
    let tables = ty.tables("field");
    if tables.len() > FIELDS_PER_TYPE_MAX {
        let message = format!("more than {FIELDS_PER_TYPE_MAX} fields: split the type");
        ty.problem(ty.at(), PackCode::TooMany, message);
    }
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut drafts = Vec::new();
    for table in &tables {
        let Some(draft) = read_one(table) else {
            table.lose();
            continue;
        };
        let fresh_id = first_use(&mut ids, draft.field.id.0, table, "the field number");
        let fresh_key = first_use(&mut keys, draft.key.value, table, "the field key");
        if fresh_id && fresh_key {
            drafts.push(draft);
        } else {
            table.lose();
        }
    }
    resolve_groups(ty, &mut drafts);
    drafts
}

fn resolve_groups(ty: &Table<'_>, drafts: &mut [FieldDraft<'_>]) {
    let is_group = |draft: &FieldDraft<'_>| matches!(draft.field.kind, FieldKind::Group(_));
    let groups: Vec<(String, FieldId)> = drafts
        .iter()
        .filter(|draft| is_group(draft))
        .map(|draft| (draft.field.key.clone(), draft.field.id))
        .collect();
    for draft in drafts.iter_mut() {
        let Some(name) = draft.group else { continue };
        if is_group(draft) {
            let message = "a repeat group can't stand in another: take `group` away";
            ty.problem(name.at, PackCode::BadValue, message);
        }
        match groups.iter().find(|(key, _)| key == name.value) {
            Some((_, group)) => draft.field.group = Some(*group),
            None => {
                let message = format!("the type has no repeat group `{}`", name.value);
                ty.problem(name.at, PackCode::UnknownField, message);
            }
        }
    }
}

fn read_one<'f>(table: &Table<'f>) -> Option<FieldDraft<'f>> {
    let (id, key) = (id(table), field_key(table));
    let group = table.text("group");
    let section = match group {
        None => table.need_text("section"),
        Some(_) => None,
    };
    let kind_name = table.need_text("kind");
    let mut computed = None;
    let mut refers = None;
    let kind = kind_name.and_then(|name| {
        if name.value == "computed" {
            computed = table.need_text("expr");
        }
        if name.value == "record" {
            refers = table.need_text("type").map(|ty| (ty, table.texts("states")));
        }
        read_kind(table, name)
    });
    let entered = !matches!(kind, Some(FieldKind::Computed(..)));
    let unit = table.text("unit").map(|unit| unit.value.to_owned());
    let scale = kind.as_ref().filter(|_| entered).and_then(FieldKind::scale);
    let bound = |key| scale.and_then(|scale| read_bound(table, key, scale));
    let (min, max) = (bound("min"), bound("max"));
    let flag = |key| entered && table.flag(key);
    let (required, not_applicable) = (flag("required"), flag("not_applicable"));
    let missing = flag("missing");
    let relevant = if entered { table.text("relevant") } else { None };
    // The keys of a field depend on its kind.
    if kind.is_some() {
        table.finish();
    }
    let field = Field {
        id: FieldId(id?),
        key: key?.value.to_owned(),
        kind: kind?,
        group: None,
        required,
        not_applicable,
        missing,
        relevant: None,
        unit,
        min,
        max,
    };
    Some(FieldDraft { field, key: key?, section, relevant, computed, refers, group })
}

fn read_bound(table: &Table<'_>, key: &'static str, scale: u32) -> Option<i64> {
    let found = table.decimal(key)?;
    let number = number::parse(&found.value.replace('_', ""), scale);
    if let Err(error) = &number {
        let message =
            format!("`{key}` is wrong: {error} for a field with {scale} digits after the point");
        table.problem(found.at, PackCode::BadValue, message);
    }
    number.ok()
}

fn read_kind(table: &Table<'_>, name: Text<'_>) -> Option<FieldKind> {
    let grain = || table.word(table.need_text("grain")?, GRAINS);
    let scale = |needed: bool| {
        let range = 0..=i64::from(SCALE_MAX);
        let found =
            if needed { table.need_whole("scale", range) } else { table.whole("scale", range) };
        found.map_or(0, |found| u8::try_from(found.value).unwrap_or(0))
    };
    Some(match name.value {
        "text" => FieldKind::Text,
        "longtext" => FieldKind::LongText,
        "integer" => FieldKind::Integer,
        "decimal" => FieldKind::Decimal(scale(true)),
        "money" => FieldKind::Money,
        "date" => FieldKind::Date,
        "time" => FieldKind::Time,
        "period" => FieldKind::Period(grain()?),
        "choice" => FieldKind::Choice(read_choices(table)),
        "choices" => FieldKind::Choices(read_choices(table)),
        "office" => FieldKind::Office(words(table, &table.texts("levels"), LEVELS)),
        "record" => {
            let states = table.texts("states");
            let states = states.iter().map(|state| state.value.to_owned()).collect();
            FieldKind::Record(table.text("type")?.value.to_owned(), states)
        }
        "point" => FieldKind::Point,
        "photo" => FieldKind::Photo,
        "file" => FieldKind::File,
        "bool" => FieldKind::Bool,
        "group" => {
            let rows_max = i64::try_from(ROWS_PER_GROUP_MAX).unwrap_or(i64::MAX);
            let rows = table.need_whole("rows_max", 1..=rows_max)?;
            FieldKind::Group(u32::try_from(rows.value).ok()?)
        }
        "computed" => FieldKind::Computed(Expr::Const(Value::Int(0)), scale(false)),
        other => {
            let message = format!(
                "no field kind `{other}`: write text, longtext, integer, decimal, money, date, \
                 time, period, choice, choices, office, record, point, photo, file, group, \
                 computed or bool"
            );
            table.problem(name.at, PackCode::BadValue, message);
            return None;
        }
    })
}

fn read_choices(table: &Table<'_>) -> Vec<Choice> {
    let tables = table.tables("choices");
    if tables.is_empty() || tables.len() > CHOICES_MAX {
        let message = format!("a choice field needs from 1 to {CHOICES_MAX} `choices`");
        table.problem(table.at(), PackCode::BadValue, message);
    }
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut choices = Vec::new();
    for table in &tables {
        let (id, key) = (id(table), super::words::key(table));
        table.finish();
        let (Some(id), Some(key)) = (id, key) else { continue };
        let fresh_id = first_use(&mut ids, id, table, "the choice number");
        if fresh_id && first_use(&mut keys, key.value, table, "the choice key") {
            choices.push(Choice { id: ChoiceId(id), key: key.value.to_owned() });
        }
    }
    choices
}
