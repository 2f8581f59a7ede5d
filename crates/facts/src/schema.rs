//! The one fact table: its columns, and rows as Arrow batches.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, FixedSizeBinaryBuilder, Int8Array, Int64Array,
    StringDictionaryBuilder, UInt32Array, UInt64Array,
};
use datafusion::arrow::compute::kernels::cmp::gt;
use datafusion::arrow::compute::{
    SortColumn, cast, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use domain::limits::DIMS_PER_MEASURE_MAX;

use crate::rows::FactRow;

pub(crate) const MEASURE: &str = "measure";
pub(crate) const OFFICE: &str = "office";
pub(crate) const DATE: &str = "date";
pub(crate) const VALUE: &str = "value";
pub(crate) const WEIGHT: &str = "weight";
/// The sum of weights: how many facts stand.
pub(crate) const NET: &str = "net";
pub(crate) const KNOWN_MS: &str = "known_ms";
pub(crate) const RECORD: &str = "record";
pub(crate) const POS: &str = "pos";
const DIM_NAMES: [&str; DIMS_PER_MEASURE_MAX] = ["d0", "d1", "d2", "d3", "d4", "d5"];

/// The column of the i-th dimension.
pub(crate) fn dim(index: usize) -> &'static str {
    DIM_NAMES[index]
}

/// The columns that a segment is sorted by: measure, office, date; the rest makes the order, and
/// so the file, the same however the rows arrived.
const SORT: [&str; 7] = [MEASURE, OFFICE, DATE, POS, RECORD, VALUE, WEIGHT];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![
        Field::new(MEASURE, text(), false),
        Field::new(OFFICE, DataType::UInt32, false),
        Field::new(DATE, DataType::Date32, false),
    ];
    fields.extend(DIM_NAMES.iter().map(|name| Field::new(*name, text(), true)));
    fields.extend([
        Field::new(VALUE, DataType::Int64, false),
        Field::new(WEIGHT, DataType::Int8, false),
        Field::new(KNOWN_MS, DataType::Int64, false),
        Field::new(RECORD, DataType::FixedSizeBinary(16), false),
        Field::new(POS, DataType::UInt64, false),
    ]);
    Arc::new(Schema::new(fields))
});

/// The schema of facts, in memory and in segments.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// A moment in milliseconds as its column holds it.
pub(crate) fn known_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// Rows as one batch.
pub(crate) fn batch(rows: &[FactRow]) -> Result<RecordBatch, ArrowError> {
    let mut records = FixedSizeBinaryBuilder::with_capacity(rows.len(), 16);
    for row in rows {
        records.append_value(row.record.0)?;
    }
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(words(rows.iter().map(|row| Some(row.measure.as_str())))?),
        Arc::new(rows.iter().map(|row| row.office.0).collect::<UInt32Array>()),
        Arc::new(rows.iter().map(|row| Some(row.date.0)).collect::<Date32Array>()),
    ];
    for index in 0..DIMS_PER_MEASURE_MAX {
        columns.push(Arc::new(words(rows.iter().map(|row| row.dims[index].as_deref()))?));
    }
    columns.extend([
        Arc::new(rows.iter().map(|row| row.value).collect::<Int64Array>()) as ArrayRef,
        Arc::new(rows.iter().map(|row| row.weight).collect::<Int8Array>()),
        Arc::new(rows.iter().map(|row| known_ms(row.known_ms)).collect::<Int64Array>()),
        Arc::new(records.finish()),
        Arc::new(rows.iter().map(|row| row.pos).collect::<UInt64Array>()),
    ]);
    RecordBatch::try_new(schema(), columns)
}

fn words<'a>(
    values: impl Iterator<Item = Option<&'a str>>,
) -> Result<DictionaryArray<Int32Type>, ArrowError> {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    for value in values {
        match value {
            Some(value) => drop(builder.append(value)?),
            None => builder.append_null(),
        }
    }
    Ok(builder.finish())
}

/// Batches as one, with each dictionary holding every word once.
pub(crate) fn merge<'a>(
    batches: impl IntoIterator<Item = &'a RecordBatch>,
) -> Result<RecordBatch, ArrowError> {
    let whole = concat_batches(&schema(), batches)?;
    let columns = whole.columns().iter().map(|column| {
        let DataType::Dictionary(_, words) = column.data_type() else {
            return Ok(Arc::clone(column));
        };
        cast(&cast(column, words)?, column.data_type())
    });
    RecordBatch::try_new(schema(), columns.collect::<Result<_, _>>()?)
}

/// A batch in the order of segments.
pub(crate) fn sorted(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = SORT.iter().filter_map(|name| batch.column_by_name(name));
    let columns = columns.map(|values| SortColumn { values: Arc::clone(values), options: None });
    let order = lexsort_to_indices(&columns.collect::<Vec<_>>(), None)?;
    take_record_batch(batch, &order)
}

/// The rows of log positions after this one.
pub(crate) fn after(batch: &RecordBatch, position: u64) -> Result<RecordBatch, ArrowError> {
    let positions = batch.column_by_name(POS).expect("invariant: facts have positions");
    filter_record_batch(batch, &gt(positions, &UInt64Array::new_scalar(position))?)
}
