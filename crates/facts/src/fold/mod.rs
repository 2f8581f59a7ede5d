//! Adding facts up into the groups of a figure.
//!
//! A group is a place on the office axes, one on the period axes and one on the dimensions. Each
//! of the three is numbered as it is first seen, so that adding a fact is a few look-ups in
//! tables. Rows and roll-up are added by the same [`Fold`].

mod rows;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::OfficeId;
use domain::limits::FOLD_GROUPS_MAX;
use domain::period::Date;

pub(crate) use self::rows::columns;
use self::shape::Part;
pub(crate) use self::shape::Shape;
use crate::error::QueryError;
use crate::key::Key;
use crate::plan::Group;

/// Not numbered yet.
const NEW: u32 = u32::MAX;

/// Facts added up.
#[derive(Debug)]
pub(crate) struct Fold {
    shape: Arc<Shape>,
    places: Numbers<Vec<Key>>,
    stays: BTreeMap<OfficeId, Vec<Stay>>,
    /// One for each dimension of the shape.
    steps: Vec<Step>,
    /// By place and words: where its periods begin.
    slots: Vec<Vec<u32>>,
    added: Vec<Added>,
}

/// A group's sum and weight so far.
#[derive(Clone, Copy, Debug, Default)]
struct Added {
    sum: i128,
    net: i64,
}

/// The place of an office's facts from a date up to, but without, another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// Its number; none if the facts don't count.
    pub(crate) place: Option<u32>,
}

impl Stay {
    /// No day is within it.
    pub(crate) const NEVER: Self = Self { from: Date(0), to: Date(0), place: None };
}

/// Values, numbered as they are first seen.
#[derive(Debug)]
struct Numbers<T> {
    numbers: BTreeMap<T, u32>,
    values: Vec<T>,
}

/// The words of one dimension, and how they are combined with those of the dimensions before.
#[derive(Debug, Default)]
struct Step {
    words: Numbers<Option<String>>,
    /// By number of what came before, and word.
    next: Vec<Vec<u32>>,
    /// By number of what is combined: what came before, and the word.
    back: Vec<(u32, u32)>,
}

impl Fold {
    pub(crate) fn new(shape: &Arc<Shape>) -> Self {
        Self {
            shape: Arc::clone(shape),
            places: Numbers::default(),
            stays: BTreeMap::new(),
            steps: shape.dims().iter().map(|_| Step::default()).collect(),
            slots: Vec::new(),
            added: Vec::new(),
        }
    }

    pub(crate) fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// Where facts of this office and date stand, and for how long.
    pub(crate) fn stay(&mut self, office: OfficeId, date: Date) -> Stay {
        let known = self.stays.entry(office).or_default();
        if let Some(stay) = known.iter().find(|stay| stay.from <= date && date < stay.to) {
            return *stay;
        }
        let span = self.shape.places.at(office, date);
        // Offices that the tree doesn't know are nowhere, always.
        let ever = (Date(i32::MIN), Date(i32::MAX));
        let (from, to) = span.map_or(ever, |span| (span.from(), span.to()));
        let place = self.shape.places.allows(office, date).then(|| {
            let keys = self.shape.parts.iter().filter_map(|part| match part {
                Part::Office(level) => Some(Key::office(span.and_then(|span| span.at(*level)))),
                Part::Period | Part::Dim | Part::Nothing => None,
            });
            self.places.of(keys.collect())
        });
        let stay = Stay { from, to, place };
        known.push(stay);
        stay
    }

    /// The number of a word of the shape's nth dimension.
    pub(crate) fn word(&mut self, dim: usize, word: Option<&str>) -> u32 {
        let word = word.filter(|word| !word.is_empty());
        self.steps[dim].words.of(word.map(str::to_owned))
    }

    /// The number of words together, one for each dimension of the shape.
    pub(crate) fn combine(&mut self, words: impl Iterator<Item = u32>) -> u32 {
        let mut at = 0;
        for (step, word) in self.steps.iter_mut().zip(words) {
            let next = cell(&mut step.next, at, word);
            if *next == NEW {
                *next = number(step.back.len());
                step.back.push((at, word));
            }
            at = *next;
        }
        at
    }

    /// Where the periods of a place and words begin.
    pub(crate) fn slot(&mut self, place: u32, words: u32) -> Result<usize, QueryError> {
        let begin = cell(&mut self.slots, place, words);
        if *begin == NEW {
            let groups = self.added.len() + self.shape.periods.len();
            if groups > FOLD_GROUPS_MAX {
                return Err(QueryError::TooLarge { cells: groups as u64, max: FOLD_GROUPS_MAX });
            }
            *begin = number(self.added.len());
            self.added.resize(groups, Added::default());
        }
        Ok(*begin as usize)
    }

    /// Adds to the group of a slot and a period.
    pub(crate) fn add(&mut self, slot: usize, period: u32, sum: i128, net: i64) {
        let added = &mut self.added[slot + period as usize];
        added.sum += sum;
        added.net += net;
    }

    /// Adds what another fold of the same shape has added up.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), QueryError> {
        for (place, words, begin) in other.begun() {
            let here = self.places.of(other.places.values[place as usize].clone());
            let texts = other.texts(words);
            let numbers = texts.iter().zip(&mut self.steps);
            let numbers: Vec<u32> =
                numbers.map(|(text, step)| step.words.of((*text).clone())).collect();
            let words = self.combine(numbers.into_iter());
            let slot = self.slot(here, words)?;
            for period in 0..number(self.shape.periods.len()) {
                let added = other.added[begin + period as usize];
                self.add(slot, period, added.sum, added.net);
            }
        }
        Ok(())
    }

    /// The groups that have facts.
    pub(crate) fn groups(&self) -> Vec<Group> {
        self.weighed().into_iter().map(|(group, _)| group).collect()
    }

    /// The groups that have facts, each with how many stand: one whose facts have all been taken
    /// back is none, which is not the same as zero.
    pub(crate) fn weighed(&self) -> Vec<(Group, i64)> {
        let mut groups = Vec::new();
        for (place, words, begin) in self.begun() {
            let (place, texts) = (&self.places.values[place as usize], self.texts(words));
            for (periods, added) in self.shape.periods.iter().zip(&self.added[begin..]) {
                if added.net == 0 {
                    continue;
                }
                let (mut place, mut periods) = (place.iter(), periods.iter());
                let mut words = texts.iter().map(|text| Key::text(text.as_deref()));
                let keys = self.shape.parts.iter().map(|part| match part {
                    Part::Office(_) => place.next().cloned(),
                    Part::Period => periods.next().cloned(),
                    Part::Dim => words.next(),
                    Part::Nothing => None,
                });
                let keys = keys.map(|key| key.unwrap_or(Key::Nothing)).collect();
                let unit = texts.last().filter(|_| self.shape.has_unit);
                let unit = unit.and_then(|unit| (*unit).clone());
                groups.push((Group { keys, unit, value: added.sum }, added.net));
            }
        }
        groups
    }

    /// Every place and words with facts, and where their periods begin.
    fn begun(&self) -> impl Iterator<Item = (u32, u32, usize)> {
        let rows = self.slots.iter().enumerate();
        let all = rows.flat_map(|(place, row)| {
            row.iter().enumerate().map(move |(words, begin)| (number(place), number(words), *begin))
        });
        let begun = all.filter(|(_, _, begin)| *begin != NEW);
        begun.map(|(place, words, begin)| (place, words, begin as usize))
    }

    /// The words of a number.
    fn texts(&self, words: u32) -> Vec<&Option<String>> {
        let (mut at, mut texts) = (words, Vec::new());
        for step in self.steps.iter().rev() {
            let (before, word) = step.back[at as usize];
            texts.push(&step.words.values[word as usize]);
            at = before;
        }
        texts.reverse();
        texts
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Ord> Numbers<T> {
    fn of(&mut self, value: T) -> u32 {
        if let Some(known) = self.numbers.get(&value) {
            return *known;
        }
        let next = number(self.values.len());
        self.values.push(value.clone());
        self.numbers.insert(value, next);
        next
    }
}

/// A count as the number of what comes next.
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("invariant: groups are limited")
}

/// A cell of a table that grows.
fn cell(rows: &mut Vec<Vec<u32>>, row: u32, column: u32) -> &mut u32 {
    let (row, column) = (row as usize, column as usize);
    if rows.len() <= row {
        rows.resize_with(row + 1, Vec::new);
    }
    let row = &mut rows[row];
    if row.len() <= column {
        row.resize(column + 1, NEW);
    }
    &mut row[column]
}
