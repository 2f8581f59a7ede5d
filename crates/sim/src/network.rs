//! Messages between machines, and what happens to them.

use std::collections::BTreeMap;

use domain::ids::{Digest, SubmissionId};
use domain::op::{Op, SignedHead, StreamHead, StreamId, sign_head};
use ed25519_dalek::SigningKey;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::fault::{Counts, Fault};

/// Operations of one stream under their writer's signature.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) stream: StreamId,
    pub(crate) from_seq: u64,
    /// The chain link before the first.
    pub(crate) prev: Digest,
    pub(crate) ops: Vec<Vec<u8>>,
    pub(crate) head: SignedHead,
}

/// An offer on its way.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) offer: Offer,
    pub(crate) tampered: bool,
    serial: u64,
}

/// Messages on their way, by the time and order in which they arrive.
#[derive(Debug, Default)]
pub(crate) struct Network {
    queue: BTreeMap<(u64, u64), Message>,
    sent: u64,
    latest: BTreeMap<(usize, usize), u64>,
    /// Machines of the other side, while there are two.
    pub(crate) apart: Vec<bool>,
}

impl Network {
    /// Sends a message through a bad network.
    pub(crate) fn send(
        &mut self,
        (from, to): (usize, usize),
        offer: Offer,
        now_ms: u64,
        rng: &mut ChaCha8Rng,
        counts: &mut Counts,
    ) {
        let mut message = Message { from, to, offer, tampered: false, serial: 0 };
        if self.apart.get(from) != self.apart.get(to) {
            counts.note(Fault::Partitioned);
            return;
        }
        if rng.random_bool(0.1) {
            counts.note(Fault::Lost);
            return;
        }
        if rng.random_bool(0.08) {
            tamper(&mut message.offer, rng);
            message.tampered = true;
        }
        let mut delay_ms = rng.random_range(10..700);
        if rng.random_bool(0.2) {
            counts.note(Fault::Delayed);
            delay_ms += rng.random_range(5_000..60_000);
        }
        if rng.random_bool(0.1) {
            counts.note(Fault::Duplicated);
            self.put(message.clone(), now_ms + delay_ms + rng.random_range(1..10_000));
        }
        self.put(message, now_ms + delay_ms);
    }

    fn put(&mut self, mut message: Message, at_ms: u64) {
        self.sent += 1;
        message.serial = self.sent;
        self.queue.insert((at_ms, self.sent), message);
    }

    /// The next message that has arrived by now.
    pub(crate) fn arrived(&mut self, now_ms: u64, counts: &mut Counts) -> Option<Message> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        let message = first.remove();
        let latest = self.latest.entry((message.from, message.to)).or_default();
        if message.serial < *latest {
            counts.note(Fault::Reordered);
        }
        *latest = message.serial.max(*latest);
        Some(message)
    }
}

/// Changes an offer as an attacker between two machines could.
fn tamper(offer: &mut Offer, rng: &mut ChaCha8Rng) {
    let which = rng.random_range(0..offer.ops.len());
    match rng.random_range(0..5) {
        0 => {
            let bytes = &mut offer.ops[which];
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
        1 => offer.head.signature[rng.random_range(0..64)] ^= 1 << rng.random_range(0..8),
        2 => offer.head.link.0[rng.random_range(0..32)] ^= 1 << rng.random_range(0..8),
        3 => forge(offer, rng),
        _ => {
            // An operation left out, the number kept.
            offer.ops.remove(which);
            offer.ops.push(vec![0x80]);
        }
    }
}

/// The best that an attacker without the key can do: operations that are well formed, chained
/// anew, under a head that is signed with another key.
fn forge(offer: &mut Offer, rng: &mut ChaCha8Rng) {
    let mut link = offer.prev;
    for bytes in &mut offer.ops {
        let mut op: Op = minicbor::decode(bytes).expect("invariant: offers hold operations");
        op.submission = SubmissionId(rng.random());
        *bytes = minicbor::to_vec(&op).expect("invariant: writing to memory does not fail");
        link = Digest(blake3::hash(&[&link.0[..], bytes].concat()).into());
    }
    let head = StreamHead { next_seq: offer.head.next_seq, link };
    offer.head = sign_head(&SigningKey::from_bytes(&rng.random()), &offer.stream, &head);
}
