//! People and their roles, for administrators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeoplePage {
    /// The people.
    pub people: Vec<Person>,
    /// `cursor` of the next page, if there is one.
    pub next: Option<String>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Id.
    pub id: String,
    /// The name they sign in with.
    pub name: String,
    /// Their roles.
    pub roles: Vec<Role>,
}

/// A role at an office, with its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Role {
    /// The role.
    pub role: String,
    /// The office.
    pub office: u32,
    /// Its name.
    pub office_name: String,
    /// From this day.
    pub from: Option<String>,
    /// Until this day.
    pub until: Option<String>,
}

/// A new person.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name they sign in with.
    pub name: String,
    /// Their first password.
    pub password: String,
}

/// A new role of a person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// The role.
    pub role: String,
    /// The office.
    pub office: u32,
    /// From this day; today if absent.
    #[serde(default)]
    pub from: Option<String>,
    /// Until this day; open if absent.
    #[serde(default)]
    pub until: Option<String>,
}

/// A new password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPerson").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}
