//! Dates as files write them: `2021-01-08`, `08/01/2021`, `8 Januari 2021`, `2021-02`.

use domain::period::Date;

/// How exactly a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precision {
    Day,
    Month,
    Year,
}

impl Precision {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// A pattern of dates: `YYYY`, `YY`, `MMMM` (a month's name), `MM`, `M`, `DD`, `D`, and anything
/// else as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Year4,
    Year2,
    MonthName,
    Month(usize),
    Day(usize),
    Exactly(char),
}

const NAMES: [(&str, i8); 38] = [
    ("januari", 1),
    ("january", 1),
    ("jan", 1),
    ("februari", 2),
    ("february", 2),
    ("pebruari", 2),
    ("feb", 2),
    ("peb", 2),
    ("maret", 3),
    ("march", 3),
    ("mar", 3),
    ("april", 4),
    ("apr", 4),
    ("mei", 5),
    ("may", 5),
    ("juni", 6),
    ("june", 6),
    ("jun", 6),
    ("juli", 7),
    ("july", 7),
    ("jul", 7),
    ("agustus", 8),
    ("august", 8),
    ("agu", 8),
    ("agt", 8),
    ("ags", 8),
    ("aug", 8),
    ("september", 9),
    ("sep", 9),
    ("oktober", 10),
    ("october", 10),
    ("okt", 10),
    ("oct", 10),
    ("november", 11),
    ("nopember", 11),
    ("nov", 11),
    ("desember", 12),
    ("des", 12),
];

impl Pattern {
    /// Reads a pattern; none if it holds no year, or a day without a month.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (part, used) = [
                ("YYYY", Part::Year4),
                ("YY", Part::Year2),
                ("MMMM", Part::MonthName),
                ("MMM", Part::MonthName),
                ("MM", Part::Month(2)),
                ("M", Part::Month(1)),
                ("DD", Part::Day(2)),
                ("D", Part::Day(1)),
            ]
            .into_iter()
            .find(|(token, _)| rest.starts_with(token))
            .map_or((Part::Exactly(first), first.len_utf8()), |(token, part)| (part, token.len()));
            parts.push(part);
            rest = &rest[used..];
        }
        let has = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
        let years = has(|part| matches!(part, Part::Year4 | Part::Year2));
        let months = has(|part| matches!(part, Part::Month(_) | Part::MonthName));
        let days = has(|part| matches!(part, Part::Day(_)));
        (years == 1 && months <= 1 && days <= months).then_some(Self(parts))
    }

    /// The date of a text, and how exactly it is written; the first day of what isn't said.
    pub(super) fn read(&self, text: &str) -> Option<(Date, Precision)> {
        let (mut year, mut month, mut day) = (None, None, None);
        let mut rest = text;
        for part in &self.0 {
            match part {
                Part::Exactly(c) => rest = rest.strip_prefix(*c)?,
                Part::MonthName => {
                    let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
                    let name = rest[..letters].to_lowercase();
                    let known = NAMES.iter().find(|(known, _)| *known == name);
                    month = Some(known.map(|(_, number)| *number).or(december(&name))?);
                    rest = rest[letters..].trim_start_matches('.');
                }
                Part::Year4 => year = Some(digits(&mut rest, 4, 4)?),
                Part::Year2 => {
                    let short = digits(&mut rest, 2, 2)?;
                    year = Some(if short < 70 { 2000 + short } else { 1900 + short });
                }
                Part::Month(least) => month = i8::try_from(digits(&mut rest, *least, 2)?).ok(),
                Part::Day(least) => day = i8::try_from(digits(&mut rest, *least, 2)?).ok(),
            }
        }
        if !rest.is_empty() {
            return None;
        }
        let precision = match (month, day) {
            (Some(_), Some(_)) => Precision::Day,
            (Some(_), None) => Precision::Month,
            (None, _) => Precision::Year,
        };
        let date = Date::new(year?, month.unwrap_or(1), day.unwrap_or(1))?;
        Some((date, precision))
    }
}

fn december(name: &str) -> Option<i8> {
    matches!(name, "december" | "dec").then_some(12)
}

/// Takes a number of at least and at most so many digits.
fn digits(rest: &mut &str, least: usize, most: usize) -> Option<i16> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (number, tail) = rest.split_at(count);
    *rest = tail;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: Option<(&str, Precision)>) {
        let found = Pattern::parse(pattern).unwrap().read(text);
        let found = found.map(|(date, precision)| (date.to_string(), precision));
        let found = found.as_ref().map(|(date, precision)| (date.as_str(), *precision));
        assert_eq!(found, expected, "{pattern} {text}");
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        check("YYYY-MM-DD", "2021-01-08", Some(("2021-01-08", Precision::Day)));
        check("DD/MM/YYYY", "08/01/2021", Some(("2021-01-08", Precision::Day)));
        check("D/M/YY", "8/1/21", Some(("2021-01-08", Precision::Day)));
        check("D MMMM YYYY", "8 Januari 2021", Some(("2021-01-08", Precision::Day)));
        check("D-MMM-YYYY", "8-Des-1999", Some(("1999-12-08", Precision::Day)));
        check("YYYY-MM", "2021-02", Some(("2021-02-01", Precision::Month)));
        check("YYYY", "2021", Some(("2021-01-01", Precision::Year)));
        check("YYYY-MM-DD", "2021-02-30", None);
        check("YYYY-MM-DD", "2021-02-03 ", None);
        check("DD/MM/YYYY", "8/1/2021", None);
        check("YYYY-MM-DD", "８", None);
    }

    #[test]
    fn a_pattern_needs_a_year_and_no_day_without_a_month() {
        for bad in ["", "MM-DD", "YYYY-DD", "YYYY YYYY"] {
            assert_eq!(Pattern::parse(bad), None, "{bad}");
        }
    }
}
