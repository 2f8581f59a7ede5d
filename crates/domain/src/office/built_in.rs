//! The tables that the program brings: see `crates/domain/data/NOTICE.md`.

use super::{Amendment, Founding, Level, OfficeChange, OfficeEvent, table};
use crate::ids::OfficeId;
use crate::period::Date;

const OFFICES: &str = include_str!("../../data/offices.csv");
const EVENTS: &str = include_str!("../../data/events.csv");
const ALIASES: &str = include_str!("../../data/aliases.csv");

/// 1945-08-17, the first day of the tree. The offices of 2019 are carried back to it, so that old
/// records find an office; the tree does not claim that they existed then.
pub const FIRST_DAY: Date = Date(-8_903);

/// 2022-12-08, from when on offices have authority over keys: nobody had a key before the tables of
/// the first version ended. It never moves, for older certificates rest on it.
pub const KEYS_SINCE: Date = Date(19_334);

/// The events that make [`super::Tree::built_in`].
#[must_use]
pub fn built_in_events() -> Vec<OfficeEvent> {
    let founded = rows(OFFICES).map(|row| OfficeChange::Found(founding(&row, "")));
    let basis = "data/offices.csv".to_owned();
    let mut events = vec![OfficeEvent { date: FIRST_DAY, basis, changes: founded.collect() }];
    for mut row in rows(EVENTS) {
        let from = row.pop().expect("invariant: eleven columns");
        let rest = row.split_off(3);
        let [date, basis, kind] = <[String; 3]>::try_from(row).expect("invariant: eleven columns");
        let date: Date = date.parse().expect("invariant: events.csv has dates");
        let change = match kind.as_str() {
            "found" => OfficeChange::Found(founding(&rest, &from)),
            _ => OfficeChange::Change(amendment(&rest)),
        };
        match events.last_mut().filter(|last| last.date == date && last.basis == basis) {
            Some(last) => last.changes.push(change),
            None => events.push(OfficeEvent { date, basis, changes: vec![change] }),
        }
    }
    events
}

/// What offices are also called, such as `NTB`.
pub(super) fn aliases() -> impl Iterator<Item = (OfficeId, &'static str)> {
    let lines = ALIASES.lines().skip(1).filter_map(|line| line.split_once(','));
    lines.map(|(id, name)| (OfficeId(number(id)), name))
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<String>> {
    table::records(text).into_iter().skip(1).map(|(_, row)| row)
}

fn number(text: &str) -> u32 {
    text.parse().expect("invariant: the built-in tables hold numbers")
}

/// `id, level, code, bps, name, parent, utc_offset_minutes`.
fn founding(row: &[String], from: &str) -> Founding {
    let [id, level, code, bps, name, parent, utc_offset] = row else {
        panic!("invariant: an office has seven columns");
    };
    let level = match level.as_str() {
        "centre" => Level::Centre,
        "province" => Level::Province,
        _ => Level::Regency,
    };
    Founding {
        id: OfficeId(number(id)),
        level,
        code: code.clone(),
        bps: some(bps),
        name: name.clone(),
        parent: some(parent).map(|id| OfficeId(number(&id))),
        from: some(from).map(|id| OfficeId(number(&id))).into_iter().collect(),
        utc_offset_minutes: utc_offset.parse().expect("invariant: offsets are numbers"),
    }
}

fn amendment(row: &[String]) -> Amendment {
    let [id, _, code, bps, name, parent, _] = row else {
        panic!("invariant: an office has seven columns");
    };
    Amendment {
        id: OfficeId(number(id)),
        code: some(code),
        bps: some(bps),
        name: some(name),
        parent: some(parent).map(|id| OfficeId(number(&id))),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
