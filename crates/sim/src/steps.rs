//! Playing the steps of a seed.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::hlc::Hlc;
use domain::ids::SubmissionId;
use domain::limits::CLOCK_AHEAD_FLAG_MS;
use domain::op::{self, Audience, FORMAT, Lane, StreamId, sign_head};
use domain::trust::KeyRole;
use node::{Effects, Entry, Submission, SubmitError, Submitted};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::{StoreError, log, records};

use crate::fault::Fault;
use crate::machine::Machine;
use crate::net::Event;
use crate::pack;
use crate::plan::{Step, What};
use crate::want::{self, Mood};
use crate::world::World;

/// Versions of the pack.
const VERSIONS: u32 = 3;
/// How often, and how many times, it is looked whether a new node has what the one above has, in
/// milliseconds: one whose way up is cut is not waited for.
const BRING_UP_MS: u64 = 1_000;
const BRING_UP_ROUNDS_MAX: usize = 20;
/// Long reports that are more than a window holds, and the time that some of them are given to
/// leave, in milliseconds.
const BACKLOG_MIN: u32 = 30;
const BACKLOG_MS: u64 = 400;
/// Machines of a world: bounds what a seed costs.
const MACHINES_MAX: usize = 14;

impl World {
    /// Lets time pass, then plays a step.
    pub(crate) fn step(&mut self, step: &Step) -> anyhow::Result<()> {
        self.run_until(self.now_ms + step.after_ms)?;
        self.say(|| format!("{:?}", step.what));
        let count = self.machines.len();
        match step.what {
            What::File { at, seed, count: reports, mood } => {
                self.file(at % count, seed, reports, mood)
            }
            What::Retry => self.retry(),
            What::Arm { at, after, fail } => {
                self.machines[at % count].arm(after, fail);
                Ok(())
            }
            What::Tear { at, seed } => self.tear(at % count, seed),
            What::Full { at, pages } => {
                let machine = &mut self.machines[at % count];
                machine.full = true;
                Ok(machine.store().limit_pages(Some(pages))?)
            }
            What::Repair { at } => self.machines[at % count].disarm(),
            What::Cut { at } => {
                self.links[at % count].up = false;
                self.counts.note(Fault::Partitioned);
                Ok(())
            }
            What::Mend { at } => {
                self.mend(at % count);
                Ok(())
            }
            What::Break { at } => {
                if let Some(id) = self.links[at % count].conn.filter(|id| self.conns[*id].open) {
                    self.counts.note(Fault::Broken);
                    self.break_off(id);
                }
                Ok(())
            }
            What::Hostile { at, on } => {
                self.hostile(at % count, on);
                Ok(())
            }
            What::Clock { at, skew_ms } => {
                self.counts.note(Fault::ClockSet);
                self.note_skew(skew_ms);
                self.machines[at % count].set_clock(skew_ms);
                Ok(())
            }
            What::Detour { from, to, damage } => self.detour(from % count, to % count, damage),
            What::Revoke { at } => self.revoke(at % count),
            What::Reenrol { .. } => self.reenrol_one(),
            What::Join { at, .. } => self.phone(at),
            What::Publish => self.publish(),
            What::Future { at, seed } => self.future(at % count, seed),
            What::Upgrade { at } => {
                self.newer.insert(at % count);
                Ok(())
            }
            What::Attack { at, seed, attack } => self.attack(at % count, seed, attack),
            What::Prune { at, seed } => self.prune(at % count, seed),
            What::Lose { at, seed } => self.lose(at % count, seed),
            What::Project { at } => {
                let machine = &mut self.machines[at % count];
                Ok(machine.follower.follow(&machine.kernel)?)
            }
            What::Rotate { at, seed } => self.rotate(at % count, seed),
            What::Backup { at } => self.back_up(at),
            What::Restore { at, seed, by_hand } => self.restore(at, seed, by_hand),
        }
    }

    /// A link carries again; a connection that lost something meanwhile ends.
    pub(crate) fn mend(&mut self, at: usize) {
        self.links[at].up = true;
        if let Some(id) = self.links[at].conn.filter(|id| self.conns[*id].torn) {
            self.hang(id);
        }
    }

    fn hang(&mut self, id: usize) {
        if self.conns[id].open {
            self.break_off(id);
        }
    }

    /// Somebody sits on a link, or leaves: then the connection ends, as TLS would have ended it.
    pub(crate) fn hostile(&mut self, at: usize, on: bool) {
        let was = std::mem::replace(&mut self.links[at].hostile, on);
        let Some(id) = self.links[at].conn else { return };
        if on {
            self.conns[id].ends.iter_mut().for_each(|end| end.tap.loose = true);
        } else if was {
            self.hang(id);
        }
    }

    /// Somebody at a machine files reports, or says something about those that are there.
    pub(crate) fn file(
        &mut self,
        at: usize,
        seed: u64,
        count: u32,
        mood: Mood,
    ) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let machine = &self.machines[at];
        let known = machine.records()?;
        let mut submissions = Vec::new();
        for _ in 0..count {
            let begin = mood != Mood::Any || known.is_empty() || rng.random_bool(0.3);
            if begin {
                submissions.push(want::create(&mut rng, machine.office, mood));
                continue;
            }
            let id = known[rng.random_range(0..known.len())];
            if let Some(record) = machine.store().read(|r| records::get(r, id))? {
                submissions.push(want::about(&mut rng, &record));
            }
        }
        self.submit(at, submissions, mood == Mood::Urgent)?;
        if mood == Mood::Long && count >= BACKLOG_MIN {
            // Something urgent meets a backlog that is under way.
            self.run_until(self.now_ms + BACKLOG_MS)?;
            self.file(at, rng.random(), 1, Mood::Urgent)?;
        }
        // A browser that lost the answer asks again, at once.
        if rng.random_bool(0.1) { self.retry() } else { Ok(()) }
    }

    fn submit(
        &mut self,
        at: usize,
        submissions: Vec<Submission>,
        urgent: bool,
    ) -> anyhow::Result<()> {
        if submissions.is_empty() {
            return Ok(());
        }
        let machine = &mut self.machines[at];
        machine.wall_ms();
        let entry =
            |submission: &Submission| Entry::new(Arc::clone(&machine.actor), submission.clone());
        let entries: Vec<Entry> = submissions.iter().map(entry).collect();
        let done = machine.writer.submit(&machine.kernel, &entries);
        if self.died(at)? {
            self.unanswered.extend(submissions.into_iter().map(|submission| (at, submission)));
            return Ok(());
        }
        let (answers, effects) = match done {
            Ok(done) => done,
            Err(error) => {
                self.failed(at, &error)?;
                self.unanswered.extend(submissions.into_iter().map(|submission| (at, submission)));
                return Ok(());
            }
        };
        for (submission, answer) in submissions.into_iter().zip(answers) {
            self.answered(at, submission, answer)?;
        }
        if urgent && effects.grew.iter().any(|(stream, _)| stream.lane == Lane::Urgent) {
            self.expect_urgent(at)?;
        }
        self.tell(at, &effects)
    }

    fn answered(
        &mut self,
        at: usize,
        submission: Submission,
        answer: Result<Submitted, SubmitError>,
    ) -> anyhow::Result<()> {
        let id = submission.id();
        // Refused: the person may not, or somebody else was quicker.
        let Ok(submitted) = answer else { return Ok(()) };
        let (pos, link) = (log::Pos(submitted.receipt.pos), submitted.receipt.link);
        let machine = &self.machines[at];
        let logged = machine.store().read(|r| log::at(r, pos))?;
        let logged = logged.filter(|logged| logged.op.origin() == link);
        let logged = logged.with_context(|| format!("{id} was acknowledged and is not durable"))?;
        if submitted.repeated {
            self.counts.note(Fault::Repeated);
        } else {
            let ahead_ms = logged.op.op().time.ms.saturating_sub(machine.wall_max_ms);
            let followed = ahead_ms > CLOCK_AHEAD_FLAG_MS + 1_000;
            ensure!(!followed, "an operation's time is {ahead_ms} ms ahead of its node's clock");
        }
        let first = *self.acknowledged.entry(id).or_insert((at, link));
        ensure!(first == (at, link), "a repetition of {id} got another receipt");
        if self.rng.random_bool(0.04) {
            self.unanswered.push((at, submission));
        }
        Ok(())
    }

    pub(crate) fn retry(&mut self) -> anyhow::Result<()> {
        for (at, submission) in std::mem::take(&mut self.unanswered) {
            self.submit(at, vec![submission], false)?;
        }
        Ok(())
    }

    fn tear(&mut self, at: usize, seed: u64) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let len = rng.random_range(1..9_000);
        let torn: Vec<u8> = (0..len).map(|_| rng.random()).collect();
        self.counts.note(Fault::TornTail);
        self.machines[at].tear(&torn)?;
        self.hang_up(at);
        Ok(())
    }

    /// The key of a machine is revoked by the one above it.
    pub(crate) fn revoke(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = &self.machines[at];
        let Some(parent) = machine.parent else { return Ok(()) };
        let ended = |m: &Machine| m.revoked || !m.former.is_empty();
        let revoker = self.machines.iter().any(|m| ended(m) && m.parent == Some(at));
        if machine.revoked || self.machines[parent].revoked || revoker {
            return Ok(());
        }
        let (writer, offline) = (machine.writer_id, !self.is_connected(at));
        let above = &mut self.machines[parent];
        above.wall_ms();
        let by = Arc::clone(&above.actor);
        let done = above.writer.revoke(&above.kernel, &by, writer, "lost");
        self.stated(parent, done)?;
        // It may be durable though nobody was told.
        if self.machines[parent].durable_revocation(writer)? {
            self.machines[at].revoked = true;
            if offline {
                self.counts.note(Fault::RevokedOffline);
            }
        }
        Ok(())
    }

    fn is_connected(&self, at: usize) -> bool {
        let link = &self.links[at];
        link.up && link.conn.is_some_and(|id| self.conns[id].open)
    }

    fn reenrol_one(&mut self) -> anyhow::Result<()> {
        let lost = self.replaceable().into_iter().next();
        lost.map_or(Ok(()), |at| self.reenrol(at))
    }

    /// Revoked machines whose office has nobody in their place.
    pub(crate) fn replaceable(&self) -> Vec<usize> {
        let stands: BTreeSet<_> =
            self.machines.iter().filter(|m| !m.revoked).map(|m| (m.office, m.role)).collect();
        let missing = self.machines.iter().enumerate();
        let missing = missing.filter(|(_, m)| m.revoked && m.role == KeyRole::Node);
        let dialled = |at: usize| self.machines.iter().any(|m| !m.revoked && m.parent == Some(at));
        let missing =
            missing.filter(|(at, m)| dialled(*at) || !stands.contains(&(m.office, m.role)));
        missing.map(|(at, _)| at).collect()
    }

    /// An office gets a new node, if it has no other; those below it are told by hand.
    pub(crate) fn reenrol(&mut self, at: usize) -> anyhow::Result<()> {
        let (office, role) = (self.machines[at].office, self.machines[at].role);
        let Some(parent) = self.machines[at].parent.filter(|p| !self.machines[*p].revoked) else {
            return Ok(());
        };
        let stands =
            self.machines.iter().position(|m| !m.revoked && m.office == office && m.role == role);
        let new = match stands {
            Some(stands) => stands,
            None => {
                self.counts.note(Fault::Reenrolled);
                let new = self.enrolled(office, role, parent)?;
                self.bring_up(new, parent)?;
                new
            }
        };
        let below: Vec<usize> = (0..self.machines.len())
            .filter(|child| self.machines[*child].parent == Some(at))
            .collect();
        for child in below {
            if !self.machines[child].revoked {
                self.certify(new, child)?;
            }
            self.join(child, new)?;
            if let Some(id) = self.links[child].conn.filter(|id| self.conns[*id].open) {
                self.break_off(id);
            }
            self.agenda.plan(self.now_ms, Event::Dial(child));
        }
        Ok(())
    }

    /// A new node hears the one above before those below are told of it, as administrators are told
    /// to see to: else it may take from them what contradicts what its predecessor had.
    fn bring_up(&mut self, new: usize, parent: usize) -> anyhow::Result<()> {
        for _ in 0..BRING_UP_ROUNDS_MAX {
            let (new, parent) = (&self.machines[new], &self.machines[parent]);
            let mut lacks = false;
            for (stream, next_seq) in parent.kernel.held()? {
                let may = self.registry.may_have(&stream, new.office);
                lacks |= may && new.durable(&stream)? < next_seq;
            }
            if !lacks {
                break;
            }
            self.run_until(self.now_ms + BRING_UP_MS)?;
        }
        Ok(())
    }

    /// A phone joins a regency.
    fn phone(&mut self, at: usize) -> anyhow::Result<()> {
        let regencies: Vec<usize> = (0..self.machines.len())
            .filter(|at| {
                let machine = &self.machines[*at];
                let grandparent = machine.parent.and_then(|parent| self.machines[parent].parent);
                !machine.revoked && machine.role == KeyRole::Node && grandparent.is_some()
            })
            .collect();
        if regencies.is_empty() || self.machines.len() >= MACHINES_MAX {
            return Ok(());
        }
        let by = regencies[at % regencies.len()];
        let office = self.machines[by].office;
        self.enrolled(office, KeyRole::Device, by).map(drop)
    }

    pub(crate) fn publish(&mut self) -> anyhow::Result<()> {
        if self.version >= VERSIONS {
            return Ok(());
        }
        let centre = &mut self.machines[0];
        centre.wall_ms();
        let by = Arc::clone(&centre.actor);
        let pack = pack::pack(self.version + 1);
        let done = centre.writer.publish(&centre.kernel, &by, pack);
        if self.stated(0, done)? {
            self.version += 1;
        }
        Ok(())
    }

    /// A later build files an operation of a kind that nobody else knows.
    fn future(&mut self, at: usize, seed: u64) -> anyhow::Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let machine = &mut self.machines[at];
        let stream = StreamId {
            writer: machine.writer_id,
            epoch: machine.kernel.life()?,
            audience: Audience::Up(machine.office),
            lane: Lane::Circulars,
        };
        let time = Hlc { ms: machine.wall_ms(), counter: 0 };
        let change = (200u32, (rng.random::<u32>(), "later"));
        let (author, submission) = (machine.actor.person(), SubmissionId(rng.random()));
        let bytes = minicbor::to_vec((FORMAT, time, author, machine.office, submission, change))?;
        let (key, now_ms) = (&machine.key, machine.wall_max_ms);
        let done: Result<u64, StoreError> = machine.store().write(|tx| {
            let head = log::head(tx, &stream)?;
            let sealed = op::open_stored(&stream, head.next_seq, head.link, bytes.clone())
                .expect("invariant: an unknown kind is carried");
            log::append(tx, &sealed, now_ms)?;
            log::put_signed_head(tx, &sign_head(key, &stream, &sealed.head()))?;
            Ok(sealed.head().next_seq)
        });
        if self.died(at)? {
            return Ok(());
        }
        match done {
            Ok(next_seq) => {
                self.counts.note(Fault::UnknownChange);
                let grew = vec![(stream, next_seq)];
                self.tell(at, &Effects { grew, ..Effects::default() })
            }
            Err(error) => self.failed(at, &Arc::new(error)),
        }
    }
}
