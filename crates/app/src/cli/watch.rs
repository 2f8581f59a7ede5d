//! `genggam watch`: which counts stand out.

use clap::{Args, ValueEnum};
use domain::period::Date;

use super::opened::{self, By};
use super::query::filter;
use super::{Context, Done, date, failed};
use crate::http::wire::{Filter, Grain, Watch as Answer, WatchQuery};
use crate::output::watch;

#[derive(Debug, Args)]
pub(super) struct Watch {
    /// A measure that counts, pack.key
    measure: String,
    /// The method
    #[arg(long, value_enum, default_value = "c2")]
    method: Method,
    /// Whose counts are judged: province, regency, district, village or leaf
    #[arg(long, default_value = "regency")]
    level: String,
    /// Of which periods
    #[arg(long, value_enum, default_value = "week")]
    grain: Length,
    /// Only offices within this one: a code or a name
    #[arg(long)]
    office: Option<String>,
    /// Only facts of these values: kategori=politik,sosial
    #[arg(long = "filter", value_parser = filter, value_name = "DIM=VALUE,…")]
    filters: Vec<Filter>,
    /// The last day; only periods that have ended by then are judged [default: yesterday]
    #[arg(long, value_parser = date)]
    to: Option<Date>,
    /// How many of the last periods are judged
    #[arg(long, default_value_t = 8)]
    periods: usize,
    /// The share of false alarms meant; the method's own if absent
    #[arg(long)]
    alpha: Option<f64>,
    /// Only what was known at this moment: 2021-02-01T00:00:00Z
    #[arg(long, value_name = "MOMENT")]
    as_known: Option<String>,
    /// Where the scan's chance begins: the same question has the same answer
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    by: By,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Method {
    /// EARS C1: the seven periods before
    C1,
    /// EARS C2: seven periods, two before the last left out
    C2,
    /// EARS C3: C2, with what the two periods before exceeded by
    C3,
    /// Small excesses that add up
    Cusum,
    /// The same season of five years
    Farrington,
    /// Neighbouring offices together, and since when
    Scan,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Length {
    Day,
    Week,
    Month,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam watch kejadian.jumlah --method farrington --office 'Maluku' --as analis
  genggam watch lapsit.butir --grain day --periods 14 --filter bidang=sosial --as analis
  genggam watch kejadian.jumlah --method scan --json --as analis";

pub(super) fn run(context: &Context, asked: Watch) -> Done {
    opened::with(context, async |node| {
        let by = asked.by.actor(&node)?;
        let question = question(&node, asked)?.parse().map_err(failed::problem)?;
        node.facts_caught_up().await?;
        let lang = context.output.lang;
        let answer = node.watch(&by, &question, lang.tag()).await.map_err(failed::failure)?;
        let answer = Answer::from(answer);
        if context.output.json {
            return Ok(context.output.json(&answer)?);
        }
        Ok(watch::print(&context.output, &answer)?)
    })
}

fn question(node: &node::Node, asked: Watch) -> anyhow::Result<WatchQuery> {
    let office = asked.office.map(|text| opened::office(node, &text)).transpose()?;
    let yesterday = || opened::today(node).plus_days(-1);
    let grain = match asked.grain {
        Length::Day => Grain::Day,
        Length::Week => Grain::Week,
        Length::Month => Grain::Month,
    };
    Ok(WatchQuery {
        measure: asked.measure,
        filters: asked.filters,
        office: office.map(|office| office.0),
        level: asked.level,
        grain,
        to: asked.to.unwrap_or_else(yesterday).to_string(),
        periods: Some(asked.periods),
        method: asked.method.key().to_owned(),
        alpha: asked.alpha,
        as_known: asked.as_known,
        seed: Some(asked.seed),
    })
}

impl Method {
    /// As the API calls it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::C1 => "c1",
            Self::C2 => "c2",
            Self::C3 => "c3",
            Self::Cusum => "cusum",
            Self::Farrington => "farrington",
            Self::Scan => "scan",
        }
    }
}
