//! The few functions of probability that the methods need: the normal distribution, Student's t,
//! Poisson and negative binomial.
//!
//! Series and continued fractions are those of Abramowitz and Stegun, *Handbook of Mathematical
//! Functions*, 6.1, 6.5 and 26.5; they hold to about 1e-13 where the methods use them.

use std::f64::consts::PI;

/// Terms after which a series or a fraction is taken as it stands: all used here settle within
/// some tens.
const TERMS_MAX: u32 = 500;
/// Where a term no longer changes a sum.
const SMALL: f64 = 1e-16;
/// In place of a zero divisor of a continued fraction.
const TINY: f64 = 1e-300;
/// Standard deviations beyond which a count distribution has no mass that matters.
const SPREADS: f64 = 40.0;

/// ln Γ(x) for x > 0: Stirling's series, from 10 on; below, by the recurrence.
#[must_use]
pub(super) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let terms = [12.0, -360.0, 1260.0, -1680.0, 1188.0, -360_360.0 / 691.0, 156.0];
    let series = terms.iter().rev().fold(0.0, |sum, term| sum * inverse + 1.0 / term) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + series - shift
}

/// The upper share of a standard normal distribution: P(Z > z).
#[must_use]
pub(super) fn normal_above(z: f64) -> f64 {
    let half = 0.5 * z * z;
    let tail = if half < 2.0 { 1.0 - gamma_below(0.5, half) } else { gamma_above(0.5, half) };
    if z < 0.0 { 1.0 - 0.5 * tail } else { 0.5 * tail }
}

/// The z above which lies this share of a standard normal distribution; 0 < share < 1.
#[must_use]
pub(super) fn normal_quantile_above(share: f64) -> f64 {
    if share > 0.5 {
        return -normal_quantile_above(1.0 - share);
    }
    let (mut low, mut high) = (0.0, 39.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if normal_above(middle) > share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// P(|T| > |t|) of Student's t with some degrees of freedom.
#[must_use]
pub(super) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    beta_share(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The least count that a Poisson (`dispersion` ≤ 1) or negative binomial variable of this mean
/// and of variance `dispersion × mean` doesn't exceed with probability ≥ 1 − `above`.
#[must_use]
pub(super) fn count_quantile(mean: f64, dispersion: f64, above: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let over = dispersion - 1.0;
    let ln_mass = |count: f64| {
        if over > 1e-9 {
            let size = mean / over;
            ln_gamma(count + size) - ln_gamma(size) - ln_gamma(count + 1.0) - size * dispersion.ln()
                + count * (over / dispersion).ln()
        } else {
            count * mean.ln() - mean - ln_gamma(count + 1.0)
        }
    };
    let spread = (mean * dispersion.max(1.0)).sqrt();
    let mut count = (mean - SPREADS * spread).floor().max(0.0);
    let (mut sum, wanted) = (ln_mass(count).exp(), (1.0 - above) * (1.0 - 64.0 * f64::EPSILON));
    while sum < wanted && count < mean + SPREADS * (spread + dispersion) + 100.0 {
        count += 1.0;
        sum += ln_mass(count).exp();
    }
    count
}

/// The regularised lower incomplete gamma function P(a, x), by its series.
fn gamma_below(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..TERMS_MAX {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * SMALL {
            break;
        }
    }
    sum * (a * x.ln() - x - ln_gamma(a)).exp()
}

/// The regularised upper incomplete gamma function Q(a, x), by its continued fraction.
fn gamma_above(a: f64, x: f64) -> f64 {
    let terms = (1..TERMS_MAX).map(|n| {
        let n = f64::from(n);
        (-n * (n - a), x + 2.0 * n + 1.0 - a)
    });
    let fraction = fraction(x + 1.0 - a, terms);
    (a * x.ln() - x - ln_gamma(a)).exp() / fraction
}

/// b₀ + a₁/(b₁ + a₂/(b₂ + …)) by Lentz's method.
fn fraction(first: f64, terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let nonzero = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut value = nonzero(first);
    let (mut c, mut d) = (value, 0.0);
    for (a, b) in terms {
        d = 1.0 / nonzero(b + a * d);
        c = nonzero(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < SMALL {
            break;
        }
    }
    value
}

/// The regularised incomplete beta function I_x(a, b).
fn beta_share(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_share(1.0 - x, b, a);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    let terms = (1..TERMS_MAX).map(|n| {
        let m = f64::from(n / 2);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        (if n % 2 == 0 { even } else { odd }, 1.0)
    });
    front.exp() / (a * fraction(1.0, terms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} {expected}");
    }

    #[test]
    fn functions_equal_tables() {
        close(ln_gamma(0.5), PI.sqrt().ln());
        close(ln_gamma(10.0), 362_880.0_f64.ln());
        close(normal_above(0.0), 0.5);
        close(normal_quantile_above(0.001), 3.090_232_306_167_813);
        close(normal_quantile_above(0.975), -1.959_963_984_540_054);
        close(student_two_sided(1.0, 1.0), 0.5);
        close(student_two_sided(-2.228_138_851_964_939, 10.0), 0.05);
    }

    #[test]
    fn quantiles_of_counts_are_the_least_that_suffice() {
        assert_eq!(count_quantile(10.0, 1.0, 0.01), 18.0);
        // Mean 1 and dispersion 2 is the geometric distribution: P(X > k) = 2^-(k + 1).
        assert_eq!(count_quantile(1.0, 2.0, 0.01), 6.0);
        assert_eq!(count_quantile(1.0, 2.0, 1.0 / 128.0), 6.0);
        assert_eq!(count_quantile(0.0, 2.0, 0.01), 0.0);
        // A mean whose Poisson probabilities of small counts are no numbers any more.
        let large = count_quantile(1e6, 1.0, 0.025);
        assert!((large - 1_001_960.0).abs() < 2.0, "{large}");
    }
}
