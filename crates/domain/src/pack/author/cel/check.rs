//! From a parsed expression to a typed tree.

use cel::common::ast::{Expr as Ast, IdedExpr, LiteralValue, SelectExpr};

use super::numbers::{constant, decimal, rescaled};
use super::scope::{Scope, Ty};
use super::{Parsed, parse};
use crate::expr::{Expr, Var};
use crate::ids::FieldId;
use crate::pack::author::problem::{PackCode, Problems};
use crate::pack::author::source::Text;
use crate::value::Value;

/// What the place of an expression wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pack::author) enum Wanted {
    /// True or false.
    Truth,
    /// A number at this scale.
    Number(u32),
    /// A date.
    Date,
    /// An office.
    Office,
    /// Anything that can be shown as one text.
    Label,
    /// Anything that can be told apart: a number, text, office, record, date.
    Thing,
    /// A number at this scale, or another single value: a computed field.
    Computed(u32),
}

impl Wanted {
    fn scale(self) -> u32 {
        match self {
            Self::Number(scale) | Self::Computed(scale) => scale,
            Self::Truth | Self::Date | Self::Office | Self::Label | Self::Thing => 0,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Truth => "true or false",
            Self::Number(_) => "a number",
            Self::Date => "a date",
            Self::Office => "an office",
            Self::Label | Self::Thing | Self::Computed(_) => "a single value",
        }
    }
}

/// An expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: Ty,
}

/// Parses, checks and compiles an expression for its place; says what is wrong otherwise.
pub(in crate::pack::author) fn compile(
    text: Text<'_>,
    wanted: Wanted,
    scope: &Scope<'_>,
    problems: &Problems,
) -> Option<(Expr, Ty)> {
    let parsed = &parse(text, problems)?;
    let checker = Checker { parsed, scope, problems, scale: wanted.scale() };
    let Typed { expr, ty } = checker.check(&parsed.root)?;
    let (expr, ty) = match fit(expr, ty, wanted) {
        Ok(fitting) => fitting,
        Err(found) => {
            let message = format!("this gives {}: here belongs {}", found.words(), wanted.words());
            return checker.wrong(&parsed.root, PackCode::ExprType, message);
        }
    };
    if let Err(error) = expr.check_size() {
        let message = format!("{error}: move parts of it into computed fields");
        return checker.wrong(&parsed.root, PackCode::ExprTooLarge, message);
    }
    Some((expr, ty))
}

/// The expression as its place wants it, or its type if it can't be.
fn fit(expr: Expr, ty: Ty, wanted: Wanted) -> Result<(Expr, Ty), Ty> {
    match (wanted, ty) {
        (Wanted::Number(to) | Wanted::Computed(to), Ty::Number(from)) => {
            Ok((rescaled(expr, from, to), Ty::Number(to)))
        }
        (Wanted::Label | Wanted::Thing, Ty::Number(scale)) if scale > 0 => Err(Ty::Number(scale)),
        (Wanted::Truth, Ty::Bool) => Ok((expr, Ty::Bool)),
        (Wanted::Date, Ty::Date) => Ok((expr, Ty::Date)),
        (Wanted::Office, Ty::Office) => Ok((expr, Ty::Office)),
        (
            Wanted::Label | Wanted::Thing | Wanted::Computed(_),
            ty @ (Ty::Number(_)
            | Ty::Text
            | Ty::Choice(_)
            | Ty::State
            | Ty::Bool
            | Ty::Date
            | Ty::Time
            | Ty::Period
            | Ty::Office
            | Ty::Record),
        ) => {
            // A computed choice is a text from here on: it is no longer the field's own.
            let computed = matches!(wanted, Wanted::Computed(_)) && ty.is_text();
            Ok((expr, if computed { Ty::Text } else { ty }))
        }
        (_, ty) => Err(ty),
    }
}

pub(super) struct Checker<'c> {
    pub(super) parsed: &'c Parsed<'c>,
    pub(super) scope: &'c Scope<'c>,
    pub(super) problems: &'c Problems,
    /// Digits after the point that the place wants: what a division keeps.
    pub(super) scale: u32,
}

impl Checker<'_> {
    /// Says what is wrong with a part; always `None`, so that the caller ends with it.
    pub(super) fn wrong<T>(
        &self,
        part: &IdedExpr,
        code: PackCode,
        message: impl Into<String>,
    ) -> Option<T> {
        self.problems.add(self.parsed.at(part), code, message);
        None
    }

    pub(super) fn check(&self, part: &IdedExpr) -> Option<Typed> {
        match &part.expr {
            Ast::Literal(literal) => self.literal(part, literal),
            Ast::Ident(name) => self.name(part, name),
            Ast::Select(select) => self.select(part, select),
            Ast::Call(call) => self.call(part, call),
            Ast::List(list) => {
                let items: Option<Vec<Typed>> =
                    list.elements.iter().map(|item| self.check(item)).collect();
                let (items, ty) = self.alike(part, items?)?;
                Some(Typed { expr: Expr::List(items), ty: Ty::List(Box::new(ty)) })
            }
            Ast::Unspecified | Ast::Comprehension(_) | Ast::Map(_) | Ast::Struct(_) => self.wrong(
                part,
                PackCode::ExprUnsupported,
                "maps, structures and loops are not part of the pack language",
            ),
        }
    }

    fn literal(&self, part: &IdedExpr, literal: &LiteralValue) -> Option<Typed> {
        match literal {
            LiteralValue::Boolean(truth) => {
                let expr = Expr::Const(Value::Bool(*truth.inner()));
                Some(Typed { expr, ty: Ty::Bool })
            }
            LiteralValue::Int(number) => {
                Some(Typed { expr: constant(*number.inner()), ty: Ty::Number(0) })
            }
            LiteralValue::UInt(number) => match i64::try_from(*number.inner()) {
                Ok(number) => Some(Typed { expr: constant(number), ty: Ty::Number(0) }),
                Err(_) => self.wrong(part, PackCode::ExprType, "this number is too large"),
            },
            LiteralValue::Double(number) => match decimal(*number.inner()) {
                Some((expr, scale)) => Some(Typed { expr, ty: Ty::Number(scale) }),
                None => self.wrong(
                    part,
                    PackCode::ExprType,
                    "this number has more than six digits after the point",
                ),
            },
            LiteralValue::String(text) => {
                let expr = Expr::Const(Value::Text(text.inner().to_owned()));
                Some(Typed { expr, ty: Ty::Text })
            }
            LiteralValue::Null => self.wrong(
                part,
                PackCode::ExprUnsupported,
                "`null` can't be compared: write `has(field)` or `!has(field)`",
            ),
            LiteralValue::Bytes(_) => self.wrong(
                part,
                PackCode::ExprUnsupported,
                "bytes are not part of the pack language: write a text",
            ),
        }
    }

    fn name(&self, part: &IdedExpr, name: &str) -> Option<Typed> {
        let var = |var, ty| Some(Typed { expr: Expr::Var(var), ty });
        match name {
            "today" if self.scope.today => return var(Var::Today, Ty::Date),
            "today" => {
                return self.wrong(
                    part,
                    PackCode::ExprNotHere,
                    "`today` can't be asked here, where the answer must be the same every day: \
                     use it in a rule",
                );
            }
            "office" => return var(Var::Office, Ty::Office),
            "state" => return var(Var::State, Ty::State),
            "period" => {
                return self.wrong(
                    part,
                    PackCode::ExprUnknown,
                    "write `period.first` or `period.last`",
                );
            }
            _ => {}
        }
        let Some(field) = self.scope.known.field_by_key(name) else {
            return self.wrong(
                part,
                PackCode::ExprUnknown,
                format!("`{name}` is neither a field of this type nor a variable"),
            );
        };
        if !self.reachable(field.group) {
            let group = field.group.and_then(|id| self.scope.known.field(id));
            let group = group.map_or("?", |group| group.key.as_str());
            return self.wrong(
                part,
                PackCode::ExprNotHere,
                format!(
                    "`{name}` stands in the repeat group `{group}`: write `{group}.{name}` for \
                     all its rows, as in `sum({group}.{name})`"
                ),
            );
        }
        match self.scope.known.ty(field) {
            Some(ty) => Some(Typed { expr: Expr::Field(field.id), ty }),
            None => self.wrong(
                part,
                PackCode::ExprUnknown,
                format!("the computed field `{name}` is wrong itself, or stands in a circle"),
            ),
        }
    }

    fn reachable(&self, group: Option<FieldId>) -> bool {
        let Some(group) = group else { return true };
        match self.scope.row.get() {
            Some(row) => row == group,
            None if self.scope.finds_row => {
                self.scope.row.set(Some(group));
                true
            }
            None => false,
        }
    }

    fn select(&self, part: &IdedExpr, select: &SelectExpr) -> Option<Typed> {
        let Ast::Ident(owner) = &select.operand.expr else {
            return self.wrong(
                part,
                PackCode::ExprUnsupported,
                "a point may only follow `period` or a repeat group",
            );
        };
        let var = match (owner.as_str(), select.field.as_str()) {
            ("period", "first") => Some(Var::PeriodFirst),
            ("period", "last") => Some(Var::PeriodLast),
            ("period", _) => {
                return self.wrong(
                    part,
                    PackCode::ExprUnknown,
                    "write `period.first` or `period.last`",
                );
            }
            _ => None,
        };
        if let Some(var) = var {
            if !self.scope.known.periodic {
                let message = "records of this type have no period: only a periodic type does";
                return self.wrong(part, PackCode::ExprNotHere, message);
            }
            return Some(Typed { expr: Expr::Var(var), ty: Ty::Date });
        }
        let Some(group) = self.scope.known.field_by_key(owner) else {
            let message = format!("the type has no repeat group `{owner}`");
            return self.wrong(part, PackCode::ExprUnknown, message);
        };
        let inner = self.scope.known.field_by_key(&select.field);
        let Some(inner) = inner.filter(|inner| inner.group == Some(group.id)) else {
            let message =
                format!("`{owner}` is not a repeat group with a field `{}`", select.field);
            return self.wrong(part, PackCode::ExprUnknown, message);
        };
        match self.scope.known.ty(inner) {
            Some(Ty::Opaque | Ty::Choices(_)) => self.wrong(
                part,
                PackCode::ExprUnsupported,
                "a column of points, photos, files or many-choice fields can't be computed with",
            ),
            Some(ty) => {
                Some(Typed { expr: Expr::Column(group.id, inner.id), ty: Ty::List(Box::new(ty)) })
            }
            None => self.wrong(
                part,
                PackCode::ExprUnknown,
                format!(
                    "the computed field `{}` is wrong itself, or stands in a circle",
                    inner.key
                ),
            ),
        }
    }

    /// Several expressions that must be of one type: numbers come to the greatest scale, texts
    /// and choices to texts.
    pub(super) fn alike(&self, part: &IdedExpr, items: Vec<Typed>) -> Option<(Vec<Expr>, Ty)> {
        let Some(mut common) = items.first().map(|item| item.ty.clone()) else {
            return self.wrong(part, PackCode::ExprType, "this is empty: give it something");
        };
        for item in &items[1..] {
            common = match (&common, &item.ty) {
                (Ty::Number(a), Ty::Number(b)) => Ty::Number(*a.max(b)),
                (a, b) if a == b => continue,
                (a, b) if a.is_text() && b.is_text() => Ty::Text,
                (a, b) => {
                    let message = format!("{} and {} don't go together", a.words(), b.words());
                    return self.wrong(part, PackCode::ExprType, message);
                }
            };
        }
        let to = if let Ty::Number(scale) = &common { *scale } else { 0 };
        let exprs = items.into_iter().map(|item| {
            if let Ty::Number(from) = item.ty { rescaled(item.expr, from, to) } else { item.expr }
        });
        Some((exprs.collect(), common))
    }
}
