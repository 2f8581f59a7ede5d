//! Fractions that are rounded once.

/// Digits after the point of a percentage.
pub(super) const PERCENT_SCALE: u8 = 1;

/// `100 × part / whole` at [`PERCENT_SCALE`], rounded half to even; none of a whole that is zero or
/// a number too large.
pub(super) fn percent(part: i128, whole: i128) -> Option<i128> {
    let hundred = 100 * 10_i128.pow(u32::from(PERCENT_SCALE));
    divide(part.checked_mul(hundred)?, whole)
}

/// A quotient, rounded half to even.
fn divide(part: i128, whole: i128) -> Option<i128> {
    let (quotient, rest) = (part.checked_div(whole)?, part.checked_rem(whole)?);
    let twice = rest.unsigned_abs().checked_mul(2)?;
    let up = match twice.cmp(&whole.unsigned_abs()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    let away = if (part < 0) == (whole < 0) { 1 } else { -1 };
    Some(if up { quotient + away } else { quotient })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_once_half_to_even() {
        let check = |part, whole, expected: Option<i128>| {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        };
        check(1, 3, Some(333));
        check(2, 3, Some(667));
        check(1, 2000, Some(0));
        check(3, 2000, Some(2));
        check(-3, 2000, Some(-2));
        check(-1, 3, Some(-333));
        check(1, -3, Some(-333));
        check(-1, 2000, Some(0));
        check(7, 0, None);
        check(i128::MAX, 3, None);
    }
}
