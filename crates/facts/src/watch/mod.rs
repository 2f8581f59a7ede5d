//! Early warning: which counts of which offices stand out. On counts by office and period, never
//! on people.
//!
//! The methods are pure: counts in, verdicts out; no clock, and chance comes from a seed. What
//! they judge is a series of [`Point`]s, whose `share` says how much of the period's reports has
//! been received: expected counts are lowered by it, and a period of which nothing was received
//! is no zero and isn't judged.

pub mod answer;
pub mod ask;
pub mod cusum;
pub mod delay;
pub mod ears;
pub mod farrington;
mod glm;
pub mod scan;
pub mod series;
mod special;
pub mod zones;

/// What was counted in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The count received.
    pub count: f64,
    /// The share of the period's reports that has been received, 0 to 1.
    pub share: f64,
}

impl Point {
    /// A period that was received whole.
    #[must_use]
    pub fn whole(count: f64) -> Self {
        Self { count, share: 1.0 }
    }

    /// The count that the whole period would have; none if nothing was received.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.share > 0.0).then(|| self.count / self.share)
    }
}

/// What a method says about one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// The count that was expected of what has been received.
    pub expected: f64,
    /// The count above which (for CUSUM: from which) it alarms.
    pub threshold: f64,
    /// How far it stands out, as the method measures it.
    pub score: f64,
    /// It stands out.
    pub alarm: bool,
}

/// A method with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// EARS C1, C2 or C3.
    Ears(ears::Ears),
    /// CUSUM.
    Cusum(cusum::Cusum),
    /// Farrington flexible.
    Farrington(farrington::Farrington),
}

impl Method {
    /// Judges the periods of a series from one on; none where there is too little to judge by.
    #[must_use]
    pub fn judge(&self, series: &[Point], from: usize) -> Vec<Option<Verdict>> {
        let each = from..series.len();
        match self {
            Self::Ears(ears) => each.map(|at| ears.judge(series, at)).collect(),
            Self::Cusum(cusum) => cusum.judge(series, from),
            Self::Farrington(farrington) => each.map(|at| farrington.judge(series, at)).collect(),
        }
    }

    /// Periods that must stand before the first that is judged.
    #[must_use]
    pub fn history(&self) -> usize {
        match self {
            Self::Ears(ears) => ears.history(),
            Self::Cusum(cusum) => cusum.baseline,
            Self::Farrington(farrington) => farrington.history(),
        }
    }
}
