//! Connections of light nodes: what a link does to datagrams, and when an end looks at the clock.

use domain::limits::{DEAD_PEER_MS, IDLE_PING_MS};
use domain::sync::Session;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::tree_plan::Month;

/// What IP, TCP, TLS and WebSocket add to a datagram.
const ENVELOPE_BYTES: u64 = 70;
/// Share of datagrams of which TCP has to repeat a packet, and how much later they come.
const LOSS: f64 = 0.02;
const LOST_MS: std::ops::Range<u64> = 200..2_500;
/// The longest pause of a TCP that repeats what an outage swallowed.
const REPEAT_MS_MAX: u64 = 30_000;
/// The least time between two looks at the clock.
const TICK_MS: u64 = 250;

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) office: usize,
    /// None once it ended.
    pub(crate) session: Option<Box<Session>>,
    heard_ms: u64,
    spoke_ms: u64,
    /// The peer may owe a word.
    owed: bool,
    tick_ms: Option<u64>,
    /// When its line has sent what was given to it.
    sent_ms: u64,
    /// When the last datagram of it arrives.
    arrives_ms: u64,
}

impl End {
    pub(crate) fn new(office: usize, now_ms: u64) -> Self {
        Self {
            office,
            session: None,
            heard_ms: now_ms,
            spoke_ms: now_ms,
            owed: true,
            tick_ms: None,
            sent_ms: now_ms,
            arrives_ms: now_ms,
        }
    }

    pub(crate) fn heard(&mut self, now_ms: u64) {
        self.heard_ms = now_ms;
        self.owed = self.session.as_ref().is_some_and(|session| !session.is_idle());
    }

    /// When it should look at the clock, if it doesn't already do so by then. A real node looks
    /// four times a second; between, nothing would come of it.
    pub(crate) fn next_tick(&mut self, now_ms: u64) -> Option<u64> {
        self.session.as_ref()?;
        let due = match self.owed {
            // It asks after half of that time, and gives up after all of it.
            true => self.heard_ms.max(self.spoke_ms) + DEAD_PEER_MS / 2 + 1,
            false => self.heard_ms + IDLE_PING_MS + 1,
        };
        let due = due.max(now_ms + TICK_MS);
        if self.tick_ms.is_some_and(|planned| planned <= due) {
            return None;
        }
        self.tick_ms = Some(due);
        Some(due)
    }

    /// Whether a look that was planned is still wanted.
    pub(crate) fn ticks(&mut self, now_ms: u64) -> bool {
        let wanted = self.tick_ms == Some(now_ms);
        if wanted {
            self.tick_ms = None;
        }
        wanted
    }

    /// When a datagram that leaves now comes to the other end; none if the link never carries
    /// again.
    pub(crate) fn transmit(
        &mut self,
        bytes: &[u8],
        month: &Month,
        rng: &mut ChaCha8Rng,
        now_ms: u64,
        sums: &mut Sums,
    ) -> Option<u64> {
        let len = bytes.len() as u64 + ENVELOPE_BYTES;
        sums.count(bytes, len);
        self.spoke_ms = now_ms;
        self.owed |= expects(bytes);
        self.sent_ms = self.sent_ms.max(now_ms) + len * 8 / month.bits_per_ms;
        let mut at_ms = self.sent_ms + month.latency_ms;
        if rng.random_bool(LOSS) {
            at_ms += rng.random_range(LOST_MS);
        }
        if !month.is_up(at_ms) || !month.is_up(now_ms) {
            let returns_ms = month.up_from(at_ms)?;
            let away_ms = returns_ms.saturating_sub(now_ms).clamp(TICK_MS, REPEAT_MS_MAX);
            at_ms = returns_ms + month.latency_ms + rng.random_range(0..away_ms);
        }
        self.arrives_ms = self.arrives_ms.max(at_ms);
        Some(self.arrives_ms)
    }
}

/// What went over all links, in bytes with what carries them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    /// Operations and what answers them.
    pub(crate) operations: u64,
    /// HELLO and cursors.
    pub(crate) greetings: u64,
    /// Whether the other is still there.
    pub(crate) idle: u64,
}

impl Sums {
    fn count(&mut self, bytes: &[u8], len: u64) {
        match kind(bytes) {
            Kind::Greeting => self.greetings += len,
            Kind::Ping | Kind::Pong => self.idle += len,
            Kind::Data | Kind::Answer => self.operations += len,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Greeting,
    Data,
    Answer,
    Ping,
    Pong,
}

/// What a datagram is about: a message is CBOR `[kind, …]`, and kinds are below 24.
fn kind(bytes: &[u8]) -> Kind {
    match bytes.get(1) {
        Some(0 | 1) => Kind::Greeting,
        Some(5..=7 | 12) => Kind::Answer,
        Some(8) => Kind::Ping,
        Some(9) => Kind::Pong,
        _ => Kind::Data,
    }
}

/// Whether a datagram asks for an answer.
fn expects(bytes: &[u8]) -> bool {
    matches!(kind(bytes), Kind::Greeting | Kind::Data | Kind::Ping)
}

#[cfg(test)]
mod tests {
    use domain::sync::Message;

    use super::*;

    #[test]
    fn a_datagram_is_known_by_its_first_message() {
        assert_eq!(kind(&Message::Ping(1_768_435_200_000).bytes()), Kind::Ping);
        assert_eq!(kind(&Message::Pong(3).bytes()), Kind::Pong);
        assert_eq!(kind(&Message::Ack(3, 7).bytes()), Kind::Answer);
        assert_eq!(kind(&Message::Got(3, 7).bytes()), Kind::Answer);
        assert_eq!(kind(&Message::Cursors(Vec::new()).bytes()), Kind::Greeting);
    }
}
