use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{
    Digest, FieldId, OfficeId, OpTag, PersonId, RecordId, StateId, SubmissionId, WriterId,
};
use domain::op::TypeRef;
use domain::period::Date;
use domain::record::{Held, Record};
use domain::sync::health::Health;
use domain::value::{Cell, CellPath, Value};
use expect_test::{Expect, expect};
use store::log::Pos;
use store::people::{self, Assignment, Person, Session};
use store::receipts::{self, Receipt};
use store::records::{self, Cursor, Filter, Index};
use store::{Store, StoreError, audit, health, jobs, log, meta, offices, packs, quarantine};

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn record(n: u8, title: &str) -> Record {
    let held = Held {
        cell: Some(Cell::Value(Value::Text(title.into()))),
        by: OpTag([n; 8]),
        losers: Vec::new(),
    };
    Record {
        id: RecordId([n; 16]),
        type_ref: TypeRef { pack: "kejadian".into(), version: 1, type_id: 1 },
        office: OfficeId(u32::from(n % 3)),
        period: None,
        cells: BTreeMap::from([(CellPath::field(FieldId(1)), held)]),
        state: StateId(1),
        returned: BTreeMap::new(),
        approved: None,
        comments: Vec::new(),
        acknowledged: BTreeMap::new(),
        history: Vec::new(),
        heads: BTreeSet::from([OpTag([n; 8])]),
    }
}

fn index(record: &Record, day: i32, state: &str, title: &str) -> Index {
    Index {
        type_key: "kejadian.kejadian".into(),
        office: record.office,
        state_key: state.into(),
        date: Date(day),
        title: title.into(),
        urgent: day % 2 == 0,
        counts: true,
        updated_ms: 1_000,
    }
}

const TITLES: [&str; 6] = [
    "Banjir di Kota Batam",
    "Unjuk rasa damai",
    "Gempa bumi, Bintan",
    "Banjir bandang",
    "Kebakaran pasar",
    "Musyawarah désa",
];

fn filled() -> (tempfile::TempDir, Store) {
    let (dir, store) = open();
    store
        .write(|tx| {
            for (n, title) in (1u8..).zip(TITLES) {
                let record = record(n, title);
                let state = if n < 4 { "draf" } else { "terkirim" };
                records::put(tx, &record, &index(&record, i32::from(n) / 2, state, title))?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    (dir, store)
}

fn check(filter: &Filter<'_>, expect: &Expect) {
    let (_dir, store) = filled();
    let rows = store.read(|r| records::list(r, filter, None, 100)).unwrap();
    let titles: Vec<String> = rows
        .into_iter()
        .map(|row| format!("{} {} {}", row.index.date.0, row.index.state_key, row.index.title))
        .collect();
    expect.assert_eq(&titles.join("\n"));
}

#[test]
fn the_list_is_from_the_latest() {
    check(
        &Filter::default(),
        &expect![[r"
        3 terkirim Musyawarah désa
        2 terkirim Kebakaran pasar
        2 terkirim Banjir bandang
        1 draf Gempa bumi, Bintan
        1 draf Unjuk rasa damai
        0 draf Banjir di Kota Batam"]],
    );
}

#[test]
fn filters() {
    let offices = BTreeSet::from([OfficeId(0), OfficeId(2)]);
    check(
        &Filter { offices: Some(&offices), ..Filter::default() },
        &expect![[r"
        3 terkirim Musyawarah désa
        2 terkirim Kebakaran pasar
        1 draf Gempa bumi, Bintan
        1 draf Unjuk rasa damai"]],
    );
    let states = BTreeSet::from(["draf".to_owned()]);
    let from = Some(Date(1));
    check(
        &Filter { states: Some(&states), from, ..Filter::default() },
        &expect![[r"
        1 draf Gempa bumi, Bintan
        1 draf Unjuk rasa damai"]],
    );
    let types = BTreeSet::from(["lapsit.harian".to_owned()]);
    check(&Filter { types: Some(&types), ..Filter::default() }, &expect![""]);
    check(
        &Filter { to: Some(Date(0)), urgent: Some(true), ..Filter::default() },
        &expect!["0 draf Banjir di Kota Batam"],
    );
    let none = BTreeSet::new();
    check(&Filter { offices: Some(&none), ..Filter::default() }, &expect![""]);
    check(&Filter { returned: Some(true), ..Filter::default() }, &expect![""]);
}

#[test]
fn text_is_searched_by_beginnings_of_words() {
    check(
        &Filter { text: Some("banj"), ..Filter::default() },
        &expect![[r"
        2 terkirim Banjir bandang
        0 draf Banjir di Kota Batam"]],
    );
    check(
        &Filter { text: Some("BAT banjir"), ..Filter::default() },
        &expect!["0 draf Banjir di Kota Batam"],
    );
    check(
        &Filter { text: Some("desa"), ..Filter::default() },
        &expect!["3 terkirim Musyawarah désa"],
    );
    check(&Filter { text: Some("\" OR title:* NEAR("), ..Filter::default() }, &expect![""]);
}

#[test]
fn a_title_that_changes_is_found_by_the_new_one_alone() {
    let (_dir, store) = filled();
    let changed = record(5, "Pasar pulih");
    store
        .write(|tx| records::put(tx, &changed, &index(&changed, 2, "draf", "Pasar pulih")))
        .unwrap();
    let found = |text| {
        let filter = Filter { text: Some(text), ..Filter::default() };
        store.read(|r| records::list(r, &filter, None, 10)).unwrap().len()
    };
    assert_eq!((found("kebakaran"), found("pulih")), (0, 1));
    let kept = store.read(|r| records::get(r, changed.id)).unwrap();
    assert_eq!(kept, Some(changed));
}

#[test]
fn pages_join_without_gap_or_repetition() {
    let (_dir, store) = filled();
    let all = store.read(|r| records::list(r, &Filter::default(), None, 100)).unwrap();
    for size in 1..7 {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = store.read(|r| records::list(r, &Filter::default(), after, size)).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor.to_string().parse::<Cursor>().unwrap());
            pages.extend(page);
        }
        assert_eq!(pages, all, "pages of {size}");
    }
    assert!("1.".parse::<Cursor>().is_err());
}

#[test]
fn counts() {
    let (_dir, store) = filled();
    let counts = store.read(|r| records::count(r, &Filter::default())).unwrap();
    let counts: Vec<_> =
        counts.iter().map(|count| (count.state_key.as_str(), count.records)).collect();
    assert_eq!(counts, [("draf", 3), ("terkirim", 3)]);
}

#[test]
fn waiting_records_wait_for_their_pack() {
    let (_dir, store) = open();
    let record = record(1, "x");
    let later = TypeRef { version: 2, ..record.type_ref.clone() };
    store.write(|tx| records::wait(tx, record.id, &later)).unwrap();
    let waiting = |version| store.read(|r| records::waiting(r, "kejadian", version)).unwrap();
    assert_eq!((waiting(1), waiting(2)), (vec![], vec![record.id]));
    store.write(|tx| records::put(tx, &record, &index(&record, 1, "draf", "x"))).unwrap();
    assert_eq!(waiting(2), []);
}

/// An operation that can be folded doesn't make up for one that can't.
#[test]
fn a_record_waits_until_every_operation_is_in() {
    let (_dir, store) = open();
    let later = TypeRef { pack: "kejadian".into(), version: 2, type_id: 1 };
    let partly = record(4, "x");
    store
        .write(|tx| {
            let op = crate::crash::next(&log::head(tx, &crate::crash::stream())?, 1);
            log::append(tx, &op, 1)?;
            records::wait(tx, partly.id, &later)?;
            records::put(tx, &partly, &index(&partly, 1, "draf", "x"))
        })
        .unwrap();
    assert_eq!(store.read(|r| records::waiting(r, "kejadian", 2)).unwrap(), [partly.id]);
}

#[test]
fn one_receipt_a_submission() {
    let (_dir, store) = open();
    let receipt = Receipt {
        submission: SubmissionId([1; 16]),
        record: Some(RecordId([2; 16])),
        link: Digest([3; 32]),
        pos: Pos(4),
        received_ms: 5,
        author: PersonId([6; 16]),
        digest: Some(Digest([7; 32])),
        flags: 1,
    };
    store.write(|tx| receipts::put(tx, &receipt)).unwrap();
    let found = store.read(|r| receipts::get(r, receipt.submission)).unwrap();
    assert_eq!(found, Some(receipt.clone()));
    assert!(store.write(|tx| receipts::put(tx, &receipt)).is_err());
    assert_eq!(store.read(|r| receipts::get(r, SubmissionId([9; 16]))).unwrap(), None);
}

#[test]
fn people_and_sessions() {
    let (_dir, store) = open();
    let person = Person {
        id: PersonId([1; 16]),
        login: "siti".into(),
        name: "Siti Aminah".into(),
        active: true,
        created_ms: 1,
    };
    let role = Assignment {
        person: person.id,
        role: "operator".into(),
        office: OfficeId(2171),
        from: Date(0),
        until: None,
    };
    let session =
        Session { token: Digest([5; 32]), person: person.id, created_ms: 10, expires_ms: 20 };
    store
        .write(|tx| {
            people::put(tx, &person)?;
            people::assign(tx, &role)?;
            people::assign(tx, &Assignment { until: Some(Date(9)), ..role.clone() })?;
            people::set_credential(tx, person.id, "password", "first", 1)?;
            people::set_credential(tx, person.id, "password", "second", 2)?;
            people::put_session(tx, &session)
        })
        .unwrap();
    store
        .read(|r| {
            assert_eq!(people::by_login(r, "siti")?, Some(person.clone()));
            assert_eq!(people::roles(r, person.id)?[0].until, Some(Date(9)));
            let secret = people::credential(r, person.id, "password")?;
            assert_eq!(secret.as_deref(), Some("second"));
            assert_eq!(people::session(r, &session.token)?, Some(session.clone()));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    store.write(|tx| people::drop_ended_sessions(tx, 19)).unwrap();
    assert!(store.read(|r| people::session(r, &session.token)).unwrap().is_some());
    store.write(|tx| people::drop_ended_sessions(tx, 20)).unwrap();
    assert!(store.read(|r| people::session(r, &session.token)).unwrap().is_none());
    let nobody = Assignment { person: PersonId([9; 16]), ..role };
    assert!(store.write(|tx| people::assign(tx, &nobody)).is_err());
}

#[test]
fn the_rest_reads_back() {
    let (_dir, store) = open();
    let person = PersonId([1; 16]);
    let pack = |version| packs::PackRow {
        name: "kejadian".into(),
        version,
        pos: Pos(u64::from(version)),
        bytes: vec![0],
    };
    let refused = quarantine::Quarantined {
        received_ms: 1,
        stream: None,
        seq: Some(4),
        code: "op.forged".into(),
        detail: "x".into(),
        bytes: vec![9],
    };
    let line = audit::Entry {
        at_ms: 1,
        person: Some(person),
        action: "export".into(),
        subject: "kejadian".into(),
        detail: String::new(),
    };
    let event = domain::office::OfficeEvent {
        date: Date(1),
        basis: "UU 14/2022".into(),
        changes: Vec::new(),
    };
    let job = store
        .write(|tx| {
            meta::put(tx, "name", b"Kepri")?;
            packs::put(tx, &pack(2))?;
            packs::put(tx, &pack(1))?;
            quarantine::put(tx, &refused)?;
            audit::put(tx, &line)?;
            offices::put(tx, Pos(3), &event)?;
            let job = jobs::start(tx, "import", person, "running", 5, b"0")?;
            jobs::update(tx, job, "done", 6, b"100")?;
            Ok::<_, StoreError>(job)
        })
        .unwrap();
    store
        .read(|r| {
            assert_eq!(meta::get(r, "name")?.as_deref(), Some(&b"Kepri"[..]));
            assert_eq!(packs::latest(r, "kejadian")?, Some(pack(2)));
            assert_eq!(packs::all_versions(r)?, [pack(1), pack(2)]);
            let held = quarantine::Held { id: 1, refused: refused.clone(), seen: None };
            assert_eq!(quarantine::list(r, None, true, 10)?, std::slice::from_ref(&held));
            assert_eq!(quarantine::get(r, 1)?, Some(held));
            assert_eq!(quarantine::get(r, 2)?, None);
            assert_eq!(audit::list(r, Some(2), 10)?, [(1, line.clone())]);
            assert_eq!(audit::list(r, Some(1), 10)?, []);
            assert_eq!(offices::all(r)?, std::slice::from_ref(&event));
            assert_eq!(jobs::get(r, job)?.map(|job| job.body), Some(b"100".to_vec()));
            assert_eq!(jobs::in_state(r, "running")?, []);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn a_reader_sees_one_moment() {
    let (_dir, store) = open();
    store.write(|tx| meta::put(tx, "k", b"1")).unwrap();
    store
        .read(|r| {
            assert_eq!(meta::get(r, "k")?.as_deref(), Some(&b"1"[..]));
            store.write(|tx| meta::put(tx, "k", b"2"))?;
            assert_eq!(meta::get(r, "k")?.as_deref(), Some(&b"1"[..]));
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let copy = tempfile::tempdir().unwrap();
    store.copy_to(&copy.path().join("genggam.db")).unwrap();
    let copied = Store::open(copy.path()).unwrap();
    assert_eq!(copied.read(|r| meta::get(r, "k")).unwrap().as_deref(), Some(&b"2"[..]));
}

fn refused(seq: u64, bytes: Vec<u8>) -> quarantine::Quarantined {
    quarantine::Quarantined {
        received_ms: seq,
        stream: None,
        seq: Some(seq),
        code: "op.forged".into(),
        detail: "why".into(),
        bytes,
    }
}

#[test]
fn a_quarantine_that_is_full_keeps_what_was_refused_without_its_bytes() {
    let (_dir, store) = open();
    let refused = |seq| refused(seq, vec![9; 30 * 1024 * 1024]);
    store.write(|tx| (1..=4).try_for_each(|seq| quarantine::put(tx, &refused(seq)))).unwrap();
    let held = store.read(|r| quarantine::list(r, None, true, 10)).unwrap();
    let kept: Vec<_> = held.iter().map(|held| (held.id, !held.refused.bytes.is_empty())).collect();
    assert_eq!(kept, [(4, false), (3, false), (2, true), (1, true)]);
    assert_eq!(held[3].refused.detail, "why");
    assert_eq!(held[0].refused.detail, "why (the quarantine is full: the bytes are not kept)");
}

#[test]
fn what_was_seen_first_stays_and_nothing_is_lost() {
    let (_dir, store) = open();
    let refused = |seq| refused(seq, vec![9]);
    let seen = |at_ms| quarantine::Seen { at_ms, by: PersonId([7; 16]) };
    let first = store.write(|tx| {
        (1..=3).try_for_each(|seq| quarantine::put(tx, &refused(seq)))?;
        let first = quarantine::mark_seen(tx, 2, seen(10))?;
        Ok::<_, StoreError>((first, quarantine::mark_seen(tx, 2, seen(20))?))
    });
    assert_eq!(first.unwrap(), (true, false));
    let ids = |held: Vec<quarantine::Held>| held.iter().map(|held| held.id).collect::<Vec<_>>();
    store
        .read(|r| {
            assert_eq!(quarantine::get(r, 2)?.and_then(|held| held.seen), Some(seen(10)));
            assert_eq!(quarantine::unseen(r)?, 2);
            assert_eq!(ids(quarantine::list(r, None, false, 10)?), [3, 2, 1]);
            assert_eq!(ids(quarantine::list(r, None, true, 10)?), [3, 1]);
            assert_eq!(ids(quarantine::list(r, Some(3), false, 1)?), [2]);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn the_latest_word_of_a_node_holds() {
    let (_dir, store) = open();
    let row = |writer: u8, heard_ms| Health {
        writer: WriterId([writer; 16]),
        office: OfficeId(2171),
        name: "Batam".into(),
        program: "0.1.0".into(),
        protocol: 1,
        heard_ms,
        offset_ms: -3,
        waiting: [0, 0, heard_ms, 0, 0],
        oldest_waiting_ms: None,
        packs: vec![("kejadian".into(), 2)],
        log_ops: 5,
        via: WriterId([9; 16]),
        twice_ms: None,
    };
    let put = |row| store.write(|tx| health::put(tx, &row)).unwrap();
    assert_eq!([row(1, 5), row(1, 5), row(1, 4), row(1, 6)].map(put), [true, false, false, true]);
    assert_eq!([row(2, 7), row(3, 8)].map(put), [true, true]);
    assert_eq!(store.read(health::all).unwrap(), [row(1, 6), row(2, 7), row(3, 8)]);
    store.write(|tx| health::keep_latest(tx, 2)).unwrap();
    assert_eq!(store.read(health::all).unwrap(), [row(2, 7), row(3, 8)]);
}
