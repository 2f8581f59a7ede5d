//! Small cells, and a reader who tries to solve them.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use facts::figure::{Cell, State};
use facts::{Figure, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, text};

const QUERY: &str = r#""measures": ["uji.kasus"], "rows": ["jenis"], "columns": ["period:month"],
    "from": "2021-01-01", "to": "2021-04-30""#;

fn public() -> Scope {
    Scope { small_cells: false, ..Scope::all() }
}

async fn check(script: &str, query: &str, expected: Expect) {
    let fixture = Fixture::new(script).await;
    expected.assert_eq(&text(&fixture.ask(query, &public()).await.unwrap()));
}

#[tokio::test]
async fn a_small_cell_takes_others_with_it() {
    let table = "
        kasus 21 2021-01-05 3 api
        kasus 21 2021-02-05 20 api
        kasus 21 2021-01-05 40 air
        kasus 21 2021-02-05 50 air
        kasus 21 2021-01-05 60 angin
        kasus 21 2021-02-05 70 angin";
    check(
        table,
        QUERY,
        expect![[r#"
            air | 2021-01 | kasus = Suppressed
            air | 2021-02 | kasus = Suppressed
            angin | 2021-01 | kasus = 60
            angin | 2021-02 | kasus = 70
            api | 2021-01 | kasus = Suppressed
            api | 2021-02 | kasus = Suppressed
            ---
            air | · | kasus = 90
            angin | · | kasus = 130
            api | · | kasus = 23
            · | 2021-01 | kasus = 103
            · | 2021-02 | kasus = 140
            · | · | kasus = 243
        "#]],
    )
    .await;
}

#[tokio::test]
async fn zero_is_shown_and_a_single_number_is_hidden() {
    let query =
        r#""measures": ["uji.kasus", "uji.rasio"], "from": "2021-01-01", "to": "2021-04-30""#;
    check(
        "kasus 21 2021-01-05 4 api\n jumlah 21 2021-01-05 9 api",
        query,
        expect![[r#"
            · | · | kasus = Suppressed
            · | · | rasio = Suppressed
        "#]],
    )
    .await;
    check(
        "kasus 21 2021-01-05 0 api\n jumlah 21 2021-01-05 9 api",
        query,
        expect![[r#"
            · | · | kasus = 0
            · | · | rasio = 0.0
        "#]],
    )
    .await;
    check(
        "kasus 21 2021-01-05 5 api\n jumlah 21 2021-01-05 9 api",
        query,
        expect![[r#"
            · | · | kasus = 5
            · | · | rasio = 55.6
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_table_that_cannot_be_protected_gives_up_its_totals() {
    // One row, one small cell, all others nothing: the total would tell it.
    let table = "kasus 21 2021-01-05 3 api\n kasus 21 2021-02-05 1 api";
    check(
        table,
        QUERY,
        expect![[r#"
            api | 2021-01 | kasus = Suppressed
            api | 2021-02 | kasus = Suppressed
            ---
            api | · | kasus = Suppressed
            · | 2021-01 | kasus = Suppressed
            · | 2021-02 | kasus = Suppressed
            · | · | kasus = Suppressed
        "#]],
    )
    .await;
}

/// What a reader sees: rows of cells, then totals; hidden numbers are unknown.
struct Reader {
    cells: Vec<Vec<Option<i64>>>,
    rows: Vec<Option<i64>>,
    columns: Vec<Option<i64>>,
    all: Option<i64>,
    totals: bool,
}

fn number(cell: &Cell) -> Option<i64> {
    match cell.state {
        State::Value => cell.value.as_ref()?.parse().ok(),
        State::None => Some(0),
        State::Suppressed | State::Incomputable => None,
    }
}

impl Reader {
    fn of(figure: &Figure) -> Self {
        let mut by_row: BTreeMap<&[String], Vec<Option<i64>>> = BTreeMap::new();
        for cell in &figure.cells {
            by_row.entry(&cell.row).or_default().push(number(cell));
        }
        let totals = figure.totals.iter();
        let of = |rows: bool, columns: bool| {
            let wanted = totals.clone().filter(move |cell| {
                cell.row.is_empty() != rows && cell.column.is_empty() != columns
            });
            wanted.map(number).collect::<Vec<_>>()
        };
        Self {
            cells: by_row.into_values().collect(),
            rows: of(true, false),
            columns: of(false, true),
            all: of(false, false).first().copied().flatten(),
            totals: !figure.totals.is_empty(),
        }
    }

    fn unknown(&self) -> Vec<(usize, usize)> {
        let rows = self.cells.iter().enumerate();
        let all = rows.flat_map(|(r, row)| row.iter().enumerate().map(move |(c, v)| (r, c, v)));
        all.filter(|(_, _, value)| value.is_none()).map(|(r, c, _)| (r, c)).collect()
    }

    /// Whether numbers agree with everything published; a hidden total isn't zero.
    fn agrees(&self, table: &[Vec<i64>]) -> bool {
        if !self.totals {
            return true;
        }
        let fits = |sum: i64, known: Option<i64>| known.map_or(sum >= 1, |known| sum == known);
        let columns = (0..table[0].len()).map(|c| table.iter().map(|row| row[c]).sum::<i64>());
        let mut rows = table.iter().map(|row| row.iter().sum::<i64>()).zip(&self.rows);
        rows.all(|(sum, known)| fits(sum, *known))
            && columns.zip(&self.columns).all(|(sum, known)| fits(sum, *known))
            && fits(table.iter().flatten().sum(), self.all)
    }

    /// Tries every number for every hidden cell; what stays the same in all tables that agree
    /// is solved.
    fn solved(&self, truth: &[Vec<i64>]) -> Vec<(usize, usize)> {
        let unknown = self.unknown();
        let mut open = unknown.clone();
        let mut table: Vec<Vec<i64>> =
            self.cells.iter().map(|row| row.iter().map(|v| v.unwrap_or(1)).collect()).collect();
        let mut tries = 0;
        self.search(&unknown, &mut table, truth, &mut open, &mut tries);
        if tries >= TRIES_MAX { Vec::new() } else { open }
    }

    fn search(
        &self,
        unknown: &[(usize, usize)],
        table: &mut Vec<Vec<i64>>,
        truth: &[Vec<i64>],
        open: &mut Vec<(usize, usize)>,
        tries: &mut usize,
    ) {
        *tries += 1;
        if open.is_empty() || *tries >= TRIES_MAX {
            return;
        }
        let Some(((r, c), rest)) = unknown.split_first() else {
            if self.agrees(table) {
                open.retain(|(r, c)| table[*r][*c] == truth[*r][*c]);
            }
            return;
        };
        for guess in 1..=GUESS_MAX {
            table[*r][*c] = guess;
            let row: i64 = table[*r].iter().sum();
            if self.totals && self.rows[*r].is_some_and(|known| row > known) {
                break;
            }
            self.search(rest, table, truth, open, tries);
        }
        table[*r][*c] = 1;
    }
}

const GUESS_MAX: i64 = 14;
const TRIES_MAX: usize = 3_000_000;

#[test]
fn the_reader_solves_what_is_hidden_carelessly() {
    let reader = Reader {
        cells: vec![vec![None, Some(9)], vec![Some(7), Some(8)]],
        rows: vec![Some(12), Some(15)],
        columns: vec![Some(10), Some(17)],
        all: Some(27),
        totals: true,
    };
    assert_eq!(reader.solved(&[vec![3, 9], vec![7, 8]]), [(0, 0)]);
    // Two and two hidden, but the sums are so small that both are 1.
    let reader = Reader {
        cells: vec![vec![None, None], vec![None, None]],
        rows: vec![Some(2), Some(12)],
        columns: vec![Some(6), Some(8)],
        all: Some(14),
        totals: true,
    };
    assert_eq!(reader.solved(&[vec![1, 1], vec![5, 7]]).len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_hidden_number_can_be_solved(truth in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0_i64), 1..5_i64, 5..13_i64], 3), 2..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut script = String::new();
            for (r, row) in truth.iter().enumerate() {
                for (c, value) in row.iter().enumerate() {
                    script.push_str(&format!("kasus 21 2021-0{}-05 {value} baris{r}\n", c + 1));
                }
            }
            let fixture = Fixture::new(&script).await;
            let query = QUERY.replace("2021-04-30", "2021-03-31");
            let figure = fixture.ask(&query, &public()).await.unwrap();
            let reader = Reader::of(&figure);
            for (r, row) in truth.iter().enumerate() {
                for (c, value) in row.iter().enumerate() {
                    let shown = reader.cells[r][c];
                    assert!(shown.is_none() || shown == Some(*value));
                    assert!(shown.is_none() || *value == 0 || *value >= 5, "a small cell is shown");
                }
            }
            assert_eq!(reader.solved(&truth), [], "{}", text(&figure));
        });
    }
}
