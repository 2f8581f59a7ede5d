//! `genggam corpus`: forms for benches. Hidden: nobody runs an office with it.

use clap::{Args, ValueEnum};
use domain::ids::OfficeId;
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};

use super::{Context, Done, date, failed, today};
use crate::demo::corpus;
use crate::demo::text;

#[derive(Debug, Args)]
pub(super) struct Corpus {
    /// How they are written
    #[arg(long, value_enum)]
    kind: Kind,
    /// How many
    #[arg(long, default_value_t = 1_000)]
    count: usize,
    /// Chooses what they say
    #[arg(long)]
    seed: u64,
    /// Id of the regency or province that files them
    #[arg(long)]
    office: u32,
    /// The last day that they tell of; today if absent
    #[arg(long, value_parser = date)]
    until: Option<Date>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// A standing layout filled in, with mistakes of typing
    Templated,
    /// Free prose
    Prose,
}

/// One form a line, as `POST /api/submissions` takes it under `create`.
pub(super) fn run(context: &Context, asked: &Corpus) -> Done {
    let kind = match asked.kind {
        Kind::Templated => text::Kind::Templated,
        Kind::Prose => text::Kind::Prose,
    };
    let (office, until) = (OfficeId(asked.office), asked.until.unwrap_or_else(today));
    let Some(forms) = corpus::forms(kind, asked.seed, office, until) else {
        let unknown = Problem::new(ProblemCode::OfficeUnknown).with("text", asked.office);
        return Err(failed::problem(unknown));
    };
    for form in forms.take(asked.count) {
        context.output.json_line(&form)?;
    }
    Ok(())
}
