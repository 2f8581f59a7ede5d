//! `genggam query`: a figure on the terminal.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::period::Date;

use super::opened::{self, By};
use super::{Context, Done, date, failed};
use crate::http::wire::{Figure, FigureQuery, Filter};
use crate::output::figure;

#[derive(Debug, Args)]
pub(super) struct Query {
    /// The question as JSON, as the API takes it; - is standard input
    #[arg(conflicts_with_all = ["measures", "from", "to"])]
    file: Option<PathBuf>,
    /// A measure, pack.key; can be given again
    #[arg(long = "measure", required_unless_present = "file", value_name = "MEASURE")]
    measures: Vec<String>,
    /// An axis of the rows: office:province, period:month, or a dimension
    #[arg(long, value_name = "AXIS")]
    rows: Vec<String>,
    /// An axis of the columns, the same
    #[arg(long, value_name = "AXIS")]
    columns: Vec<String>,
    /// Only facts of these values: kategori=politik,sosial
    #[arg(long = "filter", value_parser = filter, value_name = "DIM=VALUE,…")]
    filters: Vec<Filter>,
    /// Only this office and those below it: a code or a name
    #[arg(long)]
    office: Option<String>,
    /// First day
    #[arg(long, value_parser = date, required_unless_present = "file")]
    from: Option<Date>,
    /// Last day
    #[arg(long, value_parser = date, required_unless_present = "file")]
    to: Option<Date>,
    /// then (each fact by the tree of its own day), now, or a date
    #[arg(long)]
    boundaries: Option<String>,
    /// Only what was known at this moment: 2021-02-01T00:00:00Z
    #[arg(long, value_name = "MOMENT")]
    as_known: Option<String>,
    #[command(flatten)]
    by: By,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  genggam query --measure kejadian.jumlah --rows office:province --columns period:month \\
      --from 2021-01-01 --to 2021-03-31 --as pimpinan
  genggam query question.json --json --as analis";

pub(super) fn run(context: &Context, query: Query) -> Done {
    opened::with(context, async |node| {
        let by = query.by.actor(&node)?;
        let asked = match &query.file {
            Some(path) => read(path)?,
            None => asked(&node, query)?,
        };
        let asked = asked.parse().map_err(failed::problem)?;
        node.facts_caught_up().await?;
        let lang = context.output.lang;
        let figure = node.figure(&by, &asked, lang.tag()).await.map_err(failed::failure)?;
        let figure = Figure::from(figure);
        if context.output.json {
            return Ok(context.output.json(&figure)?);
        }
        Ok(figure::print(&context.output, &figure)?)
    })
}

fn read(path: &Path) -> anyhow::Result<FigureQuery> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())?
    } else {
        std::fs::read_to_string(path).map_err(failed::file(path))?
    };
    serde_json::from_str(&text).map_err(|error| failed::said("bad_json", &[("reason", &error)]))
}

fn asked(node: &node::Node, query: Query) -> anyhow::Result<FigureQuery> {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let office = query.office.map(|text| opened::office(node, &text)).transpose()?;
    Ok(FigureQuery {
        measures: query.measures,
        rows: query.rows,
        columns: query.columns,
        filters: query.filters,
        office: office.map(|office| office.0),
        from: day(query.from),
        to: day(query.to),
        boundaries: query.boundaries,
        as_known: query.as_known,
    })
}

pub(super) fn filter(text: &str) -> Result<Filter, String> {
    let (dim, values) = text.split_once('=').ok_or("write DIMENSION=VALUE,VALUE")?;
    Ok(Filter { dim: dim.to_owned(), r#in: values.split(',').map(str::to_owned).collect() })
}
