//! Attackers: some hold a certified key, some none. They speak the protocol by hand.

use std::sync::Arc;

use domain::hlc::Hlc;
use domain::ids::{Digest, OfficeId, PersonId, RecordId, SubmissionId, WriterId};
use domain::limits::{FRAME_OPS_MAX, FRAME_RAW_BYTES_MAX};
use domain::op::{
    self, Audience, Change, Create, FORMAT, Lane, Op, SealedOp, StreamHead, StreamId, sign_head,
    writer_id,
};
use domain::permit::Permit;
use domain::sync::{
    DictionaryId, Frame, Hello, Message, Role, Squeeze, body, decode_all, hello_bytes,
};
use domain::value::Cells;
use ed25519_dalek::{Signer as _, SigningKey};
use node::Batch;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::pack::{EVENT, type_ref};

/// What an attacker tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attack {
    ForgedSignature,
    Equivocation,
    Replay,
    OutOfScopeStream,
    OutOfScopeOp,
    Garbage,
    Oversized,
    Unknown,
    Impostor,
    RogueCertificate,
    RevokedTail,
    NoCommonProtocol,
}

impl Attack {
    const ALL: [Self; 12] = [
        Self::ForgedSignature,
        Self::Equivocation,
        Self::Replay,
        Self::OutOfScopeStream,
        Self::OutOfScopeOp,
        Self::Garbage,
        Self::Oversized,
        Self::Unknown,
        Self::Impostor,
        Self::RogueCertificate,
        Self::RevokedTail,
        Self::NoCommonProtocol,
    ];

    pub(crate) fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self::ALL[rng.random_range(0..Self::ALL.len())]
    }
}

/// An attacker's end of a connection: greets, and once it is greeted says all that it has.
#[derive(Debug)]
pub(crate) struct Villain {
    /// The office whose key it holds; none where nobody certified it.
    pub(crate) office: Option<OfficeId>,
    pub(crate) greeting: Vec<u8>,
    pub(crate) script: Vec<Vec<u8>>,
}

impl Villain {
    /// What it answers.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let messages = decode_all(bytes).unwrap_or_default();
        let greeted = messages.iter().any(|message| matches!(message, Message::Hello(_)));
        if greeted { std::mem::take(&mut self.script) } else { Vec::new() }
    }
}

/// A HELLO by hand.
pub(crate) fn hello(
    key: &SigningKey,
    claims: WriterId,
    office: OfficeId,
    protocol: u32,
) -> Vec<u8> {
    let proof = key.sign(&hello_bytes(Role::Dialer, &[0; 32], claims)).to_bytes();
    let hello = Hello {
        oldest: protocol,
        newest: protocol,
        writer: claims,
        proof,
        office,
        now_ms: 0,
        program: "none".to_owned(),
        packs: Vec::new(),
        dictionaries: Vec::new(),
        digest: Digest([0; 32]),
        cursors: Some(Vec::new()),
    };
    Message::Hello(Box::new(hello)).bytes()
}

/// Who attacks: a key, and the office for which it is certified.
#[derive(Clone, Debug)]
pub(crate) struct Pen {
    pub(crate) key: SigningKey,
    pub(crate) office: OfficeId,
    pub(crate) codec: Arc<dyn Squeeze>,
    pub(crate) now_ms: u64,
}

impl Pen {
    pub(crate) fn writer(&self) -> WriterId {
        writer_id(&self.key.verifying_key())
    }

    /// A stream that nobody has seen yet.
    pub(crate) fn stream(&self, rng: &mut ChaCha8Rng, audience: Audience, lane: Lane) -> StreamId {
        StreamId { writer: self.writer(), epoch: rng.random_range(100..u32::MAX), audience, lane }
    }

    pub(crate) fn op(&self, rng: &mut ChaCha8Rng, office: OfficeId, change: Change) -> Op {
        Op {
            format: FORMAT,
            moved: None,
            time: Hlc { ms: self.now_ms, counter: 0 },
            author: PersonId(rng.random()),
            office,
            submission: SubmissionId(rng.random()),
            change,
        }
    }

    /// A record that begins.
    pub(crate) fn creation(&self, rng: &mut ChaCha8Rng, owner: OfficeId) -> Op {
        let create = Create {
            record: RecordId(rng.random()),
            type_ref: type_ref(EVENT, 1),
            office: owner,
            period: None,
            cells: Cells::new(),
        };
        self.op(rng, self.office, Change::Create(create))
    }
}

/// Seals operations one after the other, whatever they say.
pub(crate) fn seal(stream: &StreamId, mut head: StreamHead, ops: Vec<Op>) -> Vec<SealedOp> {
    let mut sealed = Vec::new();
    for op in ops {
        let owner = if let Change::Create(create) = &op.change { create.office } else { op.office };
        let permit = Permit::granted(op.author, owner, "attack");
        let next = op::seal(&permit, stream, &head, op).expect("invariant: within every limit");
        head = next.head();
        sealed.push(next);
    }
    sealed
}

/// Sealed operations under a signature of this key.
pub(crate) fn signed(key: &SigningKey, sealed: &[SealedOp]) -> Batch {
    let (first, last) = (&sealed[0], &sealed[sealed.len() - 1]);
    Batch {
        stream: first.stream().clone(),
        first_seq: first.seq(),
        ops: sealed.iter().map(|op| op.bytes().to_vec()).collect(),
        signature: sign_head(key, first.stream(), &last.head()).signature,
    }
}

/// The datagram that offers a batch; `declared` if the number is known already.
pub(crate) fn offer(codec: &dyn Squeeze, number: u32, batch: &Batch, declared: bool) -> Vec<u8> {
    let ops: Vec<&[u8]> = batch.ops.iter().map(Vec::as_slice).collect();
    let mut bytes = Vec::new();
    if !declared {
        Message::Declare(number, batch.stream.clone()).write(&mut bytes);
    }
    let frame = Frame {
        stream: number,
        first_seq: batch.first_seq,
        basis: 0,
        signature: batch.signature,
        body: closed(codec, &ops),
    };
    Message::Frame(frame).write(&mut bytes);
    bytes
}

/// A frame's body, as it should be.
fn closed(codec: &dyn Squeeze, ops: &[&[u8]]) -> Vec<u8> {
    body::close(ops, &|_| None, codec, DictionaryId::NONE).expect("invariant: a frame's worth")
}

/// A body without ids whose columns are these bytes.
fn columns(codec: &dyn Squeeze, bytes: &[u8]) -> Vec<u8> {
    let squeezed = codec.squeeze(DictionaryId::NONE, &[], bytes);
    [vec![0], squeezed.expect("invariant: no dictionary is always known")].concat()
}

/// Bytes that are nothing, or begin like something.
pub(crate) fn garbage(rng: &mut ChaCha8Rng, codec: &dyn Squeeze, office: OfficeId) -> Vec<u8> {
    let noise =
        |rng: &mut ChaCha8Rng| (0..rng.random_range(1..600)).map(|_| rng.random()).collect();
    match rng.random_range(0..3) {
        0 => noise(rng),
        1 => {
            let mut bytes = Message::Ping(1).bytes();
            bytes.extend(noise(rng));
            bytes
        }
        _ => {
            // A frame whose body is no body.
            let stream = StreamId {
                writer: WriterId(rng.random()),
                epoch: 1,
                audience: Audience::Up(office),
                lane: Lane::Forms,
            };
            let mut bytes = Message::Declare(9, stream).bytes();
            let body = columns(codec, &noise(rng));
            let signature = [0; 64];
            let frame = Frame { stream: 9, first_seq: 1, basis: 0, signature, body };
            Message::Frame(frame).write(&mut bytes);
            bytes
        }
    }
}

/// Frames and numbers beyond what anybody may ask for.
pub(crate) fn oversized(rng: &mut ChaCha8Rng, codec: &dyn Squeeze, stream: StreamId) -> Vec<u8> {
    let mut bytes = Message::Declare(1, stream).bytes();
    let signature = [1; 64];
    match rng.random_range(0..4) {
        0 => {
            // A megabyte of zeros in a few bytes.
            let body = columns(codec, &vec![0; 2 * FRAME_RAW_BYTES_MAX]);
            Message::Frame(Frame { stream: 1, first_seq: 1, basis: 0, signature, body })
                .write(&mut bytes);
        }
        1 => {
            let body = vec![0x5a; 200_000];
            Message::Frame(Frame { stream: 1, first_seq: u64::MAX, basis: 6, signature, body })
                .write(&mut bytes);
        }
        2 => {
            let ops: Vec<&[u8]> = vec![&[0x80]; FRAME_OPS_MAX];
            let body = closed(codec, &ops);
            let first_seq = u64::MAX - 2;
            Message::Frame(Frame { stream: 1, first_seq, basis: 0, signature, body })
                .write(&mut bytes);
        }
        _ => {
            // A piece that promises four gigabytes, by hand: the kind is 4.
            let part =
                (4u32, ((1u32, 0u32, u32::MAX, minicbor::bytes::ByteVec::from(vec![0; 64])),));
            bytes.extend(minicbor::to_vec(part).expect("invariant: writing to memory"));
            Message::Ack(77, u64::MAX).write(&mut bytes);
            Message::Reset(0, u64::MAX).write(&mut bytes);
        }
    }
    bytes
}
