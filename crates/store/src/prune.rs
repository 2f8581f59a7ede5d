//! Operations whose bytes are not kept: they follow from their record and a [`Rest`] beside it.
//!
//! INVARIANT: a record's operations are all here, or its row in `rests` gives exactly those that
//! aren't. What would change the record brings them back first ([`bring_back`]).

use std::collections::BTreeMap;

use domain::ids::{Digest, OpTag, RecordId};
use domain::op::{Op, StreamHead, StreamId, chain_link};
use domain::planted::{self, Bug};
use domain::record::{self, Rest, Tagged};
use rusqlite::params;

use crate::log::{self, Pos};
use crate::sql::{Reader, Tx, decode, encode, int, record as record_at, uint};
use crate::{StoreError, records};

/// The operations of a record, from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The record.
    pub record: RecordId,
    /// When the last of them was received, in milliseconds since 1970.
    pub latest_ms: u64,
    /// How many there are.
    pub ops: u64,
    /// How many of them are here as they came.
    pub whole: u64,
}

/// What pruning a record comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruned {
    /// Its operations go.
    Done {
        /// How many.
        ops: u64,
        /// Their bytes, less those that are kept beside the record.
        bytes: u64,
    },
    /// It can't be folded here, so that nothing would be left of them.
    Unfolded,
    /// What would have to be kept beside it is as large.
    NothingGained,
}

/// Records after one, in the order of their ids, with the extent of their operations.
pub fn extents(
    r: &Reader<'_>,
    after: Option<RecordId>,
    limit: usize,
) -> Result<Vec<Extent>, StoreError> {
    let sql = "SELECT record, max(received_ms), count(*), count(bytes) FROM log
        WHERE record > ?1 GROUP BY record ORDER BY record LIMIT ?2";
    let after = after.map_or_else(Vec::new, |record| record.0.to_vec());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    r.many("list records by age", sql, params![after, limit], |row| {
        Ok(Extent {
            record: record_at(row, 0)?,
            latest_ms: uint(row, 1)?,
            ops: uint(row, 2)?,
            whole: uint(row, 3)?,
        })
    })
}

/// The streams in which a record's operations stand, each with the last of their places.
pub fn places(r: &Reader<'_>, record: RecordId) -> Result<Vec<(StreamId, u64)>, StoreError> {
    let doing = "find a record's streams";
    let sql = "SELECT streams.key, max(log.seq) FROM log JOIN streams ON streams.id = log.stream
        WHERE log.record = ?1 GROUP BY log.stream";
    let rows =
        r.many(doing, sql, [record.0], |row| Ok((row.get::<_, Vec<u8>>(0)?, uint(row, 1)?)))?;
    rows.into_iter().map(|(key, seq)| Ok((decode(doing, &key)?, seq))).collect()
}

/// What pruning a record would come to, and what would be kept beside it.
fn judge(r: &Reader<'_>, id: RecordId) -> Result<(Pruned, Option<Rest>), StoreError> {
    let waits = "SELECT 1 FROM waiting WHERE record = ?1";
    let waits = r.one("find a waiting record", waits, [id.0], |_| Ok(()))?.is_some();
    let Some(record) = records::get(r, id)?.filter(|_| !waits) else {
        return Ok((Pruned::Unfolded, None));
    };
    let logged = log::all_of_record(r, id)?;
    let ops: Vec<Tagged> = logged.iter().map(|logged| logged.op.tagged()).collect();
    let rest = record::rest(&record, &ops);
    let made = record::unfold(&record, &rest);
    let same = ops.iter().all(|op| made.get(&op.tag) == Some(&op.op));
    let all: usize = logged.iter().map(|logged| logged.op.bytes().len()).sum();
    let beside = encode(&rest).len();
    // What was written again in another life has another link than its name: it stays as it is.
    let moved = ops.iter().any(|op| op.op.moved.is_some());
    if moved || beside >= all || !same && !planted::is(Bug::RestForgotten) {
        return Ok((Pruned::NothingGained, None));
    }
    let (ops, bytes) = (logged.len() as u64, (all - beside) as u64);
    Ok((Pruned::Done { ops, bytes }, Some(rest)))
}

/// What [`prune`] would do.
pub fn would_prune(r: &Reader<'_>, record: RecordId) -> Result<Pruned, StoreError> {
    Ok(judge(r, record)?.0)
}

/// Lets the bytes of a record's operations go. Each was seen to follow from what stays.
pub fn prune(tx: &Tx<'_>, id: RecordId) -> Result<Pruned, StoreError> {
    bring_back(tx, id)?;
    let (pruned, rest) = judge(tx, id)?;
    if let Some(rest) = rest {
        let sql = "INSERT INTO rests (record, bytes) VALUES (?1, ?2)";
        tx.run("keep what a record leaves out", sql, params![id.0, encode(&rest)])?;
        drop_bytes(tx, id)?;
    }
    Ok(pruned)
}

/// Puts a record's rows anew without their bytes: rows that only became shorter would leave pages
/// that are nearly empty as they are, and free nothing.
fn drop_bytes(tx: &Tx<'_>, id: RecordId) -> Result<(), StoreError> {
    type Stub = (i64, i64, i64, i64, [u8; 32], Option<i64>);
    let doing = "prune operations";
    let sql = "SELECT pos, stream, seq, received_ms, prev, void FROM log WHERE record = ?1";
    let stubs: Vec<Stub> = tx.many(doing, sql, [id.0], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
    })?;
    tx.run(doing, "DELETE FROM log WHERE record = ?1", [id.0])?;
    for (pos, stream, seq, received_ms, prev, void) in stubs {
        let sql = "INSERT INTO log (pos, stream, seq, record, received_ms, prev, bytes, void)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)";
        tx.run(doing, sql, params![pos, stream, seq, id.0, received_ms, prev, void])?;
    }
    Ok(())
}

/// Puts the bytes of a record's operations back, if they were pruned: the record is about to
/// change.
pub(crate) fn bring_back(tx: &Tx<'_>, id: RecordId) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM rests WHERE record = ?1";
    if tx.one("find a pruned record", sql, [id.0], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    for logged in log::all_of_record(tx, id)? {
        let sql = "UPDATE log SET bytes = ?2 WHERE pos = ?1";
        tx.run("bring operations back", sql, params![int(logged.pos.0), logged.op.bytes()])?;
    }
    tx.run("bring operations back", "DELETE FROM rests WHERE record = ?1", [id.0]).map(drop)
}

/// Makes operations again; each record is looked at once.
pub(crate) struct Maker<'a> {
    r: &'a Reader<'a>,
    made: BTreeMap<RecordId, BTreeMap<OpTag, Op>>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(r: &'a Reader<'a>) -> Self {
        Self { r, made: BTreeMap::new() }
    }

    /// The bytes of the operation at a position, which leads from one link of its chain to the
    /// next: it is that one and no other.
    pub(crate) fn make(
        &mut self,
        pos: Pos,
        id: RecordId,
        prev: Digest,
        link: Digest,
    ) -> Result<Vec<u8>, StoreError> {
        if !self.made.contains_key(&id) {
            let made = unfolded(self.r, id)?;
            self.made.insert(id, made);
        }
        let op = self.made.get(&id).and_then(|made| made.get(&link.tag())).map(encode);
        let from = StreamHead { next_seq: 1, link: prev };
        let leads = |bytes: &Vec<u8>| chain_link(&from, std::iter::once(bytes.as_slice())) == link;
        op.filter(leads).ok_or(StoreError::Unmade { pos: pos.0 })
    }
}

fn unfolded(r: &Reader<'_>, id: RecordId) -> Result<BTreeMap<OpTag, Op>, StoreError> {
    let doing = "read what a record leaves out";
    let sql = "SELECT bytes FROM rests WHERE record = ?1";
    let rest = r.one(doing, sql, [id.0], |row| row.get::<_, Vec<u8>>(0))?;
    let Some((record, rest)) = records::get(r, id)?.zip(rest) else { return Ok(BTreeMap::new()) };
    Ok(record::unfold(&record, &decode(doing, &rest)?))
}
