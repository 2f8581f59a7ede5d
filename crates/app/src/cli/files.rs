//! `genggam import` and `genggam export`.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args;
use domain::period::Date;
use node::export::{Export as Order, ExportFormat};
use node::import::{Counts, ImportFile};

use super::opened::{self, By};
use super::{Context, Done, date, failed};
use crate::http::speaker;

pub(super) const IMPORT_EXAMPLES: &str = "\
The mapping says which column becomes which field (docs/formats/mapping.md). Rows that are refused
go to a file with their reasons; correct them there and import that file again. Importing a file
twice changes nothing.

Examples:
  genggam import events.csv --mapping mappings/conflict_events.toml --dry-run --as verifikator.pusat
  genggam import events.csv --mapping mappings/conflict_events.toml --as verifikator.pusat";

pub(super) const EXPORT_EXAMPLES: &str = "\
Examples:
  genggam export incidents.xlsx --type kejadian.kejadian --from 2021-01-01 --as analis";

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file: CSV or XLSX
    file: PathBuf,
    /// The mapping file; without it, columns are named like fields
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// The record type, pack.type, where the mapping names none
    #[arg(long = "type", value_name = "TYPE")]
    type_key: Option<String>,
    /// Check every row and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Where refused rows go; beside the file if absent
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to write; its ending says the format: csv, xlsx or parquet
    file: PathBuf,
    /// The record type, pack.type
    #[arg(long = "type", value_name = "TYPE")]
    type_key: String,
    /// Records of this office and those below it: a code or a name
    #[arg(long)]
    office: Option<String>,
    /// Dated on this day or later
    #[arg(long, value_parser = date)]
    from: Option<Date>,
    /// Dated on this day or earlier
    #[arg(long, value_parser = date)]
    to: Option<Date>,
    #[command(flatten)]
    by: By,
}

pub(super) fn import(context: &Context, import: Import) -> Done {
    let read = |path: PathBuf| std::fs::read_to_string(&path).map_err(failed::file(&path));
    let mapping = import.mapping.map(read).transpose()?;
    let rejects = import.rejects.unwrap_or_else(|| import.file.with_extension("ditolak.csv"));
    opened::with(context, async |node| {
        let by = import.by.actor(&node)?;
        let file = ImportFile {
            file: &import.file,
            mapping: mapping.as_deref(),
            type_key: import.type_key.as_deref(),
            dry_run: import.dry_run,
            rejects: &rejects,
        };
        let bar = context.output.progress("cli.import_progress", None);
        let say = speaker(context.output.lang);
        let mut tell = |counts: &Counts| bar.set_position(counts.rows);
        let counts = node.import(&by, file, say.as_ref(), &mut tell).await;
        bar.finish_and_clear();
        let counts = counts.map_err(failed::failure)?;
        if context.output.json {
            return Ok(context.output.json(&counts)?);
        }
        let key = if import.dry_run { "cli.import_dry" } else { "cli.import_done" };
        let Counts { rows, imported, repeated, rejected, .. } = &counts;
        let numbers: [(&str, &dyn Display); 4] = [
            ("rows", rows),
            ("imported", imported),
            ("repeated", repeated),
            ("rejected", rejected),
        ];
        context.output.say(key, &numbers)?;
        for (code, count) in &counts.reasons.0 {
            context.output.line(format!("  {count:>7}  {code}"))?;
        }
        if counts.rejected > 0 {
            context.output.say("cli.import_rejects", &[("path", &rejects.display())])?;
        }
        Ok(())
    })
}

pub(super) fn export(context: &Context, export: Export) -> Done {
    let ending = export.file.extension().and_then(|ending| ending.to_str()).unwrap_or("csv");
    let format: ExportFormat =
        ending.parse().map_err(|error| failed::said("export_format", &[("reason", &error)]))?;
    opened::with(context, async |node| {
        let by = export.by.actor(&node)?;
        let office = export.office.map(|text| opened::office(&node, &text)).transpose()?;
        let Export { file, type_key, from, to, .. } = export;
        let order = Order { type_key, office, from, to, format };
        let done = node.export(&by, &order).map_err(failed::failure)?;
        std::fs::write(&file, &done.bytes).map_err(failed::file(&file))?;
        let values: [(&str, &dyn Display); 2] = [("rows", &done.rows), ("path", &file.display())];
        Ok(context.output.say("cli.export_done", &values)?)
    })
}
