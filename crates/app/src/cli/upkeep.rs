//! `genggam facts`, `genggam audit`, `genggam backup`, `genggam restore`.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use node::{Node, RestoreError, Restored, UpkeepError};
use serde_json::json;

use super::failed::Failed;
use super::{Context, Done, failed, opened};
use crate::http::{chain, wire::moment};

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

pub(super) const RESTORE_EXAMPLES: &str = "\
Examples:
  genggam restore batam.backup --dir genggam-data --key node.key
                                          with the key that was kept beside the backups
  genggam restore batam.backup --dir genggam-data
                                          with a new key, which the office above must certify";

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// The copy of the node's `node.key`; without it the node gets a new key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

pub(super) fn restore(context: &Context, options: &Restore) -> Done {
    let Restore { file, key } = options;
    let output = &context.output;
    let bar = output.progress("cli.restore_progress", None);
    let restored = node::restore(file, &context.dir, key.as_deref());
    bar.finish_and_clear();
    let restored = restored.map_err(|error| refused(&error, context))?;
    // The records too are folded again, by the node that was restored.
    let faults = opened::with(context, async |node| {
        let whole = tokio::task::spawn_blocking(move || node.verify()).await?;
        Ok(whole.map_err(upkeep)?.faults)
    })?;
    let path = context.dir.display();
    let last = restored.last_own_ms.map(moment);
    if output.json {
        output.json(&json!({
            "dir": path.to_string(), "operations": restored.operations, "last_own_at": last,
            "same_key": restored.same_key, "faults": faults,
        }))?;
    } else {
        expect(context, &restored, last.as_deref().unwrap_or("–"))?;
        faults.iter().try_for_each(|fault| output.line(fault))?;
    }
    if faults.is_empty() { Ok(()) } else { Err(Failed::Shown.into()) }
}

/// Says what was restored, and what to expect of it.
fn expect(context: &Context, restored: &Restored, last: &str) -> Done {
    let (output, path) = (&context.output, context.dir.display());
    let values: [(&str, &dyn Display); 2] = [("path", &path), ("ops", &restored.operations)];
    output.say("cli.restore_done", &values)?;
    output.say("cli.restore_expect", &[("time", &last)])?;
    if !restored.same_key {
        output.say("cli.restore_new_key", &[])?;
    }
    Ok(output.remark("cli.restore_next", &[])?)
}

fn refused(error: &RestoreError, context: &Context) -> anyhow::Error {
    let key = match error {
        RestoreError::NotEmpty { .. } => "restore_not_empty",
        RestoreError::NoBackup { .. } => "restore_no_backup",
        RestoreError::OtherKey => "restore_other_key",
        RestoreError::Damaged(_) => "restore_damaged",
        RestoreError::Io { .. } | RestoreError::Key(_) | RestoreError::Storage(_) => {
            "restore_failed"
        }
    };
    let reason = match error {
        RestoreError::Damaged(faults) => faults.join("; "),
        RestoreError::NotEmpty { .. }
        | RestoreError::NoBackup { .. }
        | RestoreError::OtherKey
        | RestoreError::Io { .. }
        | RestoreError::Key(_)
        | RestoreError::Storage(_) => chain(error),
    };
    failed::said(key, &[("path", &context.dir.display()), ("reason", &reason)])
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
