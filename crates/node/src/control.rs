//! What administrators bring into the log: packs, events of offices, certificates and
//! revocations.

use std::sync::Arc;

use domain::hlc::Hlc;
use domain::ids::{OfficeId, SubmissionId, WriterId};
use domain::office::OfficeEvent;
use domain::op::{self, Audience, Change, FORMAT, Lane, Op, OpError};
use domain::pack::{Pack, UpgradeFault, UpgradeProblem, check_upgrade};
use domain::permit::Permit;
use domain::problem::{Problem, ProblemCode};
use domain::trust::{Certificate, KeyRole};
use store::audit::{self, Entry};
use store::{StoreError, offices};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::actor::Actor;
use crate::commit::{self, Committed};
use crate::devices::{self, Claim, CodeError};
use crate::enrol;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::group::Work;
use crate::kernel::Kernel;
use crate::node::Node;
use crate::policy::{Action, Denied, Judge, PolicyProblem, Resource, check_pack};
use crate::submit::Desk;
use crate::world::World;
use crate::writer::{Effects, Writer};

/// Something to bring into the log.
#[derive(Debug)]
pub(crate) struct Control {
    by: Actor,
    what: What,
}

#[derive(Debug)]
enum What {
    Pack(Arc<Pack>),
    Office(OfficeEvent),
    Certificate(Certificate),
    Revocation(WriterId, String),
    Device(Claim),
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
    /// This node's office has no authority over the key: it certifies keys of offices below it,
    /// and devices of its own.
    #[error("this node has no authority over keys of office {0}")]
    NoAuthority(OfficeId),
    /// No certified key has this name.
    #[error("no certified key is called {0}")]
    UnknownWriter(WriterId),
    /// The key did not agree to be certified.
    #[error("the key did not agree to be certified")]
    NotAgreed,
    /// The code of a device can't be used.
    #[error(transparent)]
    Code(#[from] CodeError),
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
            Self::Policy(_)
            | Self::Pack(_)
            | Self::Upgrade(_)
            | Self::Tree(_)
            | Self::Op(_)
            | Self::NotAgreed => FailureKind::Invalid,
            Self::Code(_) | Self::Version { .. } | Self::NoAuthority(_) => FailureKind::Refused,
            Self::UnknownWriter(_) => FailureKind::NotFound,
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
            Self::NoAuthority(office) => {
                vec![Problem::new(ProblemCode::NoAuthority).with("office", office)]
            }
            Self::UnknownWriter(writer) => {
                vec![Problem::new(ProblemCode::SyncUnknownWriter).with("writer", writer)]
            }
            Self::Op(error) => vec![Problem::new(error.code())],
            Self::NotAgreed => vec![Problem::new(ProblemCode::DeviceProof)],
            Self::Code(error) => vec![Problem::new(error.code())],
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

    /// Certifies a key of an office below this node's, or of a device of its own.
    ///
    /// # Errors
    /// If the person may not manage that office, or this node has no authority over it.
    pub async fn certify(&self, by: &Actor, certificate: Certificate) -> Result<u64, ControlError> {
        self.bring(by, What::Certificate(certificate)).await
    }

    /// Revokes a key: what it wrote and this node holds stays trusted, nothing after it.
    ///
    /// # Errors
    /// If the person may not manage its office, or this node has no authority over it.
    pub async fn revoke(
        &self,
        by: &Actor,
        writer: WriterId,
        reason: &str,
    ) -> Result<u64, ControlError> {
        self.bring(by, What::Revocation(writer, reason.to_owned())).await
    }

    /// Certifies a person's device by the code that an administrator gave.
    pub(crate) async fn certify_device(
        &self,
        by: &Actor,
        claim: Claim,
    ) -> Result<u64, ControlError> {
        self.bring(by, What::Device(claim)).await
    }

    async fn bring(&self, by: &Actor, what: What) -> Result<u64, ControlError> {
        let (reply, answer) = oneshot::channel();
        let control = Box::new(Control { by: by.clone(), what });
        let queue = self.queue().ok_or(ControlError::Busy)?;
        queue.try_send(Work::Control(control, reply)).map_err(|_| ControlError::Busy)?;
        answer.await.unwrap_or(Err(ControlError::Busy))
    }
}

impl Writer {
    /// Publishes a pack, as [`Node::publish_pack`] does.
    ///
    /// # Errors
    /// As there.
    pub fn publish(
        &mut self,
        kernel: &Kernel,
        by: &Actor,
        pack: Pack,
    ) -> Result<Effects, ControlError> {
        check_pack(&pack).map_err(ControlError::Policy)?;
        self.state(kernel, by, What::Pack(Arc::new(pack)))
    }

    /// Certifies a key, as [`Node::certify`] does.
    ///
    /// # Errors
    /// As there.
    pub fn certify(
        &mut self,
        kernel: &Kernel,
        by: &Actor,
        certificate: Certificate,
    ) -> Result<Effects, ControlError> {
        self.state(kernel, by, What::Certificate(certificate))
    }

    /// Revokes a key, as [`Node::revoke`] does.
    ///
    /// # Errors
    /// As there.
    pub fn revoke(
        &mut self,
        kernel: &Kernel,
        by: &Actor,
        writer: WriterId,
        reason: &str,
    ) -> Result<Effects, ControlError> {
        self.state(kernel, by, What::Revocation(writer, reason.to_owned()))
    }

    fn state(&mut self, kernel: &Kernel, by: &Actor, what: What) -> Result<Effects, ControlError> {
        let (_, effects) = self.control(kernel, &Control { by: by.clone(), what })?;
        Ok(effects)
    }
}

/// The idempotency key of a statement: no writer makes two at one moment, and nobody repeats one.
pub(crate) fn statement_id(writer: WriterId, time: Hlc) -> SubmissionId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam statement 1");
    hasher.update(&writer.0);
    hasher.update(&time.ms.to_be_bytes());
    hasher.update(&time.counter.to_be_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    SubmissionId(id)
}

/// Writes it, within one transaction.
pub(crate) fn perform(
    desk: &mut Desk<'_>,
    control: &Control,
) -> Result<Vec<Committed>, ControlError> {
    let (home, down) = (desk.home, Audience::Down(desk.home));
    match &control.what {
        What::Pack(pack) => {
            let permit = desk.may(&control.by, Action::Publish, home)?;
            let bytes = encoded(pack)?;
            if let Some(known) = standing_pack(desk, pack, &bytes)? {
                return Ok(vec![known]);
            }
            desk.note(&control.by, "publish", format!("{} {}", pack.name, pack.version))?;
            Ok(vec![desk.state(&permit, down, Change::Pack(bytes))?])
        }
        What::Office(event) => {
            let permit = desk.may(&control.by, Action::Publish, home)?;
            let mut events = offices::all(desk.tx)?;
            events.push(event.clone());
            World::new(crate::packs::PackSet::default(), &events)
                .map_err(|error| ControlError::Tree(Arc::new(error)))?;
            desk.note(&control.by, "publish", format!("{} {}", event.date, event.basis))?;
            Ok(vec![desk.state(&permit, down, Change::Office(event.clone()))?])
        }
        What::Certificate(certificate) => desk.certify(&control.by, certificate),
        What::Device(claim) => {
            let certificate = devices::claimed(desk, claim)?;
            desk.certify(&control.by, &certificate)
        }
        What::Revocation(writer, reason) => {
            let (role, office) = enrol::revocable(desk, *writer)?;
            let permit = desk.may(&control.by, Action::Administer, office)?;
            let change = Change::Revocation(enrol::revocation(desk, *writer, reason)?);
            desk.note(&control.by, "revoke", writer.to_string())?;
            desk.state_of(&permit, office, role, &change)
        }
    }
}

impl Desk<'_> {
    fn may(&self, by: &Actor, action: Action, office: OfficeId) -> Result<Permit, Denied> {
        // A clock before an office's founding must not take it from those who manage it.
        let today = self.world.trust_date(self.now_ms);
        let judge = Judge { today, ..self.judge.clone() };
        judge.authorise(by, action, "", &Resource::Office, office)
    }

    fn certify(
        &mut self,
        by: &Actor,
        certificate: &Certificate,
    ) -> Result<Vec<Committed>, ControlError> {
        let office = certificate.office;
        let permit = self.may(by, Action::Administer, office)?;
        enrol::check_certificate(self, certificate)?;
        if !certificate.is_agreed() {
            return Err(ControlError::NotAgreed);
        }
        self.note(by, "enrol", format!("{} {}", certificate.name, office))?;
        let change = Change::Certificate(certificate.clone());
        self.state_of(&permit, office, certificate.role, &change)
    }

    fn note(&self, by: &Actor, action: &str, subject: String) -> Result<(), StoreError> {
        let (at_ms, action) = (self.now_ms, action.to_owned());
        let person = Some(by.person());
        audit::put(self.tx, &Entry { at_ms, person, action, subject, detail: String::new() })
    }

    /// Says something about a key of an office: to the offices above it, and, where the key is a
    /// node's, to those below, which take its word.
    fn state_of(
        &mut self,
        permit: &Permit,
        office: OfficeId,
        role: KeyRole,
        change: &Change,
    ) -> Result<Vec<Committed>, ControlError> {
        let up = self.state(permit, Audience::Up(office), change.clone())?;
        Ok(match role {
            KeyRole::Device => vec![up],
            KeyRole::Node => vec![up, self.state(permit, Audience::Down(office), change.clone())?],
        })
    }

    /// Seals a change on the control lane and commits it.
    fn state(
        &mut self,
        permit: &Permit,
        audience: Audience,
        change: Change,
    ) -> Result<Committed, ControlError> {
        let time = self.pen.clock.tick(self.now_ms);
        let op = Op {
            format: FORMAT,
            time,
            author: permit.person(),
            office: self.home,
            submission: statement_id(self.own.writer, time),
            change,
            moved: None,
        };
        let stream = self.stream(audience, Lane::Control);
        let head = self.pen.head(self.tx, &stream)?;
        let sealed = op::seal(permit, &stream, &head, op)
            .map_err(|error| ControlError::Op(Arc::new(error)))?;
        let committed = commit::commit_op(self.tx, &self.world.packs, &sealed, None, self.now_ms)?;
        self.pen.wrote(&sealed);
        Ok(committed)
    }
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
        return Ok(Some(Committed { pack, ..Committed::at(row.pos) }));
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
