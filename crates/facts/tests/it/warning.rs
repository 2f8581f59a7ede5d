//! Early warning on facts: what is judged, within which scope, and what wasn't received.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::ids::OfficeId;
use domain::period::{Grain, Period};
use facts::query::Axis;
use facts::watch::answer::{Watch, judge};
use facts::watch::ask::{Name, Question};
use facts::watch::scan::Draw;
use facts::watch::series::{Correction, Counts};
use facts::{Offices, QueryError, Scope};

use crate::support::{Fixture, date, midnight, rows};

fn question(measure: &str, grain: Grain, to: &str) -> Question {
    let level = match "office:regency".parse().unwrap() {
        Axis::Office(level) => level,
        Axis::Period(_) | Axis::Dim(_) => unreachable!("an office"),
    };
    Question {
        measure: format!("uji.{measure}"),
        filters: Vec::new(),
        office: None,
        level,
        grain,
        to: date(to),
        periods: 2,
        method: Name::C1,
        alpha: None,
        as_known: None,
        seed: 1,
    }
}

async fn counts(fixture: &Fixture, asked: &Question, scope: &Scope) -> Result<Counts, QueryError> {
    fixture.facts.counts(asked, &fixture.context(), scope).await
}

struct Half;

impl Draw for Half {
    fn unit(&mut self) -> f64 {
        0.5
    }
}

async fn watch(fixture: &Fixture, asked: &Question, scope: &Scope) -> Watch {
    let counts = counts(fixture, asked, scope).await.unwrap();
    judge(asked, counts, &fixture.tree, fixture.today, &mut Half).unwrap()
}

/// Twenty days of January 2022: Kota reports 2 a day and 30 on the last, Desa nothing to report
/// until the last, of which nothing came.
fn january() -> String {
    let mut script = String::new();
    for day in 1..=20 {
        let count = if day == 20 { 30 } else { 2 };
        writeln!(script, "jumlah 21 2022-01-{day:02} {count} api").unwrap();
        writeln!(script, "harian:received 21 2022-01-{day:02} 1").unwrap();
        if day < 20 {
            writeln!(script, "harian:received 22 2022-01-{day:02} 1").unwrap();
        }
    }
    script
}

#[tokio::test]
async fn what_stands_out_is_told_with_its_limit() {
    let fixture = Fixture::new(&january()).await;
    let asked = question("jumlah", Grain::Day, "2022-01-20");
    let watch = watch(&fixture, &asked, &Scope::all()).await;
    assert_eq!(watch.correction, Correction::Completeness);
    assert_eq!(watch.signals.len(), 1, "{watch:?}");
    let signal = &watch.signals[0];
    assert_eq!((signal.office, signal.label.as_str()), (OfficeId(21), "Kota"));
    let alarms: Vec<bool> =
        signal.points.iter().map(|judged| judged.verdict.unwrap().alarm).collect();
    assert_eq!(alarms, [false, true]);
    let verdict = signal.points[1].verdict.unwrap();
    assert!((verdict.expected - 2.0).abs() < 1e-12 && verdict.threshold < 4.0);
    // Of Desa the last day isn't received, of Pulau nothing at all: neither is calm.
    assert_eq!((watch.judged, watch.unjudged, watch.hidden), (1, 2, 0));
}

#[tokio::test]
async fn a_day_that_is_not_received_is_no_zero() {
    let fixture = Fixture::new(&january()).await;
    let asked = question("jumlah", Grain::Day, "2022-01-20");
    let counts = counts(&fixture, &asked, &Scope::all()).await.unwrap();
    let shares = |office: u32| {
        let found = counts.offices.iter().find(|known| known.office == OfficeId(office)).unwrap();
        let points = found.points.as_ref().unwrap();
        [points[points.len() - 2].share, points[points.len() - 1].share]
    };
    assert_eq!((shares(21), shares(22), shares(23)), ([1.0, 1.0], [1.0, 0.0], [0.0, 0.0]));
}

#[tokio::test]
async fn a_scope_holds_for_warnings_too() {
    let fixture = Fixture::new(&january()).await;
    let asked = question("jumlah", Grain::Day, "2022-01-20");
    let elsewhere =
        Scope { offices: Offices::Within(BTreeSet::from([OfficeId(22)])), ..Scope::all() };
    let watch = watch(&fixture, &asked, &elsewhere).await;
    assert!(watch.signals.is_empty() && watch.judged == 0, "{watch:?}");
    let denied = Scope { measures: Some(BTreeSet::new()), ..Scope::all() };
    let denied = counts(&fixture, &asked, &denied).await;
    assert!(matches!(denied, Err(QueryError::Denied { .. })), "{denied:?}");
}

#[tokio::test]
async fn an_office_with_a_hidden_count_is_not_judged() {
    let script = january().replace("jumlah", "kasus");
    let fixture = Fixture::new(&script).await;
    let asked = question("kasus", Grain::Day, "2022-01-20");
    let seen = watch(&fixture, &asked, &Scope::all()).await;
    assert_eq!((seen.signals.len(), seen.hidden), (1, 0));
    let public = Scope { small_cells: false, ..Scope::all() };
    let hidden = watch(&fixture, &asked, &public).await;
    assert!(hidden.signals.is_empty() && hidden.hidden > 0, "{hidden:?}");
}

#[tokio::test]
async fn only_counts_are_judged_and_every_mistake_has_its_place() {
    let fixture = Fixture::new("").await;
    for measure in ["rasio", "stok", "masuk", "pelapor"] {
        let asked = question(measure, Grain::Week, "2022-01-20");
        let Err(QueryError::Invalid(problems)) = counts(&fixture, &asked, &Scope::all()).await
        else {
            panic!("{measure} counts nothing")
        };
        assert_eq!(problems[0].at.as_deref(), Some("measure"));
    }
    let mut asked = question("jumlah", Grain::Quarter, "2022-01-20");
    (asked.periods, asked.alpha) = (0, Some(0.0));
    let Err(QueryError::Invalid(problems)) = counts(&fixture, &asked, &Scope::all()).await else {
        panic!("three mistakes")
    };
    let places: Vec<_> = problems.iter().filter_map(|problem| problem.at.as_deref()).collect();
    assert_eq!(places, ["periods", "grain", "alpha"]);
}

#[tokio::test]
async fn what_usually_comes_later_lowers_what_is_expected() {
    let fixture = Fixture::new("").await;
    let (mut script, mut known) = (String::new(), Vec::new());
    // Each week 5 become known at once and 5 the week after; of the last the others are to come.
    let mut week = Period::containing(Grain::Week, date("2021-03-01"));
    while week.last() < fixture.today {
        for late in [0, 7] {
            let on = week.first().plus_days(1 + late);
            if on < fixture.today.plus_days(-1) {
                writeln!(script, "insiden 21 {} 5", week.first()).unwrap();
                known.push(midnight(&on.to_string()));
            }
        }
        week = week.next();
    }
    let mut rows = rows(0, &script);
    for (row, known_ms) in rows.iter_mut().zip(known) {
        row.known_ms = known_ms;
    }
    fixture.facts.append(&rows, rows.len() as u64).unwrap();
    let asked = question("insiden", Grain::Week, "2022-01-31");
    let counts = counts(&fixture, &asked, &Scope::all()).await.unwrap();
    assert_eq!(counts.correction, Correction::Delay);
    let kota = counts.offices.iter().find(|known| known.office == OfficeId(21)).unwrap();
    let points = kota.points.clone().unwrap();
    let last = points[points.len() - 1];
    assert!((last.count - 5.0).abs() < 1e-12 && (last.share - 0.5).abs() < 1e-12, "{points:?}");
    assert!(points[..points.len() - 1].iter().all(|point| point.rate() == Some(10.0)));
    let judged = judge(&asked, counts, &fixture.tree, fixture.today, &mut Half).unwrap();
    assert!(judged.signals.is_empty() && judged.judged == 3, "{judged:?}");
}
