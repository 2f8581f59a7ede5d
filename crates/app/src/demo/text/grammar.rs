//! Sentences from patterns: `[a|b]` is one of several wordings, `{name}` a value.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Scene;

/// What `{name}` stands for in one report, so that its sentences agree.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub(super) office: String,
    pub(super) district: String,
    pub(super) village: String,
    pub(super) time: String,
    many: u32,
    few: u32,
    handful: u32,
    height_cm: u32,
    metres: u32,
}

const NAMES: &[&str] = &[
    "Suka", "Karang", "Tanjung", "Sungai", "Bukit", "Muara", "Teluk", "Pulau", "Sumber", "Mekar",
    "Rejo", "Sido", "Wono", "Banjar", "Lubuk", "Padang", "Batu", "Air", "Kampung", "Kota",
];
const TAILS: &[&str] = &[
    "Maju", "Jaya", "Makmur", "Sari", "Mulya", "Indah", "Baru", "Lama", "Raya", "Tengah", "Besar",
    "Damai", "Bakti", "Harapan", "Sentosa", "Rahayu", "Timur", "Barat", "Utara", "Selatan",
];

impl Values {
    pub(super) fn draw(chance: &mut ChaCha8Rng, scene: &Scene, minute: u16) -> Self {
        let village = name(chance);
        let district = name(chance);
        Self {
            office: scene.office.clone(),
            district,
            village: if chance.random_bool(0.8) { format!("Desa {village}") } else { village },
            time: format!("{:02}.{:02}", minute / 60, minute % 60),
            many: chance.random_range(12..=180),
            few: chance.random_range(2..=14),
            handful: chance.random_range(2..=5),
            height_cm: chance.random_range(3..=15) * 10,
            metres: chance.random_range(4..=60),
        }
    }

    fn get(&self, name: &str) -> String {
        match name {
            "kab" => self.office.clone(),
            "kec" => self.district.clone(),
            "desa" => self.village.clone(),
            "jam" => self.time.clone(),
            "n" => self.many.to_string(),
            "n2" => self.few.to_string(),
            "n3" => self.handful.to_string(),
            "cm" => self.height_cm.to_string(),
            "cm2" => self.metres.to_string(),
            _ => unreachable!("invariant: a test expands every pattern"),
        }
    }
}

fn name(chance: &mut ChaCha8Rng) -> String {
    format!("{} {}", pick(chance, NAMES), pick(chance, TAILS))
}

/// One of several.
pub(super) fn pick<'a, T>(chance: &mut ChaCha8Rng, of: &'a [T]) -> &'a T {
    &of[chance.random_range(0..of.len())]
}

/// A pattern as text.
pub(super) fn expand(chance: &mut ChaCha8Rng, pattern: &str, values: &Values) -> String {
    let mut text = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some(at) = rest.find(['[', '{']) {
        text.push_str(&rest[..at]);
        let closing = if rest[at..].starts_with('[') { ']' } else { '}' };
        let end = rest[at..].find(closing).expect("invariant: brackets are paired, a test says so");
        let inner = &rest[at + 1..at + end];
        if closing == '}' {
            text.push_str(&values.get(inner));
        } else {
            let ways: Vec<&str> = inner.split('|').collect();
            text.push_str(pick::<&str>(chance, &ways));
        }
        rest = &rest[at + end + 1..];
    }
    text.push_str(rest);
    text
}

/// So many different patterns of a list, as sentences in the list's order.
pub(super) fn several(
    chance: &mut ChaCha8Rng,
    patterns: &[String],
    count: std::ops::RangeInclusive<usize>,
    values: &Values,
) -> String {
    let mut left = chance.random_range(count).min(patterns.len());
    let mut sentences = Vec::with_capacity(left);
    for (at, pattern) in patterns.iter().enumerate() {
        let remaining = patterns.len() - at;
        if chance.random_range(0..remaining) < left {
            sentences.push(expand(chance, pattern, values));
            left -= 1;
        }
    }
    sentences.join(" ")
}
