//! The packs of this repository, and a new one: they compile, and their examples come out.

use std::path::{Path, PathBuf};

use domain::pack::author::{compile, scaffold, try_examples};
use domain::pack::{Pack, check_upgrade};

fn shipped() -> Vec<PathBuf> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = std::fs::read_dir(packs).unwrap();
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn check(folder: &Path) -> Pack {
    let pack = compile(folder).unwrap_or_else(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}:\n{}", folder.display(), lines.join("\n"))
    });
    let tried = try_examples(&pack, folder).unwrap();
    assert!(!tried.is_empty(), "{} has examples", folder.display());
    let failures: Vec<String> =
        tried.iter().flat_map(|one| &one.failures).map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}:\n{}", folder.display(), failures.join("\n"));
    pack
}

#[test]
fn the_shipped_packs_compile_and_their_examples_come_out() {
    let folders = shipped();
    assert!(folders.len() >= 3, "{folders:?}");
    for pack in folders.iter().map(|folder| check(folder)) {
        let bytes = pack.encode().unwrap();
        assert_eq!(Pack::decode(&bytes).unwrap(), pack);
    }
}

#[test]
fn a_new_pack_passes_its_own_check() {
    let parent = tempfile::tempdir().unwrap();
    let folder = scaffold(parent.path(), "lomba-desa").unwrap();
    let pack = check(&folder);
    assert_eq!(pack.name, "lomba-desa");
    assert_eq!(check_upgrade(&pack, &pack).len(), 1, "the version must rise");
    assert!(scaffold(parent.path(), "lomba-desa").is_err(), "a folder is never written over");
    assert!(scaffold(parent.path(), "../luar").is_err());
}
