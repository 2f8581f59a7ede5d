//! A figure as tables on the terminal: one for each measure and unit.

use std::collections::BTreeMap;
use std::io;

use super::Output;
use crate::http::wire::{AxisKeys, Figure, FigureCell, MeasureInfo, RestOfRows};
use crate::messages::Lang;

/// Prints it with the definition, source and boundaries of what it says.
pub(crate) fn print(output: &Output, figure: &Figure) -> io::Result<()> {
    for measure in &figure.measures {
        for unit in units(figure, measure) {
            one(output, figure, measure, unit)?;
        }
    }
    completeness(output, figure)?;
    let boundaries = &figure.boundaries;
    let date = boundaries.date.as_deref().unwrap_or("");
    let mode = output.text(&format!("cli.boundaries.{}", boundaries.mode));
    output.line(mode.replace("{date}", date))?;
    if !boundaries.split_periods.is_empty() {
        let dates = boundaries.split_periods.join(", ");
        output.say("cli.boundaries_split", &[("dates", &dates)])?;
    }
    Ok(())
}

/// The units of a measure's cells, in order; none if it is always the same.
fn units<'f>(figure: &'f Figure, measure: &MeasureInfo) -> Vec<Option<&'f str>> {
    let cells = figure.cells.iter().filter(|cell| cell.measure == measure.measure);
    let mut units: Vec<Option<&str>> = Vec::new();
    for cell in cells {
        if !units.contains(&cell.unit.as_deref()) {
            units.push(cell.unit.as_deref());
        }
    }
    units
}

fn one(
    output: &Output,
    figure: &Figure,
    measure: &MeasureInfo,
    unit: Option<&str>,
) -> io::Result<()> {
    let named = unit.or(measure.unit_label.as_deref()).or(measure.unit.as_deref());
    let unit_text = named.map_or_else(String::new, |unit| format!(" ({unit})"));
    output.line(format!("{}{unit_text}", name(output, measure)))?;
    let ours = |cell: &&FigureCell| cell.measure == measure.measure && cell.unit.as_deref() == unit;
    let cells: Vec<&FigureCell> = figure.cells.iter().chain(&figure.totals).filter(ours).collect();
    let grid: BTreeMap<(&[String], &[String]), &FigureCell> =
        cells.iter().map(|cell| ((cell.row.as_slice(), cell.column.as_slice()), *cell)).collect();
    let rows = side(&figure.axes.rows, cells.iter().map(|cell| cell.row.as_slice()));
    let columns = side(&figure.axes.columns, cells.iter().map(|cell| cell.column.as_slice()));
    let names = Names { total: output.text("cli.total"), value: output.text("cli.head.value") };
    let axes: Vec<&str> = figure.axes.rows.iter().map(|axis| axis.label.as_str()).collect();
    let mut heads = vec![axes.join(" · ")];
    heads.extend(columns.iter().map(|key| names.label(&figure.axes.columns, key)));
    let line = |row: &&[String]| {
        let shown = columns.iter().map(|column| {
            let cell = grid.get(&(*row, *column));
            cell.map_or_else(String::new, |cell| {
                shown(output.lang, &cell.state, cell.value.as_deref())
            })
        });
        std::iter::once(names.label(&figure.axes.rows, row)).chain(shown).collect()
    };
    let mut table: Vec<Vec<String>> = rows.iter().map(line).collect();
    if let Some(rest) = &figure.rest {
        let at = rows.iter().position(|row| row.is_empty()).unwrap_or(table.len());
        drop(table.splice(at..at, rest_line(output, rest, &columns, ours)));
    }
    output.table(&heads.iter().map(String::as_str).collect::<Vec<_>>(), &table)?;
    output.line(format!("{} — {}\n", measure.definition, measure.source))
}

/// The line of the rows that aren't shown, if it holds something of the measure.
fn rest_line(
    output: &Output,
    rest: &RestOfRows,
    columns: &[&[String]],
    ours: impl Fn(&&FigureCell) -> bool,
) -> Option<Vec<String>> {
    let cells: Vec<&FigureCell> = rest.cells.iter().filter(ours).collect();
    if cells.is_empty() {
        return None;
    }
    let name = output.text("cli.rest").replace("{rows}", &rest.rows.to_string());
    let shown = columns.iter().map(|column| {
        let cell = cells.iter().find(|cell| cell.column == *column);
        cell.map_or_else(String::new, |cell| shown(output.lang, &cell.state, cell.value.as_deref()))
    });
    Some(std::iter::once(name).chain(shown).collect())
}

/// A measure's name, with what is shown of it.
pub(crate) fn name(output: &Output, measure: &MeasureInfo) -> String {
    let Some(view) = &measure.view else { return measure.label.clone() };
    let (kind, number) = match view.split_once(':') {
        Some((kind @ ("rolling" | "percentile"), number)) => (kind.to_owned(), number),
        _ => (view.replace(':', "_"), ""),
    };
    let text = output.text(&format!("cli.view.{kind}")).replace("{number}", number);
    format!("{}, {text}", measure.label)
}

/// The keys of a side in order; the total, whose key is empty, last.
fn side<'f>(axes: &[AxisKeys], keys: impl Iterator<Item = &'f [String]>) -> Vec<&'f [String]> {
    let mut seen: Vec<&[String]> = Vec::new();
    for key in keys {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    seen.sort_by_key(|key| key.is_empty() && !axes.is_empty());
    seen
}

/// How keys that are no keys of an axis are called.
struct Names {
    total: String,
    value: String,
}

impl Names {
    fn label(&self, axes: &[AxisKeys], key: &[String]) -> String {
        if axes.is_empty() {
            self.value.clone()
        } else if key.is_empty() {
            self.total.clone()
        } else {
            labels(axes, key)
        }
    }
}

fn labels(axes: &[AxisKeys], key: &[String]) -> String {
    let label = |(axis, key): (&AxisKeys, &String)| {
        let found = axis.keys.iter().find(|known| known.key == *key);
        found.map_or_else(|| key.clone(), |known| known.label.clone())
    };
    axes.iter().zip(key).map(label).collect::<Vec<_>>().join(" · ")
}

/// The keys of a cell as people read them; empty where a figure has one cell.
pub(crate) fn place(figure: &Figure, cell: &FigureCell) -> String {
    let sides = [(&figure.axes.rows, &cell.row), (&figure.axes.columns, &cell.column)];
    let named = sides.iter().filter(|(axes, _)| !axes.is_empty());
    named.map(|(axes, key)| labels(axes, key)).collect::<Vec<_>>().join(" · ")
}

/// The four kinds of nothing look different: – no report, * hidden, ? not computable.
pub(crate) fn shown(lang: Lang, state: &str, value: Option<&str>) -> String {
    match (state, value) {
        (_, Some(value)) => number(lang, value),
        ("suppressed", None) => "*".to_owned(),
        ("incomputable", None) => "?".to_owned(),
        (_, None) => "–".to_owned(),
    }
}

/// `1234.5` as people write it: 1.234,5 or 1,234.5.
pub(crate) fn number(lang: Lang, plain: &str) -> String {
    let (group, point) = match lang {
        Lang::Id => ('.', ','),
        Lang::En => (',', '.'),
    };
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(group);
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push(point);
        text.push_str(part);
    }
    text
}

fn completeness(output: &Output, figure: &Figure) -> io::Result<()> {
    let mut sums: BTreeMap<&str, (u64, u64, u64)> = BTreeMap::new();
    for part in &figure.completeness {
        let sum = sums.entry(&part.schedule).or_default();
        *sum = (sum.0 + part.expected, sum.1 + part.received, sum.2 + part.on_time);
    }
    for (schedule, (expected, received, on_time)) in sums {
        let values: [(&str, &dyn std::fmt::Display); 4] = [
            ("schedule", &schedule),
            ("expected", &expected),
            ("received", &received),
            ("on_time", &on_time),
        ];
        output.say("cli.completeness", &values)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(number(Lang::Id, "1234567.50"), "1.234.567,50");
        assert_eq!(number(Lang::En, "-1234"), "-1,234");
        assert_eq!(number(Lang::Id, "999"), "999");
        assert_eq!(number(Lang::Id, "0"), "0");
    }
}
