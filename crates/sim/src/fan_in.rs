//! `sim fan-in`: one program that plays all offices of the country at once, each with a key and a
//! backlog of its own, over real connections to a real centre.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use domain::ids::{OfficeId, RecordId};
use domain::office::{Level, Tree};
use domain::op::StreamId;
use domain::period::Date;
use domain::sync::{Action, Dictionaries, Input, Role, Rules, Said, Session, build, redial_ms};
use domain::trust::{Certificate, KeyRole, Trust};
use ed25519_dalek::{SigningKey, VerifyingKey};
use node::Remembering;
use node::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::fan_in_wire::Socket;
use crate::say;
use crate::tree_node::{Kit, LightNode};

/// How often a session looks at the clock.
const TICK: Duration = Duration::from_millis(250);
/// Looks at the clock without a word after which the centre has said all.
const QUIET_TICKS: u32 = 12;
/// Connections of one office that may end before its backlog is in.
const REDIALS_MAX: u32 = 20;
/// A backlog that isn't acknowledged by then never will be.
const WITHIN: Duration = Duration::from_secs(300);

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the request of each office, for `genggam node enrol`
    Requests {
        /// The folder to write into
        folder: PathBuf,
    },
    /// Bring every office's backlog to the centre, and say how long it took
    Run {
        /// What the centre gave each office
        #[arg(long)]
        joined: PathBuf,
        /// Where the centre listens
        #[arg(long)]
        centre: SocketAddr,
        /// The pack's folder
        #[arg(long)]
        pack: PathBuf,
        /// Forms, one a line, as `genggam corpus` writes them
        #[arg(long)]
        forms: PathBuf,
        /// Reports of each office
        #[arg(long, default_value_t = 100)]
        reports: usize,
    },
}

pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    let tree = Arc::new(Tree::built_in());
    let today = Date::of_ms(SystemClock.now_ms());
    match command {
        Command::Requests { folder } => requests(folder, &tree, today),
        Command::Run { joined, centre, pack, forms, reports } => {
            let kit = Kit::read(pack, forms, &tree, today)?;
            let rules = rules(joined, tree, today)?;
            let played = Played { kit, rules, centre: *centre };
            tokio::runtime::Runtime::new()?.block_on(played.play(*reports))
        }
    }
}

/// All provinces and regencies.
fn offices(tree: &Tree, today: Date) -> Vec<OfficeId> {
    let level = |level| tree.list(today, Some(level)).into_iter().map(|office| office.id);
    level(Level::Province).chain(level(Level::Regency)).collect()
}

/// The same key at each run, so that requests and backlogs fit.
fn key(office: OfficeId) -> SigningKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam fan-in").update(&office.0.to_be_bytes());
    SigningKey::from_bytes(hasher.finalize().as_bytes())
}

fn requests(folder: &Path, tree: &Tree, today: Date) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for office in offices(tree, today) {
        let key = key(office);
        let certificate = Certificate {
            role: KeyRole::Node,
            key: key.verifying_key().to_bytes(),
            // Nobody seals a bundle for it.
            seal: key.verifying_key().to_montgomery().to_bytes(),
            office,
            name: format!("office {office}"),
            holder: None,
        };
        let bytes = minicbor::to_vec(&certificate)?;
        let request = json!({ "certificate": hex(&bytes) });
        fs::write(folder.join(format!("{office}.json")), request.to_string())?;
    }
    Ok(())
}

/// What every office was given: the root, and who answers.
fn rules(joined: &Path, tree: Arc<Tree>, date: Date) -> anyhow::Result<Rules> {
    let mut files = fs::read_dir(joined)?;
    let file = files.next().context("nobody joined")??;
    let given: Value = serde_json::from_slice(&fs::read(file.path())?)?;
    let bytes = |name: &str| of_hex(given[name].as_str().unwrap_or_default());
    let root: [u8; 32] = bytes("root")?.as_slice().try_into()?;
    let parent: Certificate = minicbor::decode(&bytes("parent")?)?;
    let trust = Trust::new(Some(VerifyingKey::from_bytes(&root)?), &[parent], &[], &tree);
    Ok(Rules { tree, date, trust: Arc::new(trust) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(text: &str) -> anyhow::Result<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

struct Played {
    kit: Kit,
    rules: Rules,
    centre: SocketAddr,
}

/// How one office's session went.
#[derive(Debug)]
struct Brought {
    acked: u64,
    at: Instant,
    redials: u64,
}

impl Played {
    async fn play(mut self, reports: usize) -> anyhow::Result<()> {
        let offices = offices(&self.rules.tree, self.rules.date);
        // What the centre has to say came before the weekend.
        let hearing = offices.iter().map(|office| self.control(*office));
        let control = futures::future::try_join_all(hearing).await?;
        let mut nodes = Vec::new();
        for office in &offices {
            nodes.push(self.backlog(*office, reports));
        }
        let bytes = nodes.iter().flat_map(|node| node.streams.values());
        let bytes: usize = bytes.flat_map(|kept| &kept.ops).map(|op| op.len()).sum();
        self.squeeze(&nodes)?;
        let played = Arc::new(self);
        let begin = now();
        let mut running = tokio::task::JoinSet::new();
        for (node, control) in nodes.into_iter().zip(control) {
            let played = Arc::clone(&played);
            running.spawn(async move {
                let session = played.bring(node, control);
                tokio::time::timeout(WITHIN, session).await.context("never acknowledged")?
            });
        }
        let (mut acked, mut redials, mut last) = (0, 0, begin);
        while let Some(brought) = running.join_next().await {
            let brought = brought??;
            acked += brought.acked;
            redials += brought.redials;
            last = last.max(brought.at);
        }
        let wanted = (offices.len() * reports) as u64;
        ensure!(acked == wanted, "{acked} of {wanted} reports were acknowledged");
        let seconds = (last - begin).as_secs_f64();
        let offices = offices.len();
        let told = json!({
            "offices": offices, "ops": acked, "seconds": seconds, "op_bytes": bytes,
            "redials": redials,
        });
        say(&told.to_string());
        Ok(())
    }

    fn backlog(&self, office: OfficeId, reports: usize) -> LightNode {
        let mut node = LightNode::new(office, key(office));
        let now_ms = SystemClock.now_ms();
        for at in 0..reports {
            let digest = blake3::hash(format!("{office} {at} {now_ms}").as_bytes());
            let mut record = [0; 16];
            record.copy_from_slice(&digest.as_bytes()[..16]);
            let which = at + usize::try_from(office.0).unwrap_or(0) * reports;
            node.file(now_ms, self.kit.report(which, office, RecordId(record)));
        }
        node
    }

    /// In the country, each office's own machine squeezes its frames: here it is done before the
    /// clock runs.
    fn squeeze(&mut self, nodes: &[LightNode]) -> anyhow::Result<()> {
        self.kit.codec = Arc::new(Remembering::new(Arc::clone(&self.kit.codec), usize::MAX));
        let dictionaries = Dictionaries {
            codec: Arc::clone(&self.kit.codec),
            out: vec![(1, self.kit.dictionary)],
            peer: Vec::new(),
        };
        for node in nodes {
            for (stream, held) in node.held() {
                let mut from = 1;
                while from < held {
                    let page = node.page(&self.kit, &stream, from);
                    // Frames of a backlog lean on nothing.
                    let built = build(&page, 0, &dictionaries, &Said::default());
                    from = built.context("nothing to send")?.said.next_seq;
                }
            }
        }
        Ok(())
    }

    /// Where the centre's own streams stand, as an office hears of them.
    async fn control(&self, office: OfficeId) -> anyhow::Result<BTreeMap<StreamId, u64>> {
        let node = LightNode::new(office, key(office));
        let (mut said, mut redials) = (BTreeMap::new(), 0);
        while let Err(error) = self.hear(&node, &mut said).await {
            redial(office, &mut redials, &error).await?;
        }
        ensure!(!said.is_empty(), "the centre said nothing");
        Ok(said)
    }

    /// A session until the centre has nothing more to say.
    async fn hear(
        &self,
        node: &LightNode,
        said: &mut BTreeMap<StreamId, u64>,
    ) -> anyhow::Result<()> {
        let mut quiet = 0;
        let mut line = Line::open(self, node, said.clone()).await?;
        // A centre that is being asked by all at once may take a while to begin.
        while quiet < if said.is_empty() { 10 * QUIET_TICKS } else { QUIET_TICKS } {
            let (heard, todo) = line.next(node, &self.kit).await?;
            quiet = if heard { 0 } else { quiet + 1 };
            for (number, stream, next_seq) in todo {
                said.insert(stream, next_seq);
                // Nothing of it is kept; the centre may go on.
                line.taken(number, next_seq);
            }
        }
        Ok(())
    }

    /// Brings a backlog, dialling again whenever a connection ends, as a node does.
    async fn bring(
        &self,
        node: LightNode,
        control: BTreeMap<StreamId, u64>,
    ) -> anyhow::Result<Brought> {
        let mut redials = 0;
        while let Err(error) = self.session(&node, control.clone()).await {
            redial(node.office, &mut redials, &error).await?;
        }
        let acked = node.held().iter().map(|(_, next_seq)| next_seq - 1).sum();
        Ok(Brought { acked, at: now(), redials: u64::from(redials) })
    }

    /// A session until the centre has said that it holds all.
    async fn session(
        &self,
        node: &LightNode,
        control: BTreeMap<StreamId, u64>,
    ) -> anyhow::Result<()> {
        let mut line = Line::open(self, node, control).await?;
        while !line.session.is_idle() {
            line.next(node, &self.kit).await?;
        }
        Ok(())
    }
}

/// Waits before an office dials again.
async fn redial(office: OfficeId, redials: &mut u32, error: &anyhow::Error) -> anyhow::Result<()> {
    *redials += 1;
    ensure!(*redials < REDIALS_MAX, "after {redials} dials: {error:#}");
    let wait_ms = redial_ms(*redials, u64::from(office.0) * 7_919);
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    Ok(())
}

/// A connection with its session.
struct Line {
    socket: Socket,
    session: Session,
    todo: Vec<Action>,
    tick: tokio::time::Interval,
}

/// What came: the peer's number for a stream, the stream, what comes next.
type Came = Vec<(u32, StreamId, u64)>;

impl Line {
    async fn open(
        played: &Played,
        node: &LightNode,
        control: BTreeMap<StreamId, u64>,
    ) -> anyhow::Result<Self> {
        let (socket, channel) = Socket::dial(played.centre).await?;
        let centre = played.rules.tree.list(played.rules.date, Some(Level::Centre));
        let centre = centre.first().map(|centre| centre.id);
        let now_ms = SystemClock.now_ms();
        let ends = (Role::Dialer, channel);
        let mut config = node.session(&played.kit, &played.rules, ends, centre, now_ms);
        config.held.extend(control);
        let mut todo = Vec::new();
        let session = Session::begin(config, &mut todo);
        Ok(Self { socket, session, todo, tick: tokio::time::interval(TICK) })
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.input(SystemClock.now_ms(), input, &mut self.todo);
    }

    fn taken(&mut self, number: u32, next_seq: u64) {
        self.input(Input::Taken(number, domain::sync::Taken::Durable(next_seq)));
    }

    /// Does what there is to do, then waits for the centre or the clock: whether the centre said
    /// something, and what it sent.
    async fn next(&mut self, node: &LightNode, kit: &Kit) -> anyhow::Result<(bool, Came)> {
        let mut came = Vec::new();
        while !self.todo.is_empty() {
            for action in std::mem::take(&mut self.todo) {
                match action {
                    Action::Send(bytes) => self.socket.send(bytes).await?,
                    Action::Read(stream, from) => {
                        self.input(Input::Page(node.page(kit, &stream, from)));
                    }
                    Action::Take { number, batch } => {
                        let next_seq = batch.first_seq + batch.ops.len() as u64;
                        came.push((number, batch.stream, next_seq));
                    }
                    Action::Close(why) => anyhow::bail!("the session ended: {why:?}"),
                    Action::Met(_)
                    | Action::Acked(..)
                    | Action::Health(_)
                    | Action::Blob(_)
                    | Action::Stands(_)
                    | Action::Want(..)
                    | Action::Offered(..) => {}
                }
            }
        }
        if !came.is_empty() {
            return Ok((true, came));
        }
        let received = tokio::select! {
            received = self.socket.receive() => Some(received?),
            _ = self.tick.tick() => None,
        };
        match &received {
            Some(bytes) => self.input(Input::Bytes(bytes)),
            None => self.input(Input::Tick),
        }
        Ok((received.is_some(), came))
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench's clock")]
fn now() -> Instant {
    Instant::now()
}
