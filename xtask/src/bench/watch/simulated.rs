//! Offices with weekly counts as Noufaily and others (2013) simulate them: negative binomial, with
//! trend and season, of four sizes; and outbreaks whose cases are spread over some weeks.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{FROM, Series};

/// Weeks of each series.
const WEEKS: usize = FROM + 104;
/// Mean counts a week: a quiet regency, an ordinary one, a busy one, a province.
const MEANS: [f64; 4] = [0.5, 2.0, 8.0, 30.0];
/// Variance over mean.
const DISPERSION: f64 = 1.5;
/// Weeks in each of which one outbreak begins, with room to end.
const SPACE: usize = 52;

/// Offices of the four sizes in turn.
pub(super) fn series(offices: usize, seed: u64) -> Vec<Series> {
    let mut chance = StdRng::seed_from_u64(seed);
    (0..offices).map(|office| one(office, &mut chance)).collect()
}

fn one(office: usize, chance: &mut StdRng) -> Series {
    let base = MEANS[office % MEANS.len()];
    let trend = chance.random_range(-0.001..0.001);
    let season = chance.random_range(0.0..0.6);
    let mean = |week: usize| {
        let turn = std::f64::consts::TAU * week as f64 / 52.0;
        base * (trend * week as f64 + season * turn.sin()).exp()
    };
    let mut counts: Vec<u32> =
        (0..WEEKS).map(|week| negative_binomial(mean(week), DISPERSION, chance)).collect();
    let mut outbreaks = Vec::new();
    for space in (FROM..WEEKS).step_by(SPACE) {
        let first = space + chance.random_range(0..SPACE / 2);
        // A size of 4 to 10 standard deviations of a week, but what nobody would call one isn't.
        let size = chance.random_range(4.0..10.0) * (mean(first) * DISPERSION).sqrt();
        let cases = poisson(size.max(4.0), chance).max(3);
        let mut last = first;
        for _ in 0..cases {
            let week = (first + later(chance)).min(space + SPACE - 1);
            counts[week] += 1;
            last = last.max(week);
        }
        outbreaks.push((first, last));
    }
    let within = |week| outbreaks.iter().any(|(first, last)| (*first..=*last).contains(&week));
    let quiet = (0..WEEKS).map(|week| !within(week)).collect();
    Series { name: format!("office {office}"), counts, outbreaks, quiet }
}

/// Weeks after the first in which a case of an outbreak falls: lognormal, most within two.
fn later(chance: &mut StdRng) -> usize {
    let (u, v): (f64, f64) = (chance.random_range(1e-12..1.0), chance.random());
    let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few weeks, not below zero"
    )]
    let weeks = (0.5 * normal).exp().floor() as usize;
    weeks
}

fn poisson(mean: f64, chance: &mut StdRng) -> u32 {
    inverse((-mean).exp(), |count| mean / (count + 1.0), chance)
}

fn negative_binomial(mean: f64, dispersion: f64, chance: &mut StdRng) -> u32 {
    let size = mean / (dispersion - 1.0);
    let success = (dispersion - 1.0) / dispersion;
    inverse(dispersion.powf(-size), |count| (count + size) / (count + 1.0) * success, chance)
}

/// A count by its distribution: the probability of 0, and of each next beside the one before.
fn inverse(zero: f64, next: impl Fn(f64) -> f64, chance: &mut StdRng) -> u32 {
    let wanted: f64 = chance.random();
    let (mut count, mut mass) = (0_u32, zero);
    let mut sum = mass;
    while sum < wanted && count < 10_000 {
        mass *= next(f64::from(count));
        count += 1;
        sum += mass;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_mean_and_variance_meant() {
        let mut chance = StdRng::seed_from_u64(3);
        let drawn = (0..20_000).map(|_| f64::from(negative_binomial(8.0, 1.5, &mut chance)));
        let drawn: Vec<f64> = drawn.collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 8.0).abs() < 0.15 && (variance - 12.0).abs() < 0.7, "{mean} {variance}");
    }

    #[test]
    fn the_same_seed_gives_the_same_outbreaks_within_the_judged_weeks() {
        let (first, again) = (series(8, 1), series(8, 1));
        for (one, other) in first.iter().zip(&again) {
            assert_eq!(one.counts, other.counts);
            assert_eq!(one.outbreaks.len(), 2);
            assert!(one.outbreaks.iter().all(|(a, b)| FROM <= *a && a <= b && *b < WEEKS));
        }
    }
}
