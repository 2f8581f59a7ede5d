//! The one way into the log, for submissions and for operations of other nodes alike.

use domain::expr::Moment;
use domain::form;
use domain::hlc;
use domain::ids::RecordId;
use domain::limits::SIGNED_EVERY_OPS;
use domain::op::{Change, SealedOp, StreamHead, StreamId, sign_head};
use domain::pack::Pack;
use domain::period::Date;
use domain::record::{self, FoldError, Record, Tagged};
use domain::value::{CellPath, Cells, Value, value_at};
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::log::{self, Logged, Pos};
use store::packs::PackRow;
use store::records::{self, Index};
use store::{StoreError, Tx, offices, packs, statements};
use thiserror::Error;

use crate::blobs;
use crate::events::RecordEvent;
use crate::packs::{PackSet, TypeOf};

/// What a committed operation did here.
#[derive(Debug)]
pub(crate) struct Committed {
    /// Its place in this node's log.
    pub(crate) pos: Pos,
    /// The record that it changed, if that is known here.
    pub(crate) event: Option<RecordEvent>,
    /// The pack that it brought.
    pub(crate) pack: Option<Arc<Pack>>,
    /// It changed the offices.
    pub(crate) offices: bool,
    /// It was a certificate or a revocation.
    pub(crate) statement: bool,
}

impl Committed {
    pub(crate) fn at(pos: Pos) -> Self {
        Self { pos, event: None, pack: None, offices: false, statement: false }
    }
}

/// Appends an operation to the log and brings everything derived from it up to date, in the same
/// transaction. `standing` is the record that it is about, as it stands.
pub(crate) fn commit_op(
    tx: &Tx<'_>,
    known: &PackSet,
    op: &SealedOp,
    standing: Option<Record>,
    received_ms: u64,
) -> Result<Committed, StoreError> {
    let pos = log::append(tx, op, received_ms)?;
    let mut committed = Committed::at(pos);
    match &op.op().change {
        Change::Create(_)
        | Change::Patch(_)
        | Change::Transition(_)
        | Change::Comment(_)
        | Change::Acknowledge(_) => {
            blobs::name_files(tx, op, received_ms)?;
            let place = Place { tx, known, pos, received_ms };
            committed.event = place.fold_in(op, standing)?;
        }
        Change::Pack(bytes) => committed.pack = take_pack(tx, known, bytes, pos, received_ms)?,
        Change::Office(event) => {
            offices::put(tx, pos, event)?;
            committed.offices = true;
        }
        Change::Certificate(_) | Change::Revocation(_) => {
            statements::put(tx, pos, op)?;
            committed.statement = true;
        }
        Change::Unknown(_) => {}
    }
    Ok(committed)
}

/// Why an operation could not be folded into its record.
#[derive(Debug, Error)]
enum ApplyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// Where and when an operation arrives.
struct Place<'a> {
    tx: &'a Tx<'a>,
    known: &'a PackSet,
    pos: Pos,
    received_ms: u64,
}

impl Place<'_> {
    fn fold_in(
        &self,
        op: &SealedOp,
        standing: Option<Record>,
    ) -> Result<Option<RecordEvent>, StoreError> {
        let Some(id) = op.op().change.record() else { return Ok(None) };
        let all = || all_of(self.tx, id).map_err(ApplyError::from);
        match record::apply(standing, &op.tagged(), self.known, all) {
            Ok(record) => self.keep(record),
            Err(ApplyError::Fold(FoldError::UnknownType(wanted))) => {
                records::wait(self.tx, id, &wanted)?;
                Ok(None)
            }
            Err(ApplyError::Store(error)) => Err(error),
        }
    }

    fn keep(&self, record: Option<Record>) -> Result<Option<RecordEvent>, StoreError> {
        let Some(record) = record else { return Ok(None) };
        let Some(ty) = self.known.by_ref(&record.type_ref) else {
            // A patch of a later version: what stands is shown until the pack comes.
            records::wait(self.tx, record.id, &record.type_ref)?;
            return Ok(None);
        };
        let index = index(&ty, &record, self.received_ms);
        records::put(self.tx, &record, &index)?;
        Ok(Some(RecordEvent {
            record: record.id,
            type_key: index.type_key,
            office: record.office,
            state: index.state_key,
            pos: self.pos.0,
        }))
    }
}

fn all_of(tx: &Tx<'_>, id: RecordId) -> Result<Vec<Tagged>, StoreError> {
    Ok(log::of_record(tx, id, None)?.iter().map(tagged).collect())
}

pub(crate) fn tagged(logged: &Logged) -> Tagged {
    logged.op.tagged()
}

/// Folds a record again, of which operations were taken out at a position.
pub(crate) fn fold_again(
    tx: &Tx<'_>,
    known: &PackSet,
    id: RecordId,
    pos: Pos,
    now_ms: u64,
) -> Result<Option<Committed>, StoreError> {
    match record::fold(&all_of(tx, id)?, known) {
        Ok(Some(record)) => {
            let place = Place { tx, known, pos, received_ms: now_ms };
            let event = place.keep(Some(record))?;
            Ok(Some(Committed { event, ..Committed::at(pos) }))
        }
        Ok(None) => records::remove(tx, id).map(|()| None),
        Err(FoldError::UnknownType(wanted)) => records::wait(tx, id, &wanted).map(|()| None),
    }
}

/// Keeps a pack and folds the records that waited for it. Bytes that are no pack of ours stay in
/// the log as they are: a later build may know them.
fn take_pack(
    tx: &Tx<'_>,
    known: &PackSet,
    bytes: &[u8],
    pos: Pos,
    received_ms: u64,
) -> Result<Option<Arc<Pack>>, StoreError> {
    let Ok(pack) = Pack::decode(bytes) else { return Ok(None) };
    let pack = Arc::new(pack);
    let (name, version) = (pack.name.clone(), pack.version);
    packs::put(tx, &PackRow { name: name.clone(), version, pos, bytes: bytes.to_vec() })?;
    let mut with = known.clone();
    with.insert(Arc::clone(&pack));
    let place = Place { tx, known: &with, pos, received_ms };
    for id in records::waiting(tx, &name, version)? {
        match record::fold(&all_of(tx, id)?, &with) {
            Ok(record) => drop(place.keep(record)?),
            Err(FoldError::UnknownType(wanted)) => records::wait(tx, id, &wanted)?,
        }
    }
    Ok(Some(pack))
}

/// How a record is listed.
pub(crate) fn index(ty: &TypeOf, record: &Record, received_ms: u64) -> Index {
    let cells = record.cells();
    let state = ty.ty().workflow.state(record.state);
    let began = || record.history.first().map_or(received_ms, |event| event.time.ms);
    Index {
        type_key: ty.key(),
        office: record.office,
        state_key: state.map(|state| state.key.clone()).unwrap_or_default(),
        date: form::record_date(ty.ty(), &cells, record.period)
            .unwrap_or_else(|| Date::of_ms(began())),
        title: title(ty, &cells),
        urgent: is_urgent(ty, &cells, record),
        counts: state.is_some_and(|state| state.counts),
        updated_ms: received_ms,
    }
}

fn title(ty: &TypeOf, cells: &Cells) -> String {
    let field = ty.ty().title.and_then(|field| value_at(cells, CellPath::field(field)));
    match field {
        Some(Value::Text(text)) => text.clone(),
        Some(
            Value::Int(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Period(_)
            | Value::Choice(_)
            | Value::Choices(_)
            | Value::Office(_)
            | Value::Record(_)
            | Value::Point(_)
            | Value::File(_)
            | Value::Bool(_),
        )
        | None => String::new(),
    }
}

fn is_urgent(ty: &TypeOf, cells: &Cells, record: &Record) -> bool {
    let state = ty.ty().workflow.state(record.state).map(|state| state.key.as_str());
    form::is_urgent(
        ty.ty(),
        cells,
        Moment { today: None, period: record.period, office: record.office, state },
    )
}

/// The node's own streams: its clock, and where each stream stands. Kept in memory between
/// transactions, and forgotten when one fails.
#[derive(Debug)]
pub(crate) struct Pen {
    pub(crate) clock: hlc::Clock,
    heads: BTreeMap<StreamId, StreamHead>,
    moved: BTreeMap<StreamId, StreamHead>,
    /// Heads within what this transaction wrote that are signed too: frames end at signed heads.
    between: Vec<(StreamId, StreamHead)>,
    /// The life of the key: the one that is durable, and the one of this transaction.
    lives: (u32, u32),
}

impl Pen {
    pub(crate) fn new(clock: hlc::Clock, life: u32) -> Self {
        let (heads, moved) = (BTreeMap::new(), BTreeMap::new());
        Self { clock, heads, moved, between: Vec::new(), lives: (life, life) }
    }

    /// The life of the key that is written in.
    pub(crate) fn life(&self) -> u32 {
        self.lives.1
    }

    /// Writes in another life from now on, if this transaction lasts.
    pub(crate) fn begin_life(&mut self, life: u32) {
        self.lives.1 = life;
    }

    /// Where a stream stands, with what this transaction wrote.
    pub(crate) fn head(&self, tx: &Tx<'_>, stream: &StreamId) -> Result<StreamHead, StoreError> {
        match self.moved.get(stream).or_else(|| self.heads.get(stream)) {
            Some(head) => Ok(*head),
            None => log::head(tx, stream),
        }
    }

    /// Notes that this transaction wrote an operation.
    pub(crate) fn wrote(&mut self, op: &SealedOp) {
        if op.seq().is_multiple_of(SIGNED_EVERY_OPS as u64) {
            self.between.push((op.stream().clone(), op.head()));
        }
        self.moved.insert(op.stream().clone(), op.head());
    }

    /// Signs where each stream that this transaction wrote stands, and heads on the way.
    pub(crate) fn sign(&self, tx: &Tx<'_>, key: &SigningKey) -> Result<(), StoreError> {
        let between = self.between.iter().map(|(stream, head)| (stream, head));
        let mut due = self.moved.iter().chain(between);
        due.try_for_each(|(stream, head)| log::put_signed_head(tx, &sign_head(key, stream, head)))
    }

    /// The transaction is durable: the streams that it wrote, with what comes next.
    pub(crate) fn committed(&mut self) -> Vec<(StreamId, u64)> {
        self.between.clear();
        let grew = self.moved.iter().map(|(stream, head)| (stream.clone(), head.next_seq));
        let grew = grew.collect();
        self.heads.append(&mut self.moved);
        self.lives.0 = self.lives.1;
        grew
    }

    /// A stream of this node's came from elsewhere: where it stands is read again.
    pub(crate) fn forget(&mut self, stream: &StreamId) {
        self.heads.remove(stream);
    }

    /// The transaction left nothing: where the streams stand is read again.
    pub(crate) fn rolled_back(&mut self) {
        self.moved.clear();
        self.between.clear();
        self.heads.clear();
        self.lives.1 = self.lives.0;
    }
}
