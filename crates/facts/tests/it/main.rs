//! Tests of the facts crate.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod boundaries;
mod figures;
mod hidden;
mod knowledge;
mod lineage;
mod queries;
mod storage;
mod support;
mod table;
mod warning;
mod watch;

#[test]
fn every_file_is_a_module() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || main.contains(&format!("mod {module};")),
            "{name} is forgotten"
        );
    }
}
