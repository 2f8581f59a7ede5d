//! CEL in a pack's source: parsed by the `cel` crate, checked and compiled here.
//!
//! The subset: fields, variables and functions of the pack language, literals, lists, operators
//! and `?:`. No maps, no structures, no indexes, no macros.

mod calls;
mod check;
mod formula;
mod numbers;
mod scope;

pub(super) use check::{Wanted, compile};
pub(super) use formula::compile_formula;
pub(super) use scope::{Known, Scope, Ty};

use cel::common::ast::{Expr as Ast, IdedExpr, SourceInfo};

use super::problem::{PackCode, Problems};
use super::source::{At, Text};
use crate::limits::{EXPR_DEPTH_MAX, EXPR_NODES_MAX};

/// Bytes of one expression in the source: a rule that people can still read.
const EXPR_BYTES_MAX: usize = 4_000;
/// Operators, brackets and commas of one expression: checked before the parser, which recurses
/// over them.
const MARKS_MAX: usize = 2 * EXPR_NODES_MAX;

/// A parsed expression that remembers where its parts stand.
pub(super) struct Parsed<'f> {
    pub(super) root: IdedExpr,
    info: SourceInfo,
    text: Text<'f>,
}

impl<'f> Parsed<'f> {
    /// Where a part stands in the file.
    pub(super) fn at(&self, part: &IdedExpr) -> At<'f> {
        let first = self.info.offset_for(part.id).map_or(0, |(first, _)| first as usize);
        self.text.at_byte(first)
    }

    /// Names that stand alone in it: fields, groups and variables.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut rest = vec![&self.root];
        while let Some(part) = rest.pop() {
            match &part.expr {
                Ast::Ident(name) => names.push(name.as_str()),
                Ast::Select(select) => rest.push(&select.operand),
                Ast::Call(call) => {
                    rest.extend(call.target.as_deref());
                    rest.extend(&call.args);
                }
                Ast::List(list) => rest.extend(&list.elements),
                Ast::Unspecified
                | Ast::Comprehension(_)
                | Ast::Literal(_)
                | Ast::Map(_)
                | Ast::Struct(_) => {}
            }
        }
        names
    }
}

/// Parses an expression, or says what is wrong.
pub(super) fn parse<'f>(text: Text<'f>, problems: &Problems) -> Option<Parsed<'f>> {
    let is_mark = |b: &u8| b.is_ascii_punctuation() && !matches!(b, b'_' | b'\'' | b'"');
    let marks = text.value.bytes().filter(|b| is_mark(b)).count();
    if text.value.len() > EXPR_BYTES_MAX || marks > MARKS_MAX {
        let message = format!(
            "this expression has more than {EXPR_BYTES_MAX} bytes or {MARKS_MAX} operators and \
             brackets: move parts of it into computed fields"
        );
        problems.add(text.at, PackCode::ExprTooLarge, message);
        return None;
    }
    // An environment without the standard library has no macros: `has(field)` stays a call.
    let parser = cel::Env::default().with_optional_support(false).parser();
    let depth = u16::try_from(2 * EXPR_DEPTH_MAX).unwrap_or(u16::MAX);
    let parser = parser.max_recursion_depth(depth);
    match parser.parse_with_source_info(text.value) {
        Ok((root, info)) => Some(Parsed { root, info, text }),
        Err(errors) => {
            let first = errors.errors.first();
            let index = first.map_or(0, |error| byte_index(text.value, error.pos));
            let what = first.map_or("it can't be read", |error| error.msg.as_str());
            let what = what.lines().next().unwrap_or(what);
            let what = what.split(" expecting {").next().unwrap_or(what);
            let message = format!("this is not a CEL expression: {what}");
            problems.add(text.at_byte(index), PackCode::ExprSyntax, message);
            None
        }
    }
}

/// The byte at the parser's line (from 1) and column (from 1).
fn byte_index(text: &str, (line, column): (isize, isize)) -> usize {
    let before = usize::try_from(line - 1).unwrap_or(0);
    let lines = text.split_inclusive('\n').take(before);
    lines.map(str::len).sum::<usize>() + usize::try_from(column - 1).unwrap_or(0)
}
