//! When offices work, file and are cut off: drawn once for each from the seed.

use domain::ids::OfficeId;
use domain::office::{Level, OfficeAt};
use domain::period::Date;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

pub(crate) const MINUTE_MS: u64 = 60_000;
pub(crate) const HOUR_MS: u64 = 60 * MINUTE_MS;
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;

/// How an office is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A town: short outages.
    Town,
    /// The land: outages of minutes by congestion, of hours by power.
    Land,
    /// An island: days without a link.
    Island,
}

/// One office's month.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    /// When its machine is on and its link carries, as half-open spans in ascending order.
    pub(crate) up: Vec<(u64, u64)>,
    /// When somebody files.
    pub(crate) files: Vec<u64>,
    /// Milliseconds from one end of its link to the other.
    pub(crate) latency_ms: u64,
    /// What its link carries, in bits a millisecond, which are kilobits a second.
    pub(crate) bits_per_ms: u64,
}

impl Month {
    /// Draws the month of an office from `begin_ms` on.
    pub(crate) fn draw(office: &OfficeAt<'_>, seed: u64, begin_ms: u64, days: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ (u64::from(office.id.0) << 20));
        let province = office.level == Level::Province;
        let place = place(office, &mut rng);
        // Whoever has a duty desk never switches off.
        let always_on = province || rng.random_bool(0.25);
        let zone_ms = u64::from(office.utc_offset_minutes.unsigned_abs()) * MINUTE_MS;
        let days_of = |day: u64| begin_ms + day * DAY_MS;
        let mut month = Self {
            up: Vec::new(),
            files: Vec::new(),
            latency_ms: rng.random_range(if province { 300..=400 } else { 300..=750 }),
            bits_per_ms: if province { 256 } else { rng.random_range(64..=256) },
        };
        let busy = rng.random_range(0.5..2.0);
        let mut on = Vec::new();
        for day in 0..days {
            // Midnight at the office, which lies east of Greenwich.
            let midnight = days_of(day).saturating_sub(zone_ms);
            let weekday = Date::of_ms(days_of(day)).0.rem_euclid(7);
            // Day 0 of 1970 was a Thursday.
            let weekend = weekday == 2 || weekday == 3;
            let opens = midnight + 7 * HOUR_MS + rng.random_range(0..HOUR_MS);
            let closes = midnight + 16 * HOUR_MS + rng.random_range(0..HOUR_MS);
            if always_on {
                on.push((midnight, midnight + DAY_MS));
            } else if !weekend {
                on.push((opens, closes));
            }
            let mean = busy * if weekend { 0.8 } else { 3.0 };
            for _ in 0..poisson(mean, &mut rng) {
                let night = always_on && rng.random_bool(0.2);
                if night {
                    month.files.push(midnight + rng.random_range(0..DAY_MS));
                } else if !weekend || always_on {
                    month.files.push(rng.random_range(opens..closes));
                }
            }
        }
        month.files.retain(|at| *at >= begin_ms && *at < days_of(days));
        month.files.sort_unstable();
        let cut = outages(place, province, begin_ms, days_of(days), &mut rng);
        month.up = without(&joined(on, begin_ms, days_of(days)), &cut);
        // After the month everybody is reached, so that what is missing then is lost.
        month.up.push((days_of(days), days_of(days + 1)));
        month
    }

    /// Whether it can speak now.
    pub(crate) fn is_up(&self, at_ms: u64) -> bool {
        self.span(at_ms).is_some_and(|(from, _)| from <= at_ms)
    }

    /// The first moment from this one on when it can speak.
    pub(crate) fn up_from(&self, at_ms: u64) -> Option<u64> {
        self.span(at_ms).map(|(from, _)| from.max(at_ms))
    }

    /// The span of this moment, or else the next.
    fn span(&self, at_ms: u64) -> Option<(u64, u64)> {
        let at = self.up.partition_point(|(_, until)| *until <= at_ms);
        self.up.get(at).copied()
    }
}

/// Eastern Indonesia and the archipelagos have most of the islands.
fn place(office: &OfficeAt<'_>, rng: &mut ChaCha8Rng) -> Place {
    if office.level == Level::Province || office.name.starts_with("Kota ") {
        return Place::Town;
    }
    let island = if is_archipelago(office.id) { 0.45 } else { 0.04 };
    match rng.random_bool(island) {
        true => Place::Island,
        false if rng.random_bool(0.5) => Place::Land,
        false => Place::Town,
    }
}

/// Kepulauan Riau, Bangka Belitung, Nusa Tenggara, Sulawesi Utara, Maluku and Papua, by the
/// province in the office's number.
fn is_archipelago(office: OfficeId) -> bool {
    matches!(office.0 / 100, 19 | 21 | 53 | 71 | 81 | 82 | 91..=97)
}

/// Spans without a link, unordered.
fn outages(
    place: Place,
    province: bool,
    begin_ms: u64,
    end_ms: u64,
    rng: &mut ChaCha8Rng,
) -> Vec<(u64, u64)> {
    // A kind of outage: mean hours between two, and the shortest and longest in minutes.
    let kinds: &[(f64, u64, u64)] = match place {
        Place::Town if province => &[(72.0, 2, 30)],
        Place::Town => &[(48.0, 1, 30), (240.0, 30, 180)],
        Place::Land => &[(8.0, 1, 60), (120.0, 60, 480)],
        Place::Island => &[(6.0, 1, 60), (168.0, 24 * 60, 96 * 60)],
    };
    let mut cut = Vec::new();
    for (mean_hours, shortest, longest) in kinds {
        let mut at = begin_ms;
        loop {
            at += until_next(*mean_hours, rng);
            if at >= end_ms {
                break;
            }
            let minutes = rng.random_range(*shortest..=*longest);
            cut.push((at, at + minutes * MINUTE_MS));
            at += minutes * MINUTE_MS;
        }
    }
    cut
}

/// Milliseconds to the next of events that come by chance, so many hours apart on average.
fn until_next(mean_hours: f64, rng: &mut ChaCha8Rng) -> u64 {
    let chance: f64 = rng.random_range(f64::EPSILON..1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "hours, far below the limits"
    )]
    let ms = (-chance.ln() * mean_hours * HOUR_MS as f64) as u64;
    ms
}

fn poisson(mean: f64, rng: &mut ChaCha8Rng) -> u32 {
    let (least, mut product, mut count) = ((-mean).exp(), 1.0, 0);
    loop {
        product *= rng.random::<f64>();
        if product <= least {
            return count;
        }
        count += 1;
    }
}

/// Spans that touch become one, within the month.
fn joined(spans: Vec<(u64, u64)>, begin_ms: u64, end_ms: u64) -> Vec<(u64, u64)> {
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (from, until) in spans {
        let (from, until) = (from.max(begin_ms), until.min(end_ms));
        match joined.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(until),
            _ if from < until => joined.push((from, until)),
            _ => {}
        }
    }
    joined
}

/// What is left of spans when others are taken away.
fn without(spans: &[(u64, u64)], cut: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut cut = cut.to_vec();
    cut.sort_unstable();
    let mut left = Vec::new();
    for (from, until) in spans {
        let mut at = *from;
        for (begins, ends) in &cut {
            if *ends <= at || *begins >= *until {
                continue;
            }
            if *begins > at {
                left.push((at, *begins));
            }
            at = at.max(*ends);
        }
        if at < *until {
            left.push((at, *until));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_are_taken_out_of_working_hours() {
        let left = without(&[(10, 20), (30, 40)], &[(35, 50), (12, 14), (13, 16)]);
        assert_eq!(left, [(10, 12), (16, 20), (30, 35)]);
        assert_eq!(without(&[(10, 20)], &[(0, 30)]), []);
    }

    #[test]
    fn a_month_says_when_it_can_speak_next() {
        let up = vec![(10, 20), (30, 40)];
        let month = Month { up, files: Vec::new(), latency_ms: 1, bits_per_ms: 1 };
        assert!(month.is_up(10) && !month.is_up(20) && !month.is_up(25));
        assert_eq!((month.up_from(15), month.up_from(20)), (Some(15), Some(30)));
        assert_eq!(month.up_from(40), None);
    }
}
