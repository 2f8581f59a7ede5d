//! From rows, and from the cells of a file, to blocks.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int32Type, Int64Type, UInt32Type,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use domain::ids::OfficeId;
use domain::limits::DIMS_PER_MEASURE_MAX;
use domain::period::Date;

use super::block::{Block, Gathered};
use super::is_daily;
use crate::rows::Dims;
use crate::schema::{self, DATE, MEASURE, NET, OFFICE, VALUE, WEIGHT};

/// Codes of a row's dimensions in its batch; −1 is no value.
type Codes = [i32; DIMS_PER_MEASURE_MAX];

/// A measure's rows of one batch.
struct Measure {
    daily: bool,
    gathered: Gathered,
    /// The numbers of dimensions that were seen.
    seen: BTreeMap<Codes, u32>,
    last: Option<(Codes, u32)>,
}

/// The blocks of a batch of rows.
pub(super) fn rows(batch: &RecordBatch) -> Result<BTreeMap<String, Block>, ArrowError> {
    let values = column(batch, VALUE)?.as_primitive::<Int64Type>().values();
    let weights = column(batch, WEIGHT)?.as_primitive::<Int8Type>().values();
    gather(batch, |row| {
        let weight = i64::from(weights[row]);
        (i128::from(values[row]) * i128::from(weight), weight)
    })
}

/// The blocks of a batch of a file's cells.
pub(super) fn cells(batch: &RecordBatch) -> Result<BTreeMap<String, Block>, ArrowError> {
    let sums = column(batch, VALUE)?.as_primitive::<Int64Type>().values();
    let nets = column(batch, NET)?.as_primitive::<Int32Type>().values();
    gather(batch, |row| (sums[row].into(), nets[row].into()))
}

fn gather(
    batch: &RecordBatch,
    added: impl Fn(usize) -> (i128, i64),
) -> Result<BTreeMap<String, Block>, ArrowError> {
    let measures = Words::of(batch, MEASURE)?;
    let offices = column(batch, OFFICE)?.as_primitive::<UInt32Type>().values();
    let dates = column(batch, DATE)?.as_primitive::<Date32Type>().values();
    let dims = (0..DIMS_PER_MEASURE_MAX).map(|index| Words::of(batch, schema::dim(index)));
    let dims = dims.collect::<Result<Vec<_>, _>>()?;
    let mut by_code: BTreeMap<i32, Measure> = BTreeMap::new();
    let mut month = Month { first: Date(0), next: Date(0) };
    for row in 0..batch.num_rows() {
        let measure = by_code.entry(measures.codes[row]).or_insert_with_key(|code| Measure {
            daily: measures.text(*code).is_some_and(is_daily),
            gathered: Gathered::default(),
            seen: BTreeMap::new(),
            last: None,
        });
        let date = Date(dates[row]);
        let time = if measure.daily { date } else { month.of(date) };
        let codes: Codes = std::array::from_fn(|index| dims[index].codes[row]);
        let words = measure.words(codes, &dims);
        let (sum, net) = added(row);
        measure.gathered.add(time, OfficeId(offices[row]), words, sum, net);
    }
    let mut blocks: BTreeMap<String, Block> = BTreeMap::new();
    for (code, measure) in by_code {
        let name = measures.text(code).unwrap_or_default().to_owned();
        let block = measure.gathered.block();
        // A file's dictionary may hold a word twice.
        let merged = blocks.get(&name).map(|known| known.merge(&block));
        blocks.insert(name, merged.unwrap_or(block));
    }
    Ok(blocks)
}

impl Measure {
    fn words(&mut self, codes: Codes, dims: &[Words]) -> u32 {
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == codes) {
            return number;
        }
        let number = match self.seen.get(&codes) {
            Some(number) => *number,
            None => {
                let words: Dims =
                    std::array::from_fn(|index| dims[index].text(codes[index]).map(str::to_owned));
                let number = self.gathered.dims(words);
                self.seen.insert(codes, number);
                number
            }
        };
        self.last = Some((codes, number));
        number
    }
}

/// The month of the date before, since most follow each other.
struct Month {
    first: Date,
    next: Date,
}

impl Month {
    fn of(&mut self, date: Date) -> Date {
        if date < self.first || self.next <= date {
            let month = domain::period::Period::containing(domain::period::Grain::Month, date);
            (self.first, self.next) = (month.first(), month.next().first());
        }
        self.first
    }
}

/// A column of words as codes; −1 is no value.
struct Words {
    codes: Vec<i32>,
    texts: StringArray,
}

impl Words {
    fn of(batch: &RecordBatch, name: &str) -> Result<Self, ArrowError> {
        let coded = column(batch, name)?.as_dictionary::<Int32Type>();
        let codes = coded.keys().iter().map(|code| code.unwrap_or(-1)).collect();
        let texts = cast(coded.values(), &DataType::Utf8)?.as_string::<i32>().clone();
        Ok(Self { codes, texts })
    }

    fn text(&self, code: i32) -> Option<&str> {
        let code = usize::try_from(code).ok()?;
        (code < self.texts.len() && self.texts.is_valid(code)).then(|| self.texts.value(code))
    }
}

fn column<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a datafusion::arrow::array::ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("no column `{name}`"));
    batch.column_by_name(name).ok_or_else(missing)
}
