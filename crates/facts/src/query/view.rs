//! Views of a measure: what a figure shows of its numbers instead of the numbers themselves.
//!
//! A view is written after the measure: `kejadian.jumlah@growth:year`. It is computed from the
//! figure's own cells, never from what they hide.

use std::fmt;
use std::str::FromStr;

use domain::pack::MeasureKind;
use domain::period::{Grain, Period};
use domain::problem::{Problem, ProblemCode};

use super::check::Asked;
use super::{Axis, Query, TextError};

/// Periods that a rolling sum reaches over at most: five years of months.
pub const ROLLING_PERIODS_MAX: u16 = 60;

/// A measure as it is asked: `pack.key`, or `pack.key@VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// As it stands in the query and in the cells.
    pub name: String,
    /// The measure, `pack.key`.
    pub base: String,
    /// What is shown of it; its numbers if none.
    pub view: Option<View>,
}

/// What is shown of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Percent of a total: `share:row`, `share:column`, `share:all`.
    Share(Of),
    /// By how many percent it differs from an earlier period: `growth:period`, `growth:year`.
    Growth(Back),
    /// By how much it differs from an earlier period: `change:period`, `change:year`.
    Change(Back),
    /// What an earlier period had: `before:period`, `before:year`.
    Before(Back),
    /// The sum from the year's first period on: `cumulative`.
    Cumulative,
    /// The sum over this many periods, this one the last: `rolling:3`.
    Rolling(u16),
    /// The value that so many percent of the records' values don't exceed, by nearest rank:
    /// `percentile:50`.
    Percentile(u8),
}

/// The total that a share is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The cell's row.
    Row,
    /// The cell's column.
    Column,
    /// The whole figure.
    All,
}

/// The earlier period that a cell is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// The one before.
    Period,
    /// The same of the year before.
    Year,
}

const FIXED: [(&str, View); 10] = [
    ("share:row", View::Share(Of::Row)),
    ("share:column", View::Share(Of::Column)),
    ("share:all", View::Share(Of::All)),
    ("growth:period", View::Growth(Back::Period)),
    ("growth:year", View::Growth(Back::Year)),
    ("change:period", View::Change(Back::Period)),
    ("change:year", View::Change(Back::Year)),
    ("before:period", View::Before(Back::Period)),
    ("before:year", View::Before(Back::Year)),
    ("cumulative", View::Cumulative),
];

impl FromStr for View {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if let Some((_, view)) = FIXED.iter().find(|(name, _)| *name == text) {
            return Ok(*view);
        }
        let plain = |number: &str| !number.starts_with(['+', '0']);
        match text.split_once(':') {
            Some(("rolling", number)) if plain(number) => {
                let periods = number.parse().map_err(|_| TextError::View)?;
                let fits = (2..=ROLLING_PERIODS_MAX).contains(&periods);
                if fits { Ok(Self::Rolling(periods)) } else { Err(TextError::View) }
            }
            Some(("percentile", number)) if plain(number) => {
                let percent = number.parse().map_err(|_| TextError::View)?;
                if (1..=100).contains(&percent) {
                    Ok(Self::Percentile(percent))
                } else {
                    Err(TextError::View)
                }
            }
            _ => Err(TextError::View),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = FIXED.iter().find(|(_, view)| view == self) {
            return f.write_str(name);
        }
        match self {
            Self::Rolling(periods) => write!(f, "rolling:{periods}"),
            Self::Percentile(percent) => write!(f, "percentile:{percent}"),
            Self::Share(_)
            | Self::Growth(_)
            | Self::Change(_)
            | Self::Before(_)
            | Self::Cumulative => Ok(()),
        }
    }
}

impl Spec {
    /// Reads a measure as it is asked; none if what follows `@` is no view.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (base, view) = match name.split_once('@') {
            Some((base, view)) => (base, Some(view.parse().ok()?)),
            None => (name, None),
        };
        Some(Self { name: name.to_owned(), base: base.to_owned(), view })
    }
}

impl View {
    /// Whether it looks at other periods than the cell's.
    #[must_use]
    pub fn is_over_time(self) -> bool {
        match self {
            Self::Growth(_)
            | Self::Change(_)
            | Self::Before(_)
            | Self::Cumulative
            | Self::Rolling(_) => true,
            Self::Share(_) | Self::Percentile(_) => false,
        }
    }

    /// Whether its numbers are percentages.
    #[must_use]
    pub fn is_percent(self) -> bool {
        matches!(self, Self::Share(_) | Self::Growth(_))
    }

    /// The earliest period that it needs for this one.
    pub(crate) fn reaches(self, period: Period) -> Period {
        match self {
            Self::Growth(back) | Self::Change(back) | Self::Before(back) => match back {
                Back::Period => period.previous(),
                Back::Year => period.year_before().unwrap_or_else(|| {
                    Period::containing(period.grain(), period.first().plus_days(-366))
                }),
            },
            Self::Cumulative => {
                let mut first = period;
                while first.previous().year() == period.year() {
                    first = first.previous();
                }
                first
            }
            Self::Rolling(periods) => (1..periods).fold(period, |period, _| period.previous()),
            Self::Share(_) | Self::Percentile(_) => period,
        }
    }
}

/// The one period axis of a query: its place among rows and columns, and its grain.
pub(crate) fn period_axis(query: &Query) -> Option<(usize, Grain)> {
    let axes = query.rows.iter().chain(&query.columns).enumerate();
    let mut periods = axes.filter_map(|(index, axis)| match axis {
        Axis::Period(grain) => Some((index, *grain)),
        Axis::Office(_) | Axis::Dim(_) => None,
    });
    let first = periods.next();
    first.filter(|_| periods.next().is_none())
}

/// Says what is wrong with the views of a query.
pub(crate) fn check(asked: &Asked<'_>, problems: &mut Vec<Problem>) {
    let query = asked.query;
    let mut whole = true;
    for (index, spec) in asked.specs.iter().enumerate() {
        let Some(view) = spec.view else { continue };
        let problem = |why: &str| {
            let problem = Problem::new(ProblemCode::QueryInvalid).at(format!("measures[{index}]"));
            problem.with("why", why).with("name", &spec.name)
        };
        if !kind_fits(asked, spec, view) {
            problems.push(problem("not_additive"));
        }
        let (rows, columns) = (!query.rows.is_empty(), !query.columns.is_empty());
        let has_total = match view {
            View::Share(Of::Row) => columns,
            View::Share(Of::Column) => rows,
            View::Share(Of::All) => rows || columns,
            View::Growth(_)
            | View::Change(_)
            | View::Before(_)
            | View::Cumulative
            | View::Rolling(_)
            | View::Percentile(_) => true,
        };
        if !has_total {
            problems.push(problem("no_axis"));
        }
        if view.is_over_time() {
            match period_axis(query) {
                None => problems.push(problem("one_period_axis")),
                Some((_, grain)) => {
                    whole &= Period::containing(grain, query.from).first() == query.from;
                }
            }
        }
    }
    if !whole {
        let problem = Problem::new(ProblemCode::QueryInvalid).at("from");
        problems.push(problem.with("why", "not_whole_periods"));
    }
}

/// Whether numbers of the measure's kind can be shown so.
fn kind_fits(asked: &Asked<'_>, spec: &Spec, view: View) -> bool {
    let Some(entry) = asked.entries.get(&spec.base) else { return true };
    let additive = matches!(entry.kind, MeasureKind::Additive(_));
    match view {
        View::Share(_) => additive || matches!(entry.kind, MeasureKind::Last(_)),
        View::Percentile(_) => additive,
        View::Cumulative | View::Rolling(_) => {
            let mut bases = asked.bases_of(entry).into_iter();
            bases.all(|base| matches!(base.kind, MeasureKind::Additive(_)))
        }
        View::Growth(_) | View::Change(_) | View::Before(_) => true,
    }
}
