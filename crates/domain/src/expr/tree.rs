//! An expression as JSON, for a client that evaluates relevance and rules itself.

use serde_json::{Value as Json, json};

use super::{Binary, Expr, Function, Unary, Var};
use crate::ids::FieldId;
use crate::pack::RecordType;
use crate::value::Value;

/// The tree as JSON. Every node is an object with one key:
/// `{"const":…}`, `{"date":"2021-01-08"}`, `{"list":[…]}`, `{"field":"key"}`,
/// `{"column":["group","field"]}`, `{"var":"today"}`, `{"choice":["field","key"]}`,
/// `{"if":[c,a,b]}`, `{"call":["has",…]}`, and operators by name: `{"and":[a,b]}`, `{"not":[a]}`.
#[must_use]
pub fn to_json(ty: &RecordType, expr: &Expr) -> Json {
    let below = |part: &Expr| to_json(ty, part);
    match expr {
        Expr::Const(value) => constant(value),
        Expr::List(parts) => json!({ "list": parts.iter().map(below).collect::<Vec<_>>() }),
        Expr::Field(field) => json!({ "field": key(ty, *field) }),
        Expr::Column(group, field) => json!({ "column": [key(ty, *group), key(ty, *field)] }),
        Expr::Var(var) => json!({ "var": var_name(*var) }),
        Expr::Unary(Unary::Not, a) => json!({ "not": [below(a)] }),
        Expr::Unary(Unary::Neg, a) => json!({ "neg": [below(a)] }),
        Expr::Binary(op, a, b) => json!({ binary_name(*op): [below(a), below(b)] }),
        Expr::If(condition, yes, no) => json!({ "if": [below(condition), below(yes), below(no)] }),
        Expr::Call(function, arguments) => {
            let mut call = vec![json!(function_name(*function))];
            call.extend(arguments.iter().map(below));
            json!({ "call": call })
        }
        Expr::HasChoice(field, choice) => {
            let found = ty.field(*field).and_then(|field| field.kind.choice(*choice));
            json!({ "choice": [key(ty, *field), found.map(|choice| choice.key.as_str())] })
        }
    }
}

fn key(ty: &RecordType, field: FieldId) -> Option<&str> {
    ty.field(field).map(|field| field.key.as_str())
}

fn constant(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!({ "const": text }),
        Value::Int(number) => json!({ "const": number }),
        Value::Bool(truth) => json!({ "const": truth }),
        Value::Date(date) => json!({ "date": date }),
        Value::Time(minutes) => json!({ "time": minutes }),
        Value::Period(period) => json!({ "period": period }),
        Value::Office(office) => json!({ "office": office }),
        Value::Record(record) => json!({ "record": record }),
        Value::Choice(_) | Value::Choices(_) | Value::Point(_) | Value::File(_) => {
            json!({ "const": null })
        }
    }
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

/// The name of a function in the pack language.
pub(crate) fn function_name(function: Function) -> &'static str {
    match function {
        Function::Has => "has",
        Function::Size => "size",
        Function::Sum => "sum",
        Function::Count => "count",
        Function::Min => "min",
        Function::Max => "max",
        Function::StartsWith => "startsWith",
        Function::EndsWith => "endsWith",
        Function::Contains => "contains",
        Function::Days => "days",
        Function::Missing => "missing",
        Function::NotApplicable => "notApplicable",
        Function::Coalesce => "coalesce",
        Function::Rescale => "rescale",
        Function::Ratio => "ratio",
    }
}
