//! Kemendagri codes: `21`, `21.71`, `21.71.01`, `21.71.01.1001`.

use super::Level;

/// The digits of each part of a code.
const PART_DIGITS: [usize; 4] = [2, 2, 2, 4];

/// The level of a well-formed dotted code.
pub(super) fn level(code: &str) -> Option<Level> {
    let mut parts = 0;
    for part in code.split('.') {
        let digits = PART_DIGITS.get(parts)?;
        if part.len() != *digits || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        parts += 1;
    }
    match parts {
        1 => Some(Level::Province),
        2 => Some(Level::Regency),
        3 => Some(Level::District),
        _ => Some(Level::Village),
    }
}

/// The dotted form of a code written without dots, if it has the digits of one.
pub(super) fn dotted(digits: &str) -> Option<String> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let parts = match digits.len() {
        2 => 1,
        4 => 2,
        6 => 3,
        10 => 4,
        _ => return None,
    };
    let mut rest = digits;
    let mut code = String::with_capacity(digits.len() + parts - 1);
    for (index, width) in PART_DIGITS.iter().take(parts).enumerate() {
        if index > 0 {
            code.push('.');
        }
        let (part, tail) = rest.split_at(*width);
        code.push_str(part);
        rest = tail;
    }
    Some(code)
}

/// What a damaged code may have been, best first; empty if it shows no sign of damage.
///
/// Spreadsheets take a code for a number: `11.10` becomes `11.1`, `21.71` becomes `21,71` where
/// the comma marks decimals, `2171` becomes `2171.0` or `2.171`.
pub(super) fn repairs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let with_dots = text.replace(',', ".");
    if with_dots != text && level(&with_dots).is_some() {
        found.push(with_dots.clone());
    }
    let (front, last) = with_dots.rsplit_once('.').unwrap_or((with_dots.as_str(), ""));
    if !last.is_empty() && last.bytes().all(|b| b == b'0') {
        found.extend(dotted(front).or_else(|| level(front).map(|_| front.to_owned())));
    }
    found.extend(padded(&with_dots));
    let plain: String = with_dots.chars().filter(|c| *c != '.').collect();
    if with_dots.contains('.') {
        found.extend(dotted(&plain));
    }
    let mut unique: Vec<String> = Vec::new();
    for code in found {
        if code != text && !unique.contains(&code) {
            unique.push(code);
        }
    }
    unique
}

/// Every way to give one-digit parts their lost zero: behind (a number's trailing zero) first.
fn padded(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let short = |part: &&str| part.len() == 1 && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() < 2 || parts.len() > 3 || !parts.iter().any(short) {
        return Vec::new();
    }
    let mut codes = vec![String::new()];
    for part in parts {
        let choices = if short(&part) {
            vec![format!("{part}0"), format!("0{part}")]
        } else {
            vec![part.to_owned()]
        };
        codes = codes
            .iter()
            .flat_map(|front| {
                let dot = if front.is_empty() { "" } else { "." };
                choices.iter().map(move |choice| format!("{front}{dot}{choice}"))
            })
            .collect();
    }
    codes.retain(|code| level(code).is_some());
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_its_level() {
        assert_eq!(level("21"), Some(Level::Province));
        assert_eq!(level("21.71"), Some(Level::Regency));
        assert_eq!(level("21.71.01"), Some(Level::District));
        assert_eq!(level("21.71.01.1001"), Some(Level::Village));
        for bad in ["", "2", "21.", "21.7", "21.71.01.100", "21.71.01.1001.1", "2a"] {
            assert_eq!(level(bad), None, "{bad}");
        }
    }

    #[test]
    fn damage_has_repairs() {
        assert_eq!(repairs("11.1"), ["11.10", "11.01"]);
        assert_eq!(repairs("21,71"), ["21.71"]);
        assert_eq!(repairs("2171.0"), ["21.71"]);
        assert_eq!(repairs("2.171"), ["21.71"]);
        assert_eq!(repairs("11.0"), ["11", "11.00"]);
        assert_eq!(repairs("11.01.1"), ["11.01.10", "11.01.01"]);
        assert_eq!(repairs("21.71"), [""; 0]);
        assert_eq!(repairs("2171"), [""; 0]);
    }
}
