//! What the groups of a measure look like.

use std::sync::Arc;

use domain::period::{Date, Grain, Period};

use crate::key::Key;
use crate::places::Places;
use crate::query::catalog::Entry;
use crate::query::{Axis, OfficeAxis, Query};

/// What the groups of a measure look like in a query.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(super) parts: Vec<Part>,
    pub(super) places: Arc<Places>,
    /// Dimensions of the measure that make groups: those of axes, then that of the unit.
    pub(super) dims: Vec<usize>,
    pub(super) has_unit: bool,
    first: Date,
    /// By day from the first on: the number of its periods.
    by_day: Vec<u32>,
    /// The keys on the period axes, by number.
    pub(super) periods: Vec<Vec<Key>>,
}

/// Where the key of an axis comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Office(OfficeAxis),
    Period,
    Dim,
    /// The measure lacks the dimension.
    Nothing,
}

impl Shape {
    /// The groups of a measure on the axes of a query.
    pub(crate) fn new(query: &Query, axes: &[Axis], entry: &Entry, places: Arc<Places>) -> Self {
        let (mut parts, mut dims, mut grains) = (Vec::new(), Vec::new(), Vec::new());
        for axis in axes {
            parts.push(match axis {
                Axis::Office(level) => Part::Office(*level),
                Axis::Period(grain) => {
                    grains.push(*grain);
                    Part::Period
                }
                Axis::Dim(key) => entry.dim(key).map_or(Part::Nothing, |dim| {
                    dims.push(dim);
                    Part::Dim
                }),
            });
        }
        dims.extend(entry.unit_dim());
        let (by_day, periods) = periods(query.from, query.to, &grains);
        let has_unit = entry.unit_dim().is_some();
        Self { parts, places, dims, has_unit, first: query.from, by_day, periods }
    }

    /// Dimensions of the measure that make groups, in the order in which words are given.
    pub(crate) fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Whether an office's place changes after the first and up to the last of these days.
    pub(crate) fn changes(&self, first: Date, last: Date) -> bool {
        self.places.changes(first, last)
    }

    /// The number of a day's periods; none outside the query's days.
    pub(crate) fn period(&self, date: Date) -> Option<u32> {
        let day = usize::try_from(date.0.checked_sub(self.first.0)?).ok()?;
        self.by_day.get(day).copied()
    }
}

/// The number of each day's periods, and the keys of each number.
fn periods(from: Date, to: Date, grains: &[Grain]) -> (Vec<u32>, Vec<Vec<Key>>) {
    let (mut by_day, mut keys) = (Vec::new(), Vec::new());
    let (mut date, end) = (from, to.plus_days(1));
    while date < end {
        let here: Vec<Period> = grains.iter().map(|g| Period::containing(*g, date)).collect();
        let next = here.iter().map(|period| period.next().first()).min().unwrap_or(end).min(end);
        let days = usize::try_from(next.0 - date.0).unwrap_or(0);
        by_day.extend(std::iter::repeat_n(super::number(keys.len()), days));
        keys.push(here.into_iter().map(Key::Period).collect());
        date = next;
    }
    (by_day, keys)
}
