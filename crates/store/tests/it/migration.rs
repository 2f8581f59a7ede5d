use expect_test::expect_file;
use rusqlite::Connection;
use store::{Store, StoreError};

#[test]
fn the_migrated_schema_is_schema_sql() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    expect_file!["../../schema.sql"].assert_eq(&store.schema().unwrap());
}

#[test]
fn opening_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let schema = Store::open(dir.path()).unwrap().schema().unwrap();
    assert_eq!(Store::open(dir.path()).unwrap().schema().unwrap(), schema);
}

#[test]
fn a_later_builds_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let file = Connection::open(dir.path().join("genggam.db")).unwrap();
    file.pragma_update(None, "user_version", 1_000).unwrap();
    drop(file);
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 1_000, .. }), "{error}");
}

#[test]
fn one_folder_one_program() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(StoreError::InUse { .. })));
    drop(store);
    assert!(Store::open(dir.path()).is_ok());
}

/// Every file in the crate's tests is in this binary.
#[test]
fn no_test_file_is_forgotten() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = std::fs::read_to_string(format!("{dir}/main.rs")).unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "{name}");
    }
}
