//! The fact rows of one cell, as they were known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int8Type, Int64Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::{count, sum};
use datafusion::logical_expr::{Expr, cast as cast_expr, col, lit};
use datafusion::scalar::ScalarValue;
use domain::ids::{OfficeId, RecordId};
use domain::limits::FACTS_ONE_BY_ONE_MAX;
use domain::pack::MeasureKind;
use domain::period::Date;

use super::fold::{Last, Row, Series, Standing};
use super::{ChangeRow, Cursor};
use crate::error::QueryError;
use crate::figure::{Content, decimal};
use crate::key::Key;
use crate::lineage::Located;
use crate::plan::{NET, OFFICES_LISTED_MAX, Plan, SUM, net, weighted};
use crate::query::catalog::Entry;
use crate::query::{Axis, Moment};
use crate::schema::{self, DATE, KNOWN_MS, OFFICE, POS, RECORD, VALUE, WEIGHT};

/// The facts of a plan that lie in one cell.
#[derive(Debug)]
pub(super) struct InCell<'q> {
    plan: Plan<'q>,
    cell: Vec<(Axis, Key)>,
    unit: Option<String>,
}

impl<'q> InCell<'q> {
    pub(super) fn new(plan: Plan<'q>, located: &Located<'_>) -> Self {
        Self { plan, cell: located.cell.clone(), unit: located.address.unit.clone() }
    }

    /// The facts of a measure in the cell. Of stocks, those of the cell's periods and dimensions
    /// wherever they lie: where a stock counts is known when its last date is.
    fn facts(&self, entry: &Entry) -> Result<DataFrame, QueryError> {
        let unit = self.unit.as_deref();
        let (mut facts, cell) = if matches!(entry.kind, MeasureKind::Last(_)) {
            let elsewhere = |(axis, _): &&(Axis, Key)| !matches!(axis, Axis::Office(_));
            let cell = self.cell.iter().filter(elsewhere).cloned().collect();
            (self.plan.anywhere(entry)?, cell)
        } else {
            (self.plan.facts(entry)?, self.cell.clone())
        };
        for condition in self.plan.in_cell(entry, &cell, unit, DATE) {
            facts = facts.filter(condition)?;
        }
        Ok(facts)
    }

    /// The sum of an additive measure.
    pub(super) async fn sum(&self, entry: &Entry) -> Result<Content, QueryError> {
        let (sum, facts) = self.sum_and_facts(entry).await?;
        Ok(if facts == 0 { Content::None } else { Content::Value(sum) })
    }

    async fn sum_and_facts(&self, entry: &Entry) -> Result<(i128, i64), QueryError> {
        let sums = vec![weighted().alias(SUM), net().alias(NET)];
        one_sum(self.facts(entry)?.aggregate(Vec::new(), sums)?).await
    }

    /// What operations after a moment did to an additive measure, a page of it.
    pub(super) async fn page(
        &self,
        entry: &Entry,
        since: Moment,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<ChangeRow>, QueryError> {
        let mut facts = self.facts(entry)?.filter(later_than(since))?;
        if let Some(cursor) = after {
            facts = facts.filter(beyond(cursor))?;
        }
        let keys = [POS, RECORD, OFFICE, KNOWN_MS].map(col).to_vec();
        let sums = vec![weighted().alias(SUM), net().alias(NET)];
        let changed = col(NET)
            .not_eq(lit(0_i64))
            .or(cast_sum().not_eq(cast_expr(lit(0_i64), DataType::Decimal128(38, 0))));
        let order = keys.iter().take(3).map(|key| key.clone().sort(true, false)).collect();
        let columns = keys.iter().cloned().chain([cast_sum().alias(SUM)]).collect::<Vec<_>>();
        let page = facts.aggregate(keys, sums)?.filter(changed)?.sort(order)?;
        let page = page.limit(0, Some(limit))?.select(columns)?;
        let mut rows = Vec::new();
        for batch in page.collect().await? {
            let identity = Identity::of(&batch)?;
            let sums = batch.column(4).as_primitive::<Decimal128Type>();
            for row in 0..batch.num_rows() {
                let (pos, record, office, known_ms) = identity.at(row);
                let value = sums.value(row);
                let text = decimal(value, entry.scale);
                let inputs = Vec::new();
                rows.push(ChangeRow { pos, known_ms, record, office, value, text, inputs });
            }
        }
        Ok(rows)
    }

    /// The rows that became known after a moment.
    pub(super) async fn rows(&self, entry: &Entry, since: Moment) -> Result<Vec<Row>, QueryError> {
        let facts = self.facts(entry)?.filter(later_than(since))?;
        let dims = (0..entry.dims.len()).map(|index| col(schema::dim(index)));
        let columns = [POS, RECORD, OFFICE, KNOWN_MS, DATE, VALUE, WEIGHT].map(col).into_iter();
        let facts = facts.select(columns.chain(dims).collect::<Vec<_>>())?;
        let mut rows = Vec::new();
        for batch in few(facts).await? {
            let identity = Identity::of(&batch)?;
            let dates = batch.column(4).as_primitive::<Date32Type>();
            let values = batch.column(5).as_primitive::<Int64Type>();
            let weights = batch.column(6).as_primitive::<Int8Type>();
            let dims = dims_from(&batch, 7)?;
            for (row, dims) in dims.into_iter().enumerate() {
                let (pos, record, office, known_ms) = identity.at(row);
                rows.push(Row {
                    pos,
                    record,
                    office,
                    known_ms,
                    date: Date(dates.value(row)),
                    dims,
                    value: values.value(row),
                    weight: i64::from(weights.value(row)),
                });
            }
        }
        Ok(rows)
    }

    /// A measure as it stood, as far as these rows can change it.
    pub(super) async fn standing(
        &self,
        entry: &Entry,
        rows: &[Row],
    ) -> Result<Standing, QueryError> {
        Ok(match entry.kind {
            MeasureKind::Additive(_) | MeasureKind::Formula(_) => {
                let (sum, facts) = self.sum_and_facts(entry).await?;
                Standing::Sum(sum, facts)
            }
            MeasureKind::Distinct(_) => Standing::Distinct(self.things(entry).await?),
            MeasureKind::Last(_) => Standing::Last(self.stocks(entry, rows).await?),
        })
    }

    async fn things(&self, entry: &Entry) -> Result<BTreeMap<i64, i64>, QueryError> {
        let facts = self.facts(entry)?.aggregate(vec![col(VALUE)], vec![net().alias(NET)])?;
        let mut things = BTreeMap::new();
        for batch in few(facts.filter(col(NET).not_eq(lit(0_i64)))?).await? {
            let values = batch.column(0).as_primitive::<Int64Type>().values().iter();
            let facts = batch.column(1).as_primitive::<Int64Type>().values().iter();
            things.extend(values.copied().zip(facts.copied()));
        }
        Ok(things)
    }

    /// The stocks that rows change, date by date, and the sum of all others.
    async fn stocks(&self, entry: &Entry, rows: &[Row]) -> Result<Last, QueryError> {
        let axes: Vec<Axis> = self.cell.iter().map(|(axis, _)| axis.clone()).collect();
        let mut all = self.plan.last(entry, &axes)?;
        for condition in self.plan.in_cell(entry, &self.cell, self.unit.as_deref(), "on") {
            all = all.filter(condition)?;
        }
        let sums = vec![sum(col("last")).alias(SUM), count(lit(1_i64)).alias(NET)];
        let whole = one_sum(all.aggregate(Vec::new(), sums)?).await?;
        let touched: BTreeSet<Series> =
            rows.iter().map(|row| (row.office, row.dims.clone())).collect();
        let places = Arc::clone(&self.plan.places);
        let cell = self.cell.clone();
        let here = move |office: OfficeId, date: Date| {
            places.allows(office, date)
                && cell.iter().all(|(axis, key)| match axis {
                    Axis::Office(level) => {
                        let span = places.at(office, date);
                        Key::office(span.and_then(|span| span.at(*level))) == *key
                    }
                    Axis::Period(_) | Axis::Dim(_) => true,
                })
        };
        let series = self.dated(entry, &touched).await?;
        Ok(Last { whole, series, here: Box::new(here) })
    }

    /// What some stocks had on each date.
    async fn dated(
        &self,
        entry: &Entry,
        touched: &BTreeSet<Series>,
    ) -> Result<BTreeMap<Series, BTreeMap<Date, (i128, i64)>>, QueryError> {
        let mut facts = self.facts(entry)?;
        let offices: BTreeSet<u32> = touched.iter().map(|(office, _)| office.0).collect();
        if offices.len() <= OFFICES_LISTED_MAX {
            let list = offices.into_iter().map(lit).collect();
            facts = facts.filter(col(OFFICE).in_list(list, false))?;
        }
        let dims = (0..entry.dims.len()).map(|index| col(schema::dim(index)));
        let keys: Vec<Expr> = [col(OFFICE), col(DATE)].into_iter().chain(dims.clone()).collect();
        let sums = vec![weighted().alias(SUM), net().alias(NET)];
        let standing = facts.aggregate(keys, sums)?.filter(col(NET).not_eq(lit(0_i64)))?;
        let columns = [col(OFFICE), col(DATE), cast_sum().alias(SUM), col(NET)].into_iter();
        let standing = standing.select(columns.chain(dims).collect::<Vec<_>>())?;
        let mut series: BTreeMap<Series, BTreeMap<Date, (i128, i64)>> = BTreeMap::new();
        for batch in few(standing).await? {
            let offices = batch.column(0).as_primitive::<UInt32Type>();
            let dates = batch.column(1).as_primitive::<Date32Type>();
            let sums = batch.column(2).as_primitive::<Decimal128Type>();
            let facts = batch.column(3).as_primitive::<Int64Type>();
            for (row, dims) in dims_from(&batch, 4)?.into_iter().enumerate() {
                let one = (OfficeId(offices.value(row)), dims);
                if touched.contains(&one) {
                    let held = (sums.value(row), facts.value(row));
                    series.entry(one).or_default().insert(Date(dates.value(row)), held);
                }
            }
        }
        Ok(series)
    }
}

fn cast_sum() -> Expr {
    cast_expr(col(SUM), DataType::Decimal128(38, 0))
}

fn later_than(since: Moment) -> Expr {
    col(KNOWN_MS).gt(lit(schema::known_ms(since.0)))
}

/// The rows after the cursor in the order of pages.
fn beyond(cursor: Cursor) -> Expr {
    let record = lit(ScalarValue::FixedSizeBinary(16, Some(cursor.record.0.to_vec())));
    let same_op = col(POS).eq(lit(cursor.pos));
    let next_record = col(RECORD).gt(record.clone());
    let next_office = col(RECORD).eq(record).and(col(OFFICE).gt(lit(cursor.office.0)));
    col(POS).gt(lit(cursor.pos)).or(same_op.and(next_record.or(next_office)))
}

/// Reads what isn't too much to be played again.
async fn few(rows: DataFrame) -> Result<Vec<RecordBatch>, QueryError> {
    let batches = rows.limit(0, Some(FACTS_ONE_BY_ONE_MAX + 1))?.collect().await?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if rows > FACTS_ONE_BY_ONE_MAX {
        return Err(QueryError::TooManyRows { max: FACTS_ONE_BY_ONE_MAX });
    }
    Ok(batches)
}

/// A sum and a count; of nothing, none of both.
async fn one_sum(sums: DataFrame) -> Result<(i128, i64), QueryError> {
    let sums = sums.select(vec![cast_sum().alias(SUM), col(NET)])?;
    let mut found = (0, 0);
    for batch in sums.collect().await? {
        let sums = batch.column(0).as_primitive::<Decimal128Type>();
        let facts = batch.column(1).as_primitive::<Int64Type>();
        for row in (0..batch.num_rows()).filter(|row| sums.is_valid(*row)) {
            found = (sums.value(row), facts.value(row));
        }
    }
    Ok(found)
}

/// The first columns: position, record, office, when known.
struct Identity<'b> {
    positions: datafusion::arrow::array::ArrayRef,
    batch: &'b RecordBatch,
}

impl<'b> Identity<'b> {
    fn of(batch: &'b RecordBatch) -> Result<Self, QueryError> {
        Ok(Self { positions: cast(batch.column(0), &DataType::UInt64)?, batch })
    }

    fn at(&self, row: usize) -> (u64, RecordId, OfficeId, u64) {
        let mut record = [0; 16];
        record.copy_from_slice(self.batch.column(1).as_fixed_size_binary().value(row));
        let office = self.batch.column(2).as_primitive::<UInt32Type>().value(row);
        let known = self.batch.column(3).as_primitive::<Int64Type>().value(row);
        let pos = self.positions.as_primitive::<UInt64Type>().value(row);
        (pos, RecordId(record), OfficeId(office), u64::try_from(known).unwrap_or(0))
    }
}

/// The dimensions of each row, from the columns after the first.
fn dims_from(batch: &RecordBatch, first: usize) -> Result<Vec<Vec<Option<String>>>, QueryError> {
    let mut rows = vec![Vec::new(); batch.num_rows()];
    for column in &batch.columns()[first..] {
        let words = cast(column, &DataType::Utf8)?;
        for (row, word) in rows.iter_mut().zip(words.as_string::<i32>()) {
            row.push(word.map(str::to_owned));
        }
    }
    Ok(rows)
}
