//! Blobs between nodes: out of order, twice, damaged, from several sources, resumed.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::Digest;
use domain::limits::{
    BLOB_ASKED_GROUPS_MAX, BLOB_BYTES_MAX, BLOB_GROUP_BYTES, BLOB_MESSAGE_BYTES_MAX,
    BLOB_PROOF_BYTES_MAX, BLOB_WINDOW_BYTES_MAX,
};
use domain::op::Lane;
use domain::sync::blob::{
    BadGroup, BlobAsk, BlobEvent, BlobGroup, BlobLimits, BlobNone, Blobs, Group, Message,
    MessageError, Outboard, Preview, Want, group_count,
};
use proptest::prelude::*;

fn file(seed: u8, len: usize) -> Vec<u8> {
    let low = |n: usize| n.to_le_bytes()[0];
    (0..len).map(|i| low(i / 7) ^ low(i % 251) ^ seed).collect()
}

/// A node's files: the groups that it holds, and the thumbnails that it knows.
#[derive(Default)]
struct Shelf {
    groups: BTreeMap<(Digest, u32), Group>,
    thumbnails: BTreeMap<Digest, Preview>,
    denied: BTreeSet<Digest>,
    lies: bool,
}

impl Shelf {
    fn with(bytes: &[u8]) -> (Self, Digest) {
        let mut shelf = Self::default();
        let digest = shelf.put(bytes);
        (shelf, digest)
    }

    fn put(&mut self, bytes: &[u8]) -> Digest {
        let outboard = Outboard::of(bytes).unwrap();
        let digest = outboard.digest();
        self.groups.extend(outboard.groups().map(|group| ((digest, group.number()), group)));
        digest
    }

    fn missing(&self, digest: Digest, size: usize) -> BTreeSet<u32> {
        let all = 0..group_count(size as u64).unwrap();
        all.filter(|group| !self.groups.contains_key(&(digest, *group))).collect()
    }

    fn bytes(&self, digest: Digest) -> Vec<u8> {
        let own = self.groups.range((digest, 0)..=(digest, u32::MAX));
        own.flat_map(|(_, group)| group.bytes().to_vec()).collect()
    }

    /// Does what an event says.
    fn act(&mut self, engine: &mut Blobs, event: &BlobEvent) {
        match event {
            BlobEvent::Store(group) => {
                self.groups.insert((group.digest(), group.number()), group.clone());
            }
            BlobEvent::Read { digest, group, .. } => match self.groups.get(&(*digest, *group)) {
                _ if self.denied.contains(digest) => engine.none(*digest, None),
                Some(held) => engine.supply(held),
                None => engine.none(*digest, Some(*group)),
            },
            BlobEvent::ReadThumbnail { photo } => {
                engine.thumbnail(*photo, self.thumbnails.get(photo).copied());
            }
            BlobEvent::Done { digest, whole: true } => engine.stored(*digest),
            BlobEvent::Thumbnail { photo, preview } => {
                self.thumbnails.insert(*photo, *preview);
            }
            BlobEvent::Done { .. } | BlobEvent::Refuse { .. } | BlobEvent::Held { .. } => {}
        }
    }
}

/// Two nodes and what one heard, until neither has anything to say or `steps` are over.
struct Talk {
    asks: Blobs,
    gives: Blobs,
    heard: Vec<BlobEvent>,
    told: Vec<BlobEvent>,
}

impl Talk {
    fn new() -> Self {
        let new = || Blobs::new(BlobLimits::default());
        Self { asks: new(), gives: new(), heard: Vec::new(), told: Vec::new() }
    }

    fn run(&mut self, here: &mut Shelf, there: &mut Shelf, steps: usize) {
        for _ in 0..steps {
            let up = self.asks.next_out(BLOB_MESSAGE_BYTES_MAX);
            assert!(self.asks.in_flight_bytes() <= BLOB_WINDOW_BYTES_MAX);
            let down = self.gives.next_out(BLOB_MESSAGE_BYTES_MAX);
            if up.is_none() && down.is_none() {
                return;
            }
            let asked = up.map(|up| self.gives.received(wired(&up)));
            for event in asked.into_iter().flatten() {
                there.act(&mut self.gives, &event);
                self.told.push(event);
            }
            let down = down.map(|down| if there.lies { damaged(down) } else { down });
            let given = down.map(|down| self.asks.received(wired(&down)));
            for event in given.into_iter().flatten() {
                here.act(&mut self.asks, &event);
                self.heard.push(event);
            }
        }
    }

    fn order(&self) -> Vec<(Digest, u32)> {
        let store = |event: &BlobEvent| {
            let BlobEvent::Store(group) = event else { return None };
            Some((group.digest(), group.number()))
        };
        self.heard.iter().filter_map(store).collect()
    }
}

/// Over the wire and back.
fn wired(message: &Message) -> Message {
    let bytes = message.encode();
    assert!(bytes.len() <= message.encoded_bytes_max().min(BLOB_MESSAGE_BYTES_MAX));
    let back = Message::decode(&bytes).unwrap();
    assert_eq!(&back, message);
    back
}

fn damaged(mut message: Message) -> Message {
    if let Message::Group(part) = &mut message {
        part.bytes[0] ^= 1;
    }
    message
}

fn want(digest: Digest, size: usize, lane: Lane) -> Want {
    Want::whole(digest, size as u64, lane).unwrap()
}

#[test]
fn the_digest_is_blake3_and_every_group_is_proved_by_itself() {
    for len in [1, 1_023, 1_024, 16_384, 16_385, 32_768, 49_153, 300_000, BLOB_BYTES_MAX] {
        let bytes = file(1, len);
        let outboard = Outboard::of(&bytes).unwrap();
        assert_eq!(outboard.digest().0, *blake3::hash(&bytes).as_bytes());
        let mut count = 0;
        for group in outboard.groups() {
            assert!(group.proof().len() <= BLOB_PROOF_BYTES_MAX);
            let (proof, bytes) = (group.proof().to_vec(), group.bytes().to_vec());
            let again =
                Group::verify(group.digest(), len as u64, group.number(), proof, bytes).unwrap();
            assert_eq!(again, group);
            count += 1;
        }
        assert_eq!(Some(count), group_count(len as u64));
    }
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let digest = Digest([7; 32]);
    for size in [0, BLOB_BYTES_MAX as u64 + 1, u64::MAX] {
        assert_eq!(group_count(size), None);
        assert!(Want::whole(digest, size, Lane::Forms).is_none());
        assert_eq!(Group::verify(digest, size, 0, vec![], vec![]), Err(BadGroup::Size));
        let ask = Message::Ask(BlobAsk { digest, size_bytes: size, first: 0, count: 1 });
        assert_eq!(Message::decode(&ask.encode()), Err(MessageError::OutOfRange));
    }
    assert!(Outboard::of(&[]).is_err());
    for (first, count) in [(0, 0), (2, 1), (1, 2), (u32::MAX, 1), (1, u32::MAX)] {
        let ask = Message::Ask(BlobAsk { digest, size_bytes: 20_000, first, count });
        assert_eq!(Message::decode(&ask.encode()), Err(MessageError::OutOfRange));
    }
    assert_eq!(Message::decode(&vec![0; 9_000]), Err(MessageError::TooLong));
    let mut longer = Message::None(BlobNone { digest, group: None }).encode();
    longer.push(0);
    assert_eq!(Message::decode(&longer), Err(MessageError::Malformed));
}

#[test]
fn thumbnails_come_first_then_the_urgent_then_the_smallest() {
    let (mut here, mut there) = (Shelf::default(), Shelf::default());
    let photo = there.put(&file(1, 200_000));
    let thumbnail = there.put(&file(2, 9_000));
    there.thumbnails.insert(photo, Preview { digest: thumbnail, size_bytes: 9_000 });
    let large = there.put(&file(3, 60_000));
    let small = there.put(&file(4, 20_000));
    let urgent = there.put(&file(5, 70_000));
    let mut talk = Talk::new();
    assert!(talk.asks.want(Want { preview: true, ..want(photo, 200_000, Lane::Urgent) }));
    assert!(talk.asks.want(want(large, 60_000, Lane::Forms)));
    assert!(talk.asks.want(want(small, 20_000, Lane::Forms)));
    talk.run(&mut here, &mut there, 3);
    assert!(talk.asks.want(want(urgent, 70_000, Lane::Urgent)));
    talk.run(&mut here, &mut there, 10_000);
    let mut order: Vec<Digest> = talk.order().iter().map(|(digest, _)| *digest).collect();
    order.dedup();
    let at = |digest| order.iter().position(|each| *each == digest).unwrap();
    assert!(at(thumbnail) < at(photo));
    assert!(at(urgent) < at(photo), "the smaller of the urgent");
    assert!(at(photo) < at(large));
    for (digest, bytes) in [(photo, file(1, 200_000)), (large, file(3, 60_000))] {
        assert_eq!(here.bytes(digest), bytes);
    }
    assert_eq!(here.thumbnails, there.thumbnails);
    assert!(talk.asks.is_idle());
    assert!(talk.told.contains(&BlobEvent::Held { digest: photo }));
}

#[test]
fn a_broken_session_is_resumed_from_another_source() {
    let bytes = file(9, 150_000);
    let (mut first, digest) = Shelf::with(&bytes);
    let (mut second, _) = Shelf::with(&bytes);
    // The second source has just some of it.
    second.groups.retain(|(_, group), _| *group != 7);
    let mut here = Shelf::default();
    let mut talk = Talk::new();
    talk.asks.want(want(digest, bytes.len(), Lane::Forms));
    talk.run(&mut here, &mut first, 12);
    let had = here.groups.len();
    assert!((1..9).contains(&had), "{had}");

    let mut talk = Talk::new();
    let missing = here.missing(digest, bytes.len());
    assert!(talk.asks.want(Want { missing, ..want(digest, bytes.len(), Lane::Forms) }));
    talk.run(&mut here, &mut second, 10_000);
    assert_eq!(talk.heard.last(), Some(&BlobEvent::Done { digest, whole: false }));
    assert_eq!(talk.asks.counts().received, 9 - had as u64, "nothing came twice");
    assert_eq!(here.missing(digest, bytes.len()), BTreeSet::from([7]));

    let mut talk = Talk::new();
    let missing = here.missing(digest, bytes.len());
    talk.asks.want(Want { missing, ..want(digest, bytes.len(), Lane::Forms) });
    talk.run(&mut here, &mut first, 10_000);
    assert_eq!(talk.asks.counts().received, 1);
    assert_eq!(here.bytes(digest), bytes);
}

#[test]
fn a_source_that_lies_is_not_asked_again_in_the_session() {
    let bytes = file(3, 50_000);
    let (mut there, digest) = Shelf::with(&bytes);
    there.lies = true;
    let mut here = Shelf::default();
    let mut talk = Talk::new();
    talk.asks.want(want(digest, bytes.len(), Lane::Forms));
    talk.run(&mut here, &mut there, 10_000);
    assert!(talk.heard.contains(&BlobEvent::Refuse { digest, why: BadGroup::Proof }));
    assert_eq!((here.groups.len(), talk.asks.counts().refused), (0, 1));
    assert!(!talk.asks.want(want(digest, bytes.len(), Lane::Forms)));
    assert!(talk.asks.next_out(BLOB_MESSAGE_BYTES_MAX).is_none());
}

#[test]
fn what_one_may_not_have_is_not_to_be_had() {
    let bytes = file(3, 50_000);
    let (mut there, digest) = Shelf::with(&bytes);
    there.denied.insert(digest);
    let mut here = Shelf::default();
    let mut talk = Talk::new();
    talk.asks.want(want(digest, bytes.len(), Lane::Forms));
    talk.run(&mut here, &mut there, 10_000);
    assert_eq!(talk.heard, [BlobEvent::Done { digest, whole: false }]);
    let nothing = Talk::new().gives.received(Message::Ask(BlobAsk {
        digest: Digest([0; 32]),
        size_bytes: 50_000,
        first: 0,
        count: 1,
    }));
    assert_eq!(nothing.len(), 1, "and the answer is the same as for what isn't there");
}

#[test]
fn a_peer_cannot_make_one_hold_more_than_a_few_groups() {
    let (there, digest) = Shelf::with(&file(1, BLOB_BYTES_MAX));
    let mut gives = Blobs::new(BlobLimits::default());
    let size_bytes = BLOB_BYTES_MAX as u64;
    let ask = BlobAsk { digest, size_bytes, first: 0, count: 640 };
    let events = gives.received(Message::Ask(ask));
    assert_eq!(events.len(), BLOB_ASKED_GROUPS_MAX);
    (0..4).for_each(|group| gives.supply(&there.groups[&(digest, group)]));
    gives.supply(&there.groups[&(digest, 5)]);
    let again = BlobAsk { first: 10, ..ask };
    assert_eq!(gives.received(Message::Ask(again)), []);
    let mut parts = 0;
    while gives.next_out(BLOB_MESSAGE_BYTES_MAX).is_some() {
        parts += 1;
    }
    assert_eq!(parts, 4 * 3, "what was not asked is not sent");
    assert_eq!(gives.counts().unasked, 2);
    let photo = digest;
    for _ in 0..10_000 {
        let ask = domain::sync::blob::BlobThumbnailAsk { photo };
        if !gives.received(Message::ThumbnailAsk(ask)).is_empty() {
            gives.thumbnail(photo, None);
        }
    }
    let mut notes = 0;
    while gives.next_out(BLOB_MESSAGE_BYTES_MAX).is_some() {
        notes += 1;
    }
    assert!(notes < 1_000, "{notes}");
}

#[test]
fn a_small_budget_gets_small_messages_only() {
    let bytes = file(1, 50_000);
    let (there, digest) = Shelf::with(&bytes);
    let mut gives = Blobs::new(BlobLimits::default());
    let ask = BlobAsk { digest, size_bytes: 50_000, first: 0, count: 1 };
    gives.received(Message::Ask(ask));
    gives.supply(&there.groups[&(digest, 0)]);
    assert_eq!(gives.next_out(1_000), None);
    gives.stored(digest);
    assert!(matches!(gives.next_out(1_000), Some(Message::Held(_))));
    assert!(matches!(gives.next_out(BLOB_MESSAGE_BYTES_MAX), Some(Message::Group(_))));
}

/// Something that goes wrong with a message on its way.
#[derive(Clone, Debug)]
enum Mishap {
    None,
    Twice,
    Flip(prop::sample::Index),
    Group(u32),
    Part(u8),
    Size(u64),
    Proof(Vec<u8>),
    Swap,
}

fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let one = prop_oneof![
        6 => Just(Mishap::None),
        1 => Just(Mishap::Twice),
        1 => any::<prop::sample::Index>().prop_map(Mishap::Flip),
        1 => (0..30u32).prop_map(Mishap::Group),
        1 => any::<u8>().prop_map(Mishap::Part),
        1 => any::<u64>().prop_map(Mishap::Size),
        1 => prop::collection::vec(any::<u8>(), 0..700).prop_map(Mishap::Proof),
        2 => Just(Mishap::Swap),
    ];
    prop::collection::vec(one, 0..60)
}

fn apply(mishap: &Mishap, part: &mut BlobGroup) {
    match mishap {
        Mishap::None | Mishap::Twice | Mishap::Swap => {}
        Mishap::Flip(at) => {
            let at = at.index(part.bytes.len());
            part.bytes[at] ^= 0x10;
        }
        Mishap::Group(group) => part.group = *group,
        Mishap::Part(number) => part.part = *number,
        Mishap::Size(size) => part.size_bytes = *size,
        Mishap::Proof(proof) => part.proof.clone_from(proof),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens on the way, what is stored is of the file, the window holds, and an honest
    /// session afterwards brings the rest.
    #[test]
    fn only_the_file_is_ever_stored(len in 1..120_000usize, mishaps in mishaps()) {
        let bytes = file(5, len);
        let (mut there, digest) = Shelf::with(&bytes);
        let mut here = Shelf::default();
        let mut talk = Talk::new();
        talk.asks.want(want(digest, len, Lane::Forms));
        let mut late = Vec::new();
        for mishap in &mishaps {
            while let Some(up) = talk.asks.next_out(BLOB_MESSAGE_BYTES_MAX) {
                prop_assert!(talk.asks.in_flight_bytes() <= BLOB_WINDOW_BYTES_MAX);
                for event in talk.gives.received(up) {
                    there.act(&mut talk.gives, &event);
                }
            }
            let Some(mut down) = talk.gives.next_out(BLOB_MESSAGE_BYTES_MAX) else { break };
            if let Message::Group(part) = &mut down {
                apply(mishap, part);
            }
            if matches!(mishap, Mishap::Swap) {
                late.push(down);
                continue;
            }
            let copies = if matches!(mishap, Mishap::Twice) { 2 } else { 1 };
            late.extend(std::iter::repeat_n(down, copies));
            for message in late.drain(..).rev() {
                let Ok(message) = Message::decode(&message.encode()) else { continue };
                for event in talk.asks.received(message) {
                    here.act(&mut talk.asks, &event);
                }
            }
        }
        for ((of, number), group) in &here.groups {
            let start = *number as usize * BLOB_GROUP_BYTES;
            prop_assert_eq!(*of, digest);
            prop_assert_eq!(group.bytes(), &bytes[start..len.min(start + BLOB_GROUP_BYTES)]);
        }
        let mut talk = Talk::new();
        let missing = here.missing(digest, len);
        if !missing.is_empty() {
            talk.asks.want(Want { missing, ..want(digest, len, Lane::Forms) });
            talk.run(&mut here, &mut there, 100_000);
        }
        prop_assert_eq!(here.bytes(digest), bytes);
    }

    /// Two sources at once: every group is there in the end, none is refused.
    #[test]
    fn two_sources_share_the_work(len in 1..200_000usize, turns in prop::collection::vec(any::<bool>(), 0..200)) {
        let bytes = file(6, len);
        let (mut there, digest) = Shelf::with(&bytes);
        let mut here = Shelf::default();
        let mut talks = [Talk::new(), Talk::new()];
        for talk in &mut talks {
            talk.asks.want(want(digest, len, Lane::Forms));
        }
        for turn in turns.into_iter().chain(std::iter::repeat_n([true, false], 400).flatten()) {
            let [a, b] = &mut talks;
            let (one, other) = if turn { (a, b) } else { (b, a) };
            let had: BTreeSet<_> = here.groups.keys().copied().collect();
            one.run(&mut here, &mut there, 1);
            for (of, group) in here.groups.keys().filter(|key| !had.contains(key)) {
                other.asks.arrived(*of, *group);
            }
        }
        prop_assert_eq!(here.bytes(digest), bytes);
        let counts = talks.each_ref().map(|talk| talk.asks.counts());
        prop_assert_eq!(counts[0].refused + counts[1].refused, 0);
        prop_assert!(talks.iter().all(|talk| talk.asks.is_idle()));
    }

    /// Bytes from a peer never do more than fail.
    #[test]
    fn hostile_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(message) = Message::decode(&bytes) {
            prop_assert_eq!(Message::decode(&message.encode()), Ok(message.clone()));
            let mut engine = Blobs::new(BlobLimits::default());
            engine.want(want(Digest([0; 32]), 20_000, Lane::Forms));
            engine.received(message);
        }
    }
}
