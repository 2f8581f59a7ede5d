//! Numbers at scales while compiling.

use crate::expr::number::{self, SCALE_MAX};
use crate::expr::{Expr, Function};
use crate::value::Value;

/// A whole constant.
pub(super) fn constant(number: i64) -> Expr {
    Expr::Const(Value::Int(number))
}

/// A literal with a point as a constant and its scale: its shortest digits, at most
/// [`SCALE_MAX`] of them after the point.
pub(super) fn decimal(float: f64) -> Option<(Expr, u32)> {
    let text = number::of_float(float)?;
    let scale = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let scale = u32::try_from(scale).ok().filter(|scale| *scale <= u32::from(SCALE_MAX))?;
    Some((constant(number::parse(&text, scale).ok()?), scale))
}

/// The same number at another scale.
pub(super) fn rescaled(expr: Expr, from: u32, to: u32) -> Expr {
    if from == to {
        return expr;
    }
    if let Expr::Const(Value::Int(value)) = expr
        && let Some(moved) = number::rescale(value, from, to)
    {
        return constant(moved);
    }
    let scales = [constant(i64::from(from)), constant(i64::from(to))];
    Expr::Call(Function::Rescale, [expr].into_iter().chain(scales).collect())
}
