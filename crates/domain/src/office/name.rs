//! Names as people write them: `KAB. BINTAN`, `Kota Batam`, `D.I. Yogyakarta`.

use super::Level;

/// What a name's first word says of its office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Province,
    Regency,
    City,
    District,
    Village,
}

/// A name taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) kind: Option<Kind>,
    /// The name without its kind, as letters and digits only.
    pub(super) key: String,
    /// The name with its kind, as letters and digits only.
    pub(super) whole: String,
    /// The key without a leading `kepulauan`.
    pub(super) short: Option<String>,
}

/// Marks the keys under which an office is found only if none has the key itself.
const SHORT: char = '~';

pub(super) fn parts(text: &str) -> Parts {
    let words = words(text);
    let whole = words.concat();
    let (kind, used) = kind(&words);
    let rest = &words[used..];
    let short = match rest {
        [first, others @ ..] if first == "kepulauan" && !others.is_empty() => Some(others.concat()),
        _ => None,
    };
    Parts { kind, key: rest.concat(), whole, short }
}

/// The key of a name.
pub(super) fn key(text: &str) -> String {
    parts(text).key
}

/// The key under which offices stand whose name begins with `Kepulauan`.
pub(super) fn short_key(key: &str) -> String {
    format!("{SHORT}{key}")
}

/// Whether a key is one of [`short_key`].
pub(super) fn is_short(key: &str) -> bool {
    key.starts_with(SHORT)
}

/// The keys under which an office of this level and name is found.
pub(super) fn keys(level: Level, name: &str) -> Vec<String> {
    let parts = parts(name);
    // A district may be called `Kota`: only offices above it carry their kind in their name.
    let key = if level >= Level::District { parts.whole } else { parts.key };
    let short = parts.short.filter(|_| level == Level::Regency);
    std::iter::once(key).chain(short.as_deref().map(short_key)).collect()
}

/// What the name of an office of this level says of it.
pub(super) fn kind_of(level: Level, name: &str) -> Option<Kind> {
    match level {
        Level::Centre => None,
        Level::Province => Some(Kind::Province),
        Level::Regency if parts(name).kind == Some(Kind::City) => Some(Kind::City),
        Level::Regency => Some(Kind::Regency),
        Level::District => Some(Kind::District),
        Level::Village => Some(Kind::Village),
    }
}

fn words(text: &str) -> Vec<String> {
    let letters: String = crate::unicode::plain(text);
    let letters = letters.to_lowercase();
    let words = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| *word != "dan").map(expand).collect()
}

fn expand(word: &str) -> String {
    let long = match word {
        "kab" | "kabu" => "kabupaten",
        "kep" => "kepulauan",
        "adm" | "admin" => "administrasi",
        "prov" | "prop" | "propinsi" => "provinsi",
        "kodya" | "kotamadya" | "kodia" => "kota",
        "kec" => "kecamatan",
        "kel" => "kelurahan",
        other => other,
    };
    long.to_owned()
}

/// The kind, and how many words say it.
fn kind(words: &[String]) -> (Option<Kind>, usize) {
    let kind = match words.first().map(String::as_str) {
        Some("provinsi") => Kind::Province,
        Some("kabupaten") => Kind::Regency,
        Some("kota") => Kind::City,
        Some("kecamatan" | "distrik") => Kind::District,
        Some("kelurahan" | "desa") => Kind::Village,
        _ => return (None, 0),
    };
    let administrative = words.get(1).is_some_and(|word| word == "administrasi");
    let used = 1 + usize::from(administrative);
    if used < words.len() { (Some(kind), used) } else { (None, 0) }
}

/// How many letters must be added, taken away or exchanged to make one word the other, if not
/// more than `most`.
pub(super) fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        let check = |text: &str, kind: Option<Kind>, key: &str| {
            let parts = parts(text);
            assert_eq!((parts.kind, parts.key.as_str()), (kind, key), "{text}");
        };
        check("KAB. BINTAN", Some(Kind::Regency), "bintan");
        check("Kab.Fak-Fak", Some(Kind::Regency), "fakfak");
        check("Kota Administrasi Jakarta Pusat", Some(Kind::City), "jakartapusat");
        check("KOTA ADM. JAKARTA PUSAT", Some(Kind::City), "jakartapusat");
        check("D.I. Yogyakarta", None, "diyogyakarta");
        check("Prov. Kep. Riau", Some(Kind::Province), "kepulauanriau");
        check("Pangkajene dan Kepulauan", None, "pangkajenekepulauan");
        check("Kótå  Bâtam", Some(Kind::City), "batam");
        check("Kota", None, "kota");
        check("…", None, "");
    }

    #[test]
    fn distance_is_bounded() {
        assert_eq!(distance("bintan", "bintan", 2), Some(0));
        assert_eq!(distance("bintn", "bintan", 2), Some(1));
        assert_eq!(distance("batam", "bintan", 2), None);
        assert_eq!(distance("", "abc", 3), Some(3));
    }
}
