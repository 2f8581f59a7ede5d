//! Time and chance: the only place that asks the machine for either.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::ids::{PersonId, RecordId, SubmissionId};

/// What tells a node the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Milliseconds since 1970-01-01T00:00Z.
    fn now_ms(&self) -> u64;

    /// A number that nobody can guess, and that no other machine draws.
    fn draw(&self) -> u32 {
        u32::from_be_bytes(random())
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn now_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// A clock that stands still until it is set: for tests and for replaying a year.
#[derive(Debug, Default)]
pub struct SetClock(AtomicU64);

impl SetClock {
    /// A clock that shows `ms` milliseconds since 1970.
    #[must_use]
    pub fn at(ms: u64) -> Self {
        Self(AtomicU64::new(ms))
    }

    /// Sets it.
    pub fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }

    /// Moves it forward.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that nobody can guess.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("invariant: the operating system gives random bytes");
    bytes
}

/// A record id for an event.
#[must_use]
pub fn record_id() -> RecordId {
    RecordId(random())
}

/// An idempotency key.
#[must_use]
pub fn submission_id() -> SubmissionId {
    SubmissionId(random())
}

/// A person's id.
#[must_use]
pub fn person_id() -> PersonId {
    PersonId(random())
}
