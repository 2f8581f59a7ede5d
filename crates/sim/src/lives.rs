//! Nodes whose disk is lost, and what they hear of their own streams.

use std::collections::BTreeSet;

use anyhow::ensure;
use domain::ids::Digest;
use domain::sync::{Action, Input, PeerHello, Stand};
use node::Asked;
use store::log::{self, Pos};

use crate::fault::Fault;
use crate::machine::Machine;
use crate::net::Mind;
use crate::want::Mood;
use crate::world::World;

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
