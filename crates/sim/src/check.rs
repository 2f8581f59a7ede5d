//! Checkers. They read what the machines' disks hold and ask the engine nothing that they can
//! work out themselves.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail, ensure};
use domain::ids::{Digest, FieldId, OpTag, RecordId, WriterId};
use domain::op::{Change, Op, StreamId};
use domain::record::{Effect, Record};
use domain::value::{Cell, CellPath, Value};
use ed25519_dalek::Signature;
use node::Follower;
use store::log::{self, Logged, Pos};
use store::records;

use crate::fault::{Counts, Fault};
use crate::lives::origins;
use crate::machine::Machine;
use crate::model::Expected;
use crate::world::World;

/// What was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) operations: usize,
    pub(crate) records: usize,
    pub(crate) digest: String,
}

/// Of each revoked writer, the last trusted operation of each stream.
type Trusted = BTreeMap<WriterId, BTreeMap<StreamId, u64>>;

/// What an active machine lacks that it may have; none if nothing.
pub(crate) fn lacking(world: &World) -> anyhow::Result<Option<String>> {
    let active = || world.machines.iter().enumerate().filter(|(_, machine)| !machine.revoked);
    for (stream, next_seq) in wanted(world)? {
        for (at, holder) in active() {
            if !world.registry.may_have(&stream, holder.office) {
                continue;
            }
            let has = holder.durable(&stream)?;
            if has < next_seq {
                let office = holder.office;
                return Ok(Some(format!(
                    "machine {at} of office {office} has a stream up to {has}, not {next_seq}: \
                     {stream:?}"
                )));
            }
        }
    }
    Ok(None)
}

/// How far every stream must have come: that of an active machine as far as it wrote it, that of a
/// revoked one as far as it is trusted and has come to the centre.
fn wanted(world: &World) -> anyhow::Result<Vec<(StreamId, u64)>> {
    let centre = &world.machines[0];
    let logged = centre.store().read(|r| log::after(r, Pos(0), usize::MAX))?;
    let trusted = trusted(world, &logged);
    let mut wanted = Vec::new();
    for writer in &world.machines {
        let held = if writer.revoked { centre.kernel.held()? } else { writer.kernel.held()? };
        // What a restored machine had sent comes back to it.
        let sent = if writer.restored { centre.kernel.held()? } else { Vec::new() };
        let held = held.into_iter().chain(sent);
        let own = held.filter(|(stream, _)| writer.is(stream.writer));
        for (stream, next_seq) in own {
            let ended = writer.revoked || writer.writer_id != stream.writer;
            let last = trusted.get(&stream.writer).filter(|_| ended);
            let last = last.map(|last| last.get(&stream).copied().unwrap_or(0));
            wanted.push((stream, last.map_or(next_seq, |last| next_seq.min(last + 1))));
        }
    }
    Ok(wanted)
}

/// Checks every disk.
pub(crate) fn all(world: &mut World, facts: bool) -> anyhow::Result<Checked> {
    let mut counts = std::mem::take(&mut world.counts);
    let mut records_at_centre = BTreeMap::new();
    let mut operations = 0;
    for (at, machine) in world.machines.iter().enumerate().filter(|(_, m)| !m.revoked) {
        let on = || format!("on machine {at} of office {}", machine.office);
        let faults = machine.store().check().with_context(on)?;
        ensure!(faults.is_empty(), "{}: {faults:?}", on());
        let logged = machine.store().read(|r| log::after(r, Pos(0), usize::MAX))?;
        chains(world, machine, &logged).with_context(on)?;
        let trusted = trusted(world, &logged);
        let counting = counting(world, machine, &logged, &trusted, &mut counts).with_context(on)?;
        once_each(world, &counting).with_context(on)?;
        for (submission, (_, link)) in world.acknowledged.iter().filter(|(_, (of, _))| *of == at) {
            ensure!(counting.contains_key(link), "{}: {submission} counts no longer", on());
        }
        if at == 0 {
            operations = counting.len();
            records_at_centre = folded(world, machine, &counting).with_context(on)?;
            arrival(&logged, &mut counts);
        } else {
            same(world, machine, &counting, &records_at_centre).with_context(on)?;
        }
    }
    receipts(world)?;
    world.lives()?;
    if facts {
        for (at, machine) in world.machines.iter_mut().enumerate() {
            rebuilt(machine).with_context(|| format!("on machine {at}"))?;
        }
    }
    let mut hasher = blake3::Hasher::new();
    for record in records_at_centre.values() {
        note(record, &mut counts);
        hasher.update(&minicbor::to_vec(record)?);
    }
    world.counts = counts;
    let digest = hasher.finalize().to_hex().to_string();
    Ok(Checked { operations, records: records_at_centre.len(), digest })
}

/// Every chain, hashed and verified here from its bytes alone; its writer may write it, and the
/// machine have it; and it is what stands on its writer's own disk.
fn chains(world: &World, machine: &Machine, logged: &[Logged]) -> anyhow::Result<()> {
    let mut streams: BTreeMap<&StreamId, BTreeMap<u64, &[u8]>> = BTreeMap::new();
    for one in logged {
        let stream = streams.entry(one.op.stream()).or_default();
        let twice = stream.insert(one.op.seq(), one.op.bytes());
        ensure!(twice.is_none(), "an operation is there twice");
    }
    for (stream, ops) in streams {
        let registry = &world.registry;
        ensure!(registry.may_have(stream, machine.office), "a stream out of scope: {stream:?}");
        ensure!(registry.may_write(stream), "a stream that its writer may not write: {stream:?}");
        let name = minicbor::to_vec(stream)?;
        let mut link = blake3::hash(&[&b"genggam stream 1"[..], &name].concat());
        let mut links = BTreeMap::from([(1, link)]);
        for (at, (seq, bytes)) in (1..).zip(&ops) {
            ensure!(*seq == at, "a stream has a gap before {seq}: {stream:?}");
            link = blake3::hash(&[&link.as_bytes()[..], bytes].concat());
            links.insert(seq + 1, link);
            let forbidden = world.crimes.forbidden.contains(blake3::hash(bytes).as_bytes());
            ensure!(!forbidden, "a forged operation was accepted: {seq} of {stream:?}");
        }
        if let Some(head) = machine.store().read(|r| log::signed_head(r, stream))? {
            let link = links.get(&head.next_seq).context("a signed head of nothing")?;
            let mut signed = b"genggam head 1".to_vec();
            signed.extend(&name);
            signed.extend(head.next_seq.to_be_bytes());
            signed.extend(link.as_bytes());
            let key = world.keys.get(&stream.writer).context("a writer without a key")?;
            key.verify_strict(&signed, &Signature::from_bytes(&head.signature))?;
        }
        // What was written with a stolen key, its owner's disk doesn't hold.
        let stolen = ops.values().any(|op| world.crimes.void.contains(blake3::hash(op).as_bytes()));
        let writer = world.machines.iter().find(|writer| writer.is(stream.writer));
        if let Some(writer) = writer.filter(|_| !stolen) {
            let wrote = |own: &[Vec<u8>]| {
                own.len() >= ops.len()
                    && own.iter().zip(ops.values()).all(|(own, here)| own == here)
            };
            let own = writer.store().read(|r| log::bytes_of_stream(r, stream, 1, usize::MAX))?;
            // One that is revoked before it hears the node above gets nothing back of what it sent
            // from a disk that it lost.
            let lost = writer.lost.iter().filter(|_| writer.revoked);
            let once = lost.filter_map(|disk| disk.get(stream)).any(|own| wrote(own));
            ensure!(once || wrote(&own), "not what its writer wrote: {stream:?}");
        }
    }
    Ok(())
}

/// What the revocations in a log say, the strictest of each.
fn trusted(world: &World, logged: &[Logged]) -> Trusted {
    let keys = world.machines.iter().flat_map(Machine::keys);
    let honest: BTreeSet<WriterId> = keys.collect();
    let mut all = Trusted::new();
    for one in logged.iter().filter(|one| honest.contains(&one.op.stream().writer)) {
        let Change::Revocation(revocation) = &one.op.op().change else { continue };
        let said = revocation.trusted.iter().map(|t| (t.stream.clone(), t.last_seq));
        let said: BTreeMap<StreamId, u64> = said.collect();
        match all.get_mut(&revocation.writer) {
            None => drop(all.insert(revocation.writer, said)),
            Some(before) => {
                before.retain(|stream, _| said.contains_key(stream));
                before.iter_mut().for_each(|(stream, last)| *last = (*last).min(said[stream]));
            }
        }
    }
    all
}

/// The operations that count at a machine, by the links that they had first; the others are marked so in its store.
fn counting(
    world: &World,
    machine: &Machine,
    logged: &[Logged],
    trusted: &Trusted,
    counts: &mut Counts,
) -> anyhow::Result<BTreeMap<Digest, Op>> {
    let mut ops = BTreeMap::new();
    for one in logged {
        let (stream, seq) = (one.op.stream(), one.op.seq());
        let own = stream.writer == machine.writer_id;
        let last = trusted.get(&stream.writer).filter(|_| !own);
        let counts_here = last.is_none_or(|last| seq <= last.get(stream).copied().unwrap_or(0));
        if counts_here {
            ops.insert(one.op.origin(), one.op.op().clone());
        } else {
            counts.note(Fault::Voided);
        }
        let void = world.crimes.void.contains(blake3::hash(one.op.bytes()).as_bytes());
        ensure!(!(void && counts_here), "an operation after a revocation counts: {stream:?}");
    }
    Ok(ops)
}

/// No submission is there twice.
fn once_each(world: &World, ops: &BTreeMap<Digest, Op>) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for op in ops.values() {
        let twofold = matches!(op.change, Change::Certificate(_) | Change::Revocation(_));
        let villainous = op.change.record().is_some_and(|r| world.crimes.records.contains(&r));
        if !twofold && !villainous {
            ensure!(seen.insert(op.submission), "submission {} is there twice", op.submission);
        }
    }
    Ok(())
}

/// Every record is what the model makes of its operations.
fn folded(
    world: &World,
    machine: &Machine,
    ops: &BTreeMap<Digest, Op>,
) -> anyhow::Result<BTreeMap<RecordId, Record>> {
    let mut folded = BTreeMap::new();
    for (id, ops) in by_record(world, ops) {
        let record = machine.store().read(|r| records::get(r, id))?;
        let begun = ops.values().any(|op| matches!(op.change, Change::Create(_)));
        if !begun {
            ensure!(record.is_none(), "record {id} is there though nothing begins it");
            continue;
        }
        let record = record.with_context(|| format!("record {id} is missing"))?;
        let (found, expected) = (Expected::of(&record), Expected::from_ops(&ops));
        ensure!(found == expected, "record {id} is {found:#?}, should be {expected:#?}");
        folded.insert(id, record);
    }
    for id in machine.records()? {
        let known = folded.contains_key(&id) || world.crimes.records.contains(&id);
        ensure!(known, "record {id} is there though no operation makes it");
    }
    Ok(folded)
}

fn by_record(world: &World, ops: &BTreeMap<Digest, Op>) -> BTreeMap<RecordId, BTreeMap<OpTag, Op>> {
    let mut by_record: BTreeMap<RecordId, BTreeMap<OpTag, Op>> = BTreeMap::new();
    for (link, op) in ops {
        let record = op.change.record().filter(|id| !world.crimes.records.contains(id));
        if let Some(record) = record {
            by_record.entry(record).or_default().insert(link.tag(), op.clone());
        }
    }
    by_record
}

/// Every record that a machine has operations of is the same as at the centre.
fn same(
    world: &World,
    machine: &Machine,
    ops: &BTreeMap<Digest, Op>,
    centre: &BTreeMap<RecordId, Record>,
) -> anyhow::Result<()> {
    for id in by_record(world, ops).into_keys() {
        let record = machine.store().read(|r| records::get(r, id))?;
        let there = centre.get(&id);
        ensure!(record.as_ref() == there, "record {id} is {record:#?}, at the centre {there:#?}");
    }
    Ok(())
}

/// What was acknowledged stands where it was, for ever.
fn receipts(world: &World) -> anyhow::Result<()> {
    let mut links: Vec<BTreeSet<Digest>> = Vec::new();
    for machine in &world.machines {
        links.push(origins(machine)?);
    }
    for (submission, (at, link)) in &world.acknowledged {
        // A restored machine that is revoked before it hears the one above gets nothing back.
        let above = world.machines[*at].restored && links.iter().any(|links| links.contains(link));
        if !above && !links[*at].contains(link) {
            bail!("{submission} was acknowledged at machine {at} and is lost");
        }
    }
    Ok(())
}

/// The facts that grew with the log are those of a rebuild.
fn rebuilt(machine: &mut Machine) -> anyhow::Result<()> {
    machine.follower.follow(&machine.kernel)?;
    let mut rebuilt = Follower::new(&machine.kernel)?;
    rebuilt.follow(&machine.kernel)?;
    ensure!(machine.follower.rows() == rebuilt.rows(), "the facts are not those of a rebuild");
    let (mut reports, mut sum) = (0, 0);
    for id in machine.records()? {
        let record = machine.store().read(|r| records::get(r, id))?;
        let cells = record.map(|record| record.cells()).unwrap_or_default();
        reports += 1;
        if let Some(Cell::Value(Value::Int(number))) = cells.get(&CellPath::field(FieldId(1))) {
            sum += number;
        }
    }
    for (measure, expected) in [("sim.count", reports), ("sim.sum", sum)] {
        let rows = rebuilt.rows().iter().filter(|row| row.measure == measure);
        let found: i64 = rows.map(|row| row.value * i64::from(row.weight)).sum();
        ensure!(found == expected, "{measure} is {found}, should be {expected}");
    }
    Ok(())
}

/// Counts what the order of arrival put a machine through.
fn arrival(logged: &[Logged], counts: &mut Counts) {
    let mut created = BTreeSet::new();
    for op in logged.iter().map(|logged| logged.op.op()) {
        let Some(record) = op.change.record() else { continue };
        if matches!(op.change, Change::Create(_)) {
            created.insert(record);
        } else if !created.contains(&record) {
            counts.note(Fault::BeforeCreation);
        }
    }
}

/// Counts what a record went through.
fn note(record: &Record, counts: &mut Counts) {
    for held in record.cells.values() {
        held.losers.iter().for_each(|_| counts.note(Fault::Conflict));
    }
    for (at, event) in record.history.iter().enumerate() {
        match &event.effect {
            Effect::Refused(..) => counts.note(Fault::RefusedMove),
            Effect::Patched(patched) => {
                if patched.reopened.is_some() {
                    counts.note(Fault::Reopened);
                }
                if at > 0 && event.saw.is_empty() {
                    counts.note(Fault::CreatedTwice);
                }
            }
            Effect::Created
            | Effect::Moved(_)
            | Effect::Commented
            | Effect::Acknowledged
            | Effect::Foreign => {}
        }
    }
}
