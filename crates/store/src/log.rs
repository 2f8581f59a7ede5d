//! The log: streams of chained operations, in one order of arrival.

use domain::ids::{Digest, RecordId};
use domain::op::{SealedOp, SignedHead, StreamHead, StreamId, open_stored};
use domain::planted::{self, Bug};
use domain::sync::Boundary;
use rusqlite::{Row, params};

use crate::StoreError;
use crate::prune::{self, Maker};
use crate::sql::{Reader, Tx, decode, digest, encode, int, record, uint};

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

/// Of a pruned operation also its record, and the chain link after it.
const COLUMNS: &str = "SELECT log.pos, log.received_ms, log.seq, log.prev, log.bytes, streams.key,
      log.record, CASE WHEN log.bytes IS NULL THEN coalesce((SELECT next.prev FROM log next
        WHERE next.stream = log.stream AND next.seq = log.seq + 1), streams.link) END
    FROM log JOIN streams ON streams.id = log.stream";

/// Appends the next operation of a stream. What its record was pruned of is back first.
pub fn append(tx: &Tx<'_>, op: &SealedOp, received_ms: u64) -> Result<Pos, StoreError> {
    if let Some(record) = op.op().change.record()
        && !planted::is(Bug::PrunedUnmade)
    {
        prune::bring_back(tx, record)?;
    }
    let key = encode(op.stream());
    let found = row_of(tx, &key)?;
    let head = found.map_or_else(|| StreamHead::start(op.stream()), |(_, head)| head);
    if head.next_seq != op.seq() || head.link != op.prev() {
        let stream = Box::new(op.stream().clone());
        return Err(StoreError::NotNext { stream, seq: op.seq(), next_seq: head.next_seq });
    }
    let stream = set_head(tx, &key, &op.head())?;
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

/// Sets where a stream stands: its row.
fn set_head(tx: &Tx<'_>, key: &[u8], head: &StreamHead) -> Result<i64, StoreError> {
    let (next_seq, link) = (int(head.next_seq), head.link.0);
    if let Some((id, _)) = row_of(tx, key)? {
        let sql = "UPDATE streams SET next_seq = ?2, link = ?3 WHERE id = ?1";
        return tx.run("move a stream's head", sql, params![id, next_seq, link]).map(|_| id);
    }
    let sql = "INSERT INTO streams (key, next_seq, link) VALUES (?1, ?2, ?3)";
    tx.run("begin a stream", sql, params![key, next_seq, link])?;
    Ok(tx.inserted())
}

/// An operation stands at the end of another stream of its writer's from now on. In the order of
/// arrival it stays where it is. What its record was pruned of is back first: it is made by links
/// that change.
pub fn move_op(tx: &Tx<'_>, pos: Pos, op: &SealedOp) -> Result<(), StoreError> {
    if let Some(record) = op.op().change.record() {
        prune::bring_back(tx, record)?;
    }
    let key = encode(op.stream());
    let stream = set_head(tx, &key, &op.head())?;
    let (seq, prev) = (int(op.seq()), op.prev().0);
    tx.run(
        "move an operation",
        "UPDATE log SET stream = ?2, seq = ?3, prev = ?4, bytes = ?5 WHERE pos = ?1",
        params![int(pos.0), stream, seq, prev, op.bytes()],
    )?;
    let sql = "UPDATE statements SET stream = ?2, seq = ?3 WHERE pos = ?1";
    tx.run("move a statement", sql, params![int(pos.0), key, seq]).map(drop)
}

/// A stream ends here, at a place before the one where it stood: what came after has been moved.
pub fn cut_back(tx: &Tx<'_>, stream: &StreamId, head: &StreamHead) -> Result<(), StoreError> {
    let id = set_head(tx, &encode(stream), head)?;
    let sql = "DELETE FROM heads WHERE stream = ?1 AND next_seq > ?2";
    tx.run("forget signed heads", sql, params![id, int(head.next_seq)]).map(drop)
}

/// Operations after a position, in the order of arrival.
pub fn after(r: &Reader<'_>, pos: Pos, limit: usize) -> Result<Vec<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.pos > ?1 ORDER BY log.pos LIMIT ?2");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    open_all(r, r.many("read the log", &sql, params![int(pos.0), limit], raw)?)
}

/// The operation at a position.
pub fn at(r: &Reader<'_>, pos: Pos) -> Result<Option<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.pos = ?1");
    r.one("read the log", &sql, [int(pos.0)], raw)?
        .map(|raw| open(&mut Maker::new(r), raw))
        .transpose()
}

/// Operations of a record in the order of arrival: all that count, or those that counted before a
/// position.
pub fn of_record(
    r: &Reader<'_>,
    record: RecordId,
    before: Option<Pos>,
) -> Result<Vec<Logged>, StoreError> {
    let all = planted::is(Bug::VoidCounts);
    let counts = if all {
        "TRUE"
    } else {
        "(log.void IS NULL OR log.void >= ?2) AND NOT EXISTS (SELECT 1 FROM void_once
         WHERE op = log.pos AND since < ?2 AND until >= ?2)"
    };
    let sql =
        format!("{COLUMNS} WHERE log.record = ?1 AND log.pos < ?2 AND {counts} ORDER BY log.pos");
    let before = before.map_or(i64::MAX, |pos| int(pos.0));
    open_all(r, r.many("read a record's operations", &sql, params![record.0, before], raw)?)
}

/// Every operation of a record, in the order of arrival, whether it counts or not.
pub(crate) fn all_of_record(r: &Reader<'_>, record: RecordId) -> Result<Vec<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE log.record = ?1 ORDER BY log.pos");
    open_all(r, r.many("read a record's operations", &sql, [record.0], raw)?)
}

/// The operation at a place in a stream.
pub fn find(r: &Reader<'_>, stream: &StreamId, seq: u64) -> Result<Option<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE streams.key = ?1 AND log.seq = ?2");
    let found = r.one("find an operation", &sql, params![encode(stream), int(seq)], raw)?;
    found.map(|raw| open(&mut Maker::new(r), raw)).transpose()
}

/// Since when the operation at a place in a stream is here, in milliseconds since 1970.
pub fn received_ms(r: &Reader<'_>, stream: &StreamId, seq: u64) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT log.received_ms FROM log JOIN streams ON streams.id = log.stream
        WHERE streams.key = ?1 AND log.seq = ?2";
    r.one("find an operation", sql, params![encode(stream), int(seq)], |row| uint(row, 0))
}

/// The operation of a stream that follows a chain link.
pub fn following(
    r: &Reader<'_>,
    stream: &StreamId,
    prev: Digest,
) -> Result<Option<Logged>, StoreError> {
    let sql = format!("{COLUMNS} WHERE streams.key = ?1 AND log.prev = ?2");
    let found = r.one("find an operation", &sql, params![encode(stream), prev.0], raw)?;
    found.map(|raw| open(&mut Maker::new(r), raw)).transpose()
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
    open_all(r, r.many("read a stream", &sql, params, raw)?)
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

/// Keeps a signed head of the chain held here.
pub fn put_signed_head(tx: &Tx<'_>, head: &SignedHead) -> Result<(), StoreError> {
    let other = StoreError::OtherChain { next_seq: head.next_seq };
    let Some((stream, here)) = row_of(tx, &encode(&head.stream))? else {
        let empty = head.head() == StreamHead::start(&head.stream);
        return if empty { Ok(()) } else { Err(other) };
    };
    if link_at(tx, stream, &here, head.next_seq)? != Some(head.link) {
        return Err(other);
    }
    tx.run(
        "keep a signed head",
        "INSERT OR IGNORE INTO heads (stream, next_seq, signature) VALUES (?1, ?2, ?3)",
        params![stream, int(head.next_seq), head.signature],
    )
    .map(drop)
}

/// The chain link before a sequence number of a stream that stands at `here`.
fn link_at(
    r: &Reader<'_>,
    stream: i64,
    here: &StreamHead,
    next_seq: u64,
) -> Result<Option<Digest>, StoreError> {
    if next_seq == here.next_seq {
        return Ok(Some(here.link));
    }
    let sql = "SELECT prev FROM log WHERE stream = ?1 AND seq = ?2";
    r.one("find a chain link", sql, params![stream, int(next_seq)], |row| digest(row, 0))
}

/// Where a stream stood before this sequence number, if it has come so far.
pub fn head_before(
    r: &Reader<'_>,
    stream: &StreamId,
    next_seq: u64,
) -> Result<Option<StreamHead>, StoreError> {
    let start = StreamHead::start(stream);
    if next_seq <= start.next_seq {
        return Ok(Some(start));
    }
    let Some((id, here)) = row_of(r, &encode(stream))? else { return Ok(None) };
    let link = link_at(r, id, &here, next_seq)?;
    Ok(link.map(|link| StreamHead { next_seq, link }))
}

/// The latest signed head of a stream.
pub fn signed_head(r: &Reader<'_>, stream: &StreamId) -> Result<Option<SignedHead>, StoreError> {
    let Some((id, here)) = row_of(r, &encode(stream))? else { return Ok(None) };
    let sql = "SELECT next_seq, signature FROM heads WHERE stream = ?1
        ORDER BY next_seq DESC LIMIT 1";
    let found = r.one("read a signed head", sql, [id], |row| {
        Ok((uint(row, 0)?, row.get::<_, [u8; 64]>(1)?))
    })?;
    let Some((next_seq, signature)) = found else { return Ok(None) };
    let link = link_at(r, id, &here, next_seq)?;
    let stream = stream.clone();
    Ok(link.map(|link| SignedHead { stream, next_seq, link, signature }))
}

/// Signed heads after a sequence number, in order.
pub fn boundaries(
    r: &Reader<'_>,
    stream: &StreamId,
    after_seq: u64,
    limit: usize,
) -> Result<Vec<Boundary>, StoreError> {
    let sql = "SELECT heads.next_seq, heads.signature FROM heads
        JOIN streams ON streams.id = heads.stream
        WHERE streams.key = ?1 AND heads.next_seq > ?2 ORDER BY heads.next_seq LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    r.many("read signed heads", sql, params![encode(stream), int(after_seq), limit], |row| {
        Ok(Boundary { next_seq: uint(row, 0)?, signature: row.get(1)? })
    })
}

/// The bytes of operations of a stream from a place on, in its order, as they are sent.
pub fn bytes_of_stream(
    r: &Reader<'_>,
    stream: &StreamId,
    from_seq: u64,
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql =
        format!("{COLUMNS} WHERE streams.key = ?1 AND log.seq >= ?2 ORDER BY log.seq LIMIT ?3");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = r.many("read a stream", &sql, params![encode(stream), int(from_seq), limit], raw)?;
    let mut maker = Maker::new(r);
    rows.into_iter().map(|raw| raw.body.bytes(&mut maker, Pos(raw.pos), raw.prev)).collect()
}

/// The first operation of a stream that was received at or after a moment; what comes next if
/// there is none.
pub fn first_since(r: &Reader<'_>, stream: &StreamId, ms: u64) -> Result<u64, StoreError> {
    let sql = "SELECT min(log.seq) FROM log JOIN streams ON streams.id = log.stream
        WHERE streams.key = ?1 AND log.received_ms >= ?2";
    let found = r.one("read a stream", sql, params![encode(stream), int(ms)], |row| {
        row.get::<_, Option<crate::sql::Unsigned>>(0)
    })?;
    let first = found.flatten().map(|seq| seq.0);
    Ok(first.map_or(head(r, stream)?.next_seq, |seq| seq))
}

/// Takes the operations of a stream after a place out of every fold, as of a position: those that
/// counted until now. They stay in the log.
pub fn void_after(
    tx: &Tx<'_>,
    stream: &StreamId,
    last_seq: u64,
    pos: Pos,
) -> Result<Vec<Logged>, StoreError> {
    let sql = format!(
        "{COLUMNS} WHERE streams.key = ?1 AND log.seq > ?2 AND log.void IS NULL ORDER BY log.seq"
    );
    let key = encode(stream);
    let records = "SELECT DISTINCT log.record FROM log JOIN streams ON streams.id = log.stream
        WHERE streams.key = ?1 AND log.seq > ?2 AND log.bytes IS NULL";
    let pruned = |row: &Row<'_>| record(row, 0);
    for record in tx.many("read a stream", records, params![key, int(last_seq)], pruned)? {
        prune::bring_back(tx, record)?;
    }
    let voided = open_all(tx, tx.many("read a stream", &sql, params![key, int(last_seq)], raw)?)?;
    tx.run(
        "take operations out of every fold",
        "UPDATE log SET void = ?3 WHERE void IS NULL AND seq > ?2
         AND stream = (SELECT id FROM streams WHERE key = ?1)",
        params![key, int(last_seq), int(pos.0)],
    )?;
    Ok(voided)
}

/// The streams of which operations are taken out of every fold.
pub fn voided_streams(r: &Reader<'_>) -> Result<Vec<StreamId>, StoreError> {
    let doing = "list the streams";
    let sql = "SELECT key FROM streams WHERE id IN (SELECT stream FROM log WHERE void IS NOT NULL)
        ORDER BY id";
    let keys = r.many(doing, sql, [], |row| row.get::<_, Vec<u8>>(0))?;
    keys.iter().map(|key| decode(doing, key)).collect()
}

/// Lets operations of a stream up to a place, that were taken out, count again as of a position:
/// how many, and the records that they are about.
pub fn count_again(
    tx: &Tx<'_>,
    stream: &StreamId,
    last_seq: u64,
    pos: Pos,
) -> Result<(usize, Vec<RecordId>), StoreError> {
    let which = "void IS NOT NULL AND seq <= ?2
         AND stream = (SELECT id FROM streams WHERE key = ?1)";
    let (key, last_seq) = (encode(stream), int(last_seq));
    let sql = format!("SELECT DISTINCT record FROM log WHERE record IS NOT NULL AND {which}");
    let records = tx.many("read a stream", &sql, params![key, last_seq], |row| record(row, 0))?;
    let doing = "let operations count again";
    let sql = format!("INSERT INTO void_once SELECT pos, void, ?3 FROM log WHERE {which}");
    let count = tx.run(doing, &sql, params![key, last_seq, int(pos.0)])?;
    tx.run(doing, &format!("UPDATE log SET void = NULL WHERE {which}"), params![key, last_seq])?;
    Ok((count, records))
}

/// The records of which operations were taken out of every fold at a position, or came back.
pub fn records_judged_at(r: &Reader<'_>, pos: Pos) -> Result<Vec<RecordId>, StoreError> {
    let sql = "SELECT record FROM log WHERE void = ?1 AND record IS NOT NULL
        UNION SELECT record FROM void_once JOIN log ON log.pos = void_once.op
        WHERE (since = ?1 OR until = ?1) AND record IS NOT NULL";
    r.many("read what was taken out", sql, [int(pos.0)], |row| record(row, 0))
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
    body: Body,
    key: Vec<u8>,
}

/// An operation's bytes.
enum Body {
    /// As they came.
    Here(Vec<u8>),
    /// Pruned: the record that they follow from, and the chain link after them.
    Pruned(RecordId, Digest),
}

impl Body {
    fn bytes(self, maker: &mut Maker<'_>, pos: Pos, prev: Digest) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Here(bytes) => Ok(bytes),
            Self::Pruned(record, link) => maker.make(pos, record, prev, link),
        }
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let body = match row.get(4)? {
        Some(bytes) => Body::Here(bytes),
        None => Body::Pruned(record(row, 6)?, digest(row, 7)?),
    };
    Ok(Raw {
        pos: uint(row, 0)?,
        received_ms: uint(row, 1)?,
        seq: uint(row, 2)?,
        prev: digest(row, 3)?,
        body,
        key: row.get(5)?,
    })
}

fn open(maker: &mut Maker<'_>, raw: Raw) -> Result<Logged, StoreError> {
    let Raw { pos, received_ms, seq, prev, body, key } = raw;
    let stream: StreamId = decode("read a stream's id", &key)?;
    let bytes = body.bytes(maker, Pos(pos), prev)?;
    let op = open_stored(&stream, seq, prev, bytes)
        .map_err(|source| StoreError::DamagedOp { pos, source })?;
    Ok(Logged { pos: Pos(pos), received_ms, op })
}

fn open_all(r: &Reader<'_>, rows: Vec<Raw>) -> Result<Vec<Logged>, StoreError> {
    let mut maker = Maker::new(r);
    rows.into_iter().map(|raw| open(&mut maker, raw)).collect()
}

fn row_of(r: &Reader<'_>, key: &[u8]) -> Result<Option<(i64, StreamHead)>, StoreError> {
    let sql = "SELECT id, next_seq, link FROM streams WHERE key = ?1";
    r.one("find a stream", sql, [key], |row| Ok((row.get(0)?, head_at(row, 1)?)))
}

fn head_at(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamHead> {
    Ok(StreamHead { next_seq: uint(row, column)?, link: digest(row, column + 1)? })
}
