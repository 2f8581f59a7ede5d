//! Checking that a database is whole.

use std::fmt;

use domain::op::{StreamHead, StreamId};

use crate::log::{self, Logged};
use crate::{Reader, StoreError};

/// Operations opened at once: bounds memory.
const CHECK_OPS: usize = 1_000;

/// Something that isn't as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SQLite's own check says so.
    File(String),
    /// A stream's chain breaks at this place.
    Chain(StreamId, u64),
    /// A stream's head isn't where its last operation is.
    Head(StreamId),
    /// An operation can't be opened.
    Op(String),
    /// The signed head isn't of the chain.
    Signed(StreamId),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(says) => write!(f, "the file is damaged: {says}"),
            Self::Chain(stream, seq) => {
                write!(f, "the chain of writer {} breaks at operation {seq}", stream.writer)
            }
            Self::Head(stream) => write!(f, "the head of writer {} is elsewhere", stream.writer),
            Self::Op(says) => f.write_str(says),
            Self::Signed(stream) => {
                write!(f, "the signed head of writer {} is of another chain", stream.writer)
            }
        }
    }
}

pub(crate) fn faults(r: &Reader<'_>) -> Result<Vec<Fault>, StoreError> {
    let says =
        r.many("check the file", "PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?;
    let mut faults: Vec<Fault> =
        says.into_iter().filter(|says| says != "ok").map(Fault::File).collect();
    for (stream, head) in log::streams(r)? {
        chain(r, &stream, head, &mut faults)?;
    }
    Ok(faults)
}

fn chain(
    r: &Reader<'_>,
    stream: &StreamId,
    head: StreamHead,
    faults: &mut Vec<Fault>,
) -> Result<(), StoreError> {
    let signed = log::signed_head(r, stream)?;
    let mut at = StreamHead::start(stream);
    let mut signed_holds = signed.as_ref().is_none_or(|signed| signed.head() == at);
    loop {
        let ops = match log::of_stream(r, stream, at.next_seq, CHECK_OPS) {
            Ok(ops) => ops,
            Err(StoreError::DamagedOp { pos, source }) => {
                faults.push(Fault::Op(format!("the operation at {pos} is damaged: {source}")));
                return Ok(());
            }
            Err(error @ StoreError::Unmade { .. }) => {
                faults.push(Fault::Op(error.to_string()));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        for Logged { op, .. } in &ops {
            if op.seq() != at.next_seq || op.prev() != at.link {
                faults.push(Fault::Chain(stream.clone(), at.next_seq));
                return Ok(());
            }
            at = op.head();
            signed_holds |= signed.as_ref().is_some_and(|signed| signed.head() == at);
        }
        if ops.len() < CHECK_OPS {
            break;
        }
    }
    if at != head {
        faults.push(Fault::Head(stream.clone()));
    }
    if !signed_holds {
        faults.push(Fault::Signed(stream.clone()));
    }
    Ok(())
}
