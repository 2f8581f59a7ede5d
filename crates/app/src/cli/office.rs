//! `genggam office`: works without a node, from the built-in tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use domain::ids::OfficeId;
use domain::office::{
    Level, LoadError, LoadProblem, OfficeAt, OfficeChange, OfficeEvent, Tree, built_in_events,
    districts, villages,
};
use domain::period::Date;
use serde_json::json;

use super::failed::Failed;
use super::opened::{self, By};
use super::{Context, Done, date, failed, today};
use crate::http::wire;
use crate::messages::{self, Lang};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The offices that exist at a date
    #[command(after_help = "\
Examples:
  genggam office tree --on 2021-01-08 --json | jq length        549
  genggam office tree --under 'Kepulauan Riau'")]
    Tree {
        /// The date; today if absent
        #[arg(long, value_parser = date)]
        on: Option<Date>,
        /// Only this level
        #[arg(long)]
        level: Option<LevelArg>,
        /// Only this office and those below it: a code or a name
        #[arg(long)]
        under: Option<String>,
    },
    /// Which office a code or a name means
    #[command(after_help = "\
Examples:
  genggam office find 'KAB. BINTAN'
  genggam office find 2171 --on 2021-01-08     a BPS code
  genggam office find 11.1                     a code that a spreadsheet damaged: says so")]
    Find {
        /// Kemendagri code, BPS code, or a name as people write it
        text: String,
        /// The date; today if absent
        #[arg(long, value_parser = date)]
        on: Option<Date>,
    },
    /// The dated changes of the tree: founded, recoded, moved, closed
    Events,
    /// Load sub-districts or villages into the node's tree
    #[command(after_help = "\
The file is CSV with a first line code,regency_code,name or code,district_code,name, as in
idn-area-data. Load sub-districts before their villages.

Examples:
  genggam office load districts.csv --level district --as sari")]
    Load {
        /// The file
        file: PathBuf,
        /// What it holds
        #[arg(long)]
        level: LoadLevel,
        /// Codes of the offices above are those of this day; today if absent
        #[arg(long, value_parser = date)]
        on: Option<Date>,
        #[command(flatten)]
        by: By,
    },
}

/// Levels that can be loaded.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LoadLevel {
    District,
    Village,
}

/// A level, as the command line names it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LevelArg {
    Centre,
    Province,
    Regency,
    District,
    Village,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Centre => Self::Centre,
            LevelArg::Province => Self::Province,
            LevelArg::Regency => Self::Regency,
            LevelArg::District => Self::District,
            LevelArg::Village => Self::Village,
        }
    }
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    match command {
        Command::Tree { on, level, under } => {
            tree(context, on.unwrap_or_else(today), level.map(Level::from), under.as_deref())
        }
        Command::Find { text, on } => find(context, &text, on.unwrap_or_else(today)),
        Command::Events => events(context),
        Command::Load { file, level, on, by } => {
            load(context, &file, level, on.unwrap_or_else(today), &by)
        }
    }
}

/// An office named on the command line.
pub(super) fn named(tree: &Tree, text: &str, date: Date) -> anyhow::Result<OfficeId> {
    tree.find(text, date).map_err(|error| failed::problem(error.problem()))
}

fn tree(context: &Context, date: Date, level: Option<Level>, under: Option<&str>) -> Done {
    let tree = Tree::built_in();
    let root = under.map(|text| named(&tree, text, date)).transpose()?;
    let mut offices = tree.list(date, level);
    offices.retain(|office| root.is_none_or(|root| tree.is_within(office.id, root, date)));
    if context.output.json {
        let offices: Vec<wire::Office> = offices.into_iter().map(Into::into).collect();
        return Ok(context.output.json(&offices)?);
    }
    let mut tops = offices.clone();
    let inside: BTreeSet<OfficeId> = offices.iter().map(|o| o.id).collect();
    tops.retain(|office| office.parent.is_none_or(|parent| !inside.contains(&parent)));
    tops.into_iter().try_for_each(|top| branch(context, &tree, &inside, top, date, 0))
}

/// An office and those below it, each level indented.
fn branch(
    context: &Context,
    tree: &Tree,
    inside: &BTreeSet<OfficeId>,
    office: OfficeAt<'_>,
    date: Date,
    depth: usize,
) -> Done {
    context.output.line(format!("{:1$}{2:<14} {3}", "", depth * 2, office.code, office.name))?;
    let below = tree.children(office.id, date);
    let mut below = below.into_iter().filter(|child| inside.contains(&child.id));
    below.try_for_each(|child| branch(context, tree, inside, child, date, depth + 1))
}

fn find(context: &Context, text: &str, date: Date) -> Done {
    let tree = Tree::built_in();
    let id = named(&tree, text, date)?;
    let office = tree.at(id, date).expect("invariant: what was found exists at the date");
    if context.output.json {
        return Ok(context.output.json(&wire::Office::from(office))?);
    }
    let names = tree.path_of(id, date).into_iter().filter_map(|above| tree.at(above, date));
    let path: Vec<&str> = names.map(|office| office.name).collect();
    let lang = context.output.lang;
    context.output.table(
        &[
            &messages::text(lang, "cli.head.code"),
            "BPS",
            &messages::text(lang, "cli.head.level"),
            &messages::text(lang, "cli.head.name"),
        ],
        &[vec![
            office.code.to_owned(),
            office.bps.unwrap_or("–").to_owned(),
            level_name(lang, office.level),
            path.join(" › "),
        ]],
    )?;
    Ok(())
}

/// The level's name in a language.
pub(super) fn level_name(lang: Lang, level: Level) -> String {
    let key = match level {
        Level::Centre => "centre",
        Level::Province => "province",
        Level::Regency => "regency",
        Level::District => "district",
        Level::Village => "village",
    };
    messages::text(lang, &format!("cli.level.{key}"))
}

fn events(context: &Context) -> Done {
    let tree = Tree::built_in();
    let mut events = built_in_events();
    events.sort_by_key(|event| event.date);
    let first = events.first().map(|event| event.date);
    events.retain(|event| Some(event.date) != first);
    let rows: Vec<Row> = events.iter().flat_map(|event| rows(&tree, event)).collect();
    if context.output.json {
        let row = |row: &Row| {
            json!({ "date": row.date.to_string(), "basis": row.basis, "office": row.office,
                "change": row.change, "code": row.code, "name": row.name })
        };
        return Ok(context.output.json(&rows.iter().map(row).collect::<Vec<_>>())?);
    }
    let lang = context.output.lang;
    let text = |key: &str| messages::text(lang, &format!("cli.{key}"));
    let cells = |row: &Row| {
        let change = text(&format!("change.{}", row.change));
        vec![row.date.to_string(), row.basis.clone(), change, row.code.clone(), row.name.clone()]
    };
    let heads = ["date", "basis", "change", "code", "name"].map(|key| text(&format!("head.{key}")));
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    context.output.table(&heads.each_ref().map(String::as_str), &cells)?;
    Ok(())
}

/// One change of one office.
struct Row {
    date: Date,
    basis: String,
    office: OfficeId,
    change: &'static str,
    code: String,
    name: String,
}

fn rows(tree: &Tree, event: &OfficeEvent) -> Vec<Row> {
    let row = |change: &OfficeChange| {
        let (office, change, day) = match change {
            OfficeChange::Found(founding) => (founding.id, "found", event.date),
            OfficeChange::Change(amendment) => (amendment.id, "amend", event.date),
            OfficeChange::Close(office, _) => (*office, "close", event.date.plus_days(-1)),
        };
        let at = tree.at(office, day);
        Row {
            date: event.date,
            basis: event.basis.clone(),
            office,
            change,
            code: at.map_or_else(String::new, |at| at.code.to_owned()),
            name: at.map_or_else(String::new, |at| at.name.to_owned()),
        }
    };
    event.changes.iter().map(row).collect()
}

/// Offices that one operation founds: well below the limit of its bytes.
const FOUNDINGS_PER_OP: usize = 1_500;

fn load(context: &Context, file: &Path, level: LoadLevel, on: Date, by: &By) -> Done {
    let text = std::fs::read_to_string(file).map_err(failed::file(file))?;
    opened::with(context, async |node| {
        let by = by.actor(&node)?;
        let tree = node.tree();
        let event = match level {
            LoadLevel::District => districts(&text, &tree, on),
            LoadLevel::Village => villages(&text, &tree, on),
        };
        let event = event.map_err(|error| told(context, file, &error))?;
        let count = event.changes.len();
        let len = u64::try_from(count).unwrap_or(u64::MAX);
        let bar = context.output.progress("cli.office_progress", Some(len));
        for changes in event.changes.chunks(FOUNDINGS_PER_OP) {
            let part = OfficeEvent { changes: changes.to_vec(), ..event.clone() };
            node.change_offices(&by, part).await.map_err(failed::failure)?;
            bar.inc(u64::try_from(changes.len()).unwrap_or(0));
        }
        bar.finish_and_clear();
        Ok(context.output.say("cli.office_loaded", &[("count", &count)])?)
    })
}

/// Says what is wrong with a table, line by line.
fn told(context: &Context, file: &Path, error: &LoadError) -> anyhow::Error {
    let output = &context.output;
    let written = match error {
        LoadError::Header { expected } => output.say("cli.load.header", &[("expected", expected)]),
        LoadError::Lines(problems) => problems.iter().try_for_each(|problem| {
            let (line, key) = match problem {
                LoadProblem::Columns { line } => (line, "columns"),
                LoadProblem::Code { line } => (line, "code"),
                LoadProblem::Parent { line } => (line, "parent"),
            };
            let text = output.text(&format!("cli.load.{key}"));
            output.line(format!("{}:{line}: {text}", file.display()))
        }),
    };
    written.map_or_else(Into::into, |()| Failed::Shown.into())
}
