//! Signing in, and who one is.

use node::views::{MeView, NodeView, RoleView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, PersonRef};

/// A name and a password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name that one signs in with.
    pub name: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Who.
    pub person: PersonRef,
    /// Their roles, valid today.
    pub roles: Vec<RoleAt>,
    /// The office of their first role: where the app opens.
    pub office: OfficeRef,
    /// The node that answers.
    pub node: NodeInfo,
    /// The node holds simulated data, and every screen says so.
    pub simulation: bool,
    /// Pages of the node itself that they may open: `nodes`, `sync`, `quarantine`.
    pub pages: Vec<String>,
}

/// A role at an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleAt {
    /// `operator`, `verifikator`, `analis`, `pimpinan`, `pengelola`, or a pack's own.
    pub role: String,
    /// The office.
    pub office: u32,
    /// Its name today.
    pub office_name: String,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeInfo {
    /// Its name.
    pub name: String,
    /// Its office.
    pub office: u32,
}

impl From<MeView> for Me {
    fn from(me: MeView) -> Self {
        Self {
            person: PersonRef { id: me.person.id.to_string(), name: me.person.name },
            roles: me.roles.into_iter().map(Into::into).collect(),
            office: me.office.into(),
            node: me.node.into(),
            simulation: me.simulation,
            pages: me.pages.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl From<RoleView> for RoleAt {
    fn from(role: RoleView) -> Self {
        Self { role: role.role, office: role.office.0, office_name: role.office_name }
    }
}

impl From<NodeView> for NodeInfo {
    fn from(node: NodeView) -> Self {
        Self { name: node.name, office: node.office.0 }
    }
}
