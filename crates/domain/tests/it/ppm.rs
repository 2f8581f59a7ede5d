//! Frames squeezed and expanded again, whoever made them.

use domain::sync::Ppm;
use domain::sync::body::{BodyError, DictionaryId, SplitLimits, Squeeze, close, open};
use proptest::prelude::*;

const RAW_MAX: usize = 64 * 1024;

const DICTIONARY: &[u8] = b"Banjir menggenangi permukiman di Desa Suka Maju, Kec. Karang Jaya";

#[test]
fn a_dictionary_makes_it_smaller_and_both_come_back() {
    let ppm = Ppm::default();
    let id = ppm.learn(DICTIONARY);
    assert_eq!(ppm.known(), [DictionaryId::NONE, id]);
    let raw = b"Banjir menggenangi permukiman di Desa Suka Maju dan sekitarnya";
    let (with, without) =
        (ppm.squeeze(id, &[], raw).unwrap(), ppm.squeeze(DictionaryId::NONE, &[], raw).unwrap());
    assert!(with.len() < without.len() / 2, "{} and {}", with.len(), without.len());
    assert_eq!(ppm.expand(id, &[], &with, RAW_MAX).unwrap(), raw);
    assert_eq!(ppm.expand(DictionaryId::NONE, &[], &without, RAW_MAX).unwrap(), raw);
    assert_ne!(ppm.expand(DictionaryId::NONE, &[], &with, RAW_MAX).as_deref(), Ok(raw.as_slice()));
}

#[test]
fn what_went_before_makes_it_smaller_and_must_be_the_same() {
    let ppm = Ppm::default();
    let raw = b"Banjir menggenangi permukiman di Desa Suka Maju dan sekitarnya";
    for id in [DictionaryId::NONE, ppm.learn(b"Longsor menutup jalan di Desa Karang Jaya")] {
        let with = ppm.squeeze(id, DICTIONARY, raw).unwrap();
        assert!(with.len() < ppm.squeeze(id, &[], raw).unwrap().len() / 2);
        assert_eq!(ppm.expand(id, DICTIONARY, &with, RAW_MAX).unwrap(), raw);
        assert_ne!(ppm.expand(id, &[], &with, RAW_MAX).as_deref(), Ok(raw.as_slice()));
    }
}

#[test]
fn an_unknown_dictionary_is_said_to_be_missing() {
    let ppm = Ppm::default();
    let id = DictionaryId::of(DICTIONARY);
    assert_eq!(ppm.squeeze(id, &[], b"x"), Err(BodyError::NoDictionary));
    assert_eq!(ppm.expand(id, &[], b"x", RAW_MAX), Err(BodyError::NoDictionary));
}

#[test]
fn a_bomb_stops_at_its_limit() {
    let ppm = Ppm::default();
    let bomb = ppm.squeeze(DictionaryId::NONE, &[], &vec![0; 4 * 1024 * 1024]).unwrap();
    assert!(bomb.len() < 8 * 1024, "{} bytes", bomb.len());
    assert_eq!(ppm.expand(DictionaryId::NONE, &[], &bomb, RAW_MAX), Err(BodyError::TooLarge));
}

#[test]
fn a_whole_frame_comes_back() {
    let ppm = Ppm::default();
    let id = ppm.learn(DICTIONARY);
    let ops: [&[u8]; 3] = [b"not an operation", b"", b"nor this"];
    let frame = close(&ops, &|_| None, &ppm, id).unwrap();
    let limits = SplitLimits { ops_max: 3, bytes_max: RAW_MAX };
    assert_eq!(open(&frame, &ppm, id, limits).unwrap(), ops);
    let few = SplitLimits { ops_max: 2, ..limits };
    assert_eq!(open(&frame, &ppm, id, few), Err(BodyError::TooLarge));
}

proptest! {
    #[test]
    fn everything_comes_back(raw in prop::collection::vec(0u8..4, 0..3_000)) {
        let ppm = Ppm::default();
        let squeezed = ppm.squeeze(DictionaryId::NONE, &[], &raw).unwrap();
        prop_assert_eq!(ppm.expand(DictionaryId::NONE, &[], &squeezed, RAW_MAX).unwrap(), raw);
    }

    #[test]
    fn damaged_frames_are_no_reason_to_panic(
        at in any::<prop::sample::Index>(),
        put in prop::collection::vec(any::<u8>(), 0..6),
        cut in 0usize..6,
    ) {
        let ppm = Ppm::default();
        let id = ppm.learn(DICTIONARY);
        let ops: [&[u8]; 2] = [DICTIONARY, b"Desa Suka Maju, Kec. Karang Jaya"];
        let frame = close(&ops, &|_| None, &ppm, id).unwrap();
        let at = at.index(frame.len());
        let end = (at + cut).min(frame.len());
        let damaged = [&frame[..at], &put, &frame[end..]].concat();
        let limits = SplitLimits { ops_max: 64, bytes_max: RAW_MAX };
        let _ = open(&damaged, &ppm, id, limits).is_ok();
    }
}
