//! One session's conversation about blobs, as a state machine: no IO, no clock.
//!
//! Whoever drives it says what is wanted ([`Blobs::want`]), passes messages in
//! ([`Blobs::received`]) and out ([`Blobs::next_out`]), and does what the events say. It asks for
//! the most urgent first, a group at a time, within a window; it never keeps more than that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::message::{
    BlobAsk, BlobGroup, BlobHeld, BlobNone, BlobThumbnail, BlobThumbnailAsk, Message, PARTS_MAX,
    Preview, part_bytes, part_count,
};
use super::tree::{BadGroup, Group, group_bytes, group_count};
use crate::ids::Digest;
use crate::limits;
use crate::op::Lane;

/// How much one session may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimits {
    /// Bytes asked for and not yet here.
    pub window_bytes: usize,
    /// Blobs wanted at once.
    pub wants: usize,
    /// Groups that the peer asked for and that were not yet sent.
    pub asked_groups: usize,
}

impl Default for BlobLimits {
    fn default() -> Self {
        Self {
            window_bytes: limits::BLOB_WINDOW_BYTES_MAX,
            wants: limits::BLOB_WANTS_MAX,
            asked_groups: limits::BLOB_ASKED_GROUPS_MAX,
        }
    }
}

/// A blob to be had from the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// BLAKE3 of the whole.
    pub digest: Digest,
    /// Its size in bytes, as the operation says that names it.
    pub size_bytes: u64,
    /// How urgent what names it is.
    pub lane: Lane,
    /// It is a photo whose thumbnail isn't here either: that comes first.
    pub preview: bool,
    /// The groups that aren't here.
    pub missing: BTreeSet<u32>,
}

impl Want {
    /// A blob of which nothing is here; none of a size that can't be.
    #[must_use]
    pub fn whole(digest: Digest, size_bytes: u64, lane: Lane) -> Option<Self> {
        let missing = (0..group_count(size_bytes)?).collect();
        Some(Self { digest, size_bytes, lane, preview: false, missing })
    }
}

/// What whoever drives the session has to do, or to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobEvent {
    /// Keep this proved group, then call [`Blobs::stored`] once the blob is whole and durable.
    Store(Group),
    /// The peer asks for a group: [`Blobs::supply`] it if the peer may have the blob and the
    /// group is here, else [`Blobs::none`].
    Read {
        /// The blob.
        digest: Digest,
        /// Its size, as the peer knows it.
        size_bytes: u64,
        /// The group.
        group: u32,
    },
    /// The peer asks for a photo's thumbnail: answer [`Blobs::thumbnail`], with none also where
    /// the peer may not have the photo.
    ReadThumbnail {
        /// The photo.
        photo: Digest,
    },
    /// The peer says which blob is a photo's thumbnail: note it as the peer's word. The session
    /// asks for its bytes by itself.
    Thumbnail {
        /// The photo.
        photo: Digest,
        /// Its thumbnail.
        preview: Preview,
    },
    /// The peer sent what it should not have: it isn't asked for this blob again.
    Refuse {
        /// The blob.
        digest: Digest,
        /// What was wrong.
        why: BadGroup,
    },
    /// All groups came, or what is missing can't be had from this peer.
    Done {
        /// The blob.
        digest: Digest,
        /// All groups came.
        whole: bool,
    },
    /// The whole blob is durable at the peer's.
    Held {
        /// The blob.
        digest: Digest,
    },
}

/// What a session counted, for the node's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlobCounts {
    /// Groups that came and were proved.
    pub received: u64,
    /// Groups that were sent.
    pub sent: u64,
    /// Groups whose proof was wrong, or that claimed another size.
    pub refused: u64,
    /// Messages that nobody asked for, or asked for too much.
    pub unasked: u64,
}

/// The order in which blobs are asked for: thumbnails, then by urgency, then the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    not_thumbnail: bool,
    lane: Lane,
    size_bytes: u64,
    digest: Digest,
}

/// A blob that is wanted: groups neither here nor asked for.
#[derive(Debug)]
struct Wanted {
    rank: Rank,
    missing: BTreeSet<u32>,
    /// Groups that were asked for.
    asked: usize,
    /// A group couldn't be had.
    holes: bool,
}

/// A group on its way, as far as it came.
#[derive(Debug)]
struct Arriving {
    proof: Vec<u8>,
    parts: [Option<Vec<u8>>; PARTS_MAX],
    left_bytes: usize,
}

/// One session's conversation.
#[derive(Debug)]
pub struct Blobs {
    limits: BlobLimits,
    wants: BTreeMap<Digest, Wanted>,
    ranks: BTreeSet<Rank>,
    arriving: BTreeMap<(Digest, u32), Arriving>,
    thumbnails_asked: BTreeSet<Digest>,
    /// Blobs that this peer lied about.
    refused: BTreeSet<Digest>,
    /// Groups that the peer asked for and nobody has answered yet.
    reading: BTreeSet<(Digest, u32)>,
    /// Small messages; before any bytes.
    notes: VecDeque<Message>,
    /// Parts of groups, ready to be sent.
    parts: VecDeque<BlobGroup>,
    counts: BlobCounts,
}

impl Blobs {
    /// A session at its start.
    #[must_use]
    pub fn new(limits: BlobLimits) -> Self {
        Self {
            limits,
            wants: BTreeMap::new(),
            ranks: BTreeSet::new(),
            arriving: BTreeMap::new(),
            thumbnails_asked: BTreeSet::new(),
            refused: BTreeSet::new(),
            reading: BTreeSet::new(),
            notes: VecDeque::new(),
            parts: VecDeque::new(),
            counts: BlobCounts::default(),
        }
    }

    /// Adds a blob to what is asked of the peer; false if there is no room, nothing is missing, or
    /// the peer lied about it.
    pub fn want(&mut self, want: Want) -> bool {
        self.add(want, true)
    }

    /// How many more blobs may be wanted.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limits.wants.saturating_sub(self.wants.len())
    }

    /// Nothing is wanted and nothing waits to be sent.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.wants.is_empty()
            && self.thumbnails_asked.is_empty()
            && self.notes.is_empty()
            && self.parts.is_empty()
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> BlobCounts {
        self.counts
    }

    /// Bytes asked for and not yet here.
    #[must_use]
    pub fn in_flight_bytes(&self) -> usize {
        self.arriving.values().map(|group| group.left_bytes).sum()
    }

    /// A group came from elsewhere: it need not be asked for. Says nothing when that was the last.
    pub fn arrived(&mut self, digest: Digest, group: u32) {
        if let Some(wanted) = self.wants.get_mut(&digest) {
            wanted.missing.remove(&group);
        }
        self.settle(digest);
    }

    /// The blob is not wanted any more: it came from elsewhere, or there is no room for it.
    pub fn unwant(&mut self, digest: Digest) {
        if let Some(wanted) = self.wants.remove(&digest) {
            self.ranks.remove(&wanted.rank);
        }
        self.arriving.retain(|(of, _), _| *of != digest);
    }

    /// The whole blob is durable here: the peer is told.
    pub fn stored(&mut self, digest: Digest) {
        self.notes.push_back(Message::Held(BlobHeld { digest }));
    }

    /// Answers [`BlobEvent::Read`].
    pub fn supply(&mut self, group: &Group) {
        let (digest, number) = (group.digest(), group.number());
        if !self.reading.remove(&(digest, number)) {
            return;
        }
        self.counts.sent += 1;
        for (part, bytes) in (0..).zip(group.bytes().chunks(limits::BLOB_PART_BYTES)) {
            let proof = if part == 0 { group.proof().to_vec() } else { Vec::new() };
            self.parts.push_back(BlobGroup {
                digest,
                size_bytes: group.size_bytes(),
                group: number,
                part,
                proof,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// Answers [`BlobEvent::Read`] with no: for the whole blob where `group` is none.
    pub fn none(&mut self, digest: Digest, group: Option<u32>) {
        self.reading.retain(|(of, number)| *of != digest || group.is_some_and(|g| g != *number));
        self.notes.push_back(Message::None(BlobNone { digest, group }));
    }

    /// Answers [`BlobEvent::ReadThumbnail`].
    pub fn thumbnail(&mut self, photo: Digest, preview: Option<Preview>) {
        self.notes.push_back(Message::Thumbnail(BlobThumbnail { photo, preview }));
    }

    /// The next message for the peer that has at most `budget` bytes; none if there is none, or
    /// none so small.
    pub fn next_out(&mut self, budget: usize) -> Option<Message> {
        let fits = |message: &Message| message.encoded_bytes_max() <= budget;
        if let Some(note) = self.notes.pop_front_if(|note| fits(note)) {
            return Some(note);
        }
        if let Some(ask) = self.next_ask() {
            let message = Message::Ask(ask);
            if !fits(&message) {
                return None;
            }
            self.asked(&ask);
            return Some(message);
        }
        let part = Message::Group(self.parts.front()?.clone());
        if !fits(&part) {
            return None;
        }
        drop(self.parts.pop_front());
        Some(part)
    }

    /// Takes a message of the peer.
    pub fn received(&mut self, message: Message) -> Vec<BlobEvent> {
        match message {
            Message::Ask(ask) => self.peer_asks(&ask),
            Message::Group(part) => self.part(part),
            Message::None(none) => self.peer_has_none(none),
            Message::ThumbnailAsk(_) if self.owes_too_much() => self.unasked(),
            Message::ThumbnailAsk(ask) => vec![BlobEvent::ReadThumbnail { photo: ask.photo }],
            Message::Thumbnail(said) => self.peer_names(said),
            Message::Held(held) => vec![BlobEvent::Held { digest: held.digest }],
        }
    }

    fn add(&mut self, want: Want, not_thumbnail: bool) -> bool {
        let Some(groups) = group_count(want.size_bytes) else { return false };
        let Want { digest, size_bytes, lane, preview, mut missing } = want;
        missing.retain(|group| *group < groups);
        // A thumbnail always has room: it is one group, and there is one for each photo at most.
        let room = self.room() > 0 || !not_thumbnail || self.wants.contains_key(&digest);
        if missing.is_empty() || !room || self.refused.contains(&digest) {
            return false;
        }
        missing.retain(|group| !self.arriving.contains_key(&(digest, *group)));
        if preview && self.thumbnails_asked.insert(digest) {
            self.notes.push_back(Message::ThumbnailAsk(BlobThumbnailAsk { photo: digest }));
        }
        let rank = Rank { not_thumbnail, lane, size_bytes, digest };
        let asked = self.arriving.keys().filter(|(of, _)| *of == digest).count();
        let wanted = Wanted { rank, missing, asked, holes: false };
        if let Some(before) = self.wants.insert(digest, wanted) {
            self.ranks.remove(&before.rank);
        }
        self.ranks.insert(rank);
        true
    }

    /// The next groups to ask for: of the first blob in order that misses some, as many as the
    /// window has room for. A photo waits until its thumbnail is known.
    fn next_ask(&self) -> Option<BlobAsk> {
        let mut room = self.limits.window_bytes.checked_sub(self.in_flight_bytes())?;
        let mut ranked = self.ranks.iter().map(|rank| (rank, &self.wants[&rank.digest]));
        let (rank, wanted) = ranked.find(|(rank, wanted)| {
            !wanted.missing.is_empty() && !self.thumbnails_asked.contains(&rank.digest)
        })?;
        let first = *wanted.missing.first()?;
        let mut count = 0;
        while wanted.missing.contains(&(first + count)) {
            let bytes = group_bytes(rank.size_bytes, first + count);
            let Some(left) = room.checked_sub(bytes) else { break };
            (room, count) = (left, count + 1);
        }
        let ask = BlobAsk { digest: rank.digest, size_bytes: rank.size_bytes, first, count };
        (count > 0).then_some(ask)
    }

    fn asked(&mut self, ask: &BlobAsk) {
        let Some(wanted) = self.wants.get_mut(&ask.digest) else { return };
        for group in ask.first..ask.first + ask.count {
            wanted.missing.remove(&group);
            wanted.asked += 1;
            let left_bytes = group_bytes(ask.size_bytes, group);
            let arriving = Arriving { proof: Vec::new(), parts: Default::default(), left_bytes };
            self.arriving.insert((ask.digest, group), arriving);
        }
    }

    /// The peer asks faster than it takes answers.
    fn owes_too_much(&self) -> bool {
        self.notes.len() >= self.limits.wants.saturating_mul(2)
    }

    fn unasked(&mut self) -> Vec<BlobEvent> {
        self.counts.unasked += 1;
        Vec::new()
    }

    fn peer_asks(&mut self, ask: &BlobAsk) -> Vec<BlobEvent> {
        let mut events = Vec::new();
        for group in ask.first..ask.first.saturating_add(ask.count) {
            let sending = self.parts.iter().filter(|part| part.part == 0).count();
            let full = self.reading.len() + sending >= self.limits.asked_groups;
            if full || self.owes_too_much() {
                self.counts.unasked += 1;
                break;
            }
            if self.reading.insert((ask.digest, group)) {
                let (digest, size_bytes) = (ask.digest, ask.size_bytes);
                events.push(BlobEvent::Read { digest, size_bytes, group });
            }
        }
        events
    }

    fn part(&mut self, part: BlobGroup) -> Vec<BlobEvent> {
        let key = (part.digest, part.group);
        let size = self.wants.get(&part.digest).map(|wanted| wanted.rank.size_bytes);
        let (Some(size_bytes), Some(arriving)) = (size, self.arriving.get_mut(&key)) else {
            return self.unasked();
        };
        let group_bytes = group_bytes(size_bytes, part.group);
        if part.size_bytes != size_bytes {
            return self.refuse(part.digest, BadGroup::Size);
        }
        let length = part_bytes(group_bytes, part.part);
        let place = arriving.parts.get_mut(usize::from(part.part));
        let Some(place) = place.filter(|_| length > 0 && part.bytes.len() == length) else {
            return self.refuse(part.digest, BadGroup::Length);
        };
        if place.is_some() {
            return self.unasked();
        }
        *place = Some(part.bytes);
        if part.part == 0 {
            arriving.proof = part.proof;
        }
        arriving.left_bytes -= length;
        let came = arriving.parts.iter().filter(|part| part.is_some()).count();
        if came < part_count(group_bytes) { Vec::new() } else { self.complete(key, size_bytes) }
    }

    fn complete(&mut self, key: (Digest, u32), size_bytes: u64) -> Vec<BlobEvent> {
        let Some(arrived) = self.arriving.remove(&key) else { return Vec::new() };
        let (digest, number) = key;
        let bytes = arrived.parts.into_iter().flatten().flatten().collect();
        match Group::verify(digest, size_bytes, number, arrived.proof, bytes) {
            Err(why) => self.refuse(digest, why),
            Ok(group) => {
                self.counts.received += 1;
                if let Some(wanted) = self.wants.get_mut(&digest) {
                    wanted.asked -= 1;
                }
                let mut events = vec![BlobEvent::Store(group)];
                events.extend(self.settle(digest));
                events
            }
        }
    }

    /// Takes a blob off the list once nothing more of it can come.
    fn settle(&mut self, digest: Digest) -> Option<BlobEvent> {
        let wanted = self.wants.get(&digest)?;
        if !wanted.missing.is_empty() || wanted.asked > 0 {
            return None;
        }
        let whole = !wanted.holes;
        self.unwant(digest);
        Some(BlobEvent::Done { digest, whole })
    }

    fn refuse(&mut self, digest: Digest, why: BadGroup) -> Vec<BlobEvent> {
        self.counts.refused += 1;
        // A session can't be made to remember without end: what a liar names is dropped anyway.
        if self.refused.len() < self.limits.wants.saturating_mul(4) {
            self.refused.insert(digest);
        }
        self.unwant(digest);
        vec![BlobEvent::Refuse { digest, why }]
    }

    fn peer_has_none(&mut self, none: BlobNone) -> Vec<BlobEvent> {
        let BlobNone { digest, group } = none;
        let Some(wanted) = self.wants.get_mut(&digest) else { return Vec::new() };
        match group {
            None => {
                self.unwant(digest);
                vec![BlobEvent::Done { digest, whole: false }]
            }
            Some(group) => {
                if self.arriving.remove(&(digest, group)).is_some() {
                    wanted.asked -= 1;
                    wanted.holes = true;
                }
                self.settle(digest).into_iter().collect()
            }
        }
    }

    fn peer_names(&mut self, said: BlobThumbnail) -> Vec<BlobEvent> {
        let BlobThumbnail { photo, preview } = said;
        if !self.thumbnails_asked.remove(&photo) {
            return self.unasked();
        }
        let Some(preview) = preview else { return Vec::new() };
        let lane = self.wants.get(&photo).map_or(Lane::Forms, |wanted| wanted.rank.lane);
        if let Some(want) = Want::whole(preview.digest, preview.size_bytes, lane) {
            self.add(want, false);
        }
        vec![BlobEvent::Thumbnail { photo, preview }]
    }
}
