//! People and their roles, for administrators.

use node::people::{PersonAdmin, RoleSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The people whom the reader manages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// The people.
    pub people: Vec<Person>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// Id.
    pub id: String,
    /// The name they sign in with.
    pub login: String,
    /// Their name.
    pub name: String,
    /// They may sign in.
    pub active: bool,
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
    pub from: String,
    /// Until the day before this.
    pub until: Option<String>,
}

/// A new person.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The name they sign in with.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Their first password.
    pub password: String,
    /// Their first role.
    pub role: String,
    /// The office of their first role.
    pub office: u32,
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
    /// Until the day before this; open if absent.
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
        f.debug_struct("NewPerson").field("login", &self.login).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").finish_non_exhaustive()
    }
}

impl From<PersonAdmin> for Person {
    fn from(person: PersonAdmin) -> Self {
        Self {
            id: person.id.to_string(),
            login: person.login,
            name: person.name,
            active: person.active,
            roles: person.roles.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<RoleSpan> for Role {
    fn from(role: RoleSpan) -> Self {
        Self {
            role: role.role,
            office: role.office.0,
            office_name: role.office_name,
            from: role.from,
            until: role.until,
        }
    }
}
