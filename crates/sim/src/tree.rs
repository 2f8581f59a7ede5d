//! `sim tree`: the whole country in virtual time, one centre, all provinces and regencies, with
//! real sessions over weak links and light nodes in place of databases.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use domain::ids::{OfficeId, RecordId, WriterId};
use domain::office::{Level, OfficeAt, Tree};
use domain::op::{Lane, StreamId};
use domain::period::Date;
use domain::sync::{Action, Batch, Closed, Input, Role, Rules, Session, redial_ms};
use domain::trust::{Certificate, KeyRole, Trust};
use ed25519_dalek::SigningKey;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::tree_link::{End, Sums};
use crate::tree_node::{Kit, LightNode};
use crate::tree_plan::{DAY_MS, HOUR_MS, Month};
use crate::tree_tell;

/// When the month begins: Monday, 2 February 2026, 00:00 UTC.
const BEGIN_MS: u64 = 1_769_990_400_000;
/// From an operation's coming to its being durable.
const COMMIT_MS: u64 = 15;
/// Round trips until a session may begin: TCP, TLS, WebSocket.
const DIAL_ROUND_TRIPS: u64 = 3;
/// A dial that found nobody is repeated about so often (see `redial_ms`).
const REDIAL_MS: u64 = 800;
/// How long after the month's end everything must have come.
const DRAIN_MS: u64 = 6 * HOUR_MS;

/// A month of the country.
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// Days.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    days: u64,
    /// Draws everything that comes by chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of the pack whose forms are filed.
    #[arg(long, default_value = "packs/kejadian")]
    pack: PathBuf,
    /// Forms, one a line, as `genggam corpus` writes them.
    #[arg(long)]
    forms: PathBuf,
    /// One line of JSON.
    #[arg(long)]
    json: bool,
}

/// An office with its node.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) node: LightNode,
    pub(crate) parent: Option<usize>,
    month: Month,
    /// When each operation of its streams was filed.
    pub(crate) filed: BTreeMap<StreamId, Vec<u64>>,
    /// Connections that it has.
    conns: BTreeSet<usize>,
    /// The one that it dialled.
    dialled: Option<usize>,
}

#[derive(Debug)]
enum Event {
    File(usize),
    Dial(usize),
    Connected(usize),
    Arrive(usize, usize, Vec<u8>),
    /// The other end of the connection is gone.
    HangUp(usize, usize),
    Tick(usize, usize),
    Commit(usize, usize, Box<Came>),
}

#[derive(Debug)]
struct Came {
    number: u32,
    stream: StreamId,
    first_seq: u64,
    ops: Vec<Vec<u8>>,
    signature: [u8; 64],
}

/// Events by time, then in the order in which they were planned.
#[derive(Debug)]
struct Planned(u64, u64, Event);

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// What came to the centre: how long after it could have left, and by which lane.
pub(crate) type Arrival = (u64, Lane);

/// The country.
#[derive(Debug)]
pub(crate) struct Country {
    kit: Kit,
    rules: Rules,
    pub(crate) offices: Vec<Office>,
    by_writer: BTreeMap<WriterId, usize>,
    conns: Vec<[End; 2]>,
    events: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    now_ms: u64,
    rng: ChaCha8Rng,
    pub(crate) sums: Sums,
    pub(crate) filed: u64,
    pub(crate) hops: u64,
    pub(crate) connects: u64,
    pub(crate) arrivals: Vec<Arrival>,
}

/// Plays the month and says what came of it.
pub(crate) fn run(args: &TreeArgs) -> anyhow::Result<()> {
    let tree = Arc::new(Tree::built_in());
    let kit = Kit::read(&args.pack, &args.forms, &tree, Date::of_ms(BEGIN_MS))?;
    let mut country = Country::new(kit, tree, args.seed, args.days);
    country.play(BEGIN_MS + args.days * DAY_MS)?;
    tree_tell::tell(&country, args.days, args.json)
}

/// The centre, the provinces and the regencies, parents first.
fn places(tree: &Tree, date: Date) -> Vec<OfficeAt<'_>> {
    let levels = [Level::Centre, Level::Province, Level::Regency];
    levels.into_iter().flat_map(|level| tree.list(date, Some(level))).collect()
}

impl Country {
    fn new(kit: Kit, tree: Arc<Tree>, seed: u64, days: u64) -> Self {
        let date = Date::of_ms(BEGIN_MS);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let root = SigningKey::from_bytes(&rng.random()).verifying_key();
        let places = places(&tree, date);
        let numbers: BTreeMap<OfficeId, usize> =
            places.iter().enumerate().map(|(at, office)| (office.id, at)).collect();
        let offices = places.iter().map(|place| Office {
            node: LightNode::new(place.id, SigningKey::from_bytes(&rng.random())),
            parent: place.parent.and_then(|parent| numbers.get(&parent).copied()),
            month: Month::draw(place, seed, BEGIN_MS, days),
            filed: BTreeMap::new(),
            conns: BTreeSet::new(),
            dialled: None,
        });
        let offices: Vec<Office> = offices.collect();
        // All were enrolled before: each knows every key.
        let certificate = |office: &Office| Certificate {
            role: KeyRole::Node,
            key: office.node.key.verifying_key().to_bytes(),
            seal: [0; 32],
            office: office.node.office,
            name: String::new(),
            holder: None,
        };
        let pins: Vec<Certificate> = offices.iter().map(certificate).collect();
        let trust = Arc::new(Trust::new(Some(root), &pins, &[], &tree));
        let writers = offices.iter().enumerate().map(|(at, office)| (office.node.writer, at));
        let by_writer = writers.collect();
        drop(places);
        let mut country = Self {
            kit,
            rules: Rules { tree, date, trust },
            offices,
            by_writer,
            conns: Vec::new(),
            events: BinaryHeap::new(),
            planned: 0,
            now_ms: BEGIN_MS,
            rng,
            sums: Sums::default(),
            filed: 0,
            hops: 0,
            connects: 0,
            arrivals: Vec::new(),
        };
        for at in 1..country.offices.len() {
            for due in country.offices[at].month.files.clone() {
                country.plan(due, Event::File(at));
            }
            country.plan(BEGIN_MS, Event::Dial(at));
        }
        country
    }

    fn plan(&mut self, at_ms: u64, event: Event) {
        self.planned += 1;
        self.events.push(Reverse(Planned(at_ms, self.planned, event)));
    }

    fn play(&mut self, end_ms: u64) -> anyhow::Result<()> {
        while let Some(Reverse(Planned(at_ms, _, event))) = self.events.pop() {
            let done = at_ms >= end_ms && self.arrivals.len() as u64 == self.filed;
            if done || at_ms > end_ms + DRAIN_MS {
                break;
            }
            self.now_ms = at_ms;
            match event {
                Event::File(at) => self.file(at)?,
                Event::Dial(at) => self.dial(at),
                Event::Connected(at) => self.connected(at)?,
                Event::Arrive(conn, side, bytes) => {
                    if self.conns[conn][side].session.is_some() {
                        self.input(conn, side, Input::Bytes(&bytes))?;
                        self.conns[conn][side].heard(at_ms);
                        self.watch(conn, side);
                    }
                }
                Event::HangUp(conn, side) => self.end(conn, side),
                Event::Tick(conn, side) => {
                    if self.conns[conn][side].ticks(at_ms) {
                        self.input(conn, side, Input::Tick)?;
                        self.watch(conn, side);
                    }
                }
                Event::Commit(conn, side, came) => self.commit(conn, side, &came)?,
            }
        }
        Ok(())
    }

    /// Somebody files a report.
    fn file(&mut self, at: usize) -> anyhow::Result<()> {
        let (record, which) = (RecordId(self.rng.random()), self.rng.random_range(0..usize::MAX));
        let office = &mut self.offices[at];
        let report = self.kit.report(which, office.node.office, record);
        let (stream, next_seq) = office.node.file(self.now_ms, report);
        office.filed.entry(stream.clone()).or_default().push(self.now_ms);
        self.filed += 1;
        self.grew(at, &stream, next_seq)
    }

    /// Tells every session of an office that a stream stands further.
    fn grew(&mut self, at: usize, stream: &StreamId, next_seq: u64) -> anyhow::Result<()> {
        for conn in self.offices[at].conns.clone() {
            let side = usize::from(self.conns[conn][0].office != at);
            self.input(conn, side, Input::Grew(stream.clone(), next_seq))?;
            self.watch(conn, side);
        }
        Ok(())
    }

    fn dial(&mut self, at: usize) {
        let (now_ms, office) = (self.now_ms, &self.offices[at]);
        if office.dialled.is_some() {
            return;
        }
        let Some(up_ms) = office.month.up_from(now_ms) else { return };
        if up_ms > now_ms {
            // It dials all the while; one of its dials comes after the link is back.
            let failed = u32::try_from((up_ms - now_ms) / REDIAL_MS).unwrap_or(u32::MAX);
            let most = redial_ms(failed, self.rng.random());
            let wait_ms = self.rng.random_range(0..=most);
            return self.plan(up_ms + wait_ms, Event::Dial(at));
        }
        let takes_ms = 2 * DIAL_ROUND_TRIPS * office.month.latency_ms;
        self.plan(now_ms + takes_ms, Event::Connected(at));
    }

    fn redial(&mut self, at: usize, failed: u32) {
        let wait_ms = redial_ms(failed, self.rng.random());
        self.plan(self.now_ms + wait_ms, Event::Dial(at));
    }

    fn connected(&mut self, at: usize) -> anyhow::Result<()> {
        let Some(parent) = self.offices[at].parent else { return Ok(()) };
        if !self.offices[at].month.is_up(self.now_ms) {
            self.redial(at, 1);
            return Ok(());
        }
        let (conn, channel) = (self.conns.len(), self.rng.random());
        self.connects += 1;
        self.conns.push([End::new(at, self.now_ms), End::new(parent, self.now_ms)]);
        self.offices[at].dialled = Some(conn);
        let above = self.offices[parent].node.office;
        let ends = [(at, Role::Dialer, Some(above)), (parent, Role::Listener, None)];
        for (side, (office, role, peer)) in ends.into_iter().enumerate() {
            let node = &self.offices[office].node;
            let config = node.session(&self.kit, &self.rules, (role, channel), peer, self.now_ms);
            let mut todo = Vec::new();
            let session = Session::begin(config, &mut todo);
            self.conns[conn][side].session = Some(Box::new(session));
            self.offices[office].conns.insert(conn);
            self.act(conn, side, todo)?;
            self.watch(conn, side);
        }
        Ok(())
    }

    /// Plans when an end looks at the clock next.
    fn watch(&mut self, conn: usize, side: usize) {
        if let Some(due_ms) = self.conns[conn][side].next_tick(self.now_ms) {
            self.plan(due_ms, Event::Tick(conn, side));
        }
    }

    fn input(&mut self, conn: usize, side: usize, input: Input<'_>) -> anyhow::Result<()> {
        let Some(session) = &mut self.conns[conn][side].session else { return Ok(()) };
        let mut todo = Vec::new();
        session.input(self.now_ms, input, &mut todo);
        self.act(conn, side, todo)
    }

    fn act(&mut self, conn: usize, side: usize, todo: Vec<Action>) -> anyhow::Result<()> {
        for action in todo {
            match action {
                Action::Send(bytes) => self.send(conn, side, bytes),
                Action::Read(stream, from) => {
                    let node = &self.offices[self.conns[conn][side].office].node;
                    let page = node.page(&self.kit, &stream, from);
                    self.input(conn, side, Input::Page(page))?;
                }
                Action::Take { number, batch } => {
                    let Batch { stream, first_seq, ops, signature } = batch;
                    let came = Box::new(Came { number, stream, first_seq, ops, signature });
                    self.plan(self.now_ms + COMMIT_MS, Event::Commit(conn, side, came));
                }
                Action::Close(Closed::Dead) => self.close(conn, side),
                Action::Close(why) => bail!("a session ended: {why:?}"),
                Action::Offered(stream, code) => bail!("{stream:?} was offered: {code:?}"),
                Action::Met(_)
                | Action::Acked(..)
                | Action::Health(_)
                | Action::Blob(_)
                | Action::Stands(_)
                | Action::Want(..) => {}
            }
        }
        Ok(())
    }

    fn send(&mut self, conn: usize, side: usize, bytes: Vec<u8>) {
        let month = &self.offices[self.conns[conn][0].office].month;
        let end = &mut self.conns[conn][side];
        let arrives = end.transmit(&bytes, month, &mut self.rng, self.now_ms, &mut self.sums);
        if let Some(arrives_ms) = arrives {
            self.plan(arrives_ms, Event::Arrive(conn, 1 - side, bytes));
        }
    }

    /// An end gives up; the other hears of it when the link carries.
    fn close(&mut self, conn: usize, side: usize) {
        let month = &self.offices[self.conns[conn][0].office].month;
        let heard_ms = month.up_from(self.now_ms).map(|up_ms| up_ms + month.latency_ms);
        if let Some(heard_ms) = heard_ms {
            self.plan(heard_ms, Event::HangUp(conn, 1 - side));
        }
        self.end(conn, side);
    }

    fn end(&mut self, conn: usize, side: usize) {
        let end = &mut self.conns[conn][side];
        if end.session.take().is_none() {
            return;
        }
        let at = end.office;
        self.offices[at].conns.remove(&conn);
        if side == 0 {
            self.offices[at].dialled = None;
            self.redial(at, 0);
        }
    }

    /// Operations that came are durable.
    fn commit(&mut self, conn: usize, side: usize, came: &Came) -> anyhow::Result<()> {
        let at = self.conns[conn][side].office;
        let Came { number, stream, first_seq, ops, signature } = came;
        let node = &mut self.offices[at].node;
        let before = node.next_seq(stream);
        let taken = node.take(&self.rules, stream, *first_seq, ops, *signature)?;
        let after = node.next_seq(stream);
        self.hops += after - before;
        if at == 0 {
            self.arrived(stream, before..after)?;
        }
        self.input(conn, side, Input::Taken(*number, taken))?;
        self.watch(conn, side);
        if after > before { self.grew(at, stream, after) } else { Ok(()) }
    }

    /// Reports came to the centre: each waited since it was filed, or since the links of its way
    /// carried again.
    fn arrived(&mut self, stream: &StreamId, seqs: std::ops::Range<u64>) -> anyhow::Result<()> {
        let at = *self.by_writer.get(&stream.writer).context("nobody wrote this")?;
        let filed = self.offices[at].filed.get(stream).context("nobody filed this")?;
        for seq in seqs {
            let mut from_ms = *filed.get(usize::try_from(seq - 1)?).context("never filed")?;
            let mut via = Some(at);
            while let Some(hop) = via.filter(|hop| self.offices[*hop].parent.is_some()) {
                let office = &self.offices[hop];
                from_ms = office.month.up_from(from_ms).unwrap_or(from_ms);
                via = office.parent;
            }
            self.arrivals.push((self.now_ms.saturating_sub(from_ms), stream.lane));
        }
        Ok(())
    }
}
