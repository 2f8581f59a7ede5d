//! The counts to be judged, from the same facts and within the same scope as a figure's.

use std::collections::BTreeMap;

use domain::ids::OfficeId;
use domain::period::{Date, Grain, Period};

use super::ask::Question;
use super::{Point, delay};
use crate::error::QueryError;
use crate::figure::{Cell, Context, Figure, MeasureInfo, Scope, State, UpTo, wanted};
use crate::query::Query;
use crate::query::catalog::Entry;
use crate::store::Facts;

/// How old a period of each grain must be to count as whole, in periods: after a month of days,
/// a quarter of weeks, half a year of months what is still missing tells about work, not delay.
const AGES: [(Grain, usize); 3] = [(Grain::Day, 31), (Grain::Week, 13), (Grain::Month, 6)];
/// Periods from which delay is learnt, in such ages: long enough for steady shares, short enough
/// to follow an office that has become quicker.
const AGES_LEARNT: usize = 6;
/// A share below this says that next to nothing has come: what is expected of so little isn't
/// worth judging.
const SHARE_MIN: f64 = 0.05;

/// How counts are corrected for what hasn't been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    /// By the reports received of those expected.
    Completeness,
    /// By the share of a period's count that is usually known at its age.
    Delay,
}

/// The counts of all offices, ready to be judged.
#[derive(Clone, Debug)]
pub struct Counts {
    /// The measure.
    pub measure: MeasureInfo,
    /// The periods, the judged ones last.
    pub periods: Vec<Period>,
    /// The offices with their series.
    pub offices: Vec<OfficeCounts>,
    /// How they are corrected.
    pub correction: Correction,
    /// What the counts hold.
    pub up_to: UpTo,
}

/// One office's counts.
#[derive(Clone, Debug)]
pub struct OfficeCounts {
    /// The office.
    pub office: OfficeId,
    /// Its name.
    pub label: String,
    /// Its series; none where a count is hidden: what can be concluded from hidden counts is
    /// hidden too.
    pub points: Option<Vec<Point>>,
}

impl Facts {
    /// The counts that a question is about, all from one moment of the facts.
    ///
    /// # Errors
    /// As [`Facts::figure`]; and if the measure doesn't count or the numbers make no sense.
    pub async fn counts(
        &self,
        question: &Question,
        context: &Context<'_>,
        scope: &Scope,
    ) -> Result<Counts, QueryError> {
        let entry = question.check(context)?;
        let query = question.query(context.today);
        let mut figure = self.figure(&query, context, scope).await?;
        let measure = figure.measures.remove(0);
        let scheduled = figure.completeness.iter().any(|known| known.expected > 0);
        let (correction, shares) = if scheduled {
            (Correction::Completeness, received(&figure))
        } else {
            let learnt = self.learnt(question, &entry, context, scope).await?;
            (Correction::Delay, by_age(question, context, &learnt, &periods(&query, question)))
        };
        let periods = periods(&query, question);
        let offices = offices(&figure, &periods, &shares);
        Ok(Counts { measure, periods, offices, correction, up_to: figure.up_to })
    }

    /// The share of a period's count known when it is 0, 1, … periods old, over all of the scope.
    async fn learnt(
        &self,
        question: &Question,
        entry: &Entry,
        context: &Context<'_>,
        scope: &Scope,
    ) -> Result<Vec<f64>, QueryError> {
        let ages = AGES.iter().find(|(grain, _)| *grain == question.grain).map_or(0, |(_, n)| *n);
        let present = present(question, context);
        let mut first = present.previous();
        for _ in 1..ages * AGES_LEARNT {
            first = first.previous();
        }
        let query = Query {
            from: first.first(),
            to: present.first().plus_days(-1),
            ..question.query(context.today)
        };
        let places = wanted(&query, context, scope);
        let snapshot = self.snapshot();
        let plan = self.plan(&query, &places, &snapshot)?;
        let mut grown: BTreeMap<Period, BTreeMap<usize, f64>> = BTreeMap::new();
        for (of, known, count) in plan.known_by_period(entry, question.grain).await? {
            let (of, known) = (period(question.grain, of), period(question.grain, known));
            let age = steps(of, known).min(ages);
            *grown.entry(of).or_default().entry(age).or_default() += count;
        }
        let rows = grown.iter().map(|(of, grown)| {
            let mut sum = 0.0;
            // The present period isn't over: what becomes known in it is still growing.
            let seen = steps(*of, present).min(ages);
            let sums = (0..seen).map(|age| {
                sum += grown.get(&age).copied().unwrap_or(0.0);
                sum
            });
            sums.collect::<Vec<f64>>()
        });
        Ok(delay::shares(&rows.collect::<Vec<_>>()))
    }
}

fn period(grain: Grain, date: Date) -> Period {
    Period::containing(grain, date)
}

/// The period in which the node, or the moment asked, is.
fn present(question: &Question, context: &Context<'_>) -> Period {
    let now_ms = question.as_known.map_or(context.now_ms, |moment| moment.0.min(context.now_ms));
    period(question.grain, Date::of_ms(now_ms))
}

/// Periods from one to a later one; 0 if it isn't later.
fn steps(from: Period, to: Period) -> usize {
    let (mut steps, mut at) = (0, from);
    while at < to {
        (steps, at) = (steps + 1, at.next());
    }
    steps
}

fn periods(query: &Query, question: &Question) -> Vec<Period> {
    let mut all = vec![period(question.grain, query.from)];
    while let Some(last) = all.last().filter(|last| last.last() < query.to) {
        all.push(last.next());
    }
    all
}

/// Shares by office key and period key; an empty office key stands for all.
type Shares = BTreeMap<(String, String), f64>;

/// The share of the expected reports that was received, by office and period. What wasn't
/// expected isn't missing.
fn received(figure: &Figure) -> Shares {
    let mut sums: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for known in &figure.completeness {
        let sum = sums.entry((known.row.concat(), known.column.concat())).or_default();
        *sum = (sum.0 + known.received, sum.1 + known.expected);
    }
    let shares = sums.into_iter().filter(|(_, (_, expected))| *expected > 0);
    shares.map(|(key, (got, expected))| (key, got as f64 / expected as f64)).collect()
}

fn by_age(question: &Question, context: &Context<'_>, learnt: &[f64], all: &[Period]) -> Shares {
    let present = present(question, context);
    let share = |period: &Period| {
        let age = steps(*period, present).checked_sub(1)?;
        let share = learnt.get(age).copied()?;
        Some(((String::new(), period.to_string()), share))
    };
    all.iter().filter_map(share).collect()
}

fn offices(figure: &Figure, periods: &[Period], shares: &Shares) -> Vec<OfficeCounts> {
    let keys = figure.axes.rows.first().map_or(&[][..], |axis| &axis.keys);
    let mut cells: BTreeMap<(&str, &str), &Cell> = BTreeMap::new();
    for cell in &figure.cells {
        if let ([row], [column]) = (&cell.row[..], &cell.column[..]) {
            cells.insert((row, column), cell);
        }
    }
    let one = |key: &crate::figure::Key| {
        let office = OfficeId(key.key.parse().ok()?);
        let points = periods.iter().map(|period| {
            let period = period.to_string();
            let count = count(cells.get(&(key.key.as_str(), period.as_str())).copied())?;
            let of = |office: &str| shares.get(&(office.to_owned(), period.clone())).copied();
            let share = of(&key.key).or_else(|| of("")).unwrap_or(1.0);
            Some(Point { count, share: if share < SHARE_MIN { 0.0 } else { share } })
        });
        Some(OfficeCounts { office, label: key.label.clone(), points: points.collect() })
    };
    keys.iter().filter_map(one).collect()
}

/// A cell as a count. Without a fact nothing was counted: whether it was received is the share's
/// to say.
fn count(cell: Option<&Cell>) -> Option<f64> {
    match cell.map(|cell| (cell.state, &cell.value)) {
        Some((State::Suppressed | State::Incomputable, _)) => None,
        Some((State::Value, Some(value))) => value.parse::<f64>().ok().map(|count| count.max(0.0)),
        Some((State::Value | State::None, _)) | None => Some(0.0),
    }
}
