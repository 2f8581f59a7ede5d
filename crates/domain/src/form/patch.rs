//! From an untrusted change of a record to a valid one.

use super::errors::FormErrors;
use super::raw::RawPatch;
use super::{FormContext, cell, judge, record_date};
use crate::expr::{Moment, Scene};
use crate::ids::{OpTag, RecordId, SubmissionId};
use crate::limits::SAW_MAX;
use crate::op::Patch;
use crate::pack::{Pack, RecordType};
use crate::problem::{Problem, ProblemCode};
use crate::record::Record;
use crate::value::{CellChanges, Cells};

/// A change of cells after which the whole record is accepted by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidPatch {
    record: RecordId,
    saw: Vec<OpTag>,
    type_version: u32,
    changes: CellChanges,
    submission: SubmissionId,
}

impl ValidPatch {
    /// What changes; a cell that already stands so is not among it.
    #[must_use]
    pub fn changes(&self) -> &CellChanges {
        &self.changes
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The idempotency key.
    #[must_use]
    pub fn submission(&self) -> SubmissionId {
        self.submission
    }

    /// What the log takes.
    #[must_use]
    pub fn into_patch(self) -> Patch {
        Patch {
            record: self.record,
            saw: self.saw,
            type_version: self.type_version,
            cells: self.changes,
        }
    }
}

/// Judges a change, as the whole record would stand after it. A field that ceases to be relevant
/// and is not named by the change loses its cells by it.
///
/// # Errors
/// When any field is wrong, or the record would be after the change.
pub fn parse_patch(
    raw: &RawPatch,
    record: &Record,
    pack: &Pack,
    context: &FormContext<'_>,
) -> Result<ValidPatch, FormErrors> {
    let fits = pack.name == record.type_ref.pack && raw.record == record.id;
    let Some(ty) = pack.type_by_id(record.type_ref.type_id).filter(|_| fits) else {
        return Err(Problem::new(ProblemCode::UnknownType).into());
    };
    let mut errors = FormErrors::default();
    let saw = parse_saw(raw, record, &mut errors);
    let standing = record.cells();
    let read = cell::read_fields(&raw.fields, ty, &standing, &mut errors);
    let (mut changes, rows) = (read.changes, read.rows);
    changes.retain(|path, cell| standing.get(path) != cell.as_ref());

    let sent: Cells =
        changes.iter().filter_map(|(path, cell)| Some((*path, cell.clone()?))).collect();
    let date = record_date(ty, &after(&standing, &changes), record.period);
    cell::check_references(&sent, pack, ty, context, date.unwrap_or(context.today), &mut errors);

    let state = ty.workflow.state(record.state).map(|state| state.key.as_str());
    let today = Some(context.today);
    let moment = Moment { today, period: record.period, office: record.office, state };
    let judged = judge::Judged { ty, moment, confirmed: &raw.confirmed, rows: &rows };
    drop_irrelevant(&judged, &standing, &mut changes, ty);
    judged.judge(&after(&standing, &changes), &mut errors);

    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(ValidPatch {
        record: record.id,
        saw,
        type_version: pack.version,
        changes,
        submission: raw.submission,
    })
}

fn after(standing: &Cells, changes: &CellChanges) -> Cells {
    let mut cells = standing.clone();
    for (path, change) in changes {
        match change {
            Some(cell) => cells.insert(*path, cell.clone()),
            None => cells.remove(path),
        };
    }
    cells
}

/// Each pass may make other fields irrelevant, so it repeats, at most once a field.
fn drop_irrelevant(
    judged: &judge::Judged<'_>,
    standing: &Cells,
    changes: &mut CellChanges,
    ty: &RecordType,
) {
    for _ in 0..=ty.fields.len() {
        let cells = after(standing, changes);
        let scene = Scene::new(ty, &cells, judged.moment);
        let mut irrelevant = judged.irrelevant(&scene, &cells, false);
        irrelevant.retain(|path| !changes.contains_key(path));
        if irrelevant.is_empty() {
            return;
        }
        changes.extend(irrelevant.into_iter().map(|path| (path, None)));
    }
}

fn parse_saw(raw: &RawPatch, record: &Record, errors: &mut FormErrors) -> Vec<OpTag> {
    let Some(sent) = &raw.saw else { return record.saw() };
    let mut saw = sent.clone();
    saw.sort_unstable();
    saw.dedup();
    let known = |tag: &OpTag| record.history.iter().any(|event| event.tag == *tag);
    if saw.is_empty() || saw.len() > SAW_MAX || !saw.iter().all(known) {
        errors.add(Problem::new(ProblemCode::BodyInvalid).at("saw"));
    }
    saw
}
