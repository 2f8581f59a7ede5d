//! What changed the cells of a figure, on the terminal.

use std::fmt::Display;
use std::io;

use super::{Output, figure};
use crate::http::wire::{Change, Changes, Figure, FigureCell, Stood};

/// Prints a cell that changed, with the operations that did it.
pub(crate) fn print(
    output: &Output,
    asked: &Figure,
    cell: &FigureCell,
    changes: &Changes,
) -> io::Result<()> {
    let place = figure::place(asked, cell);
    let number = |text: &str| figure::number(output.lang, text);
    let (before, after) = (stood(output, &changes.before), stood(output, &changes.after));
    let difference = changes.difference.as_deref().map(|text| signed(output, text));
    let difference = difference.unwrap_or_else(|| "*".to_owned());
    let values: [(&str, &dyn Display); 5] = [
        ("place", &place),
        ("measure", &changes.measure.label),
        ("before", &before),
        ("after", &after),
        ("difference", &difference),
    ];
    output.say("cli.changes.cell", &values)?;
    if changes.withheld {
        return output.say("cli.changes.withheld", &[]);
    }
    let heads = ["received", "change", "person", "title", "office", "value"];
    let heads = heads.map(|head| output.text(&format!("cli.head.{head}")));
    let line = |row: &Change| {
        let inputs: Vec<String> = row
            .inputs
            .iter()
            .map(|input| format!("{} {}", input.measure, number(&input.value)))
            .collect();
        let inputs =
            if inputs.is_empty() { String::new() } else { format!(" ({})", inputs.join(", ")) };
        vec![
            row.known_at.clone(),
            if row.what.is_empty() {
                output.text("cli.changes.closed")
            } else {
                output.text(&format!("cli.op.{}", row.what))
            },
            row.author_name.clone(),
            row.title.clone(),
            row.office_name.clone(),
            signed(output, &row.value) + &inputs,
        ]
    };
    let table: Vec<Vec<String>> = changes.rows.iter().map(line).collect();
    output.table(&heads.each_ref().map(String::as_str), &table)?;
    if changes.next.is_some() {
        output.say("cli.changes.more", &[("shown", &changes.rows.len())])?;
    }
    output.line("")
}

/// A difference with its sign.
fn signed(output: &Output, text: &str) -> String {
    let number = figure::number(output.lang, text);
    if text.starts_with('-') { number } else { format!("+{number}") }
}

fn stood(output: &Output, stood: &Stood) -> String {
    figure::shown(output.lang, &stood.state, stood.value.as_deref())
}
