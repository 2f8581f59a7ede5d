//! A plain table that leaves the program: columns with names, kinds and values.
//!
//! Exports hand one over as CSV, XLSX or Parquet. Arrow and Parquet stay behind
//! [`Table::to_parquet`].

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, LargeBinaryArray, StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;
use domain::period::Date;
use thiserror::Error;

/// A table. Every column has as many values as the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<Column>,
}

/// A named column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, unique within the table.
    pub name: String,
    /// What it holds.
    pub values: Values,
}

/// The values of a column; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Decimal numbers as integers at this scale: 125 at scale 1 is 12.5.
    Decimal(u8, Vec<Option<i128>>),
    /// Civil dates.
    Date(Vec<Option<Date>>),
    /// Yes or no.
    Bool(Vec<Option<bool>>),
    /// Bytes.
    Bytes(Vec<Option<Vec<u8>>>),
}

/// A table that can't be made or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// A column has another length than those before it.
    #[error("column `{name}` has {rows} rows, the table has {expected}")]
    Length {
        /// The column.
        name: String,
        /// Its rows.
        rows: usize,
        /// The rows of the table.
        expected: usize,
    },
    /// Two columns have one name.
    #[error("two columns are named `{name}`")]
    Twice {
        /// The name.
        name: String,
    },
    /// A decimal scale beyond what a file can hold.
    #[error("column `{name}` has scale {scale}, at most {SCALE_MAX} is possible")]
    Scale {
        /// The column.
        name: String,
        /// Its scale.
        scale: u8,
    },
    /// The columns don't fit an Arrow batch.
    #[error("cannot lay out the table")]
    Arrow(#[from] ArrowError),
    /// The file can't be written.
    #[error("cannot write Parquet")]
    Parquet(#[from] ParquetError),
}

/// Digits after the point that a column may have: decimals have 38 digits in all.
const SCALE_MAX: u8 = 18;
const DIGITS: u8 = 38;

impl Values {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Decimal(_, values) => values.len(),
            Self::Date(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn array(&self, name: &str) -> Result<ArrayRef, TableError> {
        Ok(match self {
            Self::Text(values) => Arc::new(values.iter().collect::<StringArray>()),
            Self::Integer(values) => Arc::new(values.iter().copied().collect::<Int64Array>()),
            Self::Decimal(scale, values) => {
                let fits = i8::try_from(*scale).ok().filter(|_| *scale <= SCALE_MAX);
                let scale =
                    fits.ok_or_else(|| TableError::Scale { name: name.to_owned(), scale: *scale })?;
                let array = values.iter().copied().collect::<Decimal128Array>();
                Arc::new(array.with_precision_and_scale(DIGITS, scale)?)
            }
            Self::Date(values) => {
                Arc::new(values.iter().map(|date| date.map(|d| d.0)).collect::<Date32Array>())
            }
            Self::Bool(values) => Arc::new(values.iter().copied().collect::<BooleanArray>()),
            Self::Bytes(values) => {
                Arc::new(values.iter().map(Option::as_deref).collect::<LargeBinaryArray>())
            }
        })
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Integer(_) => DataType::Int64,
            Self::Decimal(scale, _) => {
                DataType::Decimal128(DIGITS, i8::try_from(*scale).unwrap_or(i8::MAX))
            }
            Self::Date(_) => DataType::Date32,
            Self::Bool(_) => DataType::Boolean,
            Self::Bytes(_) => DataType::LargeBinary,
        }
    }
}

impl Table {
    /// A table of these columns.
    pub fn new(columns: Vec<Column>) -> Result<Self, TableError> {
        let expected = columns.first().map_or(0, |column| column.values.len());
        for (at, column) in columns.iter().enumerate() {
            let (name, rows) = (&column.name, column.values.len());
            if rows != expected {
                return Err(TableError::Length { name: name.clone(), rows, expected });
            }
            if columns[..at].iter().any(|before| before.name == *name) {
                return Err(TableError::Twice { name: name.clone() });
            }
        }
        Ok(Self { columns })
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The table as one Parquet file (zstd), with `notes` as its key-value metadata: definition,
    /// source, who exported it and when.
    pub fn to_parquet(&self, notes: &[(String, String)]) -> Result<Vec<u8>, TableError> {
        let fields = self.columns.iter().map(|c| Field::new(&c.name, c.values.data_type(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let arrays = self.columns.iter().map(|column| column.values.array(&column.name));
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        let notes = notes.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(notes.collect()))
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
        if self.rows() > 0 {
            writer.write(&RecordBatch::try_new(schema, arrays)?)?;
        }
        Ok(writer.into_inner()?)
    }
}
