//! Vaccine on its way through the simulated year: in waves from outside to the provinces, on to
//! the regencies, to people; with what breaks, what is counted, and what nobody can explain.

use std::collections::BTreeMap;

use domain::form::RawForm;
use domain::ids::{OfficeId, RecordId};
use domain::office::Level;
use domain::period::Date;
use node::Submission;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::chance::{self, per_mille};
use super::country::{CENTRE, Country, Unit};
use super::step::{self, Judge, Step, Who};

const WAVE_DAYS: i32 = 90;
const NOTE: &str = "Simulasi, bukan catatan nyata.";
const GROUPS: [&str; 4] = ["nakes", "petugas_publik", "lansia", "masyarakat"];

/// Everything between two days.
pub(super) fn steps(country: &Country, from: Date, to: Date, judge: &Judge) -> Vec<Step> {
    let mut steps = Vec::new();
    let phase = phase(country, from, judge, &mut steps);
    let waves = (to.0 - from.0).div_euclid(WAVE_DAYS) + 1;
    let provinces = country.units.iter().filter(|unit| unit.level == Level::Province);
    for province in provinces {
        let mut chance = chance::of(country.seed, &[4, u64::from(province.id.0)]);
        let unit = if per_mille(&mut chance, 150) { "vial" } else { "dosis" };
        let below: Vec<&Unit> = country
            .units
            .iter()
            .filter(|unit| unit.level == Level::Regency && unit.province == province.id)
            .collect();
        let mut flow = Flow { chance, judge, steps: &mut steps, measure: unit, phase };
        flow.run(province, &below, from, waves);
    }
    steps
}

/// The phase that the centre starts on the first day; none at a node that isn't the centre's.
fn phase(country: &Country, from: Date, judge: &Judge, steps: &mut Vec<Step>) -> Option<RecordId> {
    if country.root != CENTRE {
        return None;
    }
    let mut chance = chance::of(country.seed, &[5]);
    let fields = object(json!({
        "nama": "Vaksinasi penguat (simulasi)", "barang": "vaksin_covid19", "mulai": from.to_string(),
        "sasaran": "Tenaga kesehatan, lanjut usia, masyarakat", "instruksi": "SE simulasi 1",
        "sumber": "Simulasi", "catatan": NOTE,
    }));
    let form = step::event(&mut chance, "distribusi.fase", CENTRE, fields);
    let content = judge.content(&form, from, &BTreeMap::new());
    let record = form.record;
    let at_ms = u64::from(from.0.unsigned_abs()) * 86_400_000;
    let who = Who { role: "verifikator", office: CENTRE };
    steps.push(Step { at_ms, who, submission: Submission::Create(form) });
    let started = step::transition(&mut chance, record?, "mulai", content);
    steps.push(Step {
        at_ms: at_ms + 3_600_000,
        who: Who { role: "pimpinan", office: CENTRE },
        submission: Submission::Transition(started),
    });
    record
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

struct Flow<'a> {
    chance: ChaCha8Rng,
    judge: &'a Judge,
    steps: &'a mut Vec<Step>,
    measure: &'static str,
    phase: Option<RecordId>,
}

/// What an office should hold of a batch.
#[derive(Clone, Debug)]
struct Held {
    batch: String,
    quantity: u32,
}

impl Flow<'_> {
    fn run(&mut self, province: &Unit, below: &[&Unit], from: Date, waves: i32) {
        let mut stores: BTreeMap<OfficeId, Vec<Held>> = BTreeMap::new();
        for wave in 0..waves {
            let day = from.plus_days(wave * WAVE_DAYS + self.chance.random_range(1..9));
            let batch = format!("SIM-{}-{}", province.id, wave + 1);
            let shares: Vec<u32> =
                below.iter().map(|_| self.chance.random_range(8..60) * 40).collect();
            let total: u32 = shares.iter().sum();
            let spare = total / 12 / 40 * 40 + 40;
            self.allocated(province, day, total + spare);
            self.received(province, day, &batch, total + spare);
            self.counted_batch(province, day.plus_days(1), &batch, total + spare);
            for (regency, share) in below.iter().zip(&shares) {
                let store = stores.entry(regency.id).or_default();
                self.wave(province, regency, day, &batch, *share, store);
            }
            let store = stores.entry(province.id).or_default();
            self.counted_batch(province, day.plus_days(6), &batch, spare);
            let next = below[self.chance.random_range(0..below.len())];
            self.planned(province, next, day, spare);
            store.push(Held { batch, quantity: spare });
            self.counted(province, day.plus_days(40), store);
        }
    }

    fn allocated(&mut self, province: &Unit, day: Date, quantity: u32) {
        // Now and then more is announced than ever comes.
        let more =
            if per_mille(&mut self.chance, 60) { self.chance.random_range(1..6) * 40 } else { 0 };
        let announced = quantity + more;
        let fields = json!({
            "tanggal": day.plus_days(-1).to_string(), "oleh": CENTRE, "jumlah": announced,
            "keterangan": format!("Alokasi gelombang untuk {}", province.name),
        });
        let form = self.form("alokasi", province.id, None, fields);
        self.add(province.at_ms(day.plus_days(-1), 9 * 60), "verifikator", form);
    }

    /// What the province keeps back, planned for one of its regencies.
    fn planned(&mut self, province: &Unit, regency: &Unit, day: Date, quantity: u32) {
        let fields = json!({
            "tanggal": day.plus_days(75).to_string(), "ketelitian_tanggal": "bulan",
            "dari": province.id, "keterangan": "Cadangan provinsi", "jumlah": quantity,
            "sasaran_orang": quantity,
        });
        let form = self.form("rencana", regency.id, None, fields);
        self.add(regency.at_ms(day.plus_days(7), 10 * 60), "operator", form);
    }

    fn received(&mut self, province: &Unit, day: Date, batch: &str, quantity: u32) {
        let fields = json!({
            "dari": "PT Bio Farma", "tanggal_kirim": day.plus_days(-1).to_string(),
            "tanggal_terima": day.to_string(), "merek": "IndoVac", "jumlah": quantity,
            "suhu_terima": format!("{}.{}", self.chance.random_range(2..7), self.chance.random_range(0..10)),
        });
        let form = self.form("penerimaan", province.id, Some(batch), fields);
        let content = self.judge.content(&form, day, &BTreeMap::new());
        let record = form.record.expect("invariant: a receipt has its id");
        let at_ms = province.at_ms(day, self.chance.random_range(10 * 60..16 * 60));
        self.add(at_ms, "operator", form);
        let verified = step::transition(&mut self.chance, record, "verifikasi", content);
        let at_ms = at_ms + chance::delay_ms(&mut self.chance, 60..2_000);
        self.push(at_ms, "verifikator", province.id, Submission::Transition(verified));
    }

    /// One wave at a regency: shipped, received, given, broken, counted.
    fn wave(
        &mut self,
        province: &Unit,
        regency: &Unit,
        day: Date,
        batch: &str,
        share: u32,
        store: &mut Vec<Held>,
    ) {
        let sent_day = day.plus_days(self.chance.random_range(1..6));
        let slow = matches!(regency.area, '2' | '8' | '9') || regency.name.contains("Kepulauan");
        let days = self.chance.random_range(1..if slow { 9 } else { 4 });
        let arrived_day = sent_day.plus_days(days);
        let arrived = self.shipped(province, regency, (sent_day, arrived_day), batch, share);
        let mut left = arrived;
        self.counted_batch(regency, arrived_day.plus_days(1), batch, left);
        for part in 0..3 {
            if part == 1 && per_mille(&mut self.chance, 350) && left > 6 {
                let broken = self.chance.random_range(1..6);
                left -= broken;
                self.wasted(regency, arrived_day.plus_days(20), batch, broken);
            }
            let given_day = arrived_day.plus_days(6 + part * 24 + self.chance.random_range(0..8));
            let quantity = (share / 10 * self.chance.random_range(2..4)).min(left);
            left -= self.given(regency, given_day, batch, quantity);
            // Now and then a count disagrees with the books, and nobody knows why.
            if part == 2 && per_mille(&mut self.chance, 30) {
                left = left.saturating_sub(self.chance.random_range(1..12));
            }
            self.counted_batch(regency, given_day.plus_days(1), batch, left);
        }
        store.push(Held { batch: batch.to_owned(), quantity: left });
        self.counted(regency, arrived_day.plus_days(65), store);
    }

    fn shipped(
        &mut self,
        province: &Unit,
        regency: &Unit,
        (sent, arrived): (Date, Date),
        batch: &str,
        share: u32,
    ) -> u32 {
        let number = self.chance.random_range(1..900);
        let moda = if regency.area == '2' { "laut" } else { "darat" };
        let fields = json!({
            "tanggal": sent.to_string(), "dari": province.id, "moda": moda, "merek": "IndoVac",
            "surat_jalan": format!("SJ-SIM/{}/{number:03}", regency.id), "jumlah": share,
            "suhu_kirim": format!("{}.5", self.chance.random_range(2..5)),
        });
        let mut form = self.form("pengiriman", regency.id, Some(batch), fields);
        let none = BTreeMap::new();
        let record = form.record.expect("invariant: a shipment has its id");
        let content = self.judge.content(&form, sent, &none);
        let at_ms = province.at_ms(sent, self.chance.random_range(7 * 60..11 * 60));
        let create = Submission::Create(form.clone());
        self.push(at_ms, "operator", province.id, create);
        let leave = step::transition(&mut self.chance, record, "kirim", content);
        self.push(at_ms + 3_600_000, "operator", province.id, Submission::Transition(leave));
        let short =
            if per_mille(&mut self.chance, 80) { self.chance.random_range(1..9) } else { 0 };
        let told = object(json!({
            "tanggal_terima": arrived.to_string(), "jumlah_diterima": share - short,
            "suhu_terima": format!("{}.2", self.chance.random_range(2..8)),
        }));
        let patch = step::patch(&mut self.chance, &mut form, record, told);
        let content = self.judge.content(&form, arrived, &none);
        let at_ms = regency.at_ms(arrived, self.chance.random_range(9 * 60..17 * 60));
        self.push(at_ms, "operator", regency.id, Submission::Patch(patch));
        let take = step::transition(&mut self.chance, record, "terima", content);
        self.push(at_ms + 120_000, "operator", regency.id, Submission::Transition(take));
        share - short
    }

    fn given(&mut self, regency: &Unit, day: Date, batch: &str, quantity: u32) -> u32 {
        let Some(phase) = self.phase.filter(|_| quantity > 0) else { return 0 };
        let group = GROUPS[self.chance.random_range(0..GROUPS.len())];
        let fields = json!({
            "tanggal": day.to_string(), "tempat": format!("Puskesmas di {}", regency.name),
            "merek": "IndoVac", "jumlah": quantity, "kelompok": group, "fase": phase,
            "dosis_ke": self.chance.random_range(1..=3),
        });
        let form = self.form("pemberian", regency.id, Some(batch), fields);
        let minutes = self.chance.random_range(14 * 60..18 * 60);
        self.add(regency.at_ms(day, minutes), "operator", form);
        quantity
    }

    fn wasted(&mut self, regency: &Unit, day: Date, batch: &str, quantity: u32) {
        let reason = ["suhu", "pecah", "sisa_vial"][self.chance.random_range(0..3)];
        let fields = json!({
            "tanggal": day.to_string(), "alasan": reason, "jumlah": quantity, "merek": "IndoVac",
            "berita_acara": format!("BA-SIM/{}/{}", regency.id, self.chance.random_range(1..200)),
        });
        let form = self.form("pemusnahan", regency.id, Some(batch), fields);
        self.add(regency.at_ms(day, 15 * 60), "operator", form);
    }

    fn counted_batch(&mut self, unit: &Unit, day: Date, batch: &str, quantity: u32) {
        self.counted(unit, day, &[Held { batch: batch.to_owned(), quantity }]);
    }

    fn counted(&mut self, unit: &Unit, day: Date, store: &[Held]) {
        let rows = store.iter().enumerate().map(|(at, held)| {
            let mut row = object(json!({
                "row": at + 1, "gudang": "Gudang Farmasi", "barang": "vaksin_covid19",
                "merek": "IndoVac", "bets": held.batch, "jumlah": held.quantity,
                "satuan": self.measure,
            }));
            if self.measure == "vial" {
                row.insert("dosis_per_vial".to_owned(), json!(10));
            }
            Value::Object(row)
        });
        let fields = object(json!({
            "tanggal": day.to_string(), "keterangan": "Hitungan berkala",
            "butir": rows.collect::<Vec<_>>(), "sumber": "Simulasi", "catatan": NOTE,
        }));
        let form = step::event(&mut self.chance, "distribusi.stok", unit.id, fields);
        let minutes = self.chance.random_range(9 * 60..16 * 60);
        self.add(unit.at_ms(day, minutes), "operator", form);
    }

    fn form(&mut self, key: &str, office: OfficeId, batch: Option<&str>, fields: Value) -> RawForm {
        let mut all = object(json!({
            "barang": "vaksin_covid19", "satuan": self.measure, "sumber": "Simulasi", "catatan": NOTE,
        }));
        if self.measure == "vial" {
            all.insert("dosis_per_vial".to_owned(), json!(10));
        }
        all.extend(batch.map(|batch| ("bets".to_owned(), json!(batch))));
        all.extend(object(fields));
        step::event(&mut self.chance, &format!("distribusi.{key}"), office, all)
    }

    fn add(&mut self, at_ms: u64, role: &'static str, form: RawForm) {
        let office = form.office;
        self.push(at_ms, role, office, Submission::Create(form));
    }

    fn push(&mut self, at_ms: u64, role: &'static str, office: OfficeId, submission: Submission) {
        self.steps.push(Step { at_ms, who: Who { role, office }, submission });
    }
}
