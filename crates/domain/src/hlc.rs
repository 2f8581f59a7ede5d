//! A hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", OPODIS 2014).

use minicbor::{Decode, Encode};

use crate::limits::CLOCK_AHEAD_FLAG_MS;
use crate::planted::{self, Bug};

/// A moment of a hybrid logical clock: ordered by wall time, then by counter.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(array)]
pub struct Hlc {
    /// Milliseconds since 1970-01-01T00:00Z.
    #[n(0)]
    pub ms: u64,
    /// Orders events of one millisecond.
    #[n(1)]
    pub counter: u32,
}

/// The clock of one writer. Every tick is later than all that it has issued or witnessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    last: Hlc,
}

impl Clock {
    /// A clock that has already seen `last`.
    #[must_use]
    pub fn after(last: Hlc) -> Self {
        Self { last }
    }

    /// The moment of a local event at wall time `now_ms` (milliseconds since 1970).
    pub fn tick(&mut self, now_ms: u64) -> Hlc {
        self.last =
            if now_ms > self.last.ms { Hlc { ms: now_ms, counter: 0 } } else { next(self.last) };
        self.last
    }

    /// Takes note, at wall time `now_ms`, of a moment received from another writer.
    ///
    /// A moment that runs ahead by more than [`CLOCK_AHEAD_FLAG_MS`] is a wrong clock: it is not
    /// followed, or one bad clock would carry every other with it. Order does not suffer: what an
    /// author saw comes before what they wrote whatever the times say.
    pub fn witness(&mut self, seen: Hlc, now_ms: u64) {
        let near = seen.ms <= now_ms.saturating_add(CLOCK_AHEAD_FLAG_MS);
        if near || planted::is(Bug::ClockFollowed) {
            self.last = self.last.max(seen);
        }
    }
}

fn next(Hlc { ms, counter }: Hlc) -> Hlc {
    match counter.checked_add(1) {
        Some(counter) => Hlc { ms, counter },
        None => Hlc { ms: ms.saturating_add(1), counter: 0 },
    }
}
