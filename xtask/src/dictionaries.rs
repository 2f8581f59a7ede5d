//! `cargo xtask dictionaries`: trains each pack's dictionary again, from simulated reports alone,
//! to the same bytes with the same version of zstd (Debian 12's 1.5.4 made those in the packs).

use crate::{setup, sh};

/// Each pack, and the bytes of its dictionary: the knee of `docs/decisions/0012-dictionaries.md`.
const PACKS: [(&str, usize); 3] =
    [("kejadian", 48 * 1024), ("lapsit", 16 * 1024), ("distribusi", 4 * 1024)];

pub(crate) fn run() -> anyhow::Result<()> {
    setup::debian("zstd", "zstd")?;
    let program = setup::build_program(false)?;
    let folder = tempfile::tempdir()?;
    for (pack, bytes) in PACKS {
        let samples = folder.path().join(pack);
        let mut make = std::process::Command::new(&program);
        sh::run(make.args(["pack", "samples", pack]).arg(&samples))?;
        let to = format!("packs/{pack}/dictionary.bin");
        let most = format!("--maxdict={bytes}");
        // Long segments: in a report what follows a sentence is often what followed it elsewhere.
        let train = ["-q", "-f", "--train-cover=k=500,d=8", "-19", "--dictID=1", &most, "-o", &to];
        sh::run(sh::command("zstd", &train).arg("-r").arg(&samples))?;
        println!("{to}: {} bytes", sh::root().join(&to).metadata()?.len());
    }
    Ok(())
}
