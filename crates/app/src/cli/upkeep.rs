//! `genggam facts`, `genggam audit`, `genggam backup`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use node::{Node, UpkeepError};
use serde_json::json;

use super::failed::Failed;
use super::{Context, Done, failed, opened};
use crate::http::chain;

#[derive(Debug, Subcommand)]
pub(super) enum Facts {
    /// Derive every fact again from the log
    Rebuild,
    /// What the facts hold
    Status,
}

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Hash every chain again, check signatures, fold every record again
    Verify,
}

pub(super) fn facts(context: &Context, command: &Facts) -> Done {
    opened::with(context, async |node| match command {
        Facts::Rebuild => {
            rebuild(context, &node).await?;
            status(context, &node)
        }
        Facts::Status => status(context, &node),
    })
}

async fn rebuild(context: &Context, node: &Arc<Node>) -> Done {
    node.rebuild_facts();
    let (_, end) = node.facts_position()?;
    let bar = context.output.progress("cli.facts_progress", Some(end));
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let done = node.facts_caught_up();
    tokio::pin!(done);
    loop {
        tokio::select! {
            done = &mut done => break done?,
            _ = tick.tick() => bar.set_position(node.facts_position()?.0),
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn status(context: &Context, node: &Node) -> Done {
    let (pos, log) = node.facts_position()?;
    let stats = node.facts_stats();
    let facts = stats.hot_rows + stats.segment_rows;
    if context.output.json {
        return Ok(context.output.json(&json!({
            "pos": pos, "log": log, "facts": facts, "hot_rows": stats.hot_rows,
            "segments": stats.segments, "segment_bytes": stats.segment_bytes,
        }))?);
    }
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("pos", &pos), ("log", &log), ("facts", &facts), ("segments", &stats.segments)];
    Ok(context.output.say("cli.facts_status", &values)?)
}

pub(super) fn audit(context: &Context, command: &Audit) -> Done {
    let Audit::Verify = command;
    opened::with(context, async |node| {
        let bar = context.output.progress("cli.audit_progress", None);
        let whole = tokio::task::spawn_blocking(move || node.verify()).await?;
        bar.finish_and_clear();
        let whole = whole.map_err(upkeep)?;
        let output = &context.output;
        if output.json {
            output.json(&json!({
                "whole": whole.faults.is_empty(), "streams": whole.streams,
                "operations": whole.operations, "records": whole.records, "faults": whole.faults,
            }))?;
        } else if whole.faults.is_empty() {
            let values: [(&str, &dyn std::fmt::Display); 3] = [
                ("streams", &whole.streams),
                ("ops", &whole.operations),
                ("records", &whole.records),
            ];
            output.say("cli.audit_good", &values)?;
        } else {
            whole.faults.iter().try_for_each(|fault| output.line(fault))?;
            output.say("cli.audit_bad", &[("count", &whole.faults.len())])?;
        }
        if whole.faults.is_empty() { Ok(()) } else { Err(Failed::Shown.into()) }
    })
}

pub(super) fn backup(context: &Context, file: &Path) -> Done {
    opened::with(context, async |node| {
        let bar = context.output.progress("cli.backup_progress", None);
        let to = file.to_owned();
        let copied = tokio::task::spawn_blocking(move || node.backup(&to)).await?;
        bar.finish_and_clear();
        copied.map_err(upkeep)?;
        let bytes = std::fs::metadata(file).map_err(failed::file(file))?.len();
        let (output, path) = (&context.output, file.display());
        if output.json {
            return Ok(output.json(&json!({ "file": path.to_string(), "bytes": bytes }))?);
        }
        Ok(output.say("cli.backup_done", &[("path", &path), ("bytes", &bytes)])?)
    })
}

/// A file that can't be used is the person's to mend; anything else of storage is a fault.
fn upkeep(error: UpkeepError) -> anyhow::Error {
    match &error {
        UpkeepError::Exists { file } => {
            let there = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            failed::file(file)(there)
        }
        UpkeepError::Io { file, .. } => {
            failed::said("io", &[("path", &file.display()), ("reason", &chain(&error))])
        }
        UpkeepError::Storage(_) => error.into(),
    }
}
