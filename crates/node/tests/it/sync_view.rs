//! How the sync with peers stands.

use std::time::Duration;

use domain::op::Lane;
use domain::problem::{Problem, ProblemCode};
use expect_test::expect;
use node::{Event, LaneView, PeerState, PeerView};

use crate::fixture::{KEPRI, NOW_MS, Setup, told};

fn peer(url: &str, done_ops: u64) -> PeerView {
    PeerView {
        url: url.to_owned(),
        office: Some(KEPRI),
        state: PeerState::Connected,
        since_ms: NOW_MS,
        last_contact_ms: Some(NOW_MS),
        reason: None,
        sent_bytes: 10,
        received_bytes: 20,
        bytes_per_second: 5,
        done_ops,
        total_ops: 9,
        lanes: vec![LaneView {
            lane: Lane::Urgent,
            waiting_ops: 1,
            in_flight_ops: 2,
            oldest_ms: None,
        }],
    }
}

#[tokio::test]
async fn the_board_shows_each_peer_once_by_address() {
    let setup = Setup::new().await;
    let admin = setup.actor("admin");
    assert_eq!(setup.node.sync_status(&admin).unwrap(), []);
    let board = setup.node.sync_board();
    for (url, done) in [("wss://b", 1), ("wss://a", 1), ("wss://b", 2)] {
        board.set(peer(url, done));
    }
    let refused = PeerView {
        office: None,
        state: PeerState::Refused,
        reason: Some(Problem::new(ProblemCode::OpForged)),
        ..peer("wss://c", 0)
    };
    board.set(refused);
    let shown = setup.node.sync_status(&admin).unwrap();
    let lines: Vec<String> = shown
        .iter()
        .map(|shown| {
            let office = shown.office_name.as_ref().map(|office| office.name.as_str());
            let peer = &shown.peer;
            format!("{} {office:?} {:?} {}/{}", peer.url, peer.state, peer.done_ops, peer.total_ops)
        })
        .collect();
    expect![[r#"
        wss://a Some("Kepulauan Riau") Connected 1/9
        wss://b Some("Kepulauan Riau") Connected 2/9
        wss://c None Refused 0/9"#]]
    .assert_eq(&lines.join("\n"));
    board.remove("wss://a");
    assert_eq!(board.peers().len(), 2);
    for who in ["operator", "verifikator", "kepala", "analis", "aceh"] {
        let status = setup.node.sync_status(&setup.actor(who));
        assert_eq!(told(&status, "shown"), "Denied: policy.denied", "{who}");
        assert!(!setup.node.may_see(&setup.actor(who), &Event::Sync), "{who}");
    }
}

/// A hundred changes at once are two events: the first, and after a while the rest.
#[tokio::test]
async fn listeners_are_told_at_most_twice_a_second() {
    let setup = Setup::new().await;
    let (board, mut events) = (setup.node.sync_board(), setup.node.events());
    for done in 0..100 {
        board.set(peer("wss://a", done));
    }
    assert_eq!(events.recv().await.unwrap(), Event::Sync);
    assert!(events.try_recv().is_err());
    let rest = tokio::time::timeout(Duration::from_secs(10), events.recv()).await;
    assert_eq!(rest.unwrap().unwrap(), Event::Sync);
    // Nothing new: no event, neither at once nor later.
    board.set(peer("wss://a", 99));
    let more = tokio::time::timeout(Duration::from_millis(1_200), events.recv()).await;
    assert!(more.is_err());
    board.set(peer("wss://a", 100));
    assert_eq!(events.try_recv(), Ok(Event::Sync));
}
