//! The use cases, with a clock that stands still.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod blobs;
mod control;
mod devices;
mod exports;
mod fixture;
mod group;
mod home;
mod imports;
mod ingest;
mod lives;
mod nodes;
mod pack;
mod people;
mod policy;
mod project;
mod pruning;
mod public_data;
mod quarantine;
mod records;
mod rotate;
mod submit;
mod sync;
mod sync_view;
mod upkeep;

use std::collections::BTreeSet;

/// Every file here is compiled: a test that is not registered does not run.
#[test]
fn no_file_is_forgotten() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let files: BTreeSet<String> = std::fs::read_dir(&here)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .filter(|name| name != "main")
        .collect();
    let main = std::fs::read_to_string(here.join("main.rs")).unwrap();
    let registered: BTreeSet<String> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    assert_eq!(files, registered);
}
