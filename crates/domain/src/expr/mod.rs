//! The typed expression tree that a pack carries: total and bounded.
//!
//! CEL is parsed and checked once, when a pack is compiled; this is what remains to evaluate.
//! Where it differs from CEL: an input without a value gives `Null` instead of an error, `&&` and
//! `||` are Kleene's, and overflow and division by zero give `Null`.

pub mod number;

mod eval;
mod scene;
mod tree;

pub use eval::{Datum, Env, Status, eval, truth};
pub(crate) use scene::rows as rows_of;
pub use scene::{Moment, RowScene, Scene};
pub use tree::to_json;

use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::ids::{ChoiceId, FieldId};
use crate::limits::{EXPR_DEPTH_MAX, EXPR_NODES_MAX};
use crate::value::Value;

/// A typed expression. A missing input makes a comparison or arithmetic `Null`; rules treat
/// `Null` as "can't be judged yet", relevance treats it as false.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Expr {
    /// A constant.
    #[n(0)]
    Const(#[n(0)] Value),
    /// A list of constants.
    #[n(1)]
    List(#[n(0)] Vec<Expr>),
    /// A field; within a repeat group's row, a field of that row.
    #[n(2)]
    Field(#[n(0)] FieldId),
    /// A field of all rows of a repeat group, as a list.
    #[n(3)]
    Column(#[n(0)] FieldId, #[n(1)] FieldId),
    /// Something about the record or the moment.
    #[n(4)]
    Var(#[n(0)] Var),
    /// One operand.
    #[n(5)]
    Unary(#[n(0)] Unary, #[n(1)] Box<Expr>),
    /// Two operands.
    #[n(6)]
    Binary(#[n(0)] Binary, #[n(1)] Box<Expr>, #[n(2)] Box<Expr>),
    /// `a ? b : c`.
    #[n(7)]
    If(#[n(0)] Box<Expr>, #[n(1)] Box<Expr>, #[n(2)] Box<Expr>),
    /// A function of the pack language.
    #[n(8)]
    Call(#[n(0)] Function, #[n(1)] Vec<Expr>),
    /// Whether a choice or many-choice field has this choice.
    #[n(9)]
    HasChoice(#[n(0)] FieldId, #[n(1)] ChoiceId),
}

/// What an expression may ask besides fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Var {
    /// The date at the office, when the form is judged.
    #[n(0)]
    Today,
    /// First day of the record's period.
    #[n(1)]
    PeriodFirst,
    /// Last day of the record's period.
    #[n(2)]
    PeriodLast,
    /// The record's owning office.
    #[n(3)]
    Office,
    /// The key of the record's workflow state, as text.
    #[n(4)]
    State,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Unary {
    /// Logical not.
    #[n(0)]
    Not,
    /// Negation.
    #[n(1)]
    Neg,
}

/// Operators with two operands. Arithmetic is on 64-bit integers at one scale and checked:
/// overflow and division by zero give `Null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Binary {
    #[n(0)]
    Or,
    #[n(1)]
    And,
    #[n(2)]
    Eq,
    #[n(3)]
    Ne,
    #[n(4)]
    Lt,
    #[n(5)]
    Le,
    #[n(6)]
    Gt,
    #[n(7)]
    Ge,
    #[n(8)]
    Add,
    #[n(9)]
    Sub,
    #[n(10)]
    Mul,
    #[n(11)]
    Div,
    #[n(12)]
    Rem,
    #[n(13)]
    In,
}

/// Functions of the pack language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Function {
    /// `has(field)`: a value was received.
    #[n(0)]
    Has,
    /// `size(text or list)`.
    #[n(1)]
    Size,
    /// `sum(list)`: 0 for an empty list; cells without a value are left out.
    #[n(2)]
    Sum,
    /// `count(list)`: how many have a value.
    #[n(3)]
    Count,
    /// `min(list)`.
    #[n(4)]
    Min,
    /// `max(list)`.
    #[n(5)]
    Max,
    /// `a.startsWith(b)`.
    #[n(6)]
    StartsWith,
    /// `a.endsWith(b)`.
    #[n(7)]
    EndsWith,
    /// `a.contains(b)`.
    #[n(8)]
    Contains,
    /// `days(a, b)`: whole days from date a to date b.
    #[n(9)]
    Days,
    /// `missing(field)`: said to be missing.
    #[n(10)]
    Missing,
    /// `notApplicable(field)`.
    #[n(11)]
    NotApplicable,
    /// `coalesce(a, b, …)`: the first that isn't null.
    #[n(12)]
    Coalesce,
    /// `rescale(number, from, to)`: between decimal scales, rounding half to even.
    #[n(13)]
    Rescale,
    /// `ratio(a, b, shift)`: a × 10^shift ÷ b, rounding half to even.
    #[n(14)]
    Ratio,
}

/// An expression that is larger than its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExprTooLarge {
    /// Too many nodes.
    #[error("an expression has more than {EXPR_NODES_MAX} parts")]
    Nodes,
    /// Too deep.
    #[error("an expression is nested more than {EXPR_DEPTH_MAX} deep")]
    Depth,
}

impl Expr {
    /// Its direct parts.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Const(_)
            | Self::Field(_)
            | Self::Column(..)
            | Self::Var(_)
            | Self::HasChoice(..) => Vec::new(),
            Self::List(parts) | Self::Call(_, parts) => parts.iter().collect(),
            Self::Unary(_, a) => vec![a],
            Self::Binary(_, a, b) => vec![a, b],
            Self::If(a, b, c) => vec![a, b, c],
        }
    }

    /// Shows every node, this one first.
    pub fn walk<'e>(&'e self, see: &mut dyn FnMut(&'e Self)) {
        let mut rest = vec![self];
        while let Some(expr) = rest.pop() {
            see(expr);
            rest.extend(expr.parts().into_iter().rev());
        }
    }

    /// Fields that it reads; for a column the group and the field.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        let mut fields = Vec::new();
        self.walk(&mut |expr| match expr {
            Self::Field(field) | Self::HasChoice(field, _) => fields.push(*field),
            Self::Column(group, field) => fields.extend([*group, *field]),
            Self::Const(_)
            | Self::List(_)
            | Self::Var(_)
            | Self::Unary(..)
            | Self::Binary(..)
            | Self::If(..)
            | Self::Call(..) => {}
        });
        fields
    }

    /// Checks its size against the limits.
    ///
    /// # Errors
    /// When it has too many nodes or is nested too deep.
    pub fn check_size(&self) -> Result<(), ExprTooLarge> {
        let mut rest = vec![(self, 1)];
        let mut nodes = 0;
        while let Some((expr, depth)) = rest.pop() {
            nodes += 1;
            if depth > EXPR_DEPTH_MAX {
                return Err(ExprTooLarge::Depth);
            }
            if nodes > EXPR_NODES_MAX {
                return Err(ExprTooLarge::Nodes);
            }
            rest.extend(expr.parts().into_iter().map(|part| (part, depth + 1)));
        }
        Ok(())
    }
}
