//! A seeded generator of realistic Indonesian incident reports of about 1 KB, for the demo and
//! for benches. The same seed gives the same reports.
//!
//! Two kinds: [`Kind::Templated`], as offices fill in a standing layout, with typing noise; and
//! [`Kind::Prose`], as people tell it. A compressor's dictionary must never be trained on the
//! seed that it is measured on.

mod grammar;
mod noise;
mod theme;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use grammar::{Values, expand, pick, several};
use theme::Theme;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A standing layout filled in, with abbreviations and mistakes of typing.
    Templated,
    /// Free prose.
    Prose,
}

/// Where and when a report is written, as far as its text shows it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The office, such as `Kabupaten Natuna`.
    pub office: String,
    /// First digit of its province's code: `2` for the Riau islands.
    pub area: char,
    /// 1–12.
    pub month: i8,
    /// 1–31.
    pub day: i8,
}

/// One report, as text and the values that the text agrees with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// `kejadian.jenis`.
    pub jenis: String,
    /// `kejadian.kategori`.
    pub kategori: String,
    /// `kejadian.athg`.
    pub athg: String,
    /// `kejadian.urgensi`.
    pub urgency: &'static str,
    /// One line.
    pub title: String,
    /// What is certain.
    pub facts: String,
    /// How it unfolded.
    pub narrative: String,
    /// What was done.
    pub action: String,
    /// What is asked.
    pub request: String,
    /// Sub-district.
    pub district: String,
    /// Village.
    pub village: String,
    /// Minutes since midnight.
    pub minute: u16,
    /// What it cost, if anything.
    pub harm: Option<Harm>,
}

/// Casualties and damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Harm {
    /// People who died.
    pub died: u32,
    /// People injured.
    pub injured: u32,
    /// People missing.
    pub missing: u32,
    /// People displaced.
    pub displaced: u32,
    /// Houses damaged.
    pub houses: u32,
}

const URGENCIES: [&str; 4] = ["rendah", "sedang", "tinggi", "kritis"];

/// Writes reports, one after the other.
#[derive(Clone, Debug)]
pub struct Writer {
    chance: ChaCha8Rng,
    kind: Kind,
}

impl Writer {
    /// A writer with its own seed.
    #[must_use]
    pub fn new(seed: u64, kind: Kind) -> Self {
        Self { chance: ChaCha8Rng::seed_from_u64(seed), kind }
    }

    /// The next report of a scene.
    pub fn report(&mut self, scene: &Scene) -> Report {
        let theme = theme::choose(&mut self.chance, scene);
        write(&mut self.chance, self.kind, theme, scene)
    }

    /// A report of a scene that is critical, as the field would send it now.
    pub fn critical(&mut self, scene: &Scene) -> Report {
        let mut report = self.report(scene);
        report.urgency = "kritis";
        report
    }
}

/// A whole report as one text of about 1 KB: what benches compress and send.
#[must_use]
pub fn as_text(report: &Report) -> String {
    [&report.title, &report.facts, &report.narrative, &report.action, &report.request]
        .map(String::as_str)
        .join("\n")
}

/// An item of a daily report: its field (*bidang*), place, facts and action.
#[must_use]
pub fn item(report: &Report) -> (String, String, String, String) {
    let facts = format!("{}. {}", report.title, report.facts);
    (report.kategori.clone(), report.district.clone(), facts, report.action.clone())
}

fn write(chance: &mut ChaCha8Rng, kind: Kind, theme: &Theme, scene: &Scene) -> Report {
    let minute = theme.minute(chance);
    let values = Values::draw(chance, scene, minute);
    let pattern = pick(chance, &theme.titles);
    let title = expand(chance, pattern, &values);
    let harm = theme.harm(chance);
    let sentences = match kind {
        Kind::Templated => 3..=4,
        Kind::Prose => 5..=7,
    };
    let facts = several(chance, &theme.facts, 2..=3, &values);
    let story = several(chance, &theme.prose, sentences, &values);
    let action = several(chance, &theme.actions, 1..=2, &values);
    let request = several(chance, &theme.asks, 1..=1, &values);
    let urgency = theme.urgency(chance, harm.as_ref());
    let (facts, narrative) = match kind {
        Kind::Templated => {
            let layout = layout(scene, &values, &facts, harm.as_ref());
            (noise::typed(chance, &layout, 6), noise::typed(chance, &story, 6))
        }
        Kind::Prose => (told(chance, scene, &values, &facts), noise::typed(chance, &story, 1)),
    };
    Report {
        jenis: theme.jenis.clone(),
        kategori: theme.kategori.clone(),
        athg: theme.athg.clone(),
        urgency: URGENCIES[urgency],
        title,
        facts,
        narrative,
        action: noise::typed(chance, &action, 2),
        request,
        district: values.district,
        village: values.village,
        minute,
        harm,
    }
}

/// The layout that offices send in chats: one line a heading.
fn layout(scene: &Scene, values: &Values, facts: &str, harm: Option<&Harm>) -> String {
    let toll = harm.map_or_else(
        || "nihil".to_owned(),
        |harm| {
            format!(
                "meninggal {} org, luka {} org, hilang {} org, mengungsi {} jiwa, rumah rusak {} unit",
                harm.died, harm.injured, harm.missing, harm.displaced, harm.houses
            )
        },
    );
    format!(
        "Lokasi: {}, Kec. {}, {}\nWaktu: tgl {:02}/{:02} pkl {}\nFakta: {facts}\nKorban/kerugian: {toll}",
        values.village, values.district, scene.office, scene.day, scene.month, values.time
    )
}

/// The same, as people tell it.
fn told(chance: &mut ChaCha8Rng, scene: &Scene, values: &Values, facts: &str) -> String {
    let opening = pick(
        chance,
        &[
            "Dilaporkan dari {desa}, Kecamatan {kec}, {kab}.",
            "Berdasarkan keterangan petugas kecamatan di {kec}, {kab}, disampaikan hal berikut.",
            "Izin melaporkan perkembangan di {desa}, Kecamatan {kec}.",
            "Informasi diterima dari perangkat {desa} melalui [telepon|radio|pesan singkat].",
        ],
    );
    let opening = expand(chance, opening, values);
    let part = match chance.random_range(0..3) {
        0 => format!("Pada tanggal {} bulan ini", scene.day),
        1 => format!("Sejak pukul {}", values.time),
        _ => "Hari ini".to_owned(),
    };
    format!("{opening} {part} keadaan di lapangan sebagai berikut. {facts}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn scene(month: i8) -> Scene {
        Scene { office: "Kabupaten Natuna".to_owned(), area: '2', month, day: 8 }
    }

    #[test]
    fn the_same_seed_gives_the_same_reports() {
        let some = |seed| {
            let mut writer = Writer::new(seed, Kind::Prose);
            (0..5).map(|_| writer.report(&scene(1))).collect::<Vec<_>>()
        };
        assert_eq!(some(7), some(7));
        assert_ne!(some(7), some(8));
    }

    #[test]
    fn reports_are_about_a_kilobyte_and_differ() {
        for kind in [Kind::Templated, Kind::Prose] {
            let mut writer = Writer::new(1, kind);
            let texts: Vec<String> = (0..500).map(|_| as_text(&writer.report(&scene(1)))).collect();
            let mean = texts.iter().map(String::len).sum::<usize>() / texts.len();
            assert!((700..=1_400).contains(&mean), "{kind:?}: {mean} bytes");
            assert!(texts.iter().collect::<BTreeSet<_>>().len() > 495, "{kind:?}");
            assert!(texts.iter().all(|text| !text.contains(['[', ']', '{', '}', '|'])));
        }
    }

    #[test]
    fn seasons_show() {
        let floods = |month| {
            let mut writer = Writer::new(3, Kind::Prose);
            (0..2_000).filter(|_| writer.report(&scene(month)).title.contains("Banjir")).count()
        };
        assert!(floods(1) > 2 * floods(7), "{} in January, {} in July", floods(1), floods(7));
    }

    #[test]
    fn text_agrees_with_its_numbers() {
        let mut writer = Writer::new(5, Kind::Templated);
        let hurt = (0..500).map(|_| writer.report(&scene(1))).find(|r| r.harm.is_some()).unwrap();
        let harm = hurt.harm.unwrap();
        let died = harm.died;
        let close = hurt.facts.contains(&died.to_string());
        assert!(close, "{}\n{harm:?}", hurt.facts);
    }

    #[test]
    fn every_pattern_expands() {
        let mut chance = ChaCha8Rng::seed_from_u64(0);
        let values = Values::draw(&mut chance, &scene(1), 605);
        for theme in theme::themes() {
            let lists = [&theme.titles, &theme.facts, &theme.prose, &theme.actions, &theme.asks];
            for pattern in lists.into_iter().flatten() {
                let text = expand(&mut chance, pattern, &values);
                assert!(!text.is_empty() && !text.contains(['[', '{', '|']), "{pattern}: {text}");
            }
        }
    }
}
