//! What early warning is asked: which counts, of which offices and periods, by which method.

use std::fmt;
use std::str::FromStr;

use domain::ids::OfficeId;
use domain::limits::WATCH_PERIODS_MAX;
use domain::pack::{MeasureKind, Unit};
use domain::period::{Date, Grain, Period};
use domain::problem::{Problem, ProblemCode};

use super::Method;
use super::cusum::Cusum;
use super::ears::{Ears, Kind};
use super::farrington::Farrington;
use crate::error::QueryError;
use crate::figure::Context;
use crate::query::catalog::{self, Entry};
use crate::query::{Axis, Boundaries, Filter, Moment, OfficeAxis, Query};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The measure, `pack.key`: one that counts.
    pub measure: String,
    /// Only facts whose dimensions have these values.
    pub filters: Vec<Filter>,
    /// Only offices within this one.
    pub office: Option<OfficeId>,
    /// Whose counts are judged.
    pub level: OfficeAxis,
    /// Of which periods: days, weeks or months.
    pub grain: Grain,
    /// The last day; only periods that have ended by then are judged.
    pub to: Date,
    /// How many of the last periods are judged.
    pub periods: usize,
    /// The method.
    pub method: Name,
    /// The share of false alarms meant, per period and office (for the scan: per look at all);
    /// the method's own if none. CUSUM has none.
    pub alpha: Option<f64>,
    /// Only what this node knew at this moment; now if absent.
    pub as_known: Option<Moment>,
    /// Where chance begins: the same question has the same answer.
    pub seed: u64,
}

/// The methods by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// EARS C1.
    C1,
    /// EARS C2.
    C2,
    /// EARS C3.
    C3,
    /// CUSUM.
    Cusum,
    /// Farrington flexible.
    Farrington,
    /// The space–time scan.
    Scan,
}

const NAMES: [(&str, Name); 6] = [
    ("c1", Name::C1),
    ("c2", Name::C2),
    ("c3", Name::C3),
    ("cusum", Name::Cusum),
    ("farrington", Name::Farrington),
    ("scan", Name::Scan),
];

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(_, name)| name == self).map_or("", |(text, _)| text))
    }
}

/// A text that names no method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a method: write c1, c2, c3, cusum, farrington or scan")]
pub struct NameError;

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        NAMES.iter().find(|(known, _)| *known == text).map(|(_, name)| *name).ok_or(NameError)
    }
}

/// Periods of a year.
pub(super) fn per_year(grain: Grain) -> usize {
    match grain {
        Grain::Day => 365,
        Grain::Week => 52,
        Grain::Month => 12,
        Grain::Quarter => 4,
        Grain::Third => 3,
        Grain::Half => 2,
        Grain::Year => 1,
    }
}

impl Name {
    /// The method with its settings for periods of a grain; none for the scan, which judges all
    /// offices together.
    #[must_use]
    pub fn method(self, grain: Grain, alpha: Option<f64>) -> Option<Method> {
        let ears = |kind| {
            let own = Ears::new(kind);
            Method::Ears(Ears { alpha: alpha.unwrap_or(own.alpha), ..own })
        };
        // A year; of days eight weeks, so that the season doesn't count as a rise.
        let baseline = if grain == Grain::Day { 56 } else { per_year(grain) };
        Some(match self {
            Self::C1 => ears(Kind::C1),
            Self::C2 => ears(Kind::C2),
            Self::C3 => ears(Kind::C3),
            Self::Cusum => Method::Cusum(Cusum { baseline, ..Cusum::default() }),
            Self::Farrington => {
                let own = Farrington::new(per_year(grain));
                Method::Farrington(Farrington { alpha: alpha.unwrap_or(own.alpha), ..own })
            }
            Self::Scan => return None,
        })
    }
}

impl Question {
    /// Periods before the judged ones that are needed.
    pub(super) fn history(&self) -> usize {
        self.method
            .method(self.grain, self.alpha)
            .map_or_else(|| per_year(self.grain).min(56), |method| method.history())
    }

    /// Checks what a query doesn't: that it counts, and that the numbers make sense.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<Entry, QueryError> {
        let mut problems = Vec::new();
        let mut wrong = |at: &str, why: &str| {
            problems.push(Problem::new(ProblemCode::QueryInvalid).at(at).with("why", why));
        };
        if self.periods == 0 || self.periods > WATCH_PERIODS_MAX {
            wrong("periods", "count");
        }
        if !matches!(self.grain, Grain::Day | Grain::Week | Grain::Month) {
            wrong("grain", "day_week_or_month");
        }
        if self.method == Name::Farrington && self.grain == Grain::Day {
            wrong("method", "farrington_of_weeks_or_months");
        }
        if self.alpha.is_some_and(|alpha| !(alpha > 0.0 && alpha <= 0.2)) {
            wrong("alpha", "above_0_up_to_0.2");
        }
        let Some(entry) = catalog::find(context.packs, &self.measure) else {
            let unknown = Problem::new(ProblemCode::QueryUnknown).at("measure");
            return Err(QueryError::Invalid(vec![unknown.with("name", &self.measure)]));
        };
        let counts = matches!(entry.kind, MeasureKind::Additive(_));
        if !counts || entry.scale != 0 || !matches!(entry.unit, Unit::Fixed(_)) {
            wrong("measure", "not_a_count");
        }
        if problems.is_empty() { Ok(entry) } else { Err(QueryError::Invalid(problems)) }
    }

    /// The last period judged: the last that has ended by the day asked, and by today.
    pub(super) fn last(&self, today: Date) -> Period {
        let to = self.to.min(today.plus_days(-1));
        let period = Period::containing(self.grain, to);
        if period.last() <= to { period } else { period.previous() }
    }

    /// The figure that holds the counts. By the boundaries of today, so that no office's counts
    /// fall because it was split.
    pub(super) fn query(&self, today: Date) -> Query {
        let last = self.last(today);
        let mut first = last;
        for _ in 1..self.periods + self.history() {
            first = first.previous();
        }
        Query {
            measures: vec![self.measure.clone()],
            rows: vec![Axis::Office(self.level)],
            columns: vec![Axis::Period(self.grain)],
            filters: self.filters.clone(),
            office: self.office,
            from: first.first(),
            to: last.last(),
            boundaries: Boundaries::Now,
            as_known: self.as_known,
        }
    }
}
