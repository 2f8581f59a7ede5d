//! `genggam prune`.

use std::fmt::Display;

use clap::Args;
use domain::limits::PRUNE_KEEP_DAYS;
use node::{Kept, PruneError, Pruning};
use serde_json::json;

use super::{Context, Done, failed, opened};
use crate::output::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam prune --dry-run             what would go, and why the rest stays
  genggam prune --older-than 365      keep a year as it came

A pruned record stays whole: its operations follow from it, are checked against the hash chain and
made again for whoever needs them. It may be interrupted; what was pruned so far stays pruned.";

#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Days without anything new after which a record is pruned
    #[arg(long, value_name = "DAYS", default_value_t = PRUNE_KEEP_DAYS)]
    older_than: u32,
    /// Say what would go, and prune nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context, asked: &Prune) -> Done {
    let (days, dry) = (asked.older_than, asked.dry_run);
    opened::with(context, async |node| {
        let bar = context.output.progress("cli.prune_progress", Some(node.record_count()?));
        let shown = bar.clone();
        let work = move || node.prune(days, dry, |so_far| shown.set_position(so_far.seen()));
        let pruned = tokio::task::spawn_blocking(work).await?;
        bar.finish_and_clear();
        let pruned = pruned.map_err(refused)?;
        if context.output.json {
            as_json(&context.output, &pruned, dry)
        } else {
            say(&context.output, &pruned, dry)
        }
    })
}

fn refused(error: PruneError) -> anyhow::Error {
    match error {
        PruneError::Centre => failed::said("prune_centre", &[]),
        PruneError::TooEarly { min_days } => failed::said("prune_early", &[("days", &min_days)]),
        PruneError::Storage(_) => error.into(),
    }
}

fn as_json(output: &Output, pruned: &Pruning, dry: bool) -> Done {
    let kept: serde_json::Map<String, serde_json::Value> = pruned
        .kept
        .iter()
        .map(|(why, records)| (why.as_str().to_owned(), (*records).into()))
        .collect();
    Ok(output.json(&json!({
        "dry_run": dry, "records": pruned.records, "operations": pruned.ops, "bytes": pruned.bytes,
        "pruned_before": pruned.before, "kept": kept,
        "database_bytes": { "before": pruned.file_bytes.0, "after": pruned.file_bytes.1 },
    }))?)
}

fn say(output: &Output, pruned: &Pruning, dry: bool) -> Done {
    let done = if dry { "cli.prune_dry" } else { "cli.prune_done" };
    let values: [(&str, &dyn Display); 3] =
        [("records", &pruned.records), ("ops", &pruned.ops), ("bytes", &pruned.bytes)];
    output.say(done, &values)?;
    if pruned.before > 0 {
        output.say("cli.prune_before", &[("records", &pruned.before)])?;
    }
    for (why, records) in &pruned.kept {
        let key = match why {
            Kept::Young => "cli.prune_kept_young",
            Kept::Unheard => "cli.prune_kept_unheard",
            Kept::Unfolded => "cli.prune_kept_unfolded",
            Kept::NothingGained => "cli.prune_kept_nothing_gained",
        };
        output.say(key, &[("records", records)])?;
    }
    if !dry {
        let (before, after) = pruned.file_bytes;
        output.say("cli.prune_file", &[("before", &before), ("after", &after)])?;
    }
    Ok(())
}
