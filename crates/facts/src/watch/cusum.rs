//! CUSUM for counts: small excesses add up.
//!
//! Rossi, Lampugnani, Marchi: *An approximate CUSUM procedure for surveillance of health events*,
//! Statistics in Medicine 18, 1999: counts are brought to about a standard normal variable, and
//! S = max(0, S + z − k) alarms at h. k = 1.04 and h = 2.26 are the paper's.

use super::{Point, Verdict};

/// How the CUSUM judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cusum {
    /// What is taken from each period's z: half the rise, in standard deviations, that is sought.
    pub k: f64,
    /// The sum that alarms.
    pub h: f64,
    /// Periods of the baseline, which end where judging begins.
    pub baseline: usize,
    /// Begin at zero again after an alarm; otherwise the alarm stays until the sum has fallen.
    pub reset: bool,
}

impl Default for Cusum {
    fn default() -> Self {
        Self { k: 1.04, h: 2.26, baseline: 52, reset: true }
    }
}

impl Cusum {
    /// Judges the periods from one on; the mean is that of the baseline before it. None for all
    /// where the baseline has nothing, none for a period of which nothing was received.
    #[must_use]
    pub fn judge(&self, series: &[Point], from: usize) -> Vec<Option<Verdict>> {
        let judged = series.get(from..).unwrap_or_default();
        let before = &series[from.saturating_sub(self.baseline).min(series.len())..];
        let before = &before[..self.baseline.min(from).min(before.len())];
        let (counts, shares) = before.iter().fold((0.0, 0.0), |(counts, shares), point| {
            (counts + point.count, shares + point.share)
        });
        // A mean of zero has no spread: every count would alarm.
        if counts <= 0.0 || shares < 2.0 {
            return vec![None; judged.len()];
        }
        let mean = counts / shares;
        let mut sum = 0.0;
        let step = |point: &Point| {
            let verdict = (point.share > 0.0).then(|| self.step(point, mean * point.share, sum))?;
            sum = if verdict.alarm && self.reset { 0.0 } else { verdict.score };
            Some(verdict)
        };
        judged.iter().map(step).collect()
    }

    fn step(&self, point: &Point, mean: f64, before: f64) -> Verdict {
        let root = mean.sqrt();
        let z = (point.count - 3.0 * mean + 2.0 * (point.count * mean).sqrt()) / (2.0 * root);
        let score = (before + z - self.k).max(0.0);
        // The count at which z − k reaches h: a square equation in its root.
        let room = self.h + self.k - before;
        let reach = (4.0 * mean + 2.0 * root * room).max(0.0).sqrt() - root;
        let threshold = reach.max(0.0).powi(2);
        Verdict { expected: mean, threshold, score, alarm: score >= self.h }
    }
}
