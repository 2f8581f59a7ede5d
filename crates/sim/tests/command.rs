//! The program as people run it.

use std::process::Command;

#[test]
fn it_runs_seeds_and_says_how_many() {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).args(["--seeds", "2"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains('2'), "{said}");
}

#[test]
fn an_unknown_option_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).arg("--sedes").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--sedes"));
}
