//! Pruning: of old records that a node above has too, operations are kept no longer as they came,
//! but as what follows from the records.

use std::collections::BTreeMap;

use domain::ids::RecordId;
use domain::limits::{PRUNE_KEEP_DAYS_MIN, PRUNE_RECORDS};
use domain::planted::{self, Bug};
use domain::sync::{StreamTag, tag_of};
use domain::trust::KeyRole;
use store::prune::{self, Extent, Pruned};
use store::{Reader, StoreError, Tx, cursors, records};
use thiserror::Error;

use crate::kernel::Kernel;
use crate::node::Node;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Why a record's operations stay as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// One of them came too lately.
    Young,
    /// Of one of them no node above has said that it is durable there.
    Unheard,
    /// The record can't be folded here.
    Unfolded,
    /// What would be kept in their place is as large.
    NothingGained,
}

impl Kept {
    /// Its name for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Young => "young",
            Self::Unheard => "unheard",
            Self::Unfolded => "unfolded",
            Self::NothingGained => "nothing_gained",
        }
    }
}

/// What pruning came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruning {
    /// Records whose operations went.
    pub records: u64,
    /// How many operations those were.
    pub ops: u64,
    /// Bytes that this freed within the database.
    pub bytes: u64,
    /// Records that were pruned before.
    pub before: u64,
    /// Records whose operations stay, by why.
    pub kept: BTreeMap<Kept, u64>,
    /// Bytes of the database, before and after its free room was given back.
    pub file_bytes: (u64, u64),
}

/// Why nothing is pruned.
#[derive(Debug, Error)]
pub enum PruneError {
    /// No node stands above this one: it keeps everything.
    #[error("nothing stands above this node: it keeps everything")]
    Centre,
    /// Operations may not go so early.
    #[error("operations stay for {min_days} days at least")]
    TooEarly {
        /// How long at least, in days.
        min_days: u32,
    },
    /// Storage failed. What was pruned before stays pruned.
    #[error(transparent)]
    Storage(#[from] StoreError),
}

impl Kernel {
    /// Looks at the records after one and prunes those that may be, in one transaction: how far it
    /// came; none after the last. Tried only, it writes nothing.
    ///
    /// # Errors
    /// If storage fails: nothing of this part was pruned.
    pub fn prune_some(
        &self,
        after: Option<RecordId>,
        received_before_ms: u64,
        dry: bool,
        pruning: &mut Pruning,
    ) -> Result<Option<RecordId>, StoreError> {
        let mut part = Pruning::default();
        let last = if dry {
            self.store.read(|r| self.prune_part(r, None, after, received_before_ms, &mut part))
        } else {
            let write =
                |tx: &Tx<'_>| self.prune_part(tx, Some(tx), after, received_before_ms, &mut part);
            self.store.write(write)
        }?;
        pruning.add(&part);
        Ok(last)
    }

    fn prune_part(
        &self,
        r: &Reader<'_>,
        tx: Option<&Tx<'_>>,
        after: Option<RecordId>,
        received_before_ms: u64,
        pruning: &mut Pruning,
    ) -> Result<Option<RecordId>, StoreError> {
        let heard = self.heard_above(r)?;
        let extents = prune::extents(r, after, PRUNE_RECORDS)?;
        for extent in &extents {
            if extent.whole == 0 {
                pruning.before += 1;
                continue;
            }
            if let Some(why) = kept(r, &heard, extent, received_before_ms)? {
                pruning.keep(why);
                continue;
            }
            let pruned = match tx {
                Some(tx) => prune::prune(tx, extent.record),
                None => prune::would_prune(r, extent.record),
            };
            pruning.note(pruned?);
        }
        Ok(extents.last().map(|extent| extent.record))
    }

    /// How far nodes above have each stream durably, as they last said.
    fn heard_above(&self, r: &Reader<'_>) -> Result<BTreeMap<StreamTag, u64>, StoreError> {
        let rules = self.rules();
        let mut heard: BTreeMap<StreamTag, u64> = BTreeMap::new();
        for (writer, entry) in rules.trust.entries() {
            let certificate = &entry.certificate;
            let above = certificate.office != self.home
                && rules.tree.is_within(self.home, certificate.office, rules.date);
            if certificate.role != KeyRole::Node || entry.is_revoked() || !above {
                continue;
            }
            for (tag, next_seq) in cursors::of_peer(r, writer)? {
                let stands = heard.entry(tag).or_default();
                *stands = next_seq.max(*stands);
            }
        }
        Ok(heard)
    }
}

/// Why a record's operations stay, as far as that can be told from outside.
fn kept(
    r: &Reader<'_>,
    heard: &BTreeMap<StreamTag, u64>,
    extent: &Extent,
    received_before_ms: u64,
) -> Result<Option<Kept>, StoreError> {
    if extent.latest_ms >= received_before_ms {
        return Ok(Some(Kept::Young));
    }
    let heard = |seq: u64, tag| heard.get(&tag).is_some_and(|next_seq| *next_seq > seq);
    let places = prune::places(r, extent.record)?;
    let all = places.iter().all(|(stream, seq)| heard(*seq, tag_of(stream)));
    Ok((!all && !planted::is(Bug::PrunedUnheard)).then_some(Kept::Unheard))
}

impl Pruning {
    fn keep(&mut self, why: Kept) {
        *self.kept.entry(why).or_default() += 1;
    }

    fn note(&mut self, pruned: Pruned) {
        match pruned {
            Pruned::Done { ops, bytes } => {
                self.records += 1;
                self.ops += ops;
                self.bytes += bytes;
            }
            Pruned::Unfolded => self.keep(Kept::Unfolded),
            Pruned::NothingGained => self.keep(Kept::NothingGained),
        }
    }

    fn add(&mut self, part: &Self) {
        self.records += part.records;
        self.ops += part.ops;
        self.bytes += part.bytes;
        self.before += part.before;
        for (why, records) in &part.kept {
            *self.kept.entry(*why).or_default() += records;
        }
    }

    /// Records that were looked at.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.records + self.before + self.kept.values().sum::<u64>()
    }
}

impl Node {
    /// Prunes records of which nothing came within so many days and all is at a node above, and
    /// gives the room back. It may be ended at any moment: what was pruned so far stays pruned.
    /// `told` hears how far it came.
    ///
    /// # Errors
    /// If this node may prune nothing, or storage fails.
    pub fn prune(
        &self,
        keep_days: u32,
        dry: bool,
        told: impl Fn(&Pruning),
    ) -> Result<Pruning, PruneError> {
        if self.core.is_centre() {
            return Err(PruneError::Centre);
        }
        if keep_days < PRUNE_KEEP_DAYS_MIN {
            return Err(PruneError::TooEarly { min_days: PRUNE_KEEP_DAYS_MIN });
        }
        let store = &self.core.store;
        let received_before_ms = self.now_ms().saturating_sub(u64::from(keep_days) * DAY_MS);
        let mut pruning = Pruning::default();
        pruning.file_bytes.0 = store.bytes()?;
        let mut at = None;
        loop {
            let last = self.core.prune_some(at, received_before_ms, dry, &mut pruning)?;
            told(&pruning);
            let Some(last) = last else { break };
            at = Some(last);
        }
        while !dry && store.give_back()? {}
        pruning.file_bytes.1 = store.bytes()?;
        Ok(pruning)
    }

    /// How many records there are to look at when pruning.
    ///
    /// # Errors
    /// If storage fails.
    pub fn record_count(&self) -> Result<u64, StoreError> {
        let counts = self.core.store.read(|r| records::count(r, &records::Filter::default()))?;
        Ok(counts.iter().map(|count| count.records).sum())
    }
}
