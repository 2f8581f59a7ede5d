//! The groups of additive measures: from the roll-up, and from rows what that leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::compute::{cast, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::runtime::JoinSet;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use futures::StreamExt;

use crate::error::QueryError;
use crate::fold::{Fold, Shape, columns};
use crate::plan::{Group, Plan};
use crate::query::Axis;
use crate::query::catalog::Entry;
use crate::rollup::Days;
use crate::schema::MEASURE;

/// Runs of rows of one measure that a batch is cut into: with more of them it is filtered.
const RUNS_MAX: usize = 16;

/// Measures whose rows can be read together: they lack the same days and have the same dimensions.
type Together<'e> = BTreeMap<(Vec<Days>, &'e [String], Option<usize>), Folds>;

/// By measure, what is added up of it.
type Folds = BTreeMap<String, Fold>;

impl Plan<'_> {
    /// The groups of additive measures, by measure.
    pub(crate) async fn sums<'e>(
        &self,
        entries: impl Iterator<Item = &'e Entry>,
        axes: &[Axis],
    ) -> Result<BTreeMap<String, Vec<Group>>, QueryError> {
        let mut together: Together<'_> = BTreeMap::new();
        for entry in entries {
            let places = Arc::clone(&self.places);
            let mut fold = Fold::new(&Arc::new(Shape::new(self.query, axes, entry, places)));
            let left = match &self.rollup {
                Some(rollup) => rollup.answer(self.query, axes, entry, &mut fold)?,
                None => vec![(self.query.from, self.query.to)],
            };
            let alike = (left, entry.dims.as_slice(), entry.unit_dim());
            together.entry(alike).or_default().insert(entry.name.clone(), fold);
        }
        let mut groups = BTreeMap::new();
        for ((left, dims, _), mut folds) in together {
            if !left.is_empty() {
                self.add_rows(&left, dims, &mut folds).await?;
            }
            groups.extend(folds.into_iter().map(|(measure, fold)| (measure, fold.groups())));
        }
        Ok(groups)
    }

    /// Adds the rows of these days to folds of measures with the same dimensions.
    async fn add_rows(
        &self,
        days: &[Days],
        dims: &[String],
        folds: &mut Folds,
    ) -> Result<(), QueryError> {
        let Some(fold) = folds.values().next() else { return Ok(()) };
        let mut wanted = columns(fold.shape().dims());
        wanted.push(MEASURE);
        let measures: Vec<&str> = folds.keys().map(String::as_str).collect();
        let rows = self.on(&measures, dims, days)?.select_columns(&wanted)?;
        self.add_up(rows, folds).await
    }

    /// Adds rows to folds, each part of the rows in a task of its own.
    async fn add_up(&self, rows: DataFrame, folds: &mut Folds) -> Result<(), QueryError> {
        let mut parts = JoinSet::new();
        for mut stream in rows.execute_stream_partitioned().await? {
            let empty = folds.iter().map(|(name, fold)| (name.clone(), Fold::new(fold.shape())));
            let mut part: Folds = empty.collect();
            parts.spawn(async move {
                while let Some(batch) = stream.next().await {
                    add_batch(&batch?, &mut part)?;
                }
                Ok::<_, QueryError>(part)
            });
        }
        while let Some(part) = parts.join_next().await {
            let part = part.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))?;
            for (fold, added) in folds.values_mut().zip(part?.values()) {
                fold.merge(added)?;
            }
        }
        Ok(())
    }
}

/// Adds a batch whose last column is the measure.
fn add_batch(batch: &RecordBatch, folds: &mut Folds) -> Result<(), QueryError> {
    let measures = batch.column(batch.num_columns() - 1).as_dictionary::<Int32Type>();
    let names = cast(measures.values(), &DataType::Utf8)?;
    let names = names.as_string::<i32>();
    let codes = measures.keys().values();
    let mut add = |code: i32, rows: &RecordBatch| {
        let name = usize::try_from(code).ok().filter(|code| *code < names.len());
        match name.and_then(|code| folds.get_mut(names.value(code))) {
            Some(fold) => fold.add_rows(rows),
            None => Ok(()),
        }
    };
    let mut runs: Vec<(i32, usize)> = Vec::new();
    for code in codes {
        match runs.last_mut() {
            Some((last, rows)) if last == code => *rows += 1,
            _ => runs.push((*code, 1)),
        }
    }
    if runs.len() <= RUNS_MAX {
        let mut from = 0;
        for (code, rows) in runs {
            add(code, &batch.slice(from, rows))?;
            from += rows;
        }
        return Ok(());
    }
    let mut seen: Vec<i32> = runs.into_iter().map(|(code, _)| code).collect();
    seen.sort_unstable();
    seen.dedup();
    for wanted in seen {
        let of_measure: BooleanArray = codes.iter().map(|code| Some(*code == wanted)).collect();
        add(wanted, &filter_record_batch(batch, &of_measure)?)?;
    }
    Ok(())
}
