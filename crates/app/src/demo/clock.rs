//! A clock that stands in the past while the past is told, and then shows the present.

use std::sync::atomic::{AtomicU64, Ordering};

use node::clock::{Clock, SystemClock};

/// Shows the moment it was set to; at 0, the present.
#[derive(Debug, Default)]
pub(super) struct StoryClock(AtomicU64);

impl StoryClock {
    /// Shows a moment of the past, in milliseconds since 1970.
    pub(super) fn show(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }

    /// Shows the present from now on.
    pub(super) fn show_present(&self) {
        self.show(0);
    }
}

impl Clock for StoryClock {
    fn now_ms(&self) -> u64 {
        match self.0.load(Ordering::SeqCst) {
            0 => SystemClock.now_ms(),
            past_ms => past_ms,
        }
    }
}
