//! From a cell's text to the JSON of a field.

use domain::pack::{Field, Pack, RecordType};
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};
use serde_json::{Value as Json, json};

use super::dates::{Pattern, Precision};
use super::table::Cell;

/// How a file writes its values.
#[derive(Clone, Debug)]
pub(super) struct Style {
    pub(super) decimal: char,
    pub(super) thousands: Option<char>,
    pub(super) empty: Vec<String>,
    pub(super) dates: Vec<Pattern>,
}

impl Style {
    /// The text of a cell, unless it means nothing.
    ///
    /// # Errors
    /// If the cell can't be read.
    pub(super) fn text<'a>(&self, cell: &'a Cell) -> Result<Option<&'a str>, Problem> {
        if let Cell::Fault(text) = cell {
            let clip: String = text.chars().take(40).collect();
            return Err(Problem::new(ProblemCode::RowInvalid).with("reason", clip));
        }
        let text = unguarded(cell.text()).trim();
        let nothing = text.is_empty() || self.empty.iter().any(|empty| empty == text);
        Ok((!nothing).then_some(text))
    }

    /// A number with `.` before its decimals, as text.
    pub(super) fn number(&self, cell: &Cell, text: &str) -> String {
        if matches!(cell, Cell::Number(_)) {
            return text.to_owned();
        }
        let kept = text.chars().filter(|c| !c.is_whitespace() && Some(*c) != self.thousands);
        kept.map(|c| if c == self.decimal { '.' } else { c }).collect()
    }

    /// A date, by the first of the patterns that fits.
    pub(super) fn date(
        &self,
        cell: &Cell,
        text: &str,
        own: &[Pattern],
    ) -> Option<(Date, Precision)> {
        if let Cell::Date(text) = cell {
            return Some((text.parse().ok()?, Precision::Day));
        }
        let patterns = if own.is_empty() { &self.dates } else { own };
        let plain = || Some((text.parse().ok()?, Precision::Day));
        patterns.iter().find_map(|pattern| pattern.read(text)).or_else(|| {
            // Without patterns a file writes dates as the program does.
            if patterns.is_empty() { plain() } else { None }
        })
    }
}

/// A number's text, multiplied; the text itself if it isn't one, which the form will say.
pub(super) fn multiplied(text: &str, times: i64) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{decimals}");
    let plain = !all.is_empty() && all.bytes().all(|b| b.is_ascii_digit());
    let product = all.parse::<i128>().ok().and_then(|n| n.checked_mul(i128::from(times)));
    let Some(product) = product.filter(|_| plain) else { return text.to_owned() };
    let (minus, size) = (product < 0, product.unsigned_abs());
    let width = decimals.len() + 1;
    let padded = format!("{size:0>width$}");
    let (whole, decimals) = padded.split_at(padded.len() - decimals.len());
    let decimals = decimals.trim_end_matches('0');
    let sign = if minus != (sign == "-") && size > 0 { "-" } else { "" };
    let dot = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{whole}{dot}{decimals}")
}

/// Yes or no, as people write it.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "ya" | "y" | "yes" | "true" | "benar" | "1" => Some(true),
        "tidak" | "t" | "no" | "n" | "false" | "salah" | "0" => Some(false),
        _ => None,
    }
}

/// A choice by its key, or by its name in one of the pack's languages.
pub(super) fn choice(pack: &Pack, ty: &RecordType, field: &Field, text: &str) -> String {
    let wanted = text.to_lowercase();
    let same = |name: &str| name.to_lowercase() == wanted;
    let named = |key: &str| {
        let message = format!("choice.{}.{}.{key}", ty.key, field.key);
        pack.messages.values().any(|texts| texts.get(&message).is_some_and(|name| same(name)))
    };
    let choices = field.kind.choices();
    let found = choices
        .iter()
        .find(|choice| same(&choice.key))
        .or_else(|| choices.iter().find(|choice| named(&choice.key)));
    found.map_or_else(|| text.to_owned(), |choice| choice.key.clone())
}

/// JSON of a constant in a mapping.
pub(super) fn constant(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(truth) => json!(truth),
        toml::Value::Datetime(moment) => json!(moment.to_string()),
        toml::Value::Array(items) => items.iter().map(constant).collect(),
        toml::Value::Table(table) => {
            Json::Object(table.iter().map(|(key, value)| (key.clone(), constant(value))).collect())
        }
    }
}

/// Whether a spreadsheet would take a text for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        && text.trim().trim_start_matches(['+', '-']).parse::<f64>().is_err()
}

/// Whether a text is a formula, or one that was guarded, however often.
fn needs_guard(text: &str) -> bool {
    is_formula(text.trim_start_matches('\''))
}

/// A text that a spreadsheet shows and does not run: `'` before what looks like a formula.
pub(crate) fn guarded(text: &str) -> std::borrow::Cow<'_, str> {
    if needs_guard(text) { format!("'{text}").into() } else { text.into() }
}

/// The text that [`guarded`] was given.
pub(crate) fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| needs_guard(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        assert_eq!(guarded("=1+1"), "'=1+1");
        assert_eq!(guarded("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(guarded("-cmd|' /C calc'!A0"), "'-cmd|' /C calc'!A0");
        assert_eq!(guarded("-5.25"), "-5.25");
        assert_eq!(guarded("+62"), "+62");
        assert_eq!(guarded("Batam"), "Batam");
        assert_eq!(guarded("'=1"), "''=1");
        assert_eq!(guarded("'kutip"), "'kutip");
    }

    #[test]
    fn numbers_multiply_exactly() {
        assert_eq!(multiplied("12.5", 1000), "12500");
        assert_eq!(multiplied("-0.125", 10), "-1.25");
        assert_eq!(multiplied("3", -2), "-6");
        assert_eq!(multiplied("0", 7), "0");
        assert_eq!(multiplied("banyak", 7), "banyak");
        assert_eq!(multiplied("", 7), "");
    }

    proptest! {
        #[test]
        fn what_is_guarded_comes_back(text in "['=+@a-]{0,6}|.{0,8}") {
            let written = guarded(&text);
            prop_assert_eq!(unguarded(&written), text.as_str());
            prop_assert!(!is_formula(&guarded(&text)));
        }
    }
}
