//! A log-linear model of counts with a free dispersion (quasi-Poisson), by iteratively reweighted
//! least squares.
//!
//! McCullagh, Nelder: *Generalized Linear Models*, 1989, chapters 2, 6 and 12.4. Least squares are
//! solved by Householder reflections, since counts of zero make weights that differ by many orders.

/// Iterations of a fit; counts settle in four to eight.
const ITERATIONS_MAX: usize = 25;
/// A relative change of the deviance that ends a fit.
const SETTLED: f64 = 1e-8;
/// A column whose rest is this small beside the whole says nothing that others don't.
const DEPENDENT: f64 = 1e-11;

/// What a model is fitted to; all of one length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    /// The model's columns, row by row.
    pub(super) rows: &'a [Vec<f64>],
    /// Counts.
    pub(super) counts: &'a [f64],
    /// Logarithms of how much of each count could be seen.
    pub(super) offsets: &'a [f64],
    /// How much each row says.
    pub(super) weights: &'a [f64],
}

/// A fitted model.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// A coefficient per column.
    pub(super) coefficients: Vec<f64>,
    /// Expected counts.
    pub(super) means: Vec<f64>,
    /// How much each row determines its own fit, 0 to 1.
    pub(super) leverages: Vec<f64>,
    /// Variance over mean, not restricted.
    pub(super) dispersion: f64,
    /// Rows that count, less the columns.
    pub(super) freedom: f64,
    triangle: Vec<Vec<f64>>,
}

impl Fit {
    /// Fits a model. None where columns depend on each other, there are too few rows, or the fit
    /// doesn't settle.
    #[must_use]
    pub(super) fn new(data: &Data<'_>) -> Option<Self> {
        let columns = data.rows.first()?.len();
        let counted = data.weights.iter().filter(|weight| **weight > 0.0).count();
        if counted <= columns {
            return None;
        }
        let mut logs: Vec<f64> = data.counts.iter().map(|count| (count + 0.1).ln()).collect();
        let mut means: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
        let mut deviance = f64::INFINITY;
        for _ in 0..ITERATIONS_MAX {
            let working: Vec<f64> =
                means.iter().zip(data.weights).map(|(mean, weight)| mean * weight).collect();
            let targets = (0..means.len()).map(|row| {
                logs[row] - data.offsets[row] + (data.counts[row] - means[row]) / means[row]
            });
            let solved = Solved::new(data.rows, &targets.collect::<Vec<_>>(), &working)?;
            let linear = data.rows.iter().map(|row| dot(row, &solved.coefficients));
            logs = linear.zip(data.offsets).map(|(log, offset)| log + offset).collect();
            means = logs.iter().map(|log| log.exp()).collect();
            let next = deviance_of(data, &means);
            if !next.is_finite() {
                return None;
            }
            let settled = (next - deviance).abs() / (next.abs() + 0.1) < SETTLED;
            deviance = next;
            if settled {
                return Some(Self::settled(data, means, solved, &working, counted));
            }
        }
        None
    }

    fn settled(
        data: &Data<'_>,
        means: Vec<f64>,
        solved: Solved,
        working: &[f64],
        counted: usize,
    ) -> Self {
        let freedom = (counted - solved.coefficients.len()) as f64;
        let errors = data.counts.iter().zip(&means).zip(working);
        let pearson =
            errors.map(|((count, mean), weight)| weight * ((count - mean) / mean).powi(2));
        let dispersion = pearson.sum::<f64>() / freedom;
        let Solved { coefficients, triangle } = solved;
        let mut fit =
            Self { coefficients, means, leverages: Vec::new(), dispersion, freedom, triangle };
        let leverages = data.rows.iter().zip(working);
        fit.leverages = leverages.map(|(row, weight)| weight * fit.variance(row)).collect();
        fit
    }

    /// The variance of a row's logarithm, at dispersion 1.
    #[must_use]
    pub(super) fn variance(&self, row: &[f64]) -> f64 {
        // Rᵀ u = row, from the top; then the variance is uᵀu.
        let mut u: Vec<f64> = Vec::with_capacity(row.len());
        for (column, x) in row.iter().enumerate() {
            let known: f64 = (0..column).map(|above| self.triangle[above][column] * u[above]).sum();
            u.push((x - known) / self.triangle[column][column]);
        }
        dot(&u, &u)
    }

    /// The expected count of a row of which everything can be seen.
    #[must_use]
    pub(super) fn mean(&self, row: &[f64]) -> f64 {
        dot(row, &self.coefficients).exp()
    }
}

fn deviance_of(data: &Data<'_>, means: &[f64]) -> f64 {
    let rows = data.counts.iter().zip(means).zip(data.weights);
    let of_row = |((count, mean), weight): ((&f64, &f64), &f64)| {
        let logged = if *count > 0.0 { count * (count / mean).ln() } else { 0.0 };
        2.0 * weight * (logged - (count - mean))
    };
    rows.map(of_row).sum()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A solved least squares problem: coefficients, and the upper triangle R of QR.
struct Solved {
    coefficients: Vec<f64>,
    triangle: Vec<Vec<f64>>,
}

impl Solved {
    fn new(rows: &[Vec<f64>], targets: &[f64], weights: &[f64]) -> Option<Self> {
        let count = rows.first()?.len();
        let roots: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
        // Column by column, the target last.
        let column = |index: usize| rows.iter().zip(&roots).map(move |(r, w)| r[index] * w);
        let mut columns: Vec<Vec<f64>> = (0..count).map(|index| column(index).collect()).collect();
        columns.push(targets.iter().zip(&roots).map(|(target, w)| target * w).collect());
        for pivot in 0..count {
            reflect(&mut columns, pivot)?;
        }
        let triangle: Vec<Vec<f64>> = (0..count)
            .map(|row| (0..count).map(|c| if c < row { 0.0 } else { columns[c][row] }).collect())
            .collect();
        let mut coefficients = vec![0.0; count];
        for row in (0..count).rev() {
            let known = dot(&triangle[row][row + 1..], &coefficients[row + 1..]);
            coefficients[row] = (columns[count][row] - known) / triangle[row][row];
        }
        coefficients.iter().all(|x| x.is_finite()).then_some(Self { coefficients, triangle })
    }
}

/// Turns what is below the pivot of its column to zero, in all columns from it on.
fn reflect(columns: &mut [Vec<f64>], pivot: usize) -> Option<()> {
    let whole = dot(&columns[pivot], &columns[pivot]).sqrt();
    let rest = dot(&columns[pivot][pivot..], &columns[pivot][pivot..]).sqrt();
    if !rest.is_finite() || rest <= whole * DEPENDENT {
        return None;
    }
    let head = columns[pivot][pivot];
    let turned = if head > 0.0 { -rest } else { rest };
    let mut mirror = columns[pivot][pivot..].to_vec();
    mirror[0] = head - turned;
    let norm = dot(&mirror, &mirror);
    for column in &mut columns[pivot..] {
        let scale = 2.0 * dot(&mirror, &column[pivot..]) / norm;
        for (x, m) in column[pivot..].iter_mut().zip(&mirror) {
            *x -= scale * m;
        }
    }
    Some(())
}
