//! From an untrusted form to a valid one. [`parse`] is the only maker of [`ValidForm`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{OfficeId, RecordId, SubmissionId};
use crate::period::{Date, Period};
use crate::value::Cells;

/// A form as it arrives: JSON from a browser, a row of an import. Nothing in it is trusted.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// `{"lat":…,"lon":…}`, a file as its reference); `{"na":true}` is "not applicable",
    /// `{"missing":"why"}` is "said to be missing"; `null` or absence is "not yet received". A
    /// repeat group is a list of objects, each with an integer `"row"`.
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// Warnings that the person has read and confirmed, by rule key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<String>,
}

/// A form that its type's fields and rules accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidForm {
    pub(crate) cells: Cells,
    pub(crate) period: Option<Period>,
    pub(crate) record: RecordId,
    pub(crate) office: OfficeId,
}

/// What a form is judged against besides its type.
#[derive(Clone, Debug)]
pub struct FormContext<'a> {
    /// The date at the office.
    pub today: Date,
    /// Records that the form names, where they exist.
    pub refs: &'a BTreeMap<RecordId, RefInfo>,
    /// Whether an office exists at the date, and its level.
    pub tree: &'a crate::office::Tree,
}

/// What is known of a record that a form names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefInfo {
    /// `pack.type`.
    pub type_key: String,
    /// The key of its state.
    pub state: String,
    /// Its owner.
    pub office: OfficeId,
}
