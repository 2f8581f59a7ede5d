//! Bytes of one incident report of about 1 KB within a sync frame, signature aside, on seeds that
//! no dictionary was trained on; beside them Debian's zstd over the same operations.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::Figure;
use crate::{setup, sh};

#[derive(Debug, Deserialize)]
struct Measured {
    kind: String,
    frame_ops: usize,
    bytes_per_op: f64,
    leaning_bytes_per_op: f64,
    close_us_per_frame: f64,
    open_us_per_frame: f64,
}

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    setup::debian("zstd", "zstd")?;
    let count = if quick { 200u32 } else { 1_000 };
    let folder = tempfile::tempdir()?;
    let mut command = std::process::Command::new(program);
    command.args(["--json", "pack", "frames", "--count", &count.to_string(), "--plain"]);
    let text = sh::output(command.arg(folder.path()))?;
    let measured: Vec<Measured> = serde_json::from_str(&text)?;
    let mut all = Vec::new();
    for m in &measured {
        let plain = folder.path().join(format!("{}-{}", m.kind, m.frame_ops));
        let dictionary = sh::root().join("packs/kejadian/dictionary.bin");
        let alone = zstd(&plain, None)? / f64::from(count);
        let with = zstd(&plain, Some(&dictionary))? / f64::from(count);
        all.extend(figures(m, alone, with));
    }
    Ok(all)
}

/// Bytes of all files of a folder, each squeezed with zstd -19.
fn zstd(folder: &Path, dictionary: Option<&Path>) -> anyhow::Result<f64> {
    let out = tempfile::tempdir()?;
    let mut command = std::process::Command::new("zstd");
    command.args(["-q", "-19", "--no-check", "-r"]).arg(folder);
    command.arg("--output-dir-flat").arg(out.path());
    if let Some(dictionary) = dictionary {
        command.arg("-D").arg(dictionary);
    }
    sh::run(&mut command)?;
    let mut bytes = 0;
    for file in std::fs::read_dir(out.path())? {
        bytes += file?.metadata()?.len();
    }
    Ok(f64::from(u32::try_from(bytes).context("more than 4 GB")?))
}

fn figures(m: &Measured, alone: f64, with: f64) -> [Figure; 5] {
    let figure = |what: &str, unit, value, peer: Option<(&'static str, f64)>| Figure {
        bench: "frames",
        // A few dozen names, until the program ends.
        figure: format!("{}_{}_ops_{what}", m.kind, m.frame_ops).leak(),
        value,
        unit,
        peer: peer.map(|(name, _)| name),
        peer_value: peer.map(|(_, value)| value),
    };
    let bytes = m.bytes_per_op;
    [
        figure("bytes_per_report", "B", bytes, Some(("zstd -19", alone))),
        figure("bytes_per_report", "B", bytes, Some(("zstd -19, the same dictionary", with))),
        figure("bytes_per_report_after_others", "B", m.leaning_bytes_per_op, None),
        figure("close_us", "µs", m.close_us_per_frame, None),
        figure("open_us", "µs", m.open_us_per_frame, None),
    ]
}
