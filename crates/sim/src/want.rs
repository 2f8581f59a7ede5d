//! What the simulated people do.

use domain::form::{RawAcknowledge, RawComment, RawForm, RawPatch, RawReturned, RawTransition};
use domain::ids::{OfficeId, RecordId, SubmissionId};
use domain::period::Date;
use domain::record::Record;
use node::Submission;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::pack::{ACTIONS, FIELDS, URGENT};

/// What somebody has in mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// A report, or something about one.
    Any,
    /// An incident that can't wait.
    Urgent,
    /// A report with a long text.
    Long,
}

/// The first of the few days that daily reports are about.
const FIRST_DAY: i32 = 20_450;

fn number(rng: &mut ChaCha8Rng) -> Value {
    json!(rng.random_range(0..4))
}

fn field(rng: &mut ChaCha8Rng) -> String {
    format!("f{}", rng.random_range(1..=FIELDS))
}

fn text(rng: &mut ChaCha8Rng) -> String {
    let long = if rng.random_bool(0.1) { 9_000..18_000 } else { 300..2_500 };
    let len = rng.random_range(long);
    (0..len).map(|_| char::from(rng.random_range(b'a'..=b'z'))).collect()
}

/// A record that somebody begins.
pub(crate) fn create(rng: &mut ChaCha8Rng, office: OfficeId, mood: Mood) -> Submission {
    let mut fields: Map<String, Value> = (0..3).map(|_| (field(rng), number(rng))).collect();
    match mood {
        Mood::Any => {}
        Mood::Urgent => drop(fields.insert(format!("f{URGENT}"), json!(1))),
        Mood::Long => drop(fields.insert("f5".to_owned(), json!(text(rng)))),
    }
    let event = mood != Mood::Any || rng.random_bool(0.3);
    let record = RecordId(rng.random());
    // Few days: several machines of an office report the same.
    let day = Date(FIRST_DAY + rng.random_range(0..2));
    Submission::Create(RawForm {
        type_key: if event { "sim.t1" } else { "sim.t2" }.to_owned(),
        submission: SubmissionId(rng.random()),
        record: event.then_some(record),
        office,
        period: (!event).then(|| day.to_string()),
        fields,
        confirmed: Vec::new(),
    })
}

/// Something about a record that a machine holds; a quarter of the people look at an old view.
pub(crate) fn about(rng: &mut ChaCha8Rng, record: &Record) -> Submission {
    let (id, submission) = (record.id, SubmissionId(rng.random()));
    match rng.random_range(0..10) {
        0..=4 => {
            let changes = 1..rng.random_range(2..4);
            let change = |_| {
                let value = if rng.random_bool(0.9) { number(rng) } else { Value::Null };
                (field(rng), value)
            };
            let fields = changes.map(change).collect();
            let old = rng.random_range(0..record.history.len());
            let saw = rng.random_bool(0.25).then(|| vec![record.history[old].tag]);
            Submission::Patch(RawPatch {
                record: id,
                submission,
                saw,
                fields,
                confirmed: Vec::new(),
            })
        }
        5..=7 => {
            let any = rng.random_range(0..ACTIONS.len());
            let fits = ACTIONS.iter().find(|(_, from, ..)| *from == record.state);
            let (action, _, _, returns) = fits.unwrap_or(&ACTIONS[any]);
            let back = RawReturned { at: "f1".to_owned(), reason: "again".to_owned() };
            Submission::Transition(RawTransition {
                record: id,
                submission,
                action: format!("a{action}"),
                content: record.content(),
                returned: if *returns { vec![back] } else { Vec::new() },
                reason: None,
            })
        }
        8 => {
            let text = format!("remark {}", rng.random_range(0..1_000));
            Submission::Comment(RawComment { record: id, submission, text })
        }
        _ => Submission::Acknowledge(RawAcknowledge { record: id, submission }),
    }
}
