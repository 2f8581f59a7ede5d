//! The roll-up: what facts add up to, by measure, leaf office, time and dimensions.
//!
//! It is kept by deltas as rows are appended, and is a part of the snapshot: a figure reads rows
//! and roll-up of one moment. A time is a month, by its first day; of facts that say that a
//! report was received it is the day itself, since completeness asks for single reports. All
//! measures are kept, whatever their kind: packs change, rows don't say how they add.

mod answer;
mod block;
mod file;
mod gather;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use domain::limits::ROLLUP_CELLS_MAX;

pub(crate) use self::answer::Days;
use self::block::Block;
pub(crate) use self::file::{forget, load, save};
use crate::query::catalog::{ON_TIME, RECEIVED};

/// The roll-up of all rows up to a position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rollup {
    measures: BTreeMap<Arc<str>, Levels>,
}

/// The cells of one measure.
#[derive(Clone, Debug)]
enum Levels {
    /// Cells of one key may stand in several blocks; each block has fewer cells than half of the
    /// one before it, so that there are few, and adding copies each cell a few times.
    Blocks(Vec<Arc<Block>>),
    /// There were too many: its figures are added up from rows.
    TooMany,
}

/// Whether times of a measure are days.
fn is_daily(measure: &str) -> bool {
    measure.ends_with(RECEIVED) || measure.ends_with(ON_TIME)
}

impl Rollup {
    /// With the rows of a batch.
    pub(crate) fn with_rows(&self, batch: &RecordBatch) -> Result<Self, ArrowError> {
        Ok(self.with(gather::rows(batch)?))
    }

    fn with(&self, blocks: BTreeMap<String, Block>) -> Self {
        let mut next = self.clone();
        for (measure, block) in blocks {
            match next.measures.get_mut(measure.as_str()) {
                None => {
                    let levels = Levels::Blocks(vec![Arc::new(block)]);
                    next.measures.insert(measure.into(), levels);
                }
                Some(Levels::Blocks(blocks)) => {
                    blocks.push(Arc::new(block));
                    coalesce(blocks);
                }
                Some(Levels::TooMany) => {}
            }
        }
        next.within_limit()
    }

    /// Gives up the largest measures while there are too many cells.
    fn within_limit(mut self) -> Self {
        while self.cells() > ROLLUP_CELLS_MAX {
            let largest = self.measures.values_mut().max_by_key(|levels| levels.cells());
            let Some(largest) = largest else { break };
            *largest = Levels::TooMany;
        }
        self
    }

    /// The cells of a measure; none if there are too many to be kept.
    fn blocks(&self, measure: &str) -> Option<&[Arc<Block>]> {
        match self.measures.get(measure) {
            None => Some(&[]),
            Some(Levels::Blocks(blocks)) => Some(blocks),
            Some(Levels::TooMany) => None,
        }
    }

    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.measures.values().map(Levels::cells).sum()
    }

    /// Bytes of all cells in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.cells() * Block::CELL_BYTES
    }
}

impl Levels {
    fn cells(&self) -> usize {
        match self {
            Self::Blocks(blocks) => blocks.iter().map(|block| block.len()).sum(),
            Self::TooMany => 0,
        }
    }
}

/// Merges the last blocks as long as the last has half the cells of the one before it.
fn coalesce(blocks: &mut Vec<Arc<Block>>) {
    while let [.., before, last] = blocks.as_slice() {
        if last.len() * 2 < before.len() {
            break;
        }
        let merged = before.merge(last);
        blocks.truncate(blocks.len() - 2);
        blocks.push(Arc::new(merged));
    }
}
