//! Untrusted moves, remarks and acknowledgements.

use super::errors::FormErrors;
use super::raw::{RawComment, RawTransition};
use super::{cell, clip, place};
use crate::ids::{ActionId, Digest, OpTag, RecordId};
use crate::limits::{LONG_TEXT_BYTES_MAX, REASON_BYTES_MAX, RETURNED_CELLS_MAX};
use crate::op::{Acknowledge, Comment, ReturnedCell, Transition};
use crate::pack::RecordType;
use crate::problem::{Problem, ProblemCode};
use crate::record::Record;

/// A move whose action, cells and texts exist; whether it may take place is for
/// [`crate::workflow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidTransition {
    /// The record.
    pub record: RecordId,
    /// The heads of the record.
    pub saw: Vec<OpTag>,
    /// The action.
    pub action: ActionId,
    /// Hash of the cells that the author saw.
    pub content: Digest,
    /// Cells sent back.
    pub returned: Vec<ReturnedCell>,
    /// Reason or note.
    pub reason: Option<String>,
}

impl ValidTransition {
    /// What the log takes.
    #[must_use]
    pub fn into_transition(self) -> Transition {
        Transition {
            record: self.record,
            saw: self.saw,
            action: self.action,
            content: self.content,
            returned: self.returned,
            reason: self.reason,
        }
    }
}

/// Judges the parts of a move.
///
/// # Errors
/// When the action or a cell doesn't exist, or a text is empty or too long.
pub fn parse_transition(
    raw: &RawTransition,
    record: &Record,
    ty: &RecordType,
) -> Result<ValidTransition, FormErrors> {
    let mut errors = FormErrors::default();
    let action = ty.workflow.action_by_key(&raw.action);
    if action.is_none() {
        let problem = Problem::new(ProblemCode::WrongState).at("action");
        errors.add(problem.with("action", clip(&raw.action)));
    }
    if raw.returned.len() > RETURNED_CELLS_MAX {
        let problem = Problem::new(ProblemCode::TooMany).at("returned");
        return Err(problem.with("max", RETURNED_CELLS_MAX).into());
    }
    let mut returned: Vec<ReturnedCell> = Vec::with_capacity(raw.returned.len());
    for one in &raw.returned {
        let path = place::parse(ty, &one.at);
        let fresh = path.filter(|path| returned.iter().all(|other| other.path != *path));
        match (fresh, cell::parse_reason(&one.reason)) {
            (Some(path), Ok(reason)) => returned.push(ReturnedCell { path, reason }),
            (None, _) => {
                errors.add(Problem::new(ProblemCode::CannotReturn).at(clip(&one.at)));
            }
            (_, Err(problem)) => errors.add(reason_needed(problem).at(clip(&one.at))),
        }
    }
    let reason = optional_reason(raw.reason.as_deref(), &mut errors);
    let (Some(action), true) = (action, errors.is_empty()) else { return Err(errors) };
    Ok(ValidTransition {
        record: record.id,
        saw: record.saw(),
        action: action.id,
        content: raw.content,
        returned,
        reason,
    })
}

fn reason_needed(problem: Problem) -> Problem {
    let empty = problem.code == ProblemCode::MissingNeedsReason.as_str();
    if empty { Problem::new(ProblemCode::ReasonNeeded) } else { problem }
}

fn optional_reason(raw: Option<&str>, errors: &mut FormErrors) -> Option<String> {
    match cell::text_of(raw?, true, REASON_BYTES_MAX) {
        Ok(reason) => Some(reason).filter(|reason| !reason.is_empty()),
        Err(problem) => {
            errors.add(problem.at("reason"));
            None
        }
    }
}

/// Judges a remark.
///
/// # Errors
/// When the text is empty or too long.
pub fn parse_comment(raw: &RawComment, record: &Record) -> Result<Comment, FormErrors> {
    let text = cell::text_of(&raw.text, true, LONG_TEXT_BYTES_MAX)
        .map_err(|problem| problem.at("text"))?;
    if text.is_empty() {
        return Err(Problem::new(ProblemCode::Required).at("text").into());
    }
    Ok(Comment { record: record.id, saw: record.saw(), text })
}

/// The acknowledgement of a record as it stands.
#[must_use]
pub fn acknowledge(record: &Record) -> Acknowledge {
    Acknowledge { record: record.id, saw: record.saw() }
}
