//! The folded tree and its questions, each asked for a date.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::fold::{self, Histories, History, Span};
use super::{Level, OfficeEvent, TreeError, built_in, name};
use crate::ids::OfficeId;
use crate::period::Date;

/// The offices of all times.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    offices: Histories,
    /// Every office that ever belonged to this one.
    children: BTreeMap<OfficeId, BTreeSet<OfficeId>>,
    levels: BTreeMap<Level, BTreeSet<OfficeId>>,
    change_dates: Vec<Date>,
    /// Offices that ever had this Kemendagri code.
    by_code: BTreeMap<String, BTreeSet<OfficeId>>,
    /// Offices that ever had this BPS code.
    by_bps: BTreeMap<String, BTreeSet<OfficeId>>,
    /// Offices that ever had a name with this key, or are also called so.
    by_name: BTreeMap<String, BTreeSet<OfficeId>>,
}

/// An office as it was on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeAt<'a> {
    /// Its id, for ever.
    pub id: OfficeId,
    /// Its level, for ever.
    pub level: Level,
    /// Its Kemendagri code; empty for the centre.
    pub code: &'a str,
    /// Its BPS code.
    pub bps: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// Its parent; none for the centre.
    pub parent: Option<OfficeId>,
    /// Minutes by which its local time is ahead of UTC.
    pub utc_offset_minutes: i16,
}

impl Tree {
    /// Folds events, given in any order.
    ///
    /// # Errors
    /// The first reason why they make no tree.
    pub fn from_events(events: &[OfficeEvent]) -> Result<Self, TreeError> {
        let offices = fold::fold(events)?;
        let mut tree = Self { offices, ..Self::default() };
        let mut dates = BTreeSet::new();
        for (id, history) in &tree.offices {
            tree.levels.entry(history.level).or_default().insert(*id);
            dates.extend(history.closed.as_ref().map(|(date, _)| *date));
            for span in &history.spans {
                dates.insert(span.since);
                if let Some(parent) = span.parent {
                    tree.children.entry(parent).or_default().insert(*id);
                }
                tree.by_code.entry(span.code.clone()).or_default().insert(*id);
                if let Some(bps) = &span.bps {
                    tree.by_bps.entry(bps.clone()).or_default().insert(*id);
                }
                for key in name::keys(history.level, &span.name) {
                    tree.by_name.entry(key).or_default().insert(*id);
                }
            }
        }
        for (id, also) in built_in::aliases() {
            if tree.offices.contains_key(&id) {
                tree.by_name.entry(name::key(also)).or_default().insert(id);
            }
        }
        tree.change_dates = dates.into_iter().skip(1).collect();
        Ok(tree)
    }

    /// The tree that the program brings: the centre, the provinces, the regencies and cities.
    #[must_use]
    pub fn built_in() -> Self {
        Self::from_events(&built_in::built_in_events())
            .expect("invariant: the built-in tables make a tree, a test says so")
    }

    /// The office as it was on the date, if it existed.
    #[must_use]
    pub fn at(&self, id: OfficeId, date: Date) -> Option<OfficeAt<'_>> {
        let history = self.offices.get(&id)?;
        Some(view(id, history, history.at(date)?))
    }

    /// Whether the office existed on the date.
    #[must_use]
    pub fn exists(&self, id: OfficeId, date: Date) -> bool {
        self.at(id, date).is_some()
    }

    /// The office's level, whatever the date.
    #[must_use]
    pub fn level(&self, id: OfficeId) -> Option<Level> {
        self.offices.get(&id).map(|history| history.level)
    }

    /// The day on which the office began, and the day from which it was no more.
    #[must_use]
    pub fn lifetime(&self, id: OfficeId) -> Option<(Date, Option<Date>)> {
        let history = self.offices.get(&id)?;
        Some((history.spans.first()?.since, history.closed.as_ref().map(|(date, _)| *date)))
    }

    /// The offices that this one was split from or merged of.
    #[must_use]
    pub fn sources(&self, id: OfficeId) -> &[OfficeId] {
        self.offices.get(&id).map_or(&[], |history| &history.from)
    }

    /// The offices that took over the work of this one when it was closed.
    #[must_use]
    pub fn heirs(&self, id: OfficeId) -> &[OfficeId] {
        let closed = self.offices.get(&id).and_then(|history| history.closed.as_ref());
        closed.map_or(&[], |(_, heirs)| heirs)
    }

    /// The offices of a level, or of all levels, on the date: by level, then by code.
    #[must_use]
    pub fn list(&self, date: Date, level: Option<Level>) -> Vec<OfficeAt<'_>> {
        let wanted = self.levels.iter().filter(|(has, _)| level.is_none_or(|want| want == **has));
        let ids = wanted.flat_map(|(_, ids)| ids);
        let mut list: Vec<_> = ids.filter_map(|id| self.at(*id, date)).collect();
        list.sort_unstable_by_key(|office| (office.level, office.code, office.id));
        list
    }

    /// The offices right below this one on the date, by code.
    #[must_use]
    pub fn children(&self, id: OfficeId, date: Date) -> Vec<OfficeAt<'_>> {
        let ever = self.children.get(&id).into_iter().flatten();
        let mut list: Vec<_> = ever
            .filter_map(|child| self.at(*child, date))
            .filter(|child| child.parent == Some(id))
            .collect();
        list.sort_unstable_by_key(|office| (office.code, office.id));
        list
    }

    /// The offices above this one on the date, nearest first.
    pub fn ancestors(&self, id: OfficeId, date: Date) -> impl Iterator<Item = OfficeId> + '_ {
        let parent = move |id: OfficeId| self.at(id, date).and_then(|office| office.parent);
        std::iter::successors(parent(id), move |above| parent(*above))
    }

    /// The office of this level that is or is above the given one on the date.
    #[must_use]
    pub fn ancestor_at(&self, id: OfficeId, level: Level, date: Date) -> Option<OfficeId> {
        let own = self.at(id, date)?;
        let mut line = std::iter::once(own.id).chain(self.ancestors(id, date));
        line.find(|office| self.level(*office) == Some(level))
    }

    /// Whether the office is the root or lies below it on the date.
    #[must_use]
    pub fn is_within(&self, office: OfficeId, root: OfficeId, date: Date) -> bool {
        self.exists(office, date)
            && (office == root || self.ancestors(office, date).any(|above| above == root))
    }

    /// The way from the top to the office, itself included; empty if it did not exist.
    #[must_use]
    pub fn path_of(&self, id: OfficeId, date: Date) -> Vec<OfficeId> {
        if !self.exists(id, date) {
            return Vec::new();
        }
        let mut path: Vec<_> = std::iter::once(id).chain(self.ancestors(id, date)).collect();
        path.reverse();
        path
    }

    /// The days on which anything changed after the tree's first day, in order.
    #[must_use]
    pub fn change_dates(&self) -> &[Date] {
        &self.change_dates
    }

    /// Offices that ever had this Kemendagri code.
    pub(super) fn ever_coded(&self, code: &str) -> impl Iterator<Item = OfficeId> + '_ {
        self.by_code.get(code).into_iter().flatten().copied()
    }

    /// Offices that ever had this BPS code.
    pub(super) fn ever_bps(&self, code: &str) -> impl Iterator<Item = OfficeId> + '_ {
        self.by_bps.get(code).into_iter().flatten().copied()
    }

    /// Offices that ever had a name with this key.
    pub(super) fn ever_named(&self, key: &str) -> impl Iterator<Item = OfficeId> + '_ {
        self.by_name.get(key).into_iter().flatten().copied()
    }

    /// Every key of a name, with its offices.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &BTreeSet<OfficeId>)> {
        self.by_name.iter().map(|(key, offices)| (key.as_str(), offices))
    }

    /// The office as it was last, if it ever existed.
    pub(super) fn latest(&self, id: OfficeId) -> Option<OfficeAt<'_>> {
        let history = self.offices.get(&id)?;
        Some(view(id, history, history.spans.last()?))
    }

    /// Whether the key is of the office's name on the date, or of what it is also called.
    pub(super) fn is_called(&self, id: OfficeId, key: &str, date: Date) -> bool {
        let named = |office: OfficeAt<'_>| {
            name::keys(office.level, office.name).iter().any(|own| own == key)
        };
        self.at(id, date).is_some_and(named)
            || built_in::aliases().any(|(other, also)| other == id && name::key(also) == key)
    }
}

fn view<'a>(id: OfficeId, history: &'a History, span: &'a Span) -> OfficeAt<'a> {
    OfficeAt {
        id,
        level: history.level,
        code: &span.code,
        bps: span.bps.as_deref(),
        name: &span.name,
        parent: span.parent,
        utc_offset_minutes: history.utc_offset_minutes,
    }
}
