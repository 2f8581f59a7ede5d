//! The operations of one frame, column by column.

use super::cells::{cells, path, period};
use super::flow::{Done, Flow, alike, loose_signed, number, sized};
use super::{Before, BodyError, TypeKeys, creation_submission, kind};
use crate::hlc::Hlc;
use crate::ids::{ActionId, Digest, OfficeId, OpTag, PersonId, RecordId, SubmissionId};
use crate::limits::{FRAME_OPS_MAX, RETURNED_CELLS_MAX, SAW_MAX, TEXT_BYTES_MAX};
use crate::op::{
    Acknowledge, Change, Comment, Create, FORMAT, Op, Patch, ReturnedCell, Transition, TypeRef,
};
use crate::period::{Date, Grain, Period};
use crate::record::periodic_id;
use crate::value::{Cell, CellChanges, CellPath, Cells};

/// The kind of an operation that is carried as it came.
pub(super) const PLAIN: u64 = 5;

/// Operations, those that the columns can say apart from those carried as they came.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// What each is, in order: the kind of its change, or [`PLAIN`].
    kinds: Vec<u64>,
    /// The former, in order.
    ops: Vec<Op>,
    /// The latter, in order.
    plain: Vec<Vec<u8>>,
    /// The types of what is created, each with its key if that is known, else nothing.
    types: Vec<(TypeRef, String)>,
}

impl Frame {
    /// Adds an operation that columns can say.
    pub(super) fn push(&mut self, op: Op, keys: TypeKeys<'_>) {
        if let Change::Create(create) = &op.change
            && !self.types.iter().any(|(ty, _)| *ty == create.type_ref)
        {
            let key = keys(&create.type_ref).unwrap_or_default();
            self.types.push((create.type_ref.clone(), key));
        }
        self.kinds.push(kind(&op.change));
        self.ops.push(op);
    }

    /// Adds an operation as it came.
    pub(super) fn push_plain(&mut self, bytes: &[u8]) {
        self.kinds.push(PLAIN);
        self.plain.push(bytes.to_vec());
    }

    /// The bytes of the operations, in order.
    pub(super) fn into_bytes(self, bytes_max: usize) -> Result<Vec<Vec<u8>>, BodyError> {
        let (mut ops, mut plain) = (self.ops.into_iter(), self.plain.into_iter());
        let mut left = bytes_max;
        let mut all = Vec::with_capacity(self.kinds.len());
        for kind in self.kinds {
            let bytes = if kind == PLAIN { plain.next() } else { ops.next().map(|op| encode(&op)) };
            let bytes = bytes.ok_or(BodyError::Malformed)?;
            left = left.checked_sub(bytes.len()).ok_or(BodyError::TooLarge)?;
            all.push(bytes);
        }
        Ok(all)
    }

    /// Writes all, or reads it.
    pub(super) fn flow<F: Flow>(&mut self, flow: &mut F, before: &Before) -> Done {
        sized(flow, &mut self.kinds, FRAME_OPS_MAX, || 0)?;
        alike(flow, &mut self.kinds)?;
        let is_plain = |kind: &&u64| **kind == PLAIN;
        let plain = self.kinds.iter().filter(is_plain).count();
        self.plain.resize_with(plain, Vec::new);
        let kinds: Vec<u64> = self.kinds.iter().copied().filter(|kind| *kind != PLAIN).collect();
        if self.ops.len() != kinds.len() {
            self.ops = kinds.iter().map(|kind| blank(*kind)).collect::<Result<_, _>>()?;
        }
        if !self.ops.is_empty() {
            columns(flow, &mut self.ops, &mut self.types, before)?;
        }
        self.plain.iter_mut().try_for_each(|bytes| flow.bytes(bytes))
    }
}

fn columns<F: Flow>(
    flow: &mut F,
    ops: &mut [Op],
    types: &mut Vec<(TypeRef, String)>,
    before: &Before,
) -> Done {
    authors(flow, ops, before)?;
    times(flow, ops, before)?;
    let days: Vec<i64> = ops.iter().map(|op| i64::from(Date::of_ms(op.time.ms).0)).collect();
    let keys = created(flow, ops, types, &days)?;
    records(flow, ops, &keys, before)?;
    submissions(flow, ops)?;
    saw(flow, ops)?;
    patches(flow, ops)?;
    transitions(flow, ops)?;
    for op in ops.iter_mut() {
        if let Change::Comment(comment) = &mut op.change {
            flow.text(&mut comment.text)?;
        }
    }
    all_cells(flow, ops, types, &days, before)
}

/// A column of indexes into a table, each entry of which is said once.
fn table<F: Flow, T: Clone + PartialEq>(
    flow: &mut F,
    items: &mut [T],
    blank: &T,
    mut entry: impl FnMut(&mut F, &mut T) -> Done,
) -> Done {
    let mut known: Vec<T> = Vec::new();
    let index = |item: &T| {
        let at = known.iter().position(|known| known == item);
        at.unwrap_or_else(|| {
            known.push(item.clone());
            known.len() - 1
        }) as u64
    };
    let mut column: Vec<u64> = items.iter().map(index).collect();
    sized(flow, &mut known, FRAME_OPS_MAX, || blank.clone())?;
    known.iter_mut().try_for_each(|item| entry(flow, item))?;
    if known.len() == 1 {
        column.fill(0);
    } else {
        column.iter_mut().try_for_each(|at| flow.number(at))?;
    }
    for (item, at) in items.iter_mut().zip(column) {
        let known = usize::try_from(at).ok().and_then(|at| known.get(at));
        *item = known.ok_or(BodyError::Malformed)?.clone();
    }
    Ok(())
}

fn authors<F: Flow>(flow: &mut F, ops: &mut [Op], before: &Before) -> Done {
    let mut pairs: Vec<(PersonId, OfficeId)> =
        ops.iter().map(|op| (op.author, op.office)).collect();
    let blank = (PersonId([0; 16]), OfficeId(0));
    table(flow, &mut pairs, &blank, |flow, pair| {
        if before.author(flow, pair)? {
            return Ok(());
        }
        flow.chance(&mut pair.0.0)?;
        number(flow, &mut pair.1.0)
    })?;
    for (op, pair) in ops.iter_mut().zip(pairs) {
        (op.author, op.office) = pair;
    }
    Ok(())
}

/// The first moment whole, each other from the one before.
fn times<F: Flow>(flow: &mut F, ops: &mut [Op], before: &Before) -> Done {
    let mut last = before.ms();
    for op in ops.iter_mut() {
        let ms = i64::try_from(op.time.ms).map_err(|_| BodyError::Malformed)?;
        let mut step = ms.wrapping_sub(last);
        loose_signed(flow, &mut step)?;
        last = last.checked_add(step).ok_or(BodyError::Malformed)?;
        op.time.ms = u64::try_from(last).map_err(|_| BodyError::Malformed)?;
    }
    let mut counters: Vec<u64> = ops.iter().map(|op| u64::from(op.time.counter)).collect();
    alike(flow, &mut counters)?;
    for (op, counter) in ops.iter_mut().zip(counters) {
        op.time.counter = u32::try_from(counter).map_err(|_| BodyError::Malformed)?;
    }
    Ok(())
}

/// Type, owner and period of what is created; gives, operation by operation, the id that a
/// periodic record would derive.
fn created<F: Flow>(
    flow: &mut F,
    ops: &mut [Op],
    types: &mut Vec<(TypeRef, String)>,
    days: &[i64],
) -> Result<Vec<Option<RecordId>>, BodyError> {
    sized(flow, types, FRAME_OPS_MAX, || (blank_type(), String::new()))?;
    for (ty, key) in types.iter_mut() {
        flow.text(&mut ty.pack)?;
        number(flow, &mut ty.version)?;
        number(flow, &mut ty.type_id)?;
        flow.text(key)?;
        if ty.pack.len() > TEXT_BYTES_MAX || key.len() > TEXT_BYTES_MAX {
            return Err(BodyError::TooLarge);
        }
    }
    let mut derived = vec![None; ops.len()];
    let mut indexes = Vec::new();
    let (mut owners, mut periods) = (Vec::new(), Vec::new());
    for op in ops.iter() {
        let Change::Create(create) = &op.change else { continue };
        let at = types.iter().position(|(ty, _)| *ty == create.type_ref);
        indexes.push(at.unwrap_or_default() as u64);
        let other = u64::from(create.office.0) + 1;
        owners.push(if create.office == op.office { 0 } else { other });
        periods.push(u64::from(create.period.is_some()));
    }
    alike(flow, &mut indexes)?;
    alike(flow, &mut owners)?;
    alike(flow, &mut periods)?;
    let mut columns = indexes.into_iter().zip(owners).zip(periods);
    for (at, op) in ops.iter_mut().enumerate() {
        let Change::Create(create) = &mut op.change else { continue };
        let ((index, owner), periodic) = columns.next().ok_or(BodyError::Malformed)?;
        let ty = usize::try_from(index).ok().and_then(|index| types.get(index));
        let (ty, key) = ty.ok_or(BodyError::Malformed)?;
        create.type_ref.clone_from(ty);
        create.office = match owner.checked_sub(1) {
            None => op.office,
            Some(id) => OfficeId(u32::try_from(id).map_err(|_| BodyError::Malformed)?),
        };
        if periodic == 0 {
            create.period = None;
            continue;
        }
        let mut of = create.period.unwrap_or_else(blank_period);
        period(flow, &mut of, days[at])?;
        create.period = Some(of);
        if !key.is_empty() {
            derived[at] = Some(periodic_id(key, create.office, of));
        }
    }
    Ok(derived)
}

/// A record's id: 0 and the id, 1 where it derives, else the how manyth record of the frame.
fn records<F: Flow>(
    flow: &mut F,
    ops: &mut [Op],
    derived: &[Option<RecordId>],
    before: &Before,
) -> Done {
    let mut known = before.records().to_vec();
    let mut column = Vec::with_capacity(ops.len());
    for (op, derived) in ops.iter_mut().zip(derived) {
        let id = *record(&mut op.change)?;
        let at = known.iter().position(|known| *known == id);
        column.push(match at {
            _ if Some(id) == *derived => 1,
            Some(at) => at as u64 + 2,
            None => 0,
        });
        if at.is_none() {
            known.push(id);
        }
    }
    alike(flow, &mut column)?;
    known.truncate(before.records().len());
    for ((op, derived), how) in ops.iter_mut().zip(derived).zip(column) {
        let id = record(&mut op.change)?;
        match how {
            0 => flow.chance(&mut id.0)?,
            1 => *id = derived.ok_or(BodyError::Malformed)?,
            at => {
                let known = usize::try_from(at - 2).ok().and_then(|at| known.get(at));
                *id = *known.ok_or(BodyError::Malformed)?;
            }
        }
        if !known.contains(id) {
            known.push(*id);
        }
    }
    Ok(())
}

/// A submission's id: 1 where it derives from the record, else 0 and the id.
fn submissions<F: Flow>(flow: &mut F, ops: &mut [Op]) -> Done {
    let mut column = Vec::with_capacity(ops.len());
    for op in ops.iter_mut() {
        let derived = creation_submission(*record(&mut op.change)?);
        column.push(u64::from(op.submission == derived));
    }
    alike(flow, &mut column)?;
    for (op, how) in ops.iter_mut().zip(column) {
        if how == 1 {
            op.submission = creation_submission(*record(&mut op.change)?);
        } else {
            flow.chance(&mut op.submission.0)?;
        }
    }
    Ok(())
}

fn saw<F: Flow>(flow: &mut F, ops: &mut [Op]) -> Done {
    let mut lists: Vec<&mut Vec<OpTag>> =
        ops.iter_mut().filter_map(|op| saw_of(&mut op.change)).collect();
    let mut counts: Vec<u64> = lists.iter().map(|list| list.len() as u64).collect();
    alike(flow, &mut counts)?;
    for (list, count) in lists.iter_mut().zip(counts) {
        let count = usize::try_from(count).ok().filter(|count| *count <= SAW_MAX);
        list.resize(count.ok_or(BodyError::TooLarge)?, OpTag([0; 8]));
        list.iter_mut().try_for_each(|tag| flow.chance(&mut tag.0))?;
    }
    Ok(())
}

fn patches<F: Flow>(flow: &mut F, ops: &mut [Op]) -> Done {
    let mut all: Vec<&mut Patch> = ops
        .iter_mut()
        .filter_map(|op| if let Change::Patch(patch) = &mut op.change { Some(patch) } else { None })
        .collect();
    let mut versions: Vec<u64> = all.iter().map(|patch| u64::from(patch.type_version)).collect();
    alike(flow, &mut versions)?;
    for (patch, version) in all.iter_mut().zip(versions) {
        patch.type_version = u32::try_from(version).map_err(|_| BodyError::Malformed)?;
    }
    Ok(())
}

fn transitions<F: Flow>(flow: &mut F, ops: &mut [Op]) -> Done {
    let mut all: Vec<&mut Transition> = ops
        .iter_mut()
        .filter_map(|op| if let Change::Transition(t) = &mut op.change { Some(t) } else { None })
        .collect();
    let mut actions: Vec<u64> = all.iter().map(|t| u64::from(t.action.0)).collect();
    alike(flow, &mut actions)?;
    // Bit 0: a reason for the whole; the rest: how many cells are sent back.
    let parts =
        |t: &&mut Transition| u64::from(t.reason.is_some()) | (t.returned.len() as u64) << 1;
    let mut parts: Vec<u64> = all.iter().map(parts).collect();
    alike(flow, &mut parts)?;
    for ((t, action), parts) in all.iter_mut().zip(actions).zip(parts) {
        t.action = ActionId(u16::try_from(action).map_err(|_| BodyError::Malformed)?);
        flow.chance(&mut t.content.0)?;
        let count = usize::try_from(parts >> 1).ok().filter(|count| *count <= RETURNED_CELLS_MAX);
        let count = count.ok_or(BodyError::TooLarge)?;
        flow.spend(count)?;
        t.returned.resize_with(count, blank_returned);
        for cell in &mut t.returned {
            path(flow, &mut cell.path)?;
            flow.text(&mut cell.reason)?;
        }
        t.reason = if parts & 1 == 0 {
            None
        } else {
            let mut reason = t.reason.take().unwrap_or_default();
            flow.text(&mut reason)?;
            Some(reason)
        };
    }
    Ok(())
}

/// The cells of creations, type by type, then those of patches.
fn all_cells<F: Flow>(
    flow: &mut F,
    ops: &mut [Op],
    types: &[(TypeRef, String)],
    days: &[i64],
    before: &Before,
) -> Done {
    let mut rows: Vec<CellChanges> = ops.iter_mut().map(|op| taken(&mut op.change)).collect();
    let group = |of: Option<&TypeRef>| {
        let wanted = |op: &Op| match &op.change {
            Change::Create(create) => of == Some(&create.type_ref),
            Change::Patch(_) => of.is_none(),
            Change::Transition(_)
            | Change::Comment(_)
            | Change::Acknowledge(_)
            | Change::Pack(_)
            | Change::Office(_)
            | Change::Certificate(_)
            | Change::Revocation(_)
            | Change::Unknown(_) => false,
        };
        ops.iter().map(wanted).collect::<Vec<bool>>()
    };
    for of in types.iter().map(|(ty, _)| Some(ty)).chain([None]) {
        let wanted = group(of);
        let chosen = rows.iter_mut().zip(days).zip(wanted).filter(|(_, wanted)| *wanted);
        let mut chosen: Vec<_> = chosen.map(|((cells, day), _)| (*day, cells)).collect();
        cells(flow, &mut chosen, before)?;
    }
    for (op, row) in ops.iter_mut().zip(rows) {
        put_back(&mut op.change, row)?;
    }
    Ok(())
}

fn taken(change: &mut Change) -> CellChanges {
    match change {
        Change::Create(create) => {
            let cells = std::mem::take(&mut create.cells);
            cells.into_iter().map(|(path, cell)| (path, Some(cell))).collect()
        }
        Change::Patch(patch) => std::mem::take(&mut patch.cells),
        Change::Transition(_)
        | Change::Comment(_)
        | Change::Acknowledge(_)
        | Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => CellChanges::new(),
    }
}

fn put_back(change: &mut Change, cells: CellChanges) -> Done {
    match change {
        Change::Create(create) => {
            let whole = |(path, cell): (CellPath, Option<Cell>)| Some((path, cell?));
            let all: Option<Cells> = cells.into_iter().map(whole).collect();
            create.cells = all.ok_or(BodyError::Malformed)?;
        }
        Change::Patch(patch) => patch.cells = cells,
        Change::Transition(_)
        | Change::Comment(_)
        | Change::Acknowledge(_)
        | Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => {}
    }
    Ok(())
}

fn record(change: &mut Change) -> Result<&mut RecordId, BodyError> {
    match change {
        Change::Create(c) => Ok(&mut c.record),
        Change::Patch(c) => Ok(&mut c.record),
        Change::Transition(c) => Ok(&mut c.record),
        Change::Comment(c) => Ok(&mut c.record),
        Change::Acknowledge(c) => Ok(&mut c.record),
        Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => Err(BodyError::Malformed),
    }
}

fn saw_of(change: &mut Change) -> Option<&mut Vec<OpTag>> {
    match change {
        Change::Patch(c) => Some(&mut c.saw),
        Change::Transition(c) => Some(&mut c.saw),
        Change::Comment(c) => Some(&mut c.saw),
        Change::Acknowledge(c) => Some(&mut c.saw),
        Change::Create(_)
        | Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => None,
    }
}

/// An operation of a kind, to be filled.
fn blank(kind: u64) -> Result<Op, BodyError> {
    let (record, saw) = (RecordId([0; 16]), Vec::new());
    let change = match kind {
        0 => Change::Create(Create {
            record,
            type_ref: blank_type(),
            office: OfficeId(0),
            period: None,
            cells: Cells::new(),
        }),
        1 => Change::Patch(Patch { record, saw, type_version: 0, cells: CellChanges::new() }),
        2 => Change::Transition(Transition {
            record,
            saw,
            action: ActionId(0),
            content: Digest([0; 32]),
            returned: Vec::new(),
            reason: None,
        }),
        3 => Change::Comment(Comment { record, saw, text: String::new() }),
        4 => Change::Acknowledge(Acknowledge { record, saw }),
        _ => return Err(BodyError::Malformed),
    };
    Ok(Op {
        format: FORMAT,
        time: Hlc::default(),
        author: PersonId([0; 16]),
        office: OfficeId(0),
        submission: SubmissionId([0; 16]),
        change,
        moved: None,
    })
}

fn blank_type() -> TypeRef {
    TypeRef { pack: String::new(), version: 0, type_id: 0 }
}

fn blank_period() -> Period {
    Period::containing(Grain::Day, Date(0))
}

fn blank_returned() -> ReturnedCell {
    use crate::ids::FieldId;
    ReturnedCell { path: CellPath::field(FieldId(0)), reason: String::new() }
}

fn encode(op: &Op) -> Vec<u8> {
    minicbor::to_vec(op).expect("invariant: writing to memory does not fail")
}
