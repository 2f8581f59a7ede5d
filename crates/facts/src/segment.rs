//! Segment files: sorted, compressed Parquet, named by the range of log positions they hold.
//!
//! A name derives from the log alone, so a crash between writing and using a segment rewrites
//! the same file. Files are written under a temporary name and then renamed (the object store's
//! `put` is atomic), so a name stands for a whole file.

use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::object_store;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use futures::TryStreamExt;

use crate::error::FactsError;
use crate::schema;

/// Rows of one row group: the unit that a query skips or reads.
const ROW_GROUP_ROWS: usize = 256 * 1024;
const FOLDER: &str = "segments";

/// The facts of log positions `from < p ≤ to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) rows: usize,
    /// The latest moment that its rows became known.
    pub(crate) known_ms: u64,
    pub(crate) bytes: u64,
}

impl Segment {
    pub(crate) fn path(&self) -> Path {
        path(self.from, self.to)
    }
}

fn path(from: u64, to: u64) -> Path {
    Path::from(format!("{FOLDER}/{from:020}-{to:020}.parquet"))
}

fn range(path: &Path) -> Option<(u64, u64)> {
    let (from, to) = path.filename()?.strip_suffix(".parquet")?.split_once('-')?;
    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
    (from < to && path == &self::path(from, to)).then_some((from, to))
}

fn store_error(doing: &'static str, path: &Path) -> impl FnOnce(object_store::Error) -> FactsError {
    let segment = path.to_string();
    move |source| FactsError::Store { doing, segment, source }
}

/// Writes the sorted rows of a range as a segment.
pub(crate) async fn write(
    store: &dyn ObjectStore,
    (from, to): (u64, u64),
    rows: &RecordBatch,
    known_ms: u64,
) -> Result<Segment, FactsError> {
    let path = path(from, to);
    let bytes = encode(rows, known_ms)
        .map_err(|source| FactsError::Parquet { segment: path.to_string(), source })?;
    let size = bytes.len() as u64;
    let put = store.put(&path, PutPayload::from(bytes)).await;
    put.map_err(store_error("write", &path))?;
    Ok(Segment { from, to, rows: rows.num_rows(), known_ms, bytes: size })
}

fn encode(rows: &RecordBatch, known_ms: u64) -> Result<Vec<u8>, ParquetError> {
    let known = datafusion::parquet::file::metadata::KeyValue::new(
        schema::KNOWN_MS.to_owned(),
        known_ms.to_string(),
    );
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_key_value_metadata(Some(vec![known]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema::schema(), Some(properties))?;
    writer.write(rows)?;
    writer.into_inner()
}

/// Reads a whole segment.
pub(crate) async fn read(
    store: &dyn ObjectStore,
    segment: &Segment,
) -> Result<Vec<RecordBatch>, FactsError> {
    let path = segment.path();
    let got = store.get(&path).await.map_err(store_error("read", &path))?;
    let bytes = got.bytes().await.map_err(store_error("read", &path))?;
    let parquet = |source| FactsError::Parquet { segment: path.to_string(), source };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|b| b.build());
    let batches = reader.map_err(parquet)?.collect::<Result<Vec<_>, _>>();
    Ok(batches?)
}

/// Deletes a segment that nothing reads any more; one that is gone already is no error.
pub(crate) async fn delete(store: &dyn ObjectStore, path: &Path) -> Result<(), FactsError> {
    match store.delete(path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(source) => Err(store_error("delete", path)(source)),
    }
}

/// The chain of whole segments from the log's beginning. Everything else in the folder is left
/// over from a crash and deleted: parts of a compacted segment, a torn file, what lies behind a
/// gap. What is deleted is derived from the log again.
pub(crate) async fn open_all(store: &dyn ObjectStore) -> Result<Vec<Segment>, FactsError> {
    let folder = Path::from(FOLDER);
    let listed = store.list(Some(&folder)).try_collect::<Vec<_>>().await;
    let listed = listed.map_err(store_error("list", &folder))?;
    let mut ranges: Vec<(u64, u64)> = listed.iter().filter_map(|m| range(&m.location)).collect();
    // Of several that begin at one position the longest stands.
    ranges.sort_by_key(|(from, to)| (*from, std::cmp::Reverse(*to)));
    let mut chain: Vec<Segment> = Vec::new();
    for (from, to) in ranges {
        if from == chain.last().map_or(0, |last| last.to) {
            chain.extend(inspect(store, from, to).await?);
        }
    }
    for found in listed {
        if !chain.iter().any(|segment| segment.path() == found.location) {
            delete(store, &found.location).await?;
        }
    }
    Ok(chain)
}

/// What a segment's footer says; none if the file isn't whole or has other columns.
async fn inspect(
    store: &dyn ObjectStore,
    from: u64,
    to: u64,
) -> Result<Option<Segment>, FactsError> {
    let path = path(from, to);
    let got = store.get(&path).await.map_err(store_error("read", &path))?;
    let bytes = got.bytes().await.map_err(store_error("read", &path))?;
    let size = bytes.len() as u64;
    let Ok(reader) = ParquetRecordBatchReaderBuilder::try_new(bytes) else { return Ok(None) };
    let file = reader.metadata().file_metadata();
    let known = file.key_value_metadata().into_iter().flatten();
    let known = known.filter(|note| note.key == schema::KNOWN_MS);
    let known_ms = known.filter_map(|note| note.value.as_ref()?.parse().ok()).next();
    let rows = usize::try_from(file.num_rows()).ok();
    let same = reader.schema().fields() == schema::schema().fields();
    Ok(match (rows, known_ms) {
        (Some(rows), Some(known_ms)) if same => {
            Some(Segment { from, to, rows, known_ms, bytes: size })
        }
        _ => None,
    })
}

/// Neighbours that are worth one file: the first run of at least `few` segments whose rows are
/// together at most `rows_max`.
pub(crate) fn small_neighbours(
    segments: &[Arc<Segment>],
    few: usize,
    rows_max: usize,
) -> Option<std::ops::Range<usize>> {
    for start in 0..segments.len() {
        let (mut end, mut rows) = (start, 0);
        while end < segments.len() && rows + segments[end].rows <= rows_max {
            rows += segments[end].rows;
            end += 1;
        }
        if end - start >= few {
            return Some(start..end);
        }
    }
    None
}
