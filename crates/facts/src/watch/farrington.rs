//! Farrington flexible: a count against the same season of former years.
//!
//! Farrington, Andrews, Beale, Catchpole: *A statistical algorithm for the early detection of
//! outbreaks of infectious disease*, JRSS A 159, 1996; Noufaily, Enki, Farrington, Garthwaite,
//! Andrews, Charlett: *An improved algorithm for outbreak detection in multiple surveillance
//! systems*, Statistics in Medicine 32, 2013, whose settings are the default.
//!
//! A quasi-Poisson model with a trend and a factor of the season is fitted to the years before,
//! twice: the second time periods that stood out weigh less, so that a former outbreak doesn't
//! hide the next. The threshold is a quantile of the negative binomial distribution of the fitted
//! mean and dispersion.

use super::glm::{Data, Fit};
use super::{Point, Verdict, special};

/// How Farrington flexible judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Farrington {
    /// Periods of a year: 52 weeks or 12 months.
    pub frequency: usize,
    /// Years that the model is fitted to.
    pub years: usize,
    /// Periods before and after the same one of a former year that count as its season.
    pub half_window: usize,
    /// Seasons of a year, that of the judged period included. With 1 only its own season is used.
    pub seasons: usize,
    /// Periods just before the judged one that the model doesn't see: an outbreak that is going
    /// on would raise its own threshold.
    pub recent: usize,
    /// Residuals above this weigh less in the second fit; none fits once.
    pub weigh_down_above: Option<f64>,
    /// The trend stays if its p-value is below this; 1 keeps it unless it extrapolates too far.
    pub trend_below: f64,
    /// The share of false alarms per period that is meant.
    pub alpha: f64,
    /// No alarm with fewer cases than the first number in as many periods as the second.
    pub least: (f64, usize),
}

impl Farrington {
    /// The settings of 2013 for a year of 52 weeks, or of as many seasons for 12 months.
    #[must_use]
    pub fn new(frequency: usize) -> Self {
        let monthly = frequency < 52;
        Self {
            frequency,
            years: 5,
            half_window: if monthly { 1 } else { 3 },
            seasons: if monthly { 4 } else { 10 },
            recent: if monthly { 6 } else { 26 },
            weigh_down_above: Some(2.58),
            trend_below: 1.0,
            alpha: 0.01,
            least: (5.0, 4),
        }
    }

    /// Periods that must stand before the first that can be judged.
    #[must_use]
    pub fn history(&self) -> usize {
        self.years * self.frequency + self.half_window
    }

    /// Judges one period; none where there is too little before it or the model can't be fitted.
    #[must_use]
    pub fn judge(&self, series: &[Point], at: usize) -> Option<Verdict> {
        let point = series.get(at).filter(|point| point.share > 0.0)?;
        let baseline = self.baseline(series, at)?;
        if baseline.counts.iter().all(|count| *count == 0.0) {
            return None;
        }
        let fit = self.fit(&baseline, true);
        let kept = fit.filter(|fit| self.keeps_trend(fit, &baseline));
        let (fit, trend) = match kept {
            Some(fit) => (fit, true),
            None => (self.fit(&baseline, false)?, false),
        };
        let row = self.row(self.seasons, 0.0, trend);
        let expected = fit.mean(&row) * point.share;
        let dispersion = fit.dispersion.max(1.0);
        let threshold = special::count_quantile(expected, dispersion, self.alpha);
        let (least, periods) = self.least;
        let recent = series[(at + 1).saturating_sub(periods)..=at].iter();
        let enough = recent.map(|point| point.count).sum::<f64>() >= least;
        let over = point.count - expected;
        let score = if threshold > expected { over / (threshold - expected) } else { 0.0 };
        Some(Verdict { expected, threshold, score, alarm: enough && point.count > threshold })
    }

    /// The season of each period back from the judged one, 1 to [`Self::seasons`], as steps back
    /// and season. That of the judged period is the last; of the rest of a year the first seasons
    /// are the longer ones.
    fn seasons(&self) -> Vec<(usize, usize)> {
        let window = 2 * self.half_window + 1;
        let mut all: Vec<(usize, usize)> =
            (0..=self.half_window).map(|b| (b, self.seasons)).collect();
        for year in 1..=self.years {
            let middle = year * self.frequency;
            let own = middle - self.half_window..=middle + self.half_window;
            all.extend(own.map(|back| (back, self.seasons)));
            let others = self.seasons - 1;
            let rest = self.frequency.saturating_sub(window);
            let (length, longer) = (rest.checked_div(others), rest.checked_rem(others));
            let (Some(length), Some(longer)) = (length, longer) else { continue };
            // Forward in time, from the end of the former year's window on.
            let mut back = middle - self.half_window;
            for season in 1..=others {
                for _ in 0..length + usize::from(season <= longer) {
                    back -= 1;
                    all.push((back, season));
                }
            }
        }
        all
    }

    fn baseline(&self, series: &[Point], at: usize) -> Option<Baseline> {
        at.checked_sub(self.history())?;
        let mut found = Baseline::default();
        for (back, season) in self.seasons() {
            let point = series[at - back];
            if back > self.recent && point.share > 0.0 {
                found.places.push((season, -(back as f64)));
                found.counts.push(point.count);
                found.offsets.push(point.share.ln());
            }
        }
        Some(found)
    }

    /// A row of the model: one, a column per season but the last, and time in years.
    fn row(&self, season: usize, time: f64, trend: bool) -> Vec<f64> {
        let seasons = (1..self.seasons).map(|other| if other == season { 1.0 } else { 0.0 });
        let time = trend.then_some(time / self.frequency as f64);
        [1.0].into_iter().chain(seasons).chain(time).collect()
    }

    fn fit(&self, baseline: &Baseline, trend: bool) -> Option<Fit> {
        let places = baseline.places.iter();
        let rows: Vec<Vec<f64>> =
            places.map(|(season, time)| self.row(*season, *time, trend)).collect();
        let even = vec![1.0; rows.len()];
        let (counts, offsets) = (&baseline.counts, &baseline.offsets);
        let first = Fit::new(&Data { rows: &rows, counts, offsets, weights: &even })?;
        let Some(limit) = self.weigh_down_above else { return Some(first) };
        let weights = weights(&anscombe(&first, counts), limit);
        Fit::new(&Data { rows: &rows, counts, offsets, weights: &weights })
    }

    /// The trend stays if it is significant, rests on three years at least where only one season
    /// is used, and doesn't lead above all that was ever seen.
    fn keeps_trend(&self, fit: &Fit, baseline: &Baseline) -> bool {
        let Some(slope) = fit.coefficients.last() else { return false };
        let mut unit = vec![0.0; fit.coefficients.len() - 1];
        unit.push(1.0);
        let error = (fit.dispersion * fit.variance(&unit)).sqrt();
        let p = special::student_two_sided(slope / error, fit.freedom);
        let most = baseline.counts.iter().fold(0.0_f64, |most, count| most.max(*count));
        let enough = self.seasons > 1 || self.years >= 3;
        p < self.trend_below && enough && fit.mean(&self.row(self.seasons, 0.0, true)) <= most
    }
}

/// What the model is fitted to.
#[derive(Debug, Default)]
struct Baseline {
    /// Season, and time as periods after the judged one.
    places: Vec<(usize, f64)>,
    counts: Vec<f64>,
    offsets: Vec<f64>,
}

/// Anscombe's residuals of a Poisson model, standardised.
fn anscombe(fit: &Fit, counts: &[f64]) -> Vec<f64> {
    let dispersion = fit.dispersion.max(1.0);
    let rows = counts.iter().zip(&fit.means).zip(&fit.leverages);
    let of_row = |((count, mean), leverage): ((&f64, &f64), &f64)| {
        let raw = 1.5 * (count.powf(2.0 / 3.0) * mean.powf(-1.0 / 6.0) - mean.sqrt());
        raw / (dispersion * (1.0 - leverage)).sqrt()
    };
    rows.map(of_row).collect()
}

/// Weights that fall with the square of residuals above a limit, and add up to the rows.
fn weights(residuals: &[f64], limit: f64) -> Vec<f64> {
    let raw: Vec<f64> =
        residuals.iter().map(|r| if *r > limit { r.powi(-2) } else { 1.0 }).collect();
    let scale = raw.len() as f64 / raw.iter().sum::<f64>();
    raw.into_iter().map(|weight| weight * scale).collect()
}
