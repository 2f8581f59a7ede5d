//! What is submitted when, by whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::form::{self, FormContext, RawForm, RawPatch, RawReturned, RawTransition, RefInfo};
use domain::ids::{Digest, OfficeId, RecordId, SubmissionId};
use domain::office::Tree;
use domain::pack::Pack;
use domain::period::Date;
use domain::record::content_hash;
use domain::sync::body::creation_submission;
use node::Submission;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use super::chance;

/// Who submits: everybody in the simulation works somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    /// The role.
    pub(super) role: &'static str,
    /// Where.
    pub(super) office: OfficeId,
}

/// One submission.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// When, in milliseconds since 1970.
    pub(super) at_ms: u64,
    pub(super) who: Who,
    pub(super) submission: Submission,
}

/// Judges forms beforehand, to know the content that a verifier will have seen.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) packs: BTreeMap<String, Arc<Pack>>,
    pub(super) tree: Arc<Tree>,
}

impl Judge {
    /// The hash of a form's content.
    pub(super) fn content(
        &self,
        form: &RawForm,
        today: Date,
        refs: &BTreeMap<RecordId, RefInfo>,
    ) -> Digest {
        let name = form.type_key.split('.').next().unwrap_or_default();
        let pack = self.packs.get(name).expect("invariant: the demo brings its packs");
        let context = FormContext { today, refs, tree: &self.tree };
        let valid = form::parse(form, pack, &context).unwrap_or_else(|errors| {
            let shown = serde_json::to_string(form).unwrap_or_default();
            panic!("invariant: simulated forms are valid: {:?} in {shown}", errors.problems())
        });
        content_hash(valid.cells())
    }
}

/// A form of an event type.
pub(super) fn event(
    chance: &mut ChaCha8Rng,
    type_key: &str,
    office: OfficeId,
    fields: Map<String, Value>,
) -> RawForm {
    let record = RecordId(chance::id(chance));
    RawForm {
        type_key: type_key.to_owned(),
        submission: creation_submission(record),
        record: Some(record),
        office,
        period: None,
        fields,
        confirmed: Vec::new(),
    }
}

/// A move of the workflow.
pub(super) fn transition(
    chance: &mut ChaCha8Rng,
    record: RecordId,
    action: &str,
    content: Digest,
) -> RawTransition {
    RawTransition {
        record,
        submission: SubmissionId(chance::id(chance)),
        action: action.to_owned(),
        content,
        returned: Vec::new(),
        reason: None,
    }
}

/// A move that sends one cell back.
pub(super) fn sent_back(mut raw: RawTransition, at: &str, reason: &str) -> RawTransition {
    raw.returned.push(RawReturned { at: at.to_owned(), reason: reason.to_owned() });
    raw
}

/// A change of cells; `form` is brought to what the record will then hold.
pub(super) fn patch(
    chance: &mut ChaCha8Rng,
    form: &mut RawForm,
    record: RecordId,
    fields: Map<String, Value>,
) -> RawPatch {
    form.fields.extend(fields.clone());
    RawPatch {
        record,
        submission: SubmissionId(chance::id(chance)),
        saw: None,
        fields,
        confirmed: form.confirmed.clone(),
    }
}
