//! How the nodes below are: who sees which, and how they are measured.

use domain::ids::{OfficeId, WriterId};
use domain::limits::CLOCK_AHEAD_FLAG_MS;
use domain::sync::health::Health;
use expect_test::expect;
use node::{Event, NodeState, NodesView, Versions};

use crate::fixture::{ACEH, BATAM, CENTRE, KEPRI, NOW_MS, Setup, told};

const HOUR_MS: u64 = 3_600_000;

/// What a node of this program says, heard so many hours ago.
fn health(setup: &Setup, n: u8, office: OfficeId, hours: u64) -> Health {
    let own = setup.node.own_health([0; 5], None).unwrap();
    Health {
        writer: WriterId([n; 16]),
        office,
        name: format!("simpul {n}"),
        heard_ms: NOW_MS - hours * HOUR_MS,
        ..own
    }
}

fn row(nodes: &NodesView, office: OfficeId) -> &node::OfficeNode {
    nodes.rows.iter().find(|row| row.office.id == office).unwrap()
}

#[tokio::test]
async fn every_office_is_there_at_a_glance() {
    let setup = Setup::new().await;
    let heard = setup.node.heard(vec![
        health(&setup, 1, BATAM, 0),
        health(&setup, 2, KEPRI, 3),
        health(&setup, 3, ACEH, 70),
        health(&setup, 4, OfficeId(2101), 100),
    ]);
    assert_eq!(heard.unwrap(), 4);
    let nodes = setup.node.nodes(&setup.actor("admin")).unwrap();
    assert_eq!(nodes.rows.len(), 1 + 34 + 514);
    let counts: Vec<String> = nodes.counts.iter().map(|(s, n)| format!("{s:?} {n}")).collect();
    expect!["Fresh 2, Today 1, Late 1, Silent 1, Never 544"].assert_eq(&counts.join(", "));
    assert_eq!(row(&nodes, BATAM).parent, Some(KEPRI));
    assert_eq!(row(&nodes, BATAM).nodes[0].via.as_deref(), Some("pusat"));
    let own = &row(&nodes, CENTRE).nodes[0];
    assert_eq!((own.this, own.waiting, own.heard_ms), (true, None, NOW_MS));
}

#[tokio::test]
async fn each_sees_the_nodes_of_their_own_offices() {
    let setup = Setup::new().await;
    setup.person("pimpinan", "pimpinan", CENTRE);
    setup.person("kelola", "pengelola", BATAM);
    let seen = |who: &str| {
        let nodes = setup.node.nodes(&setup.actor(who));
        let offices = nodes.as_ref().map_or(0, |nodes| nodes.rows.len());
        format!("{who}: {} {offices}", told(&nodes, "sees"))
    };
    let people =
        ["admin", "pimpinan", "kepala", "kelola", "operator", "verifikator", "analis", "aceh"];
    expect![[r#"
        admin: sees 549
        pimpinan: sees 549
        kepala: sees 8
        kelola: sees 1
        operator: Denied: policy.denied 0
        verifikator: Denied: policy.denied 0
        analis: Denied: policy.denied 0
        aceh: Denied: policy.denied 0"#]]
    .assert_eq(&people.map(seen).join("\n"));
    for who in people {
        let actor = setup.actor(who);
        let sees = setup.node.nodes(&actor).is_ok();
        assert_eq!(setup.node.may_see(&actor, &Event::Nodes), sees, "{who}");
        assert_eq!(setup.node.me(&actor).pages.contains(&"nodes"), sees, "{who}");
    }
    expect![[r#"["nodes", "sync", "quarantine", "devices"]"#]]
        .assert_eq(&format!("{:?}", setup.node.me(&setup.actor("admin")).pages));
    expect![[r#"["nodes", "sync"]"#]]
        .assert_eq(&format!("{:?}", setup.node.me(&setup.actor("pimpinan")).pages));
    expect![[r#"["nodes", "devices"]"#]]
        .assert_eq(&format!("{:?}", setup.node.me(&setup.actor("kelola")).pages));
}

#[tokio::test]
async fn a_node_is_measured_by_this_one() {
    let setup = Setup::new().await;
    let five = i64::try_from(CLOCK_AHEAD_FLAG_MS).unwrap();
    let same = health(&setup, 1, BATAM, 0);
    let odd = Health {
        program: "0.0.9".to_owned(),
        offset_ms: -five - 1,
        waiting: [1, 2, 3, 4, 5],
        oldest_waiting_ms: Some(NOW_MS - HOUR_MS),
        packs: vec![("lain".to_owned(), 1)],
        ..health(&setup, 2, KEPRI, 0)
    };
    let late = Health { protocol: 2, offset_ms: five, ..health(&setup, 3, ACEH, 0) };
    let strange = Health { program: "semalam".to_owned(), ..health(&setup, 4, OfficeId(12), 0) };
    setup.node.heard(vec![same, odd, late, strange]).unwrap();
    let nodes = setup.node.nodes(&setup.actor("admin")).unwrap();
    let versions = [BATAM, KEPRI, ACEH, OfficeId(12)].map(|at| row(&nodes, at).nodes[0].version);
    let wanted = [Versions::Same, Versions::Behind, Versions::Ahead, Versions::Unknown];
    assert_eq!(versions, wanted);
    let odd = &row(&nodes, KEPRI).nodes[0];
    assert_eq!((odd.clock_wrong, odd.waiting), (true, Some([1, 2, 3, 4, 5])));
    // By its own clock an hour ago, which is behind: by its parent's clock less long ago.
    assert_eq!(odd.oldest_waiting_ms, Some(NOW_MS - HOUR_MS + CLOCK_AHEAD_FLAG_MS + 1));
    let lags: Vec<_> =
        odd.packs_behind.iter().map(|lag| (lag.name.as_str(), lag.holds, lag.latest)).collect();
    assert_eq!(lags, [("uji", None, 1)]);
    assert!(!row(&nodes, ACEH).nodes[0].clock_wrong);
    assert!(row(&nodes, BATAM).nodes[0].packs_behind.is_empty());
}

/// What is heard later holds, a clock that runs ahead pins nothing, and what isn't ours to hear is
/// left out.
#[tokio::test]
async fn only_what_is_news_is_kept_and_told() {
    let setup = Setup::new().await;
    let mut events = setup.node.events();
    let ahead = Health { heard_ms: NOW_MS + 1_000 * HOUR_MS, ..health(&setup, 1, BATAM, 0) };
    assert_eq!(setup.node.heard(vec![ahead.clone(), ahead]).unwrap(), 1);
    assert_eq!(events.recv().await.unwrap(), Event::Nodes);
    setup.clock.advance(1);
    let next = Health { log_ops: 77, heard_ms: NOW_MS + 1, ..health(&setup, 1, BATAM, 0) };
    assert_eq!(setup.node.heard(vec![next]).unwrap(), 1);
    assert_eq!(events.recv().await.unwrap(), Event::Nodes);
    let old = health(&setup, 1, BATAM, 1);
    let own = setup.node.own_health([0; 5], None).unwrap();
    let nowhere = health(&setup, 2, OfficeId(999_999), 0);
    let broken = Health { name: String::new(), ..health(&setup, 3, BATAM, 0) };
    assert_eq!(setup.node.heard(vec![old, own, nowhere, broken]).unwrap(), 0);
    assert!(events.try_recv().is_err());
    let setup = setup.restart().await;
    let nodes = setup.node.nodes(&setup.actor("admin")).unwrap();
    let batam = row(&nodes, BATAM);
    assert_eq!((batam.nodes.len(), batam.nodes[0].log_ops), (1, 77));
}

#[tokio::test]
async fn a_node_with_a_new_key_is_another_of_its_office() {
    let setup = Setup::new().await;
    setup.node.heard(vec![health(&setup, 1, BATAM, 200), health(&setup, 2, BATAM, 2)]).unwrap();
    let nodes = setup.node.nodes(&setup.actor("admin")).unwrap();
    let batam = row(&nodes, BATAM);
    let names: Vec<&str> = batam.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!((batam.state, names), (NodeState::Today, vec!["simpul 2", "simpul 1"]));
}
