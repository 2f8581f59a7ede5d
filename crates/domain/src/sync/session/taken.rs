//! What comes of operations, at this end and at the peer's, and what is asked for again.

use super::{Session, send};
use crate::op::StreamId;
use crate::planted::{self, Bug};
use crate::problem::ProblemCode;
use crate::sync::contract::{Action, Closed, Taken};
use crate::sync::wire::{Mark, Message, Stand, StreamTag, tag_of};

impl Session {
    pub(super) fn taken(&mut self, number: u32, taken: Taken, out: &mut Vec<Action>) {
        let Some(entry) = self.inbox.get(number) else { return };
        match taken {
            Taken::Durable(next_seq) => {
                entry.expected = entry.expected.max(next_seq);
                send(out, &[Message::Ack(number, next_seq)]);
            }
            Taken::Refused(..) if planted::is(Bug::AckRefused) => {
                send(out, &[Message::Ack(number, entry.expected)]);
            }
            Taken::Refused(..) if self.asked.contains(&tag_of(&entry.stream)) => {}
            Taken::Refused(next_seq, code) => {
                entry.expected = next_seq;
                entry.blocked = true;
                let stream = entry.stream.clone();
                send(out, &[Message::Refused(number, next_seq, code.as_str().to_owned())]);
                self.parted(&stream, code.as_str(), out);
            }
            Taken::Gap(next_seq) => {
                entry.expected = next_seq;
                send(out, &[Message::Reset(number, next_seq)]);
            }
            Taken::Failed => self.close(Closed::Storage, out),
        }
    }

    /// The peer does not take a stream.
    pub(super) fn refused(
        &mut self,
        number: u32,
        next_seq: u64,
        code: String,
        out: &mut Vec<Action>,
    ) {
        if let Some(stream) = self.outbox.stream_of(number) {
            self.parted(&stream, &code, out);
        }
        self.outbox.set_back(number, next_seq, Some(code));
    }

    /// An own stream that contradicts the peer's is compared, as if the peer had said that it stands
    /// elsewhere: when the two met, it may not have had it yet.
    fn parted(&self, stream: &StreamId, code: &str, out: &mut Vec<Action>) {
        let tag = tag_of(stream);
        let codes = [ProblemCode::OpFork, ProblemCode::OpForged];
        let contradicts = codes.iter().any(|known| known.as_str() == code);
        let own = stream.writer == self.config.hello.writer;
        if contradicts && own && !self.asked.contains(&tag) {
            out.push(Action::Stands(vec![Stand { tag, head: Mark::ELSEWHERE }]));
        }
    }

    /// Asks for an own stream from where the chains part.
    pub(super) fn want(&mut self, tag: StreamTag, marks: Vec<Mark>, out: &mut Vec<Action>) {
        self.asked.insert(tag);
        self.inbox.let_in(|stream| tag_of(stream) == tag);
        send(out, &[Message::Want(tag, marks)]);
    }
}
