//! A running node: its store, facts, keys, and the threads that work on them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use domain::hlc::{Clock as HlcClock, Hlc};
use domain::ids::{OfficeId, WriterId};
use domain::office::{Tree, TreeError};
use domain::op::{SealedOp, StreamId, writer_id};
use domain::pack::Pack;
use ed25519_dalek::{SigningKey, VerifyingKey};
use facts::Facts;
use store::{Reader, Store, StoreError, log, meta, offices, packs};
use thiserror::Error;
use tokio::sync::{broadcast, mpsc};

use crate::clock::Clock;
use crate::commit::Pen;
use crate::events::{EVENTS_KEPT_MAX, Event};
use crate::failure::Storage;
use crate::group::{self, QUEUE_MAX, Work};
use crate::keys::{self, KeyError};
use crate::packs::PackSet;
use crate::people::People;
use crate::policy::Judge;
use crate::project::{self, Wake};
use crate::submit::OwnStreams;
use crate::sync_view::SyncBoard;
use crate::views::NodeView;
use crate::world::World;

const META_OFFICE: &str = "office";
const META_NAME: &str = "name";
const META_SIMULATION: &str = "simulation";
/// The life that streams are written in. A restored backup that can't learn its head begins the
/// next one.
const EPOCH: u32 = 1;

/// How to open a node.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Its directory: created if there is none.
    pub dir: PathBuf,
    /// The office that runs it: needed once, then remembered.
    pub office: Option<OfficeId>,
    /// Its name: needed once, then remembered.
    pub name: Option<String>,
    /// What it holds is simulated, and every screen says so: remembered.
    pub simulation: Option<bool>,
}

/// Why a node can't be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It is new, and nobody said which office runs it.
    #[error("`{}` holds no node yet: say which office runs it and its name", dir.display())]
    NotInitialised {
        /// The directory.
        dir: PathBuf,
    },
    /// It belongs to another office.
    #[error("the node belongs to office {held}, not {asked}")]
    OtherOffice {
        /// The office that it remembers.
        held: OfficeId,
        /// The office that was asked for.
        asked: OfficeId,
    },
    /// No office has this id.
    #[error("there is no office {0}")]
    UnknownOffice(OfficeId),
    /// The signing key can't be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StoreError),
    /// The facts can't be opened.
    #[error("cannot open the facts")]
    Facts(#[from] facts::FactsError),
    /// The log's events of offices make no tree.
    #[error("the events of offices in the log make no tree")]
    Tree(#[from] TreeError),
    /// A thread can't be started.
    #[error("cannot start a thread")]
    Thread(#[from] std::io::Error),
}

/// What the node's threads and use cases share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) facts: Facts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) key: SigningKey,
    pub(crate) own: OwnStreams,
    pub(crate) home: OfficeId,
    pub(crate) name: String,
    pub(crate) simulation: bool,
    pub(crate) people: People,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) wake: Wake,
    pub(crate) sync: SyncBoard,
    world: RwLock<Arc<World>>,
}

impl Core {
    pub(crate) fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_world(&self, world: World) {
        *self.world.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(world);
    }

    /// The policies, the tree and the day at this node, now.
    pub(crate) fn judge(&self) -> Judge {
        self.world().judge(self.home, self.clock.now_ms())
    }

    /// Tells listeners; that nobody listens is no error.
    pub(crate) fn tell(&self, event: Event) {
        drop(self.events.send(event));
    }
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    pub(crate) core: Arc<Core>,
    dir: PathBuf,
    queue: Mutex<Option<mpsc::Sender<Work>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Node {
    /// Opens the node in a directory, making it on the first time.
    ///
    /// # Errors
    /// [`OpenError`], with what to do about it.
    pub async fn open(config: &Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, OpenError> {
        let store = Store::open(&config.dir)?;
        let key = keys::load_or_create(&config.dir)?;
        let about = remember(&store, config)?;
        let facts = Facts::open(&config.dir.join("facts")).await?;
        let own = OwnStreams { writer: writer_id(&key.verifying_key()), epoch: EPOCH };
        let world = store.read(load_world)?;
        if world.tree.level(about.office).is_none() {
            return Err(OpenError::UnknownOffice(about.office));
        }
        let last = store.read(last_time)?;
        let (events, _) = broadcast::channel(EVENTS_KEPT_MAX);
        let sync = SyncBoard::new(events.clone());
        let core = Arc::new(Core {
            store,
            facts,
            clock,
            key,
            own,
            home: about.office,
            name: about.name,
            simulation: about.simulation,
            people: People::default(),
            events,
            wake: Wake::default(),
            sync,
            world: RwLock::new(Arc::new(world)),
        });
        let (queue, work) = mpsc::channel(QUEUE_MAX);
        let threads = vec![
            spawn("commit", Arc::clone(&core), move |core| {
                group::run(core, work, Pen::new(HlcClock::after(last)));
            })?,
            spawn("project", Arc::clone(&core), project::run)?,
        ];
        Ok(Arc::new(Self {
            core,
            dir: config.dir.clone(),
            queue: Mutex::new(Some(queue)),
            threads: Mutex::new(threads),
        }))
    }

    /// The queue of the thread that writes; none once the node closes.
    pub(crate) fn queue(&self) -> Option<mpsc::Sender<Work>> {
        locked(&self.queue).clone()
    }

    /// Finishes what is queued and stops the node's threads. Dropping the node does the same.
    pub fn close(&self) {
        drop(locked(&self.queue).take());
        let threads = std::mem::take(&mut *locked(&self.threads));
        self.core.wake.stop();
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the node panicked");
            }
        }
    }

    /// The node itself.
    #[must_use]
    pub fn about(&self) -> NodeView {
        NodeView { name: self.core.name.clone(), office: self.core.home }
    }

    /// What it holds is simulated.
    #[must_use]
    pub fn is_simulation(&self) -> bool {
        self.core.simulation
    }

    /// Its directory.
    #[must_use]
    pub fn dir(&self) -> &std::path::Path {
        &self.dir
    }

    /// The key that its streams are signed with.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.core.key.verifying_key()
    }

    /// Who writes its streams.
    #[must_use]
    pub fn writer(&self) -> WriterId {
        self.core.own.writer
    }

    /// The offices, with dates.
    #[must_use]
    pub fn tree(&self) -> Arc<Tree> {
        Arc::clone(&self.core.world().tree)
    }

    /// Every version of every pack that it holds.
    #[must_use]
    pub fn packs(&self) -> Arc<PackSet> {
        Arc::clone(&self.core.world().packs)
    }

    /// What changes, as it changes. Ask [`Node::may_see`] before passing it on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.core.events.subscribe()
    }

    /// The time, as this node tells it, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.core.clock.now_ms()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.close();
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(
    name: &str,
    core: Arc<Core>,
    run: impl FnOnce(&Arc<Core>) + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&core))
}

struct About {
    office: OfficeId,
    name: String,
    simulation: bool,
}

/// What the node is, from the store, or from the configuration the first time.
fn remember(store: &Store, config: &Config) -> Result<About, OpenError> {
    store.write(|tx| {
        let held = meta::get(tx, META_OFFICE)?
            .and_then(|bytes| Some(OfficeId(u32::from_be_bytes(bytes.try_into().ok()?))));
        let office = match (held, config.office) {
            (Some(held), Some(asked)) if held != asked => {
                return Err(OpenError::OtherOffice { held, asked });
            }
            (Some(office), _) | (None, Some(office)) => office,
            (None, None) => return Err(OpenError::NotInitialised { dir: config.dir.clone() }),
        };
        let held =
            meta::get(tx, META_NAME)?.map(|name| String::from_utf8_lossy(&name).into_owned());
        let name = config.name.clone().or(held).unwrap_or_else(|| "genggam".to_owned());
        let held = meta::get(tx, META_SIMULATION)?.map(|flag| flag == [1]);
        let simulation = config.simulation.or(held).unwrap_or(false);
        meta::put(tx, META_OFFICE, &office.0.to_be_bytes())?;
        meta::put(tx, META_NAME, name.as_bytes())?;
        meta::put(tx, META_SIMULATION, &[u8::from(simulation)])?;
        Ok(About { office, name, simulation })
    })
}

/// Packs and events of offices, as the log brought them.
pub(crate) fn load_world(r: &Reader<'_>) -> Result<World, OpenError> {
    let packs = packs::all_versions(r)?;
    let packs = packs.iter().filter_map(|row| Pack::decode(&row.bytes).ok());
    Ok(World::new(PackSet::new(packs), &offices::all(r)?)?)
}

/// The latest moment in the log: the node's clock goes on from it.
fn last_time(r: &Reader<'_>) -> Result<Hlc, StoreError> {
    let mut last = Hlc::default();
    for (stream, head) in log::streams(r)? {
        last = last.max(last_of(r, &stream, head.next_seq)?.map_or(last, |op| op.op().time));
    }
    Ok(last)
}

fn last_of(
    r: &Reader<'_>,
    stream: &StreamId,
    next_seq: u64,
) -> Result<Option<SealedOp>, StoreError> {
    let Some(seq) = next_seq.checked_sub(1) else { return Ok(None) };
    Ok(log::find(r, stream, seq)?.map(|logged| logged.op))
}

/// Names of people, looked up once.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<domain::ids::PersonId, String>);

impl Names {
    /// The name of a person; empty for somebody whom this node doesn't know.
    pub(crate) fn of(
        &mut self,
        r: &Reader<'_>,
        person: domain::ids::PersonId,
    ) -> Result<String, StoreError> {
        if let Some(name) = self.0.get(&person) {
            return Ok(name.clone());
        }
        let name = store::people::get(r, person)?.map(|person| person.name).unwrap_or_default();
        self.0.insert(person, name.clone());
        Ok(name)
    }
}

/// Wraps a storage error for those who share it.
pub(crate) fn storage(error: StoreError) -> Storage {
    Storage::new(error)
}
