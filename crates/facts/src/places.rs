//! Where offices stand: for every office, intervals of dates with its ancestors.
//!
//! Facts hold only the office they belong to. "Then" and "now" are two of these tables over the
//! same facts.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OfficeId;
use domain::office::{Level, Tree};
use domain::period::Date;

use crate::figure::{Offices, Scope};
use crate::query::{Boundaries, OfficeAxis};

const LEVELS: [Level; 5] =
    [Level::Centre, Level::Province, Level::Regency, Level::District, Level::Village];
/// Heirs of heirs, or sources of sources, that are followed.
const HEIRS_MAX: usize = 16;

/// How offices are placed for one query.
#[derive(Debug)]
pub(crate) struct Places {
    spans: BTreeMap<OfficeId, Vec<Span>>,
    /// Facts of offices that the tree doesn't know count too: nothing restricts the offices.
    unrestricted: bool,
    /// Dates on which the place of some office changes.
    changes: BTreeSet<Date>,
}

/// An office's place during an interval of dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    from: Date,
    to: Date,
    /// By level; the office itself stands at its own.
    line: [Option<OfficeId>; 5],
    /// The office itself, or what stands for it by the boundaries asked.
    leaf: Option<OfficeId>,
    /// It lies within the office asked and the scope.
    allowed: bool,
}

/// What places are made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) today: Date,
    pub(crate) boundaries: Boundaries,
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) office: Option<OfficeId>,
    pub(crate) scope: &'a Scope,
}

impl Span {
    /// The first day of it.
    pub(crate) fn from(&self) -> Date {
        self.from
    }

    /// The day after its last.
    pub(crate) fn to(&self) -> Date {
        self.to
    }

    pub(crate) fn at(&self, axis: OfficeAxis) -> Option<OfficeId> {
        match axis {
            OfficeAxis::Leaf => self.leaf,
            OfficeAxis::Level(level) => {
                LEVELS.iter().zip(self.line).find(|(l, _)| **l == level).and_then(|(_, id)| id)
            }
        }
    }

    pub(crate) fn allowed(&self) -> bool {
        self.allowed
    }
}

impl Places {
    pub(crate) fn new(wanted: &Wanted<'_>) -> Self {
        let tree = wanted.tree;
        let mut offices: BTreeSet<OfficeId> = BTreeSet::new();
        for date in tree.change_dates().iter().chain([&wanted.from, &wanted.to, &wanted.today]) {
            offices.extend(tree.list(*date, None).iter().map(|office| office.id));
        }
        let mut edges = vec![wanted.from];
        edges.extend(changes_within(tree, wanted.from, wanted.to));
        edges.push(wanted.to.plus_days(1));
        let mut spans = BTreeMap::new();
        for office in offices {
            let mut own: Vec<Span> = Vec::new();
            for edge in edges.windows(2) {
                let next = wanted.span(office, edge[0], edge[1]);
                match own.last_mut() {
                    Some(last) if last.same_place(&next) => last.to = next.to,
                    _ => own.push(next),
                }
            }
            spans.insert(office, own);
        }
        let unrestricted = wanted.office.is_none() && wanted.scope.offices == Offices::All;
        let later = spans.values().flat_map(|own| own.iter().skip(1));
        let changes = later.map(|span| span.from).collect();
        Self { spans, unrestricted, changes }
    }

    /// Whether an office's place changes after the first and up to the last of these days.
    pub(crate) fn changes(&self, first: Date, last: Date) -> bool {
        self.changes.range(first.plus_days(1)..=last).next().is_some()
    }

    pub(crate) fn at(&self, office: OfficeId, date: Date) -> Option<&Span> {
        let spans = self.spans.get(&office)?;
        spans.iter().find(|span| span.from <= date && date < span.to)
    }

    pub(crate) fn allows(&self, office: OfficeId, date: Date) -> bool {
        self.at(office, date).map_or(self.unrestricted, |span| span.allowed)
    }

    /// The offices whose facts may count, where they are fewer than all.
    pub(crate) fn restricted_to(&self) -> Option<BTreeSet<OfficeId>> {
        if self.unrestricted {
            return None;
        }
        let any = |spans: &Vec<Span>| spans.iter().any(Span::allowed);
        Some(self.spans.iter().filter(|(_, spans)| any(spans)).map(|(id, _)| *id).collect())
    }

    /// Every allowed span, with its office.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = (OfficeId, &Span)> {
        let all = self.spans.iter().flat_map(|(id, spans)| spans.iter().map(|span| (*id, span)));
        all.filter(|(_, span)| span.allowed)
    }
}

impl Span {
    fn same_place(&self, other: &Self) -> bool {
        self.line == other.line && self.leaf == other.leaf && self.allowed == other.allowed
    }
}

impl Wanted<'_> {
    /// The date of the tree that places a fact of this date.
    pub(crate) fn placed_on(&self, date: Date) -> Date {
        match self.boundaries {
            Boundaries::Then => date,
            Boundaries::Now => self.today,
            Boundaries::On(fixed) => fixed,
        }
    }

    fn span(&self, office: OfficeId, from: Date, to: Date) -> Span {
        let on = self.placed_on(from);
        let leaf = stand_in(self.tree, office, on);
        let line = leaf
            .map_or([None; 5], |leaf| LEVELS.map(|level| self.tree.ancestor_at(leaf, level, on)));
        let within_asked = self
            .office
            .is_none_or(|root| leaf.is_some_and(|leaf| self.tree.is_within(leaf, root, on)));
        let allowed = within_asked && self.in_scope(office, from);
        Span { from, to, line, leaf, allowed }
    }

    fn in_scope(&self, office: OfficeId, date: Date) -> bool {
        match &self.scope.offices {
            Offices::All => true,
            Offices::Within(roots) => roots.iter().any(|root| {
                self.tree.is_within(office, *root, date)
                    || self.tree.is_within(office, *root, self.today)
            }),
        }
    }
}

/// The dates after the first and up to the last day on which an office came under another, began
/// or ended: before and after, figures aren't of the same ground.
pub(crate) fn splits_within(tree: &Tree, from: Date, to: Date) -> Vec<Date> {
    let moved = |date: &Date| {
        let before = date.plus_days(-1);
        let offices = [before, *date].into_iter().flat_map(|date| tree.list(date, None));
        let ids: BTreeSet<OfficeId> = offices.map(|office| office.id).collect();
        ids.into_iter().any(|id| tree.path_of(id, before) != tree.path_of(id, *date))
    };
    changes_within(tree, from, to).filter(moved).collect()
}

/// The dates on which the tree changed after the first and up to the last day.
fn changes_within(tree: &Tree, from: Date, to: Date) -> impl Iterator<Item = Date> {
    tree.change_dates().iter().copied().filter(move |date| from < *date && *date <= to)
}

/// The office itself where it exists on the date; else the one office that its work went to, or
/// that it was split from. None where that isn't one office: its facts can't be placed.
fn stand_in(tree: &Tree, office: OfficeId, on: Date) -> Option<OfficeId> {
    let mut office = office;
    for _ in 0..HEIRS_MAX {
        if tree.exists(office, on) {
            return Some(office);
        }
        let (since, _) = tree.lifetime(office)?;
        let others = if on < since { tree.sources(office) } else { tree.heirs(office) };
        let [one] = others else { return None };
        office = *one;
    }
    None
}
