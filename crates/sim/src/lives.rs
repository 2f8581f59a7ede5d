//! Nodes whose disk is lost, and what they hear of their own streams.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::ensure;
use domain::ids::Digest;
use domain::op::writer_id;
use domain::sync::{Action, Input, PeerHello, Stand};
use domain::trust::{Certificate, KeyRole};
use ed25519_dalek::SigningKey;
use node::Asked;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::log::{self, Pos};

use crate::fault::Fault;
use crate::machine::Machine;
use crate::net::Mind;
use crate::want::Mood;
use crate::world::World;

/// How long a machine waits for its next key to be certified, in milliseconds.
const ROTATE_MS: u64 = 4_000;

impl World {
    /// The next machine on which no other depends: what a node above certified and lost, people
    /// enrol again, which is not what is tried here.
    fn alone(&self, at: usize, fits: impl Fn(&Machine) -> bool) -> Option<usize> {
        let count = self.machines.len();
        let mut from = (at..at + count).map(|at| at % count);
        from.find(|at| {
            let machine = &self.machines[*at];
            let above = self.machines.iter().any(|other| other.parent == Some(*at));
            !above && machine.parent.is_some() && !machine.revoked && fits(machine)
        })
    }

    /// A machine is backed up.
    pub(crate) fn back_up(&mut self, at: usize) -> anyhow::Result<()> {
        let at = self.alone(at, |machine| !machine.has_backup());
        at.map_or(Ok(()), |at| self.machines[at].back_up())
    }

    /// A machine's disk is lost; it goes on from its backup, or from a plain copy of its files, and
    /// is written to before it hears anybody. What it had acknowledged and never sent is lost with
    /// the disk, and only that.
    pub(crate) fn restore(&mut self, at: usize, seed: u64, by_hand: bool) -> anyhow::Result<()> {
        let Some(at) = self.alone(at, Machine::has_backup) else { return Ok(()) };
        self.machines[at].restore(by_hand)?;
        self.counts.note(if by_hand { Fault::CopiedBack } else { Fault::Restored });
        self.hang_up(at);
        let mut safe = origins(&self.machines[at])?;
        if let Some(parent) = self.machines[at].parent {
            safe.extend(origins(&self.machines[parent])?);
        }
        self.acknowledged.retain(|_, (machine, link)| *machine != at || safe.contains(link));
        // What it knew of, people don't send again before it has heard the node above.
        self.unanswered.retain(|(machine, _)| *machine != at);
        self.join_again(at)?;
        self.file(at, seed, 3, Mood::Any)
    }

    /// A backup may be older than the node that answers above: what an administrator is told then
    /// is to join again.
    fn join_again(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(parent) = self.machines[at].parent else { return Ok(()) };
        let (writer, rules) = (self.machines[parent].writer_id, self.machines[at].kernel.rules());
        if rules.trust.entry(writer).is_some() {
            return Ok(());
        }
        self.counts.note(Fault::JoinedAgain);
        self.join(at, parent)
    }

    /// A machine asks for another key, which the one above it certifies. When it has heard so it goes
    /// on under that, and the one before is ended above, maybe before its last was heard there.
    pub(crate) fn rotate(&mut self, at: usize, seed: u64) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let asked = self.machines.iter().position(|machine| machine.next.is_some());
        let at = asked.unwrap_or(at);
        let machine = &self.machines[at];
        let parent = machine.parent.filter(|parent| !self.machines[*parent].revoked);
        let Some(parent) = parent.filter(|_| !machine.revoked) else {
            self.machines[at].next = None;
            return Ok(());
        };
        if machine.role != KeyRole::Node {
            return Ok(());
        }
        if asked.is_none() {
            let key = SigningKey::from_bytes(&rng.random());
            let own = machine.kernel.own_certificate();
            self.known(&key.verifying_key(), own.office);
            let certificate = Certificate { key: key.verifying_key().to_bytes(), ..own };
            if !self.certify_key(parent, certificate)? {
                return Ok(());
            }
            self.machines[at].next = Some(key);
            self.run_until(self.now_ms + ROTATE_MS)?;
        }
        self.rotated(at, parent, rng.random_bool(0.7))
    }

    /// A machine that has heard that its next key is certified takes it.
    fn rotated(&mut self, at: usize, parent: usize, ended: bool) -> anyhow::Result<()> {
        let machine = &mut self.machines[at];
        let Some(next) = &machine.next else { return Ok(()) };
        let (next, before) = (writer_id(&next.verifying_key()), machine.writer_id);
        if machine.revoked || machine.kernel.rules().trust.entry(next).is_none() {
            return Ok(());
        }
        machine.rotate()?;
        self.counts.note(Fault::Rotated);
        self.say(|| format!("machine {at} has another key"));
        self.hang_up(at);
        let below =
            (0..self.machines.len()).filter(|below| self.machines[*below].parent == Some(at));
        for below in below.collect::<Vec<_>>() {
            self.join_again(below)?;
        }
        if !ended {
            return Ok(());
        }
        let own = self.machines[at].kernel.held()?.into_iter();
        for (stream, next_seq) in own.filter(|(stream, _)| stream.writer == before) {
            if self.machines[parent].durable(&stream)? < next_seq {
                self.counts.note(Fault::EndedEarly);
            }
        }
        let above = &mut self.machines[parent];
        above.wall_ms();
        let by = Arc::clone(&above.actor);
        let done = above.writer.revoke(&above.kernel, &by, before, "another key");
        self.stated(parent, done).map(drop)
    }

    /// Tells a session something, and gives what it says.
    pub(crate) fn told(&mut self, id: usize, side: usize, input: Input<'_>) -> Vec<Action> {
        let (now_ms, mut more) = (self.now_ms, Vec::new());
        if let Mind::Node(_, session) = &mut self.conns[id].ends[side].mind {
            session.input(now_ms, input, &mut more);
        }
        more
    }

    /// A peer has proved itself: it is told where its own streams stand here.
    pub(crate) fn met(
        &mut self,
        id: usize,
        side: usize,
        peer: PeerHello,
    ) -> anyhow::Result<Vec<Action>> {
        self.conns[id].met = true;
        let Mind::Node(at, _) = &self.conns[id].ends[side].mind else { return Ok(Vec::new()) };
        let stands = self.machines[*at].kernel.stands(&peer)?;
        self.conns[id].ends[side].peer = Some(peer);
        if stands.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.told(id, side, Input::Stands(stands)))
    }

    /// A peer said where a machine's own streams stand.
    pub(crate) fn compared(
        &mut self,
        id: usize,
        side: usize,
        stands: &[Stand],
    ) -> anyhow::Result<Vec<Action>> {
        let end = &self.conns[id].ends[side];
        let (Mind::Node(at, _), Some(peer)) = (&end.mind, &end.peer) else { return Ok(Vec::new()) };
        let asked = self.machines[*at].kernel.compare(peer, stands)?;
        let told =
            asked.into_iter().map(|(tag, marks)| self.told(id, side, Input::Want(tag, marks)));
        Ok(told.flatten().collect())
    }

    /// A peer asks for its own stream again.
    pub(crate) fn wanted(
        &mut self,
        id: usize,
        side: usize,
        asked: &Asked,
    ) -> anyhow::Result<Vec<Action>> {
        let end = &self.conns[id].ends[side];
        let (Mind::Node(at, _), Some(peer)) = (&end.mind, &end.peer) else { return Ok(Vec::new()) };
        let parting = self.machines[*at].kernel.parting(peer.writer, asked)?;
        let Some((stream, from)) = parting else { return Ok(Vec::new()) };
        // What was acknowledged is sent again.
        self.conns[id].ends[side].tap.loose = true;
        Ok(self.told(id, side, Input::Again(stream, from)))
    }

    /// Nobody but who was copied back by hand ever had to begin another life.
    pub(crate) fn lives(&self) -> anyhow::Result<()> {
        for (at, machine) in self.machines.iter().enumerate() {
            let twice = machine.kernel.twice_ms().is_some();
            ensure!(!twice || machine.copied_back, "machine {at} met another of its own lives");
        }
        Ok(())
    }
}

/// The links that a machine's operations had first.
pub(crate) fn origins(machine: &Machine) -> anyhow::Result<BTreeSet<Digest>> {
    let logged = machine.store().read(|r| log::after(r, Pos(0), usize::MAX))?;
    Ok(logged.iter().map(|logged| logged.op.origin()).collect())
}
