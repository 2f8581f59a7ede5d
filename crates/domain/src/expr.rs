//! The typed expression tree that a pack carries: total and bounded.
//!
//! CEL is parsed and checked once, when a pack is compiled; this is what remains to evaluate.

use minicbor::{Decode, Encode};

use crate::ids::{ChoiceId, FieldId};
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
}
