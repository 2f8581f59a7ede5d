//! Reporting delay: which share of a period's count is known some periods later.
//!
//! The chain ladder on the reporting triangle: Brookmeyer, Damiano: *Statistical methods for
//! short-term projections of AIDS incidence*, Statistics in Medicine 8, 1989; Lawless:
//! *Adjustments for reporting delays and the prediction of occurred but not reported events*,
//! Canadian Journal of Statistics 22, 1994. A period's share at some age is the product of the
//! inverse growths that are still to come.

/// The share known of a period that is 0, 1, … periods old. `known[t][d]` is what was known of
/// period t when it was d periods old, for t from the oldest on; a row ends where the present is.
/// The longest row says how old a period must be to be whole: what comes later doesn't count.
#[must_use]
pub fn shares(known: &[Vec<f64>]) -> Vec<f64> {
    let ages = known.iter().map(Vec::len).max().unwrap_or(0);
    let mut shares = vec![1.0; ages];
    for age in (1..ages).rev() {
        let rows = known.iter().filter(|row| row.len() > age);
        let (before, after) =
            rows.fold((0.0, 0.0), |(before, after), row| (before + row[age - 1], after + row[age]));
        // Nothing counted yet says nothing about delay; what was taken back is no negative delay.
        let kept = if after > 0.0 { (before / after).clamp(0.0, 1.0) } else { 1.0 };
        shares[age - 1] = shares[age] * kept;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_gives_the_inverse_growths_still_to_come() {
        // Of 100 each, 50 at once, 80 a period later, all after two.
        let known = [vec![50.0, 80.0, 100.0], vec![50.0, 80.0, 100.0], vec![5.0, 8.0], vec![70.0]];
        let shares = shares(&known);
        let expected = [0.5, 0.8, 1.0];
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected).abs() < 1e-12, "{shares:?}");
        }
    }

    #[test]
    fn what_is_taken_back_never_gives_more_than_the_whole() {
        assert_eq!(shares(&[vec![10.0, 8.0], vec![3.0]]), [1.0, 1.0]);
        assert_eq!(shares(&[vec![0.0, 0.0], vec![0.0]]), [1.0, 1.0]);
        assert!(shares(&[]).is_empty());
    }
}
