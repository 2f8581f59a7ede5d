//! A reader who tries to solve hidden numbers from a figure together with views of it.

use std::collections::BTreeMap;

use facts::figure::{Cell, State};
use facts::{Figure, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, text};

const MONTHS: [&str; 4] = ["2020-12", "2021-01", "2021-02", "2021-03"];
const VIEWS: [&str; 8] = [
    "share:row",
    "share:column",
    "share:all",
    "growth:period",
    "change:period",
    "before:period",
    "cumulative",
    "rolling:2",
];
/// Numbers that the reader tries for each cell that they don't know.
const GUESS_MAX: i64 = 13;
const TRIES_MAX: usize = 400_000;

/// Rows by month: the first month is before those that the figure shows.
type Table = Vec<[i64; 4]>;

/// What is published: by measure, row and month.
type Published = BTreeMap<(String, usize, usize), i64>;

fn tenths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let sign = if text.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 10 + sign * part.parse::<i64>().unwrap()
}

fn percent(part: i64, whole: i64) -> Option<i64> {
    if whole == 0 {
        return None;
    }
    let (num, den) = (1_000 * part, whole.abs());
    let floor = num.div_euclid(den);
    let rest = num.rem_euclid(den);
    Some(floor + i64::from(2 * rest > den || (2 * rest == den && floor % 2 != 0)))
}

/// What a view of a table says, in tenths: the reader's own computation.
fn viewed(table: &Table, view: &str, row: usize, month: usize) -> Option<i64> {
    let cells = &table[row];
    let row_sum: i64 = cells[1..].iter().sum();
    let column_sum: i64 = table.iter().map(|cells| cells[month]).sum();
    let all: i64 = table.iter().flat_map(|cells| &cells[1..]).sum();
    match view {
        "share:row" => percent(cells[month], row_sum),
        "share:column" => percent(cells[month], column_sum),
        "share:all" => percent(cells[month], all),
        "growth:period" => percent(cells[month] - cells[month - 1], cells[month - 1]),
        "change:period" => Some(10 * (cells[month] - cells[month - 1])),
        "before:period" => Some(10 * cells[month - 1]),
        "cumulative" => Some(10 * cells[1..=month].iter().sum::<i64>()),
        "rolling:2" => Some(10 * (cells[month] + cells[month - 1])),
        other => unreachable!("{other} is no view of this test"),
    }
}

struct Reader {
    shown: Published,
    rows: Vec<Option<i64>>,
    columns: Vec<Option<i64>>,
    all: Option<i64>,
    totals: bool,
}

fn number(cell: &Cell) -> Option<i64> {
    match cell.state {
        State::Value => cell.value.as_deref().map(tenths),
        State::None => Some(0),
        State::Suppressed | State::Incomputable => None,
    }
}

impl Reader {
    fn of(figure: &Figure) -> Self {
        let rows: Vec<&str> = figure.axes.rows[0].keys.iter().map(|key| key.key.as_str()).collect();
        let place = |cell: &Cell| {
            let row = rows.iter().position(|row| *row == cell.row[0]).unwrap();
            let month = MONTHS.iter().position(|month| *month == cell.column[0]).unwrap();
            (row, month)
        };
        let mut shown = Published::new();
        for cell in figure.cells.iter().filter(|cell| cell.state == State::Value) {
            let (row, month) = place(cell);
            let view = cell.measure.trim_start_matches("uji.kasus").trim_start_matches('@');
            shown.insert((view.to_owned(), row, month), number(cell).unwrap());
        }
        let of = |rows: bool, columns: bool| {
            let wanted = figure.totals.iter().filter(move |cell| {
                cell.row.is_empty() != rows && cell.column.is_empty() != columns
            });
            wanted.map(|cell| number(cell).map(|tenths| tenths / 10)).collect::<Vec<_>>()
        };
        Self {
            shown,
            rows: of(true, false),
            columns: of(false, true),
            all: of(false, false).first().copied().flatten(),
            totals: !figure.totals.is_empty(),
        }
    }

    fn knows(&self, row: usize, month: usize) -> bool {
        self.shown.contains_key(&(String::new(), row, month))
    }

    /// Whether a table would have been published in the same way, as far as the reader sees.
    fn agrees(&self, table: &Table) -> bool {
        let fits = |sum: i64, known: Option<i64>| known.map_or(sum >= 1, |known| sum == known);
        let in_view = |(key, value): (&(String, usize, usize), &i64)| {
            let (view, row, month) = key;
            view.is_empty() || viewed(table, view, *row, *month) == Some(*value)
        };
        let rows = table.iter().map(|cells| cells[1..].iter().sum::<i64>());
        let columns = (1..4).map(|month| table.iter().map(|cells| cells[month]).sum::<i64>());
        let totals = !self.totals
            || (rows.zip(&self.rows).all(|(sum, known)| fits(sum, *known))
                && columns.zip(&self.columns).all(|(sum, known)| fits(sum, *known))
                && fits(table.iter().flat_map(|cells| &cells[1..]).sum(), self.all));
        totals && self.shown.iter().all(in_view)
    }

    /// The unknown cells that have one value in all tables that agree; nothing where there are too
    /// many to try.
    fn solved(&self, truth: &Table) -> Vec<(usize, usize)> {
        let unknown: Vec<(usize, usize)> = (0..truth.len())
            .flat_map(|row| (0..4).map(move |month| (row, month)))
            .filter(|(row, month)| !self.knows(*row, *month))
            .collect();
        let (mut table, mut open, mut tries) = (truth.clone(), unknown.clone(), 0);
        self.search(&unknown, &mut table, truth, &mut open, &mut tries);
        if tries >= TRIES_MAX { Vec::new() } else { open }
    }

    fn search(
        &self,
        unknown: &[(usize, usize)],
        table: &mut Table,
        truth: &Table,
        open: &mut Vec<(usize, usize)>,
        tries: &mut usize,
    ) {
        *tries += 1;
        if open.is_empty() || *tries >= TRIES_MAX {
            return;
        }
        let Some(((row, month), rest)) = unknown.split_first() else {
            if self.agrees(table) {
                open.retain(|(row, month)| table[*row][*month] == truth[*row][*month]);
            }
            return;
        };
        // A number that the figure hides is known not to be zero.
        let least = i64::from(*month > 0);
        for guess in least..=GUESS_MAX {
            table[*row][*month] = guess;
            self.search(rest, table, truth, open, tries);
        }
        table[*row][*month] = truth[*row][*month];
    }
}

fn small(value: i64) -> bool {
    (1..5).contains(&value)
}

#[test]
fn the_reader_solves_what_a_careless_view_tells() {
    let truth: Table = vec![[9, 3, 8, 9]];
    let mut shown = Published::new();
    for (month, value) in [(2, 8), (3, 9)] {
        shown.insert((String::new(), 0, month), value * 10);
    }
    let reader = |shown| Reader { shown, rows: vec![], columns: vec![], all: None, totals: false };
    assert_eq!(reader(shown.clone()).solved(&truth), []);
    shown.insert(("cumulative".to_owned(), 0, 2), 110);
    assert_eq!(reader(shown).solved(&truth), [(0, 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_hidden_number_can_be_solved_from_views(
        truth in prop::collection::vec(
            prop::array::uniform4(prop_oneof![Just(0_i64), 1..5_i64, 5..13_i64, 5..13_i64]), 1..3),
        views in prop::sample::subsequence(VIEWS.to_vec(), 1..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut script = String::new();
            for (row, cells) in truth.iter().enumerate() {
                for (month, value) in MONTHS.iter().zip(cells) {
                    script.push_str(&format!("kasus 21 {month}-05 {value} baris{row}\n"));
                }
            }
            let fixture = Fixture::new(&script).await;
            let shown: String = views.iter().map(|view| format!(r#", "uji.kasus@{view}""#)).collect();
            let query = format!(
                r#""measures": ["uji.kasus"{shown}], "rows": ["jenis"], "columns": ["period:month"],
                "from": "2021-01-01", "to": "2021-03-31""#
            );
            let public = Scope { small_cells: false, ..Scope::all() };
            let figure = fixture.ask(&query, &public).await.unwrap();
            let reader = Reader::of(&figure);
            // What is shown is true.
            for ((view, row, month), value) in &reader.shown {
                let own = 10 * truth[*row][*month];
                let expected = if view.is_empty() { Some(own) } else { viewed(&truth, view, *row, *month) };
                assert_eq!(Some(*value), expected, "{view} {row} {month}\n{}", text(&figure));
            }
            // A number before the figure's months may be told by a view, if it isn't small.
            let solved = reader.solved(&truth);
            let told = solved.iter().filter(|(row, month)| *month > 0 || small(truth[*row][*month]));
            assert_eq!(told.count(), 0, "{solved:?}\n{}", text(&figure));
        });
    }
}
