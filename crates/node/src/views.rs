//! What the use cases give back: plain data, ready to be written as JSON.

use std::collections::BTreeMap;

use domain::ids::{Digest, OfficeId, OpTag, PersonId, RecordId, SubmissionId};
use serde::Serialize;
use serde_json::{Map, Value};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Give this to get the next page; none at the end.
    pub next: Option<String>,
}

/// The proof that a submission is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// The idempotency key.
    pub submission: SubmissionId,
    /// The record.
    pub record: RecordId,
    /// The operation.
    pub tag: OpTag,
    /// Its chain link.
    pub link: Digest,
    /// Its place in this node's log.
    pub pos: u64,
    /// When this node kept it, in milliseconds since 1970.
    pub received_ms: u64,
    /// Remarks: `clock_ahead`.
    pub flags: Vec<String>,
}

/// A person, for themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeView {
    /// Who.
    pub person: PersonView,
    /// Their roles now.
    pub roles: Vec<RoleView>,
    /// The office that they start from: the highest where they hold a role.
    pub office: OfficeName,
    /// The node.
    pub node: NodeView,
    /// What is shown is simulated.
    pub simulation: bool,
    /// Pages of the node itself that they may open: `nodes`, `sync`, `quarantine`.
    pub pages: Vec<&'static str>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PersonView {
    /// Their id.
    pub id: PersonId,
    /// The name that they sign in with.
    pub name: String,
}

/// A role at an office, with the office's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RoleView {
    /// The role's key, such as `operator`.
    pub role: String,
    /// Where.
    pub office: OfficeId,
    /// The office's name today.
    pub office_name: String,
}

/// An office in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeName {
    /// Its id.
    pub id: OfficeId,
    /// Its name today.
    pub name: String,
    /// Its level: `centre`, `province`, `regency`…
    pub level: String,
}

/// This node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// The office that runs it.
    pub office: OfficeId,
}

/// A line of a list of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordRow {
    /// The record.
    pub record: RecordId,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its owner.
    pub office: OfficeId,
    /// The owner's name today.
    pub office_name: String,
    /// The key of its state.
    pub state: String,
    /// Its title, where the type has one.
    pub title: String,
    /// Its date, as `2021-01-08`.
    pub date: Option<String>,
    /// Its period, for a periodic type.
    pub period: Option<String>,
    /// It is urgent.
    pub urgent: bool,
    /// When it last changed here, in milliseconds since 1970.
    pub updated_ms: u64,
    /// How many of its cells were sent back and stand unchanged.
    pub returned: usize,
}

/// A record, whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordView {
    /// The record.
    pub record: RecordId,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The pack version that its cells were last checked with.
    pub version: u32,
    /// Its owner.
    pub office: OfficeId,
    /// The owner's name today.
    pub office_name: String,
    /// Its period, for a periodic type.
    pub period: Option<String>,
    /// The key of its state.
    pub state: String,
    /// Its title, where the type has one.
    pub title: String,
    /// It is urgent.
    pub urgent: bool,
    /// Its cells, in the form's wire form.
    pub fields: Map<String, Value>,
    /// Its computed fields.
    pub computed: Map<String, Value>,
    /// The hash of its content, which a transition names.
    pub content: Digest,
    /// The operations that the next author sees, sorted: the `saw` of a patch.
    pub heads: Vec<OpTag>,
    /// What this person may do to the workflow now.
    pub actions: Vec<ActionView>,
    /// This person may change cells now.
    pub editable: bool,
    /// This person may comment.
    pub may_comment: bool,
    /// This person may acknowledge.
    pub may_acknowledge: bool,
    /// The content stands approved.
    pub approved: bool,
    /// Cells that were sent back.
    pub returned: Vec<ReturnedView>,
    /// Concurrent writes that lost.
    pub losers: Vec<LoserView>,
    /// Remarks.
    pub comments: Vec<CommentView>,
    /// Offices that acknowledged.
    pub acknowledged: Vec<AcknowledgedView>,
    /// Everything that happened to it, oldest first.
    pub history: Vec<HistoryView>,
}

/// An action of the workflow that a person may take now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionView {
    /// Its key.
    pub key: String,
    /// The key of the state that it leads to.
    pub to: String,
    /// It needs a reason.
    pub reason: bool,
    /// It returns cells.
    pub returns: bool,
}

/// A cell that was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReturnedView {
    /// Which cell: `judul`, `korban[2].nama`.
    pub at: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by_name: String,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
}

/// A concurrent write that lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoserView {
    /// Which cell.
    pub at: String,
    /// What it wrote, in the form's wire form.
    pub value: Value,
    /// Who.
    pub by_name: String,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommentView {
    /// The text.
    pub text: String,
    /// Who.
    pub by_name: String,
    /// In which office's name.
    pub office_name: String,
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
}

/// An office that acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AcknowledgedView {
    /// The office.
    pub office: OfficeId,
    /// Its name today.
    pub office_name: String,
    /// When first, in milliseconds since 1970.
    pub time_ms: u64,
}

/// One thing that happened to a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryView {
    /// The operation.
    pub tag: OpTag,
    /// When its writer made it, in milliseconds since 1970.
    pub time_ms: u64,
    /// When this node received it, in milliseconds since 1970.
    pub received_ms: Option<u64>,
    /// Its place in this node's log.
    pub pos: Option<u64>,
    /// Who.
    pub author_name: String,
    /// In which office's name.
    pub office_name: String,
    /// What it did.
    #[serde(flatten)]
    pub effect: EffectView,
}

/// What an operation did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum EffectView {
    /// It began the record.
    Created,
    /// It changed cells: place and what stood before (null for nothing).
    Patched {
        /// The cells.
        before: BTreeMap<String, Value>,
        /// The state that the record went back to, where the change took an approval away.
        reopened: Option<String>,
    },
    /// It moved the workflow.
    Moved {
        /// The action's key.
        action: String,
        /// The state before.
        from: String,
        /// The state after.
        to: String,
        /// Reason or note.
        reason: Option<String>,
        /// Cells sent back, with reasons.
        returned: BTreeMap<String, String>,
    },
    /// It asked for a move that was not allowed when its turn came.
    Refused {
        /// The action's key.
        action: String,
        /// A problem code.
        code: &'static str,
    },
    /// It added a remark.
    Commented,
    /// It acknowledged.
    Acknowledged,
    /// It named another type, office or period than the record's and did nothing.
    Foreign,
}

/// An office's start page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HomeView {
    /// The office.
    pub office: OfficeName,
    /// Its date, as `2021-01-08`.
    pub today: String,
    /// Reports that the office owes for recent periods, latest period first.
    pub due: Vec<DueView>,
    /// Records that wait for this person.
    pub action: Vec<ActionRow>,
    /// Numbers by name, of this office and those below it: records by `pack.type:state`; `urgent`
    /// for urgent ones in a state that this person may move on; `late:pack.schedule` for offices
    /// whose latest report that was due is not received.
    pub counts: BTreeMap<String, u64>,
    /// What changed last.
    pub recent: Vec<RecordRow>,
}

/// A report that an office owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueView {
    /// `pack.schedule`.
    pub schedule: String,
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The office.
    pub office: OfficeId,
    /// Its name today.
    pub office_name: String,
    /// The period.
    pub period: String,
    /// The deadline, in milliseconds since 1970.
    pub due_ms: u64,
    /// The record that answers it, where one was begun.
    pub record: Option<RecordId>,
    /// Its state.
    pub state: Option<String>,
    /// It counts as received.
    pub received: bool,
    /// The deadline is past and it is not received.
    pub late: bool,
}

/// A record that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionRow {
    /// The record.
    #[serde(flatten)]
    pub row: RecordRow,
    /// Why.
    pub why: Why,
}

/// Why a record waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Cells were sent back, and this person may correct them.
    Returned,
    /// This person may approve it.
    ToVerify,
    /// It does not count yet, and this person may go on writing it.
    Draft,
}
