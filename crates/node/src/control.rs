//! What administrators bring into the log: packs and events of offices.

use std::sync::Arc;

use domain::office::OfficeEvent;
use domain::op::{self, Audience, Change, FORMAT, Lane, Op, OpError};
use domain::pack::{Pack, UpgradeFault, UpgradeProblem, check_upgrade};
use domain::problem::{Problem, ProblemCode};
use store::audit::{self, Entry};
use store::{StoreError, offices};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::actor::Actor;
use crate::clock;
use crate::commit::{self, Committed};
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::group::Work;
use crate::node::Node;
use crate::policy::{Action, Denied, PolicyProblem, Resource, check_pack};
use crate::submit::Desk;
use crate::world::World;

/// A pack or an event of offices to bring into the log.
#[derive(Debug)]
pub(crate) struct Control {
    by: Actor,
    what: What,
}

#[derive(Debug)]
enum What {
    Pack(Arc<Pack>),
    Office(OfficeEvent),
}

/// Why a pack or an event of offices is not brought into the log.
#[derive(Clone, Debug, Error)]
pub enum ControlError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The pack's policies are wrong.
    #[error("the pack's policies are wrong")]
    Policy(Vec<PolicyProblem>),
    /// The pack does not decode from its own bytes.
    #[error("the pack is not valid")]
    Pack(#[source] Arc<domain::pack::PackError>),
    /// The version isn't later than the one that is published, and the content is another.
    #[error("version {version} of `{pack}` does not follow version {latest}")]
    Version {
        /// The pack.
        pack: String,
        /// The version that was sent.
        version: u32,
        /// The latest here.
        latest: u32,
    },
    /// It would change what numbers of published versions mean.
    #[error("the pack would change what is published")]
    Upgrade(Vec<UpgradeProblem>),
    /// The event does not fit the tree.
    #[error("the event does not fit the tree")]
    Tree(#[source] Arc<domain::office::TreeError>),
    /// The operation can't be sealed.
    #[error("the operation cannot be sealed")]
    Op(#[source] Arc<OpError>),
    /// Too much is waiting to be written.
    #[error("too much waits to be written")]
    Busy,
    /// Storage failed; nothing was kept.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for ControlError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for ControlError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) => FailureKind::Denied,
            Self::Policy(_) | Self::Pack(_) | Self::Upgrade(_) | Self::Tree(_) | Self::Op(_) => {
                FailureKind::Invalid
            }
            Self::Version { .. } => FailureKind::Refused,
            Self::Busy => FailureKind::Busy,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Denied(_) => vec![Problem::new(ProblemCode::Denied)],
            Self::Policy(problems) => problems
                .iter()
                .map(|problem| {
                    Problem::new(ProblemCode::PackPolicy)
                        .at(format!("policy.cedar:{}:{}", problem.line, problem.column))
                        .with("message", &problem.message)
                })
                .collect(),
            Self::Pack(error) => {
                vec![Problem::new(ProblemCode::PackInvalid).with("message", error)]
            }
            Self::Version { pack, version, latest } => vec![
                Problem::new(ProblemCode::PackVersion)
                    .with("pack", pack)
                    .with("version", version)
                    .with("latest", latest),
            ],
            Self::Upgrade(problems) => problems
                .iter()
                .map(|problem| {
                    Problem::new(ProblemCode::PackInvalid)
                        .at(&problem.at)
                        .with("message", &problem.message)
                })
                .collect(),
            Self::Tree(error) => {
                vec![Problem::new(ProblemCode::WrongOffice).with("message", error)]
            }
            Self::Op(error) => vec![Problem::new(error.code())],
            Self::Busy => vec![Problem::new(ProblemCode::Busy)],
            Self::Storage(_) => storage_problem(),
        }
    }
}

impl Node {
    /// Publishes a pack into the log. Publishing the same again changes nothing.
    ///
    /// # Errors
    /// If the person may not, if its policies are wrong, or its version does not follow.
    pub async fn publish_pack(&self, by: &Actor, pack: Pack) -> Result<u64, ControlError> {
        check_pack(&pack).map_err(ControlError::Policy)?;
        encoded(&pack)?;
        self.bring(by, What::Pack(Arc::new(pack))).await
    }

    /// Brings an event of offices (a split, a merger, a new code) into the log.
    ///
    /// # Errors
    /// If the person may not, or the event does not fit the tree.
    pub async fn change_offices(
        &self,
        by: &Actor,
        event: OfficeEvent,
    ) -> Result<u64, ControlError> {
        self.bring(by, What::Office(event)).await
    }

    async fn bring(&self, by: &Actor, what: What) -> Result<u64, ControlError> {
        let (reply, answer) = oneshot::channel();
        let control = Box::new(Control { by: by.clone(), what });
        let queue = self.queue().ok_or(ControlError::Busy)?;
        queue.try_send(Work::Control(control, reply)).map_err(|_| ControlError::Busy)?;
        answer.await.unwrap_or(Err(ControlError::Busy))
    }
}

/// Writes it, within one transaction.
pub(crate) fn perform(desk: &mut Desk<'_>, control: &Control) -> Result<Committed, ControlError> {
    let by = &control.by;
    let home = desk.home;
    let permit = desk.judge.authorise(by, Action::Publish, "", &Resource::Office, home)?;
    let (change, subject) = match &control.what {
        What::Pack(pack) => {
            let bytes = encoded(pack)?;
            if let Some(known) = standing_pack(desk, pack, &bytes)? {
                return Ok(known);
            }
            (Change::Pack(bytes), format!("{} {}", pack.name, pack.version))
        }
        What::Office(event) => {
            let mut events = offices::all(desk.tx)?;
            events.push(event.clone());
            World::new(crate::packs::PackSet::default(), &events)
                .map_err(|error| ControlError::Tree(Arc::new(error)))?;
            (Change::Office(event.clone()), format!("{} {}", event.date, event.basis))
        }
    };
    let op = Op {
        format: FORMAT,
        time: desk.pen.clock.tick(desk.now_ms),
        author: by.person(),
        office: home,
        submission: clock::submission_id(),
        change,
    };
    let stream = desk.own.stream(Audience::Down(home), Lane::Control);
    let head = desk.pen.head(desk.tx, &stream)?;
    let sealed =
        op::seal(&permit, &stream, &head, op).map_err(|error| ControlError::Op(Arc::new(error)))?;
    let committed = commit::commit_op(desk.tx, &desk.world.packs, &sealed, None, desk.now_ms)?;
    desk.pen.wrote(&sealed);
    audit::put(
        desk.tx,
        &Entry {
            at_ms: desk.now_ms,
            person: Some(by.person()),
            action: "publish".to_owned(),
            subject,
            detail: String::new(),
        },
    )?;
    Ok(committed)
}

/// A pack's bytes, as every node will read them.
fn encoded(pack: &Pack) -> Result<Vec<u8>, ControlError> {
    let bytes = pack.encode().map_err(|error| ControlError::Pack(Arc::new(error)))?;
    Pack::decode(&bytes).map_err(|error| ControlError::Pack(Arc::new(error)))?;
    Ok(bytes)
}

/// The same pack, if it is published already.
fn standing_pack(
    desk: &Desk<'_>,
    pack: &Arc<Pack>,
    bytes: &[u8],
) -> Result<Option<Committed>, ControlError> {
    let Some(latest) = desk.world.packs.pack(&pack.name) else { return Ok(None) };
    if let Some(row) = store::packs::latest(desk.tx, &pack.name)?
        && row.bytes == bytes
    {
        let pack = Some(Arc::clone(pack));
        return Ok(Some(Committed { pos: row.pos, event: None, pack }));
    }
    let problems = check_upgrade(latest, pack);
    if problems.iter().any(|problem| problem.fault == UpgradeFault::VersionNotHigher) {
        return Err(ControlError::Version {
            pack: pack.name.clone(),
            version: pack.version,
            latest: latest.version,
        });
    }
    if problems.is_empty() { Ok(None) } else { Err(ControlError::Upgrade(problems)) }
}
