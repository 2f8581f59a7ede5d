//! Sub-districts and villages, from the tables of idn-area-data.

use thiserror::Error;

use super::{FIRST_DAY, Founding, Level, OfficeAt, OfficeChange, OfficeEvent, Tree, code, table};
use crate::ids::OfficeId;
use crate::period::Date;

/// Problems listed before a table is given up.
const PROBLEMS_MAX: usize = 100;

/// Why a table can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LoadError {
    /// The first line isn't the one expected.
    #[error("the first line must be `{expected}`")]
    Header {
        /// The columns expected.
        expected: &'static str,
    },
    /// Lines with problems, at most a hundred.
    #[error("{} lines have problems", .0.len())]
    Lines(Vec<LoadProblem>),
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// It hasn't three columns.
    Columns {
        /// The line, from 1.
        line: u32,
    },
    /// Its code isn't one of the level.
    Code {
        /// The line, from 1.
        line: u32,
    },
    /// The tree has no office with the parent's code.
    Parent {
        /// The line, from 1.
        line: u32,
    },
}

/// The founding of the sub-districts of a table `code,regency_code,name`, under the regencies that
/// the tree has on the date. The id of a sub-district is the six digits of its code.
///
/// # Errors
/// The table isn't as described.
pub fn districts(text: &str, tree: &Tree, on: Date) -> Result<OfficeEvent, LoadError> {
    load(text, "code,regency_code,name", Level::District, tree, on)
}

/// The founding of the villages of a table `code,district_code,name`, under the sub-districts that
/// the tree has on the date. The id of a village is 4,000 times that of the sub-district in its
/// code, plus the last four digits, which are below 4,000.
///
/// # Errors
/// The table isn't as described.
pub fn villages(text: &str, tree: &Tree, on: Date) -> Result<OfficeEvent, LoadError> {
    load(text, "code,district_code,name", Level::Village, tree, on)
}

fn load(
    text: &str,
    header: &'static str,
    level: Level,
    tree: &Tree,
    on: Date,
) -> Result<OfficeEvent, LoadError> {
    let mut rows = table::records(text).into_iter();
    if rows.next().is_none_or(|(_, row)| row.join(",") != header) {
        return Err(LoadError::Header { expected: header });
    }
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        match founding(line, &row, level, tree, on) {
            Ok(founding) => changes.push(OfficeChange::Found(founding)),
            Err(problem) => problems.push(problem),
        }
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if !problems.is_empty() {
        return Err(LoadError::Lines(problems));
    }
    Ok(OfficeEvent { date: FIRST_DAY, basis: "idn-area-data".to_owned(), changes })
}

fn founding(
    line: u32,
    row: &[String],
    level: Level,
    tree: &Tree,
    on: Date,
) -> Result<Founding, LoadProblem> {
    let [code, parent, name] = row else {
        return Err(LoadProblem::Columns { line });
    };
    let id = id(code, level).ok_or(LoadProblem::Code { line })?;
    let above = tree.ever_coded(parent).filter_map(|id| tree.at(id, on));
    let fits = |office: &OfficeAt<'_>| office.code == parent && office.level < level;
    let parent = above.into_iter().find(fits).ok_or(LoadProblem::Parent { line })?;
    Ok(Founding {
        id,
        level,
        code: code.clone(),
        bps: None,
        name: name.clone(),
        parent: Some(parent.id),
        from: Vec::new(),
        utc_offset_minutes: parent.utc_offset_minutes,
    })
}

/// The frozen rule from codes to ids; the regency's ids follow the same.
fn id(code: &str, level: Level) -> Option<OfficeId> {
    if code::level(code) != Some(level) {
        return None;
    }
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let (district, village) = digits.split_at_checked(6)?;
    let district: u32 = district.parse().ok()?;
    if village.is_empty() {
        return Some(OfficeId(district));
    }
    let village: u32 = village.parse().ok().filter(|number| *number < 4_000)?;
    district.checked_mul(4_000)?.checked_add(village).map(OfficeId)
}
