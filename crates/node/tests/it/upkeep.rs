use expect_test::expect;
use node::{Config, Node};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::fixture::{BATAM, CENTRE, Setup, incident};

#[tokio::test]
async fn a_backup_is_whole_and_never_replaces_a_file() {
    let setup = Setup::new().await;
    setup.filed(1, "Banjir").await;
    let other = TempDir::new().unwrap();
    let file = other.path().join("genggam.db");
    setup.node.backup(&file).unwrap();
    assert!(setup.node.backup(&file).is_err());
    let config = Config { dir: other.path().to_owned(), ..Config::default() };
    let clock = std::sync::Arc::clone(&setup.clock) as std::sync::Arc<dyn node::clock::Clock>;
    let copy = Node::open(&config, clock).await.unwrap();
    assert_eq!(copy.about().office, CENTRE);
    assert_eq!(copy.verify().unwrap().records, 1);
}

#[tokio::test]
async fn changes_behind_the_node_are_found() {
    let setup = Setup::new().await;
    setup.filed(1, "Banjir").await;
    setup.submit("operator", incident(2, BATAM, "Gempa")).await.unwrap();
    assert_eq!(setup.node.verify().unwrap().faults, Vec::<String>::new());
    let conn = Connection::open(setup.dir.path().join("genggam.db")).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let own = "DELETE FROM heads WHERE stream = (SELECT stream FROM log WHERE pos = 2)";
    conn.execute_batch(own).unwrap();
    let faults = setup.node.verify().unwrap().faults;
    expect!["the head of Down(OfficeId(1)) is not signed"].assert_eq(&faults.join("; "));
    let bytes: Vec<u8> = conn
        .query_row("SELECT bytes FROM log ORDER BY pos DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    let changed: Vec<u8> = bytes.windows(5).position(|w| w == b"Gempa").map_or_else(
        || panic!("the title is in the bytes"),
        |at| [&bytes[..at], b"Kempa", &bytes[at + 5..]].concat(),
    );
    conn.execute("UPDATE log SET bytes = ?1 WHERE pos = (SELECT max(pos) FROM log)", [changed])
        .unwrap();
    assert!(setup.node.verify().unwrap().faults.len() > 1);
}

/// A key that others can read, or that is damaged, is refused with what to do.
#[cfg(unix)]
#[tokio::test]
async fn a_readable_key_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let setup = Setup::empty().await;
    setup.node.close();
    let Setup { dir, clock, node } = setup;
    drop(node);
    let key = dir.path().join("node.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let config = Config { dir: dir.path().to_owned(), ..Config::default() };
    let error = Node::open(&config, clock).await.unwrap_err().to_string();
    assert!(error.ends_with("can be read by others: run `chmod 600` on it"), "{error}");
}

#[tokio::test]
async fn a_new_folder_needs_an_office_and_an_old_one_keeps_its_own() {
    let setup = Setup::empty().await;
    setup.node.close();
    let Setup { dir, clock, node } = setup;
    drop(node);
    let config = Config { dir: dir.path().to_owned(), office: Some(BATAM), ..Config::default() };
    let error = Node::open(&config, std::sync::Arc::clone(&clock) as _).await.unwrap_err();
    expect!["the node belongs to office 1, not 2171"].assert_eq(&error.to_string());
    let empty = TempDir::new().unwrap();
    let config = Config { dir: empty.path().to_owned(), ..Config::default() };
    let error = Node::open(&config, clock).await.unwrap_err().to_string();
    assert!(error.contains("say which office runs it"), "{error}");
}
