//! The roll-up answers what rows answer, whatever happened to it.

use std::path::PathBuf;

use domain::ids::OfficeId;
use facts::{FactRow, Figure, QueryError, Scope};
use proptest::prelude::*;

use crate::support::{Fixture, parse, rows, text, within};

/// What happens to the facts of a node.
#[derive(Clone, Debug)]
enum Step {
    /// So many rows arrive.
    Append(usize),
    Flush,
    Settle,
    /// The node ends at once and is opened again: the log is followed from where facts end.
    Crash,
    /// As a crash, with what happened to the roll-up's file meanwhile.
    Lost(Loss),
}

#[derive(Clone, Copy, Debug)]
enum Loss {
    Gone,
    Torn,
    /// Segments are gone: the roll-up tells of more than is there.
    Ahead,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..40_usize).prop_map(Step::Append),
        2 => Just(Step::Flush),
        1 => Just(Step::Settle),
        1 => Just(Step::Crash),
        1 => prop_oneof![Just(Loss::Gone), Just(Loss::Torn), Just(Loss::Ahead)].prop_map(Step::Lost),
    ];
    prop::collection::vec(step, 1..20)
}

const MEASURES: [&str; 5] = ["jumlah", "kasus", "masuk", "stok", "harian:received"];

/// Facts around the split of Selatan on 2021-07-15 and the end of Kebun on 2022-01-01; some are
/// taken back.
fn facts() -> impl Strategy<Value = Vec<FactRow>> {
    let row = (0..5_usize, 0..6_usize, 0..260_i32, -5..20_i64, 0..3_usize, 0..4_u8, any::<u16>());
    prop::collection::vec(row, 1..150).prop_map(|drawn| {
        let mut known: Vec<FactRow> = Vec::new();
        let mut standing: Vec<FactRow> = Vec::new();
        for (measure, office, day, value, dim, fate, which) in drawn {
            let pos = known.len() as u64 + 1;
            let mut row = rows(pos - 1, "jumlah 21 2021-06-01 1").remove(0);
            row.measure = format!("uji.{}", MEASURES[measure]);
            row.office = OfficeId([20, 21, 22, 23, 31, 40][office]);
            row.date = row.date.plus_days(day);
            row.value = match (measure, value) {
                (4, _) => 1,
                (_, 0) => i64::MAX,
                _ => value,
            };
            if measure != 4 {
                row.dims[0] = [None, Some("api"), Some("air")][dim].map(str::to_owned);
            }
            if fate == 0 && !standing.is_empty() {
                let (known_ms, pos) = (row.known_ms, row.pos);
                let gone = standing.swap_remove(usize::from(which) % standing.len());
                row = FactRow { weight: -1, known_ms, pos, ..gone };
            } else {
                standing.push(row.clone());
            }
            known.push(row);
        }
        known
    })
}

/// Queries that the roll-up answers whole, in part and not at all.
fn query() -> impl Strategy<Value = String> {
    let of = |list: &'static [&'static str]| prop::sample::select(list);
    let axes = of(&[
        r#""rows": ["office:province"], "columns": ["period:month"]"#,
        r#""rows": ["office:regency", "office:province"], "columns": ["period:quarter"]"#,
        r#""rows": ["office:leaf"], "columns": ["period:year", "period:half"]"#,
        r#""rows": ["period:third"]"#,
        r#""rows": ["period:month"], "columns": ["period:day"]"#,
        r#""rows": ["office:centre"], "columns": ["period:week"]"#,
        r#""rows": []"#,
    ]);
    let from = of(&["2021-06-01", "2021-07-01", "2021-07-10", "2021-07-15", "2021-08-31"]);
    let to = of(&["2021-08-31", "2021-09-13", "2021-12-31", "2022-01-31", "2022-02-01"]);
    let boundaries = of(&["then", "now", "2021-07-14", "2022-01-01"]);
    let measures = of(&[
        r#""uji.jumlah", "uji.rasio""#,
        r#""uji.jumlah", "uji.kasus", "uji.stok""#,
        r#""uji.masuk""#,
        r#""uji.harian:received""#,
    ]);
    let rest = of(&[
        "",
        r#", "office": 20"#,
        r#", "office": 40"#,
        r#", "as_known": "1970-01-01T00:00:30Z""#,
    ]);
    let filter = of(&[r#"["api"]"#, r#"["", "air"]"#]);
    let filter = proptest::option::of(filter);
    (measures, axes, from, to, boundaries, rest, filter).prop_map(
        |(measures, axes, from, to, boundaries, rest, filter)| {
            let dim = if measures.contains("masuk") { "satuan" } else { "jenis" };
            let filter =
                filter.filter(|_| !measures.contains("harian") && !measures.contains("stok"));
            let filters = filter
                .map(|values| format!(r#", "filters": [{{"dim": "{dim}", "in": {values}}}]"#))
                .unwrap_or_default();
            format!(
                r#""measures": [{measures}], {axes}, "from": "{from}", "to": "{to}",
                "boundaries": "{boundaries}"{rest}{filters}"#
            )
        },
    )
}

impl Fixture {
    async fn step(&mut self, step: &Step, log: &[FactRow]) {
        match step {
            Step::Append(count) => {
                let held = usize::try_from(self.facts.position()).unwrap();
                let end = (held + count).min(log.len());
                self.facts.append(&log[held..end], end as u64).unwrap();
            }
            Step::Flush => self.facts.flush().await.unwrap(),
            Step::Settle => self.facts.settle().await.unwrap(),
            Step::Crash => self.reopen().await,
            Step::Lost(loss) => {
                for file in self.files("rollup") {
                    match loss {
                        Loss::Gone => std::fs::remove_file(file).unwrap(),
                        Loss::Torn => {
                            let whole = std::fs::read(&file).unwrap();
                            std::fs::write(file, &whole[..whole.len() / 2]).unwrap();
                        }
                        Loss::Ahead => {
                            let last = self.files("segments").pop();
                            last.map(std::fs::remove_file).transpose().unwrap();
                        }
                    }
                }
                self.reopen().await;
            }
        }
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path().join(folder));
        let mut files: Vec<_> =
            files.into_iter().flatten().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }

    /// The figure, which roll-up and rows must agree on.
    async fn agreed(&self, query: &str, scope: &Scope) -> String {
        let (query, context) = (parse(query), self.context());
        let told = |answer: Result<Figure, QueryError>| answer.map_err(|error| error.to_string());
        let any = told(self.facts.figure(&query, &context, scope).await);
        let from_rows = told(self.facts.figure_from_rows(&query, &context, scope).await);
        assert_eq!(any, from_rows);
        any.map_or_else(|refused| refused, |figure| text(&figure))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_roll_up_answers_what_rows_answer(
        log in facts(),
        steps in steps(),
        queries in prop::collection::vec(query(), 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut stepped = Fixture::new("").await;
            for step in &steps {
                stepped.step(step, &log).await;
            }
            stepped.step(&Step::Append(log.len()), &log).await;
            let whole = Fixture::new("").await;
            whole.facts.append(&log, log.len() as u64).unwrap();
            for query in &queries {
                for scope in [Scope::all(), within(&[20]), within(&[23, 40])] {
                    let scope = Scope { small_cells: !query.contains("kasus"), ..scope };
                    let whole = whole.agreed(query, &scope).await;
                    assert_eq!(stepped.agreed(query, &scope).await, whole);
                }
            }
        });
    }
}

const MONTHS: &str = r#""measures": ["uji.jumlah"], "columns": ["period:month"],
    "from": "2021-01-01", "to": "2021-12-31""#;

/// A start takes the roll-up from its file: what rows say since is added, and nothing else.
#[tokio::test]
async fn a_start_takes_the_roll_up_from_its_file() {
    let mut fixture = Fixture::new("jumlah 21 2021-01-05 3 api").await;
    fixture.facts.settle().await.unwrap();
    assert_eq!(fixture.files("rollup").len(), 1);
    fixture.append("jumlah 22 2021-01-06 4 api\n jumlah 22 2021-02-06 4 air");
    fixture.facts.flush().await.unwrap();
    let before = fixture.agreed(MONTHS, &Scope::all()).await;
    fixture.reopen().await;
    assert_eq!(fixture.facts.stats().rollup_cells, 3);
    assert_eq!(fixture.agreed(MONTHS, &Scope::all()).await, before);
}

/// What was taken back takes no room, and facts that are cleared leave no roll-up.
#[tokio::test]
async fn the_roll_up_holds_what_stands() {
    let mut fixture = Fixture::new(
        "jumlah 21 2021-01-05 3 api #1
         jumlah 21 2021-01-09 4 api #2
         - jumlah 21 2021-01-05 3 api #1",
    )
    .await;
    assert_eq!(fixture.facts.stats().rollup_cells, 1);
    fixture.append("- jumlah 21 2021-01-09 4 api #2");
    assert_eq!(fixture.facts.stats().rollup_cells, 0);
    fixture.append("jumlah 21 2021-01-09 5 api #2");
    fixture.facts.settle().await.unwrap();
    fixture.facts.clear().await.unwrap();
    assert_eq!(fixture.files("rollup"), Vec::<PathBuf>::new());
    fixture.reopen().await;
    assert_eq!(fixture.agreed(MONTHS, &Scope::all()).await, "---\n");
}
