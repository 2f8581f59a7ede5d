//! The wiretap: decodes what one end of a connection sends, and holds it against what that end's
//! disk holds and what the other's office may have.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::ids::OfficeId;
use domain::limits::{FRAME_BYTES_MAX, WINDOW_BYTES_MAX};
use domain::op::{Lane, StreamId};
use domain::sync::body::BodyError;
use domain::sync::{
    Cursor, Dictionaries, Frame, Message, Part, Said, Squeeze, StreamTag, decode_all, read, tag_of,
};

use crate::fault::{Counts, Fault};
use crate::machine::Machine;
use crate::scope::Registry;

/// Frames that may leave before something urgent: the one that is due to the least urgent lane.
const BEFORE_URGENT_MAX: u32 = 1;

#[derive(Debug)]
struct Flight {
    number: u32,
    /// Acknowledged by this, or, a piece, when it came.
    next_seq: u64,
    part_end: Option<u32>,
    bytes: usize,
}

/// Something urgent that should leave.
#[derive(Debug)]
struct Urgent {
    stream: StreamId,
    frames_before: u32,
}

/// Reads the frames of one direction, each leaning on those before it.
#[derive(Debug)]
struct Ear {
    dictionaries: Dictionaries,
    said: BTreeMap<u32, Said>,
    parts: BTreeMap<u32, Vec<u8>>,
}

impl Ear {
    fn new(codec: &Arc<dyn Squeeze>) -> Self {
        let codec = Arc::clone(codec);
        let dictionaries = Dictionaries { codec, out: Vec::new(), peer: Vec::new() };
        Self { dictionaries, said: BTreeMap::new(), parts: BTreeMap::new() }
    }

    /// The sequence numbers of the frame's operations.
    fn frame(&mut self, frame: &Frame) -> Result<Range<u64>, BodyError> {
        let said = self.said.entry(frame.stream).or_default();
        read(frame, &self.dictionaries, said).map(|(first_seq, _)| first_seq..said.next_seq)
    }

    /// A piece of a long frame, which is read once it is whole.
    fn part(&mut self, part: &Part) {
        let held = self.parts.entry(part.stream).or_default();
        if part.offset == 0 {
            held.clear();
        }
        held.extend_from_slice(&part.bytes);
        if part.end() == part.total
            && let Ok(frame) = minicbor::decode::<Frame>(held)
        {
            let _ = self.frame(&frame);
        }
    }
}

/// What one end has said so far.
#[derive(Debug)]
pub(crate) struct Tap {
    out: Ear,
    back: Ear,
    /// Its numbers for streams, as it declared them.
    pub(crate) said: BTreeMap<u32, StreamId>,
    /// The other's numbers, as they came here.
    heard: BTreeMap<u32, StreamId>,
    /// Where the other stands, as it said.
    stated: Option<BTreeMap<StreamTag, u64>>,
    /// Where each of its streams was set back to.
    set_back: BTreeMap<u32, u64>,
    flights: VecDeque<Flight>,
    urgent: Vec<Urgent>,
    pub(crate) data_frames: u64,
    /// What is on its way can't be counted any more: bytes were changed, or rules were.
    pub(crate) loose: bool,
}

/// Whom a datagram goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct To<'a> {
    pub(crate) registry: &'a Registry,
    /// The office whose key the receiver really holds.
    pub(crate) office: Option<OfficeId>,
}

impl Tap {
    pub(crate) fn new(codec: &Arc<dyn Squeeze>, loose: bool) -> Self {
        Self {
            out: Ear::new(codec),
            back: Ear::new(codec),
            said: BTreeMap::new(),
            heard: BTreeMap::new(),
            stated: None,
            set_back: BTreeMap::new(),
            flights: VecDeque::new(),
            urgent: Vec::new(),
            data_frames: 0,
            loose,
        }
    }

    /// Something urgent is on the disk and the link is free: it must leave next.
    pub(crate) fn expect_urgent(&mut self, stream: StreamId) {
        if !self.loose && self.urgent.iter().all(|urgent| urgent.stream != stream) {
            self.urgent.push(Urgent { stream, frames_before: 0 });
        }
    }

    /// Whether it has what isn't acknowledged.
    pub(crate) fn busy(&self) -> bool {
        !self.flights.is_empty()
    }

    /// A datagram of the node leaves.
    pub(crate) fn sent(
        &mut self,
        bytes: &[u8],
        from: &Machine,
        to: To<'_>,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        for message in decode_all(bytes).context("a node sent what is no message")? {
            self.message(&message, from, to, counts)?;
        }
        Ok(())
    }

    fn message(
        &mut self,
        message: &Message,
        from: &Machine,
        to: To<'_>,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        match message {
            Message::Hello(hello) => {
                self.out.dictionaries.peer.clone_from(&hello.dictionaries);
                self.cursors(hello.cursors.as_deref().unwrap_or_default(), from)
            }
            Message::Cursors(cursors) => self.cursors(cursors, from),
            Message::Declare(number, stream) => {
                let may = to.office.is_some_and(|office| to.registry.may_have(stream, office));
                ensure!(may, "a stream left for an office out of its scope: {stream:?}");
                self.said.insert(*number, stream.clone());
                Ok(())
            }
            Message::Frame(frame) => self.frame(frame, counts),
            Message::Part(part) => {
                counts.note(Fault::InPieces);
                self.out.part(part);
                let end = part.offset + u32::try_from(part.bytes.len())?;
                // The last piece is acknowledged with the operation.
                let part_end = Some(end).filter(|end| *end < part.total);
                self.fly(part.stream, u64::MAX, part_end, part.bytes.len())
            }
            Message::Ack(number, next_seq) => self.claims(*number, *next_seq, from, "acknowledged"),
            Message::Refused(number, next_seq, _) => {
                self.claims(*number, *next_seq, from, "said to stand")
            }
            Message::Reset(..) => {
                counts.note(Fault::Reset);
                Ok(())
            }
            Message::Ping(_)
            | Message::Pong(_)
            | Message::Bye(_)
            | Message::Health(_)
            | Message::Blob(_)
            | Message::Stands(_)
            | Message::Want(..)
            | Message::Got(..) => Ok(()),
        }
    }

    /// Cursors name nothing that isn't durable.
    fn cursors(&self, cursors: &[Cursor], from: &Machine) -> anyhow::Result<()> {
        if cursors.is_empty() {
            return Ok(());
        }
        let held = from.kernel.held()?;
        let held: BTreeMap<StreamTag, u64> =
            held.iter().map(|(stream, next_seq)| (tag_of(stream), *next_seq)).collect();
        for cursor in cursors {
            let durable = held.get(&cursor.tag).copied().unwrap_or(1);
            let next_seq = cursor.next_seq;
            ensure!(next_seq <= durable, "a cursor says {next_seq}, durable is {durable}");
        }
        Ok(())
    }

    /// What is claimed to be here is on the disk.
    fn claims(&self, number: u32, next_seq: u64, from: &Machine, how: &str) -> anyhow::Result<()> {
        let stream = self.heard.get(&number).context("an answer about no stream")?;
        let durable = from.durable(stream)?;
        ensure!(next_seq <= durable, "{how} up to {next_seq}, durable is {durable}: {stream:?}");
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, counts: &mut Counts) -> anyhow::Result<()> {
        let seqs = self.out.frame(frame)?;
        let stream = self.said.get(&frame.stream).context("a frame of a stream not declared")?;
        if let Some(stated) = &self.stated
            && !self.loose
        {
            let stands = stated.get(&tag_of(stream)).copied().unwrap_or(1);
            let stands = self.set_back.get(&frame.stream).copied().unwrap_or(stands).min(stands);
            let first_seq = seqs.start;
            ensure!(first_seq >= stands, "{first_seq} was sent to who stands at {stands}");
        }
        if stream.lane == Lane::Urgent && self.busy() {
            counts.note(Fault::UrgentOvertakes);
        }
        let bytes = Message::Frame(frame.clone()).bytes().len();
        self.fly(frame.stream, seqs.end, None, bytes)
    }

    fn fly(
        &mut self,
        number: u32,
        next_seq: u64,
        part_end: Option<u32>,
        bytes: usize,
    ) -> anyhow::Result<()> {
        let stream = self.said.get(&number).context("data of a stream not declared")?;
        self.data_frames += 1;
        if stream.lane == Lane::Urgent {
            self.urgent.retain(|urgent| urgent.stream != *stream);
        } else {
            for urgent in &mut self.urgent {
                urgent.frames_before += 1;
                let late = urgent.frames_before > BEFORE_URGENT_MAX && !self.loose;
                ensure!(!late, "something urgent waits behind other frames: {:?}", urgent.stream);
            }
        }
        let under_way: usize = self.flights.iter().map(|flight| flight.bytes).sum();
        let most = WINDOW_BYTES_MAX + FRAME_BYTES_MAX;
        let most = if stream.lane == Lane::Urgent { most + FRAME_BYTES_MAX } else { most };
        ensure!(self.loose || under_way < most, "{under_way} bytes are under way, of {most}");
        self.flights.push_back(Flight { number, next_seq, part_end, bytes });
        Ok(())
    }

    /// A datagram from the other end came here, as it came.
    pub(crate) fn heard(&mut self, bytes: &[u8]) {
        for message in decode_all(bytes).unwrap_or_default() {
            match message {
                Message::Hello(hello) => {
                    self.back.dictionaries.peer = hello.dictionaries;
                    if let Some(cursors) = hello.cursors {
                        self.state(&cursors);
                    }
                }
                Message::Cursors(cursors) => self.state(&cursors),
                Message::Declare(number, stream) => {
                    self.heard.entry(number).or_insert(stream);
                }
                Message::Ack(number, next_seq) => self.flights.retain(|flight| {
                    let whole = flight.part_end.is_none();
                    let acked = flight.next_seq <= next_seq || flight.next_seq == u64::MAX;
                    !(flight.number == number && whole && acked)
                }),
                Message::Got(number, end) => self
                    .flights
                    .retain(|flight| flight.number != number || flight.part_end != Some(end)),
                Message::Reset(number, next_seq) | Message::Refused(number, next_seq, _) => {
                    self.flights.retain(|flight| flight.number != number);
                    let least = self.set_back.entry(number).or_insert(next_seq);
                    *least = (*least).min(next_seq);
                    // A refused stream does not leave.
                    let stream = self.said.get(&number);
                    self.urgent.retain(|urgent| Some(&urgent.stream) != stream);
                }
                Message::Frame(frame) => self.shown(&frame),
                Message::Part(part) => self.back.part(&part),
                Message::Ping(_)
                | Message::Pong(_)
                | Message::Bye(_)
                | Message::Blob(_)
                | Message::Stands(_)
                | Message::Health(_) => {}
                // What was acknowledged is asked for again.
                Message::Want(..) => self.loose = true,
            }
        }
    }

    /// The other sent operations: it has them.
    fn shown(&mut self, frame: &Frame) {
        let end = self.back.frame(frame).ok().map(|seqs| seqs.end);
        let (Some(end), Some(stream)) = (end, self.heard.get(&frame.stream)) else { return };
        if let Some(stated) = &mut self.stated {
            let stands = stated.entry(tag_of(stream)).or_insert(1);
            *stands = (*stands).max(end);
        }
    }

    fn state(&mut self, cursors: &[Cursor]) {
        if self.stated.is_none() {
            let stated = cursors.iter().map(|cursor| (cursor.tag, cursor.next_seq));
            self.stated = Some(stated.collect());
        }
    }
}

/// A datagram in a few words, for a trace.
pub(crate) fn told(bytes: &[u8], said: &BTreeMap<u32, StreamId>) -> String {
    let stream = |stream: &StreamId| {
        format!("{} {:?} {:?}", &stream.writer.to_string()[..4], stream.audience, stream.lane)
    };
    let messages = decode_all(bytes).unwrap_or_default();
    let words = messages.iter().map(|message| match message {
        Message::Blob(word) => format!("a word of {} B about files", word.len()),
        Message::Hello(hello) => match &hello.cursors {
            Some(cursors) => format!("hello with {} cursors", cursors.len()),
            None => "hello".to_owned(),
        },
        Message::Cursors(cursors) => format!("{} cursors", cursors.len()),
        Message::Declare(number, named) => format!("{number} is {}", stream(named)),
        Message::Frame(frame) => {
            let named = said.get(&frame.stream).map(stream).unwrap_or_default();
            let from =
                if frame.first_seq == 0 { "there".into() } else { frame.first_seq.to_string() };
            format!("{} from {from} ({named})", frame.stream)
        }
        Message::Part(part) => format!("{} at {} of {}", part.stream, part.offset, part.total),
        Message::Ack(..)
        | Message::Reset(..)
        | Message::Refused(..)
        | Message::Ping(_)
        | Message::Pong(_)
        | Message::Bye(_)
        | Message::Health(_)
        | Message::Stands(_)
        | Message::Want(..)
        | Message::Got(..) => format!("{message:?}"),
    });
    words.collect::<Vec<_>>().join("; ")
}
