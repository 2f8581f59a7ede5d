//! `types/*.toml`.

use std::collections::{BTreeMap, BTreeSet};

use super::cel::{Known, Scope, Ty, Wanted, compile, parse};
use super::fields::{self, FieldDraft};
use super::problem::{PackCode, Problems};
use super::source::{Table, Text};
use super::words::{GRAINS, LEVELS, first_use, id, key, words};
use super::workflow::WorkflowDraft;
use crate::ids::FieldId;
use crate::pack::{Field, FieldKind, Kind, RecordType, Rule, Section, Workflow};

/// A record type whose expressions wait.
pub(super) struct TypeDraft<'f> {
    pub(super) id: u16,
    pub(super) key: Text<'f>,
    pub(super) kind: Kind,
    pub(super) fields: Vec<FieldDraft<'f>>,
    table: Table<'f>,
    levels: Vec<crate::office::Level>,
    sections: Vec<Section>,
    rules: Vec<RuleDraft<'f>>,
    title: Option<FieldId>,
    date: Option<FieldId>,
    point: Option<FieldId>,
    urgent: Option<Text<'f>>,
}

struct RuleDraft<'f> {
    key: Text<'f>,
    expr: Text<'f>,
    fields: Vec<FieldId>,
    warning: bool,
}

/// A compiled type, and the types of its computed fields.
pub(super) struct Compiled {
    pub(super) ty: RecordType,
    pub(super) computed: BTreeMap<FieldId, Ty>,
}

impl Compiled {
    /// What its expressions may name.
    pub(super) fn known<'k>(&'k self, states: &'k [String]) -> Known<'k> {
        Known {
            fields: &self.ty.fields,
            computed: &self.computed,
            periodic: self.ty.grain().is_some(),
            states,
        }
    }
}

/// Reads a type's file.
pub(super) fn read(table: Table<'_>) -> Option<TypeDraft<'_>> {
    let (id, key) = (id(&table), key(&table));
    let kind = read_kind(&table);
    let levels = words(&table, &table.need_texts("levels"), LEVELS);
    let fields = fields::read(&table);
    let sections = read_sections(&table, &fields);
    let rules = read_rules(&table, &fields);
    let named = |name, wanted: fn(&FieldKind) -> bool, what| {
        named_field(&table, name, &fields, wanted, what)
    };
    let title = named("title", |kind| matches!(kind, FieldKind::Text), "text");
    let date = named("date", |kind| matches!(kind, FieldKind::Date), "date");
    let point = named("point", |kind| matches!(kind, FieldKind::Point), "point");
    let urgent = table.text("urgent");
    table.finish();
    Some(TypeDraft {
        id: id?,
        key: key?,
        kind: kind?,
        fields,
        levels,
        sections,
        rules,
        title,
        date,
        point,
        urgent,
        table,
    })
}

fn read_kind(table: &Table<'_>) -> Option<Kind> {
    let text = table.need_text("kind")?;
    if table.word(text, &[("event", false), ("periodic", true)])? {
        table.word(table.need_text("grain")?, GRAINS).map(Kind::Periodic)
    } else {
        Some(Kind::Event)
    }
}

/// A field outside any group that a key of the type names.
fn named_field(
    table: &Table<'_>,
    name: &'static str,
    fields: &[FieldDraft<'_>],
    wanted: fn(&FieldKind) -> bool,
    what: &str,
) -> Option<FieldId> {
    let text = table.text(name)?;
    let outside = |draft: &&FieldDraft<'_>| draft.field.group.is_none();
    let found = fields.iter().find(|draft| draft.key.value == text.value).filter(outside);
    let found = found.filter(|draft| wanted(&draft.field.kind));
    if found.is_none() {
        let message = format!(
            "`{name}` must name a {what} field outside repeat groups; `{}` isn't one",
            text.value
        );
        table.problem(text.at, PackCode::UnknownField, message);
    }
    found.map(|draft| draft.field.id)
}

fn read_sections(table: &Table<'_>, fields: &[FieldDraft<'_>]) -> Vec<Section> {
    let mut seen = BTreeSet::new();
    let mut sections: Vec<Section> = Vec::new();
    for section in table.tables("section") {
        let found = key(&section);
        section.finish();
        let Some(key) = found else { continue };
        if first_use(&mut seen, key.value, &section, "the section key") {
            sections.push(Section { key: key.value.to_owned(), fields: Vec::new() });
        }
    }
    for draft in fields {
        let Some(name) = draft.section else { continue };
        match sections.iter_mut().find(|section| section.key == name.value) {
            Some(section) => section.fields.push(draft.field.id),
            None => {
                let message =
                    format!("the type has no section `{}`: add `[[section]]`", name.value);
                table.problem(name.at, PackCode::BadValue, message);
            }
        }
    }
    sections
}

fn read_rules<'f>(table: &Table<'f>, fields: &[FieldDraft<'_>]) -> Vec<RuleDraft<'f>> {
    let mut seen = BTreeSet::new();
    let mut rules = Vec::new();
    for rule in table.tables("rule") {
        let (found, expr) = (key(&rule), rule.need_text("expr"));
        let names = rule.need_texts("fields");
        let warning = rule.flag("warning");
        rule.finish();
        let (Some(key), Some(expr)) = (found, expr) else { continue };
        if !first_use(&mut seen, key.value, &rule, "the rule key") {
            continue;
        }
        let ids = names.iter().filter_map(|name| field_named(&rule, fields, *name));
        rules.push(RuleDraft { key, expr, fields: ids.collect(), warning });
    }
    rules
}

fn field_named(table: &Table<'_>, fields: &[FieldDraft<'_>], name: Text<'_>) -> Option<FieldId> {
    let found = fields.iter().find(|draft| draft.key.value == name.value);
    if found.is_none() {
        let message = format!("the type has no field `{}`", name.value);
        table.problem(name.at, PackCode::UnknownField, message);
    }
    found.map(|draft| draft.field.id)
}

/// Compiles a type's expressions.
pub(super) fn compile_type(
    draft: TypeDraft<'_>,
    workflow: Option<WorkflowDraft<'_>>,
    problems: &Problems,
) -> Compiled {
    let states = workflow.as_ref().map_or_else(Vec::new, WorkflowDraft::state_keys);
    let mut fields: Vec<Field> = draft.fields.iter().map(|draft| draft.field.clone()).collect();
    let periodic = matches!(draft.kind, Kind::Periodic(_));
    let computed = compile_computed(&draft, &mut fields, &states, problems);

    let unchanged = fields.clone();
    let known = Known { fields: &unchanged, computed: &computed, periodic, states: &states };
    for (field, one) in fields.iter_mut().zip(&draft.fields) {
        let scope = Scope::fixed(&known, field.group);
        let compiled = one.relevant.and_then(|text| compile(text, Wanted::Truth, &scope, problems));
        field.relevant = compiled.map(|(expr, _)| expr);
    }
    let rules =
        draft.rules.iter().filter_map(|rule| compile_rule(rule, &known, problems)).collect();
    let fixed = Scope::fixed(&known, None);
    let truth = |text| compile(text, Wanted::Truth, &fixed, problems).map(|(expr, _)| expr);
    let workflow = match workflow {
        Some(workflow) => workflow.compile(truth),
        None => Workflow { states: Vec::new(), actions: Vec::new() },
    };
    let ty = RecordType {
        id: draft.id,
        key: draft.key.value.to_owned(),
        kind: draft.kind,
        sections: draft.sections,
        rules,
        workflow,
        title: draft.title,
        urgent: draft.urgent.and_then(truth),
        levels: draft.levels,
        date: draft.date,
        point: draft.point,
        fields,
    };
    check_order(&draft.table, &ty);
    Compiled { ty, computed }
}

fn check_order(table: &Table<'_>, ty: &RecordType) {
    if ty.levels.is_empty() {
        let message = "`levels` is empty: name the levels whose offices own such records";
        table.problem(table.at(), PackCode::BadValue, message);
    }
    for group in ty.fields.iter().filter(|field| matches!(field.kind, FieldKind::Group(_))) {
        if ty.fields_in(Some(group.id)).next().is_none() {
            let message = format!("the repeat group `{}` has no fields", group.key);
            table.problem(table.at(), PackCode::BadValue, message);
        }
    }
}

fn compile_rule(rule: &RuleDraft<'_>, known: &Known<'_>, problems: &Problems) -> Option<Rule> {
    let scope = Scope::rule(known);
    let (expr, _) = compile(rule.expr, Wanted::Truth, &scope, problems)?;
    Some(Rule {
        key: rule.key.value.to_owned(),
        expr,
        fields: rule.fields.clone(),
        warning: rule.warning,
        group: scope.row.get(),
    })
}

/// Compiles computed fields, each after those that it reads; what is left reads itself.
fn compile_computed(
    draft: &TypeDraft<'_>,
    fields: &mut [Field],
    states: &[String],
    problems: &Problems,
) -> BTreeMap<FieldId, Ty> {
    let periodic = matches!(draft.kind, Kind::Periodic(_));
    let parsed = draft.fields.iter().filter_map(|field| Some((field, field.computed?)));
    let mut waiting: Vec<(&FieldDraft<'_>, Text<'_>, Vec<String>)> = parsed
        .map(|(field, text)| {
            // What can't be parsed is told when it is compiled.
            let silent = Problems::default();
            let names = parse(text, &silent).map_or_else(Vec::new, |parsed| {
                parsed.names().iter().map(|name| (*name).to_owned()).collect()
            });
            (field, text, names)
        })
        .collect();
    let columns = column_reads(draft, &waiting);
    let mut types = BTreeMap::new();
    while !waiting.is_empty() {
        let keys: BTreeSet<String> =
            waiting.iter().map(|(field, ..)| field.field.key.clone()).collect();
        let blocked = |field: &str, names: &[String]| {
            let own = columns.get(field).into_iter().flatten();
            names.iter().chain(own).any(|name| keys.contains(name))
        };
        let (later, now): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(field, _, names)| blocked(&field.field.key, names));
        if now.is_empty() {
            for (field, ..) in &later {
                let message = format!(
                    "the computed field `{}` reads itself, perhaps by way of others: break the \
                     circle",
                    field.field.key
                );
                problems.add(field.key.at, PackCode::Cycle, message);
            }
            return types;
        }
        let mut found = Vec::new();
        for (one, text, _) in now {
            let FieldKind::Computed(_, scale) = one.field.kind else { continue };
            let known = Known { fields, computed: &types, periodic, states };
            let scope = Scope::fixed(&known, one.field.group);
            let wanted = Wanted::Computed(u32::from(scale));
            if let Some((expr, ty)) = compile(text, wanted, &scope, problems) {
                found.push((one.field.id, FieldKind::Computed(expr, scale), ty));
            }
        }
        for (id, kind, ty) in found {
            types.insert(id, ty);
            if let Some(field) = fields.iter_mut().find(|field| field.id == id) {
                field.kind = kind;
            }
        }
        waiting = later;
    }
    types
}

/// Computed fields of repeat groups that a computed field reads as columns.
fn column_reads(
    draft: &TypeDraft<'_>,
    waiting: &[(&FieldDraft<'_>, Text<'_>, Vec<String>)],
) -> BTreeMap<String, Vec<String>> {
    let inner = |group: &str| {
        let group = draft.fields.iter().find(|field| field.key.value == group);
        let id = group.map(|group| group.field.id);
        let computed =
            waiting.iter().filter(move |(field, ..)| id.is_some() && field.field.group == id);
        computed.map(|(field, ..)| field.field.key.clone()).collect::<Vec<_>>()
    };
    let reads = waiting.iter().map(|(field, _, names)| {
        let all = names.iter().flat_map(|name| inner(name)).filter(|key| *key != field.field.key);
        (field.field.key.clone(), all.collect())
    });
    reads.collect()
}
