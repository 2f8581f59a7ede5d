//! One end of a connection between two nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ed25519_dalek::Signature;

use super::contract::{
    Action, Batch, Closed, Config, Held, Input, OLDEST, PROTOCOL, PeerHello, Role, hello_bytes,
};
use super::frame::{Dictionaries, Page, build, read};
use super::inbox::Inbox;
use super::outbox::{Next, Outbox, Progress};
use super::scope::{Own, Rules};
use super::wire::{Cursor, Frame, Hello, Message, StreamTag, decode_all, tag_of};
use crate::ids::{Digest, OfficeId};
use crate::limits::{CURSORS_UNASKED_MAX, DEAD_PEER_MS, HELLO_MS_MAX, IDLE_PING_MS};
use crate::op::StreamId;
use crate::planted::{self, Bug};
use crate::problem::ProblemCode;

mod taken;

#[derive(Debug)]
struct Peer {
    office: OfficeId,
    dictionaries: Dictionaries,
}

/// The state machine of one end.
#[derive(Debug)]
pub struct Session {
    config: Config,
    held: BTreeMap<StreamId, u64>,
    /// The cursors of which our HELLO told the digest.
    stated: Vec<Cursor>,
    peer: Option<Peer>,
    /// The peer's cursors are known, so that sending may begin.
    ready: bool,
    closed: bool,
    outbox: Outbox,
    inbox: Inbox,
    /// Own streams that were asked for from where the chains part: what was on its way before does
    /// not follow, and is no reason to refuse the rest.
    asked: BTreeSet<StreamTag>,
    heard_ms: u64,
    /// When the peer began to owe a word.
    waiting_ms: u64,
    pinged_ms: Option<u64>,
}

impl Session {
    /// Begins a session; a dialler's HELLO goes out at once.
    pub fn begin(mut config: Config, out: &mut Vec<Action>) -> Self {
        let held = std::mem::take(&mut config.held).into_iter().collect();
        let heard_ms = config.now_ms;
        let mut session = Self {
            config,
            held,
            stated: Vec::new(),
            peer: None,
            ready: false,
            closed: false,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            asked: BTreeSet::new(),
            heard_ms,
            waiting_ms: heard_ms,
            pinged_ms: None,
        };
        if session.config.role == Role::Dialer {
            session.greet(session.config.peer_office, None, out);
        }
        session
    }

    /// Tells it what happened; what to do is appended to `out`, in order.
    pub fn input(&mut self, now_ms: u64, input: Input<'_>, out: &mut Vec<Action>) {
        if self.closed {
            return;
        }
        match input {
            Input::Bytes(bytes) => {
                self.heard_ms = now_ms;
                self.pinged_ms = None;
                match decode_all(bytes) {
                    Ok(messages) => {
                        messages.into_iter().for_each(|message| self.message(message, out));
                    }
                    Err(_) => self.close(Closed::Malformed, out),
                }
            }
            Input::Tick => self.tick(now_ms, out),
            Input::Grew(stream, next_seq) => self.grew(stream, next_seq),
            Input::Page(page) => self.page(&page),
            Input::Taken(number, taken) => self.taken(number, taken, out),
            Input::Rules(rules) => self.new_rules(rules, out),
            Input::Health(rows) if self.ready => send(out, &[Message::Health(rows)]),
            Input::Blob(word) if self.ready => send(out, &[Message::Blob(word)]),
            Input::Health(_) | Input::Blob(_) => {}
            Input::Stands(stands) => send(out, &[Message::Stands(stands)]),
            Input::Want(tag, marks) => self.want(tag, marks, out),
            Input::Again(stream, from) => self.outbox.again(&stream, from),
        }
        self.pump(now_ms, out);
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.outbox.progress()
    }

    /// Where streams stand at the peer, as far as it said: what a bundle for it may leave out.
    #[must_use]
    pub fn peer_cursors(&self) -> Vec<Cursor> {
        self.outbox.peer_cursors()
    }

    /// Whether the peer has all that it takes, as far as it said: a stream that it refuses waits for
    /// people, not for this session.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.ready && self.outbox.is_done()
    }

    fn greet(&mut self, to: Option<OfficeId>, theirs: Option<&Hello>, out: &mut Vec<Action>) {
        let cursors = to.map(|office| self.cursors(office)).unwrap_or_default();
        let mut hello = self.config.hello.clone();
        (hello.oldest, hello.newest) = (OLDEST, PROTOCOL);
        hello.digest = digest(&cursors);
        // One packet's worth goes unasked; more only to a peer that stands elsewhere.
        let wanted = match theirs {
            None => cursors.len() <= CURSORS_UNASKED_MAX,
            Some(theirs) => theirs.digest != hello.digest,
        };
        hello.cursors = wanted.then(|| cursors.clone());
        self.stated = cursors;
        send(out, &[Message::Hello(Box::new(hello))]);
    }

    /// Where every stream that both may hold stands here, by tag.
    fn cursors(&self, peer_office: OfficeId) -> Vec<Cursor> {
        let ahead = u64::from(planted::is(Bug::CursorAhead));
        let mut cursors: Vec<Cursor> = self
            .shared(peer_office)
            .map(|(stream, next_seq)| (tag_of(stream), next_seq))
            .map(|(tag, next_seq)| Cursor { tag, next_seq: next_seq + ahead })
            .collect();
        cursors.sort_unstable();
        cursors
    }

    /// The streams that both may hold, as far as their writers are trusted.
    fn shared(&self, peer_office: OfficeId) -> impl Iterator<Item = (&StreamId, u64)> {
        let shared =
            self.held.iter().filter(move |(stream, _)| self.may_share(stream, peer_office));
        shared.map(|(stream, next_seq)| (stream, self.trusted(stream, *next_seq)))
    }

    fn own(&self) -> Own {
        Own { writer: self.config.hello.writer, office: self.config.hello.office }
    }

    fn trusted(&self, stream: &StreamId, next_seq: u64) -> u64 {
        self.config.rules.trusted_next(self.own(), stream, next_seq)
    }

    /// Whether both ends may hold the stream.
    fn may_share(&self, stream: &StreamId, peer_office: OfficeId) -> bool {
        self.config.rules.may_share(self.own(), stream, peer_office)
    }

    fn message(&mut self, message: Message, out: &mut Vec<Action>) {
        if self.closed {
            return;
        }
        let greeted = self.peer.is_some();
        match message {
            Message::Hello(hello) if !greeted => self.hello(*hello, out),
            Message::Bye(code) => {
                self.closed = true;
                out.push(Action::Close(Closed::Bye(code)));
            }
            Message::Ping(number) => send(out, &[Message::Pong(number)]),
            Message::Pong(_) => {}
            _ if !greeted => self.close(Closed::Malformed, out),
            Message::Hello(_) => self.close(Closed::Malformed, out),
            Message::Cursors(cursors) => self.peer_stands(cursors),
            Message::Declare(number, stream) => self.declare(number, stream, out),
            Message::Frame(frame) => self.frame(&frame, out),
            Message::Part(part) => match self.inbox.part(&part) {
                Ok(Some(frame)) => self.frame(&frame, out),
                Ok(None) => {
                    let end = part.end();
                    send(out, &[Message::Got(part.stream, end)]);
                }
                Err(()) => self.close(Closed::Malformed, out),
            },
            Message::Ack(number, next_seq) => {
                if let Some((stream, next_seq)) = self.outbox.acked(number, next_seq) {
                    out.push(Action::Acked(stream, next_seq));
                }
            }
            Message::Got(number, end) => self.outbox.got(number, end),
            Message::Reset(number, next_seq) => self.outbox.set_back(number, next_seq, None),
            Message::Refused(number, next_seq, code) => self.refused(number, next_seq, code, out),
            Message::Health(rows) => out.push(Action::Health(rows)),
            Message::Blob(word) => out.push(Action::Blob(word)),
            Message::Stands(stands) => out.push(Action::Stands(stands)),
            Message::Want(tag, marks) => out.push(Action::Want(tag, marks)),
        }
    }

    fn hello(&mut self, hello: Hello, out: &mut Vec<Action>) {
        let office = match self.prove(&hello) {
            Ok(office) => office,
            Err(code) => {
                send(out, &[Message::Bye(code.as_str().to_owned())]);
                return self.close(Closed::Refused(code), out);
            }
        };
        let ours = &self.config.hello.dictionaries;
        let shared = (1u8..).zip(ours).filter(|(_, id)| hello.dictionaries.contains(id));
        let dictionaries = Dictionaries {
            codec: Arc::clone(&self.config.codec),
            out: shared.map(|(place, id)| (place, *id)).collect(),
            peer: hello.dictionaries.clone(),
        };
        self.peer = Some(Peer { office, dictionaries });
        if self.config.role == Role::Listener {
            self.greet(Some(office), Some(&hello), out);
        }
        out.push(Action::Met(PeerHello {
            writer: hello.writer,
            office,
            protocol: hello.newest.min(PROTOCOL),
            program: hello.program,
            packs: hello.packs,
            now_ms: hello.now_ms,
        }));
        // What grew here since our HELLO, the peer's answer doesn't know.
        let mine = std::mem::take(&mut self.stated);
        if hello.digest == digest(&mine) {
            self.peer_stands(mine);
        } else {
            if self.config.role == Role::Dialer && mine.len() > CURSORS_UNASKED_MAX {
                send(out, &[Message::Cursors(mine)]);
            }
            if let Some(cursors) = hello.cursors {
                self.peer_stands(cursors);
            }
        }
    }

    /// The office of a peer that is certified, speaks our protocol and holds its key.
    fn prove(&self, hello: &Hello) -> Result<OfficeId, ProblemCode> {
        if hello.oldest > PROTOCOL || hello.newest < OLDEST {
            return Err(ProblemCode::SyncVersion);
        }
        let entry = self.config.rules.trust.entry(hello.writer);
        let entry = entry.ok_or(ProblemCode::SyncUnknownWriter)?;
        if entry.is_revoked() {
            return Err(ProblemCode::SyncRevoked);
        }
        let theirs = match self.config.role {
            Role::Dialer => Role::Listener,
            Role::Listener => Role::Dialer,
        };
        let signed = hello_bytes(theirs, &self.config.channel, hello.writer);
        let proof = Signature::from_bytes(&hello.proof);
        if !planted::is(Bug::AnyHello) {
            entry.key.verify_strict(&signed, &proof).map_err(|_| ProblemCode::SyncProof)?;
        }
        let office = entry.certificate.office;
        if self.config.peer_office.is_some_and(|expected| expected != office) {
            return Err(ProblemCode::SyncOtherOffice);
        }
        Ok(office)
    }

    /// The peer's cursors: what it lacks of ours is what there is to send.
    fn peer_stands(&mut self, cursors: Vec<Cursor>) {
        let Some(peer) = &self.peer else { return };
        if self.ready {
            return;
        }
        let mut stands: BTreeMap<StreamTag, u64> =
            cursors.into_iter().map(|cursor| (cursor.tag, cursor.next_seq.max(1))).collect();
        if planted::is(Bug::FromBeginning) {
            stands.clear();
        }
        self.outbox.peer_holds(stands);
        self.ready = true;
        let office = peer.office;
        let shared: Vec<Held> =
            self.shared(office).map(|(stream, next_seq)| (stream.clone(), next_seq)).collect();
        for (stream, next_seq) in shared {
            let rank = self.config.rules.rank(&stream);
            self.outbox.grew(&stream, next_seq, rank);
        }
    }

    fn grew(&mut self, stream: StreamId, next_seq: u64) {
        let office = self.peer.as_ref().map(|peer| peer.office);
        if self.ready && office.is_some_and(|office| self.may_share(&stream, office)) {
            self.outbox.grew(
                &stream,
                self.trusted(&stream, next_seq),
                self.config.rules.rank(&stream),
            );
        }
        let held = self.held.entry(stream).or_insert(next_seq);
        *held = (*held).max(next_seq);
    }

    fn new_rules(&mut self, rules: Rules, out: &mut Vec<Action>) {
        self.config.rules = rules;
        let Some(peer) = &self.peer else { return };
        let office = peer.office;
        if self.ready {
            let kept: BTreeMap<StreamId, u64> =
                self.shared(office).map(|(stream, next_seq)| (stream.clone(), next_seq)).collect();
            for (stream, next_seq) in &kept {
                let rank = self.config.rules.rank(stream);
                self.outbox.grew(stream, *next_seq, rank);
                self.outbox.limit(stream, *next_seq);
            }
            self.outbox.retain(|stream| kept.contains_key(stream));
        }
        for (number, stream) in self.inbox.blocked() {
            if self.stands_against(&stream).is_none() {
                let next_seq = self.held.get(&stream).copied().unwrap_or(1);
                if let Some(entry) = self.inbox.get(number) {
                    entry.blocked = false;
                    entry.expected = next_seq;
                }
                send(out, &[Message::Reset(number, next_seq)]);
            }
        }
    }

    /// Why a stream that the peer offers can't be taken from it.
    fn stands_against(&self, stream: &StreamId) -> Option<ProblemCode> {
        let peer_office = self.peer.as_ref()?.office;
        let Some(office) = self.config.rules.stream_office(self.own(), stream) else {
            return Some(ProblemCode::SyncUnknownWriter);
        };
        let fits =
            self.config.rules.may_write(stream, office) && self.may_share(stream, peer_office);
        (!fits && !planted::is(Bug::ReceiverAudience)).then_some(ProblemCode::OpOutOfScope)
    }

    fn declare(&mut self, number: u32, stream: StreamId, out: &mut Vec<Action>) {
        let next_seq = self.held.get(&stream).copied().unwrap_or(1);
        let against = self.stands_against(&stream);
        if !self.inbox.declare(number, stream.clone(), next_seq) {
            return self.close(Closed::Malformed, out);
        }
        if let Some(code) = against {
            if let Some(entry) = self.inbox.get(number) {
                entry.blocked = true;
            }
            send(out, &[Message::Refused(number, next_seq, code.as_str().to_owned())]);
            out.push(Action::Offered(stream, code));
        }
    }

    fn frame(&mut self, frame: &Frame, out: &mut Vec<Action>) {
        let Some(peer) = &self.peer else { return };
        let Some(entry) = self.inbox.get(frame.stream) else {
            return self.close(Closed::Malformed, out);
        };
        let ops = read(frame, &peer.dictionaries, &mut entry.said).ok();
        let Some((first_seq, ops)) = ops.filter(|(_, ops)| !ops.is_empty()) else {
            return self.close(Closed::Malformed, out);
        };
        if entry.blocked {
            return;
        }
        if first_seq > entry.expected {
            return send(out, &[Message::Reset(frame.stream, entry.expected)]);
        }
        let next_seq = first_seq.saturating_add(ops.len() as u64);
        entry.expected = entry.expected.max(next_seq);
        if planted::is(Bug::AckBeforeCommit) {
            send(out, &[Message::Ack(frame.stream, entry.expected)]);
        }
        // What the peer sends it needn't be sent.
        self.outbox.peer_has(&entry.stream, next_seq);
        out.push(Action::Take {
            number: frame.stream,
            batch: Batch {
                stream: entry.stream.clone(),
                first_seq,
                ops,
                signature: frame.signature,
            },
        });
    }

    fn page(&mut self, page: &Page) {
        let Some(peer) = &self.peer else { return };
        let (number, said) = self.outbox.said(&page.stream);
        let built = build(page, number, &peer.dictionaries, &said);
        self.outbox.built(&page.stream, built);
    }

    fn pump(&mut self, now_ms: u64, out: &mut Vec<Action>) {
        if !self.ready || self.closed {
            return;
        }
        let waited = self.waits();
        while let Some(next) = self.outbox.next() {
            match next {
                Next::Read(stream, from) => out.push(Action::Read(stream, from)),
                Next::Send(messages) => send(out, &messages),
            }
        }
        if !waited && self.waits() {
            self.waiting_ms = now_ms;
        }
    }

    /// Whether the peer owes a word.
    fn waits(&self) -> bool {
        self.outbox.in_flight() || self.pinged_ms.is_some()
    }

    fn tick(&mut self, now_ms: u64, out: &mut Vec<Action>) {
        let silent_ms = now_ms.saturating_sub(self.heard_ms);
        if self.peer.is_none() {
            if silent_ms > HELLO_MS_MAX {
                self.close(Closed::Dead, out);
            }
        } else if self.waits() {
            let owed_ms = now_ms.saturating_sub(self.heard_ms.max(self.waiting_ms));
            if owed_ms > DEAD_PEER_MS {
                self.close(Closed::Dead, out);
            } else if owed_ms > DEAD_PEER_MS / 2 && self.pinged_ms.is_none() {
                // A peer whose disk is behind, as when hundreds return at once, answers this.
                self.pinged_ms = Some(now_ms);
                send(out, &[Message::Ping(now_ms)]);
            }
        } else if silent_ms > IDLE_PING_MS {
            (self.pinged_ms, self.waiting_ms) = (Some(now_ms), now_ms);
            send(out, &[Message::Ping(now_ms)]);
        }
    }

    fn close(&mut self, why: Closed, out: &mut Vec<Action>) {
        if !self.closed {
            self.closed = true;
            out.push(Action::Close(why));
        }
    }
}

/// BLAKE3 of cursors in ascending order.
fn digest(cursors: &[Cursor]) -> Digest {
    let bytes = minicbor::to_vec(cursors).expect("invariant: writing to memory does not fail");
    Digest(blake3::hash(&bytes).into())
}

/// Messages that go together are one datagram.
fn send(out: &mut Vec<Action>, messages: &[Message]) {
    let mut bytes = Vec::new();
    messages.iter().for_each(|message| message.write(&mut bytes));
    if !bytes.is_empty() {
        out.push(Action::Send(bytes));
    }
}
