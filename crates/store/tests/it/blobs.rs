//! Files: whole, in pieces, over a crash, within a quota.

use std::collections::BTreeSet;

use domain::ids::{Digest, PersonId, RecordId, WriterId};
use domain::limits::BLOB_GROUP_BYTES;
use domain::op::{Audience, Lane};
use domain::sync::blob::{Group, Outboard};
use domain::value::FileRef;
use proptest::prelude::*;
use store::blob_refs::{self, Named};
use store::blobs::{self, Kept, Quota, Thumbnail, Wish};
use store::{Store, StoreError};

const ROOM: Quota = Quota { bytes_max: 1 << 30 };
const ANI: PersonId = PersonId([1; 16]);
const BUDI: PersonId = PersonId([2; 16]);
const PEER: WriterId = WriterId([9; 16]);

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn bytes(seed: u8, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i / 3).to_le_bytes()[0] ^ seed).collect()
}

fn groups(bytes: &[u8]) -> (Digest, Vec<Group>) {
    let outboard = Outboard::of(bytes).unwrap();
    (outboard.digest(), outboard.groups().collect())
}

fn wish(digest: Digest, size: usize, lane: Lane) -> Wish<'static> {
    let media_type = "image/jpeg";
    Wish { digest, size_bytes: size as u64, media_type, thumbnail: false, lane }
}

fn put(store: &Store, bytes: &[u8], quota: Quota, now_ms: u64) -> Result<Digest, StoreError> {
    let outboard = Outboard::of(bytes).unwrap();
    let wish = wish(outboard.digest(), bytes.len(), Lane::Forms);
    store.write(|tx| blobs::put(tx, &outboard, &wish, quota, now_ms))
}

fn put_group(store: &Store, group: &Group) -> Kept {
    store.write(|tx| blobs::put_group(tx, group, Some(PEER), ROOM, 7)).unwrap()
}

fn named(n: u8, size: usize) -> Named {
    Named {
        record: RecordId([n; 16]),
        audience: Audience::Up(domain::ids::OfficeId(2171)),
        size_bytes: size as u64,
        media_type: "image/jpeg".to_owned(),
        lane: Lane::Forms,
    }
}

fn name(store: &Store, n: u8, digest: Digest, size: usize, author: PersonId) {
    let file = FileRef {
        digest,
        size_bytes: size as u64,
        media_type: "image/jpeg".to_owned(),
        name: "foto.jpg".to_owned(),
    };
    store.write(|tx| blob_refs::name(tx, &file, &named(n, size), author, 5)).unwrap();
}

fn is_whole(store: &Store, digest: Digest) -> bool {
    store.read(|r| blobs::is_whole(r, &digest)).unwrap()
}

fn total(store: &Store) -> u64 {
    store.read(blobs::total_bytes).unwrap()
}

#[test]
fn a_whole_file_is_kept_once() {
    let (_dir, store) = open();
    let photo = bytes(1, 40_000);
    let digest = put(&store, &photo, ROOM, 1).unwrap();
    assert_eq!(put(&store, &photo, ROOM, 2).unwrap(), digest);
    let kept = store.read(|r| blobs::get(r, &digest)).unwrap().unwrap();
    assert_eq!((kept.bytes, kept.media_type.as_str()), (photo, "image/jpeg"));
    assert_eq!(total(&store), 40_000);
    let nothing = store.read(|r| blobs::get(r, &Digest([0; 32]))).unwrap();
    assert_eq!(nothing, None);
}

#[test]
fn what_the_bytes_are_replaces_what_was_said() {
    let (_dir, store) = open();
    let photo = bytes(1, 20_000);
    let digest = groups(&photo).0;
    let said =
        Wish { media_type: "image/png", thumbnail: true, ..wish(digest, 20_000, Lane::Forms) };
    store.write(|tx| blobs::want(tx, &said, 1)).unwrap();
    put(&store, &photo, ROOM, 2).unwrap();
    let info = store.read(|r| blobs::info(r, &digest)).unwrap().unwrap();
    assert_eq!((info.media_type.as_str(), info.thumbnail, info.whole), ("image/jpeg", false, true));
}

#[test]
fn a_file_goes_on_from_what_is_here_after_a_kill() {
    let (dir, store) = open();
    let photo = bytes(1, 100_000);
    let (digest, groups) = groups(&photo);
    store.write(|tx| blobs::want(tx, &wish(digest, 100_000, Lane::Forms), 1)).unwrap();
    let mut left = tempfile::tempdir().unwrap();
    for (count, at) in (1..).zip([5, 0, 3]) {
        assert_eq!(put_group(&store, &groups[at]), Kept::New);
        // What a kill after this group leaves.
        left = tempfile::tempdir().unwrap();
        for name in ["genggam.db", "genggam.db-wal"] {
            std::fs::copy(dir.path().join(name), left.path().join(name)).unwrap();
        }
        let reopened = Store::open(left.path()).unwrap();
        let info = reopened.read(|r| blobs::info(r, &digest)).unwrap().unwrap();
        assert_eq!((info.groups, info.whole, info.origin), (count, false, Some(PEER)));
    }
    let store = Store::open(left.path()).unwrap();
    assert_eq!(store.read(|r| blobs::get(r, &digest)).unwrap(), None, "half a file is none");
    let missing = store.read(|r| blobs::missing(r, &digest, 100_000)).unwrap().unwrap();
    assert_eq!(missing, BTreeSet::from([1, 2, 4, 6]));
    let wanted = store.read(|r| blobs::wanted(r, 10)).unwrap();
    assert_eq!((wanted.len(), &wanted[0].missing), (1, &missing));
    assert!(wanted[0].preview, "a photo whose thumbnail isn't known");
    assert_eq!(put_group(&store, &groups[3]), Kept::Known);
    for at in [6, 4, 2] {
        assert_eq!(put_group(&store, &groups[at]), Kept::New);
    }
    assert_eq!(put_group(&store, &groups[1]), Kept::Whole);
    assert_eq!(store.read(|r| blobs::get(r, &digest)).unwrap().unwrap().bytes, photo);
    assert_eq!(store.read(|r| blobs::wanted(r, 10)).unwrap(), []);
    for group in &groups {
        let held = store.read(|r| blobs::group(r, digest, 100_000, group.number())).unwrap();
        assert_eq!(held.as_ref(), Some(group));
    }
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn what_nothing_names_is_not_kept() {
    let (_dir, store) = open();
    let (digest, groups) = groups(&bytes(1, 20_000));
    assert_eq!(put_group(&store, &groups[0]), Kept::Unwanted);
    assert_eq!(store.read(|r| blobs::missing(r, &digest, 20_000)).unwrap(), None);
    // A false size has a row of its own, so that it can't stand in the way of the true one.
    store.write(|tx| blobs::want(tx, &wish(digest, 19_000, Lane::Forms), 1)).unwrap();
    assert_eq!(put_group(&store, &groups[0]), Kept::Unwanted);
    name(&store, 1, digest, 20_000, ANI);
    assert_eq!(put_group(&store, &groups[0]), Kept::New);
    assert_eq!(put_group(&store, &groups[1]), Kept::Whole);
    assert!(is_whole(&store, digest));
}

#[test]
fn a_full_store_refuses_and_removes_only_what_the_parent_has() {
    let (_dir, store) = open();
    let quota = Quota { bytes_max: 100_000 };
    let first = put(&store, &bytes(1, 40_000), quota, 1).unwrap();
    let second = put(&store, &bytes(2, 40_000), quota, 2).unwrap();
    let third = bytes(3, 30_000);
    let refused = put(&store, &third, quota, 3);
    assert!(matches!(refused, Err(StoreError::BlobsFull { .. })), "{refused:?}");
    assert_eq!(total(&store), 80_000, "nothing of what was refused stays");
    assert!(store.read(|r| blobs::info(r, &groups(&third).0)).unwrap().is_none());

    store.write(|tx| blobs::held_above(tx, &second)).unwrap();
    let third = put(&store, &third, quota, 4).unwrap();
    assert!(is_whole(&store, first) && is_whole(&store, third) && !is_whole(&store, second));
    assert_eq!(total(&store), 70_000);
    let more = bytes(4, 40_000);
    assert!(put(&store, &more, quota, 5).is_err(), "the rest is nowhere else");
    // What was asked for lately stays longest.
    for digest in [first, third] {
        store.write(|tx| blobs::held_above(tx, &digest)).unwrap();
    }
    store.write(|tx| blobs::asked(tx, &first, 6)).unwrap();
    put(&store, &more, quota, 7).unwrap();
    assert!(is_whole(&store, first) && !is_whole(&store, third));
}

#[test]
fn uploads_that_nobody_names_are_forgotten() {
    let (_dir, store) = open();
    let upload = |seed: u8, person, at_ms| {
        let digest = put(&store, &bytes(seed, 30_000), ROOM, at_ms).unwrap();
        let up = |tx: &store::Tx<'_>| blob_refs::uploaded(tx, person, &digest, 30_000, at_ms);
        store.write(up).unwrap();
        digest
    };
    let (used, idle, fresh) = (upload(1, ANI, 10), upload(2, ANI, 20), upload(3, ANI, 500));
    let both = upload(2, BUDI, 500);
    assert_eq!(both, idle);
    let thumbnail = put(&store, &bytes(9, 500), ROOM, 20).unwrap();
    let of = Thumbnail { digest: thumbnail, size_bytes: 500, made_here: true };
    store.write(|tx| blobs::put_thumbnail(tx, &idle, &of)).unwrap();
    let unnamed = |person| store.read(|r| blob_refs::unnamed_bytes(r, person)).unwrap();
    assert_eq!((unnamed(ANI), unnamed(BUDI)), (90_000, 30_000));
    name(&store, 1, used, 30_000, ANI);
    assert_eq!(unnamed(ANI), 60_000);
    let forget = |before| store.write(|tx| blob_refs::forget_uploads(tx, before, 100)).unwrap();

    assert_eq!(forget(100), 1);
    assert!(is_whole(&store, idle), "somebody else uploaded it later");
    assert!(!store.read(|r| blob_refs::is_upload_of(r, &idle, ANI)).unwrap());
    assert_eq!(forget(501), 2);
    assert!(is_whole(&store, used) && !is_whole(&store, idle) && !is_whole(&store, fresh));
    assert!(!is_whole(&store, thumbnail), "a thumbnail goes with its photo");
    assert_eq!(total(&store), 30_000);
}

#[test]
fn the_urgent_is_wanted_first_and_thumbnails_before_all() {
    let (_dir, store) = open();
    let want = |n: u8, size, lane, thumbnail| {
        let wish = Wish { thumbnail, ..wish(Digest([n; 32]), size, lane) };
        store.write(|tx| blobs::want(tx, &wish, 1)).unwrap();
    };
    want(1, 50_000, Lane::Forms, false);
    want(2, 20_000, Lane::Forms, false);
    want(3, 90_000, Lane::Urgent, false);
    want(4, 9_000, Lane::Forms, true);
    want(1, 50_000, Lane::Urgent, false);
    let order: Vec<u8> =
        store.read(|r| blobs::wanted(r, 10)).unwrap().iter().map(|w| w.digest.0[0]).collect();
    assert_eq!(order, [4, 1, 3, 2]);
}

#[test]
fn a_record_names_a_file_for_its_audience_and_a_peers_word_yields() {
    let (_dir, store) = open();
    let digest = put(&store, &bytes(1, 3_000), ROOM, 1).unwrap();
    name(&store, 1, digest, 3_000, ANI);
    name(&store, 1, digest, 3_000, ANI);
    name(&store, 2, digest, 3_000, ANI);
    let by = store.read(|r| blob_refs::named_by(r, &digest)).unwrap();
    assert_eq!(by, [named(1, 3_000), named(2, 3_000)]);

    let of = |n, made_here| Thumbnail { digest: Digest([n; 32]), size_bytes: 9, made_here };
    let put = |t: Thumbnail| store.write(|tx| blobs::put_thumbnail(tx, &digest, &t)).unwrap();
    let now = || store.read(|r| blobs::thumbnail(r, &digest)).unwrap().unwrap().digest.0[0];
    put(of(1, false));
    put(of(2, true));
    put(of(3, false));
    assert_eq!(now(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// In any order and however often, the groups make the file, and the total is what is here.
    #[test]
    fn any_order_makes_the_file(len in 1..80_000usize, order in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let (_dir, store) = open();
        let file = bytes(4, len);
        let (digest, groups) = groups(&file);
        store.write(|tx| blobs::want(tx, &wish(digest, len, Lane::Forms), 1)).unwrap();
        let mut here = BTreeSet::new();
        for at in order.iter().map(|at| at.index(groups.len())).chain(0..groups.len()) {
            let kept = put_group(&store, &groups[at]);
            prop_assert_eq!(kept == Kept::Known, !here.insert(at));
            let bytes: usize = here.iter().map(|at| groups[*at].bytes().len()).sum();
            prop_assert_eq!(total(&store), bytes as u64);
            prop_assert_eq!(is_whole(&store, digest), here.len() == len.div_ceil(BLOB_GROUP_BYTES));
        }
        prop_assert_eq!(store.read(|r| blobs::get(r, &digest)).unwrap().unwrap().bytes, file);
    }
}
