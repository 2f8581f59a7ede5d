//! What arrives: JSON from a browser, a row of an import. Nothing in it is trusted.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::ids::{Digest, OfficeId, OpTag, RecordId, SubmissionId};

/// A new record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawForm {
    /// `pack.type`.
    #[serde(rename = "type")]
    pub type_key: String,
    /// The idempotency key.
    pub submission: SubmissionId,
    /// The record, for an event type; chosen by the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// The office that owns the record.
    pub office: OfficeId,
    /// The period, for a periodic type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Fields by key. A value is plain JSON (numbers as numbers or decimal strings, dates as
    /// `2021-01-08`, times as `14:05`, a choice by key, an office or record by id, a point as
    /// `{"lat":…,"lon":…}`, a file as `{"digest":…,"size_bytes":…,"media_type":…,"name":…}`);
    /// `{"na":true}` is "not applicable", `{"missing":"why"}` is "said to be missing"; `null`,
    /// an empty text, an empty list or absence is "not yet received". A repeat group is a list of
    /// objects, each with an integer `"row"`.
    pub fields: Map<String, Json>,
    /// Warnings that the person has read and confirmed, by rule key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

/// A change of a record's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPatch {
    /// The record.
    pub record: RecordId,
    /// The idempotency key.
    pub submission: SubmissionId,
    /// The heads that the author saw; absent, those that the record has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<Vec<OpTag>>,
    /// The fields to change, in the wire form of [`RawForm::fields`]. `null` clears a field; a
    /// field that isn't named stays. Of a repeat group only the rows named change, and in them
    /// only the fields named; `{"row":3,"remove":true}` takes row 3 away, `null` all rows.
    pub fields: Map<String, Json>,
    /// Warnings that the person has read and confirmed, by rule key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

/// A move of a record's workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTransition {
    /// The record.
    pub record: RecordId,
    /// The idempotency key.
    pub submission: SubmissionId,
    /// The action's key.
    pub action: String,
    /// Hash of the cells that the author saw.
    pub content: Digest,
    /// Cells sent back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returned: Vec<RawReturned>,
    /// Reason or note for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A cell sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawReturned {
    /// Its place: `judul`, or `korban[2].nama` for row 2.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// A remark on a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawComment {
    /// The record.
    pub record: RecordId,
    /// The idempotency key.
    pub submission: SubmissionId,
    /// The text.
    pub text: String,
}

/// An office's acknowledgement of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAcknowledge {
    /// The record.
    pub record: RecordId,
    /// The idempotency key.
    pub submission: SubmissionId,
}
