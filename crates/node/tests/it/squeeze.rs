//! Frames squeezed and expanded again, whoever made them.

use domain::sync::body::{BodyError, DictionaryId, SplitLimits, Squeeze, close, open};
use node::squeeze::Zstd;
use proptest::prelude::*;

const RAW_MAX: usize = 64 * 1024;

/// Not trained: zstd takes any bytes as the content of a dictionary.
const DICTIONARY: &[u8] = b"Banjir menggenangi permukiman di Desa Suka Maju, Kec. Karang Jaya";

#[test]
fn a_dictionary_makes_it_smaller_and_both_come_back() {
    let zstd = Zstd::new().unwrap();
    let id = zstd.learn(DICTIONARY).unwrap();
    assert_eq!(zstd.known(), [DictionaryId::NONE, id]);
    let raw = b"Banjir menggenangi permukiman di Desa Suka Maju dan sekitarnya";
    let (with, without) =
        (zstd.squeeze(id, raw).unwrap(), zstd.squeeze(DictionaryId::NONE, raw).unwrap());
    assert!(with.len() < without.len() / 2, "{} and {}", with.len(), without.len());
    assert_eq!(zstd.expand(id, &with, RAW_MAX).unwrap(), raw);
    assert_eq!(zstd.expand(DictionaryId::NONE, &without, RAW_MAX).unwrap(), raw);
    assert_ne!(zstd.expand(DictionaryId::NONE, &with, RAW_MAX).as_deref(), Ok(raw.as_slice()));
}

#[test]
fn an_unknown_dictionary_is_said_to_be_missing() {
    let zstd = Zstd::new().unwrap();
    let id = DictionaryId::of(DICTIONARY);
    assert_eq!(zstd.squeeze(id, b"x"), Err(BodyError::NoDictionary));
    assert_eq!(zstd.expand(id, b"x", RAW_MAX), Err(BodyError::NoDictionary));
}

#[test]
fn a_bomb_stops_at_its_limit() {
    let zstd = Zstd::new().unwrap();
    let bomb = zstd.squeeze(DictionaryId::NONE, &vec![0; 64 * 1024 * 1024]).unwrap();
    assert!(bomb.len() < 8 * 1024, "{} bytes", bomb.len());
    assert_eq!(zstd.expand(DictionaryId::NONE, &bomb, RAW_MAX), Err(BodyError::Malformed));
}

#[test]
fn a_whole_frame_comes_back() {
    let zstd = Zstd::new().unwrap();
    let id = zstd.learn(DICTIONARY).unwrap();
    let ops: [&[u8]; 3] = [b"not an operation", b"", b"nor this"];
    let frame = close(&ops, &|_| None, &zstd, id).unwrap();
    let limits = SplitLimits { ops_max: 3, bytes_max: RAW_MAX };
    assert_eq!(open(&frame, &zstd, id, limits).unwrap(), ops);
    let few = SplitLimits { ops_max: 2, ..limits };
    assert_eq!(open(&frame, &zstd, id, few), Err(BodyError::TooLarge));
}

proptest! {
    #[test]
    fn everything_comes_back(raw in prop::collection::vec(0u8..4, 0..3_000)) {
        let zstd = Zstd::new().unwrap();
        let squeezed = zstd.squeeze(DictionaryId::NONE, &raw).unwrap();
        prop_assert_eq!(zstd.expand(DictionaryId::NONE, &squeezed, RAW_MAX).unwrap(), raw);
    }

    #[test]
    fn damaged_frames_are_no_reason_to_panic(
        at in any::<prop::sample::Index>(),
        put in prop::collection::vec(any::<u8>(), 0..6),
        cut in 0usize..6,
    ) {
        let zstd = Zstd::new().unwrap();
        let id = zstd.learn(DICTIONARY).unwrap();
        let ops: [&[u8]; 2] = [DICTIONARY, b"Desa Suka Maju, Kec. Karang Jaya"];
        let frame = close(&ops, &|_| None, &zstd, id).unwrap();
        let at = at.index(frame.len());
        let end = (at + cut).min(frame.len());
        let damaged = [&frame[..at], &put, &frame[end..]].concat();
        let limits = SplitLimits { ops_max: 64, bytes_max: RAW_MAX };
        let _ = open(&damaged, &zstd, id, limits).is_ok();
    }
}
