//! What `cargo xtask dictionaries` and `cargo xtask bench frames` ask of the program.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::sync::Ppm;
use domain::sync::body::{Before, DictionaryId, SplitLimits, close, join, open};
use node::clock::{Clock, SystemClock};
use serde::Serialize;

use super::{Context, Done, failed};
use crate::demo::samples::{Samples, TRAINING_SEED};
use crate::demo::text::Kind;

/// The seeds that frames are measured on; dictionaries are trained on another.
const MEASURED: [(&str, Kind, u64); 2] =
    [("templated", Kind::Templated, 1), ("prose", Kind::Prose, 2)];
const FRAME_OPS: [usize; 5] = [1, 8, 16, 32, 64];

#[derive(Debug, Args)]
pub(super) struct SamplesOf {
    /// The pack: kejadian, lapsit or distribusi
    pack: String,
    /// The folder to write to, a file a frame
    folder: PathBuf,
    /// Another seed than that of training, to measure on
    #[arg(long, default_value_t = TRAINING_SEED)]
    seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct Frames {
    /// Incident reports of each kind
    #[arg(long, default_value_t = 1_000)]
    count: usize,
    /// A dictionary to measure instead of the pack's own
    #[arg(long)]
    dictionary: Option<PathBuf>,
    /// A folder to write each frame's operations to, one after the other, for other compressors
    #[arg(long)]
    plain: Option<PathBuf>,
}

/// Frames of one kind of report and one size.
#[derive(Debug, Serialize)]
struct Measured {
    kind: &'static str,
    frame_ops: usize,
    dictionary_bytes: usize,
    /// Of the operations themselves.
    raw_bytes_per_op: f64,
    /// In frames, without signature and framing.
    bytes_per_op: f64,
    /// Of these, the ids that nothing squeezes.
    chance_bytes_per_op: f64,
    /// The same in frames of which each leans on those before it, as within a session.
    leaning_bytes_per_op: f64,
    /// The largest frame.
    frame_bytes_max: usize,
    close_us_per_frame: f64,
    open_us_per_frame: f64,
}

/// Writes frame bodies to train a dictionary on.
pub(super) fn samples(_: &Context, of: &SamplesOf) -> Done {
    let mut samples = Samples::new()?;
    if samples.pack(&of.pack).is_none() {
        return Err(failed::said("pack_name", &[("name", &of.pack)]));
    }
    let frames = samples.frames(&of.pack, of.seed);
    std::fs::create_dir_all(&of.folder).map_err(failed::file(&of.folder))?;
    for (at, frame) in frames.iter().enumerate() {
        let ops: Vec<&[u8]> = frame.iter().map(Vec::as_slice).collect();
        let body = join(&ops, &|ty| samples.key_of(ty))?;
        let path = of.folder.join(format!("{at:05}"));
        std::fs::write(&path, body.columns).map_err(failed::file(&path))?;
    }
    Ok(())
}

/// Measures frames of incident reports.
pub(super) fn frames(context: &Context, frames: &Frames) -> Done {
    let mut samples = Samples::new()?;
    let dictionary = dictionary(&samples, frames.dictionary.as_deref())?;
    let codec = Ppm::default();
    let id = if dictionary.is_empty() { DictionaryId::NONE } else { codec.learn(&dictionary) };
    let mut all = Vec::new();
    for (kind, of, seed) in MEASURED {
        let ops = samples.incidents(seed, of, frames.count);
        for size in FRAME_OPS {
            let mut measured = measure(&samples, &codec, id, &ops, size)?;
            if let Some(folder) = &frames.plain {
                plain(&folder.join(format!("{kind}-{size}")), &ops, size)?;
            }
            (measured.kind, measured.dictionary_bytes) = (kind, dictionary.len());
            all.push(measured);
        }
    }
    let output = &context.output;
    if output.json {
        return Ok(output.json(&all)?);
    }
    for m in all {
        output.line(format!(
            "{} × {}: {:.1} B an operation ({:.1} of it ids), {:.1} after others, largest frame \
             {} B, {:.0} µs to close, {:.0} µs to open",
            m.kind,
            m.frame_ops,
            m.bytes_per_op,
            m.chance_bytes_per_op,
            m.leaning_bytes_per_op,
            m.frame_bytes_max,
            m.close_us_per_frame,
            m.open_us_per_frame,
        ))?;
    }
    Ok(())
}

fn dictionary(samples: &Samples, file: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    if let Some(path) = file {
        return std::fs::read(path).map_err(failed::file(path));
    }
    let own = samples.pack("kejadian").and_then(|pack| pack.dictionary.clone());
    Ok(own.map(|dictionary| dictionary.0).unwrap_or_default())
}

fn measure(
    samples: &Samples,
    codec: &Ppm,
    id: DictionaryId,
    ops: &[Vec<u8>],
    size: usize,
) -> anyhow::Result<Measured> {
    let keys = |ty: &_| samples.key_of(ty);
    let frames: Vec<Vec<&[u8]>> =
        ops.chunks(size).map(|ops| ops.iter().map(Vec::as_slice).collect()).collect();
    let begun_ms = SystemClock.now_ms();
    let closed: Vec<Vec<u8>> =
        frames.iter().map(|ops| close(ops, &keys, codec, id)).collect::<Result<_, _>>()?;
    let closed_ms = SystemClock.now_ms();
    let limits = SplitLimits { ops_max: size, bytes_max: 1024 * 1024 };
    for (frame, ops) in closed.iter().zip(&frames) {
        anyhow::ensure!(open(frame, codec, id, limits)? == *ops, "a frame did not come back");
    }
    let opened_ms = SystemClock.now_ms();
    let (mut chance, mut leaning, mut before) = (0, 0, Before::default());
    for ops in &frames {
        chance += join(ops, &keys)?.chance.len();
        let (frame, next) = before.close(ops, &keys, codec, id)?;
        let opened = before.open(&frame, codec, id, limits)?;
        anyhow::ensure!(opened.0 == *ops && opened.1 == next, "a frame did not come back");
        (leaning, before) = (leaning + frame.len(), next);
    }
    let per_frame = |ms: u64| per(ms.saturating_mul(1_000), frames.len());
    let per_op = |bytes: usize| per(bytes as u64, ops.len());
    Ok(Measured {
        kind: "",
        frame_ops: size,
        dictionary_bytes: 0,
        raw_bytes_per_op: per_op(ops.iter().map(Vec::len).sum()),
        bytes_per_op: per_op(closed.iter().map(Vec::len).sum()),
        chance_bytes_per_op: per_op(chance),
        leaning_bytes_per_op: per_op(leaning),
        frame_bytes_max: closed.iter().map(Vec::len).max().unwrap_or(0),
        close_us_per_frame: per_frame(closed_ms - begun_ms),
        open_us_per_frame: per_frame(opened_ms - closed_ms),
    })
}

fn plain(folder: &Path, ops: &[Vec<u8>], size: usize) -> Done {
    std::fs::create_dir_all(folder).map_err(failed::file(folder))?;
    for (at, ops) in ops.chunks(size).enumerate() {
        let path = folder.join(format!("{at:05}"));
        std::fs::write(&path, ops.concat()).map_err(failed::file(&path))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures of a bench, far below 2^52")]
fn per(whole: u64, parts: usize) -> f64 {
    whole as f64 / parts.max(1) as f64
}
