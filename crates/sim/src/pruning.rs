//! Nodes that prune, and nodes that lose their disk and are brought up by one that pruned.

use anyhow::{Context as _, ensure};
use domain::ids::RecordId;
use domain::trust::KeyRole;
use node::Pruning;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::prune;

use crate::fault::Fault;
use crate::net::Mind;
use crate::world::World;

/// Longest retention, in milliseconds: a seed lasts a few minutes.
const KEEP_MS_MAX: u64 = 40_000;

impl World {
    /// A machine prunes what the ones above it have, of whatever age or of some.
    pub(crate) fn prune(&mut self, at: usize, seed: u64) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        if !self.note_receipts(at)? {
            return Ok(());
        }
        let keep_ms = rng.random_bool(0.5).then(|| rng.random_range(0..KEEP_MS_MAX));
        let machine = &mut self.machines[at];
        let now_ms = machine.wall_ms();
        let before_ms = keep_ms.map_or(u64::MAX, |keep_ms| now_ms.saturating_sub(keep_ms));
        let (mut after, mut pruning) = (None, Pruning::default());
        loop {
            let done = self.machines[at].kernel.prune_some(after, before_ms, false, &mut pruning);
            if self.died(at)? {
                return Ok(());
            }
            match done {
                Ok(None) => break,
                Ok(last) => after = last,
                Err(error) => return self.failed(at, &node::Storage::new(error)),
            }
        }
        if pruning.records > 0 {
            self.counts.note(Fault::Pruned);
            self.say(|| format!("machine {at} pruned {} operations", pruning.ops));
        }
        self.heard_above(at)
    }

    /// What its sessions heard is kept, as when they end; false if the disk would not.
    fn note_receipts(&mut self, at: usize) -> anyhow::Result<bool> {
        for (id, side) in self.sessions(at) {
            let conn = &self.conns[id];
            let (Mind::Node(_, session), Mind::Node(peer, _)) =
                (&conn.ends[side].mind, &conn.ends[1 - side].mind)
            else {
                continue;
            };
            // Where somebody changes what is said, as TLS never lets them, nothing is believed.
            if !conn.met || conn.torn || conn.hostile(&self.links) {
                continue;
            }
            let (cursors, writer) = (session.peer_cursors(), self.machines[*peer].writer_id);
            let done = self.machines[at].kernel.peer_stands(writer, &cursors);
            if self.died(at)? {
                return Ok(false);
            }
            if let Err(error) = done {
                self.failed(at, &node::Storage::new(error))?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The records of a machine whose operations are not on its disk.
    fn pruned(&self, at: usize) -> anyhow::Result<Vec<RecordId>> {
        let extents = self.machines[at].store().read(|r| prune::extents(r, None, usize::MAX))?;
        let pruned = extents.iter().filter(|extent| extent.whole < extent.ops);
        Ok(pruned.map(|extent| extent.record).collect())
    }

    /// Whatever a machine has just pruned is on a disk above it.
    fn heard_above(&mut self, at: usize) -> anyhow::Result<()> {
        let pruned = self.pruned(at)?;
        let machine = &self.machines[at];
        let above = |office| self.registry.is_above(office, machine.office);
        for record in &pruned {
            for (stream, seq) in machine.store().read(|r| prune::places(r, *record))? {
                let mut has = false;
                for other in self.machines.iter().filter(|other| above(other.office)) {
                    has |= other.durable(&stream)? > seq;
                }
                ensure!(has, "machine {at} pruned {seq} of {stream:?}, which nobody above has");
            }
        }
        self.machines[at].pruned.extend(pruned);
        Ok(())
    }

    /// A machine's disk is lost: its key is revoked, and its office gets a new node, which the one
    /// above brings up, having pruned what it could.
    pub(crate) fn lose(&mut self, at: usize, seed: u64) -> anyhow::Result<()> {
        let Some(parent) = self.machines[at].parent.filter(|p| !self.machines[*p].revoked) else {
            return Ok(());
        };
        // Whom a node certified stands with it: a node of the lowest office.
        let dialled = self.machines.iter().any(|machine| machine.parent == Some(at));
        if self.machines[at].role != KeyRole::Node || dialled {
            return Ok(());
        }
        self.prune(parent, seed)?;
        self.revoke(at)?;
        if !self.machines[at].revoked {
            return Ok(());
        }
        let (office, count) = (self.machines[at].office, self.machines.len());
        self.reenrol(at)?;
        if self.machines.len() == count {
            return Ok(());
        }
        for record in self.pruned(parent)? {
            let places = self.machines[parent].store().read(|r| prune::places(r, record))?;
            if places.iter().any(|(stream, _)| self.registry.may_have(stream, office)) {
                self.counts.note(Fault::BroughtUp);
            }
        }
        Ok(())
    }

    /// Counts records that were pruned and have their operations back, as something came for them.
    pub(crate) fn note_returned(&mut self) -> anyhow::Result<()> {
        for at in 0..self.machines.len() {
            let pruned = self.pruned(at).context("after all")?;
            let returned = self.machines[at].pruned.iter().filter(|id| !pruned.contains(id));
            returned.for_each(|_| self.counts.note(Fault::Returned));
        }
        Ok(())
    }
}
