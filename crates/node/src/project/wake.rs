//! Waking the projector.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::node::locked;

/// What the projector is asked for.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    asked: Mutex<Asked>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Asked {
    work: bool,
    rebuild: bool,
    stop: bool,
}

/// Why the projector wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Work,
    Rebuild,
    Stop,
}

impl Wake {
    pub(crate) fn wake(&self) {
        locked(&self.asked).work = true;
        self.changed.notify_all();
    }

    pub(crate) fn rebuild(&self) {
        locked(&self.asked).rebuild = true;
        self.changed.notify_all();
    }

    /// The facts are cleared: until then nobody takes them for caught up.
    pub(crate) fn cleared(&self) {
        locked(&self.asked).rebuild = false;
    }

    pub(crate) fn stop(&self) {
        locked(&self.asked).stop = true;
        self.changed.notify_all();
    }

    /// Something more urgent than following the log is asked for.
    pub(crate) fn is_interrupted(&self) -> bool {
        let asked = locked(&self.asked);
        asked.rebuild || asked.stop
    }

    /// Waits until something is asked for, or for at most this long.
    pub(crate) fn wait(&self, at_most: Option<Duration>) -> Woken {
        let mut asked = locked(&self.asked);
        loop {
            if asked.stop {
                return Woken::Stop;
            }
            if asked.rebuild {
                return Woken::Rebuild;
            }
            if let Some(rest) = at_most {
                let (asked, _) = self
                    .changed
                    .wait_timeout_while(asked, rest, |asked| !asked.stop && !asked.rebuild)
                    .unwrap_or_else(PoisonError::into_inner);
                return match (asked.stop, asked.rebuild) {
                    (true, _) => Woken::Stop,
                    (false, true) => Woken::Rebuild,
                    (false, false) => Woken::Work,
                };
            }
            if std::mem::take(&mut asked.work) {
                return Woken::Work;
            }
            asked = self.changed.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
