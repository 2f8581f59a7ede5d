//! Records: the fold of the log, indexed for lists.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use domain::ids::{OfficeId, RecordId};
use domain::op::TypeRef;
use domain::period::Date;
use domain::record::Record;
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};
use thiserror::Error;

use crate::StoreError;
use crate::sql::{Reader, Tx, decode, encode, int, record, uint};

/// What a record is listed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// `pack.type`.
    pub type_key: String,
    /// The owner.
    pub office: OfficeId,
    /// The key of its state.
    pub state_key: String,
    /// When it happened, or its period's first day.
    pub date: Date,
    /// What names it in a list.
    pub title: String,
    /// It went by the urgent lane.
    pub urgent: bool,
    /// It counts as received.
    pub counts: bool,
    /// When its last operation arrived, in milliseconds since 1970.
    pub updated_ms: u64,
}

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub record: RecordId,
    /// What it is listed by.
    pub index: Index,
    /// Its period as text, for a periodic type.
    pub period: Option<String>,
    /// How many of its cells were sent back.
    pub returned: u32,
    /// Where a next page goes on.
    pub cursor: Cursor,
}

/// A place in a list that is sorted from the latest date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    date: i32,
    num: i64,
}

/// A text that is no [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a cursor")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.date, self.num)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (date, num) = text.split_once('.').ok_or(CursorError)?;
        let date = date.parse().map_err(|_| CursorError)?;
        Ok(Self { date, num: num.parse().map_err(|_| CursorError)? })
    }
}

/// Which records. An empty filter is all of them; an empty set in it is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Of these types, as `pack.type`.
    pub types: Option<&'a BTreeSet<String>>,
    /// Of these offices.
    pub offices: Option<&'a BTreeSet<OfficeId>>,
    /// In states with these keys.
    pub states: Option<&'a BTreeSet<String>>,
    /// With words that begin like all of these in the title.
    pub text: Option<&'a str>,
    /// From this day.
    pub from: Option<Date>,
    /// To this day.
    pub to: Option<Date>,
    /// Only urgent ones (or only the others).
    pub urgent: Option<bool>,
    /// Only with cells that were sent back (or only without).
    pub returned: Option<bool>,
}

/// How many records stand where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// `pack.type`.
    pub type_key: String,
    /// The key of the state.
    pub state_key: String,
    /// How many.
    pub records: u64,
}

/// A pack's name and version.
pub type PackVersion = (String, u32);

/// A record.
pub fn get(r: &Reader<'_>, id: RecordId) -> Result<Option<Record>, StoreError> {
    let doing = "read a record";
    let sql = "SELECT body FROM records WHERE id = ?1";
    let bytes = r.one(doing, sql, [id.0], |row| row.get::<_, Vec<u8>>(0))?;
    bytes.map(|bytes| decode(doing, &bytes)).transpose()
}

/// How a record is listed.
pub fn listed(r: &Reader<'_>, id: RecordId) -> Result<Option<Listed>, StoreError> {
    r.one("find a record", &format!("{LISTED} WHERE records.id = ?1"), [id.0], listed_row)
}

/// Keeps a record as it now stands. It no longer waits for a pack if all its operations are in.
pub fn put(tx: &Tx<'_>, record: &Record, index: &Index) -> Result<(), StoreError> {
    let doing = "keep a record";
    let (ty, state) = (word(tx, &index.type_key)?, word(tx, &index.state_key)?);
    let sql = "SELECT num, title FROM records WHERE id = ?1";
    let found = tx.one(doing, sql, [record.id.0], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    let returned = u32::try_from(record.returned.len()).unwrap_or(u32::MAX);
    tx.run(
        doing,
        "INSERT INTO records (id, type, office, state, date, updated_ms, urgent, counts, returned,
           period, title, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET type = ?2, office = ?3, state = ?4, date = ?5,
           updated_ms = ?6, urgent = ?7, counts = ?8, returned = ?9, period = ?10, title = ?11,
           body = ?12",
        params![
            record.id.0,
            ty,
            index.office.0,
            state,
            index.date.0,
            int(index.updated_ms),
            index.urgent,
            index.counts,
            returned,
            record.period.map(|period| period.to_string()),
            index.title,
            encode(record)
        ],
    )?;
    let num = match &found {
        Some((num, _)) => *num,
        None => tx.inserted(),
    };
    if found.is_none_or(|(_, title)| title != index.title) {
        let sql = "INSERT OR REPLACE INTO titles (rowid, title) VALUES (?1, ?2)";
        tx.run("index a title", sql, params![num, index.title])?;
    }
    let folded = i64::try_from(record.history.len()).unwrap_or(i64::MAX);
    let sql = "DELETE FROM waiting WHERE record = ?1
        AND (SELECT count(*) FROM log WHERE log.record = ?1 AND log.void IS NULL) <= ?2";
    tx.run(doing, sql, params![record.id.0, folded]).map(drop)
}

/// Forgets a record that nothing creates any longer.
pub fn remove(tx: &Tx<'_>, id: RecordId) -> Result<(), StoreError> {
    let doing = "forget a record";
    let sql = "DELETE FROM titles WHERE rowid = (SELECT num FROM records WHERE id = ?1)";
    tx.run(doing, sql, [id.0])?;
    tx.run(doing, "DELETE FROM waiting WHERE record = ?1", [id.0])?;
    tx.run(doing, "DELETE FROM records WHERE id = ?1", [id.0]).map(drop)
}

/// Notes that a record can't be folded until this type arrives.
pub fn wait(tx: &Tx<'_>, record: RecordId, for_type: &TypeRef) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO waiting (record, pack, version) VALUES (?1, ?2, ?3)";
    let params = params![record.0, for_type.pack, for_type.version];
    tx.run("note a waiting record", sql, params).map(drop)
}

/// Every record that waits, and the pack and version that it waits for.
pub fn all_waiting(r: &Reader<'_>) -> Result<Vec<(RecordId, PackVersion)>, StoreError> {
    let sql = "SELECT record, pack, version FROM waiting ORDER BY record";
    r.many("list waiting records", sql, [], |row| Ok((record(row, 0)?, (row.get(1)?, row.get(2)?))))
}

/// The records that wait for this version of a pack.
pub fn waiting(r: &Reader<'_>, pack: &str, version: u32) -> Result<Vec<RecordId>, StoreError> {
    let sql = "SELECT record FROM waiting WHERE pack = ?1 AND version = ?2";
    r.many("list waiting records", sql, params![pack, version], |row| record(row, 0))
}

/// One page of records, latest date first.
pub fn list(
    r: &Reader<'_>,
    filter: &Filter<'_>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    let mut wheres = Wheres::of(filter);
    if let Some(Cursor { date, num }) = after {
        let date = wheres.value(i64::from(date));
        let num = wheres.value(num);
        wheres.conditions.push(format!("(records.date, records.num) < ({date}, {num})"));
    }
    let limit = wheres.value(i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = format!(
        "{LISTED}{} ORDER BY records.date DESC, records.num DESC LIMIT {limit}",
        wheres.sql()
    );
    r.many("list records", &sql, params_from_iter(wheres.values), listed_row)
}

/// How many records of a filter stand in each state of each type.
pub fn count(r: &Reader<'_>, filter: &Filter<'_>) -> Result<Vec<Count>, StoreError> {
    let wheres = Wheres::of(filter);
    let sql = format!(
        "SELECT types.word, states.word, count(*) FROM records
         JOIN words types ON types.id = records.type
         JOIN words states ON states.id = records.state{} GROUP BY 1, 2 ORDER BY 1, 2",
        wheres.sql()
    );
    r.many("count records", &sql, params_from_iter(wheres.values), |row| {
        Ok(Count { type_key: row.get(0)?, state_key: row.get(1)?, records: uint(row, 2)? })
    })
}

const LISTED: &str = "SELECT records.id, types.word, records.office, states.word, records.date,
    records.title, records.urgent, records.counts, records.updated_ms, records.period,
    records.returned, records.num
    FROM records JOIN words types ON types.id = records.type
    JOIN words states ON states.id = records.state";

fn listed_row(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let date: i32 = row.get(4)?;
    Ok(Listed {
        record: record(row, 0)?,
        index: Index {
            type_key: row.get(1)?,
            office: OfficeId(row.get(2)?),
            state_key: row.get(3)?,
            date: Date(date),
            title: row.get(5)?,
            urgent: row.get(6)?,
            counts: row.get(7)?,
            updated_ms: uint(row, 8)?,
        },
        period: row.get(9)?,
        returned: row.get(10)?,
        cursor: Cursor { date, num: row.get(11)? },
    })
}

/// The conditions of a query and their values. The text of the query depends on which conditions
/// there are, never on a value.
struct Wheres {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Wheres {
    fn of(filter: &Filter<'_>) -> Self {
        let mut wheres = Self { conditions: Vec::new(), values: Vec::new() };
        let words = "IN (SELECT words.id FROM words JOIN json_each";
        if let Some(types) = filter.types {
            let list = wheres.value(json(types.iter().map(|key| json_text(key))));
            wheres.conditions.push(format!("records.type {words}({list}) ON value = words.word)"));
        }
        if let Some(states) = filter.states {
            let list = wheres.value(json(states.iter().map(|key| json_text(key))));
            wheres.conditions.push(format!("records.state {words}({list}) ON value = words.word)"));
        }
        if let Some(offices) = filter.offices {
            let list = wheres.value(json(offices.iter().map(ToString::to_string)));
            let condition = format!("records.office IN (SELECT value FROM json_each({list}))");
            wheres.conditions.push(condition);
        }
        if let Some(query) = filter.text.map(fts_query).filter(|query| !query.is_empty()) {
            let query = wheres.value(query);
            let matching = format!("(SELECT rowid FROM titles WHERE titles MATCH {query})");
            wheres.conditions.push(format!("records.num IN {matching}"));
        }
        for (condition, date) in [("date >=", filter.from), ("date <=", filter.to)] {
            if let Some(date) = date {
                let date = wheres.value(i64::from(date.0));
                wheres.conditions.push(format!("records.{condition} {date}"));
            }
        }
        if let Some(urgent) = filter.urgent {
            let urgent = wheres.value(i64::from(urgent));
            wheres.conditions.push(format!("records.urgent = {urgent}"));
        }
        if let Some(returned) = filter.returned {
            let returned = wheres.value(i64::from(returned));
            wheres.conditions.push(format!("(records.returned > 0) = {returned}"));
        }
        wheres
    }

    /// Adds a value and gives its parameter.
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn sql(&self) -> String {
        if self.conditions.is_empty() {
            return String::new();
        }
        format!(" WHERE {}", self.conditions.join(" AND "))
    }
}

/// Every word of the text, as a prefix; quotes keep the query language out of it.
fn fts_query(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("\"{word}\"*")).collect::<Vec<_>>().join(" ")
}

fn json(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A key as a JSON text. Keys are plain; anything else in one matches nothing.
fn json_text(key: &str) -> String {
    let plain: String = key.chars().filter(|c| !c.is_control() && !"\"\\".contains(*c)).collect();
    format!("\"{plain}\"")
}

fn word(tx: &Tx<'_>, word: &str) -> Result<i64, StoreError> {
    let doing = "number a key";
    let found = tx.one(doing, "SELECT id FROM words WHERE word = ?1", [word], |row| row.get(0))?;
    match found {
        Some(id) => Ok(id),
        None => {
            tx.run(doing, "INSERT INTO words (word) VALUES (?1)", [word])?;
            Ok(tx.inserted())
        }
    }
}
