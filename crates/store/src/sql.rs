//! Reading and writing, with cached statements.

use std::ops::Deref;

use domain::ids::{Digest, PersonId, RecordId};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use crate::StoreError;

/// A snapshot to read from.
#[derive(Debug)]
pub struct Reader<'a> {
    conn: &'a Connection,
}

/// A transaction to write in.
#[derive(Debug)]
pub struct Tx<'a> {
    reader: Reader<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Self { conn }
    }

    pub(crate) fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(params, map).optional())
            .map_err(StoreError::sqlite(doing))
    }

    pub(crate) fn many<T>(
        &self,
        doing: &'static str,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(params, map)?.collect())
            .map_err(StoreError::sqlite(doing))
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection) -> Self {
        Self { reader: Reader::new(conn) }
    }

    pub(crate) fn run(
        &self,
        doing: &'static str,
        sql: &str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(params))
            .map_err(StoreError::sqlite(doing))
    }

    /// The number of the row that was inserted last.
    pub(crate) fn inserted(&self) -> i64 {
        self.conn.last_insert_rowid()
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

/// SQLite's integers have a sign; a count or a time of ours never comes near the bound.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number that [`int`] stored.
pub(crate) struct Unsigned(pub(crate) u64);

impl FromSql for Unsigned {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

pub(crate) fn uint(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(|Unsigned(number)| number)
}

macro_rules! id_columns {
    ($($name:ident $id:ident,)*) => {$(
        pub(crate) fn $name(row: &Row<'_>, column: usize) -> rusqlite::Result<$id> {
            row.get(column).map($id)
        }
    )*};
}

id_columns! {
    digest Digest,
    person PersonId,
    record RecordId,
}

/// CBOR of a value.
pub(crate) fn encode(value: &impl minicbor::Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("invariant: writing to memory does not fail")
}

/// The value that [`encode`] stored.
pub(crate) fn decode<T>(doing: &'static str, bytes: &[u8]) -> Result<T, StoreError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    minicbor::decode(bytes).map_err(|_| StoreError::Damaged { doing })
}
