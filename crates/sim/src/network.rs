//! Messages between machines, and what happens to them.

use std::collections::BTreeMap;

use domain::op::{SignedHead, StreamId, sign_head};
use ed25519_dalek::SigningKey;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::fault::{Counts, Fault};

/// Operations of one stream under their writer's signature.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) serial: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) stream: StreamId,
    pub(crate) from_seq: u64,
    pub(crate) ops: Vec<Vec<u8>>,
    pub(crate) head: SignedHead,
    pub(crate) tampered: bool,
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
        mut message: Message,
        now_ms: u64,
        rng: &mut ChaCha8Rng,
        counts: &mut Counts,
    ) {
        if self.apart.get(message.from) != self.apart.get(message.to) {
            counts.note(Fault::Partitioned);
            return;
        }
        if rng.random_bool(0.1) {
            counts.note(Fault::Lost);
            return;
        }
        if rng.random_bool(0.08) {
            tamper(&mut message, rng);
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

/// Changes a message as an attacker between two machines could.
fn tamper(message: &mut Message, rng: &mut ChaCha8Rng) {
    message.tampered = true;
    let which = rng.random_range(0..message.ops.len());
    match rng.random_range(0..5) {
        0 => {
            let bytes = &mut message.ops[which];
            let at = rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << rng.random_range(0..8);
        }
        1 => message.head.signature[rng.random_range(0..64)] ^= 1 << rng.random_range(0..8),
        2 => message.head.link.0[rng.random_range(0..32)] ^= 1 << rng.random_range(0..8),
        3 => {
            // An operation invented, the chain recomputed, the head signed with another key.
            let bytes = &mut message.ops[which];
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            let key = SigningKey::from_bytes(&rng.random());
            message.head = sign_head(&key, &message.stream, &message.head.head());
        }
        _ => {
            // An operation left out.
            message.ops.remove(which);
            message.ops.push(vec![0x80]);
        }
    }
}
