//! Chance that is the same for the same seed, whatever was asked before: each day of each office
//! has its own.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Chance for one purpose, such as (seed, office, day).
pub(super) fn of(seed: u64, keys: &[u64]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(keys.iter().fold(mix(seed), |state, key| mix(state ^ mix(*key))))
}

/// `SplitMix64`'s finaliser: neighbouring keys give unlike seeds.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Sixteen bytes for an id.
pub(super) fn id(chance: &mut ChaCha8Rng) -> [u8; 16] {
    chance.random()
}

/// True so many times in a thousand.
pub(super) fn per_mille(chance: &mut ChaCha8Rng, permille: u32) -> bool {
    chance.random_ratio(permille.min(1_000), 1_000)
}

/// Milliseconds between so many minutes, shorter ones more often.
pub(super) fn delay_ms(chance: &mut ChaCha8Rng, minutes: std::ops::Range<u64>) -> u64 {
    let most = chance.random_range(minutes.clone());
    chance.random_range(minutes.start..=most) * 60_000 + chance.random_range(0..60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_depends_on_every_key() {
        let first = |seed, keys: &[u64]| of(seed, keys).random::<u64>();
        assert_eq!(first(1, &[2, 3]), first(1, &[2, 3]));
        let others = [first(2, &[2, 3]), first(1, &[3, 2]), first(1, &[2, 4]), first(1, &[2])];
        assert!(others.iter().all(|other| *other != first(1, &[2, 3])));
    }
}
