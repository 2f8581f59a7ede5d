//! Attacks, prepared and set going.

use std::sync::Arc;

use domain::ids::{OfficeId, WriterId};
use domain::op::{Audience, Change, Lane, Op, StreamHead, StreamId, writer_id};
use domain::sync::{PROTOCOL, Role};
use domain::trust::{Certificate, KeyRole};
use ed25519_dalek::SigningKey;
use node::Batch;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::log;

use crate::fault::Fault;
use crate::net::{Conn, End, Mind};
use crate::pack;
use crate::tap::Tap;
use crate::villain::{Attack, Pen, Villain, garbage, hello, offer, oversized, seal, signed};
use crate::world::World;

/// An attack about to begin.
struct Plot {
    rng: ChaCha8Rng,
    pen: Pen,
    /// The machine that is attacked.
    at: usize,
}

impl World {
    /// Attacks a machine.
    pub(crate) fn attack(&mut self, at: usize, seed: u64, attack: Attack) -> anyhow::Result<()> {
        let config = self.machines[at].kernel.session(Role::Listener, [0; 32], None)?;
        let pen = Pen {
            key: self.villain.0.clone(),
            office: self.villain.1,
            codec: Arc::clone(&config.codec),
            now_ms: self.now_ms,
        };
        let mut plot = Plot { rng: ChaCha8Rng::seed_from_u64(seed), pen, at };
        match attack {
            Attack::ForgedSignature => self.forge(&mut plot)?,
            Attack::Equivocation => self.equivocate(&mut plot)?,
            Attack::Replay => self.replay(&mut plot)?,
            Attack::OutOfScopeStream => self.beside(&mut plot)?,
            Attack::OutOfScopeOp => self.beyond(&mut plot)?,
            Attack::Garbage => {
                let office = plot.pen.office;
                let bytes = garbage(&mut plot.rng, plot.pen.codec.as_ref(), office);
                self.counts.note(Fault::Garbage);
                self.dial_as(&plot, vec![bytes])?;
            }
            Attack::Oversized => {
                let own = Audience::Up(plot.pen.office);
                let stream = plot.pen.stream(&mut plot.rng, own, Lane::Forms);
                let bytes = oversized(&mut plot.rng, plot.pen.codec.as_ref(), stream);
                self.counts.note(Fault::Oversized);
                self.dial_as(&plot, vec![bytes])?;
            }
            Attack::Unknown => self.unknown(&mut plot)?,
            Attack::Impostor => self.impostor(&plot)?,
            Attack::RogueCertificate => self.rogue(&mut plot)?,
            Attack::RevokedTail => self.tail(&mut plot)?,
            Attack::NoCommonProtocol => {
                let pen = &plot.pen;
                let greeting = hello(&pen.key, pen.writer(), pen.office, PROTOCOL + 9);
                self.meet(at, Villain { office: Some(pen.office), greeting, script: Vec::new() })?;
            }
        }
        Ok(())
    }

    /// Dials a machine with the certified key.
    fn dial_as(&mut self, plot: &Plot, script: Vec<Vec<u8>>) -> anyhow::Result<()> {
        let pen = &plot.pen;
        let greeting = hello(&pen.key, pen.writer(), pen.office, PROTOCOL);
        self.meet(plot.at, Villain { office: Some(pen.office), greeting, script })
    }

    fn meet(&mut self, at: usize, villain: Villain) -> anyhow::Result<()> {
        let config = self.machines[at].kernel.session(Role::Listener, [0; 32], None)?;
        let tap = || Tap::new(&config.codec, true);
        let greeting = villain.greeting.clone();
        let (first, second) = (tap(), tap());
        let mut said = Vec::new();
        let session = Box::new(domain::sync::Session::begin(config.clone(), &mut said));
        let now_ms = self.now_ms;
        let ends = [
            End::new(Mind::Villain(Box::new(villain)), first, now_ms),
            End::new(Mind::Node(at, session), second, now_ms),
        ];
        let id = self.conns.len();
        let (open, link, newer, met, torn) = (true, None, false, false, false);
        self.open(Conn { ends, open, link, newer, met, torn });
        self.transmit(id, 0, greeting);
        Ok(())
    }

    fn forbid(&mut self, batch: &Batch) {
        let digests = batch.ops.iter().map(|bytes| *blake3::hash(bytes).as_bytes());
        self.crimes.forbidden.extend(digests);
    }

    /// An honest writer whose streams the machine holds, the last operation of one.
    fn honest(&self, plot: &mut Plot) -> anyhow::Result<Option<(StreamHead, StreamId, Op)>> {
        let machine = &self.machines[plot.at];
        let of_others = |stream: &StreamId| stream.writer != machine.writer_id;
        let streams = machine.store().read(log::streams)?;
        let streams: Vec<_> = streams.into_iter().filter(|(s, _)| of_others(s)).collect();
        if streams.is_empty() {
            return Ok(None);
        }
        let (stream, head) = streams[plot.rng.random_range(0..streams.len())].clone();
        let last = machine.store().read(|r| log::find(r, &stream, head.next_seq - 1))?;
        Ok(last.map(|last| (head, stream, last.op.op().clone())))
    }

    /// Operations that chain on, under the signature of another key.
    fn forge(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let Some((head, stream, mut op)) = self.honest(plot)? else { return Ok(()) };
        op.submission = domain::ids::SubmissionId(plot.rng.random());
        op.time.ms += 1;
        let sealed = seal(&stream, head, vec![op]);
        let other = SigningKey::from_bytes(&plot.rng.random());
        let batch = signed(&other, &sealed);
        self.forbid(&batch);
        self.counts.note(Fault::ForgedSignature);
        let bytes = offer(plot.pen.codec.as_ref(), 0, &batch, false);
        self.dial_as(plot, vec![bytes])
    }

    /// Two operations with one number: both to one machine, or one to it and one to its parent.
    fn equivocate(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let office = plot.pen.office;
        let stream = plot.pen.stream(&mut plot.rng, Audience::Up(office), Lane::Circulars);
        let mut chain = |plot: &mut Plot| {
            let ops = vec![plot.pen.creation(&mut plot.rng, office)];
            let records = ops.iter().filter_map(|op| op.change.record());
            self.crimes.records.extend(records);
            let sealed = seal(&stream, StreamHead::start(&stream), ops);
            signed(&plot.pen.key, &sealed)
        };
        let (one, other) = (chain(plot), chain(plot));
        self.crimes.forked.insert(stream);
        self.counts.note(Fault::Equivocation);
        let codec = Arc::clone(&plot.pen.codec);
        let first = offer(codec.as_ref(), 0, &one, false);
        match self.machines[plot.at].parent {
            Some(parent) if plot.rng.random_bool(0.5) => {
                self.dial_as(plot, vec![first])?;
                plot.at = parent;
                self.dial_as(plot, vec![offer(codec.as_ref(), 0, &other, false)])
            }
            _ => self.dial_as(plot, vec![first, offer(codec.as_ref(), 0, &other, true)]),
        }
    }

    /// What went over a wire before.
    fn replay(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let seen: Vec<Batch> = self.seen.iter().cloned().collect();
        if seen.is_empty() {
            return Ok(());
        }
        self.counts.note(Fault::Replay);
        let codec = Arc::clone(&plot.pen.codec);
        let again = |batch: &Batch| offer(codec.as_ref(), plot.rng.random(), batch, false);
        let script = seen.iter().map(again).collect();
        self.dial_as(plot, script)
    }

    /// Another regency's way up, or the way down from the centre.
    fn beside(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let other = self.other_office(plot);
        let audience = match plot.rng.random_range(0..3) {
            0 => Audience::Down(OfficeId(1)),
            1 => Audience::To(vec![other]),
            _ => Audience::Up(other),
        };
        let stream = plot.pen.stream(&mut plot.rng, audience, Lane::Forms);
        let op = Op { office: plot.pen.office, ..plot.pen.creation(&mut plot.rng, other) };
        let batch = signed(&plot.pen.key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        self.forbid(&batch);
        let bytes = offer(plot.pen.codec.as_ref(), 0, &batch, false);
        self.dial_as(plot, vec![bytes])
    }

    fn other_office(&self, plot: &mut Plot) -> OfficeId {
        let own = plot.pen.office;
        let others: Vec<OfficeId> =
            self.machines.iter().map(|m| m.office).filter(|office| *office != own).collect();
        others[plot.rng.random_range(0..others.len())]
    }

    /// Its own stream, but more than it may say there.
    fn beyond(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let (own, other) = (plot.pen.office, self.other_office(plot));
        let rng = &mut plot.rng;
        let (lane, op) = match rng.random_range(0..4) {
            0 => {
                let bytes = pack::pack(9).encode()?;
                (Lane::Control, plot.pen.op(rng, own, Change::Pack(bytes)))
            }
            1 => (Lane::Forms, plot.pen.creation(rng, other)),
            2 => (Lane::Forms, Op { office: OfficeId(1), ..plot.pen.creation(rng, own) }),
            _ => (Lane::Control, plot.pen.creation(rng, own)),
        };
        let stream = plot.pen.stream(&mut plot.rng, Audience::Up(own), lane);
        let batch = signed(&plot.pen.key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        self.forbid(&batch);
        self.counts.note(Fault::OutOfScopeOp);
        let bytes = offer(plot.pen.codec.as_ref(), 0, &batch, false);
        self.dial_as(plot, vec![bytes])
    }

    /// A key that nobody certified: it dials, and another offers what it wrote.
    fn unknown(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let key = SigningKey::from_bytes(&plot.rng.random());
        let office = plot.pen.office;
        let stranger = Pen { key: key.clone(), ..plot.pen.clone() };
        let stream = stranger.stream(&mut plot.rng, Audience::Up(office), Lane::Forms);
        let op = stranger.creation(&mut plot.rng, office);
        let batch = signed(&key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        self.forbid(&batch);
        let bytes = offer(plot.pen.codec.as_ref(), 0, &batch, false);
        self.dial_as(plot, vec![bytes.clone()])?;
        let greeting = hello(&key, stranger.writer(), office, PROTOCOL);
        self.meet(plot.at, Villain { office: None, greeting, script: vec![bytes] })
    }

    /// It says that it is another, whose key it doesn't hold.
    fn impostor(&mut self, plot: &Plot) -> anyhow::Result<()> {
        let machine = &self.machines[plot.at];
        let named: Vec<(WriterId, OfficeId)> =
            self.machines.iter().map(|m| (m.writer_id, m.office)).collect();
        let (claims, office) = named[(plot.at + 1) % named.len()];
        if claims == machine.writer_id {
            return Ok(());
        }
        let greeting = hello(&plot.pen.key, claims, office, PROTOCOL);
        self.meet(plot.at, Villain { office: None, greeting, script: Vec::new() })
    }

    /// Its certified key certifies another for an office that isn't below its own.
    fn rogue(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let other = self.other_office(plot);
        let key = SigningKey::from_bytes(&plot.rng.random());
        let certificate = Certificate {
            role: KeyRole::Node,
            key: key.verifying_key().to_bytes(),
            seal: [0; 32],
            office: other,
            name: "rogue".to_owned(),
            holder: None,
        };
        let own = plot.pen.office;
        let stream = plot.pen.stream(&mut plot.rng, Audience::Up(own), Lane::Control);
        let op = plot.pen.op(&mut plot.rng, own, Change::Certificate(certificate));
        let batch = signed(&plot.pen.key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        let offered = offer(plot.pen.codec.as_ref(), 0, &batch, false);
        let rogue = Pen { key: key.clone(), office: other, ..plot.pen.clone() };
        let stream = rogue.stream(&mut plot.rng, Audience::Up(other), Lane::Forms);
        let op = rogue.creation(&mut plot.rng, other);
        let batch = signed(&key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        self.forbid(&batch);
        self.counts.note(Fault::RogueCertificate);
        let after = offer(plot.pen.codec.as_ref(), 1, &batch, false);
        self.dial_as(plot, vec![offered, after])?;
        self.rogues.push((plot.at, key, other));
        Ok(())
    }

    /// Keys that were certified by nobody who may: they dial.
    pub(crate) fn rogues_dial(&mut self) -> anyhow::Result<()> {
        for (at, key, office) in std::mem::take(&mut self.rogues) {
            let claims = writer_id(&key.verifying_key());
            let greeting = hello(&key, claims, office, PROTOCOL);
            self.meet(at, Villain { office: None, greeting, script: Vec::new() })?;
        }
        Ok(())
    }

    /// A revoked key wrote on; another brings it.
    fn tail(&mut self, plot: &mut Plot) -> anyhow::Result<()> {
        let revoked = self.machines.iter().find(|machine| machine.revoked);
        let Some(revoked) = revoked else { return Ok(()) };
        let pen = Pen { key: revoked.key.clone(), office: revoked.office, ..plot.pen.clone() };
        let stream = pen.stream(&mut plot.rng, Audience::Up(pen.office), Lane::Circulars);
        let op = pen.creation(&mut plot.rng, pen.office);
        self.crimes.records.extend(op.change.record());
        let batch = signed(&pen.key, &seal(&stream, StreamHead::start(&stream), vec![op]));
        let digests = batch.ops.iter().map(|bytes| *blake3::hash(bytes).as_bytes());
        self.crimes.void.extend(digests);
        self.counts.note(Fault::RevokedTail);
        let bytes = offer(pen.codec.as_ref(), 0, &batch, false);
        self.dial_as(plot, vec![bytes])
    }
}
