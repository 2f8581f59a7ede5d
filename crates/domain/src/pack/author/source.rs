//! The files of a pack, and TOML with places.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{PackCode, Problems};
use crate::period::Date;

/// One file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Its path within the folder, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'f> {
    pub(super) file: &'f File,
    pub(super) offset: usize,
}

impl At<'_> {
    /// Line and column, from 1; the column counts characters.
    pub(super) fn line_and_column(&self) -> (u32, u32) {
        let text = &self.file.text;
        let mut offset = self.offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (number(line), number(column))
    }
}

/// A value with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'f, T> {
    pub(super) value: T,
    pub(super) at: At<'f>,
}

/// A string of the source, with its place and how its characters map to the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'f> {
    pub(super) value: &'f str,
    pub(super) at: At<'f>,
    /// Where the first character stands, if every character stands in the file as it is.
    verbatim: Option<usize>,
}

impl<'f> Text<'f> {
    /// The place of a byte of the string.
    pub(super) fn at_byte(&self, within: usize) -> At<'f> {
        let within = within.min(self.value.len());
        let offset = self.verbatim.map_or(self.at.offset, |first| first + within);
        At { file: self.at.file, offset }
    }
}

/// Parses a file as TOML, or says what is wrong.
pub(super) fn parse<'f>(file: &'f File, problems: &Problems) -> Option<Spanned<DeTable<'f>>> {
    match DeTable::parse(&file.text) {
        Ok(table) => Some(table),
        Err(error) => {
            let at = At { file, offset: error.span().map_or(0, |span| span.start) };
            let message = format!("this is not TOML: {}", error.message());
            problems.add(at, PackCode::Syntax, message);
            problems.lose();
            None
        }
    }
}

/// A table being read: every key must be asked for, or is unknown.
pub(super) struct Table<'f> {
    file: &'f File,
    problems: &'f Problems,
    entries: &'f DeTable<'f>,
    at: At<'f>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'f> Table<'f> {
    pub(super) fn new(
        file: &'f File,
        problems: &'f Problems,
        table: &'f Spanned<DeTable<'f>>,
    ) -> Self {
        Self::of(file, problems, table.get_ref(), table.span())
    }

    fn of(
        file: &'f File,
        problems: &'f Problems,
        entries: &'f DeTable<'f>,
        span: Range<usize>,
    ) -> Self {
        let at = At { file, offset: span.start };
        Self { file, problems, entries, at, asked: RefCell::default() }
    }

    pub(super) fn at(&self) -> At<'f> {
        self.at
    }

    pub(super) fn problem(&self, at: At<'_>, code: PackCode, message: impl Into<String>) {
        self.problems.add(at, code, message);
    }

    /// Notes that what stands here couldn't be read at all.
    pub(super) fn lose(&self) {
        self.problems.lose();
    }

    /// Says which keys nothing asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.entries {
            if !asked.contains(key.get_ref().as_ref()) {
                let known: Vec<_> = asked.iter().copied().collect();
                let at = At { file: self.file, offset: key.span().start };
                let message = format!(
                    "unknown key `{}`: correct or remove it; keys here are {}",
                    key.get_ref(),
                    known.join(", ")
                );
                self.problems.add(at, PackCode::KeyUnknown, message);
            }
        }
    }

    /// All entries in the order of the file, for tables whose keys are free.
    pub(super) fn entries(&self) -> Vec<(Found<'f, &'f str>, &'f Spanned<DeValue<'f>>)> {
        let mut entries: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| {
                let at = At { file: self.file, offset: key.span().start };
                (Found { value: key.get_ref().as_ref(), at }, value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.at.offset);
        entries
    }

    /// A value of such a table as a table.
    pub(super) fn sub(&self, value: &'f Spanned<DeValue<'f>>) -> Option<Table<'f>> {
        let span = value.span();
        let DeValue::Table(entries) = value.get_ref() else { return None };
        Some(Table::of(self.file, self.problems, entries, span))
    }

    /// A value of such a table as text.
    pub(super) fn as_text(&self, value: &'f Spanned<DeValue<'f>>) -> Option<Text<'f>> {
        let span = value.span();
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(span, "text", value.get_ref());
            return None;
        };
        let plain = span.len() == text.len() + 2;
        let verbatim = plain.then_some(span.start + 1);
        let at = At { file: self.file, offset: span.start };
        Some(Text { value: text.as_ref(), at, verbatim })
    }

    fn get(&self, key: &'static str) -> Option<&'f Spanned<DeValue<'f>>> {
        self.asked.borrow_mut().insert(key);
        self.entries.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn wrong_type(&self, span: Range<usize>, wanted: &str, value: &DeValue<'_>) {
        let found = match value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date without quotes",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let at = At { file: self.file, offset: span.start };
        let message = format!("this is {found}: write {wanted}");
        self.problems.add(at, PackCode::WrongType, message);
    }

    fn missing(&self, key: &str) {
        let message = format!("`{key}` is missing: add it");
        self.problems.add(self.at, PackCode::KeyMissing, message);
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Text<'f>> {
        self.as_text(self.get(key)?)
    }

    pub(super) fn need_text(&self, key: &'static str) -> Option<Text<'f>> {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.text(key)
    }

    pub(super) fn flag(&self, key: &'static str) -> bool {
        let Some(value) = self.get(key) else { return false };
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        self.wrong_type(value.span(), "true or false", value.get_ref());
        false
    }

    /// A whole number within a range.
    pub(super) fn whole(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Found<'f, i64>> {
        let value = self.get(key)?;
        let at = At { file: self.file, offset: value.span().start };
        let DeValue::Integer(digits) = value.get_ref() else {
            self.wrong_type(value.span(), "a whole number", value.get_ref());
            return None;
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        if let Some(value) = number.filter(|number| range.contains(number)) {
            return Some(Found { value, at });
        }
        let message = format!("`{key}` must be from {} to {}", range.start(), range.end());
        self.problems.add(at, PackCode::BadValue, message);
        None
    }

    pub(super) fn need_whole(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Found<'f, i64>> {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.whole(key, range)
    }

    /// A number for a decimal field: a whole number, or text or number with a point.
    pub(super) fn decimal(&self, key: &'static str) -> Option<Found<'f, String>> {
        let value = self.get(key)?;
        let at = At { file: self.file, offset: value.span().start };
        match value.get_ref() {
            DeValue::Integer(digits) if digits.radix() == 10 => {
                Some(Found { value: digits.as_str().trim_start_matches('+').to_owned(), at })
            }
            DeValue::Float(digits) => Some(Found { value: digits.as_str().to_owned(), at }),
            DeValue::String(text) => Some(Found { value: text.to_string(), at }),
            DeValue::Integer(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => {
                self.wrong_type(value.span(), "a number", value.get_ref());
                None
            }
        }
    }

    /// A list of texts; absent is empty.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Text<'f>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value.span(), "a list of texts", value.get_ref());
            return Vec::new();
        };
        items.iter().filter_map(|item| self.as_text(item)).collect()
    }

    pub(super) fn need_texts(&self, key: &'static str) -> Vec<Text<'f>> {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.texts(key)
    }

    /// A list of tables; absent is empty.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'f>> {
        self.get(key).map_or_else(Vec::new, |value| self.as_tables(value))
    }

    /// A value as a list of tables.
    pub(super) fn as_tables(&self, value: &'f Spanned<DeValue<'f>>) -> Vec<Table<'f>> {
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value.span(), "a list of tables, as `[[…]]`", value.get_ref());
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            match self.sub(item) {
                Some(table) => tables.push(table),
                None => self.wrong_type(item.span(), "a table", item.get_ref()),
            }
        }
        tables
    }

    pub(super) fn table(&self, key: &'static str) -> Option<Table<'f>> {
        let value = self.get(key)?;
        let table = self.sub(value);
        if table.is_none() {
            self.wrong_type(value.span(), "a table", value.get_ref());
        }
        table
    }

    /// One of a closed set of words.
    pub(super) fn word<T: Copy>(&self, text: Text<'f>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let message =
                format!("`{}` is not possible here: write one of {}", text.value, known.join(", "));
            self.problems.add(text.at, PackCode::BadValue, message);
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn date(&self, key: &'static str) -> Option<Date> {
        let text = self.need_text(key)?;
        let date = text.value.parse().ok();
        if date.is_none() {
            let message = "this is not a date: write year-month-day in quotes, as \"2021-01-08\"";
            self.problems.add(text.at, PackCode::BadValue, message);
        }
        date
    }
}

/// Whether a key may name a field, a type and so on: a lower-case letter, then lower-case letters,
/// digits and `_`, at most 60.
pub(super) fn is_key(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.len() <= 60
        && text.bytes().all(plain)
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
}
