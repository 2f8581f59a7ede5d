//! What goes out: which stream next, how much at once, what is on its way.

use std::collections::{BTreeMap, VecDeque};

use super::frame::{BuiltFrame, Said};
use super::wire::{Cursor, Message, Part, StreamTag, tag_of};
use crate::limits::{FRAME_BYTES_MAX, UNACKED_STREAMS_MAX, WINDOW_BYTES_MAX};
use crate::op::{Lane, StreamId};
use crate::planted::{self, Bug};

/// Bytes of one piece of a long frame, so that its message is no longer than a frame.
const PART_BYTES: usize = FRAME_BYTES_MAX - 64;
/// Of so many frames, one goes to the least urgent lane that waits.
const SHARE: u64 = 8;

/// What waits in a lane, and what is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneQueue {
    /// Operations that haven't been sent.
    pub waiting_ops: u64,
    /// Operations that were sent and are not acknowledged.
    pub in_flight_ops: u64,
}

/// How far a session has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Operations that the peer acknowledged in this session.
    pub done_ops: u64,
    /// Those, and those that it lacks.
    pub total_ops: u64,
    /// By lane, most urgent first.
    pub lanes: [LaneQueue; 5],
    /// The first operation of each stream that isn't acknowledged, of at most
    /// [`UNACKED_STREAMS_MAX`] streams.
    pub unacked: Vec<(StreamId, u64)>,
    /// Streams that the peer refused, with the problem's code.
    pub refused: Vec<(StreamId, String)>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Read the stream from here.
    Read(StreamId, u64),
    /// Send these together.
    Send(Vec<Message>),
}

#[derive(Debug)]
struct Out {
    local_next: u64,
    /// Acknowledged up to here.
    peer_next: u64,
    sent_next: u64,
    number: Option<u32>,
    refused: Option<String>,
    built: Option<BuiltFrame>,
    said: Said,
    /// Pieces of a long frame that are still to be sent.
    parts: VecDeque<Part>,
    rank: usize,
    turn: u64,
}

#[derive(Debug)]
struct Flight {
    stream: StreamId,
    /// Freed by an acknowledgement of this, or of the piece that ends here.
    next_seq: u64,
    part_end: Option<u32>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    streams: BTreeMap<StreamId, Out>,
    numbers: Vec<StreamId>,
    /// What the peer said of streams, by tag.
    peer: BTreeMap<StreamTag, u64>,
    flights: VecDeque<Flight>,
    flight_bytes: usize,
    reading: Option<StreamId>,
    turn: u64,
    done: u64,
}

impl Outbox {
    /// What the peer holds, before anything is sent.
    pub(super) fn peer_holds(&mut self, cursors: BTreeMap<StreamTag, u64>) {
        self.peer = cursors;
    }

    /// The peer showed that it has a stream up to here.
    pub(super) fn peer_has(&mut self, stream: &StreamId, next_seq: u64) {
        let stated = self.peer.entry(tag_of(stream)).or_insert(next_seq);
        *stated = (*stated).max(next_seq);
        if let Some(out) = self.streams.get_mut(stream) {
            out.peer_next = out.peer_next.max(next_seq);
            if out.sent_next < next_seq {
                (out.sent_next, out.built) = (next_seq, None);
                out.parts.clear();
            }
        }
    }

    /// A stream that the peer may have stands here now.
    /// `rank` orders streams of the control lane: what authorities above said goes first.
    pub(super) fn grew(&mut self, stream: &StreamId, local_next: u64, rank: usize) {
        if let Some(out) = self.streams.get_mut(stream) {
            out.local_next = out.local_next.max(local_next);
            return;
        }
        let peer_next = self.peer.get(&tag_of(stream)).copied().unwrap_or(1);
        let out = Out {
            local_next,
            peer_next,
            sent_next: peer_next,
            number: None,
            refused: None,
            built: None,
            said: Said::default(),
            parts: VecDeque::new(),
            rank,
            turn: 0,
        };
        self.streams.insert(stream.clone(), out);
    }

    /// A stream is trusted only so far from now on: what comes after is not sent.
    pub(super) fn limit(&mut self, stream: &StreamId, local_next: u64) {
        if let Some(out) = self.streams.get_mut(stream) {
            out.local_next = out.local_next.min(local_next.max(out.sent_next));
        }
    }

    /// Whether the peer has all that it takes.
    pub(super) fn is_done(&self) -> bool {
        self.streams.values().all(|out| out.refused.is_some() || out.peer_next >= out.local_next)
    }

    /// Streams that the peer may have no longer, such as of an office that moved.
    pub(super) fn retain(&mut self, keep: impl Fn(&StreamId) -> bool) {
        self.streams.retain(|stream, _| keep(stream));
        self.flights.retain(|flight| self.streams.contains_key(&flight.stream));
        self.flight_bytes = self.flights.iter().map(|flight| flight.bytes).sum();
    }

    /// The stream's number, and how far it has gone in this session, as far as its next frame may
    /// lean on that: the end of a backlog may not, since to read a frame that leans takes a peer
    /// twice the time, which counts where hundreds come back at once.
    pub(super) fn said(&self, stream: &StreamId) -> (u32, Said) {
        let out = self.streams.get(stream);
        let next = || u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = out.and_then(|out| out.number).unwrap_or_else(next);
        let calm = out.filter(|out| out.peer_next >= out.sent_next);
        (number, calm.map(|out| out.said.clone()).unwrap_or_default())
    }

    /// Operations that were read, as a frame; `None` where nothing signed could be read.
    pub(super) fn built(&mut self, stream: &StreamId, built: Option<BuiltFrame>) {
        self.reading = None;
        let Some(out) = self.streams.get_mut(stream) else { return };
        match built {
            Some(built) if built.first_seq == out.sent_next => out.built = Some(built),
            // The stream was set back while it was read: it is read again.
            Some(_) => {}
            None => out.local_next = out.sent_next,
        }
    }

    pub(super) fn in_flight(&self) -> bool {
        !self.flights.is_empty()
    }

    /// What to do next, if anything may be done now.
    pub(super) fn next(&mut self) -> Option<Next> {
        let stream = self.choose()?;
        let urgent = stream.lane == Lane::Urgent;
        let urgent_flies = self.flights.iter().any(|flight| flight.stream.lane == Lane::Urgent);
        // What is urgent doesn't wait for the window, one frame at a time.
        let room = self.flight_bytes < WINDOW_BYTES_MAX
            || (urgent && !urgent_flies)
            || planted::is(Bug::NoWindow);
        if !room {
            return None;
        }
        let turn = self.turn;
        let out = self.streams.get_mut(&stream)?;
        if let Some(part) = out.parts.pop_front() {
            let part_end = part.end();
            let last = out.parts.is_empty();
            out.turn = turn;
            let next_seq = out.sent_next;
            let bytes = part.bytes.len();
            let part_end = Some(part_end).filter(|_| !last);
            self.fly(Flight { stream, next_seq, part_end, bytes });
            return Some(Next::Send(vec![Message::Part(part)]));
        }
        let Some(built) = out.built.take() else {
            if self.reading.is_some() {
                return None;
            }
            let from = out.sent_next;
            self.reading = Some(stream.clone());
            return Some(Next::Read(stream, from));
        };
        Some(self.send(stream, built))
    }

    fn send(&mut self, stream: StreamId, built: BuiltFrame) -> Next {
        let mut messages = Vec::new();
        let next_number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let turn = self.turn;
        let Some(out) = self.streams.get_mut(&stream) else { return Next::Send(messages) };
        let number = *out.number.get_or_insert_with(|| {
            messages.push(Message::Declare(next_number, stream.clone()));
            next_number
        });
        if number == next_number {
            self.numbers.push(stream.clone());
        }
        out.turn = turn;
        let next_seq = built.said.next_seq;
        (out.sent_next, out.said) = (next_seq, built.said);
        let frame = super::wire::Frame { stream: number, ..built.frame };
        if frame.body.len() < FRAME_BYTES_MAX {
            let message = Message::Frame(frame);
            let bytes = message.bytes().len();
            messages.push(message);
            self.fly(Flight { stream, next_seq, part_end: None, bytes });
            return Next::Send(messages);
        }
        let whole = minicbor::to_vec(&frame).expect("invariant: writing to memory does not fail");
        let total = u32::try_from(whole.len()).unwrap_or(u32::MAX);
        let pieces = (0u32..).step_by(PART_BYTES).zip(whole.chunks(PART_BYTES));
        out.parts = pieces
            .map(|(offset, bytes)| Part { stream: number, offset, total, bytes: bytes.to_vec() })
            .collect();
        Next::Send(messages)
    }

    fn fly(&mut self, flight: Flight) {
        self.turn += 1;
        self.flight_bytes += flight.bytes;
        self.flights.push_back(flight);
    }

    /// The most urgent lane first, within it whoever waited longest; now and then the least.
    fn choose(&self) -> Option<StreamId> {
        let waiting = self.streams.iter().filter(|(_, out)| out.waits());
        let key = |(stream, out): &(&StreamId, &Out)| (stream.lane, out.rank, out.turn);
        let least = self.turn % SHARE == SHARE - 1 || planted::is(Bug::UrgentLast);
        let chosen = if least {
            waiting.max_by_key(|(stream, out)| (stream.lane, std::cmp::Reverse(out.turn)))
        } else {
            waiting.min_by_key(key)
        };
        chosen.map(|(stream, _)| stream.clone())
    }

    pub(super) fn stream_of(&self, number: u32) -> Option<StreamId> {
        self.numbers.get(usize::try_from(number).ok()?).cloned()
    }

    /// The peer has it durably up to here: the stream, if that says something new.
    pub(super) fn acked(&mut self, number: u32, next_seq: u64) -> Option<(StreamId, u64)> {
        let stream = self.stream_of(number)?;
        let out = self.streams.get_mut(&stream)?;
        if next_seq <= out.peer_next || next_seq > out.sent_next {
            return None;
        }
        self.done += next_seq - out.peer_next;
        out.peer_next = next_seq;
        self.land(|flight| flight.stream == stream && flight.next_seq <= next_seq);
        Some((stream, next_seq))
    }

    /// A piece came.
    pub(super) fn got(&mut self, number: u32, part_end: u32) {
        let Some(stream) = self.stream_of(number) else { return };
        self.land(|flight| flight.stream == stream && flight.part_end == Some(part_end));
    }

    /// The peer wants the stream from here, or, with a code, not at all.
    pub(super) fn set_back(&mut self, number: u32, next_seq: u64, refused: Option<String>) {
        let Some(stream) = self.stream_of(number) else { return };
        let Some(out) = self.streams.get_mut(&stream) else { return };
        if next_seq > out.local_next {
            return;
        }
        out.peer_next = next_seq;
        if !planted::is(Bug::ResetForgotten) {
            out.sent_next = next_seq;
        }
        out.built = None;
        out.parts.clear();
        out.refused = refused;
        self.land(|flight| flight.stream == stream);
    }

    /// The peer asks for a stream again from here, without having been sent it.
    pub(super) fn again(&mut self, stream: &StreamId, from: u64) {
        let Some(out) = self.streams.get_mut(stream) else { return };
        (out.peer_next, out.sent_next, out.built, out.refused) = (from, from, None, None);
        out.parts.clear();
        self.land(|flight| flight.stream == *stream);
    }

    fn land(&mut self, landed: impl Fn(&Flight) -> bool) {
        self.flights.retain(|flight| !landed(flight));
        self.flight_bytes = self.flights.iter().map(|flight| flight.bytes).sum();
    }

    pub(super) fn peer_cursors(&self) -> Vec<Cursor> {
        let stands = self.streams.iter();
        stands
            .map(|(stream, out)| Cursor { tag: tag_of(stream), next_seq: out.peer_next })
            .collect()
    }

    pub(super) fn progress(&self) -> Progress {
        let mut progress = Progress { done_ops: self.done, ..Progress::default() };
        for (stream, out) in &self.streams {
            let lane = &mut progress.lanes[stream.lane as usize];
            lane.waiting_ops += out.local_next.saturating_sub(out.sent_next);
            lane.in_flight_ops += out.sent_next.saturating_sub(out.peer_next);
            progress.total_ops += out.local_next.saturating_sub(out.peer_next);
            if out.peer_next < out.local_next && progress.unacked.len() < UNACKED_STREAMS_MAX {
                progress.unacked.push((stream.clone(), out.peer_next));
            }
            if let Some(code) = &out.refused {
                progress.refused.push((stream.clone(), code.clone()));
            }
        }
        progress.total_ops += progress.done_ops;
        progress
    }
}

impl Out {
    fn waits(&self) -> bool {
        let more = self.sent_next < self.local_next || !self.parts.is_empty();
        more && self.refused.is_none()
    }
}
