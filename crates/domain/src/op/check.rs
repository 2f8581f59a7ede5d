//! Limits and order within an operation, judged the same when it is sealed and when it is opened.

use super::seal::{Limit, OpError};
use super::{Change, FORMAT, Op, Transition};
use crate::ids::OpTag;
use crate::limits::{
    CELLS_PER_RECORD_MAX, LONG_TEXT_BYTES_MAX, PACK_BYTES_MAX, REASON_BYTES_MAX,
    RETURNED_CELLS_MAX, SAW_MAX, TEXT_BYTES_MAX,
};
use crate::value::{Cell, Value};

/// Milliseconds since 1970 at the end of the year 9999: later times are no times.
const TIME_MS_MAX: u64 = 253_402_300_799_999;

pub(super) fn limits(op: &Op) -> Result<(), OpError> {
    if op.format != FORMAT {
        return Err(OpError::Format { found: op.format });
    }
    judge(op).map_err(OpError::Limit)
}

fn judge(op: &Op) -> Result<(), Limit> {
    require(op.time.ms <= TIME_MS_MAX, Limit::Time)?;
    saw(op.change.saw())?;
    match &op.change {
        Change::Create(create) => {
            short(&create.type_ref.pack)?;
            cells(create.cells.len(), create.cells.values())
        }
        Change::Patch(patch) => cells(patch.cells.len(), patch.cells.values().flatten()),
        Change::Transition(change) => transition(change),
        Change::Comment(comment) => long(&comment.text),
        Change::Pack(bytes) => require(bytes.len() <= PACK_BYTES_MAX, Limit::Pack),
        Change::Certificate(certificate) => certificate.check(),
        Change::Revocation(revocation) => revocation.check(),
        Change::Acknowledge(_) | Change::Office(_) | Change::Unknown(_) => Ok(()),
    }
}

fn saw(saw: &[OpTag]) -> Result<(), Limit> {
    require(saw.len() <= SAW_MAX, Limit::Saw)?;
    require(saw.is_sorted_by(|a, b| a < b), Limit::SawOrder)
}

fn transition(change: &Transition) -> Result<(), Limit> {
    require(change.returned.len() <= RETURNED_CELLS_MAX, Limit::Returned)?;
    let reasons = change.returned.iter().map(|cell| &cell.reason).chain(&change.reason);
    for reason in reasons {
        require(reason.len() <= REASON_BYTES_MAX, Limit::Reason)?;
    }
    Ok(())
}

fn cells<'a>(len: usize, cells: impl Iterator<Item = &'a Cell>) -> Result<(), Limit> {
    require(len <= CELLS_PER_RECORD_MAX, Limit::Cells)?;
    for cell in cells {
        match cell {
            Cell::Value(value) => self::value(value)?,
            Cell::NotApplicable => {}
            Cell::Missing(why) => require(why.len() <= REASON_BYTES_MAX, Limit::Reason)?,
        }
    }
    Ok(())
}

fn value(value: &Value) -> Result<(), Limit> {
    match value {
        Value::Text(text) => long(text),
        Value::Time(minutes) => require(*minutes < 24 * 60, Limit::Range),
        Value::Choices(choices) => require(choices.is_sorted_by(|a, b| a < b), Limit::ChoiceOrder),
        Value::Point(point) => {
            let lat = (-900_000_000..=900_000_000).contains(&point.lat_e7);
            let lon = (-1_800_000_000..=1_800_000_000).contains(&point.lon_e7);
            require(lat && lon, Limit::Range)
        }
        Value::File(file) => short(&file.media_type).and(short(&file.name)),
        Value::Int(_)
        | Value::Date(_)
        | Value::Period(_)
        | Value::Choice(_)
        | Value::Office(_)
        | Value::Record(_)
        | Value::Bool(_) => Ok(()),
    }
}

fn short(text: &str) -> Result<(), Limit> {
    require(text.len() <= TEXT_BYTES_MAX, Limit::Text)
}

fn long(text: &str) -> Result<(), Limit> {
    require(text.len() <= LONG_TEXT_BYTES_MAX, Limit::Text)
}

fn require(holds: bool, limit: Limit) -> Result<(), Limit> {
    if holds { Ok(()) } else { Err(limit) }
}
