//! `genggam quarantine`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use node::Node;
use serde_json::json;

use super::opened::By;
use super::{Context, Done, failed, opened};
use crate::http::wire::{QuarantineItem, QuarantinePage};
use crate::messages;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What was refused, latest first
    #[command(after_help = "\
Examples:
  genggam quarantine list --unseen --as sari
  genggam quarantine export 12 bukti-12.json --as sari")]
    List {
        /// Only what nobody has seen
        #[arg(long)]
        unseen: bool,
        /// Only before this number
        #[arg(long, value_name = "ID")]
        before: Option<u64>,
        #[command(flatten)]
        by: By,
    },
    /// One of them: what is wrong, where it claims to come from, what to do
    Show {
        /// Its number
        id: u64,
        /// Its bytes too, in hexadecimal; that they were looked at is written to the audit trail
        #[arg(long)]
        bytes: bool,
        #[command(flatten)]
        by: By,
    },
    /// Mark one as seen; it stays
    Seen {
        /// Its number
        id: u64,
        #[command(flatten)]
        by: By,
    },
    /// Write one with its bytes to a file, as proof
    Export {
        /// Its number
        id: u64,
        /// The file; it must not exist
        file: PathBuf,
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    opened::with(context, async |node| match command {
        Command::List { unseen, before, by } => list(context, &node, &by, before, unseen),
        Command::Show { id, bytes, by } => show(context, &node, &by, id, bytes),
        Command::Seen { id, by } => {
            let by = by.actor(&node)?;
            let row = node.quarantine_seen(&by, id).map_err(failed::failure)?;
            let who = row.seen.map(|seen| seen.by).unwrap_or_default();
            Ok(context.output.say("cli.quarantine_seen", &[("id", &id), ("name", &who)])?)
        }
        Command::Export { id, file, by } => {
            let by = by.actor(&node)?;
            let proof = node.quarantine_proof(&by, id).map_err(failed::failure)?;
            write_new(&file, &proof.bytes).map_err(failed::file(&file))?;
            let path = file.display();
            Ok(context.output.say("cli.quarantine_exported", &[("id", &id), ("path", &path)])?)
        }
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn list(context: &Context, node: &Node, by: &By, before: Option<u64>, unseen: bool) -> Done {
    let by = by.actor(node)?;
    let page = node.quarantine(&by, before, unseen).map_err(failed::failure)?;
    let output = &context.output;
    let page = QuarantinePage::of(output.lang, page);
    if output.json {
        return Ok(output.json(&page)?);
    }
    let next = page.next;
    let rows: Vec<Vec<String>> = page
        .rows
        .into_iter()
        .map(|row| {
            let from = origin(context, &row);
            let seen = row.seen.map(|seen| seen.by).unwrap_or_default();
            vec![row.id.to_string(), row.received_at, row.problem.message, from, seen]
        })
        .collect();
    if rows.is_empty() {
        return Ok(output.say("cli.no_rows", &[])?);
    }
    let heads = [
        output.text("cli.head.number"),
        output.text("cli.head.received"),
        output.text("cli.head.problem"),
        output.text("cli.head.from"),
        output.text("cli.head.seen"),
    ];
    output.table(&heads.each_ref().map(String::as_str), &rows)?;
    match next {
        Some(next) => Ok(output.remark("cli.quarantine_more", &[("id", &next)])?),
        None => Ok(()),
    }
}

/// Where it claims to come from: the writer's office where it is known, else the writer.
fn origin(context: &Context, row: &QuarantineItem) -> String {
    let Some(stream) = &row.stream else { return "–".to_owned() };
    let office = stream.writer_office.as_ref().map(|office| office.name.clone());
    let writer = office.unwrap_or_else(|| stream.writer.chars().take(8).collect());
    let seq = row.seq.map(|seq| format!(" #{seq}")).unwrap_or_default();
    let lane = serde_json::to_value(stream.lane).unwrap_or_default();
    let lane = lane.as_str().unwrap_or_default();
    format!("{writer} · {}{seq}", context.output.text(&format!("cli.lane.{lane}")))
}

fn show(context: &Context, node: &Node, by: &By, id: u64, bytes: bool) -> Done {
    let by = by.actor(node)?;
    let output = &context.output;
    let (row, hex) = if bytes {
        let item = node.quarantine_item(&by, id).map_err(failed::failure)?;
        (item.row, Some(item.hex))
    } else {
        (node.quarantined(&by, id).map_err(failed::failure)?, None)
    };
    let item = QuarantineItem::of(output.lang, row);
    if output.json {
        return Ok(output.json(&json!({ "item": item, "hex": hex }))?);
    }
    output.line(&item.problem.message)?;
    output.line(&item.advice)?;
    let from = origin(context, &item);
    output.say("cli.quarantine_from", &[("from", &from), ("time", &item.received_at)])?;
    if let Some(op) = &item.op {
        let kind = messages::text(output.lang, &format!("cli.op.{}", op.kind));
        let record = op.record.as_deref().unwrap_or("–");
        output.say(
            "cli.quarantine_op",
            &[
                ("kind", &kind),
                ("record", &record),
                ("office", &op.office.name),
                ("time", &op.time),
            ],
        )?;
    }
    output.say("cli.quarantine_detail", &[("detail", &item.detail), ("bytes", &item.bytes)])?;
    if let Some(seen) = &item.seen {
        output.say("cli.quarantine_seen_by", &[("name", &seen.by), ("time", &seen.at)])?;
    }
    match hex {
        Some(hex) => Ok(output.line(hex)?),
        None => Ok(()),
    }
}
