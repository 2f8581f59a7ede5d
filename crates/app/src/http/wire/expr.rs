//! A pack's expressions for the browser: relevance, rules, computed fields.

use domain::expr::{Binary, Function, Unary, Var};
use domain::ids::{ChoiceId, FieldId};
use domain::pack::{FieldKind, RecordType};
use domain::value::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// An expression tree. An operand without a value makes a comparison or arithmetic null; a rule
/// that is null isn't judged yet, relevance that is null is false. Fields are named by key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Expr {
    /// A constant.
    Const {
        /// What kind of value.
        kind: ConstKind,
        /// The value as in a form; a number is an integer at the fields' scale, a choice its id.
        value: serde_json::Value,
    },
    /// A list.
    List {
        /// Its elements.
        #[schema(no_recursion)]
        items: Vec<Expr>,
    },
    /// A field; in a row of a repeat group, a field of that row.
    Field {
        /// Its key.
        field: String,
    },
    /// A field of all rows of a repeat group, as a list.
    Column {
        /// The group's key.
        group: String,
        /// The field's key.
        field: String,
    },
    /// Something about the record or the moment: `today`, `period.first`, `period.last`,
    /// `office`, `state`.
    Var {
        /// Which.
        name: String,
    },
    /// `not` or `neg`.
    Unary {
        /// The operator.
        name: String,
        /// The operand.
        #[schema(no_recursion)]
        arg: Box<Expr>,
    },
    /// `or and eq ne lt le gt ge add sub mul div rem in`; `or` and `and` are Kleene's.
    Binary {
        /// The operator.
        name: String,
        /// The left operand.
        #[schema(no_recursion)]
        left: Box<Expr>,
        /// The right operand.
        #[schema(no_recursion)]
        right: Box<Expr>,
    },
    /// A condition.
    If {
        /// The test.
        #[schema(no_recursion)]
        test: Box<Expr>,
        /// Where true.
        #[schema(no_recursion)]
        then: Box<Expr>,
        /// Where false.
        #[schema(no_recursion)]
        otherwise: Box<Expr>,
    },
    /// A function: `has size sum count min max starts_with ends_with contains days missing
    /// not_applicable coalesce rescale ratio`.
    Call {
        /// The function.
        name: String,
        /// Its arguments.
        #[schema(no_recursion)]
        args: Vec<Expr>,
    },
    /// Whether a choice or many-choice field has this choice.
    HasChoice {
        /// The field's key.
        field: String,
        /// The choice's key.
        choice: String,
    },
}

/// The kind of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ConstKind {
    Text,
    Int,
    Date,
    Time,
    Period,
    Choice,
    Choices,
    Office,
    Record,
    Point,
    File,
    Bool,
}

impl Expr {
    /// The wire form of an expression of this type.
    #[must_use]
    pub fn of(expr: &domain::expr::Expr, ty: &RecordType) -> Self {
        let field = |id| field_key(ty, id);
        let choice = |field, id| choice_key(ty, field, id);
        Self::named(expr, &Names { field: &field, choice: &choice })
    }

    /// The wire form of a formula: its fields are the measures that it is computed from, by key.
    #[must_use]
    pub fn of_formula(formula: &domain::pack::Formula) -> Self {
        let input = |id: FieldId| {
            let key = formula.inputs.get(usize::from(id.0));
            key.cloned().unwrap_or_else(|| id.to_string())
        };
        let choice = |_: FieldId, id: ChoiceId| id.to_string();
        Self::named(&formula.expr, &Names { field: &input, choice: &choice })
    }

    fn named(expr: &domain::expr::Expr, names: &Names<'_>) -> Self {
        use domain::expr::Expr as E;
        let sub = |expr: &E| Box::new(Self::named(expr, names));
        let subs = |exprs: &[E]| exprs.iter().map(|expr| Self::named(expr, names)).collect();
        match expr {
            E::Const(value) => constant(value),
            E::List(items) => Self::List { items: subs(items) },
            E::Field(field) => Self::Field { field: (names.field)(*field) },
            E::Column(group, field) => {
                Self::Column { group: (names.field)(*group), field: (names.field)(*field) }
            }
            E::Var(var) => Self::Var { name: var_name(*var).to_owned() },
            E::Unary(op, arg) => {
                let name = match op {
                    Unary::Not => "not",
                    Unary::Neg => "neg",
                };
                Self::Unary { name: name.to_owned(), arg: sub(arg) }
            }
            E::Binary(op, left, right) => Self::Binary {
                name: binary_name(*op).to_owned(),
                left: sub(left),
                right: sub(right),
            },
            E::If(test, then, otherwise) => {
                Self::If { test: sub(test), then: sub(then), otherwise: sub(otherwise) }
            }
            E::Call(function, args) => {
                Self::Call { name: function_name(*function).to_owned(), args: subs(args) }
            }
            E::HasChoice(field, choice) => Self::HasChoice {
                field: (names.field)(*field),
                choice: (names.choice)(*field, *choice),
            },
        }
    }
}

/// What fields and choices are called.
struct Names<'a> {
    field: &'a dyn Fn(FieldId) -> String,
    choice: &'a dyn Fn(FieldId, ChoiceId) -> String,
}

fn constant(value: &Value) -> Expr {
    use ConstKind as K;
    let (kind, value) = match value {
        Value::Text(text) => (K::Text, json!(text)),
        Value::Int(number) => (K::Int, json!(number)),
        Value::Date(date) => (K::Date, json!(date.to_string())),
        Value::Time(minutes) => {
            (K::Time, json!(format!("{:02}:{:02}", minutes / 60, minutes % 60)))
        }
        Value::Period(period) => (K::Period, json!(period.to_string())),
        Value::Choice(choice) => (K::Choice, json!(choice)),
        Value::Choices(choices) => (K::Choices, json!(choices)),
        Value::Office(office) => (K::Office, json!(office)),
        Value::Record(record) => (K::Record, json!(record)),
        Value::Point(point) => (K::Point, json!({"lat_e7": point.lat_e7, "lon_e7": point.lon_e7})),
        Value::File(file) => (K::File, json!({"digest": file.digest})),
        Value::Bool(yes) => (K::Bool, json!(yes)),
    };
    Expr::Const { kind, value }
}

pub(super) fn field_key(ty: &RecordType, id: FieldId) -> String {
    let field = ty.fields.iter().find(|field| field.id == id);
    field.map_or_else(|| id.to_string(), |field| field.key.clone())
}

fn choice_key(ty: &RecordType, field: FieldId, choice: ChoiceId) -> String {
    let field = ty.fields.iter().find(|f| f.id == field);
    let choices = match field.map(|field| &field.kind) {
        Some(FieldKind::Choice(choices) | FieldKind::Choices(choices)) => choices.as_slice(),
        Some(_) | None => &[],
    };
    let found = choices.iter().find(|c| c.id == choice);
    found.map_or_else(|| choice.to_string(), |choice| choice.key.clone())
}

fn var_name(var: Var) -> &'static str {
    match var {
        Var::Today => "today",
        Var::PeriodFirst => "period.first",
        Var::PeriodLast => "period.last",
        Var::Office => "office",
        Var::State => "state",
    }
}

fn binary_name(op: Binary) -> &'static str {
    match op {
        Binary::Or => "or",
        Binary::And => "and",
        Binary::Eq => "eq",
        Binary::Ne => "ne",
        Binary::Lt => "lt",
        Binary::Le => "le",
        Binary::Gt => "gt",
        Binary::Ge => "ge",
        Binary::Add => "add",
        Binary::Sub => "sub",
        Binary::Mul => "mul",
        Binary::Div => "div",
        Binary::Rem => "rem",
        Binary::In => "in",
    }
}

fn function_name(function: Function) -> &'static str {
    match function {
        Function::Has => "has",
        Function::Size => "size",
        Function::Sum => "sum",
        Function::Count => "count",
        Function::Min => "min",
        Function::Max => "max",
        Function::StartsWith => "starts_with",
        Function::EndsWith => "ends_with",
        Function::Contains => "contains",
        Function::Days => "days",
        Function::Missing => "missing",
        Function::NotApplicable => "not_applicable",
        Function::Coalesce => "coalesce",
        Function::Rescale => "rescale",
        Function::Ratio => "ratio",
    }
}
