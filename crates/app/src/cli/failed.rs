//! What a command says when it can't do what was asked, and its exit code.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

use domain::problem::Problem;
use node::Failure;
use serde_json::json;

use crate::messages;
use crate::output::Output;

/// Done.
pub(crate) const OK: u8 = 0;
/// Refused, or something given is invalid.
pub(crate) const REFUSED: u8 = 1;
/// The command line itself is wrong.
pub(crate) const USAGE: u8 = 2;
/// A fault inside the program.
pub(crate) const BUG: u8 = 70;

/// A failure that the person can do something about; everything else is a fault of ours.
#[derive(Debug)]
pub(crate) enum Failed {
    /// A sentence of the message files, by key under `cli.`, with its values.
    Said(&'static str, Vec<(&'static str, String)>),
    /// Problems by code.
    Problems(Vec<Problem>),
    /// Everything has been said already.
    Shown,
}

impl Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(key, _) => f.write_str(key),
            Self::Problems(problems) => {
                let codes: Vec<&str> = problems.iter().map(|p| p.code.as_str()).collect();
                f.write_str(&codes.join(", "))
            }
            Self::Shown => f.write_str("shown"),
        }
    }
}

impl std::error::Error for Failed {}

/// A sentence of the message files, by key under `cli.`.
pub(crate) fn said(key: &'static str, values: &[(&'static str, &dyn Display)]) -> anyhow::Error {
    let values = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
    Failed::Said(key, values).into()
}

/// A problem by code.
pub(crate) fn problem(problem: Problem) -> anyhow::Error {
    Failed::Problems(vec![problem]).into()
}

/// The problems of a use case.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it by value")]
pub(crate) fn failure(failure: impl Failure) -> anyhow::Error {
    Failed::Problems(failure.problems()).into()
}

/// A file that can't be used.
pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> anyhow::Error {
    let path = path.display().to_string();
    move |error| said("io", &[("path", &path), ("reason", &error)])
}

/// Tells the person, and gives the exit code.
pub(crate) fn report(error: &anyhow::Error, output: &Output) -> u8 {
    if is_broken_pipe(error) {
        return OK;
    }
    let lang = output.lang;
    let (lines, problems, code): (Vec<String>, &[Problem], u8) = match error.downcast_ref() {
        Some(Failed::Shown) => return REFUSED,
        Some(Failed::Said(key, values)) => {
            let values: Vec<(&str, &dyn Display)> =
                values.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
            (vec![messages::say(lang, &format!("cli.{key}"), &values)], &[], REFUSED)
        }
        Some(Failed::Problems(problems)) => {
            let line = |problem: &Problem| {
                let at = problem.at.as_ref().map_or_else(String::new, |at| format!("{at}: "));
                format!("{at}{}", messages::sentence(lang, problem))
            };
            (problems.iter().map(line).collect(), problems, REFUSED)
        }
        None => {
            let detail = format!("{error:#}");
            (vec![messages::say(lang, "cli.bug", &[("detail", &detail)])], &[], BUG)
        }
    };
    let written = if output.json {
        output.complain(json!({ "error": lines.join("\n"), "problems": problems }))
    } else {
        lines.iter().try_for_each(|line| output.complain(line))
    };
    if written.is_err() { BUG } else { code }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
