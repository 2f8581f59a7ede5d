//! Closed sets of words, and names.

use super::problem::PackCode;
use super::source::{Table, Text, is_key};
use crate::office::Level;
use crate::period::Grain;

pub(super) const LEVELS: &[(&str, Level)] = &[
    ("centre", Level::Centre),
    ("province", Level::Province),
    ("regency", Level::Regency),
    ("district", Level::District),
    ("village", Level::Village),
];

pub(super) const GRAINS: &[(&str, Grain)] = &[
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("third", Grain::Third),
    ("half", Grain::Half),
    ("year", Grain::Year),
];

/// Names that an expression or the wire form gives a meaning of its own.
const RESERVED: &[&str] =
    &["today", "office", "state", "period", "row", "remove", "true", "false", "null", "in"];

/// A list of words of a closed set.
pub(super) fn words<T: Copy>(table: &Table<'_>, texts: &[Text<'_>], all: &[(&str, T)]) -> Vec<T> {
    texts.iter().filter_map(|text| table.word(*text, all)).collect()
}

/// The key of something, checked for its characters.
pub(super) fn key<'f>(table: &Table<'f>) -> Option<Text<'f>> {
    let text = table.need_text("key")?;
    if !is_key(text.value) {
        let message = format!(
            "`{}` can't be a key: begin with a lower-case letter, go on with lower-case letters, \
             digits and _",
            text.value
        );
        table.problem(text.at, PackCode::BadName, message);
        return None;
    }
    Some(text)
}

/// The key of a field: also none of the reserved names.
pub(super) fn field_key<'f>(table: &Table<'f>) -> Option<Text<'f>> {
    let text = key(table)?;
    if RESERVED.contains(&text.value) {
        let message = format!("`{}` has a meaning of its own: choose another key", text.value);
        table.problem(text.at, PackCode::BadName, message);
        return None;
    }
    Some(text)
}

/// The number of something: 1 to 65,535.
pub(super) fn id(table: &Table<'_>) -> Option<u16> {
    let found = table.need_whole("id", 1..=i64::from(u16::MAX))?;
    u16::try_from(found.value).ok()
}

/// Refuses a second use of a number or key; true if it is the first.
pub(super) fn first_use<T: Ord + std::fmt::Display>(
    seen: &mut std::collections::BTreeSet<T>,
    value: T,
    table: &Table<'_>,
    what: &str,
) -> bool {
    if seen.contains(&value) {
        let message = format!("{what} {value} is used twice: give this one another");
        table.problem(table.at(), PackCode::Duplicate, message);
        return false;
    }
    seen.insert(value)
}
