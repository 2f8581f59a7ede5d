//! Upkeep: a copy of the database, and the proof that nothing in it was changed.

use std::path::{Path, PathBuf};

use domain::ids::RecordId;
use domain::op::{Change, StreamId};
use domain::record;
use store::log::{self, Pos};
use store::{Reader, StoreError, records};
use thiserror::Error;

use crate::commit::tagged;
use crate::kernel::META_EPOCH;
use crate::node::Node;
use crate::world::World;

/// Operations read at once.
const CHECK_OPS: usize = 4_096;

/// Why upkeep fails.
#[derive(Debug, Error)]
pub enum UpkeepError {
    /// The file is there already: a copy never replaces another.
    #[error("`{}` exists already", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The copy can't be made to last.
    #[error("cannot write `{}`", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

/// What a check of the node's store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Streams whose chain was hashed again from its start.
    pub streams: usize,
    /// Operations hashed again.
    pub operations: u64,
    /// Records folded again from their operations.
    pub records: u64,
    /// What is wrong, in words; empty if all is well.
    pub faults: Vec<String>,
}

impl Node {
    /// Copies the database, whole and compact, to a file, while the node goes on working. The
    /// signing key is not in it. Whoever opens the copy begins another life.
    ///
    /// # Errors
    /// If the file exists or can't be written.
    pub fn backup(&self, file: &Path) -> Result<(), UpkeepError> {
        if file.exists() {
            return Err(UpkeepError::Exists { file: file.to_owned() });
        }
        let io = |source| UpkeepError::Io { file: file.to_owned(), source };
        let partial = file.with_extension("partial");
        if partial.exists() {
            std::fs::remove_file(&partial).map_err(io)?;
        }
        self.core.store.copy_to(&partial)?;
        store::mark_copy(&partial, META_EPOCH, &[])?;
        std::fs::File::open(&partial).and_then(|copy| copy.sync_all()).map_err(io)?;
        std::fs::rename(&partial, file).map_err(io)
    }

    /// Hashes every chain again, checks the signatures of this node's own streams, and folds
    /// every record again from its operations.
    ///
    /// # Errors
    /// If the store can't be read at all; what is wrong in it is in the answer.
    pub fn verify(&self) -> Result<Whole, UpkeepError> {
        let faults = self.core.store.check()?;
        let mut whole =
            Whole { faults: faults.iter().map(ToString::to_string).collect(), ..Whole::default() };
        let world = self.core.world();
        self.core.store.read(|r| {
            for (stream, head) in log::streams(r)? {
                whole.streams += 1;
                whole.operations += head.next_seq - 1;
                whole.faults.extend(self.signature_fault(r, &stream)?);
            }
            self.check_records(r, &world, &mut whole)
        })?;
        Ok(whole)
    }

    fn signature_fault(
        &self,
        r: &Reader<'_>,
        stream: &StreamId,
    ) -> Result<Option<String>, StoreError> {
        if stream.writer != self.writer() {
            return Ok(None);
        }
        let Some(signed) = log::signed_head(r, stream)? else {
            return Ok(Some(format!("the head of {:?} is not signed", stream.audience)));
        };
        let wrong = signed.check(&self.verifying_key()).err();
        Ok(wrong.map(|error| format!("the signature of {:?}: {error}", stream.audience)))
    }

    fn check_records(
        &self,
        r: &Reader<'_>,
        world: &World,
        whole: &mut Whole,
    ) -> Result<(), StoreError> {
        let mut at = Pos(0);
        loop {
            let ops = log::after(r, at, CHECK_OPS)?;
            let Some(last) = ops.last() else { return Ok(()) };
            at = last.pos;
            for logged in &ops {
                if let Change::Create(create) = &logged.op.op().change {
                    whole.records += 1;
                    whole.faults.extend(record_fault(r, world, create.record)?);
                }
            }
        }
    }
}

fn record_fault(r: &Reader<'_>, world: &World, id: RecordId) -> Result<Option<String>, StoreError> {
    let ops: Vec<_> = log::of_record(r, id, None)?.iter().map(tagged).collect();
    let Ok(folded) = record::fold(&ops, world.packs.as_ref()) else { return Ok(None) };
    let same = records::get(r, id)? == folded;
    Ok((!same).then(|| format!("record {id} is not what its operations make")))
}
