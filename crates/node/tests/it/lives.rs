//! Lives of a key: it ends and is trusted again, its office moves, its node is restored.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::hlc::Hlc;
use domain::ids::{OfficeId, PersonId, RecordId, SubmissionId};
use domain::office::{Amendment, OfficeChange, OfficeEvent};
use domain::op::{
    self, Audience, Change, FORMAT, Lane, Op, StreamHead, StreamId, sign_head, writer_id,
};
use domain::permit::Permit;
use domain::trust::{Certificate, KeyRole, Revocation, Trusted};
use ed25519_dalek::SigningKey;
use node::clock::SetClock;
use node::{Batch, Config, Node};
use serde_json::json;
use tempfile::TempDir;

use crate::fixture::{BATAM, CENTRE, KEPRI, NOW_MS, Setup, incident, patch};
use crate::ingest::creation;
use crate::pack::pack;
use crate::project::total;
use crate::sync::{Place, exchange, link, three};

/// A node elsewhere, by hand.
struct Hand {
    key: SigningKey,
    heads: BTreeMap<StreamId, StreamHead>,
}

impl Hand {
    fn new(n: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[n; 32]), heads: BTreeMap::new() }
    }

    fn certificate(&self, office: OfficeId) -> Certificate {
        let key = self.key.verifying_key().to_bytes();
        let name = format!("simpul {office}");
        Certificate { role: KeyRole::Node, key, seal: [0; 32], office, name, holder: None }
    }

    fn stream(&self, audience: Audience, lane: Lane) -> StreamId {
        StreamId { writer: writer_id(&self.key.verifying_key()), epoch: 1, audience, lane }
    }

    fn writes(&mut self, audience: Audience, lane: Lane, op: Op) -> Batch {
        let stream = self.stream(audience, lane);
        let head = self.heads.entry(stream.clone()).or_insert_with(|| StreamHead::start(&stream));
        let office =
            if let Change::Create(create) = &op.change { create.office } else { op.office };
        let permit = Permit::granted(op.author, office, "any");
        let sealed = op::seal(&permit, &stream, head, op).unwrap();
        let first_seq = head.next_seq;
        *head = sealed.head();
        let signature = sign_head(&self.key, &stream, head).signature;
        Batch { stream, first_seq, ops: vec![sealed.bytes().to_vec()], signature }
    }

    /// Says something on the control lane.
    fn says(&mut self, audience: Audience, office: OfficeId, change: Change) -> Batch {
        let counter = u32::try_from(self.heads.len()).unwrap();
        let submission = SubmissionId([self.key.to_bytes()[0]; 16]);
        let time = Hlc { ms: NOW_MS, counter };
        let author = PersonId([9; 16]);
        self.writes(
            audience,
            Lane::Control,
            Op { format: FORMAT, time, author, office, submission, change, moved: None },
        )
    }
}

/// A node of Kepulauan Riau under a root and a centre that are played by hand.
async fn kepri(centre: &Hand) -> Setup {
    let dir = TempDir::new().unwrap();
    let clock = Arc::new(SetClock::at(NOW_MS));
    let config = Config {
        dir: dir.path().to_owned(),
        office: Some(KEPRI),
        name: Some("kepri".to_owned()),
        simulation: None,
    };
    let node =
        Node::open(&config, Arc::clone(&clock) as Arc<dyn node::clock::Clock>).await.unwrap();
    node.found("admin", "Admin", "kata sandi panjang").unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let root = SigningKey::from_bytes(&[1; 32]).verifying_key();
    let parent = minicbor::to_vec(centre.certificate(CENTRE)).unwrap();
    let given = json!({ "root": hex(root.as_bytes()), "parent": hex(&parent), "url": "http://x" });
    node.kernel().join(&serde_json::from_value(given).unwrap()).unwrap();
    let setup = Setup { dir, clock, node };
    setup.person("analis", "analis", KEPRI);
    setup
}

/// A second node of Kepulauan Riau certifies one of Batam, revokes it, and is itself revoked from
/// before that.
struct Story {
    centre: Hand,
    batches: Vec<Batch>,
    trust_returns: Batch,
}

fn story() -> Story {
    let (mut centre, mut second, mut batam) = (Hand::new(2), Hand::new(3), Hand::new(4));
    let mut counting = pack();
    counting.types[0].workflow.states[0].counts = true;
    let (down, up) = (Audience::Down(CENTRE), Audience::Up(BATAM));
    let moves = Amendment {
        id: BATAM,
        code: Some("14.99".to_owned()),
        bps: None,
        name: None,
        parent: Some(OfficeId(14)),
    };
    let moves = OfficeEvent {
        date: "2026-02-01".parse().unwrap(),
        basis: "uji".to_owned(),
        changes: vec![OfficeChange::Change(moves)],
    };
    let ends = |hand: &Hand, trusted| Revocation {
        writer: writer_id(&hand.key.verifying_key()),
        trusted,
        reason: "hilang".to_owned(),
    };
    let (of_second, of_batam) = (second.certificate(KEPRI), batam.certificate(BATAM));
    let mut batches = vec![
        centre.says(down.clone(), CENTRE, Change::Pack(counting.encode().unwrap())),
        centre.says(Audience::Down(KEPRI), CENTRE, Change::Certificate(of_second)),
        second.says(up.clone(), KEPRI, Change::Certificate(of_batam)),
    ];
    let link = second.heads[&second.stream(up.clone(), Lane::Control)].link;
    batches.push(batam.writes(up.clone(), Lane::Forms, creation(1, 1)));
    batches.push(batam.writes(up.clone(), Lane::Forms, creation(2, 1)));
    batches.push(centre.says(down, CENTRE, Change::Office(moves)));
    let void = Change::Revocation(ends(&batam, Vec::new()));
    batches.push(second.says(up.clone(), KEPRI, void));
    let stream = second.stream(up, Lane::Control);
    let ended = ends(&second, vec![Trusted { stream, last_seq: 1, link }]);
    let trust_returns = centre.says(Audience::Down(KEPRI), CENTRE, Change::Revocation(ended));
    Story { centre, batches, trust_returns }
}

fn holds(setup: &Setup, n: u8) -> bool {
    let read = |r: &store::Reader<'_>| store::records::get(r, RecordId([n; 16]));
    setup.node.kernel().store().read(read).unwrap().is_some()
}

#[tokio::test]
async fn what_was_taken_out_counts_again_when_trust_returns() {
    let story = story();
    let setup = kepri(&story.centre).await;
    let count = || total(&setup, "uji.jumlah");
    let mut told = Vec::new();
    for batch in story.batches.iter().cloned().chain([story.trust_returns.clone()]) {
        let taken = setup.node.ingest(batch).await.unwrap();
        assert_eq!((taken.refused, taken.kept), (None, 1));
        told.push(count().await);
    }
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(told, ["", "", "", "1", "2", "2", "", "2"]);
    assert!(holds(&setup, 1) && holds(&setup, 2));
    assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
    let unseen = setup.node.quarantine(&setup.actor("admin"), None, true).unwrap();
    assert_eq!(unseen.rows.len(), 3, "two reports, and what took them out");
    let trail = setup.node.kernel().store().read(|r| store::audit::list(r, None, 1)).unwrap();
    assert_eq!(
        (trail[0].1.action.as_str(), trail[0].1.detail.as_str()),
        ("trust.again", "2 operations")
    );
    let setup = setup.restart_as(KEPRI).await;
    setup.node.rebuild_facts();
    assert_eq!(total(&setup, "uji.jumlah").await, "2");
}

/// Whatever comes first, in the end all nodes hold the same records, voided or not.
#[tokio::test]
async fn every_order_of_arrival_gives_the_same() {
    let story = story();
    let mut all = story.batches.clone();
    for returns in [false, true] {
        if returns {
            all.push(story.trust_returns.clone());
        }
        for turn in 0..all.len() {
            all.rotate_left(1);
            // Some in the order of a rotation, some backwards, some with neighbours changed.
            match turn % 3 {
                0 => all.reverse(),
                1 => all.swap(0, 2),
                _ => {}
            }
            let setup = kepri(&story.centre).await;
            // What is not taken comes again, as it does from a peer.
            for _ in 0..all.len() {
                for batch in &all {
                    drop(setup.node.ingest(batch.clone()).await);
                }
            }
            let expected = if returns { "2" } else { "" };
            assert_eq!(total(&setup, "uji.jumlah").await, expected, "{all:?}");
            assert_eq!((holds(&setup, 1), holds(&setup, 2)), (returns, returns));
            assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
        }
    }
}

/// A place whose disk is lost goes on from a backup.
async fn restored(backup: &std::path::Path, key: Option<&std::path::Path>) -> Place {
    let dir = TempDir::new().unwrap();
    node::restore(backup, dir.path(), key).unwrap();
    let config = Config { dir: dir.path().to_owned(), ..Config::default() };
    let clock = Arc::new(SetClock::at(NOW_MS));
    let told = Arc::clone(&clock) as Arc<dyn node::clock::Clock>;
    Place { node: Node::open(&config, told).await.unwrap(), dir, clock }
}

/// The centre and Batam, who know each other.
async fn two() -> [Place; 2] {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let batam = Place::below(BATAM, &centre).await;
    exchange(&batam, &centre).await;
    [centre, batam]
}

fn epochs(place: &Place) -> std::collections::BTreeSet<u32> {
    let held = place.node.kernel().held().unwrap();
    let own = held.iter().filter(|(stream, _)| stream.writer == place.node.writer());
    own.map(|(stream, _)| stream.epoch).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_node_gets_back_what_was_sent_and_contradicts_nothing() {
    let [centre, batam] = two().await;
    batam.submit("operator", incident(1, BATAM, "Banjir")).await;
    exchange(&batam, &centre).await;
    let kept = TempDir::new().unwrap();
    let (backup, key) = (kept.path().join("batam.backup"), kept.path().join("node.key"));
    batam.node.backup(&backup).unwrap();
    std::fs::copy(batam.dir.path().join("node.key"), &key).unwrap();
    batam.submit("operator", incident(2, BATAM, "Gempa")).await;
    exchange(&batam, &centre).await;
    batam.submit("operator", incident(3, BATAM, "Kebakaran")).await;
    batam.node.close();

    // Twice, as when the first attempt is thought to have failed.
    let first = restored(&backup, Some(&key)).await;
    first.submit("operator", incident(4, BATAM, "Angin kencang")).await;
    exchange(&first, &centre).await;
    first.node.close();
    let second = restored(&backup, Some(&key)).await;
    second.submit("operator", incident(5, BATAM, "Tanah longsor")).await;
    exchange(&second, &centre).await;
    exchange(&second, &centre).await;
    for n in [1, 2, 4, 5] {
        let record = RecordId([n; 16]);
        assert!(centre.holds(record) && second.holds(record), "report {n}");
    }
    assert!(!centre.holds(RecordId([3; 16])), "never sent: lost with the disk");
    assert_eq!(epochs(&second).len(), 3, "three lives");

    // Sent again by whoever has no receipt: what came back is known, what was lost is new.
    let actor = second.actor("operator");
    let again = |n, title| second.node.submit(&actor, incident(n, BATAM, title));
    assert!(again(2, "Gempa").await.unwrap().repeated);
    assert!(!again(3, "Kebakaran").await.unwrap().repeated);
    exchange(&second, &centre).await;
    assert!(centre.holds(RecordId([3; 16])));
    for place in [&centre, &second] {
        assert_eq!(place.node.verify().unwrap().faults, Vec::<String>::new());
        let admin = place.actor("admin");
        assert_eq!(place.node.quarantine(&admin, None, false).unwrap().rows, Vec::new());
    }
}

/// A session with a node that answers at an address; what the dialler shows of it then, if anybody
/// has to do something.
async fn told(child: &Place, parent: &Place) -> Option<String> {
    let [mut up, down] = link(parent);
    up.url = Some("https://atas.example".to_owned());
    tokio::try_join!(child.node.sync(up), parent.node.sync(down)).unwrap();
    let shown = child.node.sync_status(&child.actor("admin")).unwrap();
    let reason = shown.into_iter().find_map(|shown| shown.peer.reason);
    reason.map(|reason| reason.code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_older_than_the_node_above_joins_again() {
    let [centre, kepri, batam] = three().await;
    let kept = TempDir::new().unwrap();
    let (backup, key) = (kept.path().join("batam.backup"), kept.path().join("node.key"));
    batam.node.backup(&backup).unwrap();
    std::fs::copy(batam.dir.path().join("node.key"), &key).unwrap();
    batam.submit("operator", incident(1, BATAM, "Banjir")).await;
    exchange(&batam, &kepri).await;
    exchange(&kepri, &centre).await;
    batam.node.close();

    // The node above is lost too, and set up anew.
    let admin = centre.actor("admin");
    centre.node.revoke(&admin, kepri.node.writer(), "terbakar").await.unwrap();
    let kepri = Place::below(KEPRI, &centre).await;
    exchange(&kepri, &centre).await;
    let batam = restored(&backup, Some(&key)).await;
    batam.submit("operator", incident(2, BATAM, "Gempa")).await;
    assert_eq!(told(&batam, &kepri).await.as_deref(), Some("sync.parent_unknown"));
    assert!(batam.holds(RecordId([2; 16])), "it keeps what it holds");

    let enrolment = kepri.node.kernel().enrolment("https://atas.example").unwrap();
    batam.node.kernel().join(&enrolment).unwrap();
    assert_eq!(told(&batam, &kepri).await, None);
    exchange(&kepri, &centre).await;
    for (n, place) in [(1, &batam), (1, &kepri), (2, &kepri), (2, &centre)] {
        assert!(place.holds(RecordId([n; 16])), "report {n} at {}", place.node.about().office);
    }
}

#[tokio::test]
async fn a_backup_without_its_key_is_another_writer() {
    let setup = Setup::new().await;
    setup.filed(1, "Banjir").await;
    let kept = TempDir::new().unwrap();
    let backup = kept.path().join("pusat.backup");
    setup.node.backup(&backup).unwrap();
    let restored = restored(&backup, None).await;
    assert_ne!(restored.node.writer(), setup.node.writer());
    assert_eq!(restored.node.verify().unwrap().faults, Vec::<String>::new());
    let full = node::restore(&backup, restored.dir.path(), None);
    assert!(matches!(full, Err(node::RestoreError::NotEmpty { .. })));
    // An operation is changed: nothing is restored.
    let conn = rusqlite::Connection::open(&backup).unwrap();
    conn.execute("UPDATE log SET bytes = CAST(bytes || x'00' AS BLOB) WHERE pos = 2", []).unwrap();
    drop(conn);
    let dir = TempDir::new().unwrap();
    let error = node::restore(&backup, &dir.path().join("new"), None);
    assert!(matches!(error, Err(node::RestoreError::Damaged(_))), "{error:?}");
    assert!(!dir.path().join("new").exists());
}

/// The node's folder is copied, as a disk is cloned: two machines with one key.
async fn cloned(place: Place) -> (Place, Place) {
    place.node.close();
    let Place { dir, node, .. } = place;
    while Arc::strong_count(&node) > 1 {
        tokio::task::yield_now().await;
    }
    drop(node);
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
    }
    (opened(dir).await, opened(copy).await)
}

async fn opened(dir: TempDir) -> Place {
    let config = Config { dir: dir.path().to_owned(), ..Config::default() };
    let clock = Arc::new(SetClock::at(NOW_MS));
    let told = Arc::clone(&clock) as Arc<dyn node::clock::Clock>;
    Place { node: Node::open(&config, told).await.unwrap(), dir, clock }
}

/// Sessions until nothing more is exchanged.
async fn settle(nodes: &[&Place], above: &Place) {
    for node in [nodes, nodes, nodes].concat() {
        exchange(node, above).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cloned_node_finds_itself_another_life() {
    let [centre, batam] = two().await;
    batam.submit("operator", incident(1, BATAM, "Banjir")).await;
    exchange(&batam, &centre).await;
    let (one, other) = cloned(batam).await;
    // As many operations on each: no count tells them apart.
    one.submit("operator", incident(2, BATAM, "Gempa")).await;
    one.submit("operator", patch(3, RecordId([2; 16]), json!({"korban": 5}))).await;
    other.submit("operator", incident(4, BATAM, "Kebakaran")).await;
    other.submit("operator", patch(5, RecordId([4; 16]), json!({"korban": 7}))).await;
    let receipt = |place: &Place| {
        let read = |r: &store::Reader<'_>| store::receipts::get(r, SubmissionId([5; 16]));
        place.node.kernel().store().read(read).unwrap()
    };
    let before = receipt(&other).unwrap();
    settle(&[&one, &other], &centre).await;
    let record = |place: &Place, n: u8| {
        let read = |r: &store::Reader<'_>| store::records::get(r, RecordId([n; 16]));
        place.node.kernel().store().read(read).unwrap().unwrap()
    };
    for n in [1, 2, 4] {
        assert_eq!(record(&one, n), record(&centre, n));
        assert_eq!(record(&other, n), record(&centre, n));
    }
    assert_eq!(record(&centre, 4).history.len(), 2, "each operation once");
    assert_eq!(receipt(&other).unwrap(), before);
    assert_eq!(record(&centre, 4).history[1].tag, before.tag(), "the receipt holds at the centre");
    for place in [&one, &other, &centre] {
        assert_eq!(place.node.verify().unwrap().faults, Vec::<String>::new());
    }
    // Both know of each other, and so does the centre.
    let told = "sync.key_twice".to_owned();
    assert!(one.quarantined().contains(&told) && other.quarantined().contains(&told));
    assert!(one.node.kernel().twice_ms().is_some() && other.node.kernel().twice_ms().is_some());

    // They go on side by side, and never meet again.
    let lives = |place: &Place| epochs(place);
    let (before, many) = (lives(&other), other.quarantined().len());
    for (n, at) in [(10, &one), (11, &other), (12, &one)] {
        at.submit("operator", incident(n, BATAM, "Angin kencang")).await;
        exchange(at, &centre).await;
        assert!(centre.holds(RecordId([n; 16])));
    }
    assert_eq!((lives(&other), other.quarantined().len()), (before, many));
}
