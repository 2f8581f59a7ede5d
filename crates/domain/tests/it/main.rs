//! Tests of the core.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[cfg(feature = "author")]
mod author;
mod blobs;
mod bytes;
mod devices;
#[cfg(feature = "author")]
mod expressions;
mod fold;
#[cfg(feature = "author")]
mod forms;
mod health;
#[cfg(feature = "author")]
mod kinds;
mod lookup;
mod make;
#[cfg(feature = "author")]
mod measures;
mod office;
#[cfg(feature = "author")]
mod pack_bytes;
#[cfg(feature = "author")]
mod packs;
mod ppm;
mod properties;
mod sync_body;
#[cfg(feature = "author")]
mod trust;
mod wire;

#[test]
fn no_test_file_is_forgotten() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let main = std::fs::read_to_string(format!("{dir}/main.rs")).unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(module) = name.strip_suffix(".rs") else { continue };
        assert!(module == "main" || main.contains(&format!("mod {module};")), "{name}");
    }
}
