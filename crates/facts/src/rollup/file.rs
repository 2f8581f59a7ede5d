//! The roll-up on disk, so that a start doesn't read every row again.
//!
//! A file is named by the log position up to which it holds everything. It is no truth of its
//! own: one that is torn, missing or ahead of the segments is made again from rows.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::object_store::path::Path;
use datafusion::object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::reader::ChunkReader;
use domain::limits::DIMS_PER_MEASURE_MAX;
use domain::period::Date;
use futures::TryStreamExt;

use super::block::Block;
use super::{Levels, Rollup, gather};
use crate::error::FactsError;
use crate::schema::{self, DATE, MEASURE, NET, OFFICE, VALUE};
use crate::segment::{delete, store_error};

const FOLDER: &str = "rollup";
/// The metadata that lists the measures of which there were too many cells, as JSON.
const TOO_MANY: &str = "too_many";
/// Cells laid out at once.
const CHUNK_CELLS: usize = 256 * 1024;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let facts = schema::schema();
    let mut fields: Vec<Field> = Vec::new();
    let dims = (0..DIMS_PER_MEASURE_MAX).map(schema::dim);
    for name in [MEASURE, OFFICE, DATE].into_iter().chain(dims).chain([VALUE]) {
        fields.extend(facts.field_with_name(name).cloned());
    }
    fields.push(Field::new(NET, DataType::Int32, false));
    Arc::new(Schema::new(fields))
});

fn path(position: u64) -> Path {
    Path::from(format!("{FOLDER}/{position:020}.parquet"))
}

fn position(path: &Path) -> Option<u64> {
    let position = path.filename()?.strip_suffix(".parquet")?.parse().ok()?;
    (path == &self::path(position)).then_some(position)
}

async fn listed(store: &dyn ObjectStore) -> Result<Vec<Path>, FactsError> {
    let folder = Path::from(FOLDER);
    let listed = store.list(Some(&folder)).map_ok(|meta| meta.location);
    listed.try_collect().await.map_err(store_error("list", &folder))
}

/// Writes the roll-up of all rows up to a position; others are deleted then.
pub(crate) async fn save(
    store: &dyn ObjectStore,
    rollup: &Rollup,
    position: u64,
) -> Result<(), FactsError> {
    let path = path(position);
    let parquet = |source| FactsError::Parquet { segment: path.to_string(), source };
    let bytes = encode(rollup).map_err(parquet)?;
    let put = store.put(&path, PutPayload::from(bytes)).await;
    put.map_err(store_error("write", &path))?;
    for other in listed(store).await?.into_iter().filter(|other| *other != path) {
        delete(store, &other).await?;
    }
    Ok(())
}

/// Deletes all roll-ups.
pub(crate) async fn forget(store: &dyn ObjectStore) -> Result<(), FactsError> {
    for path in listed(store).await? {
        delete(store, &path).await?;
    }
    Ok(())
}

/// The latest whole roll-up of rows up to a position, and its own position: 0 if there is none.
/// All others are deleted: one that is ahead of the segments may tell of what will be derived
/// differently.
pub(crate) async fn load(store: &dyn ObjectStore, up_to: u64) -> Result<(Rollup, u64), FactsError> {
    let mut files: Vec<(Option<u64>, Path)> =
        listed(store).await?.into_iter().map(|path| (position(&path), path)).collect();
    files.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
    let mut found = None;
    for (position, path) in files {
        let usable = position.filter(|at| found.is_none() && *at <= up_to);
        let read = match usable {
            Some(position) => {
                let got = store.get(&path).await.map_err(store_error("read", &path))?;
                let bytes = got.bytes().await.map_err(store_error("read", &path))?;
                decode(bytes).ok().map(|rollup| (rollup, position))
            }
            None => None,
        };
        match read {
            Some(read) => found = Some(read),
            None => delete(store, &path).await?,
        }
    }
    Ok(found.unwrap_or_default())
}

fn encode(rollup: &Rollup) -> Result<Vec<u8>, ParquetError> {
    let given_up = rollup.measures.iter().filter(|(_, levels)| matches!(levels, Levels::TooMany));
    let given_up: Vec<&str> = given_up.map(|(measure, _)| &**measure).collect();
    let given_up = serde_json::to_string(&given_up).expect("invariant: texts are JSON");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new(TOO_MANY.to_owned(), given_up)]))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&SCHEMA), Some(properties))?;
    for (measure, levels) in &rollup.measures {
        let Levels::Blocks(blocks) = levels else { continue };
        let mut blocks = blocks.iter().rev();
        let Some(last) = blocks.next() else { continue };
        let whole = blocks.fold(Block::clone(last), |whole, block| block.merge(&whole));
        for begin in (0..whole.len()).step_by(CHUNK_CELLS) {
            let end = (begin + CHUNK_CELLS).min(whole.len());
            writer.write(&batch(measure, &whole, begin..end)?)?;
        }
    }
    writer.into_inner()
}

/// Cells of a block as a batch.
fn batch(
    measure: &str,
    block: &Block,
    cells: std::ops::Range<usize>,
) -> Result<RecordBatch, ArrowError> {
    let dictionary = |texts: StringArray| {
        let wanted = SCHEMA.field_with_name(MEASURE)?.data_type();
        cast(&texts, wanted)
    };
    let rows: Vec<(u32, u32, i64, i32)> = block.cells(cells.clone()).collect();
    let slices = block.times(Date(i32::MIN), Date(i32::MAX));
    let times = slices.flat_map(|(time, slice)| {
        let (begin, end) = (slice.start.max(cells.start), slice.end.min(cells.end));
        std::iter::repeat_n(time.0, end.saturating_sub(begin))
    });
    let offices = rows.iter().map(|(office, ..)| block.offices()[*office as usize].0);
    let mut columns: Vec<ArrayRef> = vec![
        dictionary(std::iter::repeat_n(Some(measure), rows.len()).collect())?,
        Arc::new(offices.collect::<UInt32Array>()),
        Arc::new(times.map(Some).collect::<Date32Array>()),
    ];
    for index in 0..DIMS_PER_MEASURE_MAX {
        let words = rows.iter().map(|(_, dims, ..)| block.dims()[*dims as usize][index].as_deref());
        columns.push(dictionary(words.collect())?);
    }
    columns.push(Arc::new(rows.iter().map(|(.., sum, _)| *sum).collect::<Int64Array>()));
    columns.push(Arc::new(rows.iter().map(|(.., net)| *net).collect::<Int32Array>()));
    RecordBatch::try_new(Arc::clone(&SCHEMA), columns)
}

fn decode(bytes: impl ChunkReader + 'static) -> Result<Rollup, ArrowError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    if reader.schema().fields() != SCHEMA.fields() {
        return Err(ArrowError::SchemaError("a roll-up of other columns".to_owned()));
    }
    let notes = reader.metadata().file_metadata().key_value_metadata().into_iter().flatten();
    let given_up = notes.filter(|note| note.key == TOO_MANY).filter_map(|note| note.value.clone());
    let missing = || ArrowError::SchemaError(format!("no note `{TOO_MANY}`"));
    let given_up = given_up.last().ok_or_else(missing)?;
    let given_up: Vec<String> = serde_json::from_str(&given_up)
        .map_err(|source| ArrowError::ExternalError(Box::new(source)))?;
    let mut rollup = Rollup::default();
    for batch in reader.with_batch_size(CHUNK_CELLS).build()? {
        rollup = rollup.with(gather::cells(&batch?)?);
    }
    let given_up = given_up.into_iter().map(|measure| (measure.into(), Levels::TooMany));
    rollup.measures.extend(given_up);
    Ok(rollup)
}
