//! A pack's bytes: whatever they are, decoding ends with a pack or an error.

use domain::expr::{Expr, Unary};
use domain::limits::DICTIONARY_BYTES_MAX;
use domain::pack::{Dictionary, Pack, PackError};
use proptest::prelude::*;

use crate::kinds;

#[test]
fn damaged_bytes_never_panic() {
    let bytes = kinds::pack().encode().unwrap();
    proptest!(ProptestConfig::with_cases(2_000), |(
        at in any::<prop::sample::Index>(),
        put in prop::collection::vec(any::<u8>(), 0..6),
        cut in 0usize..6,
    )| {
        let at = at.index(bytes.len());
        let end = (at + cut).min(bytes.len());
        let damaged = [&bytes[..at], &put, &bytes[end..]].concat();
        if let Ok(pack) = Pack::decode(&damaged) {
            prop_assert_eq!(pack.to_bytes(), damaged);
        }
    });
}

#[test]
fn arbitrary_bytes_never_panic() {
    proptest!(ProptestConfig::with_cases(2_000), |(bytes in prop::collection::vec(any::<u8>(), 0..200))| {
        let _ = Pack::decode(&bytes).is_ok();
    });
}

#[test]
fn deep_bytes_are_refused_before_they_are_decoded() {
    let deep = [0x81].repeat(200_000);
    assert!(matches!(Pack::decode(&deep), Err(PackError::TooDeep)));
    let mut pack = kinds::pack();
    let expr = (0..40).fold(Expr::List(Vec::new()), |e, _| Expr::Unary(Unary::Not, Box::new(e)));
    pack.types[0].urgent = Some(expr);
    assert!(matches!(pack.encode(), Err(PackError::Expr(_))));
    assert!(Pack::decode(&pack.to_bytes()).is_err());
}

#[test]
fn a_dictionary_stands_last_and_has_a_limit() {
    let plain = kinds::pack();
    let mut pack = kinds::pack();
    pack.dictionary = Some(Dictionary(vec![7; 3]));
    let bytes = pack.encode().unwrap();
    // A list of ten instead of nine, and at its end a byte string of three.
    assert_eq!((plain.to_bytes()[0], bytes[0]), (0x89, 0x8a));
    assert_eq!(bytes[1..], [&plain.to_bytes()[1..], &[0x43, 7, 7, 7]].concat());
    assert_eq!(Pack::decode(&bytes).unwrap(), pack);
    pack.dictionary = Some(Dictionary(vec![7; DICTIONARY_BYTES_MAX + 1]));
    assert!(matches!(pack.encode(), Err(PackError::Dictionary { .. })));
    assert!(matches!(Pack::decode(&pack.to_bytes()), Err(PackError::Dictionary { .. })));
}

#[test]
fn numbers_and_keys_are_unique() {
    let mut pack = kinds::pack();
    let field = pack.types[0].fields[0].clone();
    pack.types[0].fields.push(field);
    assert!(matches!(Pack::decode(&pack.to_bytes()), Err(PackError::Duplicate { what: "fields" })));
    let mut pack = kinds::pack();
    pack.types[0].workflow.states.clear();
    assert!(matches!(Pack::decode(&pack.to_bytes()), Err(PackError::NoState { type_id: 1 })));
}

#[test]
fn a_longer_head_is_not_canonical() {
    let bytes = kinds::pack().encode().unwrap();
    // The pack's name is the text of one byte: 0x61 'p'. 0x78 0x01 'p' says the same at length.
    assert_eq!(&bytes[1..3], b"\x61p");
    let longer = [&bytes[..1], b"\x78\x01p", &bytes[3..]].concat();
    assert!(matches!(Pack::decode(&longer), Err(PackError::NotCanonical)));
}
