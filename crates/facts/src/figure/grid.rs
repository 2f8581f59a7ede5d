//! The rows and columns of a figure: which there are, in order.
//!
//! Offices and periods are all there, whether they have facts or not: an office that reported
//! nothing must be seen. Values of dimensions are those that facts have.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OfficeId;
use domain::limits::FIGURE_CELLS_MAX;
use domain::office::{Level, Tree};
use domain::period::Period;

use crate::error::QueryError;
use crate::key::Key;
use crate::places::Places;
use crate::query::{Axis, OfficeAxis, Query};

/// One side of a figure.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) axes: Vec<Axis>,
    /// One key per axis.
    pub(super) lines: Vec<Vec<Key>>,
    index: BTreeMap<Vec<Key>, usize>,
}

/// Both sides.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) rows: Side,
    pub(super) columns: Side,
}

/// What a grid is made from besides the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    pub(super) places: &'a Places,
    pub(super) tree: &'a Tree,
    /// The levels whose offices are listed on a leaf axis.
    pub(super) levels: &'a BTreeSet<Level>,
}

impl Grid {
    /// The grid of a query whose facts have these keys (rows' axes, then columns').
    pub(super) fn new(
        query: &Query,
        ground: Ground<'_>,
        found: &BTreeSet<Vec<Key>>,
    ) -> Result<Self, QueryError> {
        let split = query.rows.len();
        let rows = found.iter().map(|keys| &keys[..split]).collect();
        let columns = found.iter().map(|keys| &keys[split..]).collect();
        let rows = Parts::new(query, &query.rows, ground, &rows);
        let columns = Parts::new(query, &query.columns, ground, &columns);
        within_limit(rows.lines().saturating_mul(columns.lines()))?;
        Ok(Self { rows: rows.side(&query.rows), columns: columns.side(&query.columns) })
    }
}

/// Refuses more cells than a figure may have.
pub(super) fn within_limit(cells: usize) -> Result<(), QueryError> {
    if cells > FIGURE_CELLS_MAX {
        return Err(QueryError::TooLarge { cells: cells as u64, max: FIGURE_CELLS_MAX });
    }
    Ok(())
}

impl Side {
    pub(super) fn position(&self, keys: &[Key]) -> Option<usize> {
        self.index.get(keys).copied()
    }

    pub(super) fn has_period(&self) -> bool {
        self.axes.iter().any(|axis| matches!(axis, Axis::Period(_)))
    }

    /// The keys of one axis, in order.
    pub(super) fn keys(&self, axis: usize) -> BTreeSet<&Key> {
        self.lines.iter().map(|line| &line[axis]).collect()
    }
}

/// Keys of a side by what they depend on: each kind's axes move together, different kinds
/// multiply.
struct Parts {
    kinds: [BTreeSet<Vec<Key>>; 3],
}

fn kind(axis: &Axis) -> usize {
    match axis {
        Axis::Office(_) => 0,
        Axis::Period(_) => 1,
        Axis::Dim(_) => 2,
    }
}

impl Parts {
    fn new(query: &Query, axes: &[Axis], ground: Ground<'_>, found: &BTreeSet<&[Key]>) -> Self {
        let of_kind = |wanted: usize| {
            found.iter().map(move |keys| {
                let pairs = axes.iter().zip(keys.iter());
                pairs.filter(|(axis, _)| kind(axis) == wanted).map(|(_, key)| key.clone()).collect()
            })
        };
        let mut kinds: [BTreeSet<Vec<Key>>; 3] = [0, 1, 2].map(|k| of_kind(k).collect());
        kinds[0].extend(offices(axes, ground));
        kinds[1].extend(periods(query, axes));
        for (wanted, kind_keys) in kinds.iter_mut().enumerate() {
            if !axes.iter().any(|axis| kind(axis) == wanted) {
                kind_keys.insert(Vec::new());
            }
        }
        Self { kinds }
    }

    fn lines(&self) -> usize {
        self.kinds.iter().fold(1, |lines, kind| lines.saturating_mul(kind.len()))
    }

    fn side(&self, axes: &[Axis]) -> Side {
        let [offices, periods, dims] = &self.kinds;
        let mut lines = BTreeSet::new();
        for office in offices {
            for period in periods {
                for dim in dims {
                    let mut parts = [office.iter(), period.iter(), dim.iter()];
                    let keys = axes.iter().filter_map(|axis| parts[kind(axis)].next().cloned());
                    lines.insert(keys.collect::<Vec<_>>());
                }
            }
        }
        let lines: Vec<_> = lines.into_iter().collect();
        let index = lines.iter().cloned().enumerate().map(|(at, line)| (line, at)).collect();
        Side { axes: axes.to_vec(), lines, index }
    }
}

fn offices(axes: &[Axis], ground: Ground<'_>) -> BTreeSet<Vec<Key>> {
    let levels = axes.iter().filter_map(|axis| match axis {
        Axis::Office(level) => Some(*level),
        Axis::Period(_) | Axis::Dim(_) => None,
    });
    let levels: Vec<OfficeAxis> = levels.collect();
    if levels.is_empty() {
        return BTreeSet::new();
    }
    let leaf = levels.contains(&OfficeAxis::Leaf);
    let listed = |office: OfficeId| {
        !leaf || ground.tree.level(office).is_some_and(|level| ground.levels.contains(&level))
    };
    let spans = ground.places.allowed().filter(|(office, _)| listed(*office));
    let lines = spans.map(|(_, span)| {
        levels.iter().map(|level| span.at(*level).map(Key::Office)).collect::<Option<Vec<_>>>()
    });
    lines.flatten().collect()
}

fn periods(query: &Query, axes: &[Axis]) -> BTreeSet<Vec<Key>> {
    let grains = axes.iter().filter_map(|axis| match axis {
        Axis::Period(grain) => Some(*grain),
        Axis::Office(_) | Axis::Dim(_) => None,
    });
    let grains: Vec<_> = grains.collect();
    let mut lines = BTreeSet::new();
    let mut date = query.from;
    while !grains.is_empty() && date <= query.to {
        let here: Vec<Period> = grains.iter().map(|g| Period::containing(*g, date)).collect();
        let next = here.iter().map(|period| period.next().first()).min();
        lines.insert(here.into_iter().map(Key::Period).collect());
        date = next.unwrap_or_else(|| date.plus_days(1));
    }
    lines
}
