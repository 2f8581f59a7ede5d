//! People, their roles at offices, credentials and sessions.

use domain::ids::{Digest, OfficeId, PersonId};
use domain::period::Date;
use rusqlite::{Row, params};

use crate::StoreError;
use crate::sql::{Reader, Tx, int, person, uint};

/// A person who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The name that they sign in with.
    pub login: String,
    /// Their name as shown.
    pub name: String,
    /// They may sign in.
    pub active: bool,
    /// When they were entered, in milliseconds since 1970.
    pub created_ms: u64,
}

/// A role that a person has at an office, for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who.
    pub person: PersonId,
    /// The role.
    pub role: String,
    /// Where.
    pub office: OfficeId,
    /// The first day.
    pub from: Date,
    /// The last day, if it has one.
    pub until: Option<Date>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// BLAKE3 of its token: a stolen database opens no session.
    pub token: Digest,
    /// Whose.
    pub person: PersonId,
    /// When it began, in milliseconds since 1970.
    pub created_ms: u64,
    /// When it ends.
    pub expires_ms: u64,
}

const PERSON: &str = "SELECT id, login, name, active, created_ms FROM people";

/// Enters or changes a person.
pub fn put(tx: &Tx<'_>, person: &Person) -> Result<(), StoreError> {
    tx.run(
        "keep a person",
        "INSERT INTO people (id, login, name, active, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET login = ?2, name = ?3, active = ?4",
        params![person.id.0, person.login, person.name, person.active, int(person.created_ms)],
    )
    .map(drop)
}

/// The person with this id.
pub fn get(r: &Reader<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    r.one("find a person", &format!("{PERSON} WHERE id = ?1"), [id.0], person_row)
}

/// The person who signs in with this name.
pub fn by_login(r: &Reader<'_>, login: &str) -> Result<Option<Person>, StoreError> {
    r.one("find a person", &format!("{PERSON} WHERE login = ?1"), [login], person_row)
}

/// Everybody, by the name that they sign in with.
pub fn list(r: &Reader<'_>) -> Result<Vec<Person>, StoreError> {
    r.many("list people", &format!("{PERSON} ORDER BY login"), [], person_row)
}

/// Gives a person a role at an office, or changes its last day.
pub fn assign(tx: &Tx<'_>, role: &Assignment) -> Result<(), StoreError> {
    tx.run(
        "assign a role",
        "INSERT OR REPLACE INTO roles (person, role, office, from_date, until_date)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            role.person.0,
            role.role,
            role.office.0,
            role.from.0,
            role.until.map(|until| until.0)
        ],
    )
    .map(drop)
}

/// A person's roles, past ones included.
pub fn roles(r: &Reader<'_>, who: PersonId) -> Result<Vec<Assignment>, StoreError> {
    let sql = "SELECT role, office, from_date, until_date FROM roles WHERE person = ?1
        ORDER BY office, role, from_date";
    r.many("list a person's roles", sql, [who.0], |row| {
        Ok(Assignment {
            person: who,
            role: row.get(0)?,
            office: OfficeId(row.get(1)?),
            from: Date(row.get(2)?),
            until: row.get::<_, Option<i32>>(3)?.map(Date),
        })
    })
}

/// Sets the hash of a credential, such as `password`.
pub fn set_credential(
    tx: &Tx<'_>,
    person: PersonId,
    kind: &str,
    secret: &str,
    now_ms: u64,
) -> Result<(), StoreError> {
    tx.run(
        "keep a credential",
        "INSERT OR REPLACE INTO credentials (person, kind, secret, changed_ms)
         VALUES (?1, ?2, ?3, ?4)",
        params![person.0, kind, secret, int(now_ms)],
    )
    .map(drop)
}

/// The hash of a credential.
pub fn credential(
    r: &Reader<'_>,
    person: PersonId,
    kind: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT secret FROM credentials WHERE person = ?1 AND kind = ?2";
    r.one("read a credential", sql, params![person.0, kind], |row| row.get(0))
}

/// Begins a session.
pub fn put_session(tx: &Tx<'_>, session: &Session) -> Result<(), StoreError> {
    tx.run(
        "begin a session",
        "INSERT INTO sessions (token, person, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4)",
        params![
            session.token.0,
            session.person.0,
            int(session.created_ms),
            int(session.expires_ms)
        ],
    )
    .map(drop)
}

/// The session with this token's digest, whether or not it has ended.
pub fn session(r: &Reader<'_>, token: &Digest) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT person, created_ms, expires_ms FROM sessions WHERE token = ?1";
    r.one("find a session", sql, [token.0], |row| {
        Ok(Session {
            token: *token,
            person: person(row, 0)?,
            created_ms: uint(row, 1)?,
            expires_ms: uint(row, 2)?,
        })
    })
}

/// Ends a session.
pub fn end_session(tx: &Tx<'_>, token: &Digest) -> Result<(), StoreError> {
    tx.run("end a session", "DELETE FROM sessions WHERE token = ?1", [token.0]).map(drop)
}

/// Ends every session of a person.
pub fn end_sessions_of(tx: &Tx<'_>, person: PersonId) -> Result<(), StoreError> {
    tx.run("end sessions", "DELETE FROM sessions WHERE person = ?1", [person.0]).map(drop)
}

/// Drops the sessions that have ended.
pub fn drop_ended_sessions(tx: &Tx<'_>, now_ms: u64) -> Result<(), StoreError> {
    tx.run("drop sessions", "DELETE FROM sessions WHERE expires_ms <= ?1", [int(now_ms)]).map(drop)
}

fn person_row(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: person(row, 0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        active: row.get(3)?,
        created_ms: uint(row, 4)?,
    })
}
