//! Who may do what: Cedar policies of the node and of each pack. What no policy permits is
//! denied.
//!
//! A decision depends on nothing but what [`Question`] holds, never on who asks: policies may
//! not name persons or offices. That is what makes decisions safe to keep.

mod check;
mod scope;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema,
};
use domain::ids::{OfficeId, PersonId};
use domain::office::{Level, Tree};
use domain::pack::{Pack, RecordType};
use domain::period::Date;
use domain::permit::Permit;
use domain::record::Record;
use thiserror::Error;

pub use check::{PolicyProblem, check_pack};
pub use scope::Allowed;
pub(crate) use scope::Reach;

use crate::actor::{Actor, Standing};

/// The schema that policies are checked against.
pub const SCHEMA: &str = include_str!("../../policies/genggam.cedarschema");
const BASE: &str = include_str!("../../policies/base.cedar");
/// Decisions kept: every (action, roles, state) that a country of offices asks, several times.
const KEPT_DECISIONS_MAX: usize = 65_536;

/// What a person may want to do, as policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Begin a record.
    Create,
    /// Change its cells.
    Edit,
    /// Move its workflow.
    Transition,
    /// Say something about it.
    Comment,
    /// Acknowledge it.
    Acknowledge,
    /// See it.
    Read,
    /// See figures made of it.
    Figure,
    /// Take many out.
    Export,
    /// Bring many in.
    Import,
    /// Publish packs and changes of offices.
    Publish,
    /// Manage persons and roles.
    Administer,
    /// See how the nodes of offices are.
    Nodes,
}

impl Action {
    /// All actions, in order.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Edit,
        Self::Transition,
        Self::Comment,
        Self::Acknowledge,
        Self::Read,
        Self::Figure,
        Self::Export,
        Self::Import,
        Self::Publish,
        Self::Administer,
        Self::Nodes,
    ];

    /// Its name in policies.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Transition => "transition",
            Self::Comment => "comment",
            Self::Acknowledge => "acknowledge",
            Self::Read => "read",
            Self::Figure => "figure",
            Self::Export => "export",
            Self::Import => "import",
            Self::Publish => "publish",
            Self::Administer => "administer",
            Self::Nodes => "nodes",
        }
    }
}

/// What is acted on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A record, or (with an empty state) records of a type.
    Record {
        /// The pack's name.
        pack: String,
        /// The type's key within it.
        type_key: String,
        /// The key of the record's state.
        state: String,
        /// The owning office may change cells in this state.
        editable: bool,
        /// Records in this state count as received.
        counts: bool,
    },
    /// An office, for its people and packs.
    Office,
}

impl Resource {
    /// A record as it stands, or none if its type has no such state.
    #[must_use]
    pub fn of_record(pack: &Pack, ty: &RecordType, record: &Record) -> Option<Self> {
        let state = ty.workflow.states.iter().find(|state| state.id == record.state)?;
        Some(Self::in_state(pack, ty, state))
    }

    /// A record that is about to begin.
    #[must_use]
    pub fn new_record(pack: &Pack, ty: &RecordType) -> Option<Self> {
        Some(Self::in_state(pack, ty, ty.workflow.states.first()?))
    }

    /// A record in a state.
    #[must_use]
    pub fn in_state(pack: &Pack, ty: &RecordType, state: &domain::pack::State) -> Self {
        Self::Record {
            pack: pack.name.clone(),
            type_key: ty.key.clone(),
            state: state.key.clone(),
            editable: state.editable,
            counts: state.counts,
        }
    }

    /// Records of a type, whatever their state.
    #[must_use]
    pub fn of_type(pack: &str, type_key: &str) -> Self {
        Self::Record {
            pack: pack.to_owned(),
            type_key: type_key.to_owned(),
            state: String::new(),
            editable: false,
            counts: false,
        }
    }

    fn pack(&self) -> Option<&str> {
        match self {
            Self::Record { pack, .. } => Some(pack),
            Self::Office => None,
        }
    }
}

/// All that a decision depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// What is to be done.
    pub action: Action,
    /// The key of the workflow's action, for a transition; else empty.
    pub workflow_action: String,
    /// What the person is to the office.
    pub standing: Standing,
    /// The level of the office.
    pub level: String,
    /// What it is done to.
    pub resource: Resource,
}

/// No policy permits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no policy permits this")]
pub struct Denied;

/// The policies in force: the node's own, and of each pack the latest version's.
pub struct Policies {
    schema: Schema,
    base: PolicySet,
    packs: BTreeMap<String, PolicySet>,
    kept: Mutex<BTreeMap<Question, bool>>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("packs", &self.packs.keys()).finish_non_exhaustive()
    }
}

impl Policies {
    /// The node's own policies with those of these packs. A pack whose policies don't pass
    /// [`check_pack`] (it came from a newer node) permits nothing.
    #[must_use]
    pub fn new<'a>(packs: impl IntoIterator<Item = &'a Pack>) -> Self {
        let schema = check::schema();
        let base = check::base();
        let packs = packs.into_iter().filter_map(|pack| {
            let own = check::parse(pack).ok()?;
            Some((pack.name.clone(), check::joined(&base, &own)))
        });
        Self { packs: packs.collect(), schema, base, kept: Mutex::default() }
    }

    /// Whether a policy permits it.
    #[must_use]
    pub fn permits(&self, question: &Question) -> bool {
        if let Some(known) = self.kept().get(question) {
            return *known;
        }
        let permitted = self.decide(question);
        let mut kept = self.kept();
        if kept.len() >= KEPT_DECISIONS_MAX {
            kept.clear();
        }
        kept.insert(question.clone(), permitted);
        permitted
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<Question, bool>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, question: &Question) -> bool {
        let policies = match question.resource.pack() {
            None => &self.base,
            Some(pack) => match self.packs.get(pack) {
                Some(policies) => policies,
                None => return false,
            },
        };
        let Some((request, entities)) = self.request(question) else { return false };
        let response = Authorizer::new().is_authorized(&request, policies, &entities);
        // A policy that fails to evaluate is skipped by Cedar; a skipped `forbid` must not
        // permit, so an error denies.
        response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none()
    }

    fn request(&self, question: &Question) -> Option<(Request, Entities)> {
        let (kind, attributes) = attributes(question);
        let resource = uid(kind, "resource")?;
        let entity = Entity::new(
            resource.clone(),
            attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            std::iter::empty().collect(),
        )
        .ok()?;
        let texts = |set: &BTreeSet<String>| {
            RestrictedExpression::new_set(set.iter().cloned().map(RestrictedExpression::new_string))
        };
        let context = Context::from_pairs([
            ("here".to_owned(), texts(&question.standing.here)),
            ("above".to_owned(), texts(&question.standing.above)),
            (
                "action".to_owned(),
                RestrictedExpression::new_string(question.workflow_action.clone()),
            ),
        ])
        .ok()?;
        let request = Request::new(
            uid("Person", "person")?,
            uid("Action", question.action.as_str())?,
            resource,
            context,
            Some(&self.schema),
        )
        .ok()?;
        Some((request, Entities::from_entities([entity], Some(&self.schema)).ok()?))
    }
}

fn attributes(question: &Question) -> (&'static str, Vec<(&'static str, RestrictedExpression)>) {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let level = ("level", text(&question.level));
    match &question.resource {
        Resource::Office => ("Office", vec![level]),
        Resource::Record { pack, type_key, state, editable, counts } => (
            "Record",
            vec![
                ("pack", text(pack)),
                ("type", text(type_key)),
                ("state", text(state)),
                level,
                ("editable", RestrictedExpression::new_bool(*editable)),
                ("counts", RestrictedExpression::new_bool(*counts)),
            ],
        ),
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// A moment's view of who may do what: the policies, the tree and the day.
#[derive(Clone, Debug)]
pub struct Judge {
    /// The policies.
    pub policies: Arc<Policies>,
    /// The offices.
    pub tree: Arc<Tree>,
    /// The day.
    pub today: Date,
}

impl Judge {
    /// Asks the policies, and gives the permit that sealing an operation demands.
    ///
    /// # Errors
    /// [`Denied`] if no policy permits it.
    pub fn authorise(
        &self,
        actor: &Actor,
        action: Action,
        workflow_action: &str,
        resource: &Resource,
        office: OfficeId,
    ) -> Result<Permit, Denied> {
        let question = Question {
            action,
            workflow_action: workflow_action.to_owned(),
            standing: actor.standing(&self.tree, office, self.day_of(office)),
            level: self.level(office),
            resource: resource.clone(),
        };
        if self.policies.permits(&question) {
            Ok(Permit::granted(actor.person(), office, action.as_str()))
        } else {
            Err(Denied)
        }
    }

    /// Whether [`Self::authorise`] would permit it.
    #[must_use]
    pub fn allows(
        &self,
        actor: &Actor,
        action: Action,
        workflow_action: &str,
        resource: &Resource,
        office: OfficeId,
    ) -> bool {
        self.authorise(actor, action, workflow_action, resource, office).is_ok()
    }

    /// The level of an office, as policies name it; empty if there is none.
    pub(crate) fn level(&self, office: OfficeId) -> String {
        self.tree.level(office).map(|level| level_key(level).to_owned()).unwrap_or_default()
    }
}

/// The permit for the one statement that comes before any policy: a network's root certifies the
/// centre's node. Its author is nobody.
pub(crate) fn founding(centre: OfficeId) -> Permit {
    Permit::granted(PersonId([0; 16]), centre, "found")
}

/// A level, as policies and clients name it.
#[must_use]
pub fn level_key(level: Level) -> &'static str {
    match level {
        Level::Centre => "centre",
        Level::Province => "province",
        Level::Regency => "regency",
        Level::District => "district",
        Level::Village => "village",
    }
}
