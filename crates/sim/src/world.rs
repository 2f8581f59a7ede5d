//! A world in virtual time: machines, their links, and what they say to each other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use domain::ids::{Digest, OfficeId, RecordId, SubmissionId, WriterId};
use domain::limits::COMMIT_GROUP_MAX;
use domain::op::{Audience, Lane, StreamId};
use domain::problem::ProblemCode;
use domain::sync::{Action, Closed, Input, Role, Session, Taken, redial_ms};
use ed25519_dalek::{SigningKey, VerifyingKey};
use node::{Batch, Effects, IngestError, Ingested, Submission};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use store::{log, records};

use crate::fault::{Counts, Fault};
use crate::machine::{Fail, Machine, Waiting};
use crate::net::{Agenda, Conn, End, Event, Link, Mind, transmit};
use crate::newer;
use crate::scope::Registry;
use crate::tap::{self, Tap, To};

/// When a world begins, in milliseconds since 1970: 15 January 2026.
pub(crate) const BEGIN_MS: u64 = 1_768_435_200_000;
/// How often a session looks at the clock.
const TICK_MS: u64 = 1_000;
/// How long a refused peer waits before it dials again.
const REFUSED_MS: u64 = 20_000;

/// What an attacker did, that must have left no trace, or the proof of it.
#[derive(Debug, Default)]
pub(crate) struct Crimes {
    /// BLAKE3 of operations that nobody may have in a log.
    pub(crate) forbidden: BTreeSet<[u8; 32]>,
    /// BLAKE3 of operations that may stand in a log, but count nowhere.
    pub(crate) void: BTreeSet<[u8; 32]>,
    /// Streams in which two things were said in one place.
    pub(crate) forked: BTreeSet<StreamId>,
    /// Attackers' own records.
    pub(crate) records: BTreeSet<RecordId>,
}

impl Crimes {
    /// Which of these batches say another thing than what stands on the machine's disk.
    fn forks(&self, machine: &Machine, batches: &[&Batch]) -> anyhow::Result<Vec<usize>> {
        let mut forks = Vec::new();
        for (at, batch) in batches.iter().enumerate() {
            if !self.forked.contains(&batch.stream) {
                continue;
            }
            let stands = |r: &store::Reader<'_>| log::find(r, &batch.stream, batch.first_seq);
            let stands = machine.store().read(stands)?;
            if stands.is_some_and(|stands| stands.op.bytes() != batch.ops[0]) {
                forks.push(at);
            }
        }
        Ok(forks)
    }
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rng: ChaCha8Rng,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) now_ms: u64,
    pub(crate) machines: Vec<Machine>,
    pub(crate) links: Vec<Link>,
    pub(crate) conns: Vec<Conn>,
    pub(crate) agenda: Agenda,
    pub(crate) counts: Counts,
    pub(crate) registry: Registry,
    /// The keys of all who ever wrote.
    pub(crate) keys: BTreeMap<WriterId, VerifyingKey>,
    pub(crate) crimes: Crimes,
    /// Submissions that nobody has answered yet: they are sent again.
    pub(crate) unanswered: Vec<(usize, Submission)>,
    /// What was acknowledged, and where: the one promise of the system.
    pub(crate) acknowledged: BTreeMap<SubmissionId, (usize, Digest)>,
    /// Frames that attackers have seen: to be replayed.
    pub(crate) seen: VecDeque<Batch>,
    /// Machines that are one protocol ahead.
    pub(crate) newer: BTreeSet<usize>,
    pub(crate) version: u32,
    /// An attacker's certified key, and the office that it is certified for.
    pub(crate) villain: (SigningKey, OfficeId),
    /// Keys that an attacker certified for other offices, and the machine that they dial.
    pub(crate) rogues: Vec<(usize, SigningKey, OfficeId)>,
    pub(crate) trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        let now_ms = self.now_ms - BEGIN_MS;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now_ms:>8} ms  {}", line()));
        }
    }

    pub(crate) fn set_now(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.clock.store(now_ms, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub(crate) fn run_until(&mut self, until_ms: u64) -> anyhow::Result<()> {
        while let Some((at_ms, event)) = self.agenda.next(until_ms) {
            self.set_now(at_ms.max(self.now_ms));
            self.happen(event)?;
        }
        self.set_now(until_ms);
        Ok(())
    }

    fn happen(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Arrive(id, side, bytes) => self.arrive(id, side, &bytes),
            Event::Tick(id, side) => {
                if !self.conns[id].open {
                    return Ok(());
                }
                self.agenda.plan(self.now_ms + TICK_MS, Event::Tick(id, side));
                self.input(id, side, Input::Tick)
            }
            Event::Dial(at) => self.dial(at),
            Event::Commit(at) => self.commit(at),
        }
    }

    /// A machine dials its parent.
    fn dial(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(parent) = self.machines[at].parent else { return Ok(()) };
        let link = &mut self.links[at];
        if link.conn.is_some_and(|id| self.conns[id].open) {
            return Ok(());
        }
        if !link.up {
            link.failed += 1;
            let wait_ms = redial_ms(link.failed, link.rng.random());
            self.agenda.plan(self.now_ms + wait_ms, Event::Dial(at));
            return Ok(());
        }
        link.failed = 0;
        let office = self.machines[parent].office;
        self.connect(at, parent, Some(office))
    }

    fn connect(&mut self, at: usize, to: usize, office: Option<OfficeId>) -> anyhow::Result<()> {
        let (id, now_ms) = (self.conns.len(), self.now_ms);
        let hostile = self.links[at].hostile;
        let end = |machine: usize, role: Role, office: Option<OfficeId>| {
            let config = self.machines[machine].kernel.session(role, [0; 32], office)?;
            let tap = Tap::new(&config.codec, hostile);
            let mut said = Vec::new();
            let session = Box::new(Session::begin(config, &mut said));
            anyhow::Ok((End::new(Mind::Node(machine, session), tap, now_ms), said))
        };
        let (dialler, said) = end(at, Role::Dialer, office)?;
        let (listener, _) = end(to, Role::Listener, None)?;
        let newer = self.newer.contains(&at);
        self.open(Conn {
            ends: [dialler, listener],
            open: true,
            link: Some(at),
            newer,
            met: false,
            torn: hostile,
        });
        self.links[at].conn = Some(id);
        self.act(id, 0, said)
    }

    pub(crate) fn open(&mut self, conn: Conn) {
        let id = self.conns.len();
        self.conns.push(conn);
        for side in 0..2 {
            self.agenda.plan(self.now_ms + TICK_MS, Event::Tick(id, side));
        }
    }

    fn arrive(&mut self, id: usize, side: usize, bytes: &[u8]) -> anyhow::Result<()> {
        if self.conns[id].link.is_some_and(|link| !self.links[link].up) {
            self.conns[id].torn = true;
        }
        if !self.conns[id].open || self.conns[id].torn && !self.conns[id].hostile(&self.links) {
            return Ok(());
        }
        let end = &mut self.conns[id].ends[side];
        end.tap.heard(bytes);
        if let Mind::Villain(villain) = &mut end.mind {
            for bytes in villain.hear(bytes) {
                self.transmit(id, side, bytes);
            }
            return Ok(());
        }
        self.input(id, side, Input::Bytes(bytes))
    }

    /// Tells a session something, and does what it says.
    fn input(&mut self, id: usize, side: usize, input: Input<'_>) -> anyhow::Result<()> {
        let now_ms = self.now_ms;
        let mut todo = Vec::new();
        if let Mind::Node(at, session) = &mut self.conns[id].ends[side].mind {
            // A session's clock is its machine's.
            self.machines[*at].wall_ms();
            session.input(now_ms, input, &mut todo);
        }
        self.act(id, side, todo)
    }

    fn act(&mut self, id: usize, side: usize, todo: Vec<Action>) -> anyhow::Result<()> {
        let mut todo = VecDeque::from(todo);
        while let Some(action) = todo.pop_front() {
            let Mind::Node(at, _) = &self.conns[id].ends[side].mind else { return Ok(()) };
            let at = *at;
            match action {
                Action::Send(bytes) => self.send(id, side, at, bytes)?,
                Action::Read(stream, from) => {
                    let page = self.machines[at].kernel.page(&stream, from)?;
                    todo.extend(self.told(id, side, Input::Page(page)));
                }
                Action::Take { number, batch } => {
                    self.take(at, Waiting { from: (id, side, number), batch });
                }
                Action::Met(peer) => todo.extend(self.met(id, side, peer)?),
                Action::Stands(stands) => todo.extend(self.compared(id, side, &stands)?),
                Action::Want(tag, marks) => todo.extend(self.wanted(id, side, &(tag, marks))?),
                Action::Acked(..) | Action::Health(_) | Action::Blob(_) => {}
                Action::Offered(_, ProblemCode::SyncUnknownWriter) => {
                    self.counts.note(Fault::LateCertificate);
                }
                Action::Offered(..) => self.counts.note(Fault::OutOfScopeStream),
                Action::Close(why) => {
                    self.closed(id, side, &why);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, id: usize, side: usize, at: usize, bytes: Vec<u8>) -> anyhow::Result<()> {
        let office = match &self.conns[id].ends[1 - side].mind {
            Mind::Node(to, _) => Some(self.machines[*to].office),
            Mind::Villain(villain) => villain.office,
        };
        let to = To { registry: &self.registry, office };
        let tap = &mut self.conns[id].ends[side].tap;
        let from = &self.machines[at];
        tap.sent(&bytes, from, to, &mut self.counts)
            .with_context(|| format!("machine {at} of office {}", from.office))?;
        if self.trace.is_some() {
            let told = tap::told(&bytes, &self.conns[id].ends[side].tap.said);
            self.say(|| format!("connection {id}, machine {at}: {told}"));
        }
        let ahead = self.conns[id].newer && side == 0;
        let bytes = if ahead { newer::ahead(&bytes, &mut self.counts) } else { bytes };
        self.transmit(id, side, bytes);
        Ok(())
    }

    pub(crate) fn transmit(&mut self, id: usize, side: usize, bytes: Vec<u8>) {
        let mut free = Link::new(0, 20, 1_000);
        let link = match self.conns[id].link {
            Some(link) => &mut self.links[link],
            None => &mut free,
        };
        if !link.up {
            self.conns[id].torn = true;
            return;
        }
        if self.conns[id].link.is_some() && link.rng.random_bool(0.001) {
            self.counts.note(Fault::Broken);
            return self.break_off(id);
        }
        let out = (&mut self.agenda, &mut self.counts);
        transmit((id, side), &mut self.conns[id].ends[side], link, self.now_ms, bytes, out);
    }

    /// Operations wait for the committer.
    fn take(&mut self, at: usize, waiting: Waiting) {
        if self.seen.len() >= 24 {
            self.seen.pop_front();
        }
        self.seen.push_back(waiting.batch.clone());
        self.machines[at].queue.push_back(waiting);
        self.plan_commit(at);
    }

    fn plan_commit(&mut self, at: usize) {
        let machine = &mut self.machines[at];
        if !machine.committing && !machine.queue.is_empty() {
            machine.committing = true;
            let wait_ms = self.rng.random_range(1..40);
            self.agenda.plan(self.now_ms + wait_ms, Event::Commit(at));
        }
    }

    /// The committer's turn: a group, as the node's own thread forms it.
    fn commit(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = &mut self.machines[at];
        machine.committing = false;
        let (mut group, mut ops, mut last) = (Vec::new(), 0, false);
        while ops < COMMIT_GROUP_MAX && !last {
            let Some(waiting) = machine.queue.pop_front() else { break };
            ops += waiting.batch.ops.len();
            last = waiting.batch.stream.lane == Lane::Control;
            group.push(waiting);
        }
        self.ingest(at, group)?;
        if !self.machines[at].store().read(records::all_waiting)?.is_empty() {
            self.counts.note(Fault::UnknownType);
        }
        self.plan_commit(at);
        Ok(())
    }

    /// Commits a group; if it fails, each on its own.
    fn ingest(&mut self, at: usize, group: Vec<Waiting>) -> anyhow::Result<()> {
        let machine = &mut self.machines[at];
        machine.wall_ms();
        let batches: Vec<&Batch> = group.iter().map(|waiting| &waiting.batch).collect();
        let forks = self.crimes.forks(machine, &batches)?;
        let done = machine.writer.ingest(&machine.kernel, &batches);
        if self.died(at)? {
            return Ok(());
        }
        match done {
            Ok((answers, effects)) => {
                for at in forks {
                    let refused = answers[at].as_ref().ok().and_then(|taken| taken.refused);
                    ensure!(refused.is_some(), "a second operation under one number was taken");
                }
                for (waiting, answer) in group.into_iter().zip(answers) {
                    self.answer(&waiting, answer)?;
                }
                self.tell(at, &effects)
            }
            Err(_) if group.len() > 1 => {
                group.into_iter().try_for_each(|waiting| self.ingest(at, vec![waiting]))
            }
            Err(error) => {
                self.failed(at, &error)?;
                let failed = Err(IngestError::Storage(error));
                group.iter().try_for_each(|waiting| self.answer(waiting, failed.clone()))
            }
        }
    }

    /// A commit failed: because something was put into its way, or else it is a bug.
    pub(crate) fn failed(&mut self, at: usize, error: &node::Storage) -> anyhow::Result<()> {
        let machine = &self.machines[at];
        if machine.refused_commits() > 0 {
            self.counts.note(Fault::Eio);
        } else {
            ensure!(machine.full, "storage failed by itself: {error:?}");
            self.counts.note(Fault::Full);
        }
        self.say(|| format!("machine {at}: storage failed: {error}"));
        Ok(())
    }

    fn answer(
        &mut self,
        waiting: &Waiting,
        answer: Result<Ingested, IngestError>,
    ) -> anyhow::Result<()> {
        let taken = match answer {
            Ok(Ingested { refused: Some(code), next_seq, .. }) => Taken::Refused(next_seq, code),
            Ok(ingested) => Taken::Durable(ingested.next_seq),
            Err(IngestError::Gap { next_seq }) => Taken::Gap(next_seq),
            Err(IngestError::Busy | IngestError::Storage(_)) => Taken::Failed,
        };
        let (id, side, number) = waiting.from;
        if self.conns[id].open { self.input(id, side, Input::Taken(number, taken)) } else { Ok(()) }
    }

    /// Tells a machine's sessions what is durable.
    pub(crate) fn tell(&mut self, at: usize, effects: &Effects) -> anyhow::Result<()> {
        if effects.rehomed {
            self.counts.note(Fault::Rehomed);
            self.hang_up(at);
        }
        for (id, side) in self.sessions(at) {
            if effects.rules {
                self.conns[id].ends[side].tap.loose = true;
                let rules = self.machines[at].kernel.rules();
                self.input(id, side, Input::Rules(rules))?;
            }
            for (stream, next_seq) in &effects.grew {
                if self.conns[id].open {
                    self.input(id, side, Input::Grew(stream.clone(), *next_seq))?;
                }
            }
        }
        Ok(())
    }

    /// The open sessions of a machine: connection and side.
    pub(crate) fn sessions(&self, at: usize) -> Vec<(usize, usize)> {
        let is_at = |end: &End| matches!(&end.mind, Mind::Node(machine, _) if *machine == at);
        let conns = self.conns.iter().enumerate().filter(|(_, conn)| conn.open);
        conns
            .flat_map(|(id, conn)| {
                (0..2).filter(|side| is_at(&conn.ends[*side])).map(move |side| (id, side))
            })
            .collect()
    }

    /// If the machine died at its last commit, it wakes; its connections are gone.
    pub(crate) fn died(&mut self, at: usize) -> anyhow::Result<bool> {
        let Some(fail) = self.machines[at].wake()? else { return Ok(false) };
        self.machines[at].refused_commits();
        let fault = if fail == Fail::CrashAfter { Fault::CrashAfter } else { Fault::CrashBefore };
        self.counts.note(fault);
        self.say(|| format!("machine {at} died and woke: {fail:?}"));
        self.hang_up(at);
        Ok(true)
    }

    /// All connections of a machine end without a word.
    pub(crate) fn hang_up(&mut self, at: usize) {
        self.machines[at].committing = false;
        for (id, _) in self.sessions(at) {
            self.break_off(id);
        }
    }

    /// A connection ends without a word; its machine dials again.
    pub(crate) fn break_off(&mut self, id: usize) {
        self.conns[id].open = false;
        let Some(at) = self.conns[id].link else { return };
        let wait_ms = self.rng.random_range(10..500) + redial_ms(0, self.links[at].rng.random());
        self.agenda.plan(self.now_ms + wait_ms, Event::Dial(at));
    }

    fn closed(&mut self, id: usize, side: usize, why: &Closed) {
        self.say(|| format!("connection {id} closed at side {side}: {why:?}"));
        let refused = match why {
            Closed::Dead => {
                self.counts.note(Fault::Dead);
                false
            }
            Closed::Malformed => {
                self.counts.note(Fault::Malformed);
                false
            }
            Closed::Refused(code) => {
                let faults = [
                    (ProblemCode::SyncRevoked, Fault::RevokedPeer),
                    (ProblemCode::SyncVersion, Fault::NoCommonProtocol),
                    (ProblemCode::SyncUnknownWriter, Fault::Unknown),
                    (ProblemCode::SyncProof, Fault::Impostor),
                ];
                let fault = faults.iter().find(|(known, _)| known == code);
                fault.into_iter().for_each(|(_, fault)| self.counts.note(*fault));
                true
            }
            Closed::Bye(_) => true,
            Closed::Storage => false,
        };
        self.conns[id].open = false;
        if let Some(at) = self.conns[id].link {
            let wait_ms =
                if refused { REFUSED_MS } else { redial_ms(0, self.links[at].rng.random()) };
            self.agenda.plan(self.now_ms + wait_ms, Event::Dial(at));
        }
    }

    /// Something urgent of a machine's own is durable: where the way up is free, it leaves next.
    pub(crate) fn expect_urgent(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = &self.machines[at];
        let stream = StreamId {
            writer: machine.writer_id,
            epoch: machine.kernel.life()?,
            audience: Audience::Up(machine.office),
            lane: Lane::Urgent,
        };
        for (id, side) in self.sessions(at) {
            let conn = &mut self.conns[id];
            let up = side == 0 && conn.link.is_some_and(|link| self.links[link].up);
            // Only where data flows already is it sure that both know where the other stands.
            if up && conn.met && conn.ends[side].tap.data_frames > 0 {
                conn.ends[side].tap.expect_urgent(stream.clone());
            }
        }
        Ok(())
    }
}
