//! The bytes of operations, chains and signatures. The golden files are never edited: a change
//! that alters them breaks every log there is.

use std::fmt::Write as _;

use domain::ids::PersonId;
use domain::op::{
    Change, Op, OpError, SealedOp, SignedHead, StreamHead, VerifyError, open_stored, seal,
    sign_head, verify, writer_id,
};
use domain::permit::Permit;
use ed25519_dalek::SigningKey;
use expect_test::{Expect, expect, expect_file};

use crate::make::{self, OWNER};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

fn sealed() -> Vec<SealedOp> {
    let stream = make::stream(writer_id(&key().verifying_key()));
    let mut head = StreamHead::start(&stream);
    let seal_next = |op: Op| {
        let permit = Permit::granted(op.author, OWNER, "create");
        let sealed = seal(&permit, &stream, &head, op).unwrap();
        head = sealed.head();
        sealed
    };
    make::one_of_each().into_iter().map(seal_next).collect()
}

fn signed(ops: &[SealedOp]) -> SignedHead {
    let last = ops.last().unwrap();
    sign_head(&key(), last.stream(), &last.head())
}

fn bytes(ops: &[SealedOp]) -> Vec<Vec<u8>> {
    ops.iter().map(|op| op.bytes().to_vec()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn golden() {
    let ops = sealed();
    let stream = ops[0].stream();
    let mut text = String::new();
    writeln!(text, "key {}", hex(&key().to_bytes())).unwrap();
    writeln!(text, "writer {}", stream.writer).unwrap();
    writeln!(text, "stream {}", hex(&minicbor::to_vec(stream).unwrap())).unwrap();
    writeln!(text, "start {}", StreamHead::start(stream).link).unwrap();
    for op in &ops {
        writeln!(text, "op {} {}", op.seq(), hex(op.bytes())).unwrap();
        writeln!(text, "link {} {}", op.seq(), op.link()).unwrap();
    }
    writeln!(text, "signature {}", hex(&signed(&ops).signature)).unwrap();
    writeln!(text, "head {}", hex(&minicbor::to_vec(signed(&ops)).unwrap())).unwrap();
    expect_file!["golden/stream-1.txt"].assert_eq(&text);
}

/// The golden bytes read back to what made them, and verify.
#[test]
fn golden_reads_back() {
    let text = include_str!("golden/stream-1.txt");
    let of = |kind: &str| -> Vec<Vec<u8>> {
        let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        lines.filter(|words| words[0] == kind).map(|words| unhex(words.last().unwrap())).collect()
    };
    let head: SignedHead = minicbor::decode(&of("head")[0]).unwrap();
    let start = StreamHead::start(&head.stream);
    let read = verify(&head.stream, &start, &of("op"), &head, &key().verifying_key()).unwrap();
    let ops: Vec<Op> = read.iter().map(|op| op.op().clone()).collect();
    assert_eq!(ops, make::one_of_each());
}

#[test]
fn golden_digests() {
    let ops = make::one_of_each();
    let Change::Create(create) = &ops[0].change else { panic!("the first creates") };
    let Change::Create(periodic) = &ops[1].change else { panic!("the second creates") };
    let text = format!(
        "content {}\nperiodic {}\n",
        domain::record::content_hash(&create.cells),
        periodic.record
    );
    expect_file!["golden/digests-1.txt"].assert_eq(&text);
}

#[test]
fn later_kinds_are_carried_as_they_came() {
    let mut bytes = minicbor::to_vec(make::one_of_each().last().unwrap()).unwrap();
    let kind_at = bytes.windows(3).position(|three| three == [0x82, 6, 0x81]).unwrap() + 1;
    bytes.splice(kind_at.., [0x18, 99, 0x82, 1, 0x61, 0x78]);
    let stream = make::stream(writer_id(&key().verifying_key()));
    let op = open_stored(&stream, 1, StreamHead::start(&stream).link, bytes.clone()).unwrap();
    let Change::Unknown(unknown) = &op.op().change else { panic!("kind 99 is unknown") };
    assert_eq!(unknown.kind(), 99);
    assert_eq!(minicbor::to_vec(op.op()).unwrap(), bytes);
}

#[test]
fn a_flipped_bit_never_verifies() {
    let ops = sealed();
    let (head, start) = (signed(&ops), StreamHead::start(ops[0].stream()));
    let sent = bytes(&ops);
    assert!(verify(&head.stream, &start, &sent, &head, &key().verifying_key()).is_ok());
    for (at, op) in sent.iter().enumerate() {
        for bit in 0..op.len() * 8 {
            let mut sent = sent.clone();
            sent[at][bit / 8] ^= 1 << (bit % 8);
            let result = verify(&head.stream, &start, &sent, &head, &key().verifying_key());
            assert!(matches!(result, Err(VerifyError::Chain)), "op {at} bit {bit}");
        }
    }
    for bit in 0..64 * 8 {
        let mut head = head.clone();
        head.signature[bit / 8] ^= 1 << (bit % 8);
        assert!(head.check(&key().verifying_key()).is_err(), "signature bit {bit}");
    }
}

fn check_verify(change: impl FnOnce(&mut Vec<Vec<u8>>, &mut SignedHead), expect: &Expect) {
    let ops = sealed();
    let (mut sent, mut head) = (bytes(&ops), signed(&ops));
    change(&mut sent, &mut head);
    let start = StreamHead::start(ops[0].stream());
    let error = verify(ops[0].stream(), &start, &sent, &head, &key().verifying_key()).unwrap_err();
    expect.assert_eq(&format!("{}: {error}", error.code().as_str()));
}

#[test]
fn forgeries() {
    check_verify(
        |sent, _| {
            sent.pop();
        },
        &expect!["op.forged: 8 operations were sent from 1, the head is at 10"],
    );
    check_verify(
        |sent, _| sent.swap(3, 4),
        &expect!["op.forged: the operations do not chain to the signed head"],
    );
    check_verify(
        |_, head| head.stream.epoch = 2,
        &expect!["op.forged: the signed head is of another stream"],
    );
    check_verify(|_, head| head.next_seq += 1, &expect!["op.forged: the signature does not hold"]);
    check_verify(
        |_, head| *head = sign_head(&SigningKey::from_bytes(&[1; 32]), &head.stream, &head.head()),
        &expect!["op.forged: the signature does not hold"],
    );
}

#[test]
fn another_key_is_not_the_writers() {
    let ops = sealed();
    let other = SigningKey::from_bytes(&[1; 32]).verifying_key();
    assert!(matches!(signed(&ops).check(&other), Err(VerifyError::OtherKey)));
}

fn check_seal(change: impl FnOnce(&mut Op), expect: &Expect) {
    let stream = make::stream(writer_id(&key().verifying_key()));
    let mut op = make::one_of_each().swap_remove(0);
    change(&mut op);
    let permit = Permit::granted(PersonId([1; 16]), OWNER, "create");
    let error = seal(&permit, &stream, &StreamHead::start(&stream), op).unwrap_err();
    expect.assert_eq(&format!("{}: {error}", error.code().as_str()));
}

#[test]
fn what_cannot_be_sealed() {
    check_seal(
        |op| op.author = PersonId([2; 16]),
        &expect![
            "policy.denied: the author 02020202020202020202020202020202 is not the person permitted, 01010101010101010101010101010101"
        ],
    );
    check_seal(
        |op| {
            let Change::Create(create) = &mut op.change else { return };
            create.office = domain::ids::OfficeId(1);
        },
        &expect!["policy.denied: the record belongs to office 1, permitted was 2101"],
    );
    check_seal(
        |op| op.time.ms = u64::MAX,
        &expect!["op.malformed: the operation is beyond a limit: its time is after the year 9999"],
    );
    check_seal(
        |op| op.change = make::comment(&[], &"x".repeat(20_001)),
        &expect!["op.malformed: the operation is beyond a limit: a text is too long"],
    );
    check_seal(
        |op| op.format = 2,
        &expect!["op.malformed: the operation has format 2, this build knows 1"],
    );
}

#[test]
fn one_way_to_say_it() {
    let stream = make::stream(writer_id(&key().verifying_key()));
    let link = StreamHead::start(&stream).link;
    let plain = minicbor::to_vec(&make::one_of_each()[6]).unwrap();
    assert!(open_stored(&stream, 1, link, plain.clone()).is_ok());
    let mut longer = plain.clone();
    longer.splice(1..2, [0x18, 1]);
    assert!(matches!(open_stored(&stream, 1, link, longer), Err(OpError::NotCanonical)));
    let mut trailing = plain.clone();
    trailing.push(0);
    assert!(open_stored(&stream, 1, link, trailing).is_err());
    let indefinite = [&[0x9f], &plain[1..], &[0xff]].concat();
    assert!(open_stored(&stream, 1, link, indefinite).is_err());
}
