//! How much of what is expected was received.
//!
//! What is expected is counted from schedules and the offices that existed: an office owes the
//! report of a period if it existed on the period's first and last day, once the report is due.
//! What is received is looked up among the expected, so a share never passes the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ids::OfficeId;
use domain::measure::due_ms;
use domain::pack::{Pack, Schedule};
use domain::period::{Date, Period};

use super::{Completeness, Context};
use crate::error::QueryError;
use crate::fold::{Fold, Shape, Stay};
use crate::key::Key;
use crate::plan::Plan;
use crate::query::catalog::{self, ON_TIME, RECEIVED};
use crate::query::check::Asked;
use crate::query::{Axis, Query};

/// By office: whether a report of each day of the query stands.
type Received = BTreeMap<OfficeId, Vec<bool>>;

/// Completeness of the reports that the measures asked come from.
pub(super) async fn completeness(
    asked: &Asked<'_>,
    plan: &Plan<'_>,
    context: &Context<'_>,
) -> Result<Vec<Completeness>, QueryError> {
    let mut done = BTreeSet::new();
    let mut all = Vec::new();
    for entry in asked.bases() {
        for schedule in entry.schedules() {
            let name = format!("{}.{}", entry.pack.name, schedule.key);
            if !done.insert(name.clone()) {
                continue;
            }
            let [received, on_time] = [RECEIVED, ON_TIME].map(|what| format!("{name}{what}"));
            let Some(reports) = catalog::find(context.packs, &received) else { continue };
            let received = standing(plan, context, &received).await?;
            let on_time = standing(plan, context, &on_time).await?;
            let axes: Vec<Axis> = asked.axes().cloned().collect();
            let places = Arc::clone(&plan.places);
            let shape = Arc::new(Shape::new(asked.query, &axes, &reports, places));
            let count = Count { query: asked.query, context, schedule, fold: Fold::new(&shape) };
            let split = asked.query.rows.len();
            let mut counted = count.all(&reports.pack, &received, &on_time)?.weighed();
            counted.sort_by(|(a, _), (b, _)| a.keys.cmp(&b.keys));
            all.extend(counted.into_iter().map(|(group, expected)| {
                let texts: Vec<String> = group.keys.iter().map(Key::to_string).collect();
                let (received, on_time) = unpacked(group.value);
                Completeness {
                    row: texts[..split].to_vec(),
                    column: texts[split..].to_vec(),
                    schedule: name.clone(),
                    expected: expected.unsigned_abs(),
                    received,
                    on_time,
                }
            }));
        }
    }
    Ok(all)
}

async fn standing(
    plan: &Plan<'_>,
    context: &Context<'_>,
    measure: &str,
) -> Result<Received, QueryError> {
    let mut standing = Received::new();
    let Some(entry) = catalog::find(context.packs, measure) else { return Ok(standing) };
    let (from, to) = (plan.query.from, plan.query.to);
    let days = usize::try_from(to.0 - from.0 + 1).unwrap_or(0);
    for (office, date) in plan.received(&entry).await? {
        let of_office = standing.entry(office).or_insert_with(|| vec![false; days]);
        let day = usize::try_from(date.0 - from.0).ok();
        if let Some(stands) = day.and_then(|day| of_office.get_mut(day)) {
            *stands = true;
        }
    }
    Ok(standing)
}

/// Received reports, and those received in time, as one sum of a fold.
fn packed(received: bool, on_time: bool) -> i128 {
    i128::from(received) + (i128::from(received && on_time) << 64)
}

fn unpacked(sum: i128) -> (u64, u64) {
    let sum = sum.unsigned_abs();
    let low = u64::try_from(sum & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    (low, u64::try_from(sum >> 64).unwrap_or(u64::MAX))
}

/// Counts the reports of a schedule: a fold whose weights are what is expected.
struct Count<'a> {
    query: &'a Query,
    context: &'a Context<'a>,
    schedule: &'a Schedule,
    fold: Fold,
}

/// An office that owes reports.
struct Owing<'a> {
    id: OfficeId,
    utc_offset_minutes: i16,
    stay: Stay,
    received: &'a [bool],
    on_time: &'a [bool],
}

impl Count<'_> {
    fn all(
        mut self,
        pack: &Pack,
        received: &Received,
        on_time: &Received,
    ) -> Result<Fold, QueryError> {
        let (query, schedule) = (self.query, self.schedule);
        let ty = pack.types.iter().find(|ty| ty.id == schedule.type_id);
        let Some(grain) = ty.and_then(|ty| ty.grain()) else { return Ok(self.fold) };
        let begin = query.from.max(schedule.from);
        let mut period = Period::containing(grain, begin);
        if period.first() < begin {
            period = period.next();
        }
        let mut owing = Vec::new();
        let mut listed_until = period.first();
        while period.first() <= query.to {
            let (first, next) = (period.first(), period.next());
            if listed_until <= first {
                let changes = self.context.tree.change_dates();
                let after = changes.partition_point(|date| *date <= first);
                listed_until = changes.get(after).copied().unwrap_or(Date(i32::MAX));
                owing = self.owing(first, received, on_time);
            }
            self.add(&mut owing, (first, next.first().plus_days(-1)), listed_until)?;
            period = next;
        }
        Ok(self.fold)
    }

    /// The offices that owe the report of a period that begins on this day.
    fn owing<'r>(
        &self,
        first: Date,
        received: &'r Received,
        on_time: &'r Received,
    ) -> Vec<Owing<'r>> {
        let levels = self.schedule.levels.iter();
        let offices = levels.flat_map(|level| self.context.tree.list(first, Some(*level)));
        let of = |known: &'r Received, office: OfficeId| -> &'r [bool] {
            known.get(&office).map_or(&[], Vec::as_slice)
        };
        offices
            .map(|office| Owing {
                id: office.id,
                utc_offset_minutes: office.utc_offset_minutes,
                stay: Stay::NEVER,
                received: of(received, office.id),
                on_time: of(on_time, office.id),
            })
            .collect()
    }

    /// Adds the reports of a period, once they are due, of offices that existed to its end.
    fn add(
        &mut self,
        owing: &mut [Owing<'_>],
        (first, last): (Date, Date),
        changed: Date,
    ) -> Result<(), QueryError> {
        // What was due then, and not since, is what could be known then.
        let now_ms = self.context.now_ms;
        let now_ms = self.query.as_known.map_or(now_ms, |moment| moment.0.min(now_ms));
        let Some(period) = self.fold.shape().period(first) else { return Ok(()) };
        let day = usize::try_from(first.0 - self.query.from.0).unwrap_or(usize::MAX);
        for office in owing {
            let due = due_ms(self.schedule, last, office.utc_offset_minutes) < now_ms;
            if !due || changed <= last && !self.context.tree.exists(office.id, last) {
                continue;
            }
            if first < office.stay.from || office.stay.to <= first {
                office.stay = self.fold.stay(office.id, first);
            }
            let Some(place) = office.stay.place else { continue };
            let slot = self.fold.slot(place, 0)?;
            let stands = |days: &[bool]| days.get(day).copied().unwrap_or(false);
            let sum = packed(stands(office.received), stands(office.on_time));
            self.fold.add(slot, period, sum, 1);
        }
        Ok(())
    }
}
