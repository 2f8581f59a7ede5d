//! EARS C1, C2 and C3: a count against the mean and spread of the seven periods before it.
//!
//! Hutwagner, Thompson, Seeman, Treadwell: *The bioterrorism preparedness and response Early
//! Aberration Reporting System (EARS)*, Journal of Urban Health 80, 2003; the form of C3 with a
//! threshold is that of Fricker, Hegler, Dunfee: *Comparing syndromic surveillance detection
//! methods: EARS' versus a CUSUM-based methodology*, Statistics in Medicine 27, 2008.

use super::{Point, Verdict, special};

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The baseline ends at the period before.
    C1,
    /// Two periods lie between baseline and period, so that a slow rise doesn't raise its own
    /// baseline.
    C2,
    /// C2, with what the two periods before exceeded by.
    C3,
}

/// How EARS judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ears {
    /// Which of the three.
    pub kind: Kind,
    /// Periods of the baseline.
    pub baseline: usize,
    /// The share of false alarms per period that a normal variable would give.
    pub alpha: f64,
    /// The least standard deviation: seven equal counts have none, and every count would alarm.
    pub sigma_min: f64,
}

impl Ears {
    /// As the papers have it: seven periods, three standard deviations for C1 and C2, two for C3.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let alpha = match kind {
            Kind::C1 | Kind::C2 => 0.001,
            Kind::C3 => 0.025,
        };
        Self { kind, baseline: 7, alpha, sigma_min: 0.5 }
    }

    /// Periods that must stand before the first that can be judged.
    #[must_use]
    pub fn history(&self) -> usize {
        let guard = match self.kind {
            Kind::C1 => 0,
            Kind::C2 => 2,
            Kind::C3 => 4,
        };
        self.baseline + guard
    }

    /// Judges one period; none where too little of the baseline was received.
    #[must_use]
    pub fn judge(&self, series: &[Point], at: usize) -> Option<Verdict> {
        let z = special::normal_quantile_above(self.alpha);
        let now = self.normal(series, at)?;
        let before = match self.kind {
            Kind::C1 | Kind::C2 => 0.0,
            Kind::C3 => [1, 2].iter().try_fold(0.0, |sum, back| {
                let then = self.normal(series, at.checked_sub(*back)?)?;
                Some(sum + (then.score - 1.0).max(0.0))
            })?,
        };
        // What the two periods before exceeded by lowers the limit of this one; but a period
        // without any count is no alarm.
        let threshold = (now.mean + now.sigma * (z - before)).max(0.0);
        let (expected, score) = (now.mean, now.score + before);
        Some(Verdict { expected, threshold, score, alarm: now.count > threshold })
    }

    /// A period in standard deviations from its baseline. Counts of the baseline are brought to
    /// whole periods, and their mean to as much as was received of this one.
    fn normal(&self, series: &[Point], at: usize) -> Option<Normal> {
        let guard = if self.kind == Kind::C1 { 0 } else { 2 };
        let end = at.checked_sub(guard)?;
        let baseline = series.get(end.checked_sub(self.baseline)?..end)?;
        let point = series.get(at).filter(|point| point.share > 0.0)?;
        let rates: Vec<f64> = baseline.iter().filter_map(Point::rate).collect();
        // More than half of the baseline, and at least the two that a spread needs.
        if rates.len() < 2 || rates.len() * 2 <= self.baseline {
            return None;
        }
        let count = rates.len() as f64;
        let mean = rates.iter().sum::<f64>() / count;
        let squares: f64 = rates.iter().map(|rate| (rate - mean).powi(2)).sum();
        let sigma = (squares / (count - 1.0)).sqrt().max(self.sigma_min);
        let (mean, sigma) = (mean * point.share, sigma * point.share.sqrt());
        let excess = point.count - mean;
        let score = if sigma > 0.0 { excess / sigma } else { excess.signum() * f64::MAX };
        let score = if excess == 0.0 { 0.0 } else { score };
        Some(Normal { count: point.count, mean, sigma, score })
    }
}

/// A count beside its baseline.
struct Normal {
    count: f64,
    mean: f64,
    sigma: f64,
    score: f64,
}
