//! Bodies of frames: operations side by side.

use minicbor::bytes::ByteVec;
use thiserror::Error;

use crate::limits::{FRAME_OPS_MAX, OP_BYTES_MAX};

/// Why a body is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the frame's body is damaged")]
pub struct BodyError;

/// Joins operations to a body.
#[must_use]
pub fn join(ops: &[&[u8]]) -> Vec<u8> {
    let ops: Vec<ByteVec> = ops.iter().map(|op| ByteVec::from(op.to_vec())).collect();
    minicbor::to_vec(ops).expect("invariant: writing to memory does not fail")
}

/// The operations of a body.
///
/// # Errors
/// If it is none, or beyond a limit.
pub fn split(body: &[u8]) -> Result<Vec<Vec<u8>>, BodyError> {
    let ops: Vec<ByteVec> = minicbor::decode(body).map_err(|_| BodyError)?;
    let fits = ops.len() <= FRAME_OPS_MAX && ops.iter().all(|op| op.len() <= OP_BYTES_MAX);
    if fits { Ok(ops.into_iter().map(Vec::from).collect()) } else { Err(BodyError) }
}
