//! Incidents, and what becomes of them: verified, sent back, corrected, approved, closed.

use std::collections::BTreeMap;

use domain::form::RawForm;
use domain::ids::RecordId;
use domain::period::Date;
use node::Submission;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::chance::{self, per_mille};
use super::country::{CENTRE, Unit};
use super::daily::day_key;
use super::step::{self, Judge, Step, Who};
use super::text::{Kind, Report, Writer};

const TYPE: &str = "kejadian.kejadian";
/// Cells that verifiers send back, and what they ask.
const QUESTIONS: &[(&str, &str)] = &[
    ("meninggal", "Angka berbeda dengan laporan puskesmas. Mohon dipastikan."),
    ("mengungsi", "Jiwa atau kepala keluarga? Mohon tulis jiwa."),
    ("tindakan", "Siapa yang menangani dan apa hasilnya?"),
    ("fakta", "Waktu kejadian belum jelas. Mohon dilengkapi."),
];

/// The incidents of an office on a day.
pub(super) fn steps(seed: u64, unit: &Unit, day: Date, judge: &Judge) -> Vec<Step> {
    let mut chance = chance::of(seed, &[3, u64::from(unit.id.0), day_key(day)]);
    let mut steps = Vec::new();
    let mut rest = unit.habits.incidents;
    while per_mille(&mut chance, rest) {
        one(&mut chance, unit, day, judge, &mut steps);
        rest /= 3;
    }
    steps
}

fn one(chance: &mut ChaCha8Rng, unit: &Unit, day: Date, judge: &Judge, steps: &mut Vec<Step>) {
    let kind = if unit.habits.prose { Kind::Prose } else { Kind::Templated };
    let report = Writer::new(chance.random(), kind).report(&unit.scene(day));
    let form = form(chance, unit, day, &report);
    let wait = match report.urgency {
        "kritis" => 4..25,
        "tinggi" => 10..120,
        _ => 20..420,
    };
    let at_ms = unit.at_ms(day, u64::from(report.minute)) + chance::delay_ms(chance, wait);
    let operator = Who { role: "operator", office: unit.id };
    steps.push(Step { at_ms, who: operator, submission: Submission::Create(form.clone()) });
    let mut case = Case { chance, unit, judge, steps, form, at_ms, urgency: report.urgency };
    case.goes_on();
}

/// An incident that is being reported at this moment.
pub(super) fn now(chance: &mut ChaCha8Rng, unit: &Unit, at_ms: u64) -> Step {
    let kind = if unit.habits.prose { Kind::Prose } else { Kind::Templated };
    let report = Writer::new(chance.random(), kind).report(&unit.scene(unit.day_of(at_ms)));
    reported(chance, unit, at_ms, report)
}

/// The same, critical.
pub(super) fn critical(chance: &mut ChaCha8Rng, unit: &Unit, at_ms: u64) -> Step {
    let scene = unit.scene(unit.day_of(at_ms));
    let report = Writer::new(chance.random(), Kind::Prose).critical(&scene);
    reported(chance, unit, at_ms, report)
}

fn reported(chance: &mut ChaCha8Rng, unit: &Unit, at_ms: u64, mut report: Report) -> Step {
    let day = unit.day_of(at_ms);
    let since_midnight = (at_ms - unit.at_ms(day, 0)) / 60_000;
    let ago = chance.random_range(3..30);
    report.minute = u16::try_from(since_midnight.saturating_sub(ago)).unwrap_or(0);
    let form = form(chance, unit, day, &report);
    let who = Who { role: "operator", office: unit.id };
    Step { at_ms, who, submission: Submission::Create(form) }
}

/// An incident as the operator fills it in.
pub(super) fn form(chance: &mut ChaCha8Rng, unit: &Unit, day: Date, report: &Report) -> RawForm {
    let mut fields = Map::new();
    let mut set = |key: &str, value: Value| drop(fields.insert(key.to_owned(), value));
    set("judul", json!(report.title));
    set("kategori", json!(report.kategori));
    set("jenis", json!(report.jenis));
    set("athg", json!(report.athg));
    set("urgensi", json!(report.urgency));
    set("fakta", json!(report.facts));
    set("kronologi", json!(report.narrative));
    set("tanggal", json!(day.to_string()));
    set("jam", json!(format!("{:02}:{:02}", report.minute / 60, report.minute % 60)));
    set("kecamatan", json!(report.district));
    set("desa", json!(report.village));
    set("tindakan", json!(report.action));
    set("rekomendasi", json!(report.request));
    set("sumber", json!("simulasi"));
    set("catatan", json!("Simulasi, bukan kejadian nyata."));
    if let Some(seat) = unit.seat.filter(|_| per_mille(chance, 620)) {
        set("lokasi", near(chance, seat.lat_e7, seat.lon_e7));
        set("ketelitian_tempat", json!(if per_mille(chance, 700) { "titik" } else { "sekitar" }));
    }
    if let Some(harm) = report.harm {
        set("meninggal", json!(harm.died));
        set("luka", json!(harm.injured));
        set("hilang", json!(harm.missing));
        if harm.displaced > 0 || per_mille(chance, 300) {
            set("mengungsi", json!(harm.displaced));
        }
        if harm.houses > 0 {
            set("rumah_rusak_ringan", json!(harm.houses - harm.houses / 3));
            set("rumah_rusak_berat", json!(harm.houses / 3));
        }
        if per_mille(chance, 250) {
            set("fasilitas_rusak", json!({ "missing": "Pendataan masih berlangsung." }));
        }
        if per_mille(chance, 200) {
            set(
                "kerugian",
                json!(u64::from(harm.houses + 2) * chance.random_range(4..40) * 1_000_000),
            );
        }
    } else if per_mille(chance, 600) {
        set("meninggal", json!(0));
        set("luka", json!(0));
    } else if per_mille(chance, 200) {
        set("meninggal", json!({ "na": true }));
    }
    step::event(chance, TYPE, unit.id, fields)
}

/// Within some 20 km of the seat, on the map's grid of 10⁻⁴ degree.
fn near(chance: &mut ChaCha8Rng, lat_e7: i32, lon_e7: i32) -> Value {
    let mut off = |e7: i32| {
        let moved = e7 / 1_000 + chance.random_range(-1_800..=1_800);
        f64::from(moved) / 10_000.0
    };
    json!({ "lat": off(lat_e7), "lon": off(lon_e7) })
}

struct Case<'a> {
    chance: &'a mut ChaCha8Rng,
    unit: &'a Unit,
    judge: &'a Judge,
    steps: &'a mut Vec<Step>,
    form: RawForm,
    at_ms: u64,
    urgency: &'static str,
}

impl Case<'_> {
    fn goes_on(&mut self) {
        let hurry = if self.urgency == "kritis" { 4 } else { 1 };
        let verifier = Who { role: "verifikator", office: self.unit.province };
        if per_mille(self.chance, 12) {
            let withdrawn = self.reasoned("batalkan", "Kejadian yang sama sudah dilaporkan.");
            return self.later(30..2_000, verifier, withdrawn);
        }
        if per_mille(self.chance, 60) && !self.sent_back(verifier, hurry) {
            return;
        }
        if !per_mille(self.chance, 900) {
            return;
        }
        let verified = self.moved("verifikasi");
        self.later(15 / hurry..2_400 / hurry, verifier, verified);
        let weighs = matches!(self.urgency, "tinggi" | "kritis");
        if !per_mille(self.chance, if weighs { 850 } else { 220 }) {
            return;
        }
        let approved = self.moved("setujui");
        self.later(
            60 / hurry..4_000 / hurry,
            Who { role: "verifikator", office: CENTRE },
            approved,
        );
        if per_mille(self.chance, 30) {
            // A number corrected after approval takes the approval away by itself.
            let corrected = self.patched("luka");
            let operator = Who { role: "operator", office: self.unit.id };
            return self.later(300..6_000, operator, corrected);
        }
        if per_mille(self.chance, 600) {
            let closed = self.moved("tutup");
            self.later(1_500..20_000, verifier, closed);
        }
    }

    /// Sent back, and corrected by most.
    fn sent_back(&mut self, verifier: Who, hurry: u64) -> bool {
        let operator = Who { role: "operator", office: self.unit.id };
        let held: Vec<_> = QUESTIONS
            .iter()
            .filter(|(key, _)| self.form.fields.get(*key).is_some_and(|value| !value.is_null()))
            .collect();
        let (at, question) = held[self.chance.random_range(0..held.len())];
        let back = step::transition(self.chance, self.record(), "kembalikan", self.content());
        let back = Submission::Transition(step::sent_back(back, at, question));
        self.later(20 / hurry..900, verifier, back);
        if per_mille(self.chance, 180) {
            return false;
        }
        let corrected = self.patched(at);
        self.later(20..1_800, operator, corrected);
        let again = self.moved("ajukan_kembali");
        self.later(1..5, operator, again);
        true
    }

    fn patched(&mut self, at: &str) -> Submission {
        let value = match self.form.fields.get(at) {
            Some(Value::String(told)) => json!(format!("{told} Sudah dipastikan ke lapangan.")),
            Some(Value::Number(number)) => json!(number.as_u64().unwrap_or(0) + 1),
            Some(_) | None => json!(1),
        };
        let record = self.record();
        let fields = Map::from_iter([(at.to_owned(), value)]);
        Submission::Patch(step::patch(self.chance, &mut self.form, record, fields))
    }

    fn moved(&mut self, action: &str) -> Submission {
        let content = self.content();
        Submission::Transition(step::transition(self.chance, self.record(), action, content))
    }

    fn reasoned(&mut self, action: &str, reason: &str) -> Submission {
        let content = self.content();
        let mut raw = step::transition(self.chance, self.record(), action, content);
        raw.reason = Some(reason.to_owned());
        Submission::Transition(raw)
    }

    fn later(&mut self, minutes: std::ops::Range<u64>, who: Who, submission: Submission) {
        self.at_ms += chance::delay_ms(self.chance, minutes);
        self.steps.push(Step { at_ms: self.at_ms, who, submission });
    }

    fn record(&self) -> RecordId {
        self.form.record.expect("invariant: an incident has its id")
    }

    fn content(&self) -> domain::ids::Digest {
        self.judge.content(&self.form, self.unit.day_of(self.at_ms), &BTreeMap::new())
    }
}
