//! Who is trusted, by what authorities said; and who may have what then.

use domain::ids::OfficeId;
use domain::office::{Amendment, KEYS_SINCE, OfficeChange, OfficeEvent, Tree, built_in_events};
use domain::op::{Audience, Lane, StreamId, writer_id};
use domain::period::Date;
use domain::sync::Rules;
use domain::trust::{Certificate, KeyRole, Revocation, Statement, Trust, What};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;

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
    let tree = Tree::built_in();
    let root = Some(key(1).verifying_key());
    let trust = |statements: &[Statement]| Trust::new(root, &[], statements, &tree);
    let first = trust(&statements);
    assert_eq!(first.entries().count(), 3);
    for _ in 0..statements.len() {
        statements.rotate_left(1);
        assert_eq!(trust(&statements), first);
    }
    statements.reverse();
    assert_eq!(trust(&statements), first);
}

const RIAU: OfficeId = OfficeId(14);
const ACEH: OfficeId = OfficeId(11);

/// The built-in tree; and, from 2026-02-01 on, Batam belongs to Riau.
fn moved() -> Tree {
    let moves = Amendment {
        id: BATAM,
        code: Some("14.99".to_owned()),
        bps: None,
        name: None,
        parent: Some(RIAU),
    };
    event("2026-02-01", OfficeChange::Change(moves))
}

fn event(date: &str, change: OfficeChange) -> Tree {
    let mut events = built_in_events();
    let date = date.parse().unwrap();
    events.push(OfficeEvent { date, basis: "uji".to_owned(), changes: vec![change] });
    Tree::from_events(&events).unwrap()
}

fn trust(statements: &[Statement], tree: &Tree) -> Trust {
    Trust::new(Some(key(1).verifying_key()), &[], statements, tree)
}

/// The centre's node has key 2, Kepulauan Riau's 3, Riau's 5, Aceh's 6.
fn authorities() -> Vec<Statement> {
    vec![
        said(1, 1, 1, certificate(2, CENTRE, "pusat")),
        said(2, 1, 1, certificate(3, KEPRI, "kepri")),
        said(2, 1, 2, certificate(5, RIAU, "riau")),
        said(2, 1, 3, certificate(6, ACEH, "aceh")),
    ]
}

fn ends(by: u8, seq: u64, n: u8) -> Statement {
    let writer = writer_id(&key(n).verifying_key());
    let revocation = Revocation { writer, trusted: Vec::new(), reason: String::new() };
    Statement { what: What::Revocation(revocation), ..said(by, 1, seq, certificate(n, BATAM, "")) }
}

fn entry(trust: &Trust, n: u8) -> Option<bool> {
    trust.entry(writer_id(&key(n).verifying_key())).map(|entry| !entry.is_revoked())
}

#[test]
fn a_certificate_outlives_a_move_and_both_parents_have_a_say() {
    for (by, before, after) in [(3, true, true), (5, false, true), (6, false, false)] {
        let mut statements = authorities();
        statements.push(said(by, 1, 1, certificate(4, BATAM, "batam")));
        let stands = |tree: &Tree| entry(&trust(&statements, tree), 4) == Some(true);
        assert_eq!((stands(&Tree::built_in()), stands(&moved())), (before, after), "by {by}");
    }
    for (by, still) in [(2, false), (3, false), (5, false), (6, true)] {
        let mut statements = authorities();
        statements.push(said(3, 1, 1, certificate(4, BATAM, "batam")));
        statements.push(ends(by, 9, 4));
        assert_eq!(entry(&trust(&statements, &moved()), 4), Some(still), "by {by}");
    }
}

#[test]
fn an_office_that_has_ended_leaves_what_it_wrote_and_certified() {
    let mut statements = authorities();
    statements.push(said(3, 1, 1, certificate(4, BATAM, "batam")));
    let tree = event("2026-02-01", OfficeChange::Close(BATAM, vec![KEPRI]));
    assert_eq!(entry(&trust(&statements, &tree), 4), Some(true));
}

/// Nobody had a key when Papua's regencies still belonged to it.
#[test]
fn authority_does_not_reach_back_before_there_were_keys() {
    let (papua, merauke) = (OfficeId(91), OfficeId(9301));
    let statements = [
        said(1, 1, 1, certificate(2, CENTRE, "pusat")),
        said(2, 1, 1, certificate(3, papua, "papua")),
        said(3, 1, 1, certificate(4, merauke, "merauke")),
    ];
    assert_eq!(entry(&trust(&statements, &Tree::built_in()), 4), None);
    assert_eq!(KEYS_SINCE, Date::new(2022, 12, 8).unwrap());
    let (before, tree) = (KEYS_SINCE.plus_days(-1), Tree::built_in());
    assert!(tree.change_dates().contains(&KEYS_SINCE) && tree.exists(merauke, before));
}

proptest! {
    #[test]
    fn a_moved_office_is_trusted_alike_in_every_order(
        statements in Just({
            let mut all = authorities();
            all.extend([
                said(3, 1, 1, certificate(4, BATAM, "batam")),
                said(5, 1, 1, certificate(4, BATAM, "batam lagi")),
                said(5, 1, 2, certificate(7, BATAM, "batam baru")),
                ends(3, 2, 7),
                ends(2, 4, 6),
            ]);
            all
        }).prop_shuffle()
    ) {
        let tree = moved();
        let mut sorted = statements.clone();
        sorted.sort_by(|a, b| (&a.stream, a.seq).cmp(&(&b.stream, b.seq)));
        let found = trust(&statements, &tree);
        prop_assert_eq!(&found, &trust(&sorted, &tree));
        prop_assert_eq!([4, 6, 7].map(|n| entry(&found, n)), [Some(true), Some(false), Some(false)]);
    }
}

/// Of a moved office the new parent may have all, the former no more than what it wrote itself.
#[test]
fn a_moved_offices_streams_go_to_its_new_parent() {
    let mut statements = authorities();
    statements.push(said(3, 1, 1, certificate(4, BATAM, "batam")));
    let stream = |by: u8, audience, lane| {
        let writer = writer_id(&key(by).verifying_key());
        StreamId { writer, epoch: 1, audience, lane }
    };
    let reports = stream(4, Audience::Up(BATAM), Lane::Forms);
    let verdicts = stream(3, Audience::Up(BATAM), Lane::Forms);
    let of_batam = stream(3, Audience::Up(BATAM), Lane::Control);
    let of_kepri = stream(2, Audience::Down(KEPRI), Lane::Control);
    let circular = stream(2, Audience::Down(KEPRI), Lane::Circulars);
    let told = |tree: Tree, on: &str| {
        let (tree, date) = (std::sync::Arc::new(tree), on.parse().unwrap());
        let trust = std::sync::Arc::new(trust(&statements, &tree));
        let rules = Rules { tree, date, trust };
        let mut lines = Vec::new();
        for stream in [&reports, &verdicts, &of_batam, &of_kepri, &circular] {
            let writer = rules.office(stream.writer).unwrap();
            let may = [CENTRE, KEPRI, RIAU, BATAM, ACEH]
                .map(|office| if rules.may_hold(stream, writer, office) { 'x' } else { '-' });
            let written = if rules.may_write(stream, writer) { "" } else { " not written" };
            lines.push(format!("{}{written}", may.iter().collect::<String>()));
        }
        lines.join("\n")
    };
    // The centre, Kepulauan Riau, Riau, Batam, Aceh; of reports, verdicts, certificates of Batam
    // and of Kepulauan Riau, a circular.
    let before = "xx-x-\nxx-x-\nxx-x-\nxx-x-\nxx-x-";
    assert_eq!(told(Tree::built_in(), "2026-03-01"), before);
    let after = "x-xx-\nxxxx-\nxxxx-\nxxxx-\nxx---";
    assert_eq!(told(moved(), "2026-03-01"), after);
    // A move that is announced: what is said of keys goes ahead of it.
    let announced = "xx-x-\nxx-x-\nxx-x-\nxx-x-\nxx-x-";
    assert_eq!(told(moved(), "2026-01-01"), announced);
}
