//! Numbered migrations, each run once, in one transaction with its number.

use rusqlite::Connection;

use crate::{Reader, StoreError};

/// Migration `n` is at `n - 1`. Append only: a released one never changes.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001_start.sql")];

pub(crate) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let doing = "migrate the database";
    let found: i64 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(StoreError::sqlite(doing))?;
    let known = i64::try_from(MIGRATIONS.len()).expect("invariant: there are few migrations");
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for (version, sql) in (1..).zip(MIGRATIONS).skip_while(|(version, _)| *version <= found) {
        let run = |conn: &mut Connection| {
            let tx = conn.transaction()?;
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", version)?;
            tx.commit()
        };
        run(conn).map_err(StoreError::sqlite(doing))?;
    }
    Ok(())
}

pub(crate) fn schema(r: &Reader<'_>) -> Result<String, StoreError> {
    let statements = r.many(
        "read the schema",
        "SELECT sql FROM sqlite_schema
         WHERE sql IS NOT NULL AND name NOT LIKE 'titles\\_%' ESCAPE '\\'
         ORDER BY tbl_name, type DESC, name",
        [],
        |row| row.get::<_, String>(0),
    )?;
    Ok(statements.iter().map(|sql| format!("{sql};\n\n")).collect())
}
