//! The mapping file: which columns of a file become which fields of which records.
//! `docs/formats/mapping.md` describes it.

use std::collections::BTreeMap;

use domain::limits::MAPPING_BYTES_MAX;
use domain::office::{CodeSystem, Level};
use domain::period::Date;
use serde::Deserialize;
use thiserror::Error;

/// The version of the format that this build reads.
const FORMAT: u32 = 1;

/// Why a mapping file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MappingError {
    /// It is larger than the limit.
    #[error("the mapping file is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// It isn't the TOML that is described.
    #[error("line {line}: {message}")]
    Toml {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It is of another version.
    #[error("`format` must be {FORMAT}")]
    Format,
    /// It doesn't fit the packs or the file; each place has its problem.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unfit(Vec<Unfit>),
}

/// A place of a mapping that doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{at}: {message}")]
pub struct Unfit {
    /// The place, such as `rule[1].fields.tanggal`.
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

/// A mapping file, read but not yet checked against packs and columns.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    format: u32,
    /// Tells records of this source from those of others with equal keys.
    #[serde(default)]
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) file: FileOptions,
    /// Rules in order: the first whose conditions hold is for the row.
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<Rule>,
}

/// How to read the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileOptions {
    pub(super) delimiter: Option<char>,
    pub(super) sheet: Option<String>,
    /// The row that holds the columns' names, from 1.
    pub(super) header_row: Option<usize>,
    pub(super) decimal: Option<char>,
    pub(super) thousands: Option<char>,
    /// Texts that mean that a cell is empty.
    pub(super) empty: Vec<String>,
    /// Patterns of dates, tried in order.
    pub(super) dates: Vec<String>,
}

/// What a row becomes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rule {
    pub(super) when: Vec<When>,
    /// Rows of this rule are no records, for this reason.
    pub(super) left_out: Option<String>,
    #[serde(rename = "type")]
    pub(super) type_key: Option<String>,
    /// Overrides the mapping's.
    pub(super) namespace: Option<String>,
    /// Columns that together tell one row from all others.
    pub(super) key: Vec<String>,
    pub(super) office: Option<Source>,
    pub(super) period: Option<Source>,
    /// Warnings that the author of the mapping has considered for all rows, by rule key.
    pub(super) confirm: Vec<String>,
    /// Workflow actions to take, in order, on a record that begins.
    pub(super) actions: Vec<String>,
    pub(super) fields: BTreeMap<String, Source>,
}

/// A condition on a row.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    pub(super) column: String,
    #[serde(default, rename = "in")]
    pub(super) is_in: Option<Vec<String>>,
    #[serde(default)]
    pub(super) not_in: Option<Vec<String>>,
    #[serde(default)]
    pub(super) contains: Option<String>,
    #[serde(default)]
    pub(super) empty: Option<bool>,
}

/// Where an answer comes from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Source {
    pub(super) column: Option<String>,
    /// Text with `{column}` in it.
    pub(super) template: Option<String>,
    /// The same for all rows.
    pub(super) value: Option<toml::Value>,
    /// Columns of a point.
    pub(super) lat: Option<String>,
    pub(super) lon: Option<String>,
    /// How exactly another field's date was written: `day`, `month` or `year`, by `choices`.
    pub(super) precision_of: Option<String>,
    /// Rows of a repeat group.
    pub(super) rows: Option<Vec<BTreeMap<String, Source>>>,
    /// From a cell's text to a choice's key, or to `true` and `false`.
    pub(super) choices: BTreeMap<String, String>,
    pub(super) dates: Vec<String>,
    /// Between the choices of one cell.
    pub(super) separator: Option<String>,
    /// A whole number to multiply by: thousands to ones.
    pub(super) times: Option<i64>,
    /// How to read an office.
    pub(super) codes: Option<CodeSystem>,
    /// The date for which the codes hold; the record's own if absent.
    pub(super) codes_on: Option<Date>,
    pub(super) level: Option<Level>,
    /// An empty cell says that the place lies outside the tree: its name, as a template.
    pub(super) outside: Option<String>,
    /// An empty cell is "said to be missing", for this reason.
    pub(super) missing: Option<String>,
    /// An empty cell is "not applicable".
    pub(super) not_applicable: bool,
    /// The column that says, as an export does, which kind of nothing an empty cell is: `na`, or
    /// `missing: ` and the reason.
    pub(super) note: Option<String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// If it is too large, no TOML, or not as described.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        if text.len() > MAPPING_BYTES_MAX {
            return Err(MappingError::TooLarge { max: MAPPING_BYTES_MAX });
        }
        let mapping: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count();
            MappingError::Toml { line, message: error.message().to_owned() }
        })?;
        if mapping.format == FORMAT { Ok(mapping) } else { Err(MappingError::Format) }
    }

    /// The mapping of a file whose columns are named like the fields of a type, as exports are.
    /// Gives the columns too that are neither known nor those that an export adds.
    pub(super) fn of_columns(
        type_key: &str,
        header: &[String],
        keys: &Keys<'_>,
    ) -> (Self, Vec<String>) {
        let mut rule = Rule { type_key: Some(type_key.to_owned()), ..Rule::default() };
        let mut strange = Vec::new();
        let column = |name: &str| Source { column: Some(name.to_owned()), ..Source::default() };
        let note = |key: &str| Some(format!("{key}{NOTE}")).filter(|note| header.contains(note));
        for name in header {
            let point = name.strip_suffix("_lat").filter(|key| keys.points.contains(key));
            match (name.as_str(), point) {
                (RECORD, _) => rule.key.push(name.clone()),
                (OFFICE, _) => rule.office = Some(column(name)),
                (PERIOD, _) => rule.period = Some(column(name)),
                (_, Some(key)) => {
                    let (lat, lon) = (Some(name.clone()), Some(format!("{key}_lon")));
                    let point = Source { lat, lon, note: note(key), ..Source::default() };
                    rule.fields.insert(key.to_owned(), point);
                }
                (key, None) if keys.fields.contains(&key) => {
                    rule.fields.insert(name.clone(), Source { note: note(key), ..column(name) });
                }
                (key, None) if keys.is_known(key) => {}
                _ => strange.push(name.clone()),
            }
        }
        let file = FileOptions::default();
        (Self { format: FORMAT, namespace: String::new(), file, rules: vec![rule] }, strange)
    }
}

/// The column of an export that holds the record's id.
pub(crate) const RECORD: &str = "rekaman";
/// The column of an export that holds the office's code.
pub(crate) const OFFICE: &str = "kantor";
/// The column of an export that holds the period.
pub(crate) const PERIOD: &str = "periode";
/// Between the choices of one exported cell.
pub(crate) const CHOICES_SEPARATOR: &str = ";";

/// The column of an export that holds the office's name.
pub(crate) const OFFICE_NAME: &str = "kantor_nama";
/// The column of an export that holds the record's state.
pub(crate) const STATE: &str = "keadaan";
/// How a column is called that says which kind of nothing its field holds.
pub(crate) const NOTE: &str = "_keterangan";
/// The note of a cell that does not apply.
pub(crate) const NOTE_NA: &str = "na";
/// How the note of a cell that is said to be missing begins; the reason follows.
pub(crate) const NOTE_MISSING: &str = "missing: ";
/// The columns of an export that say who took it, and when.
pub(crate) const EXPORTED_BY: &str = "diekspor_oleh";
pub(crate) const EXPORTED_AT: &str = "diekspor_pada";
/// The column of an export that says that its records are simulated.
pub(crate) const SIMULATION: &str = "simulasi";

/// The keys of a type that columns may have.
pub(super) struct Keys<'a> {
    /// Fields that a column can fill.
    pub(super) fields: Vec<&'a str>,
    pub(super) points: Vec<&'a str>,
    /// Fields that a column can't fill, and that exports hold all the same.
    pub(super) others: Vec<&'a str>,
}

impl Keys<'_> {
    /// Whether an export or a reject file adds the column.
    fn is_known(&self, column: &str) -> bool {
        let noted = |key: &str| self.fields.contains(&key) || self.points.contains(&key);
        let note = column.strip_suffix(NOTE).is_some_and(noted);
        let lon = column.strip_suffix("_lon").is_some_and(|key| self.points.contains(&key));
        let added = [OFFICE_NAME, STATE, EXPORTED_BY, EXPORTED_AT, SIMULATION];
        note || lon
            || column.is_empty()
            || added.contains(&column)
            || super::reject::ADDED.contains(&column)
            || self.others.contains(&column)
    }
}
