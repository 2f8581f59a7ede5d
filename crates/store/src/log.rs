//! The log: streams of chained operations, in one order of arrival.

use domain::ids::{Digest, RecordId};
use domain::op::{SealedOp, SignedHead, StreamHead, StreamId, open_stored};
use rusqlite::{Row, params};

use crate::StoreError;
use crate::sql::{Reader, Tx, decode, digest, encode, int, uint};

/// A position in a node's log: the order of arrival there, from 1, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pos(pub u64);

/// An operation in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Where.
    pub pos: Pos,
    /// When this node received it, in milliseconds since 1970.
    pub received_ms: u64,
    /// The operation.
    pub op: SealedOp,
}

const COLUMNS: &str = "SELECT log.pos, log.received_ms, log.seq, log.prev, log.bytes, streams.key
    FROM log JOIN streams ON streams.id = log.stream";

/// Appends the next operation of a stream.
pub fn append(tx: &Tx<'_>, op: &SealedOp, received_ms: u64) -> Result<Pos, StoreError> {
    let key = encode(op.stream());
    let found = row_of(tx, &key)?;
    let head = found.map_or_else(|| StreamHead::start(op.stream()), |(_, head)| head);
    if head.next_seq != op.seq() || head.link != op.prev() {
        let stream = Box::new(op.stream().clone());
        return Err(StoreError::NotNext { stream, seq: op.seq(), next_seq: head.next_seq });
    }
    let next = op.head();
    let stream = match found {
        Some((id, _)) => {
            tx.run(
                "move a stream's head",
                "UPDATE streams SET next_seq = ?2, link = ?3 WHERE id = ?1",
                params![id, int(next.next_seq), next.link.0],
            )?;
            id
        }
        None => {
            tx.run(
                "begin a stream",
                "INSERT INTO streams (key, next_seq, link) VALUES (?1, ?2, ?3)",
                params![key, int(next.next_seq), next.link.0],
            )?;
            tx.inserted()
        }
    };
    tx.run(
        "append to the log",
        "INSERT INTO log (stream, seq, record, received_ms, prev, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            stream,
            int(op.seq()),
            op.op().change.record().map(|record| record.0),
            int(received_ms),
            op.prev().0,
            op.bytes()
        ],
    )?;
    let pos = u64::try_from(tx.inserted());
    pos.map(Pos).map_err(|_| StoreError::Damaged { doing: "append to the log" })
}

/// Operations after a position, in the order of arrival.
pub fn after(r: &Reader<'_>, pos: Pos, limit: usize) -> Result<Vec<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.pos > ?1 ORDER BY log.pos LIMIT ?2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    open_all(r.many("read the log", &sql, params![int(pos.0), limit], raw)?)
}

/// The operation at a position.
pub fn at(r: &Reader<'_>, pos: Pos) -> Result<Option<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.pos = ?1");
    r.one("read the log", &sql, [int(pos.0)], raw)?.map(open).transpose()
}

/// Operations of a record in the order of arrival: all, or those before a position.
pub fn of_record(
    r: &Reader<'_>,
    record: RecordId,
    before: Option<Pos>,
) -> Result<Vec<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.record = ?1 AND log.pos < ?2 ORDER BY log.pos");
    let before = before.map_or(i64::MAX, |pos| int(pos.0));
    open_all(r.many("read a record's operations", &sql, params![record.0, before], raw)?)
}

/// The operation at a place in a stream.
pub fn find(r: &Reader<'_>, stream: &StreamId, seq: u64) -> Result<Option<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE streams.key = ?1 AND log.seq = ?2");
    let found = r.one("find an operation", &sql, params![encode(stream), int(seq)], raw)?;
    found.map(open).transpose()
}

/// Operations of a stream from a place on, in its order.
pub fn of_stream(
    r: &Reader<'_>,
    stream: &StreamId,
    from_seq: u64,
    limit: usize,
) -> Result<Vec<Logged>, StoreError> {
    let sql =
        format!("{COLUMNS} WHERE streams.key = ?1 AND log.seq >= ?2 ORDER BY log.seq LIMIT ?3");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params = params![encode(stream), int(from_seq), limit];
    open_all(r.many("read a stream", &sql, params, raw)?)
}

/// The streams held here, with their heads.
pub fn streams(r: &Reader<'_>) -> Result<Vec<(StreamId, StreamHead)>, StoreError> {
    let doing = "list the streams";
    let sql = "SELECT key, next_seq, link FROM streams ORDER BY id";
    let rows = r.many(doing, sql, [], |row| Ok((row.get::<_, Vec<u8>>(0)?, head_at(row, 1)?)))?;
    rows.into_iter().map(|(key, head)| Ok((decode(doing, &key)?, head))).collect()
}

/// Where a stream stands here.
pub fn head(r: &Reader<'_>, stream: &StreamId) -> Result<StreamHead, StoreError> {
    let found = row_of(r, &encode(stream))?;
    Ok(found.map_or_else(|| StreamHead::start(stream), |(_, head)| head))
}

/// Keeps a signed head of the chain held here, if it is later than the one kept.
pub fn put_signed_head(tx: &Tx<'_>, head: &SignedHead) -> Result<(), StoreError> {
    let other = StoreError::OtherChain { next_seq: head.next_seq };
    let link = if head.next_seq <= 1 {
        Some(StreamHead::start(&head.stream).link)
    } else {
        find(tx, &head.stream, head.next_seq - 1)?.map(|logged| logged.op.link())
    };
    if link != Some(head.link) {
        return Err(other);
    }
    let kept = signed_head(tx, &head.stream)?;
    if kept.is_none_or(|kept| kept.next_seq < head.next_seq) {
        tx.run(
            "keep a signed head",
            "UPDATE streams SET signed = ?2 WHERE key = ?1",
            params![encode(&head.stream), encode(head)],
        )?;
    }
    Ok(())
}

/// The latest signed head of a stream.
pub fn signed_head(r: &Reader<'_>, stream: &StreamId) -> Result<Option<SignedHead>, StoreError> {
    let doing = "read a signed head";
    let sql = "SELECT signed FROM streams WHERE key = ?1";
    let bytes = r.one(doing, sql, [encode(stream)], |row| row.get::<_, Option<Vec<u8>>>(0))?;
    bytes.flatten().map(|bytes| decode(doing, &bytes)).transpose()
}

/// The position of the last operation; 0 where there is none.
pub fn last_pos(r: &Reader<'_>) -> Result<Pos, StoreError> {
    let sql = "SELECT coalesce(max(pos), 0) FROM log";
    Ok(Pos(r.one("read the log's end", sql, [], |row| uint(row, 0))?.unwrap_or(0)))
}

struct Raw {
    pos: u64,
    received_ms: u64,
    seq: u64,
    prev: Digest,
    bytes: Vec<u8>,
    key: Vec<u8>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        pos: uint(row, 0)?,
        received_ms: uint(row, 1)?,
        seq: uint(row, 2)?,
        prev: digest(row, 3)?,
        bytes: row.get(4)?,
        key: row.get(5)?,
    })
}

fn open(raw: Raw) -> Result<Logged, StoreError> {
    let Raw { pos, received_ms, seq, prev, bytes, key } = raw;
    let stream: StreamId = decode("read a stream's id", &key)?;
    let op = open_stored(&stream, seq, prev, bytes)
        .map_err(|source| StoreError::DamagedOp { pos, source })?;
    Ok(Logged { pos: Pos(pos), received_ms, op })
}

fn open_all(rows: Vec<Raw>) -> Result<Vec<Logged>, StoreError> {
    rows.into_iter().map(open).collect()
}

fn row_of(r: &Reader<'_>, key: &[u8]) -> Result<Option<(i64, StreamHead)>, StoreError> {
    let sql = "SELECT id, next_seq, link FROM streams WHERE key = ?1";
    r.one("find a stream", sql, [key], |row| Ok((row.get(0)?, head_at(row, 1)?)))
}

fn head_at(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamHead> {
    Ok(StreamHead { next_seq: uint(row, column)?, link: digest(row, column + 1)? })
}
