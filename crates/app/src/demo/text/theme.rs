//! What reports are about: `themes.toml`, read once.

use std::sync::LazyLock;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::{Harm, Scene};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Theme {
    pub(super) jenis: String,
    pub(super) kategori: String,
    pub(super) athg: String,
    weight: u32,
    months: Vec<i8>,
    hours: (u16, u16),
    areas: Vec<String>,
    urgency: [u32; 4],
    harm_percent: u32,
    hurt: [u32; 5],
    pub(super) titles: Vec<String>,
    pub(super) facts: Vec<String>,
    pub(super) prose: Vec<String>,
    pub(super) actions: Vec<String>,
    pub(super) asks: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Themes {
    theme: Vec<Theme>,
}

/// In its months a theme is so many times as frequent as outside them.
const IN_SEASON: u32 = 4;

/// All themes.
pub(super) fn themes() -> &'static [Theme] {
    static ALL: LazyLock<Themes> = LazyLock::new(|| {
        toml::from_str(include_str!("themes.toml")).expect("invariant: a test reads the themes")
    });
    &ALL.theme
}

/// A theme that fits the scene.
pub(super) fn choose(chance: &mut ChaCha8Rng, scene: &Scene) -> &'static Theme {
    let total: u32 = themes().iter().map(|theme| theme.weight_in(scene)).sum();
    let mut at = chance.random_range(0..total);
    for theme in themes() {
        let weight = theme.weight_in(scene);
        if at < weight {
            return theme;
        }
        at -= weight;
    }
    unreachable!("invariant: the draw lies below the sum of the weights")
}

impl Theme {
    fn weight_in(&self, scene: &Scene) -> u32 {
        let here = self.areas.is_empty() || self.areas.iter().any(|a| a.starts_with(scene.area));
        let season = if self.months.contains(&scene.month) { IN_SEASON } else { 1 };
        if here { self.weight * season } else { 0 }
    }

    /// Nine in ten within its usual hours.
    pub(super) fn minute(&self, chance: &mut ChaCha8Rng) -> u16 {
        let (from, to) = if chance.random_bool(0.9) { self.hours } else { (0, 24) };
        chance.random_range(from * 60..to * 60)
    }

    /// What it cost: small numbers are more frequent than large ones.
    pub(super) fn harm(&self, chance: &mut ChaCha8Rng) -> Option<Harm> {
        if !chance.random_ratio(self.harm_percent, 100) {
            return None;
        }
        let [died, injured, missing, displaced, houses] = self.hurt.map(|most| {
            let rare = chance.random_range(0..=most);
            let common = chance.random_range(0..=rare);
            if chance.random_bool(0.6) { common / 3 } else { common }
        });
        Some(Harm { died, injured, missing, displaced, houses })
    }

    /// The index of its urgency; deaths raise it.
    pub(super) fn urgency(&self, chance: &mut ChaCha8Rng, harm: Option<&Harm>) -> usize {
        let mut at = chance.random_range(0..self.urgency.iter().sum());
        let mut drawn = 0;
        for (level, weight) in self.urgency.iter().enumerate() {
            if at < *weight {
                drawn = level;
                break;
            }
            at -= weight;
        }
        let died = harm.map_or(0, |harm| harm.died);
        drawn.max(match died {
            0 => 0,
            1..=3 => 2,
            _ => 3,
        })
    }
}
