//! `genggam bundle`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use domain::limits::{BUNDLE_BYTES_MAX, BUNDLE_FILE_BYTES};
use domain::period::Date;
use node::{Imported, Wanted};
use serde_json::json;

use super::opened::By;
use super::{Context, Done, date, failed, opened};

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam bundle export ke-pusat.genggam --to '00' --as sari      what the centre lacks, for a stick
  genggam bundle export semua.genggam --to '21' --all --as sari   all that the province may have
  genggam bundle import *.genggam --as sari                       at the other end

A bundle is sealed for one node. What it brings back carries receipts.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write what another node lacks, sealed for it
    Export {
        /// The file; further ones are numbered
        file: PathBuf,
        /// The office whose node will read it: a code or a name
        #[arg(long)]
        to: String,
        /// All since this day
        #[arg(long, value_parser = date, conflicts_with = "all")]
        since: Option<Date>,
        /// All that it may have
        #[arg(long)]
        all: bool,
        /// Megabytes of one file
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "MB")]
        file_size: Option<u16>,
        #[command(flatten)]
        by: By,
    },
    /// Take in bundles that were made for this node
    Import {
        /// The files, in their order
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        by: By,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Done {
    match command {
        Command::Export { file, to, since, all, file_size, by } => {
            let wanted = match since {
                _ if all => Wanted::All,
                Some(day) => Wanted::Since(day_begins_ms(day)),
                None => Wanted::Lacking,
            };
            let bytes_max = file_size.map_or(BUNDLE_FILE_BYTES, |mb| usize::from(mb) * 1_000_000);
            export(context, &file, &to, wanted, bytes_max.min(BUNDLE_BYTES_MAX), &by)
        }
        Command::Import { files, by } => import(context, &files, &by),
    }
}

fn export(
    context: &Context,
    file: &Path,
    to: &str,
    wanted: Wanted,
    bytes_max: usize,
    by: &By,
) -> Done {
    opened::with(context, async |node| {
        let (actor, office) = (by.actor(&node)?, opened::office(&node, to)?);
        let bar = context.output.progress("cli.bundle_progress", None);
        let made = tokio::task::spawn_blocking(move || {
            node.export_bundle(&actor, office, wanted, bytes_max)
        });
        let made = made.await?.map_err(failed::failure)?;
        bar.finish_and_clear();
        for (at, bytes) in made.files.iter().enumerate() {
            let path = numbered(file, at);
            std::fs::write(&path, bytes).map_err(failed::file(&path))?;
        }
        let (output, files) = (&context.output, made.files.len());
        if output.json {
            return Ok(output.json(&json!({
                "operations": made.ops, "blobs": made.blobs, "files": files,
            }))?);
        }
        let path = file.display();
        let values: [(&str, &dyn std::fmt::Display); 4] =
            [("ops", &made.ops), ("blobs", &made.blobs), ("files", &files), ("path", &path)];
        Ok(output.say("cli.bundle_made", &values)?)
    })
}

/// `a.genggam`, `a-2.genggam`, `a-3.genggam`…
fn numbered(file: &Path, at: usize) -> PathBuf {
    if at == 0 {
        return file.to_owned();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}-{}.{extension}", at + 1))
}

fn import(context: &Context, files: &[PathBuf], by: &By) -> Done {
    opened::with(context, async |node| {
        let actor = by.actor(&node)?;
        node.may_carry(&actor).map_err(node::BundleError::from).map_err(failed::failure)?;
        let mut all = Imported::default();
        for path in files {
            let bytes = std::fs::read(path).map_err(failed::file(path))?;
            let bar = context.output.progress("cli.bundle_progress", Some(1));
            let imported = node.import_bundle(&bytes, |done, of| {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
            });
            let imported = imported.await.map_err(failed::failure)?;
            bar.finish_and_clear();
            all.kept += imported.kept;
            all.known += imported.known;
            all.refused += imported.refused;
            all.gaps += imported.gaps;
            all.receipts += imported.receipts;
            all.blobs += imported.blobs;
        }
        let output = &context.output;
        if output.json {
            return Ok(output.json(&json!({
                "kept": all.kept, "known": all.known, "refused": all.refused, "gaps": all.gaps,
                "receipts": all.receipts, "blobs": all.blobs,
            }))?);
        }
        let values: [(&str, &dyn std::fmt::Display); 6] = [
            ("kept", &all.kept),
            ("known", &all.known),
            ("refused", &all.refused),
            ("gaps", &all.gaps),
            ("receipts", &all.receipts),
            ("blobs", &all.blobs),
        ];
        Ok(output.say("cli.bundle_taken", &values)?)
    })
}

/// The earliest moment at which a day begins in Indonesia: in Papua, nine hours before UTC's.
fn day_begins_ms(day: Date) -> u64 {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    const WIT_MS: i64 = 9 * 60 * 60 * 1000;
    u64::try_from(i64::from(day.0) * DAY_MS - WIT_MS).unwrap_or(0)
}
