//! A small country, a small pack, and figures as text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use domain::expr::{Binary, Expr};
use domain::ids::{FieldId, OfficeId, RecordId};
use domain::office::{Amendment, Founding, Level, OfficeChange, OfficeEvent, Tree};
use domain::pack::{
    Formula, Kind, Measure, MeasureKind, Pack, RecordType, Schedule, Source, Unit, Workflow,
};
use domain::period::{Date, Grain};
use domain::value::Value;
use facts::figure::{Cell, State};
use facts::{Context, FactRow, Facts, Figure, Offices, Query, QueryError, Scope};

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// Milliseconds of a UTC midnight.
pub(crate) fn midnight(text: &str) -> u64 {
    u64::try_from(date(text).0).unwrap() * 86_400_000
}

fn found(id: u32, level: Level, name: &str, parent: Option<u32>, from: &[u32]) -> OfficeChange {
    OfficeChange::Found(Founding {
        id: OfficeId(id),
        level,
        code: match level {
            Level::Centre => String::new(),
            Level::Province => id.to_string(),
            Level::Regency => format!("{}.{id:02}", parent.unwrap()),
            Level::District | Level::Village => unreachable!("the small tree ends at regencies"),
        },
        bps: None,
        name: name.to_owned(),
        parent: parent.map(OfficeId),
        from: from.iter().copied().map(OfficeId).collect(),
        utc_offset_minutes: 420,
    })
}

/// A centre (1); Timur (20) with Kota (21), Desa (22), Pulau (23); Barat (30) with Kebun (31). On
/// 2021-07-15 Selatan (40) is split from Timur and takes Pulau; on 2022-01-01 Kebun ends, and its
/// work goes to Kota.
pub(crate) fn tree() -> Tree {
    let event = |day: &str, changes| OfficeEvent { date: date(day), basis: "UU".into(), changes };
    let to_selatan = Amendment {
        id: OfficeId(23),
        code: Some("40.23".into()),
        bps: None,
        name: None,
        parent: Some(OfficeId(40)),
    };
    Tree::from_events(&[
        event(
            "2000-01-01",
            vec![
                found(1, Level::Centre, "Pusat", None, &[]),
                found(20, Level::Province, "Timur", Some(1), &[]),
                found(21, Level::Regency, "Kota", Some(20), &[]),
                found(22, Level::Regency, "Desa", Some(20), &[]),
                found(23, Level::Regency, "Pulau", Some(20), &[]),
                found(30, Level::Province, "Barat", Some(1), &[]),
                found(31, Level::Regency, "Kebun", Some(30), &[]),
            ],
        ),
        event(
            "2021-07-15",
            vec![
                found(40, Level::Province, "Selatan", Some(1), &[20]),
                OfficeChange::Change(to_selatan),
            ],
        ),
        event("2022-01-01", vec![OfficeChange::Close(OfficeId(31), vec![OfficeId(21)])]),
    ])
    .unwrap()
}

fn measure(key: &str, unit: Unit, kind: fn(Vec<Source>) -> MeasureKind, dims: &[&str]) -> Measure {
    let source = Source {
        type_id: 1,
        group: None,
        when: None,
        value: Expr::Const(Value::Int(1)),
        office: None,
        date: None,
        dims: Vec::new(),
    };
    Measure {
        key: key.to_owned(),
        unit,
        scale: 0,
        kind: kind(vec![source]),
        dims: dims.iter().map(|dim| (*dim).to_owned()).collect(),
        source: "contoh".to_owned(),
        suppress_below: None,
    }
}

fn input(index: u16) -> Box<Expr> {
    Box::new(Expr::Field(FieldId(index)))
}

/// Measures: `jumlah` (additive, by `jenis`), `kasus` (additive, small cells hidden), `stok`
/// (last, by unit), `masuk` (additive, by unit), `pelapor` (distinct), `rasio` and `sisa`
/// (formulas), `insiden` (additive, of no schedule). The schedule `harian` is of all regencies, daily, due an hour after midnight.
pub(crate) fn pack() -> Pack {
    let fixed = || Unit::Fixed("orang".to_owned());
    let by_unit = || Unit::Dim("satuan".to_owned());
    let formula = |inputs: &[&str], expr| {
        let inputs = inputs.iter().map(|key| (*key).to_owned()).collect();
        MeasureKind::Formula(Formula { inputs, expr })
    };
    let hundred = Box::new(Expr::Const(Value::Int(100)));
    let share =
        Expr::Binary(Binary::Div, Box::new(Expr::Binary(Binary::Mul, hundred, input(0))), input(1));
    let rest = Expr::Binary(Binary::Sub, input(0), input(1));
    let plain = |key, kind| measure(key, fixed(), kind, &["jenis"]);
    let mut kasus = plain("kasus", MeasureKind::Additive);
    kasus.suppress_below = Some(5);
    let mut rasio = plain("rasio", MeasureKind::Additive);
    (rasio.kind, rasio.scale) = (formula(&["kasus", "jumlah"], share), 1);
    let mut insiden = plain("insiden", MeasureKind::Additive);
    if let MeasureKind::Additive(from) = &mut insiden.kind {
        from[0].type_id = 2;
    }
    let mut sisa = measure("sisa", by_unit(), MeasureKind::Additive, &["satuan"]);
    sisa.kind = formula(&["masuk", "stok"], rest);
    let ty = RecordType {
        id: 1,
        key: "laporan".to_owned(),
        kind: Kind::Periodic(Grain::Day),
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
    let texts = [
        ("measure.jumlah", "Jumlah kejadian"),
        ("definition.jumlah", "Banyaknya kejadian yang dilaporkan"),
        ("unit.orang", "orang"),
        ("dim.jenis", "Jenis"),
        ("choice.laporan.jenis.api", "Kebakaran"),
    ];
    let texts = texts.map(|(key, text)| (key.to_owned(), text.to_owned()));
    Pack {
        name: "uji".to_owned(),
        version: 1,
        types: vec![ty],
        measures: vec![
            plain("jumlah", MeasureKind::Additive),
            kasus,
            measure("stok", by_unit(), MeasureKind::Last, &["satuan", "tempat"]),
            measure("masuk", by_unit(), MeasureKind::Additive, &["satuan"]),
            plain("pelapor", MeasureKind::Distinct),
            rasio,
            sisa,
            insiden,
        ],
        schedules: vec![Schedule {
            key: "harian".to_owned(),
            type_id: 1,
            levels: vec![Level::Regency],
            due_after_minutes: 60,
            from: date("2021-01-01"),
        }],
        roles: Vec::new(),
        policy: String::new(),
        views: Vec::new(),
        messages: BTreeMap::from([("id".to_owned(), BTreeMap::from(texts))]),
        dictionary: None,
    }
}

/// Rows from lines `measure office date value [dim dim …]`; a leading `-` retracts, `_` is no
/// value of a dimension. Each line is a record of its own unless it ends in `#N`. Positions and
/// moments of knowledge count up from `after`: position p is known at p seconds.
pub(crate) fn rows(after: u64, script: &str) -> Vec<FactRow> {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    let rows = lines.zip(after + 1..).map(|(line, pos)| {
        let (line, weight) = match line.strip_prefix('-') {
            Some(rest) => (rest.trim(), -1),
            None => (line, 1),
        };
        let (line, record) = match line.split_once('#') {
            Some((line, number)) => (line.trim(), number.parse().unwrap()),
            None => (line, pos + 1_000),
        };
        let mut words = line.split_whitespace();
        let mut next = || words.next().unwrap();
        let (measure, office, day, value) = (next(), next(), next(), next());
        let mut dims = facts::rows::Dims::default();
        for (slot, word) in dims.iter_mut().zip(words) {
            *slot = (word != "_").then(|| word.to_owned());
        }
        FactRow {
            measure: format!("uji.{measure}"),
            office: OfficeId(office.parse().unwrap()),
            date: date(day),
            dims,
            value: value.parse().unwrap(),
            weight,
            known_ms: pos * 1_000,
            record: RecordId(u128::from(record).to_be_bytes()),
            pos,
        }
    });
    rows.collect()
}

/// A folder of facts that is gone with the test.
pub(crate) struct Fixture {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) facts: Facts,
    pub(crate) tree: Tree,
    packs: BTreeMap<String, Arc<Pack>>,
    pub(crate) today: Date,
    pub(crate) now_ms: u64,
}

impl Fixture {
    pub(crate) async fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts::open(folder.path()).await.unwrap();
        let packs = BTreeMap::from([("uji".to_owned(), Arc::new(pack()))]);
        let now = "2022-02-01";
        let (today, now_ms) = (date(now), midnight(now));
        let fixture = Self { folder, facts, tree: tree(), packs, today, now_ms };
        fixture.append(script);
        fixture
    }

    pub(crate) fn append(&self, script: &str) {
        let rows = rows(self.facts.position(), script);
        let up_to = self.facts.position() + rows.len() as u64;
        self.facts.append(&rows, up_to).unwrap();
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            packs: &self.packs,
            tree: &self.tree,
            today: self.today,
            now_ms: self.now_ms,
            lang: "id",
        }
    }

    pub(crate) async fn ask(&self, query: &str, scope: &Scope) -> Result<Figure, QueryError> {
        self.facts.figure(&parse(query), &self.context(), scope).await
    }

    /// A figure as text.
    pub(crate) async fn text(&self, query: &str) -> String {
        text(&self.ask(query, &Scope::all()).await.unwrap())
    }
}

/// A query from relaxed JSON: bare, without braces.
pub(crate) fn parse(query: &str) -> Query {
    serde_json::from_str(&format!("{{{query}}}")).unwrap()
}

pub(crate) fn within(offices: &[u32]) -> Scope {
    let offices = offices.iter().copied().map(OfficeId).collect();
    Scope { offices: Offices::Within(offices), measures: None, small_cells: true }
}

/// One line a cell that holds something; totals after a rule, completeness after another.
pub(crate) fn text(figure: &Figure) -> String {
    let mut out = String::new();
    let cells = |cells: &[Cell], out: &mut String| {
        for cell in cells.iter().filter(|cell| cell.state != State::None) {
            let value = cell.value.clone().unwrap_or_else(|| format!("{:?}", cell.state));
            let unit = cell.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            let measure = cell.measure.trim_start_matches("uji.");
            let key = |keys: &[String]| match keys.join(",") {
                all if all.is_empty() => "·".to_owned(),
                keys => keys,
            };
            let (row, column) = (key(&cell.row), key(&cell.column));
            writeln!(out, "{row} | {column} | {measure} = {value}{unit}").unwrap();
        }
    };
    cells(&figure.cells, &mut out);
    if !figure.totals.is_empty() || !figure.no_totals.is_empty() {
        out.push_str("---\n");
    }
    cells(&figure.totals, &mut out);
    for none in &figure.no_totals {
        let measure = none.measure.trim_start_matches("uji.");
        writeln!(out, "no {} of {measure}: {:?}", none.of, none.why).unwrap();
    }
    out
}
