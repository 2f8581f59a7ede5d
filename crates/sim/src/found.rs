//! Who is there: offices of the built-in tree, nodes founded and enrolled as real ones are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Context as _;
use domain::ids::OfficeId;
use domain::office::{Level, Tree};
use domain::op::writer_id;
use domain::period::Date;
use domain::trust::{Certificate, Holder, KeyRole};
use ed25519_dalek::{SigningKey, VerifyingKey};
use node::{ControlError, Effects};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::fault::{Counts, Fault};
use crate::machine::{Birth, Machine};
use crate::net::{Agenda, Event, Link};
use crate::pack;
use crate::plan::{self, Setup};
use crate::scope::Registry;
use crate::world::{BEGIN_MS, Crimes, World};

/// Time in which a world is left alone after its founding.
const QUIET_MS: u64 = 12_000;

impl World {
    /// Founds a world.
    pub(crate) fn found(setup: &Setup, traced: bool) -> anyhow::Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(setup.seed);
        let tree = Tree::built_in();
        let date = Date::of_ms(BEGIN_MS);
        let villain = SigningKey::from_bytes(&rng.random());
        let mut world = Self {
            rng,
            clock: Arc::new(AtomicU64::new(BEGIN_MS)),
            now_ms: BEGIN_MS,
            machines: Vec::new(),
            links: Vec::new(),
            conns: Vec::new(),
            agenda: Agenda::default(),
            counts: Counts::default(),
            registry: Registry::default(),
            keys: BTreeMap::new(),
            crimes: Crimes::default(),
            unanswered: Vec::new(),
            acknowledged: BTreeMap::new(),
            seen: VecDeque::new(),
            newer: BTreeSet::new(),
            version: 1,
            villain: (villain, OfficeId(1)),
            rogues: Vec::new(),
            trace: traced.then(Vec::new),
        };
        world.settle(setup, &tree, date)?;
        world.run_until(BEGIN_MS + QUIET_MS)?;
        Ok(world)
    }

    fn settle(&mut self, setup: &Setup, tree: &Tree, date: Date) -> anyhow::Result<()> {
        let centre = tree.list(date, Some(Level::Centre))[0].id;
        let root = SigningKey::from_bytes(&self.rng.random());
        self.registry.office(tree, centre, date);
        self.known(&root.verifying_key(), centre);
        let at = self.born(centre, KeyRole::Node, None)?;
        let machine = &mut self.machines[at];
        machine.writer.found(&machine.kernel, &root)?;
        let by = Arc::clone(&machine.actor);
        machine.writer.publish(&machine.kernel, &by, pack::pack(1))?;
        let mut provinces: Vec<OfficeId> =
            tree.list(date, Some(Level::Province)).iter().map(|office| office.id).collect();
        provinces.shuffle(&mut self.rng);
        let mut regencies = Vec::new();
        for (province, count) in provinces.into_iter().zip(&setup.provinces) {
            self.registry.office(tree, province, date);
            let at = self.enrolled(province, KeyRole::Node, 0)?;
            let mut below: Vec<OfficeId> =
                tree.children(province, date).iter().map(|office| office.id).collect();
            below.shuffle(&mut self.rng);
            for regency in below.into_iter().take(*count) {
                self.registry.office(tree, regency, date);
                regencies.push((self.enrolled(regency, KeyRole::Node, at)?, at, regency));
            }
        }
        let (first, above, office) = regencies[0];
        if setup.second {
            self.enrolled(office, KeyRole::Node, above)?;
        }
        if setup.device {
            self.enrolled(office, KeyRole::Device, first)?;
        }
        self.corrupt(above, office)
    }

    /// An attacker gets hold of a key that was certified in good faith.
    fn corrupt(&mut self, above: usize, office: OfficeId) -> anyhow::Result<()> {
        self.villain.1 = office;
        let certificate = Certificate {
            role: KeyRole::Node,
            key: self.villain.0.verifying_key().to_bytes(),
            seal: [0; 32],
            office,
            name: "villain".to_owned(),
            holder: None,
        };
        let key = self.villain.0.verifying_key();
        self.known(&key, office);
        let machine = &mut self.machines[above];
        let by = Arc::clone(&machine.actor);
        machine.writer.certify(&machine.kernel, &by, certificate)?;
        Ok(())
    }

    /// A key belongs to an office.
    pub(crate) fn known(&mut self, key: &VerifyingKey, office: OfficeId) {
        let writer = writer_id(key);
        self.registry.writer(writer, office);
        self.keys.insert(writer, *key);
    }

    /// A machine that dials `parent`.
    fn born(
        &mut self,
        office: OfficeId,
        role: KeyRole,
        parent: Option<usize>,
    ) -> anyhow::Result<usize> {
        let skew_ms = plan::skew(&mut self.rng);
        let birth = Birth { office, role, secret: self.rng.random(), skew_ms };
        self.note_skew(skew_ms);
        let mut machine = Machine::new(&birth, &self.clock)?;
        machine.parent = parent;
        machine.wall_ms();
        self.known(&machine.key.verifying_key(), office);
        self.machines.push(machine);
        let (latency_ms, bytes_per_ms) = match self.rng.random_range(0..3) {
            0 => (350, 16),
            1 => (60, 32),
            _ => (15, 125),
        };
        self.links.push(Link::new(self.rng.random(), latency_ms, bytes_per_ms));
        Ok(self.machines.len() - 1)
    }

    pub(crate) fn note_skew(&mut self, skew_ms: i64) {
        const LONG_MS: i64 = 48 * 3_600_000;
        let fault = match skew_ms {
            LONG_MS.. => Fault::YearsAhead,
            60_001..LONG_MS => Fault::ClockAhead,
            -60_000..=60_000 => return,
            _ if skew_ms <= -LONG_MS => Fault::YearsBehind,
            _ => Fault::ClockBehind,
        };
        self.counts.note(fault);
    }

    /// A new machine, certified by the one that it dials.
    pub(crate) fn enrolled(
        &mut self,
        office: OfficeId,
        role: KeyRole,
        by: usize,
    ) -> anyhow::Result<usize> {
        let at = self.born(office, role, Some(by))?;
        self.certify(by, at)?;
        self.join(at, by)?;
        self.say(|| format!("machine {at} of office {office} ({role:?}) dials {by}"));
        let wait_ms = self.rng.random_range(0..1_500);
        self.agenda.plan(self.now_ms + wait_ms, Event::Dial(at));
        Ok(at)
    }

    /// A machine certifies another.
    pub(crate) fn certify(&mut self, by: usize, at: usize) -> anyhow::Result<()> {
        let certificate = self.machines[at].kernel.request().certificate()?;
        let asks = &self.machines[at];
        let role = asks.role;
        let holder = || Holder::prove(&asks.key, asks.actor.person());
        let holder = (role == KeyRole::Device).then(holder);
        let certificate = Certificate { role, holder, ..certificate };
        self.certify_key(by, certificate).map(drop)
    }

    /// A machine certifies a key: whether it stands.
    pub(crate) fn certify_key(
        &mut self,
        by: usize,
        certificate: Certificate,
    ) -> anyhow::Result<bool> {
        let machine = &mut self.machines[by];
        // Whoever enrols sees to it that the disk works.
        machine.disarm()?;
        machine.wall_ms();
        let actor = Arc::clone(&machine.actor);
        let done = machine.writer.certify(&machine.kernel, &actor, certificate);
        self.stated(by, done)
    }

    /// What came of a statement: whether it stands.
    pub(crate) fn stated(
        &mut self,
        at: usize,
        done: Result<Effects, ControlError>,
    ) -> anyhow::Result<bool> {
        if self.died(at)? {
            return Ok(false);
        }
        match done {
            Ok(effects) => {
                self.tell(at, &effects)?;
                Ok(true)
            }
            Err(ControlError::Storage(error)) => {
                self.failed(at, &error)?;
                Ok(false)
            }
            Err(ControlError::UnknownWriter(_)) => Ok(false),
            Err(error) => Err(error).context("a statement was refused"),
        }
    }

    /// A machine is told, by hand, whom it dials and whom it trusts.
    pub(crate) fn join(&mut self, at: usize, parent: usize) -> anyhow::Result<()> {
        let enrolment = self.machines[parent].kernel.enrolment("https://parent.example");
        let enrolment = enrolment.context("the parent stands under no root")?;
        // Whoever joins by hand sees to it that the disk works.
        self.machines[at].disarm()?;
        self.machines[at].kernel.join(&enrolment)?;
        self.machines[at].parent = Some(parent);
        Ok(())
    }
}
