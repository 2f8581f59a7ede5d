//! Keys of axes, as values that sort the way they are read.

use std::fmt;

use domain::ids::OfficeId;
use domain::period::{Date, Grain, Period};

use crate::query::Axis;

/// A key of an axis.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Office(OfficeId),
    Period(Period),
    Text(String),
    /// The fact has no office at the level, or no value of the dimension. Stands last.
    Nothing,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office(office) => office.fmt(f),
            Self::Period(period) => period.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Nothing => Ok(()),
        }
    }
}

impl Key {
    pub(crate) fn office(office: Option<OfficeId>) -> Self {
        office.map_or(Self::Nothing, Self::Office)
    }

    pub(crate) fn period(grain: Grain, date: Date) -> Self {
        Self::Period(Period::containing(grain, date))
    }

    pub(crate) fn text(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Nothing,
            Some(text) => Self::Text(text.to_owned()),
        }
    }

    /// The key that a text names on an axis.
    pub(crate) fn parse(axis: &Axis, text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Nothing);
        }
        match axis {
            Axis::Office(_) => text.parse().ok().map(|id| Self::Office(OfficeId(id))),
            Axis::Period(grain) => {
                let period: Period = text.parse().ok()?;
                (period.grain() == *grain).then_some(Self::Period(period))
            }
            Axis::Dim(_) => Some(Self::Text(text.to_owned())),
        }
    }
}
