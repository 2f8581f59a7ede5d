//! Segment files: sorted, compressed Parquet, named by the range of log positions they hold.
//!
//! A name derives from the log alone, so a crash between writing and using a segment rewrites
//! the same file. Files are written under a temporary name and then renamed (the object store's
//! `put` is atomic), so a name stands for a whole file.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::{max, min};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::object_store;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use domain::period::Date;
use futures::TryStreamExt;

use crate::error::FactsError;
use crate::rollup::Days;
use crate::schema::{self, DATE, KNOWN_MS};

/// Rows of one row group: the unit that a query skips or reads.
const ROW_GROUP_ROWS: usize = 256 * 1024;
const FOLDER: &str = "segments";
/// The metadata that holds the first and the last date of the rows.
const DATES: &str = "dates";

/// The facts of log positions `from < p ≤ to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) rows: usize,
    /// The latest moment that its rows became known.
    pub(crate) known_ms: u64,
    pub(crate) bytes: u64,
    /// The first and the last date of its rows; none without rows.
    pub(crate) dates: Option<Days>,
}

impl Segment {
    /// Whether it has rows between two days.
    pub(crate) fn has(&self, (from, to): Days) -> bool {
        self.dates.is_some_and(|(first, last)| first <= to && from <= last)
    }

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

pub(crate) fn store_error(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(object_store::Error) -> FactsError {
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
    let dates = dates(rows);
    let bytes = encode(rows, known_ms, dates)
        .map_err(|source| FactsError::Parquet { segment: path.to_string(), source })?;
    let size = bytes.len() as u64;
    let put = store.put(&path, PutPayload::from(bytes)).await;
    put.map_err(store_error("write", &path))?;
    Ok(Segment { from, to, rows: rows.num_rows(), known_ms, bytes: size, dates })
}

/// The first and the last date of rows.
fn dates(rows: &RecordBatch) -> Option<Days> {
    let dates = rows.column_by_name(DATE)?.as_primitive::<Date32Type>();
    min(dates).zip(max(dates)).map(|(first, last)| (Date(first), Date(last)))
}

fn encode(rows: &RecordBatch, known_ms: u64, dates: Option<Days>) -> Result<Vec<u8>, ParquetError> {
    let dates = dates.map(|(first, last)| format!("{first}/{last}")).unwrap_or_default();
    let notes = [(KNOWN_MS, known_ms.to_string()), (DATES, dates)];
    let notes = notes.map(|(key, value)| KeyValue::new(key.to_owned(), value)).to_vec();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_key_value_metadata(Some(notes))
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
    let notes = file.key_value_metadata();
    let note = |key: &str| {
        let note = notes.into_iter().flatten().find(|note| note.key == key);
        note.and_then(|note| note.value.as_deref())
    };
    let known_ms = note(KNOWN_MS).and_then(|text| text.parse().ok());
    let dates = note(DATES).and_then(|text| text.split_once('/'));
    let dates = dates.and_then(|(first, last)| first.parse().ok().zip(last.parse().ok()));
    let rows = usize::try_from(file.num_rows()).ok();
    let same = reader.schema().fields() == schema::schema().fields();
    Ok(match (rows, known_ms) {
        (Some(rows), Some(known_ms)) if same && dates.is_some() == (rows > 0) => {
            Some(Segment { from, to, rows, known_ms, bytes: size, dates })
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
