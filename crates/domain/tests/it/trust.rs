//! Who is trusted, by what authorities said.

use domain::ids::OfficeId;
use domain::office::Tree;
use domain::op::{Audience, Lane, StreamId, writer_id};
use domain::period::Date;
use domain::trust::{Certificate, KeyRole, Statement, Trust, What};
use ed25519_dalek::SigningKey;

const CENTRE: OfficeId = OfficeId(1);
const KEPRI: OfficeId = OfficeId(21);
const BATAM: OfficeId = OfficeId(2171);

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn certificate(n: u8, office: OfficeId, name: &str) -> Certificate {
    let key = key(n).verifying_key().to_bytes();
    let name = name.to_owned();
    Certificate { role: KeyRole::Node, key, seal: [n; 32], office, name, holder: None }
}

fn said(by: u8, epoch: u32, seq: u64, certificate: Certificate) -> Statement {
    let writer = writer_id(&key(by).verifying_key());
    let audience = Audience::Down(CENTRE);
    let stream = StreamId { writer, epoch, audience, lane: Lane::Control };
    Statement { stream, seq, what: What::Certificate(certificate) }
}

#[test]
fn statements_give_the_same_trust_in_whatever_order_they_came() {
    let mut statements = vec![
        said(1, 1, 1, certificate(2, CENTRE, "pusat")),
        said(2, 1, 1, certificate(3, KEPRI, "kepri")),
        // One key, certified twice by one authority, in two of its lives.
        said(2, 2, 1, certificate(4, BATAM, "batam")),
        said(2, 1, 2, certificate(4, KEPRI, "lain")),
    ];
    let (tree, date) = (Tree::built_in(), Date::new(2026, 1, 1).unwrap());
    let root = Some(key(1).verifying_key());
    let trust = |statements: &[Statement]| Trust::new(root, &[], statements, &tree, date);
    let first = trust(&statements);
    assert_eq!(first.entries().count(), 3);
    for _ in 0..statements.len() {
        statements.rotate_left(1);
        assert_eq!(trust(&statements), first);
    }
    statements.reverse();
    assert_eq!(trust(&statements), first);
}
