//! The space–time scan: where, and since when, more is counted than is expected.
//!
//! Kulldorff: *Prospective time periodic geographical disease surveillance using a scan
//! statistic*, JRSS A 164, 2001, with the Poisson likelihood ratio of Kulldorff, *A spatial scan
//! statistic*, Communications in Statistics 26, 1997. A cylinder is a zone of offices and the last
//! periods; its ratio says how much better "more within than without" explains the counts than
//! "the same everywhere". How large a ratio chance gives is found by scattering the same number
//! of counts by what is expected. The whole number is taken as given: a rise of all offices at
//! once is not a cluster, and is what the other methods are for.

use super::zones::Zones;

/// Counts and expected counts, by office and then period, of the last periods alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground {
    /// Counts.
    pub counts: Vec<Vec<u64>>,
    /// What is expected, up to a factor: only proportions matter.
    pub expected: Vec<Vec<f64>>,
}

/// How to scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan {
    /// How often counts are scattered. The p-value has steps of one over this plus one.
    pub replicas: u32,
    /// Clusters told at most.
    pub clusters_max: usize,
    /// Clusters of a higher p-value aren't told.
    pub alpha: f64,
}

/// Offices and last periods where more was counted than expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The offices, as places in the ground.
    pub members: Vec<usize>,
    /// How many of the last periods.
    pub periods: usize,
    /// What was counted.
    pub counted: u64,
    /// What was expected, where all that was counted is what is expected in all.
    pub expected: f64,
    /// The logarithm of the likelihood ratio.
    pub ratio: f64,
    /// The share of scatterings, this one among them, with a ratio at least as large anywhere.
    pub p: f64,
}

/// Random numbers that are an argument.
pub trait Draw {
    /// A number from 0 up to, without, 1.
    fn unit(&mut self) -> f64;
}

/// The logarithm of the ratio of one cylinder; 0 unless more than expected.
#[must_use]
pub fn ratio(counted: f64, expected: f64, all: f64) -> f64 {
    if counted <= expected || expected <= 0.0 {
        return 0.0;
    }
    let (rest, rest_expected) = (all - counted, all - expected);
    let outside = if rest > 0.0 { rest * (rest / rest_expected).ln() } else { 0.0 };
    counted * (counted / expected).ln() + outside
}

impl Scan {
    /// The clusters, the most telling first, no two with an office in common.
    #[must_use]
    pub fn clusters(&self, ground: &Ground, zones: &[Zones], draw: &mut impl Draw) -> Vec<Cluster> {
        let all: u64 = ground.counts.iter().flatten().sum();
        let total: f64 = ground.expected.iter().flatten().sum();
        if all == 0 || total <= 0.0 {
            return Vec::new();
        }
        let scale = all as f64 / total;
        let expected = ground.expected.iter().map(|row| row.iter().map(|x| x * scale).collect());
        let expected = backward(&expected.collect::<Vec<Vec<f64>>>());
        let counts = ground.counts.iter().map(|row| row.iter().map(|x| *x as f64).collect());
        let counts = backward(&counts.collect::<Vec<Vec<f64>>>());
        let all_counted = all as f64;
        let mut found = Vec::new();
        each(zones, &counts, &expected, all_counted, |hit| found.push(hit));
        found.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
        let mut clusters = apart(zones, &found, self.clusters_max);
        let highest = self.scattered(ground, zones, &expected, all, draw);
        for cluster in &mut clusters {
            let above = highest.iter().filter(|ratio| **ratio >= cluster.ratio).count();
            cluster.p = (above + 1) as f64 / (highest.len() + 1) as f64;
        }
        clusters.retain(|cluster| cluster.p <= self.alpha);
        clusters
    }

    /// The highest ratio of each scattering.
    fn scattered(
        &self,
        ground: &Ground,
        zones: &[Zones],
        expected: &[Vec<f64>],
        all: u64,
        draw: &mut impl Draw,
    ) -> Vec<f64> {
        let periods = ground.expected.first().map_or(0, Vec::len);
        let mut sums: Vec<f64> = Vec::new();
        for x in ground.expected.iter().flatten() {
            sums.push(sums.last().copied().unwrap_or(0.0) + x);
        }
        let total = sums.last().copied().unwrap_or(0.0);
        let all_counted = all as f64;
        let replica = |_| {
            let mut counts = vec![vec![0.0; periods]; ground.counts.len()];
            for _ in 0..all {
                let at = draw.unit() * total;
                let cell = sums.partition_point(|sum| *sum <= at).min(sums.len() - 1);
                counts[cell / periods][cell % periods] += 1.0;
            }
            let mut highest = 0.0_f64;
            each(zones, &backward(&counts), expected, all_counted, |hit| {
                highest = highest.max(hit.ratio);
            });
            highest
        };
        (0..self.replicas).map(replica).collect()
    }
}

/// A cylinder with more than expected.
#[derive(Clone, Copy, Debug)]
struct Hit {
    zones: usize,
    offices: usize,
    periods: usize,
    counted: f64,
    expected: f64,
    ratio: f64,
}

/// Sums over the last 1, 2, … periods.
fn backward(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of_row = |row: &Vec<f64>| {
        let sums = row.iter().rev().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        });
        sums.collect()
    };
    rows.iter().map(of_row).collect()
}

/// Every cylinder with more than expected.
fn each(
    zones: &[Zones],
    counts: &[Vec<f64>],
    expected: &[Vec<f64>],
    all: f64,
    mut hit: impl FnMut(Hit),
) {
    let periods = counts.first().map_or(0, Vec::len);
    for (index, zone) in zones.iter().enumerate() {
        let mut sums = vec![(0.0, 0.0); periods];
        for (place, office) in zone.members.iter().enumerate() {
            let (counts, expected) = (&counts[*office], &expected[*office]);
            for (sum, (count, mean)) in sums.iter_mut().zip(counts.iter().zip(expected)) {
                sum.0 += count;
                sum.1 += mean;
            }
            if !zone.growing && place + 1 < zone.members.len() {
                continue;
            }
            for (back, (counted, expected)) in sums.iter().enumerate() {
                let ratio = ratio(*counted, *expected, all);
                if ratio > 0.0 {
                    let (offices, periods) = (place + 1, back + 1);
                    let (counted, expected) = (*counted, *expected);
                    hit(Hit { zones: index, offices, periods, counted, expected, ratio });
                }
            }
        }
    }
}

/// The highest of sorted cylinders whose offices are in none before.
fn apart(zones: &[Zones], found: &[Hit], clusters_max: usize) -> Vec<Cluster> {
    let mut taken = std::collections::BTreeSet::new();
    let mut clusters = Vec::new();
    for hit in found {
        if clusters.len() == clusters_max {
            break;
        }
        let members = &zones[hit.zones].members[..hit.offices];
        if members.iter().any(|office| taken.contains(office)) {
            continue;
        }
        taken.extend(members.iter().copied());
        let mut members = members.to_vec();
        members.sort_unstable();
        clusters.push(Cluster {
            members,
            periods: hit.periods,
            counted: whole(hit.counted),
            expected: hit.expected,
            ratio: hit.ratio,
            p: 1.0,
        });
    }
    clusters
}

/// A sum of whole numbers as one.
fn whole(sum: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of counts: whole, and not below zero"
    )]
    let whole = sum as u64;
    whole
}
