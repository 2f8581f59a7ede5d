//! `genggam query … --changed-since`: why a figure changed.

use std::collections::BTreeMap;

use node::figures::{Address, Moment, Query};
use node::{Actor, Node};
use serde::Serialize;

use super::{Context, Done, failed};
use crate::http::wire::{Changes, Figure, FigureCell};
use crate::output::changes;

/// Cells whose operations are told at once: more are read by narrower questions.
const CELLS_MAX: usize = 50;

/// A cell that changed, for a program.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    row: &'a [String],
    column: &'a [String],
    unit: Option<&'a str>,
    changes: &'a Changes,
}

/// Tells the cells that differ from what was known at a moment, and the operations between.
pub(super) async fn run(
    context: &Context,
    node: &Node,
    by: &Actor,
    asked: &Query,
    since: &str,
) -> Done {
    let moment: Moment =
        since.parse().map_err(|_| failed::said("bad_moment", &[("text", &since)]))?;
    let (output, lang) = (&context.output, context.output.lang.tag());
    let now = node.figure(by, asked, lang).await.map_err(failed::failure)?;
    let then = Query { as_known: Some(moment), ..asked.clone() };
    let then = Figure::from(node.figure(by, &then, lang).await.map_err(failed::failure)?);
    let now = Figure::from(now);
    let cells: Vec<FigureCell> = differing(&then, &now);
    let mut told = Vec::new();
    for cell in cells.iter().take(CELLS_MAX) {
        let (row, column) = (cell.row.clone(), cell.column.clone());
        let address =
            Address { row, column, measure: cell.measure.clone(), unit: cell.unit.clone() };
        let page = node.changes(by, asked, &address, moment, None, lang).await;
        told.push(Changes::from(page.map_err(failed::failure)?));
    }
    let pairs = cells.iter().zip(&told);
    if output.json {
        let rows = pairs.map(|(cell, changes)| Changed {
            row: &cell.row,
            column: &cell.column,
            unit: cell.unit.as_deref(),
            changes,
        });
        return Ok(output.json(&rows.collect::<Vec<_>>())?);
    }
    for (cell, page) in pairs {
        changes::print(output, &now, cell, page)?;
    }
    if cells.is_empty() {
        output.say("cli.changes.none", &[("since", &since)])?;
    } else if cells.len() > CELLS_MAX {
        output.say("cli.changes.cells", &[("rest", &(cells.len() - CELLS_MAX))])?;
    }
    Ok(())
}

/// Where a cell stands in a figure.
type Place<'f> = (&'f [String], &'f [String], &'f str, Option<&'f str>);

/// The cells that stand otherwise now than then; a cell that one of both lacks holds nothing there.
fn differing(then: &Figure, now: &Figure) -> Vec<FigureCell> {
    let (before, after) = (places(then), places(now));
    let stood = |cell: &FigureCell| (cell.value.clone(), cell.state.clone());
    let nothing = (None, "none".to_owned());
    let all = after.iter().chain(before.iter().filter(|(place, _)| !after.contains_key(*place)));
    let changed = all.filter(|(place, _)| {
        let [was, is] = [&before, &after]
            .map(|cells| cells.get(*place).map_or_else(|| nothing.clone(), |cell| stood(cell)));
        was != is
    });
    changed.map(|(_, cell)| (*cell).clone()).collect()
}

fn places(figure: &Figure) -> BTreeMap<Place<'_>, &FigureCell> {
    figure.cells.iter().map(|cell| (place(cell), cell)).collect()
}

fn place(cell: &FigureCell) -> Place<'_> {
    (&cell.row, &cell.column, &cell.measure, cell.unit.as_deref())
}
