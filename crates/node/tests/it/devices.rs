//! Devices: how they are enrolled, and what becomes of what they sealed.

use domain::device::{Delivery, Parcel, SignedLease, operation};
use domain::hlc::Hlc;
use domain::ids::{FieldId, OfficeId, PersonId, RecordId, SubmissionId};
use domain::limits::{DEVICE_CODE_MS, LEASE_MS_MAX};
use domain::op::{
    self, Audience, Change, Comment, Create, Lane, StreamHead, StreamId, TypeRef, sign_head,
    writer_id,
};
use domain::period::Date;
use domain::permit::Permit;
use domain::trust::Holder;
use domain::value::{Cell, CellPath, Value};
use ed25519_dalek::SigningKey;
use expect_test::expect;
use node::{DeviceError, Enrolled, Failure, NewDevice, Outcome, ParcelAnswer, RoleAt};

use crate::fixture::{BATAM, KEPRI, NOW_MS, Setup, told};

/// A phone that seals by itself.
struct Phone {
    key: SigningKey,
    lease: SignedLease,
    epoch: u32,
    head: Option<StreamHead>,
}

impl Phone {
    fn new(n: u8, enrolled: &Enrolled) -> Self {
        let key = SigningKey::from_bytes(&[n; 32]);
        assert_eq!(writer_id(&key.verifying_key()), enrolled.writer);
        Self { key, lease: enrolled.lease.clone(), epoch: 1, head: None }
    }

    fn stream(&self) -> StreamId {
        StreamId {
            writer: writer_id(&self.key.verifying_key()),
            epoch: self.epoch,
            audience: Audience::Up(BATAM),
            lane: Lane::Forms,
        }
    }

    fn begin_again(&mut self) {
        self.epoch += 1;
        self.head = None;
    }

    fn seal(&mut self, n: u8, ms: u64, change: Change) -> Delivery {
        let lease = self.lease.lease;
        let op = operation(&lease, Hlc { ms, counter: 0 }, SubmissionId([n; 16]), change);
        self.seal_op(op)
    }

    fn seal_op(&mut self, op: op::Op) -> Delivery {
        let stream = self.stream();
        let head = self.head.unwrap_or_else(|| StreamHead::start(&stream));
        let permit = Permit::granted(op.author, BATAM, "lease");
        let sealed = op::seal(&permit, &stream, &head, op).unwrap();
        self.head = Some(sealed.head());
        let signature = sign_head(&self.key, &stream, &sealed.head()).signature;
        Delivery { stream, seq: sealed.seq(), op: sealed.bytes().to_vec(), signature }
    }

    fn files(&mut self, n: u8) -> Delivery {
        self.seal(n, NOW_MS, incident(n, Some("Dari ponsel")))
    }

    async fn sends(
        &self,
        setup: &Setup,
        who: &str,
        deliveries: Vec<Delivery>,
    ) -> Result<ParcelAnswer, DeviceError> {
        let parcel = Parcel { lease: self.lease.clone(), deliveries };
        let bytes = minicbor::to_vec(parcel).unwrap();
        setup.node.take_parcel(&setup.actor(who), &bytes).await
    }
}

fn incident(n: u8, title: Option<&str>) -> Change {
    let field = |id| CellPath::field(FieldId(id));
    let date = Cell::Value(Value::Date(Date::new(2021, 1, 8).unwrap()));
    let mut cells: domain::value::Cells = [(field(2), date)].into();
    if let Some(title) = title {
        cells.insert(field(1), Cell::Value(Value::Text(title.to_owned())));
    }
    Change::Create(Create {
        record: RecordId([n; 16]),
        type_ref: TypeRef { pack: "uji".to_owned(), version: 1, type_id: 1 },
        office: BATAM,
        period: None,
        cells,
    })
}

fn person(setup: &Setup, login: &str) -> PersonId {
    setup.actor(login).person()
}

fn code(
    setup: &Setup,
    by: &str,
    login: &str,
    office: Option<OfficeId>,
) -> Result<String, DeviceError> {
    let new = NewDevice { person: person(setup, login), office, name: "Ponsel".to_owned() };
    setup.node.device_code(&setup.actor(by), &new).map(|made| made.code)
}

async fn enrol(setup: &Setup, login: &str, n: u8, code: &str) -> Result<Enrolled, DeviceError> {
    let key = SigningKey::from_bytes(&[n; 32]);
    let holder = Holder::prove(&key, person(setup, login));
    let proof = (key.verifying_key().to_bytes(), holder.proof);
    setup.node.enrol_device(&setup.actor(login), "10.0.0.1", code, proof).await
}

/// A node with the phone of its operator in Batam.
async fn with_phone() -> (Setup, Phone) {
    let setup = Setup::new().await;
    let code = code(&setup, "admin", "operator", None).unwrap();
    let enrolled = enrol(&setup, "operator", 9, &code).await.unwrap();
    assert_eq!(enrolled.office, BATAM);
    (setup, Phone::new(9, &enrolled))
}

/// What came of each operation, in a word.
fn outcomes(answer: &ParcelAnswer) -> String {
    let each = answer.items.iter().map(|item| match &item.outcome {
        Outcome::Accepted(receipt) => format!("accepted at {}", receipt.pos),
        Outcome::Returned(problems) => {
            let codes: Vec<&str> = problems.iter().map(|p| p.code.as_str()).collect();
            format!("returned {}", codes.join(" "))
        }
        Outcome::Waiting => "waiting".to_owned(),
    });
    let mut words: Vec<String> = each.collect();
    if answer.begin_again {
        words.push("begin again".to_owned());
    }
    if answer.revoked {
        words.push("revoked".to_owned());
    }
    words.join(", ")
}

fn quarantined(setup: &Setup) -> Vec<String> {
    let page = setup.node.quarantine(&setup.actor("admin"), None, false).unwrap();
    page.rows.into_iter().map(|row| row.problem.code).collect()
}

#[tokio::test]
async fn a_code_enrols_one_device_of_its_person() {
    let setup = Setup::new().await;
    let made = code(&setup, "admin", "operator", None).unwrap();
    let stranger = enrol(&setup, "verifikator", 8, &made).await;
    expect!["Refused: device.code_wrong at code"].assert_eq(&told(&stranger, "enrolled"));
    let typed = made.to_lowercase().replace('-', " ");
    let enrolled = enrol(&setup, "operator", 9, &typed).await.unwrap();
    let again = enrol(&setup, "operator", 10, &made).await;
    expect!["Refused: device.code_used at code"].assert_eq(&told(&again, "enrolled"));
    let wrong = enrol(&setup, "operator", 10, "AAAA-AAAA").await;
    expect!["Refused: device.code_wrong at code"].assert_eq(&told(&wrong, "enrolled"));
    let late = code(&setup, "admin", "operator", None).unwrap();
    setup.clock.advance(DEVICE_CODE_MS);
    let late = enrol(&setup, "operator", 10, &late).await;
    expect!["Refused: device.code_expired at code"].assert_eq(&told(&late, "enrolled"));
    let rows = setup.node.devices(&setup.actor("admin")).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].writer, rows[0].person.name.as_str()), (enrolled.writer, "Nama operator"));
    assert_eq!((rows[0].enrolled_ms, rows[0].heard_ms), (NOW_MS, Some(NOW_MS)));
    let me = setup.node.me(&setup.actor("admin"));
    assert!(me.pages.contains(&"devices"));
    assert!(!setup.node.me(&setup.actor("operator")).pages.contains(&"devices"));
}

#[tokio::test]
async fn nobody_guesses_a_code() {
    let setup = Setup::new().await;
    let made = code(&setup, "admin", "operator", None).unwrap();
    for _ in 0..8 {
        let wrong = enrol(&setup, "operator", 9, "22222222").await;
        assert!(matches!(wrong, Err(DeviceError::Code(_))), "{wrong:?}");
    }
    let right = enrol(&setup, "operator", 9, &made).await;
    expect!["Busy: session.too_many_tries"].assert_eq(&told(&right, "enrolled"));
}

#[tokio::test]
async fn only_who_manages_the_office_makes_codes_and_only_where_the_person_works() {
    let setup = Setup::new().await;
    let by_operator = code(&setup, "operator", "operator", None);
    expect!["Denied: policy.denied"].assert_eq(&told(&by_operator, "made"));
    setup.person("pengelola-kepri", "pengelola", KEPRI);
    let below = code(&setup, "pengelola-kepri", "operator", None);
    assert_eq!(told(&below, "made"), "made");
    let beside = code(&setup, "pengelola-kepri", "aceh", None);
    expect!["Denied: policy.denied"].assert_eq(&told(&beside, "made"));
    let elsewhere = code(&setup, "admin", "operator", Some(KEPRI));
    expect!["Invalid: form.wrong_office at office"].assert_eq(&told(&elsewhere, "made"));
    // Who made it may no longer when it is used.
    let made = below.unwrap();
    let role = RoleAt { role: "pengelola".to_owned(), office: KEPRI };
    let (admin, pengelola) = (setup.actor("admin"), person(&setup, "pengelola-kepri"));
    setup.node.end_role(&admin, pengelola, &role).unwrap();
    let used = enrol(&setup, "operator", 9, &made).await;
    expect!["Denied: policy.denied"].assert_eq(&told(&used, "enrolled"));
}

#[tokio::test]
async fn a_node_adds_no_device_by_itself() {
    let setup = Setup::new().await;
    let made = code(&setup, "admin", "operator", None).unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    // The word is another key's, or is given to another person.
    let another = Holder::prove(&SigningKey::from_bytes(&[8; 32]), person(&setup, "operator"));
    let for_another = Holder::prove(&key, person(&setup, "verifikator"));
    for holder in [another, for_another] {
        let proof = (key.verifying_key().to_bytes(), holder.proof);
        let actor = setup.actor("operator");
        let enrolled = setup.node.enrol_device(&actor, "10.0.0.1", &made, proof).await;
        expect!["Invalid: device.proof"].assert_eq(&told(&enrolled, "enrolled"));
        let certificate = domain::trust::Certificate {
            role: domain::trust::KeyRole::Device,
            key: key.verifying_key().to_bytes(),
            seal: [0; 32],
            office: BATAM,
            name: "Ponsel".to_owned(),
            holder: Some(Holder { person: actor.person(), ..holder }),
        };
        let certified = setup.node.certify(&setup.actor("admin"), certificate).await;
        expect!["Invalid: device.proof"].assert_eq(&told(&certified, "certified"));
    }
}

#[tokio::test]
async fn what_a_device_seals_is_kept_once_and_is_the_devices() {
    let (setup, mut phone) = with_phone().await;
    let sealed = vec![phone.files(1), phone.files(2)];
    let first = phone.sends(&setup, "operator", sealed.clone()).await.unwrap();
    assert!(outcomes(&first).starts_with("accepted at "), "{first:?}");
    assert_eq!(first.lease.as_ref().unwrap().lease.until_ms, NOW_MS + LEASE_MS_MAX);
    let again = phone.sends(&setup, "operator", sealed).await.unwrap();
    assert_eq!(first.items, again.items);
    let record = setup.node.record(&setup.actor("operator"), RecordId([2; 16])).unwrap();
    assert_eq!((record.title.as_str(), record.history.len()), ("Dari ponsel", 1));
    let held = setup.node.kernel().held().unwrap();
    let next = held.iter().find(|(stream, _)| *stream == phone.stream()).unwrap().1;
    assert_eq!(next, 3);
    assert_eq!(setup.node.devices(&setup.actor("admin")).unwrap()[0].operations, 2);
    assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
    // It can be passed on from any place: each operation has a signed head.
    let page = setup.node.kernel().page(&phone.stream(), 1).unwrap();
    assert_eq!(page.boundaries.iter().map(|b| b.next_seq).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
async fn what_is_refused_is_returned_and_the_device_goes_on() {
    let (setup, mut phone) = with_phone().await;
    let bad = incident(2, None);
    let sealed = vec![phone.files(1), phone.seal(2, NOW_MS, bad), phone.files(3)];
    let answer = phone.sends(&setup, "operator", sealed.clone()).await.unwrap();
    let told = outcomes(&answer);
    assert!(told.ends_with("returned form.required, waiting, begin again"), "{told}");
    assert_eq!(quarantined(&setup), ["form.required"]);
    // The answer was lost: the same is said again, and nothing is kept twice.
    let repeated = phone.sends(&setup, "operator", sealed).await.unwrap();
    assert_eq!((outcomes(&repeated), quarantined(&setup).len()), (told, 1));
    phone.begin_again();
    let left = vec![phone.files(3)];
    let answer = phone.sends(&setup, "operator", left).await.unwrap();
    assert!(outcomes(&answer).starts_with("accepted at "), "{answer:?}");
    assert_eq!(phone.stream().epoch, 2);
    // Sealed again in another life although it had arrived: the first receipt, and a new life.
    phone.begin_again();
    let again = vec![phone.files(3)];
    let answer = phone.sends(&setup, "operator", again).await.unwrap();
    assert!(outcomes(&answer).ends_with("begin again"), "{answer:?}");
    assert!(matches!(answer.items[0].outcome, Outcome::Accepted(_)));
}

#[tokio::test]
async fn a_device_may_no_more_than_its_person() {
    let (setup, mut phone) = with_phone().await;
    let role = RoleAt { role: "operator".to_owned(), office: BATAM };
    let sealed = phone.files(1);
    setup.person("pengganti", "operator", BATAM);
    let stranger = phone.sends(&setup, "pengganti", vec![sealed.clone()]).await;
    expect!["Denied: device.not_yours"].assert_eq(&told(&stranger, "taken"));
    // Another's name in the operation.
    let mut other =
        Phone { head: None, key: phone.key.clone(), lease: phone.lease.clone(), epoch: 7 };
    let lease = phone.lease.lease;
    let time = Hlc { ms: NOW_MS, counter: 0 };
    let mut op = operation(&lease, time, SubmissionId([5; 16]), incident(5, Some("x")));
    op.author = person(&setup, "pengganti");
    let forged = vec![other.seal_op(op)];
    let answer = other.sends(&setup, "operator", forged).await.unwrap();
    expect!["returned op.out_of_scope, begin again"].assert_eq(&outcomes(&answer));
    // What changes a record goes by hand.
    other.epoch = 8;
    other.head = None;
    let comment = Comment { record: RecordId([1; 16]), saw: Vec::new(), text: "x".to_owned() };
    let comment = vec![other.seal(6, NOW_MS, Change::Comment(comment))];
    let answer = other.sends(&setup, "operator", comment).await.unwrap();
    expect!["returned op.out_of_scope, begin again"].assert_eq(&outcomes(&answer));
    setup.node.end_role(&setup.actor("admin"), lease.person, &role).unwrap();
    let answer = phone.sends(&setup, "operator", vec![sealed]).await.unwrap();
    expect!["returned policy.denied, begin again"].assert_eq(&outcomes(&answer));
}

#[tokio::test]
async fn a_lease_holds_a_week() {
    let (setup, mut phone) = with_phone().await;
    let week_ms = NOW_MS + LEASE_MS_MAX;
    setup.clock.advance(2 * LEASE_MS_MAX);
    let within = phone.seal(1, week_ms, incident(1, Some("Hari ketujuh")));
    let beyond = phone.seal(2, week_ms + 1, incident(2, Some("Hari kedelapan")));
    let answer = phone.sends(&setup, "operator", vec![within, beyond]).await.unwrap();
    let told = outcomes(&answer);
    assert!(told.ends_with("returned device.lease_ended, begin again"), "{told}");
    assert!(told.starts_with("accepted"), "{told}");
    // A lease that the device wrote itself.
    let mut forged = phone.lease.clone();
    forged.lease.until_ms += 1;
    phone.lease = forged;
    let error = phone.sends(&setup, "operator", Vec::new()).await.unwrap_err();
    assert_eq!(error.problems()[0].code, "device.lease_forged");
    phone.lease = answer.lease.unwrap();
    phone.begin_again();
    let sealed = phone.seal(2, week_ms + 1 + LEASE_MS_MAX, incident(2, Some("Lagi")));
    let answer = phone.sends(&setup, "operator", vec![sealed]).await.unwrap();
    assert!(outcomes(&answer).starts_with("accepted"), "{answer:?}");
}

#[tokio::test]
async fn a_revoked_device_is_told_and_what_it_sealed_since_is_kept_apart() {
    let (setup, mut phone) = with_phone().await;
    let before = phone.files(1);
    phone.sends(&setup, "operator", vec![before.clone()]).await.unwrap();
    let since = vec![before, phone.files(2), phone.files(3)];
    let admin = setup.actor("admin");
    let writer = phone.stream().writer;
    let unknown = setup.node.revoke_device(&admin, setup.node.writer(), "x").await;
    expect!["NotFound: not_found"].assert_eq(&told(&unknown, "revoked"));
    let aceh = setup.node.revoke_device(&setup.actor("aceh"), writer, "x").await;
    expect!["NotFound: not_found"].assert_eq(&told(&aceh, "revoked"));
    setup.node.revoke_device(&admin, writer, "telepon hilang").await.unwrap();
    let answer = phone.sends(&setup, "operator", since).await.unwrap();
    let told = outcomes(&answer);
    assert!(told.ends_with("returned op.revoked, returned op.revoked, revoked"), "{told}");
    assert!(told.starts_with("accepted"), "{told}");
    assert_eq!(answer.lease, None);
    assert_eq!(quarantined(&setup), ["op.revoked", "op.revoked"]);
    let rows = setup.node.devices(&admin).unwrap();
    assert_eq!(rows[0].revoked.as_ref().unwrap().reason, "telepon hilang");
    assert!(setup.node.record(&setup.actor("operator"), RecordId([1; 16])).is_ok());
    assert!(setup.node.record(&setup.actor("operator"), RecordId([2; 16])).is_err());
}

#[tokio::test]
async fn a_device_that_lost_its_place_begins_again() {
    let (setup, mut phone) = with_phone().await;
    phone.files(1);
    let second = phone.files(2);
    let answer = phone.sends(&setup, "operator", vec![second]).await.unwrap();
    expect!["waiting, begin again"].assert_eq(&outcomes(&answer));
    assert!(quarantined(&setup).is_empty());
}
