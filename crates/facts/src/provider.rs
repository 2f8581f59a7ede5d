//! One atomic snapshot of all facts, as one DataFusion table.
//!
//! Hot rows in memory and segments in Parquet are two sources of one union. A query holds one
//! snapshot from beginning to end, so a flush in the meantime neither hides rows nor counts them
//! twice.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::ToDFSchema;
use datafusion::config::TableParquetOptions;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::provider_as_source;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectStore;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;

use crate::rollup::{Days, Rollup};
use crate::schema;
use crate::segment::Segment;

/// All facts up to a position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// In log order, without gaps.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Rows after the last segment.
    pub(crate) hot: Vec<RecordBatch>,
    /// What all of them add up to.
    pub(crate) rollup: Rollup,
    /// The log position up to which it holds everything.
    pub(crate) position: u64,
    /// The latest moment at which a row became known, in milliseconds since 1970.
    pub(crate) known_ms: u64,
}

impl Snapshot {
    pub(crate) fn hot_rows(&self) -> usize {
        self.hot.iter().map(RecordBatch::num_rows).sum()
    }

    pub(crate) fn segment_rows(&self) -> usize {
        self.segments.iter().map(|segment| segment.rows).sum()
    }

    pub(crate) fn segments_to(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.to)
    }
}

/// A snapshot, with what reads it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) url: ObjectStoreUrl,
    pub(crate) session: SessionState,
}

impl Table {
    /// Facts of these days, and others: what a plan begins with.
    pub(crate) fn on(&self, days: &[Days]) -> Result<DataFrame> {
        let segments = self.snapshot.segments.iter();
        let within = |segment: &&Arc<Segment>| days.iter().any(|days| segment.has(*days));
        let table = FactTable {
            segments: segments.filter(within).cloned().collect(),
            hot: self.snapshot.hot.clone(),
            store: Arc::clone(&self.store),
            url: self.url.clone(),
        };
        let source = provider_as_source(Arc::new(table));
        let plan = LogicalPlanBuilder::scan("facts", source, None)?.build()?;
        Ok(DataFrame::new(self.session.clone(), plan))
    }
}

/// Segments and rows in memory as a table. While it lives, its segments aren't deleted.
#[derive(Debug)]
struct FactTable {
    segments: Vec<Arc<Segment>>,
    hot: Vec<RecordBatch>,
    store: Arc<dyn ObjectStore>,
    url: ObjectStoreUrl,
}

#[async_trait]
impl TableProvider for FactTable {
    fn schema(&self) -> SchemaRef {
        schema::schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut sources: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !self.segments.is_empty() {
            sources.push(self.scan_segments(state, projection, filters)?);
        }
        if !self.hot.is_empty() || sources.is_empty() {
            let hot = [self.hot.clone()];
            let hot =
                MemorySourceConfig::try_new_exec(&hot, schema::schema(), projection.cloned())?;
            sources.push(hot);
        }
        match <[_; 1]>::try_from(sources) {
            Ok([only]) => Ok(only),
            Err(sources) => UnionExec::try_new(sources),
        }
    }
}

impl FactTable {
    fn scan_segments(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let readers = CachedParquetFileReaderFactory::new(Arc::clone(&self.store), cache);
        let mut source = ParquetSource::new(schema::schema())
            .with_table_parquet_options(TableParquetOptions::default())
            .with_parquet_file_reader_factory(Arc::new(readers));
        if let Some(filter) = conjunction(filters.to_vec()) {
            let columns = schema::schema().to_dfschema()?;
            source = source.with_predicate(state.create_physical_expr(filter, &columns)?);
        }
        let files = self.segments.iter();
        let files = files.map(|s| PartitionedFile::new(s.path().to_string(), s.bytes));
        let partitions = state.config().target_partitions();
        let config = FileScanConfigBuilder::new(self.url.clone(), Arc::new(source))
            .with_file_groups(FileGroup::new(files.collect()).split_files(partitions))
            .with_projection_indices(projection.cloned())?
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
