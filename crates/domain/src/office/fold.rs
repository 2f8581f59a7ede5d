//! From events to histories, with every reason why events make no tree.

use std::collections::BTreeMap;
use std::ops::Range;

use thiserror::Error;

use super::{Amendment, Founding, Level, OfficeChange, OfficeEvent, code};
use crate::ids::OfficeId;
use crate::limits;
use crate::period::Date;

/// Why events make no tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// More offices than the limit.
    #[error("more than {max} offices")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// An id is used for two offices.
    #[error("office {office} is founded twice")]
    FoundedTwice {
        /// The office.
        office: OfficeId,
    },
    /// An event names an office that does not exist on its date.
    #[error("office {office} does not exist on {date}")]
    NotThere {
        /// The office named.
        office: OfficeId,
        /// The event's date.
        date: Date,
    },
    /// Two events of one day give one office different codes, names or parents.
    #[error("office {office} is changed in two ways on {date}")]
    Contradiction {
        /// The office.
        office: OfficeId,
        /// The date.
        date: Date,
    },
    /// A code that is not one of the office's level.
    #[error("`{code}` is no code of the level of office {office}")]
    BadCode {
        /// The office.
        office: OfficeId,
        /// The code.
        code: String,
    },
    /// Two offices have one code on one day.
    #[error("offices {first} and {second} both have the code `{code}` on {date}")]
    CodeTwice {
        /// The code, of Kemendagri or of BPS.
        code: String,
        /// The one.
        first: OfficeId,
        /// The other.
        second: OfficeId,
        /// The date.
        date: Date,
    },
    /// An office without a name.
    #[error("office {office} has no name")]
    NoName {
        /// The office.
        office: OfficeId,
    },
    /// The parent is missing, absent on that day, or not of a higher level.
    #[error("office {office} has no fitting parent on {date}")]
    BadParent {
        /// The office.
        office: OfficeId,
        /// The date.
        date: Date,
    },
    /// An office is closed while others belong to it.
    #[error("office {office} is closed on {date}, and office {child} still belongs to it")]
    ClosedWithChildren {
        /// The office.
        office: OfficeId,
        /// One that belongs to it.
        child: OfficeId,
        /// The date.
        date: Date,
    },
}

/// All that is known of one office.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) level: Level,
    pub(super) utc_offset_minutes: i16,
    pub(super) from: Vec<OfficeId>,
    pub(super) closed: Option<(Date, Vec<OfficeId>)>,
    /// INVARIANT: not empty, by date, one a date; the first is the founding.
    pub(super) spans: Vec<Span>,
}

/// An office's attributes from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) since: Date,
    pub(super) code: String,
    pub(super) bps: Option<String>,
    pub(super) name: String,
    pub(super) parent: Option<OfficeId>,
}

impl History {
    pub(super) fn at(&self, date: Date) -> Option<&Span> {
        if self.closed.as_ref().is_some_and(|(end, _)| date >= *end) {
            return None;
        }
        let begun = self.spans.partition_point(|span| span.since <= date);
        self.spans.get(begun.checked_sub(1)?)
    }

    /// What it was from one day to before another, each with the days of that in between.
    pub(super) fn during(&self, days: Range<Date>) -> impl Iterator<Item = (Range<Date>, &Span)> {
        let end = self.closed.as_ref().map_or(days.end, |(end, _)| days.end.min(*end));
        let next = self.spans.iter().skip(1).map(|span| span.since).chain([end]);
        let each = self.spans.iter().zip(next);
        each.map(move |(span, next)| (span.since.max(days.start)..next.min(end), span))
            .filter(|(days, _)| days.start < days.end)
    }
}

pub(super) type Histories = BTreeMap<OfficeId, History>;

/// The changes of one day, in the order in which they take effect.
#[derive(Default)]
struct Day<'a> {
    founded: Vec<&'a Founding>,
    amended: BTreeMap<OfficeId, Amendment>,
    closed: BTreeMap<OfficeId, Vec<OfficeId>>,
}

pub(super) fn fold(events: &[OfficeEvent]) -> Result<Histories, TreeError> {
    let mut days: BTreeMap<Date, Day<'_>> = BTreeMap::new();
    for event in events {
        let day = days.entry(event.date).or_default();
        for change in &event.changes {
            collect(day, event.date, change)?;
        }
    }
    let mut offices = Histories::new();
    let mut codes = Codes::default();
    for (date, day) in days {
        let mut touched: Vec<OfficeId> = day.founded.iter().map(|f| f.id).collect();
        touched.extend(day.amended.keys().chain(day.closed.keys()));
        touched.sort_unstable();
        touched.dedup();
        for office in &touched {
            if let Some(span) = offices.get(office).and_then(|h| h.at(date)) {
                codes.release(span);
            }
        }
        apply(&mut offices, date, day)?;
        for office in &touched {
            check(&offices, &mut codes, *office, date)?;
        }
    }
    Ok(offices)
}

fn collect<'a>(day: &mut Day<'a>, date: Date, change: &'a OfficeChange) -> Result<(), TreeError> {
    match change {
        OfficeChange::Found(founding) => day.founded.push(founding),
        OfficeChange::Change(amendment) => {
            let office = amendment.id;
            let merged = match day.amended.get(&office) {
                Some(other) => {
                    merge(other, amendment).ok_or(TreeError::Contradiction { office, date })?
                }
                None => amendment.clone(),
            };
            day.amended.insert(office, merged);
        }
        OfficeChange::Close(office, heirs) => {
            let mut heirs = heirs.clone();
            heirs.sort_unstable();
            heirs.dedup();
            let before = day.closed.insert(*office, heirs.clone());
            if before.is_some_and(|before| before != heirs) {
                return Err(TreeError::Contradiction { office: *office, date });
            }
        }
    }
    Ok(())
}

/// Both amendments as one, unless they contradict each other.
fn merge(one: &Amendment, other: &Amendment) -> Option<Amendment> {
    fn both<T: Clone + PartialEq>(one: &Option<T>, other: &Option<T>) -> Option<Option<T>> {
        match (one, other) {
            (Some(a), Some(b)) if a != b => None,
            (Some(value), _) | (None, Some(value)) => Some(Some(value.clone())),
            (None, None) => Some(None),
        }
    }
    Some(Amendment {
        id: one.id,
        code: both(&one.code, &other.code)?,
        bps: both(&one.bps, &other.bps)?,
        name: both(&one.name, &other.name)?,
        parent: both(&one.parent, &other.parent)?,
    })
}

fn apply(offices: &mut Histories, date: Date, day: Day<'_>) -> Result<(), TreeError> {
    for founding in day.founded {
        found(offices, date, founding)?;
    }
    for amendment in day.amended.into_values() {
        amend(offices, date, amendment)?;
    }
    for (office, heirs) in day.closed {
        let absent = |office| TreeError::NotThere { office, date };
        if let Some(heir) = heirs.iter().find(|heir| !offices.contains_key(heir)) {
            return Err(absent(*heir));
        }
        let there = offices.get(&office).is_some_and(|history| history.at(date).is_some());
        let history = offices.get_mut(&office).filter(|_| there).ok_or(absent(office))?;
        history.closed = Some((date, heirs));
    }
    Ok(())
}

fn found(offices: &mut Histories, date: Date, founding: &Founding) -> Result<(), TreeError> {
    if offices.len() >= limits::OFFICES_MAX {
        return Err(TreeError::TooMany { max: limits::OFFICES_MAX });
    }
    let office = founding.id;
    let span = Span {
        since: date,
        code: founding.code.clone(),
        bps: founding.bps.clone(),
        name: founding.name.clone(),
        parent: founding.parent,
    };
    let history = History {
        level: founding.level,
        utc_offset_minutes: founding.utc_offset_minutes,
        from: founding.from.clone(),
        closed: None,
        spans: vec![span],
    };
    if offices.insert(office, history).is_some() {
        return Err(TreeError::FoundedTwice { office });
    }
    Ok(())
}

fn amend(offices: &mut Histories, date: Date, amendment: Amendment) -> Result<(), TreeError> {
    let absent = TreeError::NotThere { office: amendment.id, date };
    let Some(history) = offices.get_mut(&amendment.id) else {
        return Err(absent);
    };
    let Some(mut span) = history.at(date).cloned() else {
        return Err(absent);
    };
    span.code = amendment.code.unwrap_or(span.code);
    span.bps = amendment.bps.or(span.bps);
    span.name = amendment.name.unwrap_or(span.name);
    span.parent = amendment.parent.or(span.parent);
    if span.since == date {
        history.spans.pop();
    }
    span.since = date;
    history.spans.push(span);
    Ok(())
}

/// Who holds which code today.
#[derive(Default)]
struct Codes {
    kemendagri: BTreeMap<String, OfficeId>,
    bps: BTreeMap<String, OfficeId>,
}

impl Codes {
    fn release(&mut self, span: &Span) {
        self.kemendagri.remove(&span.code);
        if let Some(bps) = &span.bps {
            self.bps.remove(bps);
        }
    }

    fn take(&mut self, office: OfficeId, span: &Span, date: Date) -> Result<(), TreeError> {
        let taken = |code: &String, first| TreeError::CodeTwice {
            code: code.clone(),
            first,
            second: office,
            date,
        };
        if let Some(first) = self.kemendagri.insert(span.code.clone(), office) {
            return Err(taken(&span.code, first));
        }
        if let Some(bps) = &span.bps
            && let Some(first) = self.bps.insert(bps.clone(), office)
        {
            return Err(taken(bps, first));
        }
        Ok(())
    }
}

/// Judges one office as it stands at the end of a day on which it was touched.
fn check(
    offices: &Histories,
    codes: &mut Codes,
    office: OfficeId,
    date: Date,
) -> Result<(), TreeError> {
    let history = offices.get(&office).expect("invariant: a touched office was found or applied");
    if let Some(source) = history.from.iter().find(|source| !offices.contains_key(source)) {
        return Err(TreeError::NotThere { office: *source, date });
    }
    let Some(span) = history.at(date) else {
        let still = |(id, other): (&OfficeId, &History)| {
            (other.at(date)?.parent == Some(office)).then_some(*id)
        };
        return match offices.iter().find_map(still) {
            Some(child) => Err(TreeError::ClosedWithChildren { office, child, date }),
            None => Ok(()),
        };
    };
    let coded = if history.level == Level::Centre {
        span.code.is_empty()
    } else {
        code::level(&span.code) == Some(history.level)
    };
    if !coded {
        return Err(TreeError::BadCode { office, code: span.code.clone() });
    }
    if span.name.trim().is_empty() {
        return Err(TreeError::NoName { office });
    }
    codes.take(office, span, date)?;
    let parent = span.parent.and_then(|id| offices.get(&id));
    let fits = match parent {
        Some(parent) => parent.level < history.level && parent.at(date).is_some(),
        None => history.level == Level::Centre && span.parent.is_none(),
    };
    if fits { Ok(()) } else { Err(TreeError::BadParent { office, date }) }
}
