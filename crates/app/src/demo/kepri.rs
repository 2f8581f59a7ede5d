//! What is known of the first vaccine of Kepulauan Riau in January 2021, as records. The numbers
//! are those of the sources named; that they do not add up is theirs, and the figures show it.

use std::collections::BTreeMap;

use domain::form::RawForm;
use domain::ids::OfficeId;
use domain::period::Date;
use node::Submission;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::chance;
use super::country::{CENTRE, PROVINCE};
use super::step::{self, Judge, Step, Who};

const ANTARA: &str = "antaranews.com, 4 Januari 2021";
const KASTARA: &str = "kastara.id, 5 Januari 2021";
const SUARA: &str = "batam.suara.com, 26 Januari 2021";

/// Sent on by the province: office, doses, health workers, remark.
const SENT: [(u32, u32, u32, &str); 3] = [
    (2171, 11_120, 5_546, "Satuan di sumber: vial; jumlah seluruhnya di sumber disebut dosis."),
    (2172, 5_880, 2_844, "Sumber sama dengan Kota Batam."),
    (2101, 2_680, 1_331, "Sumber menyebut 9.723 nakes; jumlah ketiga baris 9.721."),
];
/// Planned for early February.
const PLANNED: [(u32, u32, u32); 4] =
    [(2102, 3_360, 1_680), (2105, 1_520, 760), (2104, 1_880, 940), (2103, 2_160, 1_080)];
/// The phases: first day, name, for whom.
const PHASES: [(i8, &str, &str); 3] = [
    (13, "Pencanangan vaksinasi oleh Presiden", "Presiden dan pejabat pusat"),
    (14, "Vaksinasi kepala daerah", "Kepala daerah dan pejabat publik di daerah"),
    (15, "Vaksinasi tenaga kesehatan tahap 1", "Tenaga kesehatan"),
];

/// The records, for a node that holds these offices.
pub(super) fn steps(holds: &dyn Fn(OfficeId) -> bool, judge: &Judge) -> Vec<Step> {
    let mut chance = chance::of(0, &[9]);
    let mut facts = Facts { chance: &mut chance, judge, holds, steps: Vec::new() };
    facts.province();
    facts.regencies();
    facts.phases();
    let mut steps = facts.steps;
    steps.sort_by_key(|step| step.at_ms);
    steps
}

struct Facts<'a> {
    chance: &'a mut ChaCha8Rng,
    judge: &'a Judge,
    holds: &'a dyn Fn(OfficeId) -> bool,
    steps: Vec<Step>,
}

fn day(month: i8, day: i8) -> Date {
    Date::new(2021, month, day).expect("invariant: a day of early 2021")
}

/// So many minutes after midnight in western Indonesia.
fn at_ms(day: Date, minutes: u64) -> u64 {
    u64::from(day.0.unsigned_abs()) * 86_400_000 + minutes * 60_000 - 7 * 3_600_000
}

impl Facts<'_> {
    fn province(&mut self) {
        if !(self.holds)(PROVINCE) {
            return;
        }
        let announced = json!({
            "tanggal": "2021-01-04", "oleh": CENTRE, "keterangan": "Alokasi tahap 1 untuk Kepulauan Riau",
            "jumlah": 25_000, "sumber": ANTARA,
            "catatan": "13.000 tiba 5 Januari; 12.000 menyusul bulan yang sama.",
        });
        let form = self.form("alokasi", PROVINCE, announced);
        self.create(at_ms(day(1, 4), 15 * 60), "verifikator", form.clone());
        if let Some(record) = form.record {
            let text = "Per 26 Januari: 18 persen dari 14.363 tenaga kesehatan sudah divaksin \
                (batam.suara.com, 26 Januari 2021).";
            let submission = domain::ids::SubmissionId(chance::id(self.chance));
            let raw = domain::form::RawComment { record, submission, text: text.to_owned() };
            self.step(
                at_ms(day(1, 26), 21 * 60),
                "verifikator",
                PROVINCE,
                Submission::Comment(raw),
            );
        }
        let arrived = json!({
            "dari": "PT Bio Farma", "tanggal_kirim": "2021-01-04", "tanggal_terima": "2021-01-05",
            "merek": "CoronaVac", "bets": { "missing": "Tidak disebut di sumber." },
            "jumlah": 13_000, "sumber": KASTARA,
            "suhu_terima": { "missing": "Tidak disebut di sumber." },
        });
        let form = self.form("penerimaan", PROVINCE, arrived);
        self.create(at_ms(day(1, 5), 14 * 60), "operator", form);
    }

    fn regencies(&mut self) {
        for (office, doses, people, remark) in SENT {
            let sent = json!({
                "tanggal": "2021-01-26", "dari": PROVINCE, "jumlah": doses, "sasaran_orang": people,
                "bets": { "missing": "Tidak disebut di sumber." }, "sumber": SUARA, "catatan": remark,
                "surat_jalan": "Penyaluran tahap 1",
            });
            let office = OfficeId(office);
            let form = self.form("pengiriman", office, sent);
            let content = self.judge.content(&form, day(1, 26), &BTreeMap::new());
            let record = form.record.expect("invariant: a shipment has its id");
            self.create(at_ms(day(1, 26), 14 * 60), "operator", form);
            let sent = step::transition(self.chance, record, "kirim", content);
            let sent = Submission::Transition(sent);
            self.step(at_ms(day(1, 26), 14 * 60 + 30), "operator", office, sent);
        }
        for (office, doses, people) in PLANNED {
            let planned = json!({
                "tanggal": "2021-02-01", "ketelitian_tanggal": "bulan", "dari": PROVINCE,
                "keterangan": "Rencana penyaluran awal Februari", "jumlah": doses,
                "sasaran_orang": people, "sumber": SUARA,
            });
            let form = self.form("rencana", OfficeId(office), planned);
            self.create(at_ms(day(1, 26), 15 * 60), "operator", form);
        }
    }

    fn phases(&mut self) {
        for (first, name, whom) in PHASES {
            let phase = json!({
                "nama": name, "mulai": format!("2021-01-{first}"), "sasaran": whom,
                "instruksi": { "missing": "Nomor tidak disebut di sumber." },
                "sumber": "Keterangan pemerintah, Januari 2021",
            });
            let mut form = self.form("fase", CENTRE, phase);
            form.fields.remove("satuan");
            let content = self.judge.content(&form, day(1, 8), &BTreeMap::new());
            let record = form.record.expect("invariant: a phase has its id");
            self.create(at_ms(day(1, 8), 10 * 60), "verifikator", form);
            let started = step::transition(self.chance, record, "mulai", content);
            let started = Submission::Transition(started);
            self.step(at_ms(day(1, first), 9 * 60), "pimpinan", CENTRE, started);
        }
    }

    fn form(&mut self, key: &str, office: OfficeId, fields: Value) -> RawForm {
        let mut all = Map::from_iter([
            ("barang".to_owned(), json!("vaksin_covid19")),
            ("satuan".to_owned(), json!("dosis")),
        ]);
        if let Value::Object(fields) = fields {
            all.extend(fields);
        }
        step::event(self.chance, &format!("distribusi.{key}"), office, all)
    }

    fn create(&mut self, at_ms: u64, role: &'static str, form: RawForm) {
        let office = form.office;
        self.step(at_ms, role, office, Submission::Create(form));
    }

    fn step(&mut self, at_ms: u64, role: &'static str, office: OfficeId, submission: Submission) {
        if (self.holds)(office) {
            self.steps.push(Step { at_ms, who: Who { role, office }, submission });
        }
    }
}
