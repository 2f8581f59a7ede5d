//! The quarantine on an administrator's screen.

use domain::ids::WriterId;
use domain::sync::health::Health;
use expect_test::expect;
use node::QuarantineRow;
use serde_json::Value;

use crate::fixture::{BATAM, NOW_MS, Setup, told};
use crate::ingest::{batch, creation, sealed, stream, with_phone};

/// A node that refused two operations of a phone of Batam, and one that is no operation.
async fn refusing() -> Setup {
    let setup = with_phone().await;
    let ops = sealed(vec![creation(1, 1), creation(2, 1)]);
    let mut unsigned = batch(&ops);
    unsigned.signature = [0; 64];
    assert_eq!(setup.node.ingest(unsigned).await.unwrap().quarantined, 2);
    setup.clock.advance(1);
    let mut noise = batch(&ops[..1]);
    noise.ops[0] = vec![0xff, 0x00];
    assert_eq!(setup.node.ingest(noise).await.unwrap().quarantined, 1);
    setup
}

fn line(row: &QuarantineRow) -> String {
    let stream = row.stream.as_ref().unwrap();
    let writer = stream.writer_office.as_ref().map_or("?", |office| office.name.as_str());
    let to: Vec<&str> = stream.offices.iter().map(|office| office.name.as_str()).collect();
    let op = row.op.as_ref();
    let op = op.map(|op| format!("{} {} {}", op.kind, op.record.unwrap(), op.office.name));
    format!(
        "{} {} {writer} {} {} {:?} #{} {}B {op:?} {:?}",
        row.id,
        row.problem.code,
        stream.audience,
        to.join("+"),
        stream.lane,
        row.seq.unwrap(),
        row.bytes,
        row.seen.as_ref().map(|seen| seen.by.as_str())
    )
}

#[tokio::test]
async fn an_administrator_sees_what_was_refused_and_why() {
    let setup = refusing().await;
    let own = setup.node.own_health([0; 5], None).unwrap();
    let writer = stream().writer;
    setup.node.heard(vec![Health { writer, office: BATAM, ..own }]).unwrap();
    let admin = setup.actor("admin");
    let page = setup.node.quarantine(&admin, None, false).unwrap();
    let lines: Vec<String> = page.rows.iter().map(line).collect();
    expect![[r#"
        3 op.forged Kota Batam up Kota Batam Forms #1 2B None None
        2 op.forged Kota Batam up Kota Batam Forms #2 114B Some("create 02020202020202020202020202020202 Kota Batam") None
        1 op.forged Kota Batam up Kota Batam Forms #1 114B Some("create 01010101010101010101010101010101 Kota Batam") None"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!((page.next, page.unseen), (None, 3));
    // What people wrote is in the bytes, never in what is shown of them.
    assert!(!serde_json::to_string(&page).unwrap().contains("Dari ponsel"));
    assert_eq!(page.rows[1].op.as_ref().unwrap().time_ms, NOW_MS);
}

#[tokio::test]
async fn what_was_seen_stays_with_who_saw_it_first() {
    let setup = refusing().await;
    setup.person("kedua", "pengelola", crate::fixture::CENTRE);
    let (first, second) = (setup.actor("admin"), setup.actor("kedua"));
    let row = setup.node.quarantine_seen(&first, 2).unwrap();
    assert_eq!(row.seen.as_ref().unwrap().by, "Admin");
    setup.clock.advance(5);
    assert_eq!(setup.node.quarantine_seen(&second, 2).unwrap(), row);
    let page = setup.node.quarantine(&second, None, true).unwrap();
    assert_eq!((page.rows.len(), page.unseen), (2, 2));
    assert_eq!(setup.node.quarantine(&second, Some(2), false).unwrap().rows.len(), 1);
    expect!["NotFound: not_found"].assert_eq(&told(&setup.node.quarantine_seen(&first, 9), "seen"));
}

#[tokio::test]
async fn the_proof_holds_the_bytes_and_taking_it_is_on_the_trail() {
    let setup = refusing().await;
    let admin = setup.actor("admin");
    let item = setup.node.quarantine_item(&admin, 3).unwrap();
    assert_eq!(item.hex, "ff00");
    let proof = setup.node.quarantine_proof(&admin, 2).unwrap();
    assert_eq!(proof.name, "karantina-2.json");
    let proof: Value = serde_json::from_slice(&proof.bytes).unwrap();
    let bytes = sealed(vec![creation(1, 1), creation(2, 1)])[1].bytes().to_vec();
    assert_eq!(proof["blake3"], blake3::hash(&bytes).to_hex().as_str());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(proof["bytes"], hex);
    assert_eq!(proof["item"]["problem"]["code"], "op.forged");
    let writer: WriterId = proof["item"]["stream"]["writer"].as_str().unwrap().parse().unwrap();
    assert_eq!(writer, stream().writer);
    setup.node.quarantine_seen(&admin, 2).unwrap();
    setup.node.quarantine_seen(&admin, 2).unwrap();
    let dir = setup.dir;
    setup.node.close();
    let db = rusqlite::Connection::open(dir.path().join("genggam.db")).unwrap();
    let mut trail = db
        .prepare("SELECT action || ' ' || subject FROM audit WHERE action LIKE 'quarantine.%'")
        .unwrap();
    let lines: Vec<String> =
        trail.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(lines, ["quarantine.bytes 3", "quarantine.export 2", "quarantine.seen 2"]);
}

#[tokio::test]
async fn it_is_for_administrators_of_the_nodes_office() {
    let setup = refusing().await;
    setup.person("pimpinan", "pimpinan", crate::fixture::CENTRE);
    setup.person("kelola", "pengelola", BATAM);
    for who in ["operator", "verifikator", "analis", "pimpinan", "kelola"] {
        let by = setup.actor(who);
        let all = [
            told(&setup.node.quarantine(&by, None, false), "shown"),
            told(&setup.node.quarantined(&by, 1), "shown"),
            told(&setup.node.quarantine_item(&by, 1), "shown"),
            told(&setup.node.quarantine_proof(&by, 1), "shown"),
            told(&setup.node.quarantine_seen(&by, 1), "shown"),
        ];
        assert_eq!(all, [const { "Denied: policy.denied" }; 5], "{who}");
        assert!(!setup.node.me(&by).pages.contains(&"quarantine"), "{who}");
    }
    let page = setup.node.quarantine(&setup.actor("admin"), None, true).unwrap();
    assert_eq!(page.unseen, 3);
}
