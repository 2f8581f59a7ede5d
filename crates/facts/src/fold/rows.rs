//! Rows of facts, added to a fold.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int32Type, Int64Type, UInt32Type,
};
use datafusion::arrow::record_batch::RecordBatch;
use domain::ids::OfficeId;
use domain::period::Date;

use super::{Fold, Stay};
use crate::error::QueryError;
use crate::schema::{self, DATE, OFFICE, VALUE, WEIGHT};

/// The columns that [`Fold::add_rows`] takes, in its order, for these dimensions; others may follow.
pub(crate) fn columns(dims: &[usize]) -> Vec<&'static str> {
    let dims = dims.iter().map(|dim| schema::dim(*dim));
    [OFFICE, DATE, VALUE, WEIGHT].into_iter().chain(dims).collect()
}

impl Fold {
    /// Adds rows: columns as [`columns`] says for the dimensions of the shape.
    pub(crate) fn add_rows(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let offices = batch.column(0).as_primitive::<UInt32Type>().values();
        let dates = batch.column(1).as_primitive::<Date32Type>().values();
        let values = batch.column(2).as_primitive::<Int64Type>().values();
        let weights = batch.column(3).as_primitive::<Int8Type>().values();
        let dims = batch.columns()[4..].iter().take(self.shape().dims().len()).enumerate();
        let dims = dims.map(|(dim, column)| self.words(dim, column));
        let dims = dims.collect::<Result<Vec<_>, _>>()?;
        let mut last = Last { office: OfficeId(0), stay: Stay::NEVER, words: 0, slot: None };
        for row in 0..batch.num_rows() {
            let (office, date) = (OfficeId(offices[row]), Date(dates[row]));
            let same = office == last.office && last.stay.from <= date && date < last.stay.to;
            if !same {
                (last.office, last.stay, last.slot) = (office, self.stay(office, date), None);
            }
            let (Some(place), Some(period)) = (last.stay.place, self.shape().period(date)) else {
                continue;
            };
            let words = if dims.is_empty() { 0 } else { self.combine(dims.iter().map(|d| d[row])) };
            let slot = match last.slot.filter(|_| words == last.words) {
                Some(slot) => slot,
                None => self.slot(place, words)?,
            };
            (last.words, last.slot) = (words, Some(slot));
            let weight = i64::from(weights[row]);
            self.add(slot, period, i128::from(values[row]) * i128::from(weight), weight);
        }
        Ok(())
    }

    /// The number of each row's word.
    fn words(&mut self, dim: usize, column: &ArrayRef) -> Result<Vec<u32>, QueryError> {
        let coded = column.as_dictionary::<Int32Type>();
        let texts = cast(coded.values(), &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        let numbers: Vec<u32> = texts.iter().map(|text| self.word(dim, text)).collect();
        let nothing = if coded.null_count() > 0 { self.word(dim, None) } else { 0 };
        let keys = coded.keys().iter();
        let at = |key: i32| usize::try_from(key).ok().and_then(|key| numbers.get(key).copied());
        Ok(keys.map(|key| key.and_then(at).unwrap_or(nothing)).collect())
    }
}

/// Where the row before was added: rows of one office and place follow each other.
#[derive(Clone, Copy, Debug)]
struct Last {
    office: OfficeId,
    stay: Stay,
    words: u32,
    slot: Option<usize>,
}
