//! What people submit, and the receipt.

use domain::form::{RawAcknowledge, RawComment, RawForm, RawPatch, RawReturned, RawTransition};
use domain::ids::{Digest, OfficeId, OpTag, RecordId, SubmissionId};
use node::views::ReceiptView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moment;

/// One submission. `submission` in it is the idempotency key, 32 random hexadecimal digits made
/// by the sender: sending it again gives the first receipt.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Submission {
    /// Files a record.
    Create(Form),
    /// Changes cells of a record.
    Patch(Patch),
    /// Moves a record's workflow.
    Transition(Transition),
    /// Remarks on a record.
    Comment(Comment),
    /// Acknowledges a record in an office's name.
    Acknowledge(Acknowledge),
}

/// A form.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The idempotency key.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// The record, for an event type: 32 random hexadecimal digits; none for a periodic type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub record: Option<RecordId>,
    /// The office that owns the record.
    #[schema(value_type = u32)]
    pub office: OfficeId,
    /// The period, for a periodic type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Fields by key: plain JSON; `{"na":true}`; `{"missing":"why"}`; a repeat group is a list of
    /// objects, each with an integer `row`.
    #[schema(value_type = Object)]
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// Keys of warnings that the person has read and confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

/// A change of cells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The idempotency key.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// Tags of the heads that the author saw; the current ones if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub saw: Option<Vec<OpTag>>,
    /// Fields by key, as in a form; null takes a cell back to "not yet received". Of a repeat
    /// group only the rows named change; `{"row":3,"remove":true}` takes row 3 away.
    #[schema(value_type = Object)]
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// Keys of warnings that the person has read and confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

/// A move of the workflow.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The idempotency key.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// The action's key.
    pub action: String,
    /// `content` of the record as the author saw it.
    #[schema(value_type = String)]
    pub content: Digest,
    /// Cells sent back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returned: Vec<Return>,
    /// Reason or note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A cell sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// Which: `judul`, or `barang[2].jumlah`.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// A remark.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The idempotency key.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
    /// The text.
    pub text: String,
}

/// An acknowledgement.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledge {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// The idempotency key.
    #[schema(value_type = String)]
    pub submission: SubmissionId,
}

/// Proof that a submission is kept durably.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The idempotency key.
    pub submission: String,
    /// The record.
    pub record: String,
    /// The operation's short name in its record.
    pub tag: String,
    /// The operation's link in its chain.
    pub link: String,
    /// Its position in the node's log.
    pub pos: u64,
    /// When the node kept it.
    pub received_at: String,
    /// Remarks of the node, such as `clock_ahead`.
    pub flags: Vec<String>,
}

impl From<Submission> for node::Submission {
    fn from(submission: Submission) -> Self {
        match submission {
            Submission::Create(form) => Self::Create(form.into()),
            Submission::Patch(patch) => Self::Patch(patch.into()),
            Submission::Transition(transition) => Self::Transition(transition.into()),
            Submission::Comment(Comment { record, submission, text }) => {
                Self::Comment(RawComment { record, submission, text })
            }
            Submission::Acknowledge(Acknowledge { record, submission }) => {
                Self::Acknowledge(RawAcknowledge { record, submission })
            }
        }
    }
}

impl From<Form> for RawForm {
    fn from(form: Form) -> Self {
        let Form { type_key, submission, record, office, period, fields, confirmed } = form;
        Self { type_key, submission, record, office, period, fields, confirmed }
    }
}

impl From<Patch> for RawPatch {
    fn from(patch: Patch) -> Self {
        let Patch { record, submission, saw, fields, confirmed } = patch;
        Self { record, submission, saw, fields, confirmed }
    }
}

impl From<Transition> for RawTransition {
    fn from(transition: Transition) -> Self {
        let Transition { record, submission, action, content, returned, reason } = transition;
        let one = |Return { at, reason }| RawReturned { at, reason };
        let returned = returned.into_iter().map(one).collect();
        Self { record, submission, action, content, returned, reason }
    }
}

impl From<ReceiptView> for Receipt {
    fn from(receipt: ReceiptView) -> Self {
        Self {
            submission: receipt.submission.to_string(),
            record: receipt.record.to_string(),
            tag: receipt.tag.to_string(),
            link: receipt.link.to_string(),
            pos: receipt.pos,
            received_at: moment(receipt.received_ms),
            flags: receipt.flags,
        }
    }
}
