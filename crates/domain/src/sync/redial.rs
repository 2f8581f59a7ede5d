//! How long to wait before dialling again.

/// The shortest wait, in milliseconds.
const WAIT_MS_MIN: u64 = 400;
/// The longest wait while a link has been away for minutes: a dial costs one packet.
const WAIT_MS_SHORT_MAX: u64 = 1_200;
/// The longest wait at all: a peer that has been away for hours.
const WAIT_MS_LONG_MAX: u64 = 15_000;
/// Failed dials (about ten minutes of them) after which waits grow.
const TRIES_SHORT: u32 = 500;

/// Milliseconds to wait after so many failed dials in a row, with full jitter: `chance` is any
/// random number. A link that returns after minutes is found within about a second; 552 nodes
/// that lost their centre together do not return together.
#[must_use]
pub fn redial_ms(failed: u32, chance: u64) -> u64 {
    let most = if failed < TRIES_SHORT { WAIT_MS_SHORT_MAX } else { WAIT_MS_LONG_MAX };
    WAIT_MS_MIN + chance % (most - WAIT_MS_MIN)
}
