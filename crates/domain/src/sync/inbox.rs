//! What comes in: streams by the peer's numbers, frames out of parts.

use std::collections::BTreeMap;

use super::frame::Said;
use super::wire::{Frame, Part};
use crate::limits::FRAME_RAW_BYTES_MAX;
use crate::op::StreamId;

/// Streams that a peer may declare in one session.
const DECLARED_MAX: usize = 65_536;
/// Streams of which a long frame may be half here at once: bounds memory.
const ASSEMBLING_MAX: usize = 4;

#[derive(Debug)]
pub(super) struct In {
    pub(super) stream: StreamId,
    /// What comes next: what is being committed counts as here.
    pub(super) expected: u64,
    /// Not taken for now: its scope or writer stands against it.
    pub(super) blocked: bool,
    /// How far the peer has gone, whatever came of it.
    pub(super) said: Said,
    assembling: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
pub(super) struct Inbox {
    streams: BTreeMap<u32, In>,
}

impl Inbox {
    /// Notes a number; false if it can't be one.
    pub(super) fn declare(&mut self, number: u32, stream: StreamId, expected: u64) -> bool {
        if self.streams.len() >= DECLARED_MAX || self.streams.contains_key(&number) {
            return false;
        }
        let said = Said::default();
        let entry = In { stream, expected, blocked: false, said, assembling: None };
        self.streams.insert(number, entry);
        true
    }

    pub(super) fn get(&mut self, number: u32) -> Option<&mut In> {
        self.streams.get_mut(&number)
    }

    pub(super) fn blocked(&self) -> Vec<(u32, StreamId)> {
        let blocked = self.streams.iter().filter(|(_, entry)| entry.blocked);
        blocked.map(|(number, entry)| (*number, entry.stream.clone())).collect()
    }

    /// Streams are taken again that were blocked.
    pub(super) fn let_in(&mut self, which: impl Fn(&StreamId) -> bool) {
        let blocked = self.streams.values_mut().filter(|entry| which(&entry.stream));
        blocked.for_each(|entry| entry.blocked = false);
    }

    /// Adds a piece: the frame, if it is whole; an error if it doesn't fit what came before.
    pub(super) fn part(&mut self, part: &Part) -> Result<Option<Frame>, ()> {
        let assembling = self.streams.values().filter(|entry| entry.assembling.is_some()).count();
        let entry = self.streams.get_mut(&part.stream).ok_or(())?;
        let total = usize::try_from(part.total).map_err(|_| ())?;
        if total > FRAME_RAW_BYTES_MAX + 1_024 {
            return Err(());
        }
        if part.offset == 0 {
            if entry.assembling.is_none() && assembling >= ASSEMBLING_MAX {
                return Err(());
            }
            entry.assembling = Some(Vec::with_capacity(total.min(FRAME_RAW_BYTES_MAX)));
        }
        let held = entry.assembling.as_mut().ok_or(())?;
        if usize::try_from(part.offset) != Ok(held.len()) || held.len() + part.bytes.len() > total {
            return Err(());
        }
        held.extend_from_slice(&part.bytes);
        if held.len() < total {
            return Ok(None);
        }
        let whole = entry.assembling.take().unwrap_or_default();
        minicbor::decode(&whole).map(Some).map_err(|_| ())
    }
}
