//! The program as people run it.

use std::process::Command;

/// Two seeds hold, and are too few for every kind of fault: that is said, and is a failure.
#[test]
fn it_plays_seeds_and_says_what_never_happened() {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).args(["--seeds", "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("never happened: "), "{said}");
    assert!(said.contains("2 seeds, ") && said.contains(" 0 failed"), "{said}");
}

#[test]
fn an_unknown_option_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).arg("--sedes").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--sedes"));
}
