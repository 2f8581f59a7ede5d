//! Civil dates and reporting periods.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// A civil date, as days since 1970-01-01. Prints as `2021-01-08`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Date(#[n(0)] pub i32);

/// A text that is not a date or period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PeriodError {
    /// Not a date of the calendar, written as year-month-day.
    #[error("not a date: write year-month-day, such as 2021-01-08")]
    Date,
    /// None of the period forms.
    #[error(
        "not a period: write 2021-01-08, 2021-W02, 2021-01, 2021-Q1, 2021-B04, 2021-S1 or 2021"
    )]
    Period,
}

/// The length of a reporting period.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// A day.
    #[n(0)]
    Day,
    /// An ISO 8601 week, from Monday.
    #[n(1)]
    Week,
    /// A month.
    #[n(2)]
    Month,
    /// A quarter.
    #[n(3)]
    Quarter,
    /// Four months: B04 January–April, B08 May–August, B12 September–December.
    #[n(4)]
    Third,
    /// Half a year.
    #[n(5)]
    Half,
    /// A year.
    #[n(6)]
    Year,
}

/// A reporting period: a grain and its first day. Prints as `2021-01-08`, `2021-W02`, `2021-01`,
/// `2021-Q1`, `2021-B04`, `2021-S1` or `2021`.
///
/// INVARIANT: `first` is the first day of a period of this grain; [`Period::containing`] and
/// parsing are the only makers, and decoding checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    grain: Grain,
    first: Date,
}

impl Date {
    /// The date of this year, month (1–12) and day (1–31), if the calendar has it.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self::from_civil)
    }

    /// The UTC date of a moment, in milliseconds since 1970.
    #[must_use]
    pub fn of_ms(ms: u64) -> Self {
        Self(i32::try_from(ms / 86_400_000).unwrap_or(i32::MAX).min(LAST_DAY))
    }

    /// Year, month (1–12) and day (1–31).
    #[must_use]
    pub fn ymd(self) -> (i16, i8, i8) {
        let date = self.civil();
        (date.year(), date.month(), date.day())
    }

    /// The date this many days later (or earlier, if negative), within the calendar's range.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(FIRST_DAY, LAST_DAY))
    }

    fn civil(self) -> civil::Date {
        let span = jiff::Span::new().days(self.0.clamp(FIRST_DAY, LAST_DAY));
        civil::date(1970, 1, 1).checked_add(span).expect("invariant: days are clamped to range")
    }

    fn from_civil(date: civil::Date) -> Self {
        let span = date.since(civil::date(1970, 1, 1)).expect("invariant: dates are in range");
        Self(span.get_days())
    }
}

/// Days of 0001-01-01 and 9998-12-31.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_531;

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.civil().fmt(f)
    }
}

impl FromStr for Date {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let mut parts = text.splitn(3, '-');
        let mut number = |digits: usize| -> Option<i16> {
            let part = parts.next()?;
            let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse().ok() } else { None }
        };
        let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else {
            return Err(PeriodError::Date);
        };
        let small = |n: i16| i8::try_from(n).map_err(|_| PeriodError::Date);
        Self::new(year, small(month)?, small(day)?)
            .filter(|date| (FIRST_DAY..=LAST_DAY).contains(&date.0))
            .ok_or(PeriodError::Date)
    }
}

impl Period {
    /// The period of this grain that contains the date.
    #[must_use]
    pub fn containing(grain: Grain, date: Date) -> Self {
        let (year, month, _) = date.ymd();
        let from_month = |months: i8| (month - 1) / months * months + 1;
        let day = |month| Date::new(year, month, 1).expect("invariant: first of a month exists");
        let first = match grain {
            Grain::Day => date,
            Grain::Week => {
                let monday = date.civil().weekday().to_monday_zero_offset();
                date.plus_days(-i32::from(monday))
            }
            Grain::Month => day(month),
            Grain::Quarter => day(from_month(3)),
            Grain::Third => day(from_month(4)),
            Grain::Half => day(from_month(6)),
            Grain::Year => day(1),
        };
        Self { grain, first }
    }

    /// The length.
    #[must_use]
    pub fn grain(self) -> Grain {
        self.grain
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.next().first.plus_days(-1)
    }

    /// The period after this one.
    #[must_use]
    pub fn next(self) -> Self {
        let longest_days = match self.grain {
            Grain::Day => 1,
            Grain::Week => 7,
            Grain::Month => 31,
            Grain::Quarter => 92,
            Grain::Third => 123,
            Grain::Half => 184,
            Grain::Year => 366,
        };
        Self::containing(self.grain, self.first.plus_days(longest_days))
    }

    /// The period before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        Self::containing(self.grain, self.first.plus_days(-1))
    }

    /// The year that it is counted in: of a week that of ISO 8601.
    #[must_use]
    pub fn year(self) -> i16 {
        match self.grain {
            Grain::Week => self.first.civil().iso_week_date().year(),
            Grain::Day
            | Grain::Month
            | Grain::Quarter
            | Grain::Third
            | Grain::Half
            | Grain::Year => self.first.ymd().0,
        }
    }

    /// The same period of the year before, if that has one: 29 February and a 53rd week may be
    /// without.
    #[must_use]
    pub fn year_before(self) -> Option<Self> {
        let text = self.to_string();
        let year = self.year().checked_sub(1)?;
        format!("{year:04}{}", text.get(4..)?).parse().ok()
    }

    /// Whether the date lies within.
    #[must_use]
    pub fn contains(self, date: Date) -> bool {
        self.first <= date && date <= self.last()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, _) = self.first.ymd();
        let nth = |months: i8| (month - 1) / months + 1;
        match self.grain {
            Grain::Day => self.first.fmt(f),
            Grain::Week => {
                let week = self.first.civil().iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Grain::Month => write!(f, "{year:04}-{month:02}"),
            Grain::Quarter => write!(f, "{year:04}-Q{}", nth(3)),
            Grain::Third => write!(f, "{year:04}-B{:02}", nth(4) * 4),
            Grain::Half => write!(f, "{year:04}-S{}", nth(6)),
            Grain::Year => write!(f, "{year:04}"),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        parse_period(text).filter(|period| period.to_string() == text).ok_or(PeriodError::Period)
    }
}

fn parse_period(text: &str) -> Option<Period> {
    if let Ok(date) = text.parse() {
        return Some(Period::containing(Grain::Day, date));
    }
    let year: i16 = text.get(..4)?.parse().ok().filter(|y| (1..=9998).contains(y))?;
    let in_month = |grain, month| Some(Period::containing(grain, Date::new(year, month, 1)?));
    let rest = text.get(4..)?;
    let number = |prefix: &str| rest.strip_prefix(prefix)?.parse::<i8>().ok();
    if rest.is_empty() {
        return in_month(Grain::Year, 1);
    }
    if let Some(week) = number("-W") {
        let monday = civil::ISOWeekDate::new(year, week, civil::Weekday::Monday).ok()?;
        return Some(Period::containing(Grain::Week, Date::from_civil(monday.date())));
    }
    if let Some(n) = number("-Q") {
        return in_month(Grain::Quarter, n.checked_sub(1)?.checked_mul(3)? + 1);
    }
    if let Some(month) = number("-B") {
        return in_month(Grain::Third, month);
    }
    if let Some(n) = number("-S") {
        return in_month(Grain::Half, n.checked_sub(1)?.checked_mul(6)? + 1);
    }
    in_month(Grain::Month, number("-")?)
}

impl<C> Encode<C> for Period {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(2)?;
        self.grain.encode(e, ctx)?;
        self.first.encode(e, ctx)
    }
}

impl<'b, C> Decode<'b, C> for Period {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.array()? != Some(2) {
            return Err(minicbor::decode::Error::message("a period has two parts"));
        }
        let (grain, first): (Grain, Date) = (Grain::decode(d, ctx)?, Date::decode(d, ctx)?);
        let period = Self::containing(grain, first);
        let whole = period.first == first && (FIRST_DAY..=LAST_DAY).contains(&first.0);
        whole.then_some(period).ok_or_else(|| {
            minicbor::decode::Error::message("a period begins on the first day of its grain")
        })
    }
}

macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(Date);
serde_as_text!(Period);
