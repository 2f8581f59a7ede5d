//! The names that an expression may use, and their types.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::ids::FieldId;
use crate::pack::{Field, FieldKind};

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pack::author) enum Ty {
    /// A number with so many digits after the point.
    Number(u32),
    Text,
    /// A choice of this field: a text, one of its keys.
    Choice(FieldId),
    /// The record's state: a text, one of the state keys.
    State,
    Bool,
    Date,
    Time,
    Period,
    Office,
    Record,
    /// Several choices of this field.
    Choices(FieldId),
    /// A list.
    List(Box<Ty>),
    /// A repeat group.
    Group(FieldId),
    /// A point, a photo or a file: one can only ask whether it is there.
    Opaque,
}

impl Ty {
    /// What it is, in words.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text => "a text",
            Self::Choice(_) => "a choice",
            Self::State => "a state",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::Time => "a time",
            Self::Period => "a period",
            Self::Office => "an office",
            Self::Record => "a record",
            Self::Choices(_) => "several choices",
            Self::List(_) => "a list",
            Self::Group(_) => "a repeat group",
            Self::Opaque => "a point, photo or file",
        }
    }

    /// Whether its values are texts.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Choice(_) | Self::State)
    }
}

/// What is known of a record type while its expressions are compiled.
#[derive(Debug)]
pub(in crate::pack::author) struct Known<'k> {
    pub(in crate::pack::author) fields: &'k [Field],
    /// Types of computed fields that are compiled already.
    pub(in crate::pack::author) computed: &'k BTreeMap<FieldId, Ty>,
    pub(in crate::pack::author) periodic: bool,
    pub(in crate::pack::author) states: &'k [String],
}

impl<'k> Known<'k> {
    pub(super) fn field_by_key(&self, key: &str) -> Option<&'k Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    pub(super) fn field(&self, id: FieldId) -> Option<&'k Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The type of a field; `None` for a computed field that has none yet.
    pub(super) fn ty(&self, field: &Field) -> Option<Ty> {
        Some(match &field.kind {
            FieldKind::Text | FieldKind::LongText => Ty::Text,
            FieldKind::Integer | FieldKind::Money => Ty::Number(0),
            FieldKind::Decimal(scale) => Ty::Number(u32::from(*scale)),
            FieldKind::Date => Ty::Date,
            FieldKind::Time => Ty::Time,
            FieldKind::Period(_) => Ty::Period,
            FieldKind::Choice(_) => Ty::Choice(field.id),
            FieldKind::Choices(_) => Ty::Choices(field.id),
            FieldKind::Office(_) => Ty::Office,
            FieldKind::Record(..) => Ty::Record,
            FieldKind::Point | FieldKind::Photo | FieldKind::File => Ty::Opaque,
            FieldKind::Group(_) => Ty::Group(field.id),
            FieldKind::Computed(..) => return self.computed.get(&field.id).cloned(),
            FieldKind::Bool => Ty::Bool,
        })
    }
}

/// Where an expression stands.
#[derive(Debug)]
pub(in crate::pack::author) struct Scope<'k> {
    pub(in crate::pack::author) known: &'k Known<'k>,
    /// `today` may be asked: not where the answer must be the same on every day.
    pub(in crate::pack::author) today: bool,
    /// The repeat group whose row's fields may be named alone.
    pub(in crate::pack::author) row: Cell<Option<FieldId>>,
    /// Whether naming a field of a group sets `row`.
    pub(in crate::pack::author) finds_row: bool,
}

impl<'k> Scope<'k> {
    /// Outside any row, without `today`.
    pub(in crate::pack::author) fn fixed(known: &'k Known<'k>, row: Option<FieldId>) -> Self {
        Self { known, today: false, row: Cell::new(row), finds_row: false }
    }

    /// A rule: may ask `today`, and is of the group whose fields it names alone.
    pub(in crate::pack::author) fn rule(known: &'k Known<'k>) -> Self {
        Self { known, today: true, row: Cell::new(None), finds_row: true }
    }
}
