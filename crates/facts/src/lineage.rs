//! Where a number comes from: the records behind one cell.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Int64Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::functions_aggregate::expr_fn::max;
use datafusion::logical_expr::{Expr, cast as cast_expr, col, lit};
use datafusion::prelude::JoinType;
use datafusion::scalar::ScalarValue;
use domain::ids::{OfficeId, RecordId};
use domain::limits::LINEAGE_ROWS_MAX;
use domain::pack::MeasureKind;
use domain::period::Date;
use domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

use crate::error::QueryError;
use crate::figure::{Cell, Context, MeasureInfo, Scope, by_unit, decimal, labels, wanted};
use crate::key::Key;
use crate::plan::{NET, Plan, SUM, day, net, weighted};
use crate::query::catalog::Entry;
use crate::query::check::{Asked, check};
use crate::query::{Axis, Query};
use crate::schema::{DATE, KNOWN_MS, OFFICE, POS, RECORD};
use crate::store::Facts;

/// A cell of a query's figure. Of a view it is the cell of the number that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The keys of its row.
    pub row: Vec<String>,
    /// The keys of its column.
    pub column: Vec<String>,
    /// The measure.
    pub measure: String,
    /// The unit, where the measure's values have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A page of the records behind a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The records are withheld: the measure hides small numbers from the asker, and what one
    /// record gave is smaller than any cell.
    pub suppressed: bool,
    /// What records gave, by measure (the inputs of a formula), date, record and office.
    pub rows: Vec<LineageRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// What one record gave to a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRow {
    /// The measure: an input of the formula, or the measure asked.
    pub measure: String,
    /// The record.
    pub record: RecordId,
    /// The office that its facts belong to.
    pub office: OfficeId,
    /// Their date.
    pub date: Date,
    /// What they add up to, at the measure's scale. For a distinct measure it stands for the
    /// thing counted.
    pub value: i128,
    /// The value as decimal text.
    pub text: String,
    /// How many facts.
    pub weight: i64,
    /// When the last of them became known, in milliseconds since 1970.
    pub known_ms: u64,
    /// The log position of the last of them.
    pub pos: u64,
}

/// The last row of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    measure: String,
    date: Date,
    record: RecordId,
    office: OfficeId,
}

impl Address {
    /// Whether it is the address of this cell.
    pub(crate) fn names(&self, cell: &Cell) -> bool {
        cell.measure == self.measure
            && cell.row == self.row
            && cell.column == self.column
            && cell.unit == self.unit
    }
}

impl Facts {
    /// The records behind a cell, a page at a time.
    pub async fn lineage(
        &self,
        query: &Query,
        address: &Address,
        cursor: Option<&str>,
        context: &Context<'_>,
        scope: &Scope,
    ) -> Result<Lineage, QueryError> {
        let asked = check(query, context, scope)?;
        let located = locate(&asked, address)?;
        let cursor = cursor.map(|text| Cursor::parse(text).ok_or_else(|| wrong("cursor")));
        let cursor = cursor.transpose()?;
        let mut lineage = Lineage {
            measure: labels::measure(located.entry, context.lang),
            suppressed: asked.withholds(located.entry, scope),
            rows: Vec::new(),
            next: None,
        };
        if lineage.suppressed {
            return Ok(lineage);
        }
        let wanted = wanted(query, context, scope);
        let plan = self.plan(query, &wanted, &self.snapshot())?;
        let Located { cell, bases, .. } = &located;
        for base in bases {
            let after = cursor.as_ref().filter(|cursor| cursor.measure == base.name);
            if cursor.as_ref().is_some_and(|cursor| base.name < cursor.measure) {
                continue;
            }
            let wanted = LINEAGE_ROWS_MAX + 1 - lineage.rows.len();
            let unit = address.unit.as_deref();
            lineage.rows.extend(plan.lineage(base, cell, unit, after, wanted).await?);
            if lineage.rows.len() > LINEAGE_ROWS_MAX {
                break;
            }
        }
        if lineage.rows.len() > LINEAGE_ROWS_MAX {
            lineage.rows.truncate(LINEAGE_ROWS_MAX);
            lineage.next = lineage.rows.last().map(|row| Cursor::after(row).to_string());
        }
        Ok(lineage)
    }
}

/// A part of the question that is none.
pub(crate) fn wrong(at: &str) -> QueryError {
    QueryError::Invalid(vec![Problem::new(ProblemCode::QueryInvalid).at(at)])
}

/// A cell that a query's figure can have.
#[derive(Debug)]
pub(crate) struct Located<'a> {
    /// Its measure.
    pub(crate) entry: &'a Entry,
    /// The measures that are added up behind it, by name.
    pub(crate) bases: Vec<&'a Entry>,
    /// Its axes with their keys.
    pub(crate) cell: Vec<(Axis, Key)>,
    /// Its address, written as figures write it.
    pub(crate) address: Address,
}

/// Finds the cell of an address.
pub(crate) fn locate<'a>(
    asked: &'a Asked<'_>,
    address: &Address,
) -> Result<Located<'a>, QueryError> {
    let query = asked.query;
    let cell = cell(query, address)?;
    let mut measures = asked.measures().filter(|(spec, _)| spec.name == address.measure);
    let (_, entry) = measures.next().ok_or_else(|| wrong("measure"))?;
    if address.unit.is_some() && !by_unit(asked, entry) {
        return Err(wrong("unit"));
    }
    let mut keys = cell.iter().map(|(_, key)| key.to_string());
    let row = keys.by_ref().take(query.rows.len()).collect();
    let address = Address { row, column: keys.collect(), ..address.clone() };
    Ok(Located { entry, bases: asked.bases_of(entry), cell, address })
}

/// The axes of a cell with its keys.
fn cell(query: &Query, address: &Address) -> Result<Vec<(Axis, Key)>, QueryError> {
    let mut cell = Vec::new();
    for (side, axes, keys) in
        [("row", &query.rows, &address.row), ("column", &query.columns, &address.column)]
    {
        if axes.len() != keys.len() {
            return Err(wrong(side));
        }
        for (axis, text) in axes.iter().zip(keys) {
            let key = Key::parse(axis, text).ok_or_else(|| wrong(side))?;
            cell.push((axis.clone(), key));
        }
    }
    Ok(cell)
}

impl Plan<'_> {
    async fn lineage(
        &self,
        entry: &Entry,
        cell: &[(Axis, Key)],
        unit: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Vec<LineageRow>, QueryError> {
        let mut facts = self.contributing(entry, cell)?;
        for condition in self.in_cell(entry, cell, unit, DATE) {
            facts = facts.filter(condition)?;
        }
        let keys = vec![col(DATE), col(RECORD), col(OFFICE)];
        let sums = vec![
            weighted().alias(SUM),
            net().alias(NET),
            max(col(KNOWN_MS)).alias(KNOWN_MS),
            max(col(POS)).alias(POS),
        ];
        let mut rows = facts.aggregate(keys.clone(), sums)?.filter(col(NET).not_eq(lit(0_i64)))?;
        if let Some(cursor) = after {
            rows = rows.filter(beyond(cursor))?;
        }
        let order = keys.into_iter().map(|key| key.sort(true, false)).collect();
        let whole = cast_expr(col(SUM), DataType::Decimal128(38, 0)).alias(SUM);
        let wanted = [DATE, RECORD, OFFICE, NET, KNOWN_MS, POS].map(col).into_iter().chain([whole]);
        let page = rows.sort(order)?.limit(0, Some(limit))?.select(wanted.collect::<Vec<_>>())?;
        let mut found = Vec::new();
        for batch in page.collect().await? {
            read(&batch, entry, &mut found)?;
        }
        Ok(found)
    }

    /// The facts of a measure that may count in a figure: of a last-in-period measure only those
    /// of the last date.
    fn contributing(&self, entry: &Entry, cell: &[(Axis, Key)]) -> Result<DataFrame, QueryError> {
        let facts = self.facts(entry)?;
        if !matches!(entry.kind, MeasureKind::Last(_)) {
            return Ok(facts);
        }
        let axes: Vec<Axis> = cell.iter().map(|(axis, _)| axis.clone()).collect();
        let dims = entry.dims.len();
        let mut kept: Vec<Expr> = vec![col(OFFICE).alias("at"), col("on")];
        let dim = |index: usize| format!("kept{index}");
        kept.extend((0..dims).map(|i| col(crate::schema::dim(i)).alias(dim(i))));
        let last = self.last(entry, &axes)?.select(kept)?.distinct()?;
        let same_dims = (0..dims).map(|index| {
            let (own, last) = (col(crate::schema::dim(index)), col(dim(index)));
            own.clone().eq(last.clone()).or(own.is_null().and(last.is_null()))
        });
        let on = [col(OFFICE).eq(col("at")), col(DATE).eq(col("on"))].into_iter().chain(same_dims);
        Ok(facts.join_on(last, JoinType::LeftSemi, on)?)
    }
}

/// The rows after the cursor in the order of pages.
fn beyond(cursor: &Cursor) -> Expr {
    let record = lit(ScalarValue::FixedSizeBinary(16, Some(cursor.record.0.to_vec())));
    let later = col(DATE).gt(day(cursor.date));
    let same_date = col(DATE).eq(day(cursor.date));
    let next_record = col(RECORD).gt(record.clone());
    let next_office = col(RECORD).eq(record).and(col(OFFICE).gt(lit(cursor.office.0)));
    later.or(same_date.and(next_record.or(next_office)))
}

fn read(batch: &RecordBatch, entry: &Entry, out: &mut Vec<LineageRow>) -> Result<(), QueryError> {
    let dates = batch.column(0).as_primitive::<Date32Type>();
    let records = batch.column(1).as_fixed_size_binary();
    let offices = batch.column(2).as_primitive::<UInt32Type>();
    let weights = batch.column(3).as_primitive::<Int64Type>();
    let known = batch.column(4).as_primitive::<Int64Type>();
    let positions = cast(batch.column(5), &DataType::UInt64)?;
    let positions = positions.as_primitive::<UInt64Type>();
    let sums = batch.column(6).as_primitive::<Decimal128Type>();
    debug_assert_eq!(records.null_count(), 0);
    for row in 0..batch.num_rows() {
        let mut record = [0; 16];
        record.copy_from_slice(records.value(row));
        out.push(LineageRow {
            measure: entry.name.clone(),
            record: RecordId(record),
            office: OfficeId(offices.value(row)),
            date: Date(dates.value(row)),
            value: sums.value(row),
            text: decimal(sums.value(row), entry.scale),
            weight: weights.value(row),
            known_ms: u64::try_from(known.value(row)).unwrap_or(0),
            pos: positions.value(row),
        });
    }
    Ok(())
}

impl Cursor {
    fn after(row: &LineageRow) -> Self {
        Self {
            measure: row.measure.clone(),
            date: row.date,
            record: row.record,
            office: row.office,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(4, '/');
        let office = OfficeId(parts.next()?.parse().ok()?);
        let record = parts.next()?.parse().ok()?;
        let date = parts.next()?.parse().ok()?;
        Some(Self { measure: parts.next()?.to_owned(), date, record, office })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{}", self.measure, self.date, self.record, self.office)
    }
}
