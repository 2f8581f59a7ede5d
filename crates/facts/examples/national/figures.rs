//! Eight named figures, as questions and as answers that any engine can give.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::expr::Expr;
use domain::office::Level;
use domain::pack::{
    Kind, Measure, MeasureKind, Pack, RecordType, Schedule, Source as From, Unit, Workflow,
};
use domain::period::Grain;
use domain::value::Value;
use facts::figure::State;
use facts::{Context, Facts, Figure, Query, QueryError, Scope};
use serde_json::json;

use crate::data::{Country, DAYS, MEASURES, TWO_DIMS_FROM, day};

/// The figures, in the order in which they are asked.
pub(crate) const NAMES: [&str; 8] = [
    "national_monthly_trend",
    "regencies_in_a_month",
    "top_20_growth",
    "drill_down_province",
    "measures_by_month",
    "reporting_offices_by_day",
    "percentile_of_regencies",
    "categories_by_province",
];
/// The province that is opened: Jawa Barat.
const PROVINCE: u32 = 32;

/// What a figure is computed from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Any,
    Rows,
}

/// Keys and a number, line by line, in order.
pub(crate) type Answer = Vec<(Vec<String>, i64)>;

/// Asks figures of one store.
pub(crate) struct Asker<'a> {
    country: &'a Country,
    facts: &'a Facts,
    packs: BTreeMap<String, Arc<Pack>>,
}

impl<'a> Asker<'a> {
    pub(crate) fn new(country: &'a Country, facts: &'a Facts) -> Self {
        let packs = BTreeMap::from([("nasional".to_owned(), Arc::new(pack()))]);
        Self { country, facts, packs }
    }

    /// The whole way of a figure: query, numbers, completeness; and what is made of them where the
    /// language has no word for it.
    pub(crate) async fn ask(&self, name: &str, source: Source) -> Result<Answer, QueryError> {
        let query = query(name);
        let last = u64::try_from(day(DAYS.1).0).unwrap_or(0) + 7;
        let context = Context {
            packs: &self.packs,
            tree: &self.country.tree,
            today: day(DAYS.1).plus_days(7),
            now_ms: last * 24 * 60 * 60 * 1000,
            lang: "id",
        };
        let scope = Scope::all();
        let figure = match source {
            Source::Any => self.facts.figure(&query, &context, &scope).await?,
            Source::Rows => self.facts.figure_from_rows(&query, &context, &scope).await?,
        };
        let lines = lines(&figure);
        Ok(match name {
            "top_20_growth" => top_20_growth(lines),
            "percentile_of_regencies" => nine_of_ten(&lines),
            _ => lines,
        })
    }
}

fn query(name: &str) -> Query {
    let year = ["2025-01-01", "2025-12-31"];
    let one = |measure: &str| vec![format!("nasional.{measure}")];
    let query = |measures: Vec<String>, rows: &[&str], columns: &[&str], days: [&str; 2]| {
        json!({
            "measures": measures, "rows": rows, "columns": columns,
            "from": days[0], "to": days[1],
        })
    };
    let (regency, month) = ("office:regency", "period:month");
    let json = match name {
        "national_monthly_trend" => query(one("m01"), &[month], &[], [DAYS.0, DAYS.1]),
        "regencies_in_a_month" => query(one("m01"), &[regency], &[], ["2024-03-01", "2024-03-31"]),
        "top_20_growth" => {
            query(one("m02"), &[regency], &["period:year"], ["2024-01-01", "2025-12-31"])
        }
        "drill_down_province" => {
            let mut query = query(one("m03"), &[regency], &[month], ["2024-01-01", "2024-12-31"]);
            query["office"] = json!(PROVINCE);
            query
        }
        "measures_by_month" => {
            let measures = (1..=TWO_DIMS_FROM).map(|n| format!("nasional.m{n:02}"));
            query(measures.collect(), &[month], &[], year)
        }
        "reporting_offices_by_day" => query(one("harian:received"), &["period:day"], &[], year),
        "percentile_of_regencies" => query(one("m04"), &[month], &[regency], year),
        _ => query(one("m01"), &["kategori"], &["office:province"], year),
    };
    serde_json::from_value(json).expect("invariant: the queries of this bench are queries")
}

/// The cells that hold a number: the measure where several are asked, the keys, the number.
fn lines(figure: &Figure) -> Answer {
    let several = figure.measures.len() > 1;
    let cells = figure.cells.iter().filter(|cell| cell.state == State::Value);
    let lines = cells.map(|cell| {
        let measure = several.then(|| cell.measure.clone());
        let keys = measure.iter().chain(&cell.row).chain(&cell.column).cloned().collect();
        let value = cell.value.as_deref().unwrap_or_default();
        (keys, value.parse().expect("invariant: the measures of this bench are whole numbers"))
    });
    let mut lines: Answer = lines.collect();
    lines.sort();
    lines
}

/// The regencies that grew most from the first year to the second, most first.
fn top_20_growth(lines: Answer) -> Answer {
    let mut growth: BTreeMap<String, i64> = BTreeMap::new();
    for (keys, value) in lines {
        let [regency, year] = <[String; 2]>::try_from(keys).expect("invariant: two axes");
        *growth.entry(regency).or_default() += if year == "2024" { -value } else { value };
    }
    let mut growth: Vec<(u32, i64)> =
        growth.into_iter().map(|(id, grown)| (id.parse().unwrap_or(0), grown)).collect();
    growth.sort_by_key(|(regency, grown)| (-grown, *regency));
    growth.into_iter().take(20).map(|(regency, grown)| (vec![regency.to_string()], grown)).collect()
}

/// By month: the number that nine of ten regencies don't pass.
fn nine_of_ten(lines: &[(Vec<String>, i64)]) -> Answer {
    let mut months: BTreeMap<&String, Vec<i64>> = BTreeMap::new();
    for (keys, value) in lines {
        months.entry(&keys[0]).or_default().push(*value);
    }
    let of_month = months.into_iter().map(|(month, mut values)| {
        values.sort_unstable();
        (vec![month.clone()], values[(values.len() * 9).div_ceil(10) - 1])
    });
    of_month.collect()
}

fn pack() -> Pack {
    let source = |type_id| From {
        type_id,
        group: None,
        when: None,
        value: Expr::Const(Value::Int(1)),
        office: None,
        date: None,
        dims: Vec::new(),
    };
    let measure = |number: usize| Measure {
        key: format!("m{number:02}"),
        unit: Unit::Fixed("orang".to_owned()),
        scale: 0,
        kind: MeasureKind::Additive(vec![source(1)]),
        dims: ["kategori", "kelompok"][..1 + usize::from(number > TWO_DIMS_FROM)]
            .iter()
            .map(|dim| (*dim).to_owned())
            .collect(),
        source: "contoh".to_owned(),
        suppress_below: None,
    };
    let ty = |id, key: &str, kind| RecordType {
        id,
        key: key.to_owned(),
        kind,
        fields: Vec::new(),
        sections: Vec::new(),
        rules: Vec::new(),
        workflow: Workflow { states: Vec::new(), actions: Vec::new() },
        title: None,
        urgent: None,
        levels: vec![Level::Regency],
        date: None,
        point: None,
    };
    Pack {
        name: "nasional".to_owned(),
        version: 1,
        types: vec![ty(1, "kejadian", Kind::Event), ty(2, "harian", Kind::Periodic(Grain::Day))],
        measures: (1..=MEASURES).map(measure).collect(),
        schedules: vec![Schedule {
            key: "harian".to_owned(),
            type_id: 2,
            levels: vec![Level::Regency],
            due_after_minutes: 60,
            from: day(DAYS.0),
        }],
        roles: Vec::new(),
        policy: String::new(),
        views: Vec::new(),
        messages: BTreeMap::new(),
        dictionary: None,
    }
}
