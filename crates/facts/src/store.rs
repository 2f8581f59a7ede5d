//! The facts of a node: appending, flushing, compacting, and the snapshot that queries read.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::cache::cache_manager::CacheManagerConfig;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::object_store::ObjectStore;
use datafusion::object_store::local::LocalFileSystem;
use datafusion::prelude::{SessionConfig, SessionContext};
use domain::limits::HOT_ROWS_MAX;
use tokio::sync::Mutex;

use crate::error::FactsError;
use crate::provider::{Snapshot, Table};
use crate::rollup::{self, Rollup};
use crate::rows::FactRow;
use crate::schema;
use crate::segment::{self, Segment};

/// Hot rows from which a flush is worth a file: about 10 MB in memory.
pub const FLUSH_ROWS: usize = 64 * 1024;
/// Log positions without facts from which an empty segment is worth writing, so that a start
/// doesn't read them again.
const FLUSH_POSITIONS: u64 = 64 * 1024;
/// Rows of one hot batch.
const BATCH_ROWS: usize = 8 * 1024;
/// Neighbouring segments that are merged into one, when they are at least so many…
const COMPACT_FEW: usize = 4;
/// …and have together at most so many rows: about 50 MB in memory while it is done.
const COMPACT_ROWS_MAX: usize = 512 * 1024;
/// Rows of segments that the roll-up's file may lack, since a start adds them in a moment…
const ROLLUP_BEHIND_ROWS: usize = 256 * 1024;
/// …or this part of its cells, if that is more: so it is written no oftener than it grows.
const ROLLUP_BEHIND_SHARE: usize = 4;
/// Bytes that running queries may take together.
const QUERY_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of Parquet footers kept.
const FOOTERS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Threads that one query uses.
const PARTITIONS: usize = 2;

/// The facts of a node.
#[derive(Debug)]
pub struct Facts {
    store: Arc<dyn ObjectStore>,
    url: ObjectStoreUrl,
    session: SessionState,
    snapshot: ArcSwap<Snapshot>,
    /// Held while files change.
    upkeep: Mutex<Upkeep>,
    /// Held while the snapshot is replaced.
    publish: std::sync::Mutex<()>,
}

/// What is to be done with files.
#[derive(Debug, Default)]
struct Upkeep {
    /// Segments that were replaced and may still be read.
    retired: Vec<Arc<Segment>>,
    /// Rows of segments that are in the roll-up's file.
    rolled_up: usize,
}

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The log position up to which all facts are held.
    pub position: u64,
    /// Rows in memory.
    pub hot_rows: usize,
    /// Bytes of rows in memory.
    pub hot_bytes: usize,
    /// Segment files.
    pub segments: usize,
    /// Rows in segments.
    pub segment_rows: usize,
    /// Bytes of segments.
    pub segment_bytes: u64,
    /// Cells of the roll-up.
    pub rollup_cells: usize,
    /// Bytes of the roll-up in memory.
    pub rollup_bytes: usize,
}

impl Facts {
    /// Opens the facts in a folder, which is made if it isn't there.
    pub async fn open(folder: &Path) -> Result<Self, FactsError> {
        std::fs::create_dir_all(folder).map_err(FactsError::Folder)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|source| {
            let segment = folder.display().to_string();
            FactsError::Store { doing: "open", segment, source }
        })?;
        Self::open_store(Arc::new(store)).await
    }

    /// Opens the facts in an object store.
    pub async fn open_store(store: Arc<dyn ObjectStore>) -> Result<Self, FactsError> {
        let segments = segment::open_all(store.as_ref()).await?;
        let position = segments.last().map_or(0, |last| last.to);
        let (rollup, rolled_up) = rolled_up(store.as_ref(), &segments).await?;
        let snapshot = Snapshot {
            position,
            known_ms: segments.iter().map(|segment| segment.known_ms).max().unwrap_or(0),
            segments: segments.into_iter().map(Arc::new).collect(),
            hot: Vec::new(),
            rollup,
        };
        let upkeep = Upkeep { retired: Vec::new(), rolled_up };
        let url = ObjectStoreUrl::parse("facts://local")?;
        let session = session()?;
        let registry = session.runtime_env();
        drop(registry.register_object_store(url.as_ref(), Arc::clone(&store)));
        Ok(Self {
            store,
            url,
            session,
            snapshot: ArcSwap::from_pointee(snapshot),
            upkeep: Mutex::new(upkeep),
            publish: std::sync::Mutex::new(()),
        })
    }

    /// The log position up to which all facts are held: the projector begins after it.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.snapshot.load().position
    }

    /// Adds the rows of the log positions after [`Facts::position`] up to `up_to`. They are in
    /// every figure asked from now on. Returns the number of hot rows: from [`FLUSH_ROWS`] on
    /// the caller should [`Facts::flush`].
    pub fn append(&self, rows: &[FactRow], up_to: u64) -> Result<usize, FactsError> {
        let _publishing = self.publishing();
        let now = self.snapshot.load();
        let (from, last) = rows
            .iter()
            .fold((up_to, up_to), |(low, high), row| (low.min(row.pos), high.max(row.pos)));
        if up_to < now.position || last > up_to || (from <= now.position && !rows.is_empty()) {
            return Err(FactsError::Position { have: now.position, from, up_to });
        }
        let mut next = Snapshot::clone(&now);
        next.position = up_to;
        next.known_ms = rows.iter().map(|row| row.known_ms).fold(next.known_ms, u64::max);
        for rows in rows.chunks(BATCH_ROWS) {
            let batch = schema::batch(rows)?;
            next.rollup = next.rollup.with_rows(&batch)?;
            next.hot.push(batch);
            coalesce(&mut next.hot)?;
        }
        let hot_rows = next.hot_rows();
        self.snapshot.store(Arc::new(next));
        Ok(hot_rows)
    }

    /// Whether hot rows are at their limit: nothing should be appended before a flush.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.snapshot.load().hot_rows() >= HOT_ROWS_MAX
    }

    /// Writes the hot rows as a segment and merges small neighbours. Rows move from memory to
    /// the file in one atomic step.
    pub async fn flush(&self) -> Result<(), FactsError> {
        self.write(ROLLUP_BEHIND_ROWS).await
    }

    /// As [`Facts::flush`], for the end of a node: writes the roll-up too, unless its file lacks few
    /// rows beside the cells it has, which a start adds in a moment.
    pub async fn settle(&self) -> Result<(), FactsError> {
        self.write(1).await
    }

    async fn write(&self, behind_rows: usize) -> Result<(), FactsError> {
        let mut upkeep = self.upkeep.lock().await;
        let taken = self.snapshot.load_full();
        let range = (taken.segments_to(), taken.position);
        let worth = !taken.hot.is_empty() || range.1 - range.0 >= FLUSH_POSITIONS;
        if worth && range.0 < range.1 {
            let rows = schema::sorted(&schema::merge(&taken.hot)?)?;
            let written = segment::write(self.store.as_ref(), range, &rows, taken.known_ms).await?;
            let _publishing = self.publishing();
            let mut next = Snapshot::clone(&self.snapshot.load());
            next.segments.push(Arc::new(written));
            next.hot = newer(&next.hot, range.1)?;
            self.snapshot.store(Arc::new(next));
        }
        if self.snapshot.load().segments_to() == taken.position {
            self.save_rollup(&taken, behind_rows, &mut upkeep).await?;
        }
        self.compact(&mut upkeep).await?;
        self.delete_retired(&mut upkeep.retired).await
    }

    /// Writes the roll-up of a snapshot whose rows are all in segments, once so many rows aren't
    /// in its file.
    async fn save_rollup(
        &self,
        taken: &Snapshot,
        behind_rows: usize,
        upkeep: &mut Upkeep,
    ) -> Result<(), FactsError> {
        let rows = taken.segment_rows() + taken.hot_rows();
        let behind = behind_rows.max(taken.rollup.cells() / ROLLUP_BEHIND_SHARE);
        if rows - upkeep.rolled_up.min(rows) >= behind {
            rollup::save(self.store.as_ref(), &taken.rollup, taken.position).await?;
            upkeep.rolled_up = rows;
        }
        Ok(())
    }

    /// Forgets everything: the projector derives it again from the log.
    pub async fn clear(&self) -> Result<(), FactsError> {
        let mut upkeep = self.upkeep.lock().await;
        let before = {
            let _publishing = self.publishing();
            self.snapshot.swap(Arc::new(Snapshot::default()))
        };
        // First what is made of the segments: it must never outlive them.
        rollup::forget(self.store.as_ref()).await?;
        for segment in &before.segments {
            segment::delete(self.store.as_ref(), &segment.path()).await?;
        }
        *upkeep = Upkeep::default();
        Ok(())
    }

    /// How much there is.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let now = self.snapshot.load();
        Stats {
            position: now.position,
            hot_rows: now.hot_rows(),
            hot_bytes: now.hot.iter().map(RecordBatch::get_array_memory_size).sum(),
            segments: now.segments.len(),
            segment_rows: now.segment_rows(),
            segment_bytes: now.segments.iter().map(|segment| segment.bytes).sum(),
            rollup_cells: now.rollup.cells(),
            rollup_bytes: now.rollup.bytes(),
        }
    }

    async fn compact(&self, upkeep: &mut Upkeep) -> Result<(), FactsError> {
        loop {
            let now = self.snapshot.load_full();
            let run = segment::small_neighbours(&now.segments, COMPACT_FEW, COMPACT_ROWS_MAX);
            let Some(run) = run else { return Ok(()) };
            let parts = &now.segments[run.clone()];
            let mut batches = Vec::new();
            for part in parts {
                batches.extend(segment::read(self.store.as_ref(), part).await?);
            }
            let rows = schema::sorted(&schema::merge(&batches)?)?;
            drop(batches);
            let range = (parts[0].from, parts[parts.len() - 1].to);
            let known_ms = parts.iter().map(|part| part.known_ms).max().unwrap_or(0);
            let merged = segment::write(self.store.as_ref(), range, &rows, known_ms).await?;
            upkeep.retired.extend(parts.iter().cloned());
            let _publishing = self.publishing();
            let mut next = Snapshot::clone(&self.snapshot.load());
            drop(next.segments.splice(run, [Arc::new(merged)]));
            self.snapshot.store(Arc::new(next));
        }
    }

    /// Deletes replaced segments that no query reads any more.
    async fn delete_retired(&self, retired: &mut Vec<Arc<Segment>>) -> Result<(), FactsError> {
        for segment in std::mem::take(retired) {
            if Arc::strong_count(&segment) == 1 {
                segment::delete(self.store.as_ref(), &segment.path()).await?;
            } else {
                retired.push(segment);
            }
        }
        Ok(())
    }

    fn publishing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.publish.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// A snapshot as what plans begin with.
    pub(crate) fn table(&self, snapshot: &Arc<Snapshot>) -> Table {
        Table {
            snapshot: Arc::clone(snapshot),
            store: Arc::clone(&self.store),
            url: self.url.clone(),
            session: self.session.clone(),
        }
    }
}

/// The roll-up of all rows of segments, and how many of them are in its file.
async fn rolled_up(
    store: &dyn ObjectStore,
    segments: &[Segment],
) -> Result<(Rollup, usize), FactsError> {
    let up_to = segments.last().map_or(0, |last| last.to);
    let (mut rollup, position) = rollup::load(store, up_to).await?;
    let mut added = 0;
    for segment in segments.iter().filter(|segment| segment.to > position) {
        for batch in segment::read(store, segment).await? {
            let rows = schema::after(&batch, position)?;
            rollup = rollup.with_rows(&rows)?;
            added += rows.num_rows();
        }
    }
    let rows: usize = segments.iter().map(|segment| segment.rows).sum();
    Ok((rollup, rows - added.min(rows)))
}

fn session() -> Result<SessionState, FactsError> {
    let spill = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(QUERY_BYTES_MAX)))
        .with_cache_manager(
            CacheManagerConfig::default().with_metadata_cache_limit(FOOTERS_BYTES_MAX),
        )
        .with_disk_manager_builder(spill)
        .build_arc()?;
    let mut config = SessionConfig::new().with_target_partitions(PARTITIONS);
    // Scans may reach two sources: round-robin between them costs more than it brings here.
    config.options_mut().optimizer.enable_round_robin_repartition = false;
    Ok(SessionContext::new_with_config_rt(config, runtime).state())
}

/// Merges the last batches as long as the last is no smaller than the one before it, up to
/// [`BATCH_ROWS`]: each row is copied a few times, and few small batches remain.
fn coalesce(hot: &mut Vec<RecordBatch>) -> Result<(), FactsError> {
    while let [.., before, last] = hot.as_slice() {
        let rows = before.num_rows() + last.num_rows();
        if last.num_rows() < before.num_rows() || rows > BATCH_ROWS {
            break;
        }
        let merged = schema::merge([before, last])?;
        hot.truncate(hot.len() - 2);
        hot.push(merged);
    }
    Ok(())
}

/// The rows that came after a position, which a flush leaves in memory.
fn newer(hot: &[RecordBatch], position: u64) -> Result<Vec<RecordBatch>, FactsError> {
    let mut rest = Vec::new();
    for batch in hot {
        let rows = schema::after(batch, position)?;
        if rows.num_rows() > 0 {
            rest.push(rows);
        }
    }
    Ok(rest)
}
