//! Who acts: a person with the roles they hold now.

use std::collections::BTreeSet;

use domain::ids::{OfficeId, PersonId};
use domain::office::Tree;
use domain::period::Date;

/// A role at an office.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct RoleAt {
    /// The role's key, such as `operator`.
    pub role: String,
    /// Where.
    pub office: OfficeId,
}

/// A person who acts, with the roles that hold at this moment. Made by signing in
/// ([`crate::Node::actor`]), or on the node's own command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) roles: BTreeSet<RoleAt>,
}

/// The roles that a person holds at an office and at those above it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Roles at the office.
    pub here: BTreeSet<String>,
    /// Roles at its ancestors.
    pub above: BTreeSet<String>,
}

impl Actor {
    /// A simulated person.
    #[cfg(feature = "sim")]
    #[must_use]
    pub fn simulated(person: PersonId, name: &str, roles: BTreeSet<RoleAt>) -> Self {
        Self { person, name: name.to_owned(), roles }
    }

    /// The person.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The person's name, as they sign in.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The roles that hold now.
    #[must_use]
    pub fn roles(&self) -> &BTreeSet<RoleAt> {
        &self.roles
    }

    /// What the person is to an office at a date.
    pub(crate) fn standing(&self, tree: &Tree, office: OfficeId, date: Date) -> Standing {
        let mut standing = Standing::default();
        for held in &self.roles {
            if held.office == office {
                standing.here.insert(held.role.clone());
            } else if tree.is_within(office, held.office, date) {
                standing.above.insert(held.role.clone());
            }
        }
        standing
    }

    /// The office in whose name the person acts on a record of `office`: that office if they
    /// hold a role there, else the nearest one above where they do, else their first.
    pub(crate) fn acting_office(&self, tree: &Tree, office: OfficeId, date: Date) -> OfficeId {
        let holds = |at: &OfficeId| self.roles.iter().any(|held| held.office == *at);
        std::iter::once(office)
            .chain(tree.ancestors(office, date))
            .find(holds)
            .or_else(|| self.roles.first().map(|held| held.office))
            .unwrap_or(office)
    }
}
