//! The exchange of files: messages, proofs, and a whole conversation with a peer that says
//! anything.

use std::sync::LazyLock;

use domain::ids::Digest;
use domain::limits::{BLOB_ASKED_GROUPS_MAX, BLOB_MESSAGE_BYTES_MAX, BLOB_WINDOW_BYTES_MAX};
use domain::op::Lane;
use domain::sync::blob::{BlobEvent, BlobLimits, Blobs, Group, Message, Outboard, Want};

use crate::input::{first, pieces};

const STEPS_MAX: usize = 64;

/// Files that both ends speak of: one group, a bit more than one, several.
static FILES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    [100, 16_385, 70_000].map(|len: u32| (0..len).map(|at| (at % 251) as u8).collect())
});
static GROUPS: LazyLock<Vec<Vec<Group>>> = LazyLock::new(|| {
    FILES.iter().map(|file| Outboard::of(file).expect("it has a size").groups().collect()).collect()
});

/// The groups of the files that both ends speak of.
#[must_use]
pub fn groups() -> &'static [Vec<Group>] {
    &GROUPS
}

/// One input. By its first byte: 0 a message; 1 a proof; else a conversation.
pub fn run(data: &[u8]) {
    match first(data) {
        (0, rest) => {
            if let Ok(message) = Message::decode(rest) {
                let again = message.encode();
                assert!(again.len() <= message.encoded_bytes_max());
                assert_eq!(Message::decode(&again), Ok(message));
            }
        }
        (1, rest) => proof(rest),
        (_, rest) => conversation(rest),
    }
}

/// Which file and group, then the proof instead of its own, or, where `flip` is set, its own with
/// these bytes changed.
fn proof(data: &[u8]) {
    let (which, rest) = first(data);
    let (number, rest) = first(rest);
    let file = &GROUPS[usize::from(which) % GROUPS.len()];
    let group = &file[usize::from(number) % file.len()];
    let own = || group.proof().to_vec();
    let changed = if which & 128 == 0 {
        rest.to_vec()
    } else {
        own().iter().enumerate().map(|(at, byte)| byte ^ rest.get(at).unwrap_or(&0)).collect()
    };
    let size = group.size_bytes().wrapping_add(u64::from(number >> 6));
    let same = changed == group.proof() && size == group.size_bytes();
    let bytes = group.bytes().to_vec();
    match Group::verify(group.digest(), size, group.number(), changed, bytes) {
        Ok(_) => assert!(same || size != group.size_bytes(), "a wrong proof is believed"),
        Err(_) => assert!(!same, "its own proof isn't believed"),
    }
}

fn conversation(data: &[u8]) {
    let limits = BlobLimits::default();
    let mut blobs = Blobs::new(limits);
    let lanes = [Lane::Urgent, Lane::Forms, Lane::Blobs];
    for piece in pieces(data, STEPS_MAX) {
        let (what, rest) = first(piece);
        let (which, rest) = first(rest);
        let file = &GROUPS[usize::from(which) % GROUPS.len()];
        let (digest, size_bytes) = (file[0].digest(), file[0].size_bytes());
        match what % 8 {
            0 => {
                if let Ok(message) = Message::decode(&[&[which][..], rest].concat()) {
                    received(&mut blobs, message);
                }
            }
            1 => {
                let lane = lanes[usize::from(which >> 2) % lanes.len()];
                if let Some(mut want) = Want::whole(digest, size_bytes, lane) {
                    want.preview = which & 128 != 0;
                    blobs.want(want);
                }
            }
            2 => drop(blobs.next_out(BLOB_MESSAGE_BYTES_MAX)),
            3 => drop(blobs.next_out(usize::from(which) * 64)),
            4 => blobs.arrived(digest, u32::from(first(rest).0)),
            5 => blobs.unwant(digest),
            6 => blobs.stored(digest),
            _ => answer(&mut blobs, file, rest),
        }
        assert!(blobs.in_flight_bytes() <= BLOB_WINDOW_BYTES_MAX + 2 * 16 * 1024);
    }
    let _counts = blobs.counts();
    // Whatever came, what is to be sent comes to an end.
    let most = STEPS_MAX * (1 + 3 * BLOB_ASKED_GROUPS_MAX);
    let mut sent = 0;
    while let Some(message) = blobs.next_out(BLOB_MESSAGE_BYTES_MAX) {
        assert!(message.encode().len() <= BLOB_MESSAGE_BYTES_MAX);
        sent += 1;
        assert!(sent <= most, "it never ends");
    }
}

/// A true part of a group, which the fuzzer can't make by itself.
fn answer(blobs: &mut Blobs, file: &[Group], rest: &[u8]) {
    let group = &file[usize::from(first(rest).0) % file.len()];
    let mut other = Blobs::new(BlobLimits::default());
    let ask = domain::sync::blob::BlobAsk {
        digest: group.digest(),
        size_bytes: group.size_bytes(),
        first: group.number(),
        count: 1,
    };
    other.received(Message::Ask(ask));
    other.supply(group);
    while let Some(message) = other.next_out(BLOB_MESSAGE_BYTES_MAX) {
        received(blobs, message);
    }
}

fn received(blobs: &mut Blobs, message: Message) {
    let known = |digest: Digest| GROUPS.iter().find(|file| file[0].digest() == digest);
    for event in blobs.received(message) {
        match event {
            BlobEvent::Store(group) => {
                let file = known(group.digest()).expect("nobody asked for another");
                assert!(file.contains(&group), "a group that isn't the file's is kept");
            }
            BlobEvent::Read { digest, group, .. } => {
                let held = known(digest).and_then(|file| file.get(group as usize));
                match held {
                    Some(group) => blobs.supply(group),
                    None => blobs.none(digest, Some(group)),
                }
            }
            BlobEvent::ReadThumbnail { photo } => blobs.thumbnail(photo, None),
            BlobEvent::Thumbnail { .. }
            | BlobEvent::Refuse { .. }
            | BlobEvent::Done { .. }
            | BlobEvent::Held { .. } => {}
        }
    }
}
