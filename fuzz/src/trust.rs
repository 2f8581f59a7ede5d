//! Trust folded from whatever authorities say.

use domain::ids::WriterId;
use domain::op::{Audience, Lane, StreamId, writer_id};
use domain::trust::{Certificate, Revocation, Statement, Trust, What};

use crate::input::{first, pieces};
use crate::world;

const STATEMENTS_MAX: usize = 32;

/// One input: statements as pieces. Of each, one byte says who speaks (5 is the root) and, by its
/// high bits, that it is a revocation (128) and that the key is one of ours (64); one byte the
/// sequence number, one the key; the rest is the CBOR of what is said.
pub fn run(data: &[u8]) {
    let mut said: Vec<Statement> =
        pieces(data, STATEMENTS_MAX).into_iter().filter_map(statement).collect();
    let rules = world::rules();
    let root = world::root().verifying_key();
    let of = |said: &[Statement]| Trust::new(Some(root), &[], said, &rules.tree);
    let trust = of(&said);
    assert_eq!(of(&said), trust);
    for (writer, entry) in trust.entries() {
        let says =
            |one: &Statement| matches!(&one.what, What::Certificate(c) if *c == entry.certificate);
        assert!(said.iter().any(says), "somebody certified it");
        assert_eq!(writer_id(&entry.key), writer);
        assert!(rules.tree.lifetime(entry.certificate.office).is_some(), "its office exists");
    }
    for one in &said {
        let until = trust.trusted_until(&one.stream);
        let stands = trust.judge(&one.stream, one.seq).is_ok();
        assert_eq!(stands, until.is_none_or(|until| one.seq <= until));
        let _vouched = trust.vouched(&one.stream, one.seq);
        let _office = trust.office(one.stream.writer, &rules.tree, world::TODAY);
    }
    // Where nobody says two things of one key, the order in which they came says nothing.
    if distinct(&said) {
        said.reverse();
        assert_eq!(of(&said), trust);
    }
}

fn distinct(said: &[Statement]) -> bool {
    let keys = said.iter().filter_map(|one| match &one.what {
        What::Certificate(certificate) => Some(certificate.key),
        What::Revocation(_) => None,
    });
    let mut keys: Vec<[u8; 32]> = keys.collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    keys.len() == all
}

fn statement(piece: &[u8]) -> Option<Statement> {
    let (flags, rest) = first(piece);
    let (seq, rest) = first(rest);
    let (named, rest) = first(rest);
    let named = usize::from(named);
    let what = if flags & 128 == 0 {
        let mut certificate: Certificate = minicbor::decode(rest).ok()?;
        if flags & 64 != 0 {
            certificate.key = world::key(named).verifying_key().to_bytes();
        }
        What::Certificate(certificate)
    } else {
        let mut revocation: Revocation = minicbor::decode(rest).ok()?;
        if flags & 64 != 0 {
            revocation.writer = world::writer(named);
        }
        What::Revocation(revocation)
    };
    let speaker = usize::from(flags & 7);
    let writer: WriterId = match speaker {
        0..=4 => world::writer(speaker),
        _ => writer_id(&world::root().verifying_key()),
    };
    let audience = Audience::Down(world::OFFICES[speaker.min(4)]);
    let stream = StreamId { writer, epoch: 1, audience, lane: Lane::Control };
    Some(Statement { stream, seq: u64::from(seq).max(1), what })
}
