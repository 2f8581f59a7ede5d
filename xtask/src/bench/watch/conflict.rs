//! The real conflict events of 1989 to 2002 by province and week. The file stands beside the
//! repository and is never part of it.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::{FROM, Series};
use crate::sh;

/// Weeks from Monday 2 January 1989 to Sunday 29 December 2002.
const WEEKS: usize = 730;
/// Days from 1 January 1970 to Monday 2 January 1989.
const FIRST_DAY: i64 = 6_941;
/// Dates are exact to the week up to this precision.
const DATE_PRECISION_MAX: u32 = 3;
/// Events within four weeks that begin an outbreak.
const EVENTS_BEGIN: u32 = 3;
/// Events in the year before that it may have at most: more happens now in a month than then in a
/// year.
const EVENTS_BEFORE_MAX: u32 = 3;
/// Weeks after one in which no other begins.
const APART_WEEKS: usize = 26;
/// Weeks from the first within which an outbreak has to be found.
const FOUND_WEEKS: usize = 8;

pub(super) fn series() -> anyhow::Result<Vec<Series>> {
    let path = sh::root().join("../shared/data/conflict_events_1989_2002.csv");
    let mut reader = csv::Reader::from_path(&path)
        .with_context(|| format!("{} must stand beside the repository", path.display()))?;
    let heads = reader.headers()?.clone();
    let column = |name: &str| {
        let found = heads.iter().position(|head| head == name);
        found.with_context(|| format!("no column {name}"))
    };
    let (date, province) = (column("date_start")?, column("kode_prov")?);
    let precision = column("date_prec")?;
    let mut provinces: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in reader.records() {
        let row = row?;
        let exact = row[precision].parse::<u32>().is_ok_and(|p| p <= DATE_PRECISION_MAX);
        let week = week(&row[date]);
        if let (true, false, Some(week)) = (exact, row[province].is_empty(), week) {
            provinces.entry(row[province].to_owned()).or_insert_with(|| vec![0; WEEKS])[week] += 1;
        }
    }
    Ok(provinces.into_iter().map(|(name, counts)| one(name, counts)).collect())
}

/// The week of a date such as 1999-01-19.
fn week(date: &str) -> Option<usize> {
    let mut parts = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    // Days since 1970 of the Gregorian calendar, with years that begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let week = (days - 719_468 - FIRST_DAY).div_euclid(7);
    usize::try_from(week).ok().filter(|week| *week < WEEKS)
}

fn one(name: String, counts: Vec<u32>) -> Series {
    let sum = |from: usize, to: usize| counts[from..to.min(WEEKS)].iter().sum::<u32>();
    let mut outbreaks: Vec<(usize, usize)> = Vec::new();
    for week in FROM..WEEKS {
        let apart = outbreaks.last().is_none_or(|(last, _)| week - last > APART_WEEKS);
        let begins = counts[week] > 0 && sum(week, week + 4) >= EVENTS_BEGIN;
        if apart && begins && sum(week - 52, week) <= EVENTS_BEFORE_MAX {
            outbreaks.push((week, (week + FOUND_WEEKS).min(WEEKS - 1)));
        }
    }
    // In vain is an alarm when the last four weeks had fewer events than begin an outbreak.
    let quiet = (0..WEEKS).map(|week| sum(week.saturating_sub(3), week + 1) < EVENTS_BEGIN);
    let quiet = quiet.collect();
    Series { name, counts, outbreaks, quiet }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        let weeks = ["1989-01-01", "1989-01-02", "1989-01-08", "1989-01-09", "2002-12-29"];
        assert_eq!(weeks.map(week), [None, Some(0), Some(0), Some(1), Some(729)]);
        assert_eq!(["1999-01-19", "2002-12-30", "soon"].map(week), [Some(524), None, None]);
    }

    #[test]
    fn more_in_a_month_than_in_the_year_before_begins_an_outbreak() {
        let mut counts = vec![0; WEEKS];
        counts[300..304].fill(1);
        counts[310] = 5;
        counts[500..506].copy_from_slice(&[2, 0, 0, 2, 0, 0]);
        let series = one("x".to_owned(), counts);
        assert_eq!(series.outbreaks, [(300, 308), (500, 508)]);
        assert!(series.quiet[299] && !series.quiet[303] && series.quiet[320]);
    }
}
