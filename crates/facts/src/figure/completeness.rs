//! How much of what is expected was received.
//!
//! What is expected is counted from schedules and the offices that existed: an office owes the
//! report of a period if it existed on the period's first and last day, once the report is due.
//! What is received is looked up among the expected, so a share never passes the whole.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OfficeId;
use domain::measure::due_ms;
use domain::pack::{Pack, Schedule};
use domain::period::{Date, Period};

use super::{Completeness, Context};
use crate::error::QueryError;
use crate::key::Key;
use crate::plan::Plan;
use crate::query::catalog::{self, ON_TIME, RECEIVED};
use crate::query::check::Asked;
use crate::query::{Axis, Query};

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    expected: u64,
    received: u64,
    on_time: u64,
}

type Received = BTreeSet<(OfficeId, Date)>;

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
            let received = received(plan, context, &format!("{name}{RECEIVED}")).await?;
            let on_time = received_on_time(plan, context, &name).await?;
            let counts = count(asked.query, plan, context, &entry.pack, schedule, |key| {
                (received.contains(key), on_time.contains(key))
            });
            let split = asked.query.rows.len();
            all.extend(counts.into_iter().map(|(keys, count)| {
                let texts: Vec<String> = keys.iter().map(Key::to_string).collect();
                Completeness {
                    row: texts[..split].to_vec(),
                    column: texts[split..].to_vec(),
                    schedule: name.clone(),
                    expected: count.expected,
                    received: count.received,
                    on_time: count.on_time,
                }
            }));
        }
    }
    Ok(all)
}

async fn received_on_time(
    plan: &Plan<'_>,
    context: &Context<'_>,
    schedule: &str,
) -> Result<Received, QueryError> {
    received(plan, context, &format!("{schedule}{ON_TIME}")).await
}

async fn received(
    plan: &Plan<'_>,
    context: &Context<'_>,
    measure: &str,
) -> Result<Received, QueryError> {
    let Some(entry) = catalog::find(context.packs, measure) else { return Ok(Received::new()) };
    Ok(plan.received(&entry).await?.into_iter().collect())
}

fn count(
    query: &Query,
    plan: &Plan<'_>,
    context: &Context<'_>,
    pack: &Pack,
    schedule: &Schedule,
    seen: impl Fn(&(OfficeId, Date)) -> (bool, bool),
) -> BTreeMap<Vec<Key>, Count> {
    let mut counts: BTreeMap<Vec<Key>, Count> = BTreeMap::new();
    let ty = pack.types.iter().find(|ty| ty.id == schedule.type_id);
    let Some(grain) = ty.and_then(|ty| ty.grain()) else { return counts };
    // What was due then, and not since, is what could be known then.
    let now_ms = query.as_known.map_or(context.now_ms, |moment| moment.0.min(context.now_ms));
    let mut period = Period::containing(grain, query.from.max(schedule.from));
    if period.first() < query.from.max(schedule.from) {
        period = period.next();
    }
    while period.first() <= query.to {
        let (first, last) = (period.first(), period.last());
        for level in &schedule.levels {
            for office in context.tree.list(first, Some(*level)) {
                let due = due_ms(schedule, last, office.utc_offset_minutes) < now_ms;
                if !due || !context.tree.exists(office.id, last) {
                    continue;
                }
                let span = plan.places.at(office.id, first).filter(|span| span.allowed());
                let Some(span) = span else { continue };
                let keys = query.rows.iter().chain(&query.columns).map(|axis| match axis {
                    Axis::Office(level) => Key::office(span.at(*level)),
                    Axis::Period(grain) => Key::period(*grain, first),
                    Axis::Dim(_) => Key::Nothing,
                });
                let count = counts.entry(keys.collect()).or_default();
                let (received, on_time) = seen(&(office.id, first));
                count.expected += 1;
                count.received += u64::from(received);
                count.on_time += u64::from(received && on_time);
            }
        }
        period = period.next();
    }
    counts
}
