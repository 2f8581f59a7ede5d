//! `genggam pack`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use domain::pack::Pack;
use domain::pack::author::{self, PackProblem};
use serde_json::json;

use super::failed::Failed;
use super::opened::By;
use super::{Context, Done, dictionary, failed, opened};
use crate::http::wire;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a pack's folder: every mistake with its file and line
    #[command(after_help = "\
Examples:
  genggam pack check packs/kejadian
  genggam pack check packs/kejadian --json | jq -r '.problems[].message'")]
    Check {
        /// The pack's folder
        folder: PathBuf,
    },
    /// Try a pack's examples: forms, with what should come of them
    Try {
        /// The pack's folder
        folder: PathBuf,
    },
    /// Begin a pack: a small one that is complete and right
    New {
        /// Its name: lower-case letters, digits, - and _
        name: String,
        /// Where its folder is made
        #[arg(long = "in", default_value = "packs", value_name = "FOLDER")]
        parent: PathBuf,
    },
    /// Publish a pack into the node's log
    Publish {
        /// The pack's folder
        folder: PathBuf,
        #[command(flatten)]
        by: By,
    },
    /// The packs that the node has
    List,
    /// Frame bodies of simulated reports, to train a dictionary on
    #[command(hide = true)]
    Samples(dictionary::SamplesOf),
    /// Measure frames of simulated reports
    #[command(hide = true)]
    Frames(dictionary::Frames),
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    match command {
        Command::Check { folder } => check(context, &folder),
        Command::Try { folder } => try_examples(context, &folder),
        Command::New { name, parent } => begin(context, &parent, &name),
        Command::Publish { folder, by } => publish(context, &folder, &by),
        Command::List => list(context),
        Command::Samples(of) => dictionary::samples(context, &of),
        Command::Frames(frames) => dictionary::frames(context, &frames),
    }
}

/// The pack in a folder, or every mistake said.
fn compiled(context: &Context, folder: &Path) -> anyhow::Result<Pack> {
    let mut problems = match author::compile(folder) {
        Ok(pack) => match node::policy::check_pack(&pack) {
            Ok(()) => return Ok(pack),
            Err(problems) => return Err(policy(context, &problems)),
        },
        Err(problems) => problems,
    };
    problems.sort();
    let output = &context.output;
    if output.json {
        output.json(&json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }))?;
    } else {
        problems.iter().try_for_each(|problem| output.line(problem))?;
        output.say("cli.pack_bad", &[("count", &problems.len())])?;
    }
    Err(Failed::Shown.into())
}

fn policy(context: &Context, problems: &[node::policy::PolicyProblem]) -> anyhow::Error {
    let line = |problem: &node::policy::PolicyProblem| {
        json!({ "file": "policy.cedar", "line": problem.line, "column": problem.column,
            "code": "pack.policy", "message": problem.message })
    };
    let output = &context.output;
    let written = if output.json {
        output.json(&json!({ "problems": problems.iter().map(line).collect::<Vec<_>>() }))
    } else {
        let said = problems.iter().try_for_each(|p| {
            output.line(format!("policy.cedar:{}:{}: {}", p.line, p.column, p.message))
        });
        said.and_then(|()| output.say("cli.pack_bad", &[("count", &problems.len())]))
    };
    written.map_or_else(Into::into, |()| Failed::Shown.into())
}

fn problem(problem: &PackProblem) -> serde_json::Value {
    json!({ "file": problem.file, "line": problem.line, "column": problem.column,
        "code": problem.code.as_str(), "message": problem.message })
}

fn check(context: &Context, folder: &Path) -> Done {
    let pack = compiled(context, folder)?;
    let output = &context.output;
    let (types, measures) = (pack.types.len(), pack.measures.len());
    let dictionary = pack.dictionary.as_ref().map_or(0, |dictionary| dictionary.0.len());
    if output.json {
        return Ok(output.json(&json!({ "name": pack.name, "version": pack.version,
            "types": types, "measures": measures, "dictionary_bytes": dictionary, "problems": [] }))?);
    }
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("name", &pack.name),
        ("version", &pack.version),
        ("types", &types),
        ("measures", &measures),
    ];
    Ok(output.say("cli.pack_good", &values)?)
}

fn try_examples(context: &Context, folder: &Path) -> Done {
    let pack = compiled(context, folder)?;
    let tried = author::try_examples(&pack, folder).map_err(|problems| {
        let written = problems.iter().try_for_each(|problem| context.output.line(problem));
        written.map_or_else(anyhow::Error::from, |()| Failed::Shown.into())
    })?;
    let failed = tried.iter().filter(|tried| !tried.failures.is_empty()).count();
    let output = &context.output;
    if output.json {
        let each = tried.iter().map(|tried| {
            let failures: Vec<_> = tried.failures.iter().map(problem).collect();
            json!({ "example": tried.name, "passed": failures.is_empty(), "failures": failures })
        });
        output.json(&each.collect::<Vec<_>>())?;
    } else {
        let failures = tried.iter().flat_map(|tried| &tried.failures);
        failures.into_iter().try_for_each(|failure| output.line(failure))?;
        let passed = tried.len() - failed;
        output.say("cli.pack_tried", &[("passed", &passed), ("failed", &failed)])?;
    }
    if failed == 0 { Ok(()) } else { Err(Failed::Shown.into()) }
}

fn begin(context: &Context, parent: &Path, name: &str) -> Done {
    use author::ScaffoldError;
    let path = author::scaffold(parent, name).map_err(|error| match &error {
        ScaffoldError::Name { .. } => failed::said("pack_name", &[("name", &name)]),
        ScaffoldError::Exists { folder: path } | ScaffoldError::Write { path, .. } => {
            let reason = crate::http::chain(&error);
            failed::said("io", &[("path", &path.display()), ("reason", &reason)])
        }
    })?;
    Ok(context.output.say("cli.pack_new", &[("path", &path.display())])?)
}

fn publish(context: &Context, folder: &Path, by: &By) -> Done {
    let pack = compiled(context, folder)?;
    opened::with(context, async |node| {
        let by = by.actor(&node)?;
        let (name, version) = (pack.name.clone(), pack.version);
        let pos = node.publish_pack(&by, pack).await.map_err(failed::failure)?;
        let output = &context.output;
        if output.json {
            return Ok(output.json(&json!({ "name": name, "version": version, "pos": pos }))?);
        }
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("name", &name), ("version", &version), ("pos", &pos)];
        Ok(output.say("cli.pack_published", &values)?)
    })
}

fn list(context: &Context) -> Done {
    opened::with(context, async |node| {
        let packs: Vec<wire::PackRow> =
            node.packs().latest().map(|pack| wire::PackRow::from(&**pack)).collect();
        let output = &context.output;
        if output.json {
            return Ok(output.json(&packs)?);
        }
        let title = |row: &wire::PackRow| match output.lang {
            crate::messages::Lang::Id => row.title.id.clone(),
            crate::messages::Lang::En => row.title.en.clone(),
        };
        let rows: Vec<Vec<String>> = packs
            .iter()
            .map(|row| vec![row.name.clone(), row.version.to_string(), title(row)])
            .collect();
        let heads = ["pack", "version", "title"].map(|key| output.text(&format!("cli.head.{key}")));
        Ok(output.table(&heads.each_ref().map(String::as_str), &rows)?)
    })
}
