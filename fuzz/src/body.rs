//! Bodies of frames: split and joined, squeezed and not.

use std::sync::LazyLock;

use domain::limits::{FRAME_OPS_MAX, FRAME_RAW_BYTES_MAX};
use domain::sync::Ppm;
use domain::sync::body::{
    Before, Body, DictionaryId, SplitLimits, TypeKeys, close, join, open, split,
};

use crate::input::{first, pieces};

const LIMITS: SplitLimits = SplitLimits { ops_max: FRAME_OPS_MAX, bytes_max: FRAME_RAW_BYTES_MAX };
const KEYS: TypeKeys<'static> = &|ty| (ty.version == 3).then(|| format!("{}.harian", ty.pack));

static PPM: LazyLock<Ppm> = LazyLock::new(Ppm::default);

/// One input. By its first byte: 0 chance and columns as two pieces; 1 a whole body, columns
/// squeezed; 2 such bodies as pieces, each leaning on those before it; else operations as pieces, to
/// be joined.
pub fn run(data: &[u8]) {
    match first(data) {
        (0, rest) => {
            let parts = pieces(rest, 2);
            let part = |at: usize| parts.get(at).copied().unwrap_or_default().to_vec();
            let body = Body { chance: part(0), columns: part(1) };
            if let Ok(ops) = split(&body, LIMITS) {
                came(&ops);
            }
        }
        (1, rest) => {
            if let Ok(ops) = open(rest, &*PPM, DictionaryId::NONE, LIMITS) {
                came(&ops);
            }
        }
        (2, rest) => {
            let mut before = Before::default();
            for body in pieces(rest, 4) {
                let opened = before.open(body, &*PPM, DictionaryId::NONE, LIMITS);
                let Ok((ops, next)) = opened else { return };
                came(&ops);
                before = next;
            }
        }
        (_, rest) => {
            let ops = pieces(rest, FRAME_OPS_MAX);
            let body = join(&ops, KEYS).expect("no more operations than a frame holds");
            assert_eq!(split(&body, LIMITS).as_deref().ok(), Some(&owned(&ops)[..]));
        }
    }
}

fn owned(ops: &[&[u8]]) -> Vec<Vec<u8>> {
    ops.iter().map(|op| op.to_vec()).collect()
}

/// What a peer's body held is within the limits, and can be sent on.
fn came(ops: &[Vec<u8>]) {
    assert!(ops.len() <= LIMITS.ops_max);
    assert!(ops.iter().map(Vec::len).sum::<usize>() <= LIMITS.bytes_max);
    let ops: Vec<&[u8]> = ops.iter().map(Vec::as_slice).collect();
    let body = join(&ops, KEYS).expect("no more operations than a frame holds");
    assert_eq!(split(&body, LIMITS).as_deref().ok(), Some(&owned(&ops)[..]));
}

/// Operations as a sender puts them into a frame: for seeds.
#[must_use]
pub fn closed(ops: &[&[u8]]) -> Vec<u8> {
    close(ops, KEYS, &*PPM, DictionaryId::NONE).expect("a seed fits a frame")
}

/// Operations joined: for seeds.
#[must_use]
pub fn joined(ops: &[&[u8]]) -> Body {
    join(ops, KEYS).expect("a seed fits a frame")
}
