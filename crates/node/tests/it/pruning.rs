//! A node that keeps old records without their operations' bytes: nobody can tell, but by the room.

use std::collections::BTreeMap;

use domain::form::{RawComment, RawTransition};
use domain::ids::{RecordId, SubmissionId};
use domain::limits::PRUNE_KEEP_DAYS;
use domain::record::Record;
use facts::Query;
use node::{Kept, Node, PruneError, Pruning, Submission, Wanted};
use rusqlite::Connection;
use serde_json::json;
use store::log::{self, Logged, Pos};
use store::{StoreError, records};

use crate::fixture::{BATAM, daily, incident, patch};
use crate::sync::{self, Place, exchange, link};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The centre, a province and a regency that told each other a story.
struct Three {
    centre: Place,
    kepri: Place,
    batam: Place,
}

async fn three() -> Three {
    let [centre, kepri, batam] = sync::three().await;
    let told = Three { centre, kepri, batam };
    told.story().await;
    told
}

impl Three {
    async fn story(&self) {
        for n in 1..=12 {
            self.batam.submit("operator", incident(n, BATAM, "Banjir rob di pesisir")).await;
        }
        for n in 41..=44 {
            let day = format!("2021-01-0{}", n - 40);
            self.batam.submit("operator", daily(n, BATAM, &day)).await;
        }
        let first = RecordId([1; 16]);
        self.batam.submit("operator", patch(101, first, json!({"korban": 5}))).await;
        self.batam.submit("operator", patch(102, first, json!({"korban": 5}))).await;
        self.batam.submit("operator", comment(103, first)).await;
        let content = self.batam.node.record(&self.batam.actor("operator"), first).unwrap().content;
        let sent = RawTransition {
            record: first,
            submission: SubmissionId([104; 16]),
            action: "ajukan".to_owned(),
            content,
            returned: Vec::new(),
            reason: None,
        };
        self.batam.submit("operator", Submission::Transition(sent)).await;
        self.sync().await;
    }

    async fn sync(&self) {
        exchange(&self.batam, &self.kepri).await;
        exchange(&self.kepri, &self.centre).await;
    }

    fn later(&self, days: u64) {
        for place in [&self.centre, &self.kepri, &self.batam] {
            place.clock.advance(days * DAY_MS);
        }
    }
}

fn comment(n: u8, record: RecordId) -> Submission {
    let submission = SubmissionId([n; 16]);
    // Long, so that pages become free when it goes.
    Submission::Comment(RawComment { record, submission, text: "sudah diperiksa ".repeat(800) })
}

fn prune(place: &Place) -> Pruning {
    place.node.prune(PRUNE_KEEP_DAYS, false, |_| {}).unwrap()
}

fn logged(node: &Node) -> Vec<Logged> {
    node.kernel().store().read(|r| log::after(r, Pos(0), usize::MAX)).unwrap()
}

fn record(node: &Node, id: RecordId) -> Option<Record> {
    node.kernel().store().read(|r| records::get(r, id)).unwrap()
}

fn all_records(node: &Node) -> BTreeMap<RecordId, Record> {
    let filter = records::Filter::default();
    let listed =
        node.kernel().store().read(|r| records::list(r, &filter, None, usize::MAX)).unwrap();
    listed.iter().map(|row| (row.record, record(node, row.record).unwrap())).collect()
}

/// Operations that are on disk as they came.
fn whole(place: &Place) -> usize {
    let file = Connection::open(place.dir.path().join("genggam.db")).unwrap();
    let count = file.query_row("SELECT count(bytes) FROM log", [], |row| row.get::<_, i64>(0));
    usize::try_from(count.unwrap()).unwrap()
}

/// A figure of today, and as it was known on a day.
async fn figure(place: &Place, known: Option<&str>) -> String {
    place.node.facts_caught_up().await.unwrap();
    let mut query = json!({
        "measures": ["uji.harian:received"], "rows": ["office:regency"],
        "from": "2021-01-01", "to": "2021-01-31",
    });
    if let Some(day) = known {
        query["as_known"] = json!(format!("{day}T23:00:00Z"));
    }
    let query: Query = serde_json::from_value(query).unwrap();
    let figure = place.node.figure(&place.actor("verifikator"), &query, "id").await.unwrap();
    serde_json::to_string(&figure.cells).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_pruned_is_there_all_the_same() {
    let told = three().await;
    let kepri = &told.kepri;
    let (before, stood) = (logged(&kepri.node), all_records(&kepri.node));
    let figures = figure(kepri, None).await;
    assert_eq!(prune(kepri).kept, BTreeMap::from([(Kept::Young, 16)]), "all of it is young");
    told.later(200);
    let tried = kepri.node.prune(PRUNE_KEEP_DAYS, true, |_| {}).unwrap();
    assert_eq!(whole(kepri), before.len(), "a trial prunes nothing");
    let pruned = prune(kepri);
    assert_eq!((pruned.records, pruned.ops), (16, 20));
    assert_eq!((pruned.records, pruned.bytes), (tried.records, tried.bytes));
    assert!(pruned.bytes > 1_000, "{}", pruned.bytes);
    assert!(pruned.file_bytes.1 < pruned.file_bytes.0, "{:?}", pruned.file_bytes);
    assert_eq!(whole(kepri), before.len() - 20);

    assert_eq!(logged(&kepri.node), before, "every operation is made again, byte by byte");
    assert_eq!(all_records(&kepri.node), stood);
    let verified = kepri.node.verify().unwrap();
    assert_eq!((verified.records, verified.faults), (16, Vec::new()));
    kepri.node.rebuild_facts();
    assert_eq!(figure(kepri, None).await, figures, "figures are those of before");
    assert_eq!(
        prune(kepri),
        Pruning { before: 16, file_bytes: prune(kepri).file_bytes, ..Pruning::default() }
    );
}

/// As was known on a day before the pruning: receipt times stay with what is pruned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_known_before_stays_known_so() {
    let told = three().await;
    told.later(3);
    told.batam.submit("operator", daily(60, BATAM, "2021-01-09")).await;
    told.sync().await;
    let days = ["2021-01-08", "2021-01-10", "2021-01-12"];
    let mut before = Vec::new();
    for day in days {
        before.push(figure(&told.kepri, Some(day)).await);
    }
    assert_ne!(before[0], before[2], "a report came between");
    told.later(200);
    assert_eq!(prune(&told.kepri).records, 17);
    told.kepri.node.rebuild_facts();
    for (day, before) in days.into_iter().zip(before) {
        assert_eq!(figure(&told.kepri, Some(day)).await, before, "as known on {day}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_a_node_above_has_goes() {
    let told = three().await;
    told.later(200);
    let centre = told.centre.node.prune(PRUNE_KEEP_DAYS, false, |_| {}).unwrap_err();
    assert!(matches!(centre, PruneError::Centre), "{centre}");
    let early = told.kepri.node.prune(29, false, |_| {}).unwrap_err();
    assert!(matches!(early, PruneError::TooEarly { min_days: 30 }), "{early}");
    told.batam.submit("operator", incident(70, BATAM, "Angin kencang")).await;
    exchange(&told.batam, &told.kepri).await;
    told.later(200);
    let kept = prune(&told.kepri).kept;
    assert_eq!(kept, BTreeMap::from([(Kept::Unheard, 1)]), "the centre has not heard of it");
    exchange(&told.kepri, &told.centre).await;
    assert_eq!(prune(&told.kepri).records, 1);
    assert_eq!(prune(&told.batam).records, 17, "a regency prunes what its province has");
}

/// A node that lost everything, or is new, gets what its parent pruned; then it works as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_node_is_brought_up_by_one_that_pruned() {
    let told = three().await;
    told.later(200);
    assert_eq!(prune(&told.kepri).records, 16);
    let lost = Place::below(BATAM, &told.kepri).await;
    lost.clock.advance(200 * DAY_MS);
    exchange(&lost, &told.kepri).await;
    assert_eq!(all_records(&lost.node), all_records(&told.batam.node));
    let streams = |place: &Place| {
        let held = place.node.kernel().held().unwrap();
        let old =
            |(stream, _): &(domain::op::StreamId, u64)| stream.writer == told.batam.node.writer();
        held.into_iter().filter(old).collect::<Vec<_>>()
    };
    assert_eq!(streams(&lost), streams(&told.batam), "the chains stand where they stood");
    assert_eq!(lost.node.verify().unwrap().faults, Vec::<String>::new());

    lost.submit("operator", incident(90, BATAM, "Kebakaran pasar")).await;
    lost.submit("operator", patch(91, RecordId([2; 16]), json!({"korban": 9}))).await;
    let (sent, _) = exchange(&lost, &told.kepri).await;
    assert_eq!((sent.why, sent.sent_ops), (None, 2));
    assert!(told.kepri.holds(RecordId([90; 16])));
    let second = RecordId([2; 16]);
    assert_eq!(record(&told.kepri.node, second), record(&lost.node, second));

    let (admin, gone) = (told.kepri.actor("admin"), [&told.batam, &lost]);
    for place in gone {
        told.kepri.node.revoke(&admin, place.node.writer(), "hilang").await.unwrap();
    }
    let by_file = Place::below(BATAM, &told.kepri).await;
    let bundle = told.kepri.node.kernel();
    for file in bundle.export_bundle(BATAM, Wanted::All, 100_000).unwrap().files {
        by_file.node.import_bundle(&file, |_, _| {}).await.unwrap();
    }
    assert_eq!(all_records(&by_file.node), all_records(&lost.node), "a file does it too");
}

/// What was said while a node was away comes late, to a record that was pruned meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_patch_folds_as_where_nothing_was_pruned() {
    let told = three().await;
    let (first, second) = (RecordId([1; 16]), RecordId([2; 16]));
    told.batam.submit("operator", patch(110, first, json!({"korban": 8}))).await;
    told.batam.submit("operator", comment(111, second)).await;
    told.kepri.clock.advance(DAY_MS);
    told.kepri.submit("verifikator", comment(112, first)).await;
    exchange(&told.kepri, &told.centre).await;
    told.kepri.clock.advance(200 * DAY_MS);
    assert_eq!(prune(&told.kepri).records, 16);
    let stubs = logged(&told.kepri.node).len() - whole(&told.kepri);
    assert_eq!(stubs, 21);
    told.sync().await;
    let stubs_now = logged(&told.kepri.node).len() - whole(&told.kepri);
    assert_eq!(stubs - stubs_now, 6 + 1, "both records have their operations back");
    for id in [first, second] {
        let at = [&told.centre, &told.kepri, &told.batam].map(|place| record(&place.node, id));
        assert!(at[0].is_some() && at.iter().all(|one| *one == at[0]), "{at:#?}");
    }
    assert_eq!(told.kepri.node.verify().unwrap().faults, Vec::<String>::new());
    told.later(200);
    assert_eq!(prune(&told.kepri).records, 2, "and go again");
}

/// A record that was changed behind the node's back gives no operations: nothing false goes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_was_tampered_with_gives_nothing() {
    let told = three().await;
    told.later(200);
    prune(&told.kepri);
    let file = Connection::open(told.kepri.dir.path().join("genggam.db")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let id = [3_u8; 16];
    let body = "SELECT body FROM records WHERE id = ?1";
    let body: Vec<u8> = file.query_row(body, [id], |row| row.get(0)).unwrap();
    let at = body.windows(6).position(|word| word == b"Banjir").unwrap();
    let changed = [&body[..at], b"Aman..", &body[at + 6..]].concat();
    file.execute("UPDATE records SET body = ?2 WHERE id = ?1", (id, changed)).unwrap();

    let verified = told.kepri.node.verify();
    let faults = verified.map_or_else(|error| error.to_string(), |whole| whole.faults.join("; "));
    assert!(faults.contains("was pruned and can't be made again"), "{faults}");
    let fresh = Place::below(BATAM, &told.kepri).await;
    let [up, down] = link(&told.kepri);
    let (child, parent) = (fresh.node.clone(), told.kepri.node.clone());
    let dialled = tokio::spawn(async move { child.sync(up).await });
    let listened = parent.sync(down).await;
    assert!(matches!(listened, Err(StoreError::Unmade { .. })), "{listened:?}");
    dialled.await.unwrap().unwrap();
    assert!(!fresh.holds(RecordId(id)));
    assert_eq!(fresh.node.verify().unwrap().faults, Vec::<String>::new());
}
