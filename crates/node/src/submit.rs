//! Submitting: from what a person sent to an operation in the log.

use std::collections::{BTreeMap, BTreeSet};

use domain::form::{
    self, FormContext, FormErrors, RawAcknowledge, RawComment, RawForm, RawPatch, RawTransition,
    RefInfo,
};
use domain::hlc::Hlc;
use domain::ids::{Digest, OfficeId, PersonId, RecordId, SubmissionId};
use domain::op::{self, Audience, Change, FORMAT, Lane, Op, OpError, StreamId};
use domain::permit::Permit;
use domain::problem::{Problem, ProblemCode};
use domain::record::Record;
use domain::workflow::{self, Ask, Refused};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use store::receipts::{self, Receipt};
use store::{Reader, StoreError, Tx, records};
use thiserror::Error;

use crate::actor::Actor;
use crate::blobs;
use crate::commit::{self, Committed, Pen};
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::packs::TypeOf;
use crate::policy::{Action, Denied, Judge, Resource};
use crate::trial::{Trial, refs};
use crate::views::ReceiptView;
use crate::world::World;

/// What a person sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Submission {
    /// A record begins.
    Create(RawForm),
    /// Cells change.
    Patch(RawPatch),
    /// The workflow moves.
    Transition(RawTransition),
    /// Somebody says something.
    Comment(RawComment),
    /// An office acknowledges.
    Acknowledge(RawAcknowledge),
}

/// Why a person submits: an import may bring records of offices below, where a policy lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Entry,
    Import,
}

/// A submission that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The proof.
    pub receipt: ReceiptView,
    /// It was kept before; this is the first receipt.
    pub repeated: bool,
}

/// Why a submission is not kept.
#[derive(Clone, Debug, Error)]
pub enum SubmitError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such record, or the person may not know of it.
    #[error("there is no such record")]
    NotFound,
    /// The key was used for something else.
    #[error("this submission key was used for something else")]
    Reused,
    /// The record exists already.
    #[error("the record {0} exists already")]
    Exists(RecordId),
    /// What was sent is wrong.
    #[error(transparent)]
    Invalid(#[from] FormErrors),
    /// The workflow does not allow it now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The cells can't be changed in the record's state.
    #[error("the record cannot be changed in state `{state}`")]
    NotEditable {
        /// The state's key.
        state: String,
    },
    /// The operation can't be sealed.
    #[error("the operation cannot be sealed")]
    Op(#[source] std::sync::Arc<OpError>),
    /// Too much is waiting to be written.
    #[error("too many submissions wait")]
    Busy,
    /// Storage failed; nothing was kept.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for SubmitError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl From<OpError> for SubmitError {
    fn from(error: OpError) -> Self {
        Self::Op(std::sync::Arc::new(error))
    }
}

impl Failure for SubmitError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) => FailureKind::Denied,
            Self::NotFound => FailureKind::NotFound,
            Self::Invalid(_) | Self::Op(_) => FailureKind::Invalid,
            Self::Reused | Self::Exists(_) | Self::Refused(_) | Self::NotEditable { .. } => {
                FailureKind::Refused
            }
            Self::Busy => FailureKind::Busy,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let one = |code| vec![Problem::new(code)];
        match self {
            Self::Denied(_) => one(ProblemCode::Denied),
            Self::NotFound => one(ProblemCode::NotFound),
            Self::Reused => one(ProblemCode::SubmissionReused),
            Self::Exists(record) => {
                vec![Problem::new(ProblemCode::RecordExists).at("record").with("record", record)]
            }
            Self::Invalid(errors) => errors.problems().to_vec(),
            Self::Refused(refused) => one(refused.code()),
            Self::NotEditable { state } => {
                vec![Problem::new(ProblemCode::NotEditable).with("state", state)]
            }
            Self::Op(error) => one(error.code()),
            Self::Busy => one(ProblemCode::Busy),
            Self::Storage(_) => storage_problem(),
        }
    }
}

impl SubmitError {
    /// The code of the first problem.
    pub(crate) fn first_code(&self) -> ProblemCode {
        let problems = self.problems();
        let first = problems.first().map(|problem| problem.code.as_str());
        let known = ProblemCode::ALL.iter().find(|code| Some(code.as_str()) == first);
        known.copied().unwrap_or(ProblemCode::OpMalformed)
    }
}

impl Submission {
    /// The idempotency key.
    #[must_use]
    pub fn id(&self) -> SubmissionId {
        match self {
            Self::Create(raw) => raw.submission,
            Self::Patch(raw) => raw.submission,
            Self::Transition(raw) => raw.submission,
            Self::Comment(raw) => raw.submission,
            Self::Acknowledge(raw) => raw.submission,
        }
    }

    /// What tells a repetition from another submission under the same key.
    fn digest(&self, author: PersonId) -> Digest {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"genggam submission 1");
        hasher.update(&author.0);
        serde_json::to_writer(&mut hasher, self)
            .expect("invariant: a submission is written to memory");
        Digest(*hasher.finalize().as_bytes())
    }
}

/// Where submissions are worked on: one transaction, one moment.
pub(crate) struct Desk<'a> {
    pub(crate) tx: &'a Tx<'a>,
    pub(crate) world: &'a World,
    pub(crate) judge: &'a Judge,
    pub(crate) own: &'a Owner,
    pub(crate) own_key: VerifyingKey,
    pub(crate) home: OfficeId,
    pub(crate) pen: &'a mut Pen,
    pub(crate) now_ms: u64,
    /// Streams of others that stand further, with the sequence number that comes next.
    pub(crate) grew: Vec<(StreamId, u64)>,
    /// The life to begin, if one must begin.
    pub(crate) another_life: u32,
    /// Own streams of which another branch stands above.
    pub(crate) yields: BTreeSet<StreamId>,
    /// What stood beside such a branch was written again.
    pub(crate) rehomed: bool,
    /// Another machine was found to use this node's key.
    pub(crate) twice: bool,
}

/// Whose streams are this node's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) writer: domain::ids::WriterId,
}

/// A change that is permitted and valid, not yet sealed.
struct Draft {
    permit: Permit,
    change: Change,
    owner: OfficeId,
    lane: Lane,
    standing: Option<Record>,
}

/// The walk of a submission, within one transaction.
pub(crate) fn submit(
    desk: &mut Desk<'_>,
    by: &Actor,
    purpose: Purpose,
    submission: &Submission,
) -> Result<(Submitted, Option<Committed>), SubmitError> {
    let digest = submission.digest(by.person());
    if let Some(receipt) = receipts::get(desk.tx, submission.id())? {
        return repeated(&receipt, by.person(), &digest);
    }
    let time = desk.pen.clock.tick(desk.now_ms);
    let draft = match submission {
        Submission::Create(raw) => desk.create(by, purpose, raw)?,
        Submission::Patch(raw) => desk.patch(by, raw)?,
        Submission::Transition(raw) => desk.transition(by, raw, time)?,
        Submission::Comment(raw) => desk.comment(by, raw)?,
        Submission::Acknowledge(raw) => desk.acknowledge(by, raw)?,
    };
    let op = Op {
        format: FORMAT,
        time,
        author: by.person(),
        office: by.acting_office(&desk.world.tree, draft.owner, desk.judge.today),
        submission: submission.id(),
        change: draft.change,
        moved: None,
    };
    let stream = desk.stream(Audience::Up(draft.owner), draft.lane);
    let sealed = op::seal(&draft.permit, &stream, &desk.pen.head(desk.tx, &stream)?, op)?;
    let packs = &desk.world.packs;
    let committed = commit::commit_op(desk.tx, packs, &sealed, draft.standing, desk.now_ms)?;
    desk.pen.wrote(&sealed);
    let receipt = Receipt::of(&sealed, committed.pos, desk.now_ms, Some(digest));
    receipts::put(desk.tx, &receipt)?;
    Ok((Submitted { receipt: view(&receipt), repeated: false }, Some(committed)))
}

fn repeated(
    receipt: &Receipt,
    by: PersonId,
    digest: &Digest,
) -> Result<(Submitted, Option<Committed>), SubmitError> {
    let same = receipt.digest.map_or(receipt.author == by, |known| known == *digest);
    if !same {
        return Err(SubmitError::Reused);
    }
    Ok((Submitted { receipt: view(receipt), repeated: true }, None))
}

/// A receipt as the sender sees it.
pub(crate) fn view(receipt: &Receipt) -> ReceiptView {
    ReceiptView {
        submission: receipt.submission,
        record: receipt.record.unwrap_or(RecordId([0; 16])),
        tag: receipt.tag(),
        link: receipt.link,
        pos: receipt.pos.0,
        received_ms: receipt.received_ms,
        flags: Vec::new(),
    }
}

impl Desk<'_> {
    /// A stream of this node's, in the life that it is in.
    pub(crate) fn stream(&self, audience: Audience, lane: Lane) -> StreamId {
        StreamId { writer: self.own.writer, epoch: self.pen.life(), audience, lane }
    }

    fn create(&self, by: &Actor, purpose: Purpose, raw: &RawForm) -> Result<Draft, SubmitError> {
        let (world, judge, now_ms) = (self.world, self.judge, self.now_ms);
        let (permit, ty, form) =
            Trial { r: self.tx, world, judge, now_ms }.create(by, purpose, raw)?;
        let lane = form::lane(ty.ty(), form.cells(), form.period(), raw.office);
        let change = Change::Create(form.into_create());
        Ok(Draft { permit, change, owner: raw.office, lane, standing: None })
    }

    fn patch(&self, by: &Actor, raw: &RawPatch) -> Result<Draft, SubmitError> {
        let (record, ty) = self.load(by, raw.record)?;
        let permit = self.permit(by, Action::Edit, "", &record, &ty)?;
        if !workflow::can_edit(&record, ty.ty()) {
            let state = ty.ty().workflow.state(record.state).map(|state| state.key.clone());
            return Err(SubmitError::NotEditable { state: state.unwrap_or_default() });
        }
        // Cells are judged by the pack as it is now, so that a record follows its form.
        let pack = self.world.packs.pack(&ty.pack.name).unwrap_or(&ty.pack);
        let refs = refs(self.tx, &ty, &raw.fields)?;
        let patch = form::parse_patch(raw, &record, pack, &self.context(record.office, &refs))?;
        let patch = patch.into_patch();
        let set = patch.cells.iter().filter_map(|(path, cell)| Some((path, cell.as_ref()?)));
        let who = (self.world, self.judge, by);
        if let Some(problem) = blobs::wrong_file(self.tx, who, ty.ty(), set)? {
            return Err(SubmitError::Invalid(problem.into()));
        }
        Ok(self.draft(permit, Change::Patch(patch), record, &ty))
    }

    fn transition(&self, by: &Actor, raw: &RawTransition, time: Hlc) -> Result<Draft, SubmitError> {
        let (record, ty) = self.load(by, raw.record)?;
        let permit = self.permit(by, Action::Transition, &raw.action, &record, &ty)?;
        let asked = form::parse_transition(raw, &record, ty.ty())?;
        let ask = Ask {
            action: asked.action,
            content: asked.content,
            returned: asked.returned,
            reason: asked.reason,
        };
        let change = Change::Transition(workflow::decide(&record, ty.ty(), ask, time)?);
        Ok(self.draft(permit, change, record, &ty))
    }

    fn comment(&self, by: &Actor, raw: &RawComment) -> Result<Draft, SubmitError> {
        let (record, ty) = self.load(by, raw.record)?;
        let permit = self.permit(by, Action::Comment, "", &record, &ty)?;
        let change = Change::Comment(form::parse_comment(raw, &record)?);
        Ok(self.draft(permit, change, record, &ty))
    }

    fn acknowledge(&self, by: &Actor, raw: &RawAcknowledge) -> Result<Draft, SubmitError> {
        let (record, ty) = self.load(by, raw.record)?;
        let permit = self.permit(by, Action::Acknowledge, "", &record, &ty)?;
        let change = Change::Acknowledge(form::acknowledge(&record));
        Ok(self.draft(permit, change, record, &ty))
    }

    /// A record that the person may read: to anybody else it does not exist.
    fn load(&self, by: &Actor, id: RecordId) -> Result<(Record, TypeOf), SubmitError> {
        let record = records::get(self.tx, id)?.ok_or(SubmitError::NotFound)?;
        let ty = self.world.packs.by_ref(&record.type_ref).ok_or(SubmitError::NotFound)?;
        self.permit(by, Action::Read, "", &record, &ty).map_err(|Denied| SubmitError::NotFound)?;
        Ok((record, ty))
    }

    fn permit(
        &self,
        by: &Actor,
        action: Action,
        workflow_action: &str,
        record: &Record,
        ty: &TypeOf,
    ) -> Result<Permit, Denied> {
        let resource = Resource::of_record(&ty.pack, ty.ty(), record).ok_or(Denied)?;
        self.judge.authorise(by, action, workflow_action, &resource, record.office)
    }

    fn context<'a>(
        &'a self,
        office: OfficeId,
        refs: &'a BTreeMap<RecordId, RefInfo>,
    ) -> FormContext<'a> {
        let today = self.world.today_at(office, self.now_ms);
        FormContext { today, refs, tree: &self.world.tree }
    }

    fn draft(&self, permit: Permit, change: Change, record: Record, ty: &TypeOf) -> Draft {
        let lane = form::lane(ty.ty(), &record.cells(), record.period, record.office);
        Draft { permit, change, owner: record.office, lane, standing: Some(record) }
    }
}

/// What [`submit`] would say to the creation of an imported record, keeping nothing: whether it
/// is a repetition.
pub(crate) fn try_import(
    r: &Reader<'_>,
    world: &World,
    judge: &Judge,
    by: &Actor,
    submission: &Submission,
    now_ms: u64,
) -> Result<bool, SubmitError> {
    if let Some(receipt) = receipts::get(r, submission.id())? {
        return repeated(&receipt, by.person(), &submission.digest(by.person())).map(|_| true);
    }
    if let Submission::Create(raw) = submission {
        Trial { r, world, judge, now_ms }.create(by, Purpose::Import, raw)?;
    }
    Ok(false)
}
