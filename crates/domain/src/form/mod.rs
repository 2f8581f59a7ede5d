//! From an untrusted form to a valid one. [`parse`] is the only maker of [`ValidForm`],
//! [`parse_patch`] of [`ValidPatch`].

mod cell;
mod errors;
mod judge;
mod moves;
mod patch;
pub mod place;
mod raw;
mod wire;

#[cfg(feature = "author")]
pub(crate) use cell::parse_time;
pub use errors::FormErrors;
pub use moves::{ValidTransition, acknowledge, parse_comment, parse_transition};
pub use patch::{ValidPatch, parse_patch};
pub use raw::{RawAcknowledge, RawComment, RawForm, RawPatch, RawReturned, RawTransition};
pub use wire::to_json;

use std::collections::BTreeMap;

use crate::expr::{self, Datum, Moment, Scene};
use crate::ids::{OfficeId, RecordId, SubmissionId};
use crate::office::Tree;
use crate::op::{Create, Lane, TypeRef};
use crate::pack::{Kind, Pack, RecordType};
use crate::period::{Date, Period};
use crate::problem::{Problem, ProblemCode};
use crate::value::{Cells, Value, value_at};

/// A form that its type's fields and rules accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidForm {
    cells: Cells,
    period: Option<Period>,
    record: RecordId,
    office: OfficeId,
    type_ref: TypeRef,
    submission: SubmissionId,
}

impl ValidForm {
    /// The cells.
    #[must_use]
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The period, for a periodic type.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        self.period
    }

    /// The record.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The office that owns it.
    #[must_use]
    pub fn office(&self) -> OfficeId {
        self.office
    }

    /// The type, in the version of the pack that judged it.
    #[must_use]
    pub fn type_ref(&self) -> &TypeRef {
        &self.type_ref
    }

    /// The idempotency key.
    #[must_use]
    pub fn submission(&self) -> SubmissionId {
        self.submission
    }

    /// What the log takes.
    #[must_use]
    pub fn into_create(self) -> Create {
        Create {
            record: self.record,
            type_ref: self.type_ref,
            office: self.office,
            period: self.period,
            cells: self.cells,
        }
    }
}

/// What a form is judged against besides its type.
#[derive(Clone, Copy, Debug)]
pub struct FormContext<'a> {
    /// The date at the office.
    pub today: Date,
    /// Records that the form names, where they exist.
    pub refs: &'a BTreeMap<RecordId, RefInfo>,
    /// The tree of offices.
    pub tree: &'a Tree,
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

/// Judges a form: all that is wrong with it, not the first.
///
/// # Errors
/// When any field, rule, period, office or reference is wrong.
pub fn parse(
    raw: &RawForm,
    pack: &Pack,
    context: &FormContext<'_>,
) -> Result<ValidForm, FormErrors> {
    let mut errors = FormErrors::default();
    let Some(ty) = pack.type_by_full_key(&raw.type_key) else {
        errors.add(Problem::new(ProblemCode::UnknownType).with("type", &raw.type_key));
        return Err(errors);
    };
    let period = parse_period(raw, ty, context, &mut errors);
    let record = parse_record_id(raw, ty, period, &mut errors);
    let read = cell::read_fields(&raw.fields, ty, &Cells::new(), &mut errors);
    let received = read.changes.into_iter().filter_map(|(path, cell)| Some((path, cell?)));
    let cells: Cells = received.collect();
    let date = record_date(ty, &cells, period).unwrap_or(context.today);
    if context.tree.at(raw.office, date).is_none_or(|office| !ty.levels.contains(&office.level)) {
        errors.add(Problem::new(ProblemCode::WrongOffice).at("office").with("office", raw.office));
    }
    cell::check_references(&cells, pack, ty, context, date, &mut errors);
    let moment =
        Moment { today: Some(context.today), period, office: raw.office, state: first_state(ty) };
    let judged = judge::Judged { ty, moment, confirmed: &raw.confirmed, rows: &read.rows };
    judged.judge(&cells, &mut errors);
    let (Some(record), true) = (record, errors.is_empty()) else { return Err(errors) };
    Ok(ValidForm {
        cells,
        period,
        record,
        office: raw.office,
        type_ref: pack.type_ref(ty),
        submission: raw.submission,
    })
}

/// The computed fields of a record that have a value.
#[must_use]
pub fn computed(ty: &RecordType, cells: &Cells, moment: Moment<'_>) -> Cells {
    Scene::new(ty, cells, moment).into_computed()
}

/// The date of a record: its date field, or the first day of its period.
#[must_use]
pub fn record_date(ty: &RecordType, cells: &Cells, period: Option<Period>) -> Option<Date> {
    let field = ty.date.and_then(|field| value_at(cells, crate::value::CellPath::field(field)));
    match field {
        Some(Value::Date(date)) => Some(*date),
        _ => period.map(Period::first),
    }
}

/// Whether a record with these cells leaves by the urgent lane.
#[must_use]
pub fn is_urgent(ty: &RecordType, cells: &Cells, moment: Moment<'_>) -> bool {
    let scene = Scene::new(ty, cells, moment);
    ty.urgent.as_ref().is_some_and(|urgent| expr::eval(urgent, &scene) == Some(Datum::Bool(true)))
}

/// The lane by which a record that begins with these cells leaves.
#[must_use]
pub fn lane(ty: &RecordType, cells: &Cells, period: Option<Period>, office: OfficeId) -> Lane {
    let moment = Moment { today: None, period, office, state: None };
    if is_urgent(ty, cells, moment) { Lane::Urgent } else { Lane::Forms }
}

fn first_state(ty: &RecordType) -> Option<&str> {
    ty.workflow.first().map(|state| state.key.as_str())
}

fn parse_period(
    raw: &RawForm,
    ty: &RecordType,
    context: &FormContext<'_>,
    errors: &mut FormErrors,
) -> Option<Period> {
    let wrong = |code| Problem::new(code).at("period");
    match (ty.kind, &raw.period) {
        (Kind::Event, None) => None,
        (Kind::Event, Some(_)) => {
            errors.add(wrong(ProblemCode::WrongPeriod));
            None
        }
        (Kind::Periodic(_), None) => {
            errors.add(wrong(ProblemCode::PeriodNeeded));
            None
        }
        (Kind::Periodic(grain), Some(text)) => {
            let period = text.parse::<Period>().ok().filter(|period| period.grain() == grain);
            let begun = period.filter(|period| period.first() <= context.today);
            if begun.is_none() {
                errors.add(wrong(ProblemCode::WrongPeriod).with("period", clip(text)));
            }
            begun
        }
    }
}

fn parse_record_id(
    raw: &RawForm,
    ty: &RecordType,
    period: Option<Period>,
    errors: &mut FormErrors,
) -> Option<RecordId> {
    match (ty.kind, raw.record) {
        (Kind::Event, Some(record)) => Some(record),
        (Kind::Periodic(_), None) => {
            period.map(|period| crate::record::periodic_id(&raw.type_key, raw.office, period))
        }
        (Kind::Event, None) | (Kind::Periodic(_), Some(_)) => {
            errors.add(Problem::new(ProblemCode::RecordIdWrong).at("record"));
            None
        }
    }
}

/// The beginning of a text that somebody sent, short enough to repeat to them.
fn clip(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
    &text[..end]
}
