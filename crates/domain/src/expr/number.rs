//! Exact decimal numbers: integers at a scale. No floats.

use thiserror::Error;

/// Most digits after the point that a field or measure may have.
pub const SCALE_MAX: u8 = 6;

/// A text that is not a number of the wanted scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not digits with at most one point and a leading minus.
    #[error("not a number")]
    Malformed,
    /// More digits after the point than the scale.
    #[error("too many digits after the point")]
    TooPrecise,
    /// Larger than 64 bits hold.
    #[error("too large")]
    TooLarge,
}

/// Ten to this power, where it fits.
#[must_use]
pub fn pow10(exponent: u32) -> Option<i128> {
    10i128.checked_pow(exponent)
}

/// `a ÷ b`, rounded half to even. `None` for a division by zero and overflow.
#[must_use]
pub fn divide(a: i128, b: i128) -> Option<i128> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let twice = rest.unsigned_abs().checked_mul(2)?;
    let away = match twice.cmp(&b.unsigned_abs()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    let step = if (a < 0) == (b < 0) { 1 } else { -1 };
    if away { quotient.checked_add(step) } else { Some(quotient) }
}

/// The number at another scale, rounded half to even. `None` on overflow.
#[must_use]
pub fn rescale(value: i64, from: u32, to: u32) -> Option<i64> {
    let wide = i128::from(value);
    let moved = if to >= from {
        wide.checked_mul(pow10(to - from)?)?
    } else {
        divide(wide, pow10(from - to)?)?
    };
    i64::try_from(moved).ok()
}

/// `a × 10^shift ÷ b`, rounded half to even. `None` for a division by zero and overflow.
#[must_use]
pub fn ratio(a: i64, b: i64, shift: u32) -> Option<i64> {
    let scaled = i128::from(a).checked_mul(pow10(shift)?)?;
    i64::try_from(divide(scaled, i128::from(b))?).ok()
}

/// Reads a decimal text at a scale: `12`, `-0.5`, `2.50`. Digits beyond the scale must be zeros.
///
/// # Errors
/// When it isn't such a text, or doesn't fit.
pub fn parse(text: &str, scale: u32) -> Result<i64, NumberError> {
    let (digits, fraction) = split(text)?;
    let scale = scale as usize;
    let (kept, beyond) = fraction.split_at(scale.min(fraction.len()));
    if beyond.bytes().any(|b| b != b'0') {
        return Err(NumberError::TooPrecise);
    }
    gather(text, digits, kept, scale)
}

/// Reads a decimal text at a scale, rounding half to even what is beyond it: for measurements.
///
/// # Errors
/// When it isn't a decimal text, or doesn't fit.
pub fn parse_rounded(text: &str, scale: u32) -> Result<i64, NumberError> {
    let (digits, fraction) = split(text)?;
    let digits_kept = u32::try_from(fraction.len().min(18)).unwrap_or(18);
    let kept = &fraction[..digits_kept as usize];
    let exact = gather(text, digits, kept, digits_kept as usize)?;
    rescale(exact, digits_kept, scale).ok_or(NumberError::TooLarge)
}

/// The shortest decimal text of a float that came as JSON.
#[must_use]
pub fn of_float(value: f64) -> Option<String> {
    value.is_finite().then(|| value.to_string())
}

/// Prints a number at its scale: `12`, `-0.5`, `2.50`.
#[must_use]
pub fn show(value: i64, scale: u32) -> String {
    if scale == 0 {
        return value.to_string();
    }
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
}

fn split(text: &str) -> Result<(&str, &str), NumberError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (digits, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(NumberError::Malformed),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if digits.is_empty() || !plain(digits) || !plain(fraction) {
        return Err(NumberError::Malformed);
    }
    Ok((digits, fraction))
}

fn gather(text: &str, digits: &str, kept: &str, scale: usize) -> Result<i64, NumberError> {
    let zeros = std::iter::repeat_n(b'0', scale.saturating_sub(kept.len()));
    let mut value: i64 = 0;
    for digit in digits.bytes().chain(kept.bytes()).chain(zeros) {
        let digit = i64::from(digit - b'0');
        let signed = if text.starts_with('-') { -digit } else { digit };
        let next = value.checked_mul(10).and_then(|v| v.checked_add(signed));
        value = next.ok_or(NumberError::TooLarge)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_exactly_or_not_at_all() {
        assert_eq!(parse("12.5", 2), Ok(1250));
        assert_eq!(parse("-0.50", 1), Ok(-5));
        assert_eq!(parse("2.05", 1), Err(NumberError::TooPrecise));
        assert_eq!(parse("9223372036854775808", 0), Err(NumberError::TooLarge));
        assert_eq!(parse("-9223372036854775808", 0), Ok(i64::MIN));
        for bad in ["", "-", ".5", "5.", "1e3", "1,5", " 1", "+1", "٣"] {
            assert_eq!(parse(bad, 2), Err(NumberError::Malformed), "{bad}");
        }
    }

    #[test]
    fn rounds_half_to_even() {
        let halves = [(25, 2), (35, 4), (-25, -2), (-35, -4), (26, 3), (-24, -2)];
        for (tenths, whole) in halves {
            assert_eq!(rescale(tenths, 1, 0), Some(whole), "{tenths}");
        }
        assert_eq!(ratio(1, 3, 3), Some(333));
        assert_eq!(ratio(5, -10, 0), Some(0));
        assert_eq!(ratio(15, -10, 0), Some(-2));
        assert_eq!(ratio(1, 0, 3), None);
        assert_eq!(ratio(i64::MIN, -1, 0), None);
        assert_eq!(parse_rounded("1.08282761234567890123", 7), Ok(10_828_276));
    }

    #[test]
    fn prints_what_it_reads() {
        for (value, scale, text) in
            [(0, 0, "0"), (5, 2, "0.05"), (-5, 1, "-0.5"), (i64::MIN, 1, "-922337203685477580.8")]
        {
            assert_eq!(show(value, scale), text);
            assert_eq!(parse(text, scale), Ok(value));
        }
    }
}
