//! Bytes of one incident report of about 1 KB within a sync frame, signature aside, on seeds that
//! no dictionary was trained on; beside them zstd at the same level over the same operations.

use std::path::Path;

use serde::Deserialize;

use super::Figure;
use crate::sh;

#[derive(Debug, Deserialize)]
struct Measured {
    kind: String,
    frame_ops: usize,
    bytes_per_op: f64,
    zstd_bytes_per_op: f64,
    zstd_dictionary_bytes_per_op: f64,
    close_us_per_frame: f64,
    open_us_per_frame: f64,
}

pub(super) fn run(program: &Path, quick: bool) -> anyhow::Result<Vec<Figure>> {
    let count = if quick { "200" } else { "1000" };
    let mut command = std::process::Command::new(program);
    let text = sh::output(command.args(["--json", "pack", "frames", "--count", count]))?;
    let measured: Vec<Measured> = serde_json::from_str(&text)?;
    Ok(measured.iter().flat_map(figures).collect())
}

fn figures(m: &Measured) -> [Figure; 4] {
    let figure = |what: &str, unit, value, peer: Option<(&'static str, f64)>| Figure {
        bench: "frames",
        // A few dozen names, until the program ends.
        figure: format!("{}_{}_ops_{what}", m.kind, m.frame_ops).leak(),
        value,
        unit,
        peer: peer.map(|(name, _)| name),
        peer_value: peer.map(|(_, value)| value),
    };
    let (alone, with) = (m.zstd_bytes_per_op, m.zstd_dictionary_bytes_per_op);
    let bytes = m.bytes_per_op;
    [
        figure("bytes_per_report", "B", bytes, Some(("zstd -19", alone))),
        figure("bytes_per_report", "B", bytes, Some(("zstd -19, the same dictionary", with))),
        figure("close_us", "µs", m.close_us_per_frame, None),
        figure("open_us", "µs", m.open_us_per_frame, None),
    ]
}
