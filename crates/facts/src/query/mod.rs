//! The semantic query: what a figure asks. JSON for the API and the command line.
//!
//! A query names measures, axes and filters; it never holds SQL. [`check::check`] turns it into
//! a [`check::Asked`], which is known to make sense, or says everything that is wrong with it.

use std::fmt;
use std::str::FromStr;

use domain::ids::OfficeId;
use domain::office::Level;
use domain::period::{Date, Grain};
use serde::{Deserialize, Serialize};

pub mod catalog;
pub mod check;
pub mod top;
pub mod view;

/// Axes on one side of a figure: more can't be read.
pub const AXES_MAX: usize = 3;
/// Filters of one query: one per dimension of a measure.
pub const FILTERS_MAX: usize = domain::limits::DIMS_PER_MEASURE_MAX;
/// Values of one filter.
pub const FILTER_VALUES_MAX: usize = 500;
/// Days that a query may span: two centuries.
pub const QUERY_DAYS_MAX: i32 = 73_050;

/// A query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Measures, as `pack.key`; also `pack.SCHEDULE:received` and `pack.SCHEDULE:on_time`; each may
    /// be followed by a view, as `pack.key@growth:year`.
    pub measures: Vec<String>,
    /// Axes of the rows; none gives one row.
    #[serde(default)]
    pub rows: Vec<Axis>,
    /// Axes of the columns; none gives one column.
    #[serde(default)]
    pub columns: Vec<Axis>,
    /// Only facts whose dimensions have these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<Filter>,
    /// Only this office and what lies below it, by the boundaries asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<OfficeId>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// By which tree offices are placed.
    #[serde(default)]
    pub boundaries: Boundaries,
    /// Only what this node knew at this moment; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_known: Option<Moment>,
    /// Only the first rows by a number; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<top::Top>,
}

/// A condition on a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The dimension's key.
    pub dim: String,
    /// The values that count; `""` stands for no value.
    #[serde(rename = "in")]
    pub values: Vec<String>,
}

/// An axis: `office:province`, `period:month`, or the key of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Axis {
    /// The ancestor of a fact's office at this level, or the office itself.
    Office(OfficeAxis),
    /// The period that contains a fact's date.
    Period(Grain),
    /// A dimension.
    Dim(String),
}

/// Which office of a fact's line stands on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfficeAxis {
    /// The one at this level.
    Level(Level),
    /// The office that the fact belongs to, whatever its level.
    Leaf,
}

/// By which tree offices are placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundaries {
    /// Each fact by the tree of its own date.
    #[default]
    Then,
    /// All by the tree of today.
    Now,
    /// All by the tree of this day.
    On(Date),
}

/// A moment, in milliseconds since 1970. Prints as `2021-02-01T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

/// A text that isn't what it should be; the place is in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not an axis.
    #[error("not an axis: write office:province, period:month or a dimension's key")]
    Axis,
    /// Not boundaries.
    #[error("not boundaries: write then, now or a date")]
    Boundaries,
    /// Not a view of a measure.
    #[error("not a view: write share:row, growth:year, cumulative, rolling:3 or percentile:50")]
    View,
    /// Not a moment.
    #[error("not a moment: write 2021-02-01T00:00:00Z")]
    Moment,
}

const LEVELS: [(&str, Level); 5] = [
    ("centre", Level::Centre),
    ("province", Level::Province),
    ("regency", Level::Regency),
    ("district", Level::District),
    ("village", Level::Village),
];

const GRAINS: [(&str, Grain); 7] = [
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("third", Grain::Third),
    ("half", Grain::Half),
    ("year", Grain::Year),
];

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office(axis) => write!(f, "office:{axis}"),
            Self::Period(grain) => {
                let known = GRAINS.iter().find(|(_, g)| g == grain);
                write!(f, "period:{}", known.map_or("", |(name, _)| name))
            }
            Self::Dim(key) => f.write_str(key),
        }
    }
}

impl fmt::Display for OfficeAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leaf => "leaf",
            Self::Level(level) => {
                LEVELS.iter().find(|(_, l)| l == level).map_or("", |(name, _)| name)
            }
        })
    }
}

impl FromStr for Axis {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let named = |name: &str| LEVELS.iter().find(|(known, _)| *known == name);
        match text.split_once(':') {
            Some(("office", "leaf")) => Ok(Self::Office(OfficeAxis::Leaf)),
            Some(("office", name)) => named(name)
                .map(|(_, level)| Self::Office(OfficeAxis::Level(*level)))
                .ok_or(TextError::Axis),
            Some(("period", name)) => GRAINS
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, grain)| Self::Period(*grain))
                .ok_or(TextError::Axis),
            Some(_) => Err(TextError::Axis),
            None if text.is_empty() => Err(TextError::Axis),
            None => Ok(Self::Dim(text.to_owned())),
        }
    }
}

impl fmt::Display for Boundaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Then => f.write_str("then"),
            Self::Now => f.write_str("now"),
            Self::On(date) => date.fmt(f),
        }
    }
}

impl FromStr for Boundaries {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match text {
            "then" => Ok(Self::Then),
            "now" => Ok(Self::Now),
            date => date.parse().map(Self::On).map_err(|_| TextError::Boundaries),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(ms) {
            Ok(moment) => moment.fmt(f),
            Err(_) => jiff::Timestamp::MAX.fmt(f),
        }
    }
}

impl FromStr for Moment {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| TextError::Moment)?;
        u64::try_from(moment.as_millisecond()).map(Self).map_err(|_| TextError::Moment)
    }
}

macro_rules! serde_as_text {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(Axis Boundaries Moment);
