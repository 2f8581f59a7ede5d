//! Checkers. They read what the machines' disks hold and ask the engine nothing that they can
//! work out themselves.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use domain::ids::{Digest, OpTag, RecordId, SubmissionId, WriterId};
use domain::op::{Op, SignedHead, StreamId};
use domain::record::{Effect, Record};
use ed25519_dalek::{Signature, VerifyingKey};
use store::log::{self, Pos};
use store::{Store, StoreError, records};

use crate::fault::{Counts, Fault};
use crate::machine::Machine;
use crate::model::Expected;

/// What was checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) operations: usize,
    pub(crate) records: usize,
    pub(crate) digest: String,
}

/// The bytes of every stream, as one disk holds them.
type Streams = BTreeMap<StreamId, (Vec<Vec<u8>>, Option<SignedHead>)>;

pub(crate) fn all(
    machines: &[Machine],
    keys: &BTreeMap<WriterId, VerifyingKey>,
    acknowledged: &BTreeMap<SubmissionId, Digest>,
    counts: &mut Counts,
) -> anyhow::Result<Checked> {
    let mut streams_of_first = None;
    let mut records_of_first = None;
    for (number, machine) in machines.iter().enumerate() {
        let on = || format!("on machine {number}");
        let faults = machine.store().check().with_context(on)?;
        ensure!(faults.is_empty(), "{}: {faults:?}", on());
        let streams = streams(machine.store()).with_context(on)?;
        let ops = chains(&streams, keys).with_context(on)?;
        once_each(&ops, acknowledged).with_context(on)?;
        let records = folded(machine.store(), &ops).with_context(on)?;
        arrival(machine.store(), counts)?;
        ensure!(*streams_of_first.get_or_insert(streams.clone()) == streams, "streams differ");
        ensure!(*records_of_first.get_or_insert(records.clone()) == records, "records differ");
    }
    let records: BTreeMap<RecordId, Record> = records_of_first.unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    for record in records.values() {
        note(record, counts);
        hasher.update(&minicbor::to_vec(record)?);
    }
    let operations = acknowledged.len();
    let digest = hasher.finalize().to_hex().to_string();
    Ok(Checked { operations, records: records.len(), digest })
}

fn streams(store: &Store) -> Result<Streams, StoreError> {
    store.read(|r| {
        let mut streams = Streams::new();
        for (stream, _) in log::streams(r)? {
            let ops = log::of_stream(r, &stream, 1, usize::MAX)?;
            let bytes = ops.iter().map(|logged| logged.op.bytes().to_vec()).collect();
            let head = log::signed_head(r, &stream)?;
            streams.insert(stream, (bytes, head));
        }
        Ok(streams)
    })
}

/// Every chain, hashed and verified here from its bytes alone.
fn chains(
    streams: &Streams,
    keys: &BTreeMap<WriterId, VerifyingKey>,
) -> anyhow::Result<BTreeMap<Digest, Op>> {
    let mut ops = BTreeMap::new();
    for (stream, (bytes, head)) in streams {
        let name = minicbor::to_vec(stream)?;
        let mut link = blake3::hash(&[&b"genggam stream 1"[..], &name].concat());
        for bytes in bytes {
            link = blake3::hash(&[&link.as_bytes()[..], bytes].concat());
            ops.insert(Digest(*link.as_bytes()), minicbor::decode(bytes)?);
        }
        let head = head.as_ref().context("a stream has no signed head")?;
        let next_seq = u64::try_from(bytes.len())? + 1;
        ensure!(head.next_seq == next_seq, "the signed head is not the last");
        let mut signed = b"genggam head 1".to_vec();
        signed.extend(&name);
        signed.extend(next_seq.to_be_bytes());
        signed.extend(link.as_bytes());
        keys[&stream.writer].verify_strict(&signed, &Signature::from_bytes(&head.signature))?;
    }
    Ok(ops)
}

/// Every acknowledged submission is there once, and nothing else is.
fn once_each(
    ops: &BTreeMap<Digest, Op>,
    acknowledged: &BTreeMap<SubmissionId, Digest>,
) -> anyhow::Result<()> {
    for (submission, link) in acknowledged {
        let op = ops.get(link).with_context(|| format!("{submission} was lost"))?;
        ensure!(op.submission == *submission, "{submission} has another operation's receipt");
    }
    let submissions: BTreeSet<_> = ops.values().map(|op| op.submission).collect();
    ensure!(submissions.len() == ops.len(), "a submission is there twice");
    ensure!(ops.len() == acknowledged.len(), "an operation is there that nobody submitted");
    Ok(())
}

/// Every record is what the model makes of its operations.
fn folded(store: &Store, ops: &BTreeMap<Digest, Op>) -> anyhow::Result<BTreeMap<RecordId, Record>> {
    let mut by_record: BTreeMap<RecordId, BTreeMap<OpTag, Op>> = BTreeMap::new();
    for (link, op) in ops {
        if let Some(record) = op.change.record() {
            by_record.entry(record).or_default().insert(link.tag(), op.clone());
        }
    }
    let mut records = BTreeMap::new();
    for (id, ops) in by_record {
        let record = store.read(|r| records::get(r, id))?;
        let record = record.with_context(|| format!("record {id} is missing"))?;
        let (found, expected) = (Expected::of(&record), Expected::from_ops(&ops));
        ensure!(found == expected, "record {id} is {found:#?}, should be {expected:#?}");
        records.insert(id, record);
    }
    Ok(records)
}

/// Counts what the order of arrival put a machine through.
fn arrival(store: &Store, counts: &mut Counts) -> anyhow::Result<()> {
    let logged = store.read(|r| log::after(r, Pos(0), usize::MAX))?;
    let mut created = BTreeSet::new();
    for op in logged.iter().map(|logged| logged.op.op()) {
        let Some(record) = op.change.record() else { continue };
        if matches!(op.change, domain::op::Change::Create(_)) {
            created.insert(record);
        } else if !created.contains(&record) {
            counts.note(Fault::BeforeCreation);
        }
    }
    Ok(())
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
