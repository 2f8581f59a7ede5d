//! What is kept of each target, played once: where the core changed, the targets still hold.

use std::fs;
use std::path::Path;

use genggam_fuzz::{blobs, body, bundle, ops, session, trust, wire};

fn play(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut played = 0;
    for entry in fs::read_dir(folder).expect("each target has a folder") {
        run(&fs::read(entry.expect("it is listed").path()).expect("it is a file"));
        played += 1;
    }
    assert!(played > 0, "nothing is kept of {target}");
}

#[test]
fn what_is_kept_breaks_no_target() {
    play("blobs", blobs::run);
    play("body", body::run);
    play("bundle", bundle::run);
    play("ops", ops::run);
    play("session", session::run);
    play("trust", trust::run);
    play("wire", wire::run);
}
