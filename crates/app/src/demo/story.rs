//! The simulated year as steps in the order of time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use domain::period::Date;
use rand::RngExt;

use super::chance;
use super::country::Country;
use super::step::{Judge, Step};
use super::{daily, goods, incident};

/// In the east a day begins this much before it does in UTC.
const FIRST_MIDNIGHT_MS: u64 = 9 * 3_600_000;
const DAY_MS: u64 = 86_400_000;
/// Critical incidents in the hour before the demo is opened.
const CRITICAL_NOW: usize = 7;

/// Which part of the year is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The first day.
    pub(super) from: Date,
    /// Told already up to this moment: steps up to it are left out.
    pub(super) told_ms: u64,
    /// The present.
    pub(super) now_ms: u64,
}

impl Span {
    /// Days from the first to a moment: for a progress bar.
    pub(super) fn days_to(&self, ms: u64) -> u64 {
        u64::try_from(Date::of_ms(ms).0 - self.from.0).unwrap_or(0)
    }
}

/// Tells the steps between two moments, each day's when its turn comes.
#[derive(Debug)]
pub(super) struct Story {
    country: Arc<Country>,
    judge: Judge,
    span: Span,
    next_day: Date,
    waiting: BTreeMap<(u64, u64), Step>,
    count: u64,
    ready: VecDeque<Step>,
}

/// What becomes of an incident ends within so many days: from there a story is told again to go
/// on where it was broken off.
const LONGEST_DAYS: i32 = 40;

impl Story {
    pub(super) fn new(country: Arc<Country>, judge: Judge, span: Span) -> Self {
        let told = Date::of_ms(span.told_ms).plus_days(-LONGEST_DAYS);
        let mut story = Self {
            country,
            judge,
            span,
            next_day: span.from.max(told),
            waiting: BTreeMap::new(),
            count: 0,
            ready: VecDeque::new(),
        };
        let to = Date::of_ms(span.now_ms);
        let goods = goods::steps(&story.country, span.from, to, &story.judge);
        story.wait(goods);
        let critical = story.critical();
        story.wait(critical);
        story
    }

    fn critical(&self) -> Vec<Step> {
        let mut chance = chance::of(self.country.seed, &[6, self.span.now_ms]);
        let units = &self.country.units;
        let count = CRITICAL_NOW.min(units.len());
        (0..count)
            .map(|_| {
                let unit = &units[chance.random_range(0..units.len())];
                let at_ms = self.span.now_ms - chance.random_range(60_000..3_500_000);
                incident::critical(&mut chance, unit, at_ms)
            })
            .collect()
    }

    fn wait(&mut self, steps: Vec<Step>) {
        for step in steps {
            if self.span.told_ms < step.at_ms && step.at_ms <= self.span.now_ms {
                self.count += 1;
                self.waiting.insert((step.at_ms, self.count), step);
            }
        }
    }

    /// Tells one more day, and frees the steps before the next.
    fn tell_day(&mut self) {
        let country = Arc::clone(&self.country);
        let day = self.next_day;
        for unit in &country.units {
            self.wait(daily::steps(country.seed, unit, day, &self.judge));
            self.wait(incident::steps(country.seed, unit, day, &self.judge));
        }
        self.next_day = day.plus_days(1);
        let begins_ms = u64::from(self.next_day.0.unsigned_abs()) * DAY_MS - FIRST_MIDNIGHT_MS;
        let later = self.waiting.split_off(&(begins_ms, 0));
        self.ready.extend(std::mem::replace(&mut self.waiting, later).into_values());
    }
}

impl Iterator for Story {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        while self.ready.is_empty() {
            // Its local morning begins before its date does in UTC: one day further is told.
            if self.next_day > Date::of_ms(self.span.now_ms).plus_days(1) {
                let rest = std::mem::take(&mut self.waiting);
                self.ready.extend(rest.into_values());
                break;
            }
            self.tell_day();
        }
        self.ready.pop_front()
    }
}
