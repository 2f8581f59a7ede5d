//! A node's key is replaced: what it wrote stays, and what nobody had heard of the old key goes on
//! under the new one.

use std::sync::Arc;

use domain::ids::{OfficeId, RecordId, SubmissionId, WriterId};
use node::clock::SetClock;
use node::enrol::Rotation;
use node::{Config, Node};
use serde_json::json;

use crate::fixture::{BATAM, NOW_MS, incident, patch};
use crate::sync::{Place, exchange, three};

/// Asks for another key and has it certified above; the node hears of it.
async fn asks(place: &Place, above: &Place) {
    let Rotation::Asked(request) = place.node.rotate().unwrap() else { panic!("not certified") };
    assert_eq!(place.node.rotate().unwrap(), Rotation::Asked(request.clone()), "the same again");
    let certificate = request.certificate().unwrap();
    above.node.certify(&above.actor("admin"), certificate).await.unwrap();
    exchange(place, above).await;
}

/// Takes the key that was certified: the node as it is from then on, and who it was.
async fn takes(place: Place) -> (Place, WriterId) {
    let before = place.node.writer();
    assert!(matches!(place.node.rotate().unwrap(), Rotation::Taken(_)));
    place.node.close();
    let Place { dir, node, .. } = place;
    while Arc::strong_count(&node) > 1 {
        tokio::task::yield_now().await;
    }
    drop(node);
    let clock = Arc::new(SetClock::at(NOW_MS));
    let told = Arc::clone(&clock) as Arc<dyn node::clock::Clock>;
    let config = Config { dir: dir.path().to_owned(), ..Config::default() };
    let place = Place { node: Node::open(&config, told).await.unwrap(), dir, clock };
    assert_ne!(place.node.writer(), before);
    (place, before)
}

fn faults(places: [&Place; 3]) -> Vec<String> {
    places.iter().flat_map(|place| place.node.verify().unwrap().faults).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_on_under_another_key() {
    let [centre, kepri, batam] = three().await;
    batam.submit("operator", incident(1, BATAM, "Banjir")).await;
    asks(&batam, &kepri).await;
    batam.submit("operator", incident(2, BATAM, "Gempa")).await;
    let (batam, before) = takes(batam).await;
    batam.submit("operator", incident(3, BATAM, "Kebakaran")).await;
    exchange(&batam, &kepri).await;
    assert!([1, 2, 3].iter().all(|n| kepri.holds(RecordId([*n; 16]))), "what was unsent too");
    let admin = kepri.actor("admin");
    kepri.node.revoke(&admin, before, "kunci diganti").await.unwrap();
    exchange(&batam, &kepri).await;
    batam.submit("operator", patch(4, RecordId([2; 16]), json!({"korban": 3}))).await;
    exchange(&batam, &kepri).await;
    exchange(&kepri, &centre).await;
    let record = |place: &Place, n: u8| {
        let read = |r: &store::Reader<'_>| store::records::get(r, RecordId([n; 16]));
        place.node.kernel().store().read(read).unwrap().unwrap()
    };
    for n in 1..=3 {
        assert_eq!(record(&centre, n), record(&batam, n));
    }
    for place in [&centre, &kepri, &batam] {
        assert_eq!(place.quarantined(), Vec::<String>::new());
    }
    assert_eq!(faults([&centre, &kepri, &batam]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_key_wrote_before_it_was_ended_unheard_counts_under_the_next() {
    let [centre, kepri, batam] = three().await;
    asks(&batam, &kepri).await;
    batam.submit("operator", incident(1, BATAM, "Banjir")).await;
    batam.submit("operator", patch(2, RecordId([1; 16]), json!({"korban": 5}))).await;
    let (batam, before) = takes(batam).await;
    let receipt = || {
        let read = |r: &store::Reader<'_>| store::receipts::get(r, SubmissionId([2; 16]));
        batam.node.kernel().store().read(read).unwrap().unwrap()
    };
    let tag = receipt().tag();
    // The old key is ended before anybody above heard of the two.
    kepri.node.revoke(&kepri.actor("admin"), before, "kunci diganti").await.unwrap();
    exchange(&batam, &kepri).await;
    exchange(&batam, &kepri).await;
    exchange(&kepri, &centre).await;
    let record = |place: &Place| {
        let read = |r: &store::Reader<'_>| store::records::get(r, RecordId([1; 16]));
        place.node.kernel().store().read(read).unwrap()
    };
    let held = record(&batam).unwrap();
    assert_eq!((held.history.len(), held.history[1].tag), (2, tag), "each once, by its name");
    assert_eq!(record(&kepri).as_ref(), Some(&held));
    assert_eq!(record(&centre).as_ref(), Some(&held));
    assert_eq!(batam.quarantined(), Vec::<String>::new());
    assert_eq!(receipt().tag(), tag);
    let actor = batam.actor("operator");
    let again = batam.node.submit(&actor, incident(1, BATAM, "Banjir")).await.unwrap();
    assert!(again.repeated);
    assert_eq!(faults([&centre, &kepri, &batam]), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_below_know_the_next_key_and_whom_the_former_certified() {
    const PINANG: OfficeId = OfficeId(2172);
    let [centre, kepri, batam] = three().await;
    asks(&kepri, &centre).await;
    exchange(&batam, &kepri).await;
    // Nobody above hears of this certificate while the key that gave it stands.
    let pinang = Place::below(PINANG, &kepri).await;
    let (kepri, before) = takes(kepri).await;
    assert!(exchange(&batam, &kepri).await.0.met, "it was told while the former key stood");
    centre.node.revoke(&centre.actor("admin"), before, "kunci diganti").await.unwrap();
    exchange(&kepri, &centre).await;
    pinang
        .node
        .kernel()
        .join(&kepri.node.kernel().enrolment("http://127.0.0.1:1").unwrap())
        .unwrap();
    // The packs come with the first meeting.
    exchange(&pinang, &kepri).await;
    pinang.submit("operator", incident(1, PINANG, "Banjir")).await;
    exchange(&pinang, &kepri).await;
    exchange(&kepri, &centre).await;
    assert!(kepri.holds(RecordId([1; 16])) && centre.holds(RecordId([1; 16])));
    assert_eq!(faults([&centre, &kepri, &pinang]), Vec::<String>::new());
}
