//! Evaluation: total, bounded, without IO.

use std::cell::Cell as Counter;

use super::{Binary, Expr, Function, Unary, Var, number};
use crate::ids::{ChoiceId, FieldId, OfficeId, RecordId};
use crate::limits::{EXPR_DEPTH_MAX, EXPR_STEPS_MAX, LONG_TEXT_BYTES_MAX};
use crate::period::{Date, Period};
use crate::value::Value;

/// What an expression evaluates to. `Null` is the `None` around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// A number, an integer at the scale that its expression has.
    Int(i64),
    /// A text; a choice is the text of its key.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A date.
    Date(Date),
    /// Minutes since midnight.
    Time(u16),
    /// A period.
    Period(Period),
    /// An office.
    Office(OfficeId),
    /// A record.
    Record(RecordId),
    /// Several, each of them perhaps null.
    List(Vec<Option<Datum>>),
}

impl Datum {
    /// The truth value that it is.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(*truth) } else { None }
    }

    /// The number that it is.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    fn as_list(&self) -> Option<&[Option<Self>]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }
}

/// What a cell holds, whatever its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// A value.
    Value,
    /// Not applicable.
    NotApplicable,
    /// Said to be missing.
    Missing,
    /// Not yet received.
    NotReceived,
}

/// What an expression may ask of its surroundings.
pub trait Env {
    /// The value of a field; a repeat group is the list of its row numbers.
    fn field(&self, field: FieldId) -> Option<Datum>;
    /// What the cell of a field holds.
    fn status(&self, field: FieldId) -> Status;
    /// Whether a choice or many-choice field has this choice.
    fn has_choice(&self, field: FieldId, choice: ChoiceId) -> Option<bool>;
    /// A field of all rows of a repeat group.
    fn column(&self, group: FieldId, field: FieldId) -> Vec<Option<Datum>>;
    /// Something about the record or the moment.
    fn var(&self, var: Var) -> Option<Datum>;
}

/// The value of an expression, or `None` for null. Always ends: beyond its limits of depth and
/// steps an expression is null.
#[must_use]
pub fn eval(expr: &Expr, env: &dyn Env) -> Option<Datum> {
    Evaluation { env, steps: Counter::new(0) }.value(expr, 1)
}

/// The truth of an expression: `None` where it is null or not a truth value.
#[must_use]
pub fn truth(expr: &Expr, env: &dyn Env) -> Option<bool> {
    eval(expr, env)?.as_bool()
}

struct Evaluation<'e> {
    env: &'e dyn Env,
    steps: Counter<usize>,
}

impl Evaluation<'_> {
    fn spend(&self, steps: usize) -> Option<()> {
        let spent = self.steps.get().saturating_add(steps);
        self.steps.set(spent);
        (spent <= EXPR_STEPS_MAX).then_some(())
    }

    fn value(&self, expr: &Expr, depth: usize) -> Option<Datum> {
        self.spend(1)?;
        if depth > EXPR_DEPTH_MAX {
            return None;
        }
        let below = |part: &Expr| self.value(part, depth + 1);
        match expr {
            Expr::Const(value) => constant(value),
            Expr::List(parts) => Some(Datum::List(parts.iter().map(below).collect())),
            Expr::Field(field) => self.counted(self.env.field(*field)?),
            Expr::Column(group, field) => {
                self.counted(Datum::List(self.env.column(*group, *field)))
            }
            Expr::Var(var) => self.env.var(*var),
            Expr::Unary(Unary::Not, a) => Some(Datum::Bool(!below(a)?.as_bool()?)),
            Expr::Unary(Unary::Neg, a) => Some(Datum::Int(below(a)?.as_int()?.checked_neg()?)),
            Expr::Binary(Binary::Or, a, b) => self.either(a, b, true, depth),
            Expr::Binary(Binary::And, a, b) => self.either(a, b, false, depth),
            Expr::Binary(op, a, b) => {
                let (a, b) = (below(a), below(b));
                self.binary(*op, &a?, &b?)
            }
            Expr::If(condition, yes, no) => {
                below(if below(condition)?.as_bool()? { yes } else { no })
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, depth),
            Expr::HasChoice(field, choice) => self.env.has_choice(*field, *choice).map(Datum::Bool),
        }
    }

    fn counted(&self, datum: Datum) -> Option<Datum> {
        if let Datum::List(items) = &datum {
            self.spend(items.len())?;
        }
        Some(datum)
    }

    /// Kleene's `||` (`decisive` true) and `&&` (`decisive` false): one decisive side decides,
    /// whatever the other is.
    fn either(&self, a: &Expr, b: &Expr, decisive: bool, depth: usize) -> Option<Datum> {
        let truth = |part| self.value(part, depth + 1).and_then(|datum| datum.as_bool());
        let first = truth(a);
        if first == Some(decisive) {
            return Some(Datum::Bool(decisive));
        }
        match (first, truth(b)) {
            (_, Some(second)) if second == decisive => Some(Datum::Bool(decisive)),
            (Some(_), Some(_)) => Some(Datum::Bool(!decisive)),
            (None, _) | (_, None) => None,
        }
    }

    fn binary(&self, op: Binary, a: &Datum, b: &Datum) -> Option<Datum> {
        use std::cmp::Ordering;
        let ordered = |test: fn(Ordering) -> bool| Some(Datum::Bool(test(order(a, b)?)));
        match op {
            Binary::Eq => same(a, b).map(Datum::Bool),
            Binary::Ne => same(a, b).map(|equal| Datum::Bool(!equal)),
            Binary::Lt => ordered(Ordering::is_lt),
            Binary::Le => ordered(Ordering::is_le),
            Binary::Gt => ordered(Ordering::is_gt),
            Binary::Ge => ordered(Ordering::is_ge),
            Binary::In => self.contains(a, b),
            Binary::Add => add(a, b),
            Binary::Sub => a.as_int()?.checked_sub(b.as_int()?).map(Datum::Int),
            Binary::Mul => a.as_int()?.checked_mul(b.as_int()?).map(Datum::Int),
            Binary::Div => a.as_int()?.checked_div(b.as_int()?).map(Datum::Int),
            Binary::Rem => a.as_int()?.checked_rem(b.as_int()?).map(Datum::Int),
            Binary::Or | Binary::And => None,
        }
    }

    fn contains(&self, item: &Datum, list: &Datum) -> Option<Datum> {
        let items = list.as_list()?;
        self.spend(items.len())?;
        let mut unknown = false;
        for other in items {
            match other.as_ref().and_then(|other| same(item, other)) {
                Some(true) => return Some(Datum::Bool(true)),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(Datum::Bool(false)) }
    }

    fn call(&self, function: Function, arguments: &[Expr], depth: usize) -> Option<Datum> {
        let argument = |i: usize| self.value(arguments.get(i)?, depth + 1);
        let status = || match arguments {
            [Expr::Field(field)] => Some(self.env.status(*field)),
            _ => None,
        };
        let number = |i: usize| argument(i).and_then(|datum| datum.as_int());
        let scale = |i: usize| number(i).and_then(|n| u32::try_from(n).ok());
        let texts = |test: fn(&str, &str) -> bool| match (argument(0)?, argument(1)?) {
            (Datum::Text(a), Datum::Text(b)) => Some(Datum::Bool(test(&a, &b))),
            _ => None,
        };
        match function {
            Function::Has => Some(Datum::Bool(status()? == Status::Value)),
            Function::Missing => Some(Datum::Bool(status()? == Status::Missing)),
            Function::NotApplicable => Some(Datum::Bool(status()? == Status::NotApplicable)),
            Function::Size => size(&argument(0)?),
            Function::Sum => self
                .numbers(arguments, depth)?
                .into_iter()
                .try_fold(0, i64::checked_add)
                .map(Datum::Int),
            Function::Count => {
                let items = self.items(arguments, depth)?;
                i64::try_from(items.iter().flatten().count()).ok().map(Datum::Int)
            }
            Function::Min => self.extreme(arguments, depth, std::cmp::Ordering::is_lt),
            Function::Max => self.extreme(arguments, depth, std::cmp::Ordering::is_gt),
            Function::StartsWith => texts(|a, b| a.starts_with(b)),
            Function::EndsWith => texts(|a, b| a.ends_with(b)),
            Function::Contains => texts(|a, b| a.contains(b)),
            Function::Days => match (argument(0)?, argument(1)?) {
                (Datum::Date(a), Datum::Date(b)) => {
                    Some(Datum::Int(i64::from(b.0) - i64::from(a.0)))
                }
                _ => None,
            },
            Function::Coalesce => (0..arguments.len()).find_map(argument),
            Function::Rescale => number::rescale(number(0)?, scale(1)?, scale(2)?).map(Datum::Int),
            Function::Ratio => number::ratio(number(0)?, number(1)?, scale(2)?).map(Datum::Int),
        }
    }

    /// The arguments, with the items of those that are lists.
    fn items(&self, arguments: &[Expr], depth: usize) -> Option<Vec<Option<Datum>>> {
        let mut all = Vec::new();
        for argument in arguments {
            match self.value(argument, depth + 1) {
                Some(Datum::List(items)) => all.extend(items),
                other => all.push(other),
            }
        }
        self.spend(all.len())?;
        Some(all)
    }

    fn numbers(&self, arguments: &[Expr], depth: usize) -> Option<Vec<i64>> {
        self.items(arguments, depth)?.into_iter().flatten().map(|datum| datum.as_int()).collect()
    }

    fn extreme(
        &self,
        arguments: &[Expr],
        depth: usize,
        better: fn(std::cmp::Ordering) -> bool,
    ) -> Option<Datum> {
        let mut best: Option<Datum> = None;
        for item in self.items(arguments, depth)?.into_iter().flatten() {
            best = match best {
                Some(held) if !better(order(&item, &held)?) => Some(held),
                _ => Some(item),
            };
        }
        best
    }
}

fn constant(value: &Value) -> Option<Datum> {
    match value {
        Value::Text(text) => Some(Datum::Text(text.clone())),
        Value::Int(number) => Some(Datum::Int(*number)),
        Value::Date(date) => Some(Datum::Date(*date)),
        Value::Time(minutes) => Some(Datum::Time(*minutes)),
        Value::Period(period) => Some(Datum::Period(*period)),
        Value::Office(office) => Some(Datum::Office(*office)),
        Value::Record(record) => Some(Datum::Record(*record)),
        Value::Bool(truth) => Some(Datum::Bool(*truth)),
        Value::Choice(_) | Value::Choices(_) | Value::Point(_) | Value::File(_) => None,
    }
}

fn same(a: &Datum, b: &Datum) -> Option<bool> {
    match (a, b) {
        (Datum::List(_), _) | (_, Datum::List(_)) => None,
        _ if std::mem::discriminant(a) == std::mem::discriminant(b) => Some(a == b),
        _ => None,
    }
}

fn order(a: &Datum, b: &Datum) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => Some(a.cmp(b)),
        (Datum::Text(a), Datum::Text(b)) => Some(a.cmp(b)),
        (Datum::Date(a), Datum::Date(b)) => Some(a.cmp(b)),
        (Datum::Time(a), Datum::Time(b)) => Some(a.cmp(b)),
        (Datum::Period(a), Datum::Period(b)) => Some(a.first().cmp(&b.first())),
        _ => None,
    }
}

fn add(a: &Datum, b: &Datum) -> Option<Datum> {
    match (a, b) {
        (Datum::Int(a), Datum::Int(b)) => a.checked_add(*b).map(Datum::Int),
        (Datum::Text(a), Datum::Text(b)) if a.len() + b.len() <= LONG_TEXT_BYTES_MAX => {
            Some(Datum::Text(format!("{a}{b}")))
        }
        _ => None,
    }
}

fn size(datum: &Datum) -> Option<Datum> {
    let size = match datum {
        Datum::Text(text) => text.chars().count(),
        Datum::List(items) => items.len(),
        Datum::Int(_)
        | Datum::Bool(_)
        | Datum::Date(_)
        | Datum::Time(_)
        | Datum::Period(_)
        | Datum::Office(_)
        | Datum::Record(_) => return None,
    };
    i64::try_from(size).ok().map(Datum::Int)
}
