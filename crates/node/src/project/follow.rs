//! Following a log without threads or segments: what the simulator compares with a rebuild.

use domain::limits::PROJECT_BATCH_OPS_MAX;
use facts::FactRow;
use store::StoreError;
use store::log::{self, Pos};

use super::derive::Deriver;
use crate::kernel::Kernel;

/// The rows that following a log has given so far.
#[derive(Debug)]
pub struct Follower {
    deriver: Deriver,
    pos: Pos,
    rows: Vec<FactRow>,
}

impl Follower {
    /// Begins at the log's beginning.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn new(kernel: &Kernel) -> Result<Self, StoreError> {
        Ok(Self { deriver: Deriver::start(&kernel.store, 0)?, pos: Pos(0), rows: Vec::new() })
    }

    /// The node was opened again: what was derived so far is on disk, memory is gone.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn reopen(&mut self, kernel: &Kernel) -> Result<(), StoreError> {
        self.deriver = Deriver::start(&kernel.store, self.pos.0)?;
        Ok(())
    }

    /// Follows the log to its end.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn follow(&mut self, kernel: &Kernel) -> Result<(), StoreError> {
        let world = kernel.world();
        kernel.store.read(|r| {
            loop {
                let ops = log::after(r, self.pos, PROJECT_BATCH_OPS_MAX)?;
                let Some(last) = ops.last() else { return Ok(()) };
                for op in &ops {
                    self.deriver.derive(r, &world, op, &mut self.rows)?;
                }
                self.pos = last.pos;
            }
        })
    }

    /// The rows, in the order of the log.
    #[must_use]
    pub fn rows(&self) -> &[FactRow] {
        &self.rows
    }
}
