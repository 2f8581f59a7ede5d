//! The surroundings of an expression: one record's cells at one moment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Datum, Env, Expr, Status, Var, eval};
use crate::ids::{ChoiceId, FieldId, OfficeId, RowId};
use crate::pack::{Field, FieldKind, RecordType};
use crate::period::{Date, Period};
use crate::value::{Cell, CellPath, Cells, Value};

/// What an expression may ask besides cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment<'a> {
    /// The date at the office; `None` where the answer must be the same on every day, as for
    /// measures.
    pub today: Option<Date>,
    /// The record's period.
    pub period: Option<Period>,
    /// The record's owner.
    pub office: OfficeId,
    /// The key of the record's state; `None` before it has one.
    pub state: Option<&'a str>,
}

/// A record's cells, its computed fields, and the moment.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    ty: &'a RecordType,
    cells: &'a Cells,
    moment: Moment<'a>,
    computed: Cells,
}

/// One row of a repeat group within a scene: its fields are those of the row.
#[derive(Clone, Copy, Debug)]
pub struct RowScene<'s> {
    scene: &'s Scene<'s>,
    group: FieldId,
    row: RowId,
}

impl<'a> Scene<'a> {
    /// The scene of these cells; evaluates the computed fields.
    #[must_use]
    pub fn new(ty: &'a RecordType, cells: &'a Cells, moment: Moment<'a>) -> Self {
        let mut scene = Self { ty, cells, moment, computed: Cells::new() };
        for (field, expr) in computed_in_order(ty) {
            let results = scene.evaluate(field, expr);
            scene.computed.extend(results);
        }
        scene
    }

    /// The computed fields that have a value.
    #[must_use]
    pub fn into_computed(self) -> Cells {
        self.computed
    }

    /// The rows of a repeat group, in order of their numbers.
    #[must_use]
    pub fn rows(&self, group: FieldId) -> BTreeSet<RowId> {
        rows(self.cells, group)
    }

    /// The scene of one row.
    #[must_use]
    pub fn row(&self, group: FieldId, row: RowId) -> RowScene<'_> {
        RowScene { scene: self, group, row }
    }

    fn evaluate(&self, field: &Field, expr: &Expr) -> Vec<(CellPath, Cell)> {
        let found = |path, datum| Some((path, Cell::Value(value_of(datum?)?)));
        match field.group {
            None => found(CellPath::field(field.id), eval(expr, self)).into_iter().collect(),
            Some(group) => {
                let one = |row| {
                    let path = CellPath::row(group, row, field.id);
                    found(path, eval(expr, &self.row(group, row)))
                };
                self.rows(group).into_iter().filter_map(one).collect()
            }
        }
    }

    fn cell(&self, field: &Field, row: Option<(FieldId, RowId)>) -> Option<&Cell> {
        let path = match (field.group, row) {
            (None, _) => CellPath::field(field.id),
            (Some(group), Some((within, row))) if group == within => {
                CellPath::row(group, row, field.id)
            }
            (Some(_), _) => return None,
        };
        let held =
            if matches!(field.kind, FieldKind::Computed(..)) { &self.computed } else { self.cells };
        held.get(&path)
    }

    fn field_in(&self, field: FieldId, row: Option<(FieldId, RowId)>) -> Option<Datum> {
        let field = self.ty.field(field)?;
        if matches!(field.kind, FieldKind::Group(_)) {
            let rows = self.rows(field.id).into_iter();
            let rows = rows.map(|row| Some(Datum::Int(i64::from(row.0))));
            return Some(Datum::List(rows.collect()));
        }
        match self.cell(field, row)? {
            Cell::Value(value) => datum_of(field, value),
            Cell::NotApplicable | Cell::Missing(_) => None,
        }
    }

    fn status_in(&self, field: FieldId, row: Option<(FieldId, RowId)>) -> Status {
        let Some(field) = self.ty.field(field) else { return Status::NotReceived };
        let is_group = matches!(field.kind, FieldKind::Group(_));
        match self.cell(field, row) {
            Some(Cell::Value(_)) => Status::Value,
            Some(Cell::NotApplicable) => Status::NotApplicable,
            Some(Cell::Missing(_)) => Status::Missing,
            None if is_group && !self.rows(field.id).is_empty() => Status::Value,
            None => Status::NotReceived,
        }
    }

    fn choice_in(
        &self,
        field: FieldId,
        choice: ChoiceId,
        row: Option<(FieldId, RowId)>,
    ) -> Option<bool> {
        match self.cell(self.ty.field(field)?, row)? {
            Cell::Value(Value::Choice(held)) => Some(*held == choice),
            Cell::Value(Value::Choices(held)) => Some(held.contains(&choice)),
            Cell::Value(_) | Cell::NotApplicable | Cell::Missing(_) => None,
        }
    }
}

impl Env for Scene<'_> {
    fn field(&self, field: FieldId) -> Option<Datum> {
        self.field_in(field, None)
    }

    fn status(&self, field: FieldId) -> Status {
        self.status_in(field, None)
    }

    fn has_choice(&self, field: FieldId, choice: ChoiceId) -> Option<bool> {
        self.choice_in(field, choice, None)
    }

    fn column(&self, group: FieldId, field: FieldId) -> Vec<Option<Datum>> {
        let rows = self.rows(group).into_iter();
        rows.map(|row| self.field_in(field, Some((group, row)))).collect()
    }

    fn var(&self, var: Var) -> Option<Datum> {
        match var {
            Var::Today => self.moment.today.map(Datum::Date),
            Var::PeriodFirst => self.moment.period.map(|period| Datum::Date(period.first())),
            Var::PeriodLast => self.moment.period.map(|period| Datum::Date(period.last())),
            Var::Office => Some(Datum::Office(self.moment.office)),
            Var::State => self.moment.state.map(|state| Datum::Text(state.to_owned())),
        }
    }
}

impl Env for RowScene<'_> {
    fn field(&self, field: FieldId) -> Option<Datum> {
        self.scene.field_in(field, Some((self.group, self.row)))
    }

    fn status(&self, field: FieldId) -> Status {
        self.scene.status_in(field, Some((self.group, self.row)))
    }

    fn has_choice(&self, field: FieldId, choice: ChoiceId) -> Option<bool> {
        self.scene.choice_in(field, choice, Some((self.group, self.row)))
    }

    fn column(&self, group: FieldId, field: FieldId) -> Vec<Option<Datum>> {
        self.scene.column(group, field)
    }

    fn var(&self, var: Var) -> Option<Datum> {
        self.scene.var(var)
    }
}

/// The rows of a repeat group that these cells have.
pub(crate) fn rows(cells: &Cells, group: FieldId) -> BTreeSet<RowId> {
    let first = CellPath::row(group, RowId(0), FieldId(0));
    let last = CellPath::row(group, RowId(u32::MAX), FieldId(u16::MAX));
    cells.range(first..=last).filter_map(|(path, _)| Some(path.at?.0)).collect()
}

fn datum_of(field: &Field, value: &Value) -> Option<Datum> {
    let key = |id: ChoiceId| Some(Datum::Text(field.kind.choice(id)?.key.clone()));
    match value {
        Value::Text(text) => Some(Datum::Text(text.clone())),
        Value::Int(number) => Some(Datum::Int(*number)),
        Value::Date(date) => Some(Datum::Date(*date)),
        Value::Time(minutes) => Some(Datum::Time(*minutes)),
        Value::Period(period) => Some(Datum::Period(*period)),
        Value::Choice(choice) => key(*choice),
        Value::Choices(choices) => Some(Datum::List(choices.iter().map(|c| key(*c)).collect())),
        Value::Office(office) => Some(Datum::Office(*office)),
        Value::Record(record) => Some(Datum::Record(*record)),
        Value::Bool(truth) => Some(Datum::Bool(*truth)),
        Value::Point(_) | Value::File(_) => None,
    }
}

fn value_of(datum: Datum) -> Option<Value> {
    match datum {
        Datum::Int(number) => Some(Value::Int(number)),
        Datum::Text(text) => Some(Value::Text(text)),
        Datum::Bool(truth) => Some(Value::Bool(truth)),
        Datum::Date(date) => Some(Value::Date(date)),
        Datum::Time(minutes) => Some(Value::Time(minutes)),
        Datum::Period(period) => Some(Value::Period(period)),
        Datum::Office(office) => Some(Value::Office(office)),
        Datum::Record(record) => Some(Value::Record(record)),
        Datum::List(_) => None,
    }
}

/// Computed fields, each after those that it reads. Those in a cycle are left out: their value is
/// null.
fn computed_in_order(ty: &RecordType) -> Vec<(&Field, &Expr)> {
    let mut waiting: BTreeMap<FieldId, (&Field, &Expr)> = BTreeMap::new();
    for field in &ty.fields {
        if let FieldKind::Computed(expr, _) = &field.kind {
            waiting.insert(field.id, (field, expr));
        }
    }
    let mut order = Vec::with_capacity(waiting.len());
    loop {
        let blocked = |expr: &Expr| expr.fields().iter().any(|id| waiting.contains_key(id));
        let ready: Vec<FieldId> =
            waiting.iter().filter(|(_, (_, expr))| !blocked(expr)).map(|(id, _)| *id).collect();
        if ready.is_empty() {
            return order;
        }
        order.extend(ready.iter().filter_map(|id| waiting.remove(id)));
    }
}
