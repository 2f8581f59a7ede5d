//! A whole session, in either role, with a peer that says anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{Digest, OfficeId};
use domain::limits::{FRAME_OPS_MAX, FRAME_RAW_BYTES_MAX, WINDOW_BYTES_MAX};
use domain::op::{Audience, Lane, StreamId};
use domain::problem::ProblemCode;
use domain::sync::body::{BodyError, DictionaryId, Squeeze};
use domain::sync::{
    Action, Batch, Boundary, Config, Hello, Input, Message, Page, Role, Session, Taken, decode_all,
    hello_bytes,
};
use ed25519_dalek::Signer as _;

use crate::input::{first, pieces};
use crate::world;

const STEPS_MAX: usize = 48;
/// Our office in [`world::OFFICES`]: the province.
const OURS: usize = 1;
const CHANNEL: [u8; 32] = [9; 32];
/// Operations that stand in each of our streams.
const HELD_OPS: u64 = 6;

/// Columns as they are, so that a fuzzer sees through them.
#[derive(Debug)]
struct Plain;

impl Squeeze for Plain {
    fn squeeze(&self, _: DictionaryId, _: &[u8], raw: &[u8]) -> Result<Vec<u8>, BodyError> {
        Ok(raw.to_vec())
    }

    fn expand(
        &self,
        _: DictionaryId,
        _: &[u8],
        bytes: &[u8],
        max: usize,
    ) -> Result<Vec<u8>, BodyError> {
        if bytes.len() > max { Err(BodyError::TooLarge) } else { Ok(bytes.to_vec()) }
    }
}

/// A HELLO of an office's node, by the office's place, to a session in this role.
#[must_use]
pub fn hello(at: usize, to: Role) -> Hello {
    let mut hello = Hello {
        oldest: 1,
        newest: 1,
        writer: world::writer(at),
        proof: [0; 64],
        office: world::OFFICES[at],
        now_ms: 1_767_225_600_000,
        program: "0.1.0".into(),
        packs: vec![("lapsit".into(), 3)],
        dictionaries: vec![DictionaryId::NONE],
        digest: Digest([0; 32]),
        cursors: Some(Vec::new()),
    };
    prove(&mut hello, at, to);
    hello
}

fn prove(hello: &mut Hello, at: usize, to: Role) {
    let theirs = if to == Role::Dialer { Role::Listener } else { Role::Dialer };
    hello.writer = world::writer(at);
    hello.proof = world::key(at).sign(&hello_bytes(theirs, &CHANNEL, hello.writer)).to_bytes();
}

/// What our node holds: its own up and down, a regency's, the centre's.
#[must_use]
pub fn held() -> Vec<StreamId> {
    let [centre, province, regency, ..] = world::OFFICES;
    vec![
        world::stream(OURS, Audience::Up(province), Lane::Forms),
        world::stream(OURS, Audience::Down(province), Lane::Circulars),
        world::stream(OURS, Audience::To(vec![centre, province]), Lane::Urgent),
        world::stream(2, Audience::Up(regency), Lane::Forms),
        world::stream(0, Audience::Down(centre), Lane::Control),
    ]
}

struct Run {
    session: Session,
    role: Role,
    peer: usize,
    now_ms: u64,
    met: Option<OfficeId>,
    closed: bool,
    /// Takes and reads that are still to be answered.
    takes: Vec<(u32, u64)>,
    reads: Vec<(StreamId, u64)>,
}

/// One input: a byte of which bit 0 says that our end dials, bits 1–3 who the peer is, then steps
/// as pieces: by the first byte of each, a datagram or what our node does.
pub fn run(data: &[u8]) {
    let (flags, rest) = first(data);
    let role = if flags & 1 == 1 { Role::Dialer } else { Role::Listener };
    let peer = usize::from(flags >> 1 & 7) % world::OFFICES.len();
    let config = Config {
        role,
        channel: CHANNEL,
        hello: hello(OURS, role),
        peer_office: (role == Role::Dialer).then(|| world::OFFICES[peer]),
        rules: world::rules(),
        held: held().into_iter().map(|stream| (stream, HELD_OPS + 1)).collect(),
        codec: Arc::new(Plain),
        now_ms: 0,
    };
    let mut out = Vec::new();
    let session = Session::begin(config, &mut out);
    let (takes, reads) = (Vec::new(), Vec::new());
    let mut run = Run { session, role, peer, now_ms: 0, met: None, closed: false, takes, reads };
    run.judge(&out, 0);
    for piece in pieces(rest, STEPS_MAX) {
        run.step(piece);
    }
}

impl Run {
    fn step(&mut self, piece: &[u8]) {
        let (what, rest) = first(piece);
        let (which, _) = first(rest);
        let held = held();
        let stream = held[usize::from(which) % held.len()].clone();
        match what % 8 {
            // As it is, with whatever proof it has.
            0 => self.give(Input::Bytes(rest)),
            1 | 2 => self.give(Input::Bytes(&self.proved(rest))),
            3 => {
                self.now_ms += u64::from(which) * 200;
                self.give(Input::Tick);
            }
            4 => self.give(Input::Grew(stream, HELD_OPS + 1 + u64::from(which >> 3))),
            5 => {
                let Some((number, next)) = self.takes.pop() else { return };
                let taken = match which % 4 {
                    0 => Taken::Durable(next),
                    1 => Taken::Refused(next, ProblemCode::OpForged),
                    2 => Taken::Gap(u64::from(which)),
                    _ => Taken::Failed,
                };
                self.give(Input::Taken(number, taken));
            }
            6 => {
                let Some((stream, from)) = self.reads.pop() else { return };
                self.give(Input::Page(page(stream, from, which)));
            }
            _ => self.give(Input::Rules(world::rules())),
        }
    }

    /// A datagram in which every HELLO has the peer's key and a proof that holds.
    fn proved(&self, datagram: &[u8]) -> Vec<u8> {
        let Ok(messages) = decode_all(datagram) else { return datagram.to_vec() };
        let mut bytes = Vec::new();
        for mut message in messages {
            if let Message::Hello(hello) = &mut message {
                prove(hello, self.peer, self.role);
            }
            message.write(&mut bytes);
        }
        bytes
    }

    /// Whether a datagram's first HELLO is the peer's and its proof is of this connection.
    fn holds(&self, datagram: &[u8]) -> bool {
        let messages = decode_all(datagram).unwrap_or_default();
        let hello = messages.into_iter().find_map(|message| match message {
            Message::Hello(hello) => Some(hello),
            _ => None,
        });
        hello.is_some_and(|hello| {
            let mut own = hello.clone();
            prove(&mut own, self.peer, self.role);
            // Ed25519 signs the same bytes the same way, and strict verification takes no other.
            (own.writer, own.proof) == (hello.writer, hello.proof)
        })
    }

    fn give(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        let (bytes, proved) = match &input {
            Input::Bytes(bytes) => (bytes.len(), self.holds(bytes)),
            _ => (0, false),
        };
        self.session.input(self.now_ms, input, &mut out);
        assert!(!self.closed || out.is_empty(), "a closed session speaks");
        self.judge(&out, bytes);
        let met = out.iter().any(|action| matches!(action, Action::Met(_)));
        assert!(proved || !met, "a proof that doesn't hold is believed");
        let progress = self.session.progress();
        assert!(progress.done_ops <= progress.total_ops);
    }

    fn judge(&mut self, out: &[Action], input_bytes: usize) {
        let mut sent = 0;
        // No message has fewer than four bytes, and none asks for more than a few things.
        assert!(out.len() <= 64 + 4 * input_bytes, "too much to do");
        for action in out {
            assert!(!self.closed, "something comes after the end");
            match action {
                Action::Send(bytes) => {
                    sent += bytes.len();
                    assert!(decode_all(bytes).is_ok(), "it sends what is no message");
                }
                Action::Take { number, batch } => {
                    let Batch { stream, first_seq, ops, .. } = batch;
                    self.may_take(stream);
                    assert!(!ops.is_empty() && ops.len() <= FRAME_OPS_MAX);
                    assert!(ops.iter().map(Vec::len).sum::<usize>() <= FRAME_RAW_BYTES_MAX);
                    self.takes.push((*number, first_seq.saturating_add(ops.len() as u64)));
                }
                Action::Read(stream, from) => {
                    let peer = self.met.expect("nothing is read for a stranger");
                    self.may_have(stream, peer);
                    self.reads.push((stream.clone(), *from));
                }
                Action::Met(met) => {
                    assert_eq!(met.office, world::OFFICES[self.peer], "another is met");
                    self.met = Some(met.office);
                }
                Action::Acked(stream, _) => assert!(held().contains(stream)),
                Action::Health(_)
                | Action::Blob(_)
                | Action::Stands(_)
                | Action::Want(..)
                | Action::Offered(..) => {
                    assert!(self.met.is_some(), "a stranger is heard");
                }
                Action::Close(_) => self.closed = true,
            }
        }
        assert!(sent <= 64 * input_bytes + WINDOW_BYTES_MAX + 64 * 1024, "it sends too much");
    }

    /// Out of scope is refused here by an own table of who is above whom.
    fn may_take(&self, stream: &StreamId) {
        let peer = self.met.expect("nothing is taken from a stranger");
        let at = (0..world::OFFICES.len()).find(|at| world::writer(*at) == stream.writer);
        if at.is_none() {
            let root = domain::op::writer_id(&world::root().verifying_key());
            assert_eq!(stream.writer, root, "a stranger's stream is taken");
        }
        let writer = world::OFFICES[at.unwrap_or(0)];
        match &stream.audience {
            Audience::Up(office) | Audience::Down(office) => assert!(under(*office, writer)),
            Audience::To(names) => assert!(names.contains(&writer)),
        }
        self.may_have(stream, peer);
        self.may_have(stream, world::OFFICES[OURS]);
    }

    fn may_have(&self, stream: &StreamId, office: OfficeId) {
        let at = (0..world::OFFICES.len()).find(|at| world::writer(*at) == stream.writer);
        let writer = world::OFFICES[at.unwrap_or(0)];
        let may = match &stream.audience {
            Audience::Up(of) => under(*of, office),
            Audience::Down(of) => {
                under(office, *of) || (under(office, writer) && under(*of, office))
            }
            Audience::To(names) => names.contains(&office),
        };
        assert!(may, "{office} may not have {stream:?}");
    }
}

/// Whether an office is another or below it, by the number that offices have in the tables.
fn under(office: OfficeId, root: OfficeId) -> bool {
    let province = |id: u32| if id > 99 { id / 100 } else { id };
    let known = world::rules().tree.lifetime(office).is_some();
    office == root
        || (known && root.0 == 1)
        || (known && root.0 < 100 && province(office.0) == root.0)
}

fn page(stream: StreamId, first_seq: u64, which: u8) -> Page {
    let count = HELD_OPS.saturating_sub(first_seq.saturating_sub(1));
    // Now and then an operation that needs parts.
    let len = if which & 128 == 0 { 100 } else { 20_000 };
    let op = |seq: u64| (0..len).map(|at| (at as u64 * 31 + seq) as u8).collect();
    let ops: Vec<Vec<u8>> = (0..count).map(op).collect();
    let next_seq = first_seq.saturating_add(count);
    let signed = which & 1 == 0 && count > 0;
    let boundaries = signed.then_some(Boundary { next_seq, signature: [which; 64] });
    Page {
        stream,
        first_seq,
        ops,
        boundaries: boundaries.into_iter().collect(),
        dictionary: DictionaryId::NONE,
        type_keys: BTreeMap::new(),
    }
}
