//! The folded tree and its questions, each asked for a date.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Serialize;

use super::fold::{self, Histories, History, Span};
use super::{KEYS_SINCE, Level, OfficeEvent, TreeError, built_in, name};
use crate::ids::OfficeId;
use crate::period::Date;

/// After every day that an event can name.
const LAST_DAY: Date = Date(i32::MAX);

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
    /// Offices that moved from below this one.
    moved: BTreeMap<OfficeId, BTreeSet<OfficeId>>,
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
        tree.moved = tree.moves();
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

    /// The same; an office that has ended stands where it stood on its last day.
    #[must_use]
    pub fn stood_within(&self, office: OfficeId, root: OfficeId, date: Date) -> bool {
        let ended = self.lifetime(office).and_then(|(_, until)| until);
        let date = ended.map_or(date, |until| date.min(Date(until.0 - 1)));
        office == root || self.is_within(office, root, date)
    }

    /// Whether the office is the root or lies below it on any day from [`KEYS_SINCE`] on: also on
    /// one to come, as far as events tell. It asks for no date, so that nobody's clock and no time
    /// that somebody claims has a say in it.
    #[must_use]
    pub fn ever_within(&self, office: OfficeId, root: OfficeId) -> bool {
        office == root || self.within_during(office, root, KEYS_SINCE..LAST_DAY)
    }

    fn within_during(&self, office: OfficeId, root: OfficeId, days: Range<Date>) -> bool {
        self.offices.get(&office).is_some_and(|history| {
            history.during(days).any(|(days, span)| {
                let below = |parent| self.within_during(parent, root, days);
                office == root || span.parent.is_some_and(below)
            })
        })
    }

    /// Offices that were below this one on a day from [`KEYS_SINCE`] on, and have or will have had
    /// other parents too.
    pub fn moved_from(&self, former: OfficeId) -> impl Iterator<Item = OfficeId> + '_ {
        self.moved.get(&former).into_iter().flatten().copied()
    }

    fn moves(&self) -> BTreeMap<OfficeId, BTreeSet<OfficeId>> {
        let mut moves: BTreeMap<OfficeId, BTreeSet<OfficeId>> = BTreeMap::new();
        for (id, history) in &self.offices {
            let parents = history.during(KEYS_SINCE..LAST_DAY).map(|(_, span)| span.parent);
            if parents.collect::<BTreeSet<_>>().len() > 1 {
                let mut above = BTreeSet::new();
                self.ever_above(*id, &mut above);
                for above in above {
                    moves.entry(above).or_default().insert(*id);
                }
            }
        }
        moves
    }

    fn ever_above(&self, id: OfficeId, above: &mut BTreeSet<OfficeId>) {
        let Some(history) = self.offices.get(&id) else { return };
        for parent in history.during(KEYS_SINCE..LAST_DAY).filter_map(|(_, span)| span.parent) {
            if above.insert(parent) {
                self.ever_above(parent, above);
            }
        }
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
