//! From a checked query to DataFusion plans: expressions, never SQL text.
//!
//! Every plan begins with [`Plan::facts`], which applies scope, period, filters and the moment
//! of knowledge. Sums are of weighted values, exact, in 128 bits; a group whose facts have all
//! been taken back gives no row, which is not the same as zero.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Decimal128Type, Float64Type, UInt32Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::{count, last_value, max, sum};
use datafusion::logical_expr::{Expr, cast as cast_expr, col, lit};
use datafusion::scalar::ScalarValue;
use domain::ids::OfficeId;
use domain::pack::MeasureKind;
use domain::period::{Date, Grain};

use crate::functions;
use crate::key::Key;
use crate::places::Places;
use crate::query::catalog::Entry;
use crate::query::{Axis, Query};
use crate::schema::{self, DATE, KNOWN_MS, MEASURE, OFFICE, VALUE, WEIGHT};

/// The weight of a group, and its sum.
pub(crate) const NET: &str = "net";
pub(crate) const SUM: &str = "total";
const UNIT: &str = "unit";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// More offices than this in a list cost more than reading their rows.
const OFFICES_LISTED_MAX: usize = 200;

/// What plans are made from.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'q> {
    pub(crate) query: &'q Query,
    pub(crate) places: Arc<Places>,
    pub(crate) facts: DataFrame,
}

/// One group of an answer: the keys of its axes, its unit and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) keys: Vec<Key>,
    pub(crate) unit: Option<String>,
    pub(crate) value: i128,
}

impl Plan<'_> {
    /// The facts of a measure that count, wherever they lie.
    fn anywhere(&self, entry: &Entry) -> Result<DataFrame> {
        let query = self.query;
        let word = |text: &str| lit(ScalarValue::Utf8(Some(text.to_owned())));
        let mut facts = self
            .facts
            .clone()
            .filter(col(MEASURE).eq(word(&entry.name)))?
            .filter(col(DATE).between(day(query.from), day(query.to)))?;
        if let Some(moment) = query.as_known {
            facts = facts.filter(col(KNOWN_MS).lt_eq(lit(schema::known_ms(moment.0))))?;
        }
        if let Some(offices) = self.places.restricted_to()
            && offices.len() <= OFFICES_LISTED_MAX
        {
            let list = offices.into_iter().map(|office| lit(office.0)).collect();
            facts = facts.filter(col(OFFICE).in_list(list, false))?;
        }
        for filter in &query.filters {
            let Some(index) = entry.dim(&filter.dim) else { continue };
            let column = col(schema::dim(index));
            let values = filter.values.iter().filter(|value| !value.is_empty());
            let list: Vec<Expr> = values.map(|value| word(value)).collect();
            let mut wanted = column.clone().in_list(list, false);
            if filter.values.iter().any(String::is_empty) {
                wanted = wanted.or(column.is_null());
            }
            facts = facts.filter(wanted)?;
        }
        Ok(facts)
    }

    /// The facts of a measure that count and are allowed.
    pub(crate) fn facts(&self, entry: &Entry) -> Result<DataFrame> {
        let allowed = functions::allowed(&self.places, col(OFFICE), col(DATE));
        self.anywhere(entry)?.filter(allowed)
    }

    /// The standing facts of a last-in-period measure: per office, dimensions and period those
    /// of the last date that has any. The last date is found before places are asked: an office
    /// that changes its province within a period counts once, where it was last.
    pub(crate) fn last(&self, entry: &Entry, axes: &[Axis]) -> Result<DataFrame> {
        let dims = (0..entry.dims.len()).map(|index| col(schema::dim(index)));
        let own: Vec<Expr> = [col(OFFICE)].into_iter().chain(dims).collect();
        let periods = axes.iter().enumerate().filter_map(|(index, axis)| match axis {
            Axis::Period(grain) => Some((bucket_name(index), *grain)),
            Axis::Office(_) | Axis::Dim(_) => None,
        });
        let periods: Vec<_> = periods.collect();
        let buckets =
            periods.iter().map(|(name, grain)| functions::period(*grain, col(DATE)).alias(name));
        let daily: Vec<Expr> = own.iter().cloned().chain([col(DATE)]).chain(buckets).collect();
        let standing = self
            .anywhere(entry)?
            .aggregate(daily, vec![weighted().alias(SUM), net().alias(NET)])?
            .filter(col(NET).not_eq(lit(0_i64)))?;
        let per_period: Vec<Expr> =
            own.into_iter().chain(periods.iter().map(|(name, _)| col(name))).collect();
        let by_date = vec![col(DATE).sort(true, false)];
        let last = last_value(col(SUM), by_date).alias("last");
        let last = standing.aggregate(per_period, vec![last, max(col(DATE)).alias("on")])?;
        last.filter(functions::allowed(&self.places, col(OFFICE), col("on")))
    }

    /// The groups of a measure on the axes.
    pub(crate) async fn groups(&self, entry: &Entry, axes: &[Axis]) -> Result<Vec<Group>> {
        let grouped = match &entry.kind {
            MeasureKind::Last(_) => {
                let keys = self.keys(entry, axes, "on", true);
                let total = sum(col("last")).alias(SUM);
                self.last(entry, axes)?.aggregate(keys, vec![total])?
            }
            MeasureKind::Distinct(_) => {
                let keys = self.keys(entry, axes, DATE, false);
                let names = key_names(entry, axes);
                let things = keys.into_iter().chain([col(VALUE)]).collect();
                let standing = self.facts(entry)?.aggregate(things, vec![net().alias(NET)])?;
                let counted = count(lit(1_i64)).alias(SUM);
                let counted = standing
                    .filter(col(NET).not_eq(lit(0_i64)))?
                    .aggregate(names, vec![counted])?;
                // Without axes there is one group even of nothing: that is no number, not 0.
                counted.filter(col(SUM).gt(lit(0_i64)))?
            }
            MeasureKind::Additive(_) | MeasureKind::Formula(_) => {
                let keys = self.keys(entry, axes, DATE, false);
                let sums = vec![weighted().alias(SUM), net().alias(NET)];
                let grouped = self.facts(entry)?.aggregate(keys, sums)?;
                grouped.filter(col(NET).not_eq(lit(0_i64)))?
            }
        };
        let whole = DataType::Decimal128(38, 0);
        let columns = key_names(entry, axes);
        let columns = columns.into_iter().chain([cast_expr(col(SUM), whole).alias(SUM)]);
        let mut groups = Vec::new();
        for batch in grouped.select(columns.collect::<Vec<_>>())?.collect().await? {
            read(&batch, axes, entry.unit_dim().is_some(), &mut groups)?;
        }
        Ok(groups)
    }

    /// The expressions of the axes and the unit. Periods of last-in-period facts are columns
    /// already.
    fn keys(&self, entry: &Entry, axes: &[Axis], date: &str, bucketed: bool) -> Vec<Expr> {
        let keys = axes.iter().enumerate().map(|(index, axis)| {
            let key = match axis {
                Axis::Office(level) => {
                    functions::place(&self.places, *level, col(OFFICE), col(date))
                }
                Axis::Period(_) if bucketed => col(bucket_name(index)),
                Axis::Period(grain) => functions::period(*grain, col(date)),
                Axis::Dim(key) => dim_or_nothing(entry, key),
            };
            key.alias(key_name(index))
        });
        let unit = entry.unit_dim().map(|index| col(schema::dim(index)).alias(UNIT));
        keys.chain(unit).collect()
    }

    /// Conditions that a fact is in a cell; dates are in the column named.
    pub(crate) fn in_cell(
        &self,
        entry: &Entry,
        cell: &[(Axis, Key)],
        unit: Option<&str>,
        date: &str,
    ) -> Vec<Expr> {
        let mut conditions = Vec::new();
        for (axis, key) in cell {
            let (value, wanted) = match (axis, key) {
                (Axis::Office(level), key) => {
                    let place = functions::place(&self.places, *level, col(OFFICE), col(date));
                    (place, if let Key::Office(office) = key { Some(lit(office.0)) } else { None })
                }
                (Axis::Period(_), Key::Period(period)) => {
                    conditions.push(col(date).between(day(period.first()), day(period.last())));
                    continue;
                }
                (Axis::Dim(dim), Key::Text(text)) => {
                    (dim_or_nothing(entry, dim), Some(lit(text.clone())))
                }
                (Axis::Dim(dim), _) => (dim_or_nothing(entry, dim), None),
                (Axis::Period(_), _) => (lit(true), None),
            };
            conditions.push(match wanted {
                Some(wanted) => value.eq(wanted),
                None => value.is_null(),
            });
        }
        if let Some(index) = entry.unit_dim() {
            let column = col(schema::dim(index));
            conditions.push(match unit {
                Some(unit) => column.eq(lit(unit)),
                None => column.is_null(),
            });
        }
        conditions
    }

    /// Offices and dates of a schedule's facts that stand.
    pub(crate) async fn received(&self, entry: &Entry) -> Result<Vec<(OfficeId, Date)>> {
        let keys = vec![col(OFFICE), col(DATE)];
        let grouped = self.facts(entry)?.aggregate(keys, vec![net().alias(NET)])?;
        let standing = grouped.filter(col(NET).gt(lit(0_i64)))?;
        let mut found = Vec::new();
        for batch in standing.select_columns(&[OFFICE, DATE])?.collect().await? {
            let offices = batch.column(0).as_primitive::<UInt32Type>().values().iter();
            let dates = batch.column(1).as_primitive::<Date32Type>().values().iter();
            found.extend(offices.zip(dates).map(|(o, d)| (OfficeId(*o), Date(*d))));
        }
        Ok(found)
    }

    /// What became known of each period in which later one, as any day of both and a sum: days of
    /// knowledge are those of UTC.
    pub(crate) async fn known_by_period(
        &self,
        entry: &Entry,
        grain: Grain,
    ) -> Result<Vec<(Date, Date, f64)>> {
        let known = cast_expr(col(KNOWN_MS) / lit(DAY_MS), DataType::Int32);
        let known = functions::period(grain, cast_expr(known, DataType::Date32));
        let keys = vec![functions::period(grain, col(DATE)).alias("of"), known.alias("known")];
        let sums = self.facts(entry)?.aggregate(keys, vec![weighted().alias(SUM)])?;
        let whole = cast_expr(col(SUM), DataType::Float64).alias(SUM);
        let sums = sums.select(vec![col("of"), col("known"), whole])?;
        let mut found = Vec::new();
        for batch in sums.collect().await? {
            let dates = |column: usize| {
                let days = batch.column(column).as_primitive::<Date32Type>();
                days.values().iter().map(|day| Date(*day))
            };
            let counts = batch.column(2).as_primitive::<Float64Type>().values().iter().copied();
            found.extend(dates(0).zip(dates(1)).zip(counts).map(|((of, on), n)| (of, on, n)));
        }
        Ok(found)
    }
}

pub(crate) fn day(date: Date) -> Expr {
    lit(ScalarValue::Date32(Some(date.0)))
}

/// A dimension's column; a word that is empty is no value.
fn dim_or_nothing(entry: &Entry, key: &str) -> Expr {
    entry.dim(key).map_or_else(|| lit(ScalarValue::Utf8(None)), |index| col(schema::dim(index)))
}

/// The sum of values by weight: exact, since 19 digits by a hundred million million rows fit.
pub(crate) fn weighted() -> Expr {
    let value = cast_expr(col(VALUE), DataType::Decimal128(19, 0));
    sum(value * cast_expr(col(WEIGHT), DataType::Decimal128(3, 0)))
}

/// How many facts stand.
pub(crate) fn net() -> Expr {
    sum(cast_expr(col(WEIGHT), DataType::Int64))
}

fn key_name(index: usize) -> String {
    format!("k{index}")
}

fn bucket_name(index: usize) -> String {
    format!("p{index}")
}

fn key_names(entry: &Entry, axes: &[Axis]) -> Vec<Expr> {
    let keys = (0..axes.len()).map(|index| col(key_name(index)));
    keys.chain(entry.unit_dim().map(|_| col(UNIT))).collect()
}

fn read(batch: &RecordBatch, axes: &[Axis], has_unit: bool, out: &mut Vec<Group>) -> Result<()> {
    let words = |index: usize| cast(batch.column(index), &DataType::Utf8);
    let mut columns: Vec<Vec<Key>> = Vec::new();
    for (index, axis) in axes.iter().enumerate() {
        let column = batch.column(index);
        columns.push(match axis {
            Axis::Office(_) => {
                let offices = column.as_primitive::<UInt32Type>().iter();
                offices.map(|office| Key::office(office.map(OfficeId))).collect()
            }
            Axis::Period(grain) => {
                let days = column.as_primitive::<Date32Type>().iter().flatten();
                days.map(|day| Key::period(*grain, Date(day))).collect()
            }
            Axis::Dim(_) => words(index)?.as_string::<i32>().iter().map(Key::text).collect(),
        });
    }
    let units = if has_unit { Some(words(axes.len())?) } else { None };
    let sums = batch.column(axes.len() + usize::from(has_unit));
    let sums = sums.as_primitive::<Decimal128Type>();
    for row in 0..batch.num_rows() {
        if sums.is_null(row) {
            continue;
        }
        let unit = units.as_ref().map(|units| units.as_string::<i32>());
        let unit = unit.filter(|units| units.is_valid(row)).map(|u| u.value(row).to_owned());
        let keys = columns.iter().map(|column| column[row].clone()).collect();
        out.push(Group { keys, unit, value: sums.value(row) });
    }
    Ok(())
}
