//! A running node: its store, facts, keys, and the threads that work on them.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use domain::ids::{OfficeId, WriterId};
use domain::office::{Tree, TreeError};
use ed25519_dalek::VerifyingKey;
use facts::Facts;
use store::{Reader, StoreError};
use thiserror::Error;
use tokio::sync::{Semaphore, broadcast, mpsc};

use crate::clock::Clock;
use crate::events::{EVENTS_KEPT_MAX, Event, GROWTH_KEPT_MAX, Growth};
use crate::failure::Storage;
use crate::group::{self, QUEUE_MAX, Work};
use crate::kernel::Kernel;
use crate::keys::{self, KeyError};
use crate::packs::PackSet;
use crate::people::People;
use crate::project::{self, Wake};
use crate::sync_view::SyncBoard;
use crate::views::NodeView;
use crate::writer::Writer;

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
    /// A thread can't be started, or there is no memory.
    #[error("cannot start a thread, or there is no memory")]
    Thread(#[from] std::io::Error),
}

/// Sessions that begin at once, of those who dial this node: as many as are served well within the
/// time after which the first of them would take it for dead.
const SESSIONS_BEGINNING_MAX: usize = 64;

/// What the node's threads and use cases share: its kernel, and what listens and remembers.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) kernel: Kernel,
    pub(crate) facts: Facts,
    pub(crate) people: People,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) growth: broadcast::Sender<Growth>,
    pub(crate) wake: Wake,
    pub(crate) sync: SyncBoard,
    /// Turns to begin a session for whoever dials this node.
    pub(crate) turns: Arc<Semaphore>,
}

impl Deref for Core {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.kernel
    }
}

impl Core {
    /// Tells listeners; that nobody listens is no error.
    pub(crate) fn tell(&self, event: Event) {
        drop(self.events.send(event));
    }

    /// Tells the sessions with peers.
    pub(crate) fn tell_peers(&self, growth: Growth) {
        drop(self.growth.send(growth));
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
        let kernel = Kernel::open(config, clock)?;
        let mut writer = Writer::new(&kernel)?;
        if !kernel.has_root()? && kernel.is_centre() {
            writer.found(&kernel, &keys::load_or_create_root(&config.dir)?)?;
        }
        let facts = Facts::open(&config.dir.join("facts")).await?;
        let (events, _) = broadcast::channel(EVENTS_KEPT_MAX);
        let sync = SyncBoard::new(events.clone());
        let (growth, _) = broadcast::channel(GROWTH_KEPT_MAX);
        let core = Arc::new(Core {
            kernel,
            facts,
            people: People::default(),
            events,
            growth,
            wake: Wake::default(),
            sync,
            turns: Arc::new(Semaphore::new(SESSIONS_BEGINNING_MAX)),
        });
        let (queue, work) = mpsc::channel(QUEUE_MAX);
        let threads = vec![
            spawn("commit", Arc::clone(&core), move |core| group::run(core, work, writer))?,
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

    /// The node without its threads.
    #[must_use]
    pub fn kernel(&self) -> &Kernel {
        &self.core.kernel
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
