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
use crate::limits::EXPR_DEPTH_MAX;

/// Bytes of one expression in the source: a rule that people can still read.
const EXPR_BYTES_MAX: usize = 4_000;
/// Opening brackets and prefix operators that an expression may have after each other: checked
/// before the parser, which recurses.
const NESTING_MAX: usize = EXPR_DEPTH_MAX;

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
        self.text.at_char(first)
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
    if text.value.len() > EXPR_BYTES_MAX || nesting(text.value) > NESTING_MAX {
        let message = format!(
            "this expression is too large: at most {EXPR_BYTES_MAX} bytes, nested {NESTING_MAX} \
             deep; move parts of it into computed fields"
        );
        problems.add(text.at, PackCode::ExprTooLarge, message);
        return None;
    }
    // An environment without the standard library has no macros: `has(field)` stays a call.
    let parser = cel::Env::default().with_optional_support(false).parser();
    match parser.parse_with_source_info(text.value) {
        Ok((root, info)) => Some(Parsed { root, info, text }),
        Err(errors) => {
            let first = errors.errors.first();
            let index = first.map_or(0, |error| char_index(text.value, error.pos));
            let what = first.map_or("it can't be read", |error| error.msg.as_str());
            let what = what.lines().next().unwrap_or(what);
            let message = format!("this is not a CEL expression: {what}");
            problems.add(text.at_char(index), PackCode::ExprSyntax, message);
            None
        }
    }
}

/// The character at the parser's line (from 1) and column (from 1).
fn char_index(text: &str, (line, column): (isize, isize)) -> usize {
    let before = usize::try_from(line - 1).unwrap_or(0);
    let lines = text.split_inclusive('\n').take(before);
    lines.map(|line| line.chars().count()).sum::<usize>() + usize::try_from(column - 1).unwrap_or(0)
}

/// How deep brackets, `?` and prefix operators nest at most.
fn nesting(text: &str) -> usize {
    let (mut deepest, mut open, mut prefix) = (0, 0usize, 0usize);
    for b in text.bytes() {
        match b {
            b'(' | b'[' | b'{' => (open, prefix) = (open + 1, 0),
            b')' | b']' | b'}' => (open, prefix) = (open.saturating_sub(1), 0),
            b'!' | b'-' | b'?' => prefix += 1,
            b' ' | b'\t' | b'\n' => {}
            b':' | b'=' => {}
            _ => prefix = if text.contains('?') { prefix } else { 0 },
        }
        deepest = deepest.max(open + prefix);
    }
    deepest
}
