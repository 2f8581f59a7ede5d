//! From the log to the facts: one thread follows the log and derives the numbers of each record
//! before and after each operation.

mod derive;
#[cfg(feature = "sim")]
mod follow;
mod wake;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use domain::limits::PROJECT_BATCH_OPS_MAX;
use facts::{FLUSH_ROWS, Facts, FactsError};
use store::log::{self, Pos};
use store::{Store, StoreError};
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "sim")]
pub use follow::Follower;
pub(crate) use wake::Wake;

use crate::events::Event;
use crate::node::{Core, Node};
use crate::world::World;
use derive::Deriver;
use wake::Woken;

/// How long the projector rests after a failure before it tries again.
const REST: Duration = Duration::from_secs(1);
/// How long it waits for a flush when memory is full.
const FULL_WAIT: Duration = Duration::from_millis(20);

/// How far the projector stands back (nice(2)): what arrives is made durable and acknowledged
/// first, and figures follow. With hundreds of offices returning at once it would take a sixth of
/// the machine from them.
#[cfg(target_os = "linux")]
const STANDS_BACK: i32 = 10;

/// Why facts can't be brought up to date.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// The log can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The facts can't be written.
    #[error(transparent)]
    Facts(#[from] FactsError),
}

/// The projector's thread.
pub(crate) fn run(core: &Arc<Core>) {
    stand_back();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "figures stand still: no runtime for the projector");
            return;
        }
    };
    let mut flushing = Flushing { core: Arc::clone(core), thread: None };
    let mut deriver = None;
    loop {
        let caught_up = follow(core, &mut deriver, &mut flushing);
        if let Err(error) = &caught_up {
            tracing::error!(%error, "figures stand still: the projector tries again");
            deriver = None;
        }
        match core.wake.wait(caught_up.is_err().then_some(REST)) {
            Woken::Work => {}
            Woken::Rebuild => {
                flushing.finish();
                deriver = None;
                if let Err(error) = runtime.block_on(core.facts.clear()) {
                    tracing::error!(%error, "the facts cannot be cleared");
                }
                core.wake.cleared();
            }
            Woken::Stop => break,
        }
    }
    flushing.finish();
    if let Err(error) = runtime.block_on(core.facts.settle()) {
        tracing::warn!(%error, "the last facts are derived again at the next start");
    }
}

/// This thread alone, and those that it starts: Linux has a nice value for each.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, STANDS_BACK) {
        tracing::debug!(%error, "the projector runs like every other thread");
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Follows the log to its end.
fn follow(
    core: &Core,
    deriver: &mut Option<Deriver>,
    flushing: &mut Flushing,
) -> Result<(), ProjectError> {
    let deriver = match deriver {
        Some(deriver) => deriver,
        None => deriver.insert(Deriver::start(&core.store, core.facts.position())?),
    };
    while let Some(hot) = project_once(&core.store, &core.world(), &core.facts, deriver)? {
        core.tell(Event::Facts { pos: core.facts.position() });
        flushing.when_due(hot);
        if core.wake.is_interrupted() {
            return Ok(());
        }
    }
    Ok(())
}

/// Derives the facts of the next operations of the log; none if there are no more. Gives the
/// number of rows in memory.
fn project_once(
    store: &Store,
    world: &World,
    facts: &Facts,
    deriver: &mut Deriver,
) -> Result<Option<usize>, ProjectError> {
    let from = Pos(facts.position());
    let batch = store.read(|r| {
        let ops = log::after(r, from, PROJECT_BATCH_OPS_MAX)?;
        let mut rows = Vec::new();
        for op in &ops {
            deriver.derive(r, world, op, &mut rows)?;
        }
        Ok::<_, StoreError>(ops.last().map(|last| (rows, last.pos)))
    })?;
    let Some((rows, up_to)) = batch else { return Ok(None) };
    Ok(Some(facts.append(&rows, up_to.0)?))
}

/// Writes hot rows to files beside the projector, one flush at a time.
struct Flushing {
    core: Arc<Core>,
    thread: Option<JoinHandle<()>>,
}

impl Flushing {
    fn when_due(&mut self, hot_rows: usize) {
        if hot_rows < FLUSH_ROWS {
            return;
        }
        if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            while self.core.facts.is_full()
                && self.thread.as_ref().is_some_and(|t| !t.is_finished())
            {
                std::thread::sleep(FULL_WAIT);
            }
            return;
        }
        self.finish();
        let core = Arc::clone(&self.core);
        let thread = std::thread::Builder::new().name("flush".to_owned()).spawn(move || {
            let flushed = match runtime() {
                Ok(runtime) => runtime.block_on(core.facts.flush()).map_err(|e| e.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = flushed {
                tracing::error!(error, "facts stay in memory: they cannot be written");
            }
        });
        self.thread = thread.ok();
    }

    fn finish(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes facts panicked");
        }
    }
}

impl Node {
    /// Derives every fact again from the log. Figures are incomplete until
    /// [`Node::facts_caught_up`].
    pub fn rebuild_facts(&self) {
        self.core.wake.rebuild();
    }

    /// The log position up to which figures hold everything, and the log's end.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn facts_position(&self) -> Result<(u64, u64), StoreError> {
        let end = self.core.store.read(log::last_pos)?;
        Ok((self.core.facts.position(), end.0))
    }

    /// Waits until figures hold everything that the log holds now.
    ///
    /// # Errors
    /// If the log can't be read.
    pub async fn facts_caught_up(&self) -> Result<(), StoreError> {
        let end = self.core.store.read(log::last_pos)?;
        while self.core.wake.is_interrupted() || self.core.facts.position() < end.0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// What the facts hold, for a status page.
    #[must_use]
    pub fn facts_stats(&self) -> facts::Stats {
        self.core.facts.stats()
    }
}
