//! How often somebody may try a password.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Failed tries of one account within a window: a person mistypes, a guesser goes on.
const TRIES_PER_ACCOUNT_MAX: u32 = 8;
/// Failed tries from one address within a window: an office shares one address.
const TRIES_PER_ADDRESS_MAX: u32 = 40;
/// The window, in milliseconds.
const WINDOW_MS: u64 = 15 * 60 * 1000;
/// Accounts and addresses remembered at once; beyond, the oldest windows are forgotten.
const REMEMBERED_MAX: usize = 100_000;

/// Counts failed tries by account and by address.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    windows: Mutex<BTreeMap<String, Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    from_ms: u64,
    tries: u32,
}

impl Limiter {
    /// Counts a try before it is judged; false if there were too many. Counting first means
    /// that tries sent at once can't slip past the limit.
    pub(crate) fn may_try(&self, account: &str, address: &str, now_ms: u64) -> bool {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED_MAX {
            windows.retain(|_, window| now_ms.saturating_sub(window.from_ms) < WINDOW_MS);
        }
        if windows.len() >= REMEMBERED_MAX {
            windows.pop_first();
        }
        let account = count(&mut windows, account_key(account), now_ms);
        let address = count(&mut windows, address_key(address), now_ms);
        account <= TRIES_PER_ACCOUNT_MAX && address <= TRIES_PER_ADDRESS_MAX
    }

    /// Forgets a try that was right.
    pub(crate) fn was_right(&self, account: &str, address: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.remove(&account_key(account));
        if let Some(window) = windows.get_mut(&address_key(address)) {
            window.tries = window.tries.saturating_sub(1);
        }
    }
}

fn account_key(account: &str) -> String {
    format!("account {account}")
}

fn address_key(address: &str) -> String {
    format!("address {address}")
}

fn count(windows: &mut BTreeMap<String, Window>, key: String, now_ms: u64) -> u32 {
    let window = windows.entry(key).or_insert(Window { from_ms: now_ms, tries: 0 });
    if now_ms.saturating_sub(window.from_ms) >= WINDOW_MS {
        *window = Window { from_ms: now_ms, tries: 0 };
    }
    window.tries = window.tries.saturating_add(1);
    window.tries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_locks_and_opens_again() {
        let limiter = Limiter::default();
        for n in 0..TRIES_PER_ACCOUNT_MAX {
            assert!(limiter.may_try("sari", &format!("10.0.0.{n}"), 0));
        }
        assert!(!limiter.may_try("sari", "10.0.1.1", WINDOW_MS - 1));
        assert!(limiter.may_try("sari", "10.0.1.1", WINDOW_MS));
    }

    #[test]
    fn an_address_locks_over_many_accounts() {
        let limiter = Limiter::default();
        for n in 0..TRIES_PER_ADDRESS_MAX {
            assert!(limiter.may_try(&format!("name{n}"), "10.0.0.1", 0));
        }
        assert!(!limiter.may_try("another", "10.0.0.1", 1));
        assert!(limiter.may_try("another", "10.0.0.2", 1));
    }

    #[test]
    fn a_right_password_clears_the_account() {
        let limiter = Limiter::default();
        for _ in 0..100 {
            assert!(limiter.may_try("sari", "10.0.0.1", 0));
            limiter.was_right("sari", "10.0.0.1");
        }
    }
}
