//! Operators and functions.

use cel::common::ast::{CallExpr, Expr as Ast, IdedExpr, LiteralValue, operators};

use super::check::{Checker, Typed};
use super::numbers::{constant, rescaled};
use super::scope::Ty;
use crate::expr::number::SCALE_MAX;
use crate::expr::{Binary, Expr, Function, Unary};
use crate::ids::FieldId;
use crate::pack::author::problem::PackCode;
use crate::value::Value;

impl Checker<'_> {
    pub(super) fn call(&self, part: &IdedExpr, call: &CallExpr) -> Option<Typed> {
        let mut arguments: Vec<&IdedExpr> = call.target.as_deref().into_iter().collect();
        arguments.extend(&call.args);
        match (call.func_name.as_str(), arguments.as_slice()) {
            (operators::LOGICAL_OR, parts) => self.logic(Binary::Or, parts),
            (operators::LOGICAL_AND, parts) => self.logic(Binary::And, parts),
            (operators::LOGICAL_NOT, [a]) => {
                let expr = Expr::Unary(Unary::Not, Box::new(self.truth(a)?));
                Some(Typed { expr, ty: Ty::Bool })
            }
            (operators::NEGATE, [a]) => {
                let (expr, scale) = self.number(a)?;
                Some(Typed { expr: negated(expr), ty: Ty::Number(scale) })
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.conditional(part, condition, yes, no)
            }
            (operators::EQUALS, [a, b]) => self.equality(part, a, b, false),
            (operators::NOT_EQUALS, [a, b]) => self.equality(part, a, b, true),
            (operators::LESS, [a, b]) => self.order(part, Binary::Lt, a, b),
            (operators::LESS_EQUALS, [a, b]) => self.order(part, Binary::Le, a, b),
            (operators::GREATER, [a, b]) => self.order(part, Binary::Gt, a, b),
            (operators::GREATER_EQUALS, [a, b]) => self.order(part, Binary::Ge, a, b),
            (operators::IN, [a, b]) => self.membership(part, a, b),
            (operators::ADD, [a, b]) => self.sum(part, a, b),
            (operators::SUBSTRACT, [a, b]) => self.arithmetic(Binary::Sub, a, b),
            (operators::MODULO, [a, b]) => self.arithmetic(Binary::Rem, a, b),
            (operators::MULTIPLY, [a, b]) => self.product(a, b),
            (operators::DIVIDE, [a, b]) => self.quotient(a, b),
            (name, arguments) => self.function(part, name, arguments),
        }
    }

    pub(super) fn truth(&self, part: &IdedExpr) -> Option<Expr> {
        let Typed { expr, ty } = self.check(part)?;
        if ty == Ty::Bool {
            return Some(expr);
        }
        let message = format!("this is {}: here belongs true or false", ty.words());
        self.wrong(part, PackCode::ExprType, message)
    }

    fn number(&self, part: &IdedExpr) -> Option<(Expr, u32)> {
        let Typed { expr, ty } = self.check(part)?;
        if let Ty::Number(scale) = ty {
            return Some((expr, scale));
        }
        self.wrong(part, PackCode::ExprType, format!("this is {}, not a number", ty.words()))
    }

    fn logic(&self, op: Binary, parts: &[&IdedExpr]) -> Option<Typed> {
        let truths: Vec<Option<Expr>> = parts.iter().map(|part| self.truth(part)).collect();
        let truths: Option<Vec<Expr>> = truths.into_iter().collect();
        let expr = truths?.into_iter().reduce(|a, b| binary(op, a, b))?;
        Some(Typed { expr, ty: Ty::Bool })
    }

    fn conditional(
        &self,
        part: &IdedExpr,
        condition: &IdedExpr,
        yes: &IdedExpr,
        no: &IdedExpr,
    ) -> Option<Typed> {
        let condition = self.truth(condition);
        let (yes, no) = (self.check(yes), self.check(no));
        let (branches, ty) = self.alike(part, vec![yes?, no?])?;
        let [yes, no] = <[Expr; 2]>::try_from(branches).ok()?;
        let expr = Expr::If(Box::new(condition?), Box::new(yes), Box::new(no));
        Some(Typed { expr, ty })
    }

    fn equality(
        &self,
        part: &IdedExpr,
        a: &IdedExpr,
        b: &IdedExpr,
        differs: bool,
    ) -> Option<Typed> {
        let (left, right) = (self.check(a), self.check(b));
        let (left, right) = (left?, right?);
        let op = if differs { Binary::Ne } else { Binary::Eq };
        let choice = match (&left, &right) {
            (Typed { ty: Ty::Choice(field), .. }, other) => self.known_choice(b, *field, other)?,
            (other, Typed { ty: Ty::Choice(field), .. }) => self.known_choice(a, *field, other)?,
            _ => None,
        };
        let picked = match (choice, &left.expr, &right.expr) {
            (Some(choice), Expr::Field(field), _) | (Some(choice), _, Expr::Field(field)) => {
                Some(Expr::HasChoice(*field, choice))
            }
            _ => None,
        };
        if let Some(has) = picked {
            let expr = if differs { Expr::Unary(Unary::Not, Box::new(has)) } else { has };
            return Some(Typed { expr, ty: Ty::Bool });
        }
        for (side, other, typed) in [(a, &left, &right), (b, &right, &left)] {
            if typed.ty == Ty::State {
                self.known_state(side, other)?;
            }
        }
        self.comparison(part, op, left, right, |ty| {
            !matches!(ty, Ty::Choices(_) | Ty::List(_) | Ty::Group(_) | Ty::Opaque)
        })
    }

    fn order(&self, part: &IdedExpr, op: Binary, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let (left, right) = (self.check(a), self.check(b));
        self.comparison(part, op, left?, right?, |ty| {
            matches!(ty, Ty::Number(_) | Ty::Text | Ty::Date | Ty::Time | Ty::Period)
        })
    }

    fn comparison(
        &self,
        part: &IdedExpr,
        op: Binary,
        left: Typed,
        right: Typed,
        comparable: fn(&Ty) -> bool,
    ) -> Option<Typed> {
        let (sides, ty) = self.alike(part, vec![left, right])?;
        if !comparable(&ty) {
            let message = format!("{} can't be compared like this", ty.words());
            return self.wrong(part, PackCode::ExprType, message);
        }
        let [a, b] = <[Expr; 2]>::try_from(sides).ok()?;
        Some(Typed { expr: binary(op, a, b), ty: Ty::Bool })
    }

    /// The number of a choice that a literal names; `Some(None)` where it is no literal.
    fn known_choice(
        &self,
        part: &IdedExpr,
        field: FieldId,
        literal: &Typed,
    ) -> Option<Option<crate::ids::ChoiceId>> {
        let Expr::Const(Value::Text(key)) = &literal.expr else { return Some(None) };
        let field = self.scope.known.field(field)?;
        if let Some(choice) = field.kind.choice_by_key(key) {
            return Some(Some(choice.id));
        }
        let keys: Vec<_> = field.kind.choices().iter().map(|choice| choice.key.as_str()).collect();
        let message = format!("`{}` has no choice `{key}`: it has {}", field.key, keys.join(", "));
        self.wrong(part, PackCode::ExprChoice, message)
    }

    fn known_state(&self, part: &IdedExpr, literal: &Typed) -> Option<()> {
        let Expr::Const(Value::Text(key)) = &literal.expr else { return Some(()) };
        let states = self.scope.known.states;
        if states.contains(key) {
            return Some(());
        }
        let message = format!("the type has no state `{key}`: it has {}", states.join(", "));
        self.wrong(part, PackCode::UnknownState, message)
    }

    fn membership(&self, part: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let (item, list) = (self.check(a), self.check(b));
        let (item, list) = (item?, list?);
        let boolean = |expr| Some(Typed { expr, ty: Ty::Bool });
        match (&list.ty, &list.expr) {
            (Ty::Choices(field), Expr::Field(_)) => match self.known_choice(a, *field, &item)? {
                Some(choice) => boolean(Expr::HasChoice(*field, choice)),
                None if item.ty.is_text() => boolean(binary(Binary::In, item.expr, list.expr)),
                None => self.wrong(part, PackCode::ExprType, "write a choice before `in`"),
            },
            (Ty::List(inner), of) => {
                if let (Ty::Choice(field), Expr::List(items)) = (&item.ty, of) {
                    for one in items {
                        let literal = Typed { expr: one.clone(), ty: Ty::Text };
                        self.known_choice(b, *field, &literal)?;
                    }
                }
                if let (Ty::State, Expr::List(items)) = (&item.ty, of) {
                    for one in items {
                        self.known_state(b, &Typed { expr: one.clone(), ty: Ty::Text })?;
                    }
                }
                if let Ty::Choice(field) = &**inner {
                    self.known_choice(a, *field, &item)?;
                }
                let fits = match (&item.ty, &**inner) {
                    (Ty::Number(a), Ty::Number(b)) => a == b,
                    (a, b) => a == b || (a.is_text() && b.is_text()),
                };
                if fits {
                    return boolean(binary(Binary::In, item.expr, list.expr));
                }
                let message =
                    format!("{} can't be in a list of {}", item.ty.words(), inner.words());
                self.wrong(part, PackCode::ExprType, message)
            }
            (ty, _) => {
                let message = format!("after `in` belongs a list, and this is {}", ty.words());
                self.wrong(b, PackCode::ExprType, message)
            }
        }
    }

    fn sum(&self, part: &IdedExpr, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let (left, right) = (self.check(a), self.check(b));
        let (sides, ty) = self.alike(part, vec![left?, right?])?;
        let ty = if ty.is_text() { Ty::Text } else { ty };
        if !matches!(ty, Ty::Number(_) | Ty::Text) {
            let message = format!("{} can't be added; for dates there is `days(a, b)`", ty.words());
            return self.wrong(part, PackCode::ExprType, message);
        }
        let [a, b] = <[Expr; 2]>::try_from(sides).ok()?;
        Some(Typed { expr: binary(Binary::Add, a, b), ty })
    }

    fn numbers(&self, a: &IdedExpr, b: &IdedExpr) -> Option<[(Expr, u32); 2]> {
        let (a, b) = (self.number(a), self.number(b));
        Some([a?, b?])
    }

    fn arithmetic(&self, op: Binary, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let [(a, from_a), (b, from_b)] = self.numbers(a, b)?;
        let scale = from_a.max(from_b);
        let expr = binary(op, rescaled(a, from_a, scale), rescaled(b, from_b, scale));
        Some(Typed { expr, ty: Ty::Number(scale) })
    }

    fn product(&self, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let [(a, from_a), (b, from_b)] = self.numbers(a, b)?;
        let exact = from_a + from_b;
        let scale = exact.min(u32::from(SCALE_MAX));
        let expr = rescaled(binary(Binary::Mul, a, b), exact, scale);
        Some(Typed { expr, ty: Ty::Number(scale) })
    }

    /// Whole numbers where whole numbers are wanted divide as in CEL, towards zero. Otherwise the
    /// quotient has the digits that are wanted, or those of its parts, rounded half to even.
    fn quotient(&self, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let [(a, from_a), (b, from_b)] = self.numbers(a, b)?;
        let scale = self.scale.max(from_a).max(from_b);
        if scale == 0 {
            return Some(Typed { expr: binary(Binary::Div, a, b), ty: Ty::Number(0) });
        }
        let shift = constant(i64::from(scale + from_b - from_a));
        let expr = Expr::Call(Function::Ratio, vec![a, b, shift]);
        Some(Typed { expr, ty: Ty::Number(scale) })
    }

    fn function(&self, part: &IdedExpr, name: &str, arguments: &[&IdedExpr]) -> Option<Typed> {
        let called =
            |function, arguments, ty| Some(Typed { expr: Expr::Call(function, arguments), ty });
        match (name, arguments) {
            ("has", [a]) => self.asked(a, Function::Has),
            ("missing", [a]) => self.asked(a, Function::Missing),
            ("notApplicable", [a]) => self.asked(a, Function::NotApplicable),
            ("size", [a]) => match self.check(a)? {
                Typed { expr, ty: Ty::List(_) | Ty::Choices(_) | Ty::Group(_) } => {
                    called(Function::Size, vec![expr], Ty::Number(0))
                }
                Typed { expr, ty } if ty.is_text() => {
                    called(Function::Size, vec![expr], Ty::Number(0))
                }
                Typed { ty, .. } => self.misfit(a, "size", &ty, "a text or a list"),
            },
            ("count", [a]) => match self.check(a)? {
                Typed { expr, ty: Ty::List(_) | Ty::Choices(_) | Ty::Group(_) } => {
                    called(Function::Count, vec![expr], Ty::Number(0))
                }
                Typed { ty, .. } => self.misfit(a, "count", &ty, "a column, as `group.field`"),
            },
            ("sum", [a]) => match self.check(a)? {
                Typed { expr, ty: Ty::List(inner) } if matches!(*inner, Ty::Number(_)) => {
                    called(Function::Sum, vec![expr], *inner)
                }
                Typed { ty, .. } => self.misfit(a, "sum", &ty, "a column of numbers"),
            },
            ("min", parts) if !parts.is_empty() => self.extreme(part, Function::Min, parts),
            ("max", parts) if !parts.is_empty() => self.extreme(part, Function::Max, parts),
            ("startsWith", [a, b]) => self.texts(Function::StartsWith, a, b),
            ("endsWith", [a, b]) => self.texts(Function::EndsWith, a, b),
            ("contains", [a, b]) => self.texts(Function::Contains, a, b),
            ("days", [a, b]) => {
                let (first, last) = (self.date(a), self.date(b));
                called(Function::Days, vec![first?, last?], Ty::Number(0))
            }
            ("coalesce", parts) if !parts.is_empty() => {
                let items: Option<Vec<Typed>> = parts.iter().map(|part| self.check(part)).collect();
                let (exprs, ty) = self.alike(part, items?)?;
                called(Function::Coalesce, exprs, ty)
            }
            ("date", [a]) => {
                self.constant(a, "date", |text| Some((Value::Date(text.parse().ok()?), Ty::Date)))
            }
            ("time", [a]) => self.constant(a, "time", |text| {
                Some((Value::Time(crate::form::parse_time(text)?), Ty::Time))
            }),
            _ => self.unknown_function(part, name),
        }
    }

    fn unknown_function<T>(&self, part: &IdedExpr, name: &str) -> Option<T> {
        let message = format!(
            "the pack language has no `{name}` with these arguments; it has has, missing, \
             notApplicable, size, count, sum, min, max, startsWith, endsWith, contains, days, \
             coalesce, date and time"
        );
        self.wrong(part, PackCode::ExprUnknown, message)
    }

    fn misfit<T>(&self, part: &IdedExpr, name: &str, ty: &Ty, wanted: &str) -> Option<T> {
        let message = format!("`{name}` wants {wanted}, and this is {}", ty.words());
        self.wrong(part, PackCode::ExprType, message)
    }

    /// `has(field)` and its like take a field alone.
    fn asked(&self, part: &IdedExpr, function: Function) -> Option<Typed> {
        match self.check(part)? {
            Typed { expr: expr @ Expr::Field(_), .. } => {
                Some(Typed { expr: Expr::Call(function, vec![expr]), ty: Ty::Bool })
            }
            _ => self.wrong(
                part,
                PackCode::ExprType,
                "here belongs a field alone; for a column write `count(group.field) > 0`",
            ),
        }
    }

    fn extreme(&self, part: &IdedExpr, function: Function, parts: &[&IdedExpr]) -> Option<Typed> {
        let items: Option<Vec<Typed>> = parts.iter().map(|part| self.check(part)).collect();
        let mut items = items?;
        let single = items.len() == 1;
        if let (true, Some(Typed { ty: Ty::List(inner), .. })) = (single, items.first()) {
            let ty = (**inner).clone();
            let expr = items.remove(0).expr;
            return self.ordered(part, Typed { expr: Expr::Call(function, vec![expr]), ty });
        }
        let (exprs, ty) = self.alike(part, items)?;
        self.ordered(part, Typed { expr: Expr::Call(function, exprs), ty })
    }

    fn ordered(&self, part: &IdedExpr, typed: Typed) -> Option<Typed> {
        if matches!(typed.ty, Ty::Number(_) | Ty::Text | Ty::Date | Ty::Time | Ty::Period) {
            return Some(typed);
        }
        let message = format!("{} has no least or greatest", typed.ty.words());
        self.wrong(part, PackCode::ExprType, message)
    }

    fn texts(&self, function: Function, a: &IdedExpr, b: &IdedExpr) -> Option<Typed> {
        let text = |part: &IdedExpr| match self.check(part)? {
            Typed { expr, ty } if ty.is_text() => Some(expr),
            Typed { ty, .. } => {
                self.wrong(part, PackCode::ExprType, format!("this is {}, not a text", ty.words()))
            }
        };
        let (a, b) = (text(a), text(b));
        Some(Typed { expr: Expr::Call(function, vec![a?, b?]), ty: Ty::Bool })
    }

    fn date(&self, part: &IdedExpr) -> Option<Expr> {
        match self.check(part)? {
            Typed { expr, ty: Ty::Date } => Some(expr),
            Typed { ty, .. } => {
                self.wrong(part, PackCode::ExprType, format!("this is {}, not a date", ty.words()))
            }
        }
    }

    fn constant(
        &self,
        part: &IdedExpr,
        name: &str,
        read: fn(&str) -> Option<(Value, Ty)>,
    ) -> Option<Typed> {
        let literal = if let Ast::Literal(LiteralValue::String(text)) = &part.expr {
            Some(text.inner())
        } else {
            None
        };
        match literal.and_then(read) {
            Some((value, ty)) => Some(Typed { expr: Expr::Const(value), ty }),
            None => self.wrong(
                part,
                PackCode::ExprType,
                format!("write `date('2021-01-08')` or `time('14:05')`: this is no {name}"),
            ),
        }
    }
}

fn binary(op: Binary, a: Expr, b: Expr) -> Expr {
    Expr::Binary(op, Box::new(a), Box::new(b))
}

fn negated(expr: Expr) -> Expr {
    if let Expr::Const(Value::Int(number)) = &expr
        && let Some(negative) = number.checked_neg()
    {
        return constant(negative);
    }
    Expr::Unary(Unary::Neg, Box::new(expr))
}
