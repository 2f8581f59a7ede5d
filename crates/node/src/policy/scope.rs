//! Which offices a person's permission reaches: the same decisions as for one record, made once
//! for all offices that are alike.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::OfficeId;
use domain::period::Date;

use super::{Action, Judge, Question, Resource};
use crate::actor::{Actor, Standing};
use crate::packs::PackSet;

/// The offices to which a permission reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Every office.
    All,
    /// These.
    Only(BTreeSet<OfficeId>),
}

impl Allowed {
    /// No office.
    #[must_use]
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// The offices of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, one) | (one, Self::All) => one,
            (Self::Only(a), Self::Only(b)) => Self::Only(a.intersection(&b).copied().collect()),
        }
    }

    /// Whether it holds every office of another.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Only(_), Self::All) => false,
            (Self::Only(a), Self::Only(b)) => b.is_subset(a),
        }
    }
}

/// Offices that are alike to a person: of one level, where they stand alike.
#[derive(Debug)]
struct Class {
    standing: Standing,
    level: String,
    offices: BTreeSet<OfficeId>,
}

/// Every office of every time, by what the person is to it.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    judge: &'a Judge,
    classes: Vec<Class>,
    class_of: BTreeMap<OfficeId, usize>,
}

impl Judge {
    /// What the person is to each office.
    pub(crate) fn reach(&self, actor: &Actor) -> Reach<'_> {
        let mut found: BTreeMap<(Standing, String), BTreeSet<OfficeId>> = BTreeMap::new();
        for office in self.offices_of_all_times() {
            let standing = actor.standing(&self.tree, office, self.day_of(office));
            found.entry((standing, self.level(office))).or_default().insert(office);
        }
        let classes: Vec<Class> = found
            .into_iter()
            .map(|((standing, level), offices)| Class { standing, level, offices })
            .collect();
        let class_of = classes
            .iter()
            .enumerate()
            .flat_map(|(at, class)| class.offices.iter().map(move |office| (*office, at)))
            .collect();
        Reach { judge: self, classes, class_of }
    }

    /// Today, or for an office that was closed its last day: its records stay with those who
    /// were above it then.
    pub(crate) fn day_of(&self, office: OfficeId) -> Date {
        match self.tree.lifetime(office) {
            Some((_, Some(closed))) if closed <= self.today => closed.plus_days(-1),
            Some((since, _)) if since > self.today => since,
            Some(_) | None => self.today,
        }
    }

    /// The topmost offices whose whole subtree is allowed: a root stands for everything below
    /// it, so an office is one only where the permission reaches all of it.
    pub(crate) fn roots(&self, allowed: Allowed) -> Allowed {
        let Allowed::Only(offices) = allowed else { return Allowed::All };
        let whole = |office: &OfficeId| {
            let day = self.day_of(*office);
            let mut below = vec![*office];
            while let Some(at) = below.pop() {
                if !offices.contains(&at) {
                    return false;
                }
                below.extend(self.tree.children(at, day).iter().map(|child| child.id));
            }
            true
        };
        let wholes: BTreeSet<OfficeId> = offices.iter().filter(|o| whole(o)).copied().collect();
        let topmost = wholes.iter().copied().filter(|office| {
            let mut above = self.tree.ancestors(*office, self.day_of(*office));
            !above.any(|above| wholes.contains(&above))
        });
        Allowed::Only(topmost.collect())
    }

    fn offices_of_all_times(&self) -> BTreeSet<OfficeId> {
        let days = self.tree.change_dates().iter().flat_map(|date| [date.plus_days(-1), *date]);
        let days: BTreeSet<Date> = days.chain([self.today]).collect();
        let on = |date| self.tree.list(date, None).into_iter().map(|office| office.id);
        days.into_iter().flat_map(on).collect()
    }
}

impl Reach<'_> {
    /// Every office that was, is or will be.
    pub(crate) fn offices_of_all_times(&self) -> impl Iterator<Item = OfficeId> + '_ {
        self.class_of.keys().copied()
    }

    fn permits(&self, class: &Class, action: Action, with: &str, resource: &Resource) -> bool {
        self.judge.policies.permits(&Question {
            action,
            workflow_action: with.to_owned(),
            standing: class.standing.clone(),
            level: class.level.clone(),
            resource: resource.clone(),
        })
    }

    /// Whether the person may do this at an office: the same answer as [`Judge::authorise`].
    pub(crate) fn allows(
        &self,
        action: Action,
        with: &str,
        resource: &Resource,
        office: OfficeId,
    ) -> bool {
        let class = self.class_of.get(&office).map(|at| &self.classes[*at]);
        class.is_some_and(|class| self.permits(class, action, with, resource))
    }

    /// The offices where the person may read a record of these types (any if empty) in some
    /// state; none stands for every office.
    pub(crate) fn readable(
        &self,
        packs: &PackSet,
        types: &BTreeSet<String>,
    ) -> Option<BTreeSet<OfficeId>> {
        let mut readable = BTreeSet::new();
        for ty in packs.types().filter(|ty| types.is_empty() || types.contains(&ty.key())) {
            for state in &ty.ty().workflow.states {
                let resource = Resource::in_state(&ty.pack, ty.ty(), state);
                match self.offices(Action::Read, "", &resource) {
                    Allowed::All => return None,
                    Allowed::Only(offices) => readable.extend(offices),
                }
            }
        }
        Some(readable)
    }

    /// The offices where the person may do this.
    pub(crate) fn offices(&self, action: Action, with: &str, resource: &Resource) -> Allowed {
        let permitted: Vec<&Class> = self
            .classes
            .iter()
            .filter(|class| self.permits(class, action, with, resource))
            .collect();
        if permitted.len() == self.classes.len() {
            return Allowed::All;
        }
        Allowed::Only(permitted.iter().flat_map(|class| &class.offices).copied().collect())
    }
}
