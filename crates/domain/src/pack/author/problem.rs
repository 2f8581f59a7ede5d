//! What is wrong with a pack's source: where, a stable code, and what to do about it.

use std::cell::{Cell, RefCell};
use std::fmt;

use super::source::At;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// A stable code of a mistake in a pack's source. Never renamed, never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum PackCode {
            $($(#[$doc])* $variant,)*
        }

        impl PackCode {
            /// All codes, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }
    };
}

codes! {
    /// A file that every pack needs isn't there.
    FileMissing = "pack.file_missing",
    /// A file can't be read, or isn't UTF-8.
    FileUnreadable = "pack.file_unreadable",
    /// A file is larger than its limit.
    FileTooLarge = "pack.file_too_large",
    /// A file that no pack has.
    FileUnknown = "pack.file_unknown",
    /// Not TOML, or not JSON.
    Syntax = "pack.syntax",
    /// A key that must be there isn't.
    KeyMissing = "pack.key_missing",
    /// A key that nothing reads.
    KeyUnknown = "pack.key_unknown",
    /// A text where a number belongs, and so on.
    WrongType = "pack.wrong_type",
    /// A value that isn't among those possible.
    BadValue = "pack.bad_value",
    /// A name with other characters than names have.
    BadName = "pack.bad_name",
    /// Two things have one number or key.
    Duplicate = "pack.duplicate",
    /// More of something than its limit.
    TooMany = "pack.too_many",
    /// The whole pack is larger than its limit.
    TooLarge = "pack.too_large",
    /// The type has no such field.
    UnknownField = "pack.unknown_field",
    /// The pack has no such record type.
    UnknownType = "pack.unknown_type",
    /// The type has no such state.
    UnknownState = "pack.unknown_state",
    /// The pack has no such measure.
    UnknownMeasure = "pack.unknown_measure",
    /// The measure has no such dimension.
    UnknownDim = "pack.unknown_dim",
    /// No action leads to a state.
    UnreachableState = "pack.unreachable_state",
    /// Computed fields read each other in a circle.
    Cycle = "pack.cycle",
    /// An expression isn't CEL.
    ExprSyntax = "expr.syntax",
    /// A name in an expression that isn't a field, a variable or a function.
    ExprUnknown = "expr.unknown",
    /// CEL that the pack language doesn't have.
    ExprUnsupported = "expr.unsupported",
    /// An expression's parts don't fit each other, or its place.
    ExprType = "expr.type",
    /// A choice that the field doesn't have.
    ExprChoice = "expr.choice",
    /// An expression that may not ask for this here.
    ExprNotHere = "expr.not_here",
    /// An expression larger than its limits.
    ExprTooLarge = "expr.too_large",
    /// A text is missing in a language.
    MessageMissing = "message.missing",
    /// A text for something that the pack doesn't have.
    MessageUnknown = "message.unknown",
    /// An example isn't of the wanted form.
    ExampleMalformed = "example.malformed",
    /// An example came out otherwise than it says.
    ExampleFailed = "example.failed",
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackProblem {
    /// The file, relative to the pack's folder, with `/`.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The stable code.
    pub code: PackCode,
    /// What is wrong and what to do, in English.
    pub message: String,
}

impl fmt::Display for PackProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, message } = self;
        write!(f, "{file}:{line}:{column}: {} [{}]", message, code.as_str())
    }
}

/// Mistakes gathered while reading.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: RefCell<Vec<PackProblem>>,
    lost: Cell<bool>,
}

impl Problems {
    pub(super) fn add(&self, at: At<'_>, code: PackCode, message: impl Into<String>) {
        let (line, column) = at.line_and_column();
        self.push(PackProblem {
            file: at.file.name.clone(),
            line,
            column,
            code,
            message: message.into(),
        });
    }

    pub(super) fn whole(&self, file: &str, code: PackCode, message: impl Into<String>) {
        let message = message.into();
        self.push(PackProblem { file: file.to_owned(), line: 1, column: 1, code, message });
    }

    /// Notes that something couldn't be read at all: what names it can't be judged any more.
    pub(super) fn lose(&self) {
        self.lost.set(true);
    }

    /// Whether something couldn't be read at all.
    pub(super) fn lost(&self) -> bool {
        self.lost.get()
    }

    fn push(&self, problem: PackProblem) {
        self.found.borrow_mut().push(problem);
    }

    /// All of them, by file and place, each once.
    pub(super) fn into_sorted(self) -> Vec<PackProblem> {
        let mut problems = self.found.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }
}
