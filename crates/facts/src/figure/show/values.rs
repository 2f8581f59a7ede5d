//! The values of single records, for what can't be computed from sums.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::logical_expr::{cast as cast_expr, col, lit};
use domain::limits::FACTS_ONE_BY_ONE_MAX;

use crate::error::QueryError;
use crate::key::Key;
use crate::plan::{NET, Plan, SUM, key_names, net, read};
use crate::query::Axis;
use crate::query::catalog::Entry;
use crate::schema::{DATE, VALUE};

/// A value that facts of one cell have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::figure) struct Valued {
    pub(super) keys: Vec<Key>,
    pub(super) unit: Option<String>,
    pub(super) value: i128,
    /// How many standing facts have it.
    pub(super) facts: u64,
}

impl Plan<'_> {
    /// The values of the facts that stand, by the keys of the axes: what was taken back is out.
    pub(in crate::figure) async fn values(
        &self,
        entry: &Entry,
        axes: &[Axis],
    ) -> Result<Vec<Valued>, QueryError> {
        let keys = self.keys(entry, axes, DATE, false).into_iter().chain([col(VALUE)]).collect();
        let standing = self.facts(entry)?.aggregate(keys, vec![net().alias(NET)])?;
        let value = cast_expr(col(VALUE), DataType::Decimal128(38, 0)).alias(SUM);
        let columns = key_names(entry, axes).into_iter().chain([value, col(NET)]);
        let standing =
            standing.filter(col(NET).gt(lit(0_i64)))?.select(columns.collect::<Vec<_>>())?;
        let mut found = Vec::new();
        for batch in standing.limit(0, Some(FACTS_ONE_BY_ONE_MAX + 1))?.collect().await? {
            let mut groups = Vec::new();
            read(&batch, axes, entry.unit_dim().is_some(), &mut groups)?;
            let facts = batch.column(batch.num_columns() - 1).as_primitive::<Int64Type>();
            found.extend(groups.into_iter().zip(facts.values()).map(|(group, facts)| Valued {
                keys: group.keys,
                unit: group.unit,
                value: group.value,
                facts: u64::try_from(*facts).unwrap_or(0),
            }));
        }
        if found.len() > FACTS_ONE_BY_ONE_MAX {
            return Err(QueryError::TooManyRows { max: FACTS_ONE_BY_ONE_MAX });
        }
        Ok(found)
    }
}
