//! Daily situation reports: mostly nihil, mostly in the evening, some late, some never.

use std::collections::BTreeMap;

use domain::form::RawForm;
use domain::ids::SubmissionId;
use domain::office::Level;
use domain::period::{Date, Grain, Period};
use domain::record::periodic_id;
use node::Submission;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::chance::{self, per_mille};
use super::country::{CENTRE, Unit};
use super::step::{self, Judge, Step, Who};
use super::text::{self, Kind, Writer};

const DAY_MINUTES: u64 = 1_440;
const TYPE: &str = "lapsit.harian";

/// The report of a day, with what its readers do.
pub(super) fn steps(seed: u64, unit: &Unit, day: Date, judge: &Judge) -> Vec<Step> {
    let mut chance = chance::of(seed, &[1, u64::from(unit.id.0), day_key(day)]);
    let habits = unit.habits;
    if per_mille(&mut chance, habits.silent) {
        return Vec::new();
    }
    let form = write(&mut chance, seed, unit, day);
    let at_ms = unit.at_ms(day, filed_at(&mut chance, seed, unit, day));
    let operator = Who { role: "operator", office: unit.id };
    let mut steps =
        vec![Step { at_ms, who: operator, submission: Submission::Create(form.clone()) }];
    if form.fields.get("nihil") == Some(&Value::Bool(false)) {
        reading(&mut chance, unit, day, form, at_ms, judge, &mut steps);
    }
    steps
}

/// The form: nihil, or a few items.
pub(super) fn write(chance: &mut ChaCha8Rng, seed: u64, unit: &Unit, day: Date) -> RawForm {
    let mut fields = Map::new();
    let nihil = per_mille(chance, unit.habits.nihil);
    fields.insert("nihil".to_owned(), json!(nihil));
    let mut calm = "kondusif";
    if !nihil {
        let kind = if unit.habits.prose { Kind::Prose } else { Kind::Templated };
        let mut writer = Writer::new(chance.random::<u64>() ^ seed, kind);
        let count = if per_mille(chance, 750) { 1 } else { chance.random_range(2..=4) };
        let reports: Vec<_> = (0..count).map(|_| writer.report(&unit.scene(day))).collect();
        if reports.iter().any(|report| matches!(report.urgency, "tinggi" | "kritis")) {
            calm = if per_mille(chance, 120) { "tidak_kondusif" } else { "perlu_perhatian" };
        }
        fields.insert("ringkasan".to_owned(), json!(reports[0].title));
        let items = reports.iter().enumerate().map(|(at, report)| item(chance, at, report));
        fields.insert("butir".to_owned(), items.collect());
    }
    fields.insert("kondisi".to_owned(), json!(calm));
    fields.insert("catatan".to_owned(), json!("Simulasi, bukan laporan nyata."));
    RawForm {
        type_key: TYPE.to_owned(),
        submission: SubmissionId(chance::id(chance)),
        record: None,
        office: unit.id,
        period: Some(day.to_string()),
        fields,
        confirmed: Vec::new(),
    }
}

fn item(chance: &mut ChaCha8Rng, at: usize, report: &text::Report) -> Value {
    let (field, place, facts, action) = text::item(report);
    json!({
        "row": at + 1,
        "bidang": field,
        "tempat": format!("Kecamatan {place}"),
        "jam": format!("{:02}:{:02}", report.minute / 60, report.minute % 60),
        "uraian": facts,
        "tindakan": action,
        "rekomendasi": report.request,
        "perlu_pusat": report.urgency == "kritis" || per_mille(chance, 40),
    })
}

/// Minutes since the day's local midnight.
fn filed_at(chance: &mut ChaCha8Rng, seed: u64, unit: &Unit, day: Date) -> u64 {
    let usual = unit.habits.files_at + chance.random_range(0..45);
    if let Some(days) = cut_off_for(seed, unit, day) {
        return days * DAY_MINUTES + chance.random_range(8 * 60..11 * 60);
    }
    if per_mille(chance, unit.habits.late) {
        let morning = DAY_MINUTES + 7 * 60 + 30;
        return chance.random_range(20 * 60 + 5..=morning.max(20 * 60 + 6));
    }
    usual
}

/// Days until the link is back, where a week began without one.
fn cut_off_for(seed: u64, unit: &Unit, day: Date) -> Option<u64> {
    let week = day.0.div_euclid(7);
    let mut chance = chance::of(seed, &[2, u64::from(unit.id.0), day_key(Date(week * 7))]);
    if !per_mille(&mut chance, unit.habits.cut_off * 4) {
        return None;
    }
    let days: i32 = chance.random_range(2..=5);
    u64::try_from(days - day.0.rem_euclid(7)).ok().filter(|left| *left > 0)
}

/// A report that says something is read at the office above: accepted, or sent back first.
fn reading(
    chance: &mut ChaCha8Rng,
    unit: &Unit,
    day: Date,
    mut form: RawForm,
    filed_ms: u64,
    judge: &Judge,
    steps: &mut Vec<Step>,
) {
    let above = if unit.level == Level::Province { CENTRE } else { unit.province };
    let reader = Who { role: "verifikator", office: above };
    let operator = Who { role: "operator", office: unit.id };
    let record = periodic_id(TYPE, unit.id, Period::containing(Grain::Day, day));
    let refs = BTreeMap::new();
    let mut content = judge.content(&form, unit.day_of(filed_ms), &refs);
    let mut at_ms = filed_ms + chance::delay_ms(chance, 5..18 * 60);
    let mut step = |at_ms, who, submission| steps.push(Step { at_ms, who, submission });
    if per_mille(chance, 70) {
        let back = step::transition(chance, record, "kembalikan", content);
        let back =
            step::sent_back(back, "butir[1].tindakan", "Siapa yang menangani, dan sampai kapan?");
        step(at_ms, reader, Submission::Transition(back));
        if per_mille(chance, 250) {
            return;
        }
        at_ms += chance::delay_ms(chance, 20..20 * 60);
        let fields = corrected(&form);
        let patch = step::patch(chance, &mut form, record, fields);
        step(at_ms, operator, Submission::Patch(patch));
        content = judge.content(&form, unit.day_of(at_ms), &refs);
        at_ms += 60_000;
        let again = step::transition(chance, record, "kirim_kembali", content);
        step(at_ms, operator, Submission::Transition(again));
        at_ms += chance::delay_ms(chance, 10..600);
    }
    if per_mille(chance, 930) {
        let accepted = step::transition(chance, record, "terima", content);
        step(at_ms, reader, Submission::Transition(accepted));
    }
}

/// The items with the first one's action told more exactly.
fn corrected(form: &RawForm) -> Map<String, Value> {
    let mut rows = form.fields.get("butir").cloned().unwrap_or_default();
    if let Some(action) = rows.get_mut(0).and_then(|row| row.get_mut("tindakan")) {
        let told = action.as_str().unwrap_or_default();
        *action = json!(format!("{told} Penanganan oleh BPBD dan kecamatan sampai situasi pulih."));
    }
    Map::from_iter([("butir".to_owned(), rows)])
}

pub(super) fn day_key(day: Date) -> u64 {
    u64::from(day.0.unsigned_abs())
}
