//! Connections: what carries datagrams between two sessions, and what happens to them there.

use std::collections::BTreeMap;

use domain::sync::PeerHello;
use domain::sync::Session;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::fault::{Counts, Fault};
use crate::tap::Tap;
use crate::villain::Villain;

/// What happens, and when: by time, then in the order in which it was planned.
#[derive(Debug)]
pub(crate) enum Event {
    /// A datagram comes to this side of a connection.
    Arrive(usize, usize, Vec<u8>),
    /// A side looks at the clock.
    Tick(usize, usize),
    /// A machine dials its parent.
    Dial(usize),
    /// A machine commits what waits.
    Commit(usize),
}

/// Events to come.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    events: BTreeMap<(u64, u64), Event>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, at_ms: u64, event: Event) {
        self.planned += 1;
        self.events.insert((at_ms, self.planned), event);
    }

    /// The next event up to a time, with its own.
    pub(crate) fn next(&mut self, until_ms: u64) -> Option<(u64, Event)> {
        let first = self.events.first_entry().filter(|entry| entry.key().0 <= until_ms)?;
        let (key, event) = first.remove_entry();
        Some((key.0, event))
    }
}

/// A machine's way to its parent.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) up: bool,
    /// Somebody changes, drops, repeats and delays datagrams below the session.
    pub(crate) hostile: bool,
    pub(crate) latency_ms: u64,
    pub(crate) bytes_per_ms: u64,
    /// The connection that it carries now.
    pub(crate) conn: Option<usize>,
    pub(crate) failed: u32,
    pub(crate) rng: ChaCha8Rng,
}

impl Link {
    pub(crate) fn new(seed: u64, latency_ms: u64, bytes_per_ms: u64) -> Self {
        Self {
            up: true,
            hostile: false,
            latency_ms,
            bytes_per_ms,
            conn: None,
            failed: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }
}

/// Who stands at an end of a connection.
#[derive(Debug)]
pub(crate) enum Mind {
    /// A machine, with its session.
    Node(usize, Box<Session>),
    /// An attacker.
    Villain(Box<Villain>),
}

#[derive(Debug)]
pub(crate) struct End {
    pub(crate) mind: Mind,
    pub(crate) tap: Tap,
    /// Who is at the other end, once it has proved itself.
    pub(crate) peer: Option<PeerHello>,
    /// When its line has sent what was given to it.
    sent_ms: u64,
    /// When the last datagram of it arrives.
    arrives_ms: u64,
}

impl End {
    pub(crate) fn new(mind: Mind, tap: Tap, now_ms: u64) -> Self {
        Self { mind, tap, peer: None, sent_ms: now_ms, arrives_ms: now_ms }
    }
}

/// A connection. Side 0 dialled.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) ends: [End; 2],
    pub(crate) open: bool,
    /// The machine whose link carries it; none for an attacker's.
    pub(crate) link: Option<usize>,
    /// It is of a build that is one protocol ahead, on its dialling side.
    pub(crate) newer: bool,
    pub(crate) met: bool,
    /// It lost something, and will notice when its link carries again.
    pub(crate) torn: bool,
}

impl Conn {
    /// Whether somebody sits on its link.
    pub(crate) fn hostile(&self, links: &[Link]) -> bool {
        self.link.is_some_and(|link| links[link].hostile)
    }
}

/// Puts a datagram on its way through a link.
pub(crate) fn transmit(
    (id, side): (usize, usize),
    end: &mut End,
    link: &mut Link,
    now_ms: u64,
    bytes: Vec<u8>,
    (agenda, counts): (&mut Agenda, &mut Counts),
) {
    let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX) + 40;
    end.sent_ms = end.sent_ms.max(now_ms) + len / link.bytes_per_ms.max(1);
    let mut at_ms = end.sent_ms + link.latency_ms;
    let rng = &mut link.rng;
    if rng.random_bool(0.02) {
        counts.note(Fault::Loss);
        at_ms += rng.random_range(200..2_500);
    }
    let to = 1 - side;
    if !link.hostile {
        at_ms = at_ms.max(end.arrives_ms);
        end.arrives_ms = at_ms;
        return agenda.plan(at_ms, Event::Arrive(id, to, bytes));
    }
    match rng.random_range(0..20) {
        0 => return counts.note(Fault::Dropped),
        1 => {
            counts.note(Fault::Duplicated);
            let again_ms = at_ms + rng.random_range(1..2_000);
            agenda.plan(again_ms, Event::Arrive(id, to, bytes.clone()));
        }
        2 => {
            counts.note(Fault::Corrupted);
            let mut changed = bytes;
            for _ in 0..rng.random_range(1..4) {
                let at = rng.random_range(0..changed.len());
                changed[at] ^= 1 << rng.random_range(0..8);
            }
            return agenda.plan(at_ms, Event::Arrive(id, to, changed));
        }
        3 | 4 => {
            counts.note(Fault::Reordered);
            at_ms += rng.random_range(500..3_000);
        }
        _ => {}
    }
    agenda.plan(at_ms, Event::Arrive(id, to, bytes));
}
