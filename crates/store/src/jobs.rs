//! Long work that survives a restart, such as an import.

use domain::ids::PersonId;
use rusqlite::{Row, params};

use crate::StoreError;
use crate::sql::{Reader, Tx, int, person, uint};

/// A job's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it does, such as `import`.
    pub kind: String,
    /// Who started it.
    pub person: PersonId,
    /// Where it stands, such as `running`.
    pub state: String,
    /// When it was started, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it last moved.
    pub updated_ms: u64,
    /// Its parameters and progress, in the encoding of its kind.
    pub body: Vec<u8>,
}

const COLUMNS: &str = "SELECT id, kind, person, state, created_ms, updated_ms, body FROM jobs";

/// Starts a job.
pub fn start(
    tx: &Tx<'_>,
    kind: &str,
    person: PersonId,
    state: &str,
    now_ms: u64,
    body: &[u8],
) -> Result<JobId, StoreError> {
    let doing = "start a job";
    tx.run(
        doing,
        "INSERT INTO jobs (kind, person, state, created_ms, updated_ms, body)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        params![kind, person.0, state, int(now_ms), body],
    )?;
    u64::try_from(tx.inserted()).map(JobId).map_err(|_| StoreError::Damaged { doing })
}

/// Keeps a job's progress. Written with what the job did, it resumes where that ends.
pub fn update(
    tx: &Tx<'_>,
    id: JobId,
    state: &str,
    now_ms: u64,
    body: &[u8],
) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = ?2, updated_ms = ?3, body = ?4 WHERE id = ?1";
    tx.run("keep a job's progress", sql, params![int(id.0), state, int(now_ms), body]).map(drop)
}

/// A job.
pub fn get(r: &Reader<'_>, id: JobId) -> Result<Option<Job>, StoreError> {
    r.one("find a job", &format!("{COLUMNS} WHERE id = ?1"), [int(id.0)], row)
}

/// Jobs in a state, oldest first.
pub fn in_state(r: &Reader<'_>, state: &str) -> Result<Vec<Job>, StoreError> {
    r.many("list jobs", &format!("{COLUMNS} WHERE state = ?1 ORDER BY id"), [state], row)
}

/// The latest jobs.
pub fn latest(r: &Reader<'_>, limit: usize) -> Result<Vec<Job>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    r.many("list jobs", &format!("{COLUMNS} ORDER BY id DESC LIMIT ?1"), [limit], row)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Job> {
    Ok(Job {
        id: JobId(uint(row, 0)?),
        kind: row.get(1)?,
        person: person(row, 2)?,
        state: row.get(3)?,
        created_ms: uint(row, 4)?,
        updated_ms: uint(row, 5)?,
        body: row.get(6)?,
    })
}
