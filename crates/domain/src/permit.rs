//! Permission as a value: what a policy decision allows, demanded by the next call.

use crate::ids::{OfficeId, PersonId};

/// Proof that a policy allowed this person to do this action. [`crate::op::seal`] demands one.
///
/// Only `node::policy` may call [`Permit::granted`], and a device's lease
/// ([`crate::device::Lease`]) that stands for it in advance; a tidy test refuses any other caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    person: PersonId,
    office: OfficeId,
    action: String,
}

impl Permit {
    /// Records a policy's decision to allow.
    #[must_use]
    pub fn granted(person: PersonId, office: OfficeId, action: &str) -> Self {
        Self { person, office, action: action.to_owned() }
    }

    /// Who may act.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The office whose resource is acted on.
    #[must_use]
    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// The action allowed, as the policy names it.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }
}
