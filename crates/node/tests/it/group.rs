use std::sync::Arc;

use expect_test::expect;
use rusqlite::Connection;

use crate::fixture::{BATAM, Setup, incident, told};

/// A transaction that fails takes nobody with it: whoever is answered is durable, whoever isn't
/// left nothing, and the chain goes on.
#[tokio::test]
async fn a_failing_submission_fails_alone() {
    let setup = Setup::new().await;
    let file = setup.dir.path().join("genggam.db");
    let conn = Connection::open(&file).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    conn.execute_batch(
        "CREATE TRIGGER fails BEFORE INSERT ON receipts
         WHEN hex(NEW.submission) = '05050505050505050505050505050505'
         BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END",
    )
    .unwrap();
    let rows = (1..=9).map(|n| incident(n, BATAM, "Banjir")).collect();
    let results = setup.node.submit_many(&setup.actor("operator"), rows).await;
    let results: Vec<String> = results.iter().map(|result| told(result, "kept")).collect();
    expect!["kept kept kept kept Storage: node.storage kept kept kept kept"]
        .assert_eq(&results.join(" "));
    conn.execute_batch("DROP TRIGGER fails").unwrap();
    drop(conn);

    let again = setup.submit("operator", incident(5, BATAM, "Banjir")).await.unwrap();
    assert!(!again.repeated);
    let whole = setup.node.verify().unwrap();
    assert_eq!(whole.faults, Vec::<String>::new());
    // Nine incidents, the pack, and the root's word for the node.
    assert_eq!((whole.operations, whole.records), (11, 9));
}

/// What was acknowledged is there after a stop, and the stream goes on where it was.
#[tokio::test]
async fn receipts_outlive_a_restart() {
    let setup = Setup::new().await;
    let first = setup.submit("operator", incident(1, BATAM, "Banjir")).await.unwrap();
    let setup = setup.restart().await;
    let again = setup.submit("operator", incident(1, BATAM, "Banjir")).await.unwrap();
    assert_eq!((again.repeated, &again.receipt), (true, &first.receipt));
    setup.submit("operator", incident(2, BATAM, "Gempa")).await.unwrap();
    assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
}

/// Many at once share transactions; each gets its own place in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_kept_once() {
    let setup = Arc::new(Setup::new().await);
    let by = Arc::new(setup.actor("operator"));
    let tasks: Vec<_> = (1..=100)
        .map(|n| {
            let (node, by) = (Arc::clone(&setup.node), Arc::clone(&by));
            tokio::spawn(async move { node.submit(&by, incident(n, BATAM, "Banjir")).await })
        })
        .collect();
    let mut places = std::collections::BTreeSet::new();
    for task in tasks {
        places.insert(task.await.unwrap().unwrap().receipt.pos);
    }
    assert_eq!(places.len(), 100);
    assert_eq!(setup.node.verify().unwrap().records, 100);
}

/// A closed node answers that it is busy, and keeps nothing.
#[tokio::test]
async fn a_closed_node_takes_nothing() {
    let setup = Setup::new().await;
    let by = setup.actor("operator");
    setup.node.close();
    let late = setup.node.submit(&by, incident(1, BATAM, "Banjir")).await;
    expect!["Busy: node.busy"].assert_eq(&told(&late, "kept"));
}
