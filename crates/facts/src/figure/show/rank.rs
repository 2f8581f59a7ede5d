//! Percentiles by nearest rank.

/// Of values in order, each with how often it occurs, the one at rank ⌈n × percent / 100⌉, the
/// first if that is none; none of no values.
pub(super) fn nearest_rank(values: &[(i128, u64)], percent: u8) -> Option<i128> {
    let all: u128 = values.iter().map(|(_, times)| u128::from(*times)).sum();
    let rank = (all * u128::from(percent)).div_ceil(100).max(1);
    let mut passed = 0;
    let found = values.iter().find(|(_, times)| {
        passed += u128::from(*times);
        passed >= rank
    });
    found.map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_at_the_nearest_rank() {
        let check = |values: &[(i128, u64)], percent, expected| {
            assert_eq!(nearest_rank(values, percent), expected, "{values:?} {percent}");
        };
        let five = [(15, 1), (20, 1), (35, 1), (40, 1), (50, 1)];
        check(&five, 5, Some(15));
        check(&five, 30, Some(20));
        check(&five, 40, Some(20));
        check(&five, 50, Some(35));
        check(&five, 100, Some(50));
        check(&[(1, 99), (7, 1)], 99, Some(1));
        check(&[(1, 99), (7, 1)], 100, Some(7));
        check(&[(-3, 1)], 1, Some(-3));
        check(&[], 50, None);
    }
}
