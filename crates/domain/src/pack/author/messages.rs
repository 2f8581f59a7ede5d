//! `messages/*.toml`: every text in every language.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{PackCode, Problems};
use super::source::{File, Found, Table};
use crate::limits::TEXT_BYTES_MAX;
use crate::pack::{Lang, Messages, Pack, Unit};

/// The languages that a pack must speak.
pub(super) const LANGS: &[&str] = &["id", "en"];

/// The texts of one language, with their places.
pub(super) struct Texts<'f> {
    lang: &'static str,
    file: &'f File,
    texts: BTreeMap<String, Found<'f, String>>,
}

/// Reads one file: nested tables flatten with dots.
pub(super) fn read<'f>(lang: &'static str, file: &'f File, table: &Table<'f>) -> Texts<'f> {
    let mut texts = BTreeMap::new();
    flatten(table, "", &mut texts);
    Texts { lang, file, texts }
}

fn flatten<'f>(table: &Table<'f>, prefix: &str, texts: &mut BTreeMap<String, Found<'f, String>>) {
    for (name, value) in table.entries() {
        let key = if prefix.is_empty() {
            name.value.to_owned()
        } else {
            format!("{prefix}.{}", name.value)
        };
        if let Some(inner) = table.sub(value) {
            flatten(&inner, &key, texts);
            continue;
        }
        let Some(text) = table.as_text(value) else { continue };
        if text.value.trim().is_empty() || text.value.len() > TEXT_BYTES_MAX * 4 {
            let message = format!("`{key}` is empty or longer than {} bytes", TEXT_BYTES_MAX * 4);
            table.problem(text.at, PackCode::BadValue, message);
        }
        texts.insert(key, Found { value: text.value.to_owned(), at: name.at });
    }
}

/// Checks that every language has a text for everything, and none for nothing.
pub(super) fn check(pack: &Pack, all: Vec<Texts<'_>>, problems: &Problems) -> Messages {
    let wanted = wanted(pack);
    // What didn't compile isn't in the pack, and its texts are not superfluous.
    let whole = problems.is_empty();
    let mut messages: BTreeMap<Lang, BTreeMap<String, String>> = BTreeMap::new();
    for Texts { lang, file, texts } in all {
        for key in &wanted {
            if !texts.contains_key(key) {
                let message = format!("no text for `{key}`: add it to {}", file.name);
                problems.whole(&file.name, PackCode::MessageMissing, message);
            }
        }
        for (key, text) in texts.iter().filter(|_| whole) {
            if !wanted.contains(key) && !is_optional(key, &wanted) {
                let message = format!("the pack has nothing that `{key}` would name: remove it");
                problems.add(text.at, PackCode::MessageUnknown, message);
            }
        }
        let plain = texts.into_iter().map(|(key, text)| (key, text.value));
        messages.insert(lang.to_owned(), plain.collect());
    }
    messages
}

/// Texts that may be there: hints of fields, units that a dimension gives, parts of a view.
fn is_optional(key: &str, wanted: &BTreeSet<String>) -> bool {
    let hint = key.strip_prefix("hint.");
    hint.is_some_and(|field| wanted.contains(&format!("field.{field}")))
        || key.strip_prefix("unit.").is_some_and(super::source::is_key)
        || key
            .rsplit_once('.')
            .is_some_and(|(view, _)| view.starts_with("view.") && wanted.contains(view))
}

fn wanted(pack: &Pack) -> BTreeSet<String> {
    let mut keys = BTreeSet::from(["pack".to_owned()]);
    for ty in &pack.types {
        let of = &ty.key;
        keys.insert(format!("type.{of}"));
        keys.extend(ty.sections.iter().map(|section| format!("section.{of}.{}", section.key)));
        keys.extend(ty.rules.iter().map(|rule| format!("rule.{of}.{}", rule.key)));
        keys.extend(ty.workflow.states.iter().map(|state| format!("state.{of}.{}", state.key)));
        keys.extend(ty.workflow.actions.iter().map(|action| format!("action.{of}.{}", action.key)));
        for field in &ty.fields {
            keys.insert(format!("field.{of}.{}", field.key));
            keys.extend(field.unit.iter().map(|unit| format!("unit.{unit}")));
            let choices = field.kind.choices().iter();
            keys.extend(choices.map(|choice| format!("choice.{of}.{}.{}", field.key, choice.key)));
        }
    }
    for measure in &pack.measures {
        keys.insert(format!("measure.{}", measure.key));
        keys.insert(format!("definition.{}", measure.key));
        keys.extend(measure.dims.iter().map(|dim| format!("dim.{dim}")));
        if let Unit::Fixed(unit) = &measure.unit {
            keys.insert(format!("unit.{unit}"));
        }
    }
    keys.extend(pack.schedules.iter().map(|schedule| format!("schedule.{}", schedule.key)));
    keys.extend(pack.views.iter().map(|view| format!("view.{}", view.key)));
    keys
}
