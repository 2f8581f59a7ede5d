//! Formulas over measures: `100 * a / b`. They are computed exactly, as fractions.

use cel::common::ast::{Expr as Ast, IdedExpr, LiteralValue, operators};

use super::numbers::{constant, decimal};
use super::{Parsed, parse};
use crate::expr::number::pow10;
use crate::expr::{Binary, Expr, Function, Unary};
use crate::ids::FieldId;
use crate::pack::Formula;
use crate::pack::author::problem::{PackCode, Problems};
use crate::pack::author::source::Text;

/// A measure that a formula may name: its key, and its scale unless it is a formula itself.
pub(in crate::pack::author) type Input<'i> = (&'i str, Option<u8>);

/// Compiles a formula, or says what is wrong.
pub(in crate::pack::author) fn compile_formula(
    text: Text<'_>,
    measures: &[Input<'_>],
    problems: &Problems,
) -> Option<Formula> {
    let parsed = parse(text, problems)?;
    let mut compiler = Compiler { parsed: &parsed, measures, problems, inputs: Vec::new() };
    let expr = compiler.compile(&parsed.root)?;
    if let Err(error) = expr.check_size() {
        problems.add(text.at, PackCode::ExprTooLarge, format!("{error}: write a shorter formula"));
        return None;
    }
    Some(Formula { inputs: compiler.inputs, expr })
}

struct Compiler<'c> {
    parsed: &'c Parsed<'c>,
    measures: &'c [Input<'c>],
    problems: &'c Problems,
    inputs: Vec<String>,
}

impl Compiler<'_> {
    fn wrong<T>(&self, part: &IdedExpr, code: PackCode, message: &str) -> Option<T> {
        self.problems.add(self.parsed.at(part), code, message);
        None
    }

    fn compile(&mut self, part: &IdedExpr) -> Option<Expr> {
        match &part.expr {
            Ast::Literal(LiteralValue::Int(number)) => Some(constant(*number.inner())),
            Ast::Literal(LiteralValue::Double(number)) => match decimal(*number.inner()) {
                Some((expr, scale)) => Some(at_scale(expr, scale)),
                None => self.wrong(part, PackCode::ExprType, "at most six digits after the point"),
            },
            Ast::Ident(name) => self.input(part, name),
            Ast::Call(call) => {
                let arguments: Option<Vec<Expr>> = call
                    .target
                    .as_deref()
                    .into_iter()
                    .chain(&call.args)
                    .map(|a| self.compile(a))
                    .collect();
                self.call(part, &call.func_name, arguments?)
            }
            Ast::Literal(_)
            | Ast::Unspecified
            | Ast::Comprehension(_)
            | Ast::List(_)
            | Ast::Map(_)
            | Ast::Select(_)
            | Ast::Struct(_) => self.wrong(
                part,
                PackCode::ExprUnsupported,
                "a formula has measures, numbers, + - * / and coalesce(a, b)",
            ),
        }
    }

    fn input(&mut self, part: &IdedExpr, name: &str) -> Option<Expr> {
        let scale = match self.measures.iter().find(|(key, _)| *key == name) {
            Some((_, Some(scale))) => *scale,
            Some((_, None)) => {
                let message = "a formula can't name another formula: name what that one names";
                return self.wrong(part, PackCode::ExprNotHere, message);
            }
            None => {
                let message = format!("the pack has no measure `{name}`");
                return self.wrong(part, PackCode::UnknownMeasure, &message);
            }
        };
        let index = self.inputs.iter().position(|input| input == name).unwrap_or_else(|| {
            self.inputs.push(name.to_owned());
            self.inputs.len() - 1
        });
        let field = FieldId(u16::try_from(index).ok()?);
        Some(at_scale(Expr::Field(field), u32::from(scale)))
    }

    fn call(&self, part: &IdedExpr, name: &str, arguments: Vec<Expr>) -> Option<Expr> {
        let op = match name {
            operators::ADD => Binary::Add,
            operators::SUBSTRACT => Binary::Sub,
            operators::MULTIPLY => Binary::Mul,
            operators::DIVIDE => Binary::Div,
            operators::NEGATE => {
                let a = arguments.into_iter().next()?;
                return Some(Expr::Unary(Unary::Neg, Box::new(a)));
            }
            "coalesce" if !arguments.is_empty() => {
                return Some(Expr::Call(Function::Coalesce, arguments));
            }
            _ => {
                let message = "a formula has measures, numbers, + - * / and coalesce(a, b)";
                return self.wrong(part, PackCode::ExprUnsupported, message);
            }
        };
        let [a, b] = <[Expr; 2]>::try_from(arguments).ok()?;
        Some(Expr::Binary(op, Box::new(a), Box::new(b)))
    }
}

/// The fraction that an integer at a scale stands for.
fn at_scale(expr: Expr, scale: u32) -> Expr {
    match pow10(scale).and_then(|power| i64::try_from(power).ok()) {
        Some(power) if scale > 0 => {
            Expr::Binary(Binary::Div, Box::new(expr), Box::new(constant(power)))
        }
        _ => expr,
    }
}
