//! Deciding a move of the workflow.
//!
//! [`decide`] is asked before an operation is sealed, [`judge`] when its turn comes in the fold:
//! in between, other operations may have arrived.

use thiserror::Error;

use crate::expr;
use crate::hlc::Hlc;
use crate::ids::{ActionId, Digest, StateId};
use crate::limits::{REASON_BYTES_MAX, RETURNED_CELLS_MAX};
use crate::op::{ReturnedCell, Transition};
use crate::pack::{Action, RecordType, State};
use crate::period::Date;
use crate::problem::ProblemCode;
use crate::record::{Record, Refusal};
use crate::value::CellPath;

/// A move that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The action.
    pub action: ActionId,
    /// Hash of the cells that they saw ([`crate::record::content_hash`]).
    pub content: Digest,
    /// Cells sent back, each with its reason.
    pub returned: Vec<ReturnedCell>,
    /// Reason or note for the whole.
    pub reason: Option<String>,
}

/// Why a move can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The type has no such action.
    #[error("the workflow has no such action")]
    UnknownAction,
    /// The workflow has no such action from the state that the record is in.
    #[error("the action does not start from state {0}")]
    WrongState(StateId),
    /// The content changed since it was read.
    #[error("the content changed since it was read")]
    ContentChanged,
    /// The action's condition isn't met.
    #[error("the condition of the action is not met")]
    Guard,
    /// The action needs a reason.
    #[error("the action needs a reason")]
    ReasonNeeded,
    /// A reason is too long.
    #[error("a reason is too long")]
    ReasonTooLong,
    /// The action doesn't return cells, or the record can't have the first cell named.
    #[error("the action cannot return a cell")]
    CannotReturn(Option<CellPath>),
    /// More cells are returned than one move may return.
    #[error("more cells are returned than one move may return")]
    TooManyReturned,
}

impl Refused {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> ProblemCode {
        match self {
            Self::UnknownAction | Self::WrongState(_) => ProblemCode::WrongState,
            Self::ContentChanged => ProblemCode::ContentChanged,
            Self::Guard => ProblemCode::GuardFalse,
            Self::ReasonNeeded => ProblemCode::ReasonNeeded,
            Self::ReasonTooLong => ProblemCode::TooLong,
            Self::CannotReturn(_) => ProblemCode::CannotReturn,
            Self::TooManyReturned => ProblemCode::TooMany,
        }
    }
}

/// Decides a move at the moment that will stand in its operation.
pub fn decide(
    record: &Record,
    ty: &RecordType,
    ask: Ask,
    time: Hlc,
) -> Result<Transition, Refused> {
    let action = ty.workflow.action(ask.action).ok_or(Refused::UnknownAction)?;
    if record.content() != ask.content {
        return Err(Refused::ContentChanged);
    }
    judge(record, ty, ask.action, &ask.content, time).map_err(|refusal| match refusal {
        Refusal::Unknown => Refused::UnknownAction,
        Refusal::WrongState => Refused::WrongState(record.state),
        Refusal::ContentChanged => Refused::ContentChanged,
        Refusal::Guard => Refused::Guard,
    })?;
    judge_returned(record, ty, action, &ask.returned)?;
    let reasons = ask.returned.iter().map(|cell| &cell.reason).chain(&ask.reason);
    if reasons.clone().any(|reason| reason.len() > REASON_BYTES_MAX) {
        return Err(Refused::ReasonTooLong);
    }
    let whole = ask.reason.as_ref().filter(|reason| !reason.trim().is_empty());
    if action.reason && whole.is_none() && ask.returned.is_empty() {
        return Err(Refused::ReasonNeeded);
    }
    Ok(Transition {
        record: record.id,
        saw: record.saw(),
        action: ask.action,
        content: ask.content,
        reason: whole.cloned(),
        returned: ask.returned,
    })
}

/// Whether cells of the record may be changed in the state that it is in.
#[must_use]
pub fn can_edit(record: &Record, ty: &RecordType) -> bool {
    ty.workflow.state(record.state).is_some_and(|state| state.editable)
}

/// The state that the move leads to, if the workflow allows it for the record as it stands.
///
/// Every node judges the same: the guard sees the record alone, and `today` is the day of the
/// operation's own time.
pub(crate) fn judge<'t>(
    record: &Record,
    ty: &'t RecordType,
    action: ActionId,
    content: &Digest,
    time: Hlc,
) -> Result<&'t State, Refusal> {
    let action = ty.workflow.action(action).ok_or(Refusal::Unknown)?;
    let to = ty.workflow.state(action.to).ok_or(Refusal::Unknown)?;
    if !action.from.contains(&record.state) {
        return Err(Refusal::WrongState);
    }
    if to.reopens_to.is_some() && record.content() != *content {
        return Err(Refusal::ContentChanged);
    }
    match &action.guard {
        Some(guard) if !holds(guard, record, ty, time) => Err(Refusal::Guard),
        _ => Ok(to),
    }
}

fn judge_returned(
    record: &Record,
    ty: &RecordType,
    action: &Action,
    returned: &[ReturnedCell],
) -> Result<(), Refused> {
    if !action.returns && !returned.is_empty() {
        return Err(Refused::CannotReturn(None));
    }
    if returned.len() > RETURNED_CELLS_MAX {
        return Err(Refused::TooManyReturned);
    }
    for cell in returned {
        if cell.reason.trim().is_empty() {
            return Err(Refused::ReasonNeeded);
        }
        if !has_place(record, ty, cell.path) {
            return Err(Refused::CannotReturn(Some(cell.path)));
        }
    }
    Ok(())
}

/// Whether the record has this cell, or could: an empty field can be sent back, to be filled.
fn has_place(record: &Record, ty: &RecordType, path: CellPath) -> bool {
    let group_of = |field| ty.fields.iter().find(|f| f.id == field).map(|f| f.group);
    match path.at {
        None => group_of(path.field) == Some(None),
        Some((row, field)) => {
            let stands =
                |at: &CellPath| at.field == path.field && at.at.is_some_and(|a| a.0 == row);
            group_of(field) == Some(Some(path.field))
                && record.cells.iter().any(|(at, held)| stands(at) && held.cell.is_some())
        }
    }
}

/// Whether a guard is true of the record. What can't be judged isn't true.
fn holds(guard: &expr::Expr, record: &Record, ty: &RecordType, time: Hlc) -> bool {
    let cells = record.cells();
    let moment = expr::Moment {
        today: Some(day_of(time)),
        period: record.period,
        office: record.office,
        state: ty.workflow.state(record.state).map(|state| state.key.as_str()),
    };
    expr::truth(guard, &expr::Scene::new(ty, &cells, moment)) == Some(true)
}

/// The day of a moment at the country's eastern edge (UTC+9), so that what is today at any of its
/// offices is never tomorrow.
fn day_of(time: Hlc) -> Date {
    const EAST_MS: u64 = 9 * 60 * 60 * 1000;
    Date::of_ms(time.ms.saturating_add(EAST_MS))
}
