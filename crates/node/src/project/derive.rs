//! Deriving the facts of operations, in the order of the log.
//!
//! What an operation changes depends on nothing but the log before it, so that deriving again
//! gives the same rows: types that came later are not known earlier.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ids::RecordId;
use domain::measure::{self, Derived, Received};
use domain::op::{Change, TypeRef};
use domain::pack::Pack;
use domain::record::{self, FoldError, Record, Tagged};
use facts::FactRow;
use facts::rows::{Known, from_change};
use store::log::{self, Logged, Pos};
use store::{Reader, Store, StoreError, packs, records};
use thiserror::Error;

use crate::commit::tagged;
use crate::packs::PackSet;
use crate::world::World;

/// Records kept between operations, in each of two generations: what comes in bursts (a report
/// and its verification) is folded once.
const KEPT_RECORDS_MAX: usize = 4_096;
/// Operations read at once when records that waited for a pack are looked for.
const SCAN_OPS: usize = 4_096;

/// A record as it stood, and when its first operation arrived.
#[derive(Clone, Debug)]
struct Standing {
    record: Option<Record>,
    first_ms: u64,
}

/// A version of a pack.
type Version = (String, u32);

/// Derives facts along the log.
#[derive(Debug)]
pub(super) struct Deriver {
    known: PackSet,
    waiting: BTreeMap<Version, BTreeSet<RecordId>>,
    young: BTreeMap<RecordId, Standing>,
    old: BTreeMap<RecordId, Standing>,
}

#[derive(Debug, Error)]
enum Stop {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl Deriver {
    /// Begins after a position: knows the packs that came up to it, and the records that waited
    /// for others there.
    pub(super) fn start(store: &Store, position: u64) -> Result<Self, StoreError> {
        store.read(|r| {
            let mut known = PackSet::default();
            let mut later = BTreeSet::new();
            for row in packs::all_versions(r)? {
                let Ok(pack) = Pack::decode(&row.bytes) else { continue };
                if row.pos.0 <= position {
                    known.insert(Arc::new(pack));
                } else {
                    later.insert((row.name, row.version));
                }
            }
            let mut waiting = waiting_for(r, &known, &later, position)?;
            for (record, type_ref) in records::all_waiting(r)? {
                waiting.entry(type_ref).or_default().insert(record);
            }
            Ok(Self { known, waiting, young: BTreeMap::new(), old: BTreeMap::new() })
        })
    }

    /// Adds the rows by which one operation changes the facts.
    pub(super) fn derive(
        &mut self,
        r: &Reader<'_>,
        world: &World,
        logged: &Logged,
        rows: &mut Vec<FactRow>,
    ) -> Result<(), StoreError> {
        match &logged.op.op().change {
            Change::Create(_)
            | Change::Patch(_)
            | Change::Transition(_)
            | Change::Comment(_)
            | Change::Acknowledge(_) => self.derive_record(r, world, logged, rows),
            Change::Pack(bytes) => match Pack::decode(bytes) {
                Ok(pack) => self.derive_pack(r, world, logged, pack, rows),
                Err(_) => Ok(()),
            },
            Change::Certificate(_) | Change::Revocation(_) | Change::Office(_) => {
                self.derive_judged(r, world, logged, rows)
            }
            Change::Unknown(_) => Ok(()),
        }
    }

    fn derive_record(
        &mut self,
        r: &Reader<'_>,
        world: &World,
        logged: &Logged,
        rows: &mut Vec<FactRow>,
    ) -> Result<(), StoreError> {
        let Some(id) = logged.op.op().change.record() else { return Ok(()) };
        let before = match self.standing(r, id, logged) {
            Ok(before) => before,
            Err(Stop::Fold(FoldError::UnknownType(wanted))) => {
                self.wait(id, wanted);
                return Ok(());
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        let all = || Ok(earlier(r, id, logged.pos)?.iter().map(tagged).collect::<Vec<Tagged>>());
        let op = logged.op.tagged();
        let after = record::apply::<Stop>(before.record.clone(), &op, &self.known, all);
        let after = match after.map(|record| self.with_type(record)) {
            Ok(Ok(record)) => Standing { record, first_ms: before.first_ms },
            Ok(Err(wanted)) | Err(Stop::Fold(FoldError::UnknownType(wanted))) => {
                self.wait(id, wanted);
                Standing { record: None, first_ms: before.first_ms }
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        let known = Known { record: id, known_ms: logged.received_ms, pos: logged.pos.0 };
        let (old, new) = (self.facts(world, &before), self.facts(world, &after));
        rows.extend(from_change(&old, &new, known));
        if after.record.is_some() {
            self.keep(id, after);
        }
        Ok(())
    }

    /// Derives the records of which a statement or a move of offices took operations out, or let
    /// them count again.
    fn derive_judged(
        &mut self,
        r: &Reader<'_>,
        world: &World,
        logged: &Logged,
        rows: &mut Vec<FactRow>,
    ) -> Result<(), StoreError> {
        for id in log::records_judged_at(r, logged.pos)? {
            let before = match self.standing(r, id, logged) {
                Ok(before) => before,
                Err(Stop::Fold(FoldError::UnknownType(wanted))) => {
                    self.wait(id, wanted);
                    continue;
                }
                Err(Stop::Store(error)) => return Err(error),
            };
            let ops = earlier(r, id, Pos(logged.pos.0.saturating_add(1)))?;
            let ops: Vec<Tagged> = ops.iter().map(tagged).collect();
            let folded = record::fold(&ops, &self.known);
            let record = match folded.map(|record| self.with_type(record)) {
                Ok(Ok(record)) => record,
                Ok(Err(wanted)) | Err(FoldError::UnknownType(wanted)) => {
                    self.wait(id, wanted);
                    None
                }
            };
            let after = Standing { record, first_ms: before.first_ms };
            let known = Known { record: id, known_ms: logged.received_ms, pos: logged.pos.0 };
            rows.extend(from_change(
                &self.facts(world, &before),
                &self.facts(world, &after),
                known,
            ));
        }
        Ok(())
    }

    /// Derives the records that waited for a pack.
    fn derive_pack(
        &mut self,
        r: &Reader<'_>,
        world: &World,
        logged: &Logged,
        pack: Pack,
        rows: &mut Vec<FactRow>,
    ) -> Result<(), StoreError> {
        let version = (pack.name.clone(), pack.version);
        self.known.insert(Arc::new(pack));
        for id in self.waiting.remove(&version).unwrap_or_default() {
            let ops = earlier(r, id, logged.pos)?;
            let Some(first) = ops.first() else { continue };
            let first_ms = first.received_ms;
            let ops: Vec<Tagged> = ops.iter().map(tagged).collect();
            let folded = record::fold(&ops, &self.known);
            match folded.map(|record| self.with_type(record)) {
                Ok(Ok(record)) => {
                    let after = Standing { record, first_ms };
                    let known =
                        Known { record: id, known_ms: logged.received_ms, pos: logged.pos.0 };
                    rows.extend(from_change(&[], &self.facts(world, &after), known));
                    self.keep(id, after);
                }
                Ok(Err(wanted)) | Err(FoldError::UnknownType(wanted)) => self.wait(id, wanted),
            }
        }
        Ok(())
    }

    /// The record, or the type that it waits for: a patch of a later version than is known here
    /// folds, but gives no facts yet.
    fn with_type(&self, record: Option<Record>) -> Result<Option<Record>, TypeRef> {
        let unknown =
            record.as_ref().filter(|record| self.known.by_ref(&record.type_ref).is_none());
        match unknown {
            Some(record) => Err(record.type_ref.clone()),
            None => Ok(record),
        }
    }

    /// A record that can't be folded gives no facts until the pack comes; what it gave before is
    /// retracted.
    fn wait(&mut self, id: RecordId, wanted: TypeRef) {
        self.young.remove(&id);
        self.old.remove(&id);
        self.waiting.entry((wanted.pack, wanted.version)).or_default().insert(id);
    }

    /// A record as the log before this operation makes it.
    fn standing(
        &mut self,
        r: &Reader<'_>,
        id: RecordId,
        logged: &Logged,
    ) -> Result<Standing, Stop> {
        if let Some(kept) = self.young.remove(&id).or_else(|| self.old.remove(&id)) {
            return Ok(kept);
        }
        let ops = earlier(r, id, logged.pos)?;
        let first_ms = ops.first().map_or(logged.received_ms, |first| first.received_ms);
        let ops: Vec<Tagged> = ops.iter().map(tagged).collect();
        let record = self.with_type(record::fold(&ops, &self.known)?);
        let record = record.map_err(|wanted| Stop::Fold(FoldError::UnknownType(wanted)))?;
        Ok(Standing { record, first_ms })
    }

    fn keep(&mut self, id: RecordId, standing: Standing) {
        if self.young.len() >= KEPT_RECORDS_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, standing);
    }

    fn facts(&self, world: &World, standing: &Standing) -> Vec<Derived> {
        let Some(record) = &standing.record else { return Vec::new() };
        let Some(ty) = self.known.by_ref(&record.type_ref) else { return Vec::new() };
        let received = Received {
            ms: standing.first_ms,
            utc_offset_minutes: world.offset_minutes(record.office, standing.first_ms),
        };
        measure::facts(&ty.pack, record, received)
    }
}

fn earlier(r: &Reader<'_>, id: RecordId, pos: Pos) -> Result<Vec<Logged>, StoreError> {
    log::of_record(r, id, Some(pos))
}

/// The records up to a position that waited there for one of these versions.
fn waiting_for(
    r: &Reader<'_>,
    known: &PackSet,
    versions: &BTreeSet<Version>,
    position: u64,
) -> Result<BTreeMap<Version, BTreeSet<RecordId>>, StoreError> {
    let numbers: BTreeSet<u32> = versions.iter().map(|(_, version)| *version).collect();
    let mut written = BTreeSet::new();
    let mut at = Pos(0);
    while !versions.is_empty() && at.0 < position {
        let batch = log::after(r, at, SCAN_OPS)?;
        let Some(last) = batch.last() else { break };
        at = last.pos;
        for logged in batch.iter().filter(|logged| logged.pos.0 <= position) {
            let version = match &logged.op.op().change {
                Change::Create(create) => Some(create.type_ref.version),
                Change::Patch(patch) => Some(patch.type_version),
                Change::Transition(_)
                | Change::Comment(_)
                | Change::Acknowledge(_)
                | Change::Pack(_)
                | Change::Office(_)
                | Change::Certificate(_)
                | Change::Revocation(_)
                | Change::Unknown(_) => None,
            };
            if version.is_some_and(|version| numbers.contains(&version)) {
                written.extend(logged.op.op().change.record());
            }
        }
    }
    let mut waiting: BTreeMap<Version, BTreeSet<RecordId>> = BTreeMap::new();
    for id in written {
        let ops = earlier(r, id, Pos(position.saturating_add(1)))?;
        let ops: Vec<Tagged> = ops.iter().map(tagged).collect();
        let wanted = match record::fold(&ops, known) {
            Ok(record) => record.map(|record| record.type_ref),
            Err(FoldError::UnknownType(wanted)) => Some(wanted),
        };
        if let Some(wanted) = wanted.filter(|wanted| known.by_ref(wanted).is_none()) {
            waiting.entry((wanted.pack, wanted.version)).or_default().insert(id);
        }
    }
    Ok(waiting)
}
