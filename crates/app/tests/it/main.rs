//! One test binary: everything through the public entry points.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod app;
mod blobs;
mod cli;
mod demo;
mod devices;
mod doors;
mod nodes;
mod openapi;
mod reading;
mod records;
mod sessions;
mod watching;

/// A file that nobody names here would never run.
#[test]
fn no_test_file_is_forgotten() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = std::fs::read_to_string(format!("{here}/main.rs")).unwrap();
    for entry in std::fs::read_dir(here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            assert!(main.contains(&format!("mod {module};")), "{name}");
        }
    }
}
