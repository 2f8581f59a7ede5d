//! Nodes that exchange what they have, over channels in place of a network.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::{OfficeId, RecordId};
use domain::sync::Role;
use node::clock::SetClock;
use node::sync::{Ended, Link};
use node::{Actor, BundleError, Config, NewPerson, Node, RoleAt, Submission, Wanted};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::blobs;
use crate::fixture::{ACEH, BATAM, CENTRE, KEPRI, NOW_MS, daily, incident};
use crate::pack::pack;

/// Tanjungpinang, beside Batam.
const PINANG: OfficeId = OfficeId(2172);

/// A node of an office, with an administrator, an operator and a verifier.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) node: Arc<Node>,
}

impl Place {
    pub(crate) async fn new(office: OfficeId) -> Self {
        let dir = TempDir::new().unwrap();
        let config = Config {
            dir: dir.path().to_owned(),
            office: Some(office),
            name: Some(format!("simpul {office}")),
            simulation: None,
        };
        let clock = Arc::new(SetClock::at(NOW_MS));
        let told = Arc::clone(&clock) as Arc<dyn node::clock::Clock>;
        let node = Node::open(&config, told).await.unwrap();
        node.found("admin", "Admin", "kata sandi panjang").unwrap();
        let place = Self { dir, clock, node };
        for role in ["operator", "verifikator"] {
            let new = NewPerson {
                login: role.to_owned(),
                name: role.to_owned(),
                password: None,
                roles: vec![RoleAt { role: role.to_owned(), office }],
            };
            place.node.create_person(&place.actor("admin"), &new).unwrap();
        }
        place
    }

    pub(crate) fn actor(&self, login: &str) -> Actor {
        self.node.local_actor(login).unwrap()
    }

    /// Joins below another.
    pub(crate) async fn below(office: OfficeId, parent: &Self) -> Self {
        let place = Self::new(office).await;
        let asked = place.node.kernel().request().certificate().unwrap();
        parent.node.certify(&parent.actor("admin"), asked).await.unwrap();
        let given = parent.node.kernel().enrolment("http://127.0.0.1:1").unwrap();
        place.node.kernel().join(&given).unwrap();
        place
    }

    pub(crate) async fn submit(&self, login: &str, submission: Submission) {
        self.node.submit(&self.actor(login), submission).await.unwrap();
    }

    pub(crate) fn holds(&self, record: RecordId) -> bool {
        self.node.kernel().store().read(|r| store::records::get(r, record)).unwrap().is_some()
    }

    /// The codes of what stands in quarantine.
    pub(crate) fn quarantined(&self) -> Vec<String> {
        let page = self.node.quarantine(&self.actor("admin"), None, false).unwrap();
        page.rows.into_iter().map(|row| row.problem.code).collect()
    }

    fn office(&self) -> OfficeId {
        self.node.about().office
    }
}

/// The centre, Kepulauan Riau and Batam, who know each other.
pub(crate) async fn three() -> [Place; 3] {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let kepri = Place::below(KEPRI, &centre).await;
    exchange(&kepri, &centre).await;
    let batam = Place::below(BATAM, &kepri).await;
    exchange(&batam, &kepri).await;
    [centre, kepri, batam]
}

type Ends = (JoinHandle<Ended>, JoinHandle<Ended>);

/// A connection between two nodes: the ends are quiet when both have said all.
pub(crate) fn link(parent: &Place) -> [Link; 2] {
    let ((up, from_child), (down, from_parent)) = (mpsc::channel(64), mpsc::channel(64));
    let link = |role, peer_office, inbound, outbound| Link {
        role,
        channel: [7; 32],
        peer_office,
        url: None,
        inbound,
        outbound,
        until_idle: role == Role::Dialer,
    };
    [
        link(Role::Dialer, Some(parent.office()), from_parent, up),
        link(Role::Listener, None, from_child, down),
    ]
}

/// Sessions over one.
fn connect(child: &Place, parent: &Place) -> Ends {
    let [up, down] = link(parent);
    let run = |node: &Arc<Node>, link: Link| {
        let node = Arc::clone(node);
        tokio::spawn(async move { node.sync(link).await.unwrap() })
    };
    (run(&child.node, up), run(&parent.node, down))
}

pub(crate) async fn exchange(child: &Place, parent: &Place) -> (Ended, Ended) {
    let (dialled, listened) = connect(child, parent);
    (dialled.await.unwrap(), listened.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_goes_up_and_its_verification_comes_down() {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let kepri = Place::below(KEPRI, &centre).await;
    exchange(&kepri, &centre).await;
    assert_eq!(kepri.node.packs().latest().count(), 1, "the pack came down");
    let batam = Place::below(BATAM, &kepri).await;
    exchange(&batam, &kepri).await;
    assert_eq!(batam.node.packs().latest().count(), 1, "the pack came through the province");

    let record = RecordId([1; 16]);
    batam.submit("operator", incident(1, BATAM, "Banjir rob")).await;
    batam.submit("operator", daily(2, BATAM, "2021-01-07")).await;
    let (sent, _) = exchange(&batam, &kepri).await;
    assert_eq!((sent.why, sent.met, sent.sent_ops), (None, true, 2));
    assert!(kepri.holds(record));
    let (sent, _) = exchange(&kepri, &centre).await;
    assert_eq!(sent.sent_ops, 3, "the certificate and two reports of Batam");
    assert!(centre.holds(record));

    let (again, _) = exchange(&batam, &kepri).await;
    assert_eq!((again.sent_ops, again.taken_ops), (0, 0), "nothing goes twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_reaches_an_office_that_may_not_have_it() {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let kepri = Place::below(KEPRI, &centre).await;
    let aceh = Place::below(ACEH, &centre).await;
    exchange(&kepri, &centre).await;
    exchange(&aceh, &centre).await;
    let (batam, pinang) = (Place::below(BATAM, &kepri).await, Place::below(PINANG, &kepri).await);
    exchange(&batam, &kepri).await;
    batam.submit("operator", incident(1, BATAM, "Banjir rob")).await;
    exchange(&batam, &kepri).await;
    exchange(&pinang, &kepri).await;
    exchange(&kepri, &centre).await;
    exchange(&aceh, &centre).await;
    assert!(centre.holds(RecordId([1; 16])));
    let of_batam = |place: &Place| {
        let held = place.node.kernel().held().unwrap();
        held.iter().any(|(stream, _)| stream.writer == batam.node.writer())
    };
    assert!(of_batam(&kepri) && of_batam(&centre));
    assert!(!of_batam(&pinang) && !of_batam(&aceh), "not a byte of another's stream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_passes_on_what_comes_while_it_lasts() {
    let [centre, kepri, batam] = three().await;
    let (up, _listening) = connect(&kepri, &centre);
    let (below, _heard) = connect(&batam, &kepri);
    batam.submit("operator", incident(3, BATAM, "Kebakaran")).await;
    let mut tries = 0;
    while !centre.holds(RecordId([3; 16])) {
        tries += 1;
        assert!(tries < 400, "the report did not reach the centre");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    up.abort();
    below.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_and_a_revoked_node_are_turned_away() {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let stranger = Place::new(ACEH).await;
    stranger
        .node
        .kernel()
        .join(&centre.node.kernel().enrolment("http://127.0.0.1:1").unwrap())
        .unwrap();
    let (_, listened) = exchange(&stranger, &centre).await;
    assert!(!listened.met);

    let batam = Place::below(BATAM, &centre).await;
    exchange(&batam, &centre).await;
    batam.submit("operator", daily(4, BATAM, "2021-01-07")).await;
    assert_eq!(exchange(&batam, &centre).await.0.sent_ops, 1);
    batam.submit("operator", daily(5, BATAM, "2021-01-06")).await;
    let admin = centre.actor("admin");
    centre.node.revoke(&admin, batam.node.writer(), "laptop hilang").await.unwrap();
    let (_, listened) = exchange(&batam, &centre).await;
    assert!(!listened.met, "a revoked key opens no session");
    assert_eq!(centre.node.verify().unwrap().faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_trip_by_file_alone() {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let batam = Place::below(BATAM, &centre).await;
    let carry = async |from: &Place, to: &Place, wanted| {
        let made = from.node.kernel().export_bundle(to.office(), wanted, 2_000).unwrap();
        let mut all = node::Imported::default();
        for file in &made.files {
            let one = to.node.import_bundle(file, |_, _| {}).await.unwrap();
            all.kept += one.kept;
            all.known += one.known;
            all.refused += one.refused;
            all.gaps += one.gaps;
            all.receipts = all.receipts.max(one.receipts);
            all.blobs += one.blobs;
        }
        (made, all)
    };
    let (made, down) = carry(&centre, &batam, Wanted::Lacking).await;
    assert_eq!((down.kept, down.refused, down.gaps), (made.ops, 0, 0));
    assert_eq!(batam.node.packs().latest().count(), 1, "the pack came by file");
    batam.submit("operator", incident(1, BATAM, "Banjir rob")).await;
    for n in 2..=150 {
        batam.submit("operator", incident(n, BATAM, "Angin kencang")).await;
    }
    let (made, up) = carry(&batam, &centre, Wanted::Lacking).await;
    assert!(made.files.len() > 1, "split by size");
    assert_eq!((up.kept, up.refused, up.gaps), (150, 0, 0));
    assert!(centre.holds(RecordId([1; 16])) && centre.holds(RecordId([150; 16])));
    assert_eq!(up.receipts, 3, "what came down before: the pack and two certificates");
    let (_, again) = carry(&batam, &centre, Wanted::All).await;
    assert_eq!((again.kept, again.refused), (0, 0));

    let (back, receipts) = carry(&centre, &batam, Wanted::Lacking).await;
    assert_eq!((back.ops, receipts.receipts), (0, 150), "the return bundle carries receipts");
    let after = batam.node.kernel().export_bundle(CENTRE, Wanted::Lacking, 2_000).unwrap();
    assert_eq!(after.ops, 0, "what the centre has is not sent again");

    let made = batam.node.kernel().export_bundle(CENTRE, Wanted::All, 1_000_000).unwrap();
    let mut bad = made.files[0].clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    let told = centre.node.import_bundle(&bad, |_, _| {}).await.unwrap_err();
    assert!(matches!(told, BundleError::Damaged));
    let told = batam.node.import_bundle(&made.files[0], |_, _| {}).await.unwrap_err();
    assert!(matches!(told, BundleError::ForAnother));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_of_a_waiting_bundle_are_of_one_making() {
    let centre = Place::new(CENTRE).await;
    centre.node.publish_pack(&centre.actor("admin"), pack()).await.unwrap();
    let batam = Place::below(BATAM, &centre).await;
    let pack = centre.node.kernel().export_bundle(BATAM, Wanted::Lacking, 1_000_000).unwrap();
    batam.node.import_bundle(&pack.files[0], |_, _| {}).await.unwrap();
    let admin = batam.actor("admin");
    for n in 1..=150 {
        batam.submit("operator", incident(n, BATAM, "Angin kencang")).await;
    }
    let waiting = batam.node.make_bundle(&admin, CENTRE, Wanted::Lacking, 2_000).unwrap();
    assert!(waiting.files > 1 && waiting.ops >= 150, "{waiting:?}");
    // What is filed meanwhile is for the next bundle, and moves nothing in this one.
    batam.submit("operator", incident(151, BATAM, "Banjir rob")).await;
    let mut kept = 0;
    for number in 1..=u32::try_from(waiting.files).unwrap() {
        let file = batam.node.bundle_file(&admin, CENTRE, number).unwrap();
        let came = centre.node.import_bundle(&file, |_, _| {}).await.unwrap();
        assert_eq!((came.refused, came.gaps), (0, 0));
        kept += came.kept;
    }
    assert_eq!(kept, 150);
    let after = u32::try_from(waiting.files).unwrap() + 1;
    let none = batam.node.bundle_file(&admin, CENTRE, after).unwrap_err();
    assert!(matches!(none, BundleError::NotMade));
    let next = batam.node.make_bundle(&admin, CENTRE, Wanted::Lacking, 1_000_000).unwrap();
    assert_eq!(next.files, 1);
    let gone = batam.node.bundle_file(&admin, CENTRE, 2).unwrap_err();
    assert!(matches!(gone, BundleError::NotMade), "the bundle before is gone");
    let denied = batam.node.bundle_file(&batam.actor("operator"), CENTRE, 1).unwrap_err();
    assert!(matches!(denied, BundleError::Denied(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_goes_with_its_report_on_a_stick() {
    let centre = Place::new(CENTRE).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/kejadian");
    let kejadian = domain::pack::author::compile(&folder).unwrap();
    centre.node.publish_pack(&centre.actor("admin"), kejadian).await.unwrap();
    let batam = Place::below(BATAM, &centre).await;
    let carry = async |from: &Place, to: &Place| {
        let wanted = Wanted::Lacking;
        let made = from.node.kernel().export_bundle(to.office(), wanted, 50_000).unwrap();
        let mut blobs = 0;
        for file in &made.files {
            blobs += to.node.import_bundle(file, |_, _| {}).await.unwrap().blobs;
        }
        (made.files.len(), made.blobs, blobs)
    };
    assert_eq!(carry(&centre, &batam).await, (1, 0, 0));
    let bytes = blobs::photo(3);
    let view = batam.node.put_blob(&batam.actor("operator"), &bytes, "image/jpeg").unwrap();
    batam.submit("operator", blobs::incident(1, &blobs::named(&view))).await;
    let (files, sent, came) = carry(&batam, &centre).await;
    assert!(files > 1, "a photo is split over files as operations are");
    assert_eq!((sent, came), (1, 1));
    let there = centre.node.blob(&centre.actor("verifikator"), view.digest).unwrap();
    assert_eq!(there.bytes, bytes);
    assert!(centre.node.blob_thumbnail(&centre.actor("verifikator"), view.digest).is_ok());
    assert_eq!(carry(&centre, &batam).await, (1, 0, 0), "receipts");
    assert_eq!(carry(&batam, &centre).await, (1, 0, 0), "what arrived is not carried again");
}
