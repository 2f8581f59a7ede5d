//! The quarantine on an administrator's screen: what was refused, why, where it claims to come
//! from; who has seen it; and the proof to take away. Nothing is ever deleted from it.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, RecordId, WriterId};
use domain::limits::{OP_BYTES_MAX, QUARANTINE_PAGE_ROWS_MAX};
use domain::op::{Audience, Lane, Op, StreamId};
use domain::problem::Problem;
use serde::Serialize;
use serde_json::json;
use store::quarantine::{self, Held, Seen};
use store::{Reader, StoreError, audit, health};

use crate::actor::Actor;
use crate::hex;
use crate::node::{Names, Node};
use crate::policy::{Action, Denied, Judge, Resource};
use crate::records::ReadError;
use crate::views::OfficeName;
use crate::world::World;

/// What the file with a proof says that it is.
const PROOF: &str = "genggam quarantine proof 1";

/// A page of the quarantine, latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantinePage {
    /// The refused operations.
    pub rows: Vec<QuarantineRow>,
    /// Give this as `before` to get the next page; none at the end.
    pub next: Option<u64>,
    /// How many nobody has seen, on all pages.
    pub unseen: u64,
}

/// A refused operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineRow {
    /// Its number here.
    pub id: u64,
    /// When it came, in milliseconds since 1970.
    pub received_ms: u64,
    /// Why it was refused.
    pub problem: Problem,
    /// More of why, for whoever mends it: English, of a program.
    pub detail: String,
    /// The stream that it claims.
    pub stream: Option<StreamShown>,
    /// The place in it that it claims.
    pub seq: Option<u64>,
    /// How many bytes came.
    pub bytes: usize,
    /// What the bytes say, where they are an operation. Nothing of it is proved.
    pub op: Option<OpShown>,
    /// Who has seen it.
    pub seen: Option<SeenShown>,
}

/// A stream, in names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamShown {
    /// Who writes it.
    pub writer: WriterId,
    /// The writer's office, where a node of that key was heard of.
    pub writer_office: Option<OfficeName>,
    /// The writer's life.
    pub epoch: u32,
    /// `up`, `down` or `to`.
    pub audience: &'static str,
    /// The offices of the audience.
    pub offices: Vec<OfficeName>,
    /// The lane.
    #[serde(serialize_with = "crate::sync_view::lane_name")]
    pub lane: Lane,
}

/// What an operation says, without any text that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpShown {
    /// What it does: `create`, `patch`…
    pub kind: &'static str,
    /// The record that it changes.
    pub record: Option<RecordId>,
    /// The office in whose name.
    pub office: OfficeName,
    /// When it says that it was made, in milliseconds since 1970.
    pub time_ms: u64,
}

/// Who has seen a refused operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenShown {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The name that they sign in with, or as it is known.
    pub by: String,
}

/// A refused operation with its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineItem {
    /// What is known of it.
    pub row: QuarantineRow,
    /// Its bytes, two hexadecimal digits each.
    pub hex: String,
}

/// A file that proves what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The file's name.
    pub name: String,
    /// Its bytes: JSON.
    pub bytes: Vec<u8>,
}

impl Node {
    /// A page of what was refused: all, or what nobody has seen.
    ///
    /// # Errors
    /// If the person doesn't administer this node's office, or storage fails.
    pub fn quarantine(
        &self,
        by: &Actor,
        before: Option<u64>,
        unseen: bool,
    ) -> Result<QuarantinePage, ReadError> {
        let (world, judge) = (self.core.world(), self.administered(by)?);
        self.core.store.read(|r| {
            let limit = QUARANTINE_PAGE_ROWS_MAX;
            let mut held = quarantine::list(r, before, unseen, limit + 1)?;
            let more = held.len() > limit;
            held.truncate(limit);
            let next = held.last().map(|held| held.id).filter(|_| more);
            let mut shown = Shown::new(r, &world, &judge)?;
            let rows = held.iter().map(|held| shown.row(held)).collect::<Result<_, _>>()?;
            Ok(QuarantinePage { rows, next, unseen: quarantine::unseen(r)? })
        })
    }

    /// One refused operation, without its bytes.
    ///
    /// # Errors
    /// As [`Node::quarantine`]; or if there is none of this number.
    pub fn quarantined(&self, by: &Actor, id: u64) -> Result<QuarantineRow, ReadError> {
        let (world, judge) = (self.core.world(), self.administered(by)?);
        self.core.store.read(|r| {
            let held = quarantine::get(r, id)?.ok_or(ReadError::NotFound)?;
            Ok(Shown::new(r, &world, &judge)?.row(&held)?)
        })
    }

    /// One refused operation with its bytes, which may hold what people wrote: that they were
    /// looked at is written to the audit trail.
    ///
    /// # Errors
    /// As [`Node::quarantined`].
    pub fn quarantine_item(&self, by: &Actor, id: u64) -> Result<QuarantineItem, ReadError> {
        let row = self.quarantined(by, id)?;
        let held = self.taken(by, id, "quarantine.bytes")?;
        Ok(QuarantineItem { row, hex: hex::encode(&held.refused.bytes) })
    }

    /// A file that holds one refused operation and what is known of it. That it was taken is
    /// written to the audit trail.
    ///
    /// # Errors
    /// As [`Node::quarantined`].
    pub fn quarantine_proof(&self, by: &Actor, id: u64) -> Result<Proof, ReadError> {
        let row = self.quarantined(by, id)?;
        let held = self.taken(by, id, "quarantine.export")?;
        let bytes = &held.refused.bytes;
        let stream = held.refused.stream.as_ref().map(|stream| {
            hex::encode(
                &minicbor::to_vec(stream).expect("invariant: writing to memory does not fail"),
            )
        });
        let proof = json!({
            "format": PROOF,
            "node": self.core.own.writer,
            "node_name": self.core.name,
            "exported_ms": self.core.clock.now_ms(),
            "item": row,
            "stream_cbor": stream,
            "blake3": blake3::hash(bytes).to_hex().as_str(),
            "bytes": hex::encode(bytes),
        });
        let text = serde_json::to_string_pretty(&proof);
        let bytes = text.expect("invariant: a proof is plain data") + "\n";
        Ok(Proof { name: format!("karantina-{id}.json"), bytes: bytes.into_bytes() })
    }

    /// Marks a refused operation as seen. Who saw it first stays.
    ///
    /// # Errors
    /// As [`Node::quarantined`].
    pub fn quarantine_seen(&self, by: &Actor, id: u64) -> Result<QuarantineRow, ReadError> {
        self.quarantined(by, id)?;
        let at_ms = self.core.clock.now_ms();
        self.core.store.write(|tx| {
            if quarantine::mark_seen(tx, id, Seen { at_ms, by: by.person() })? {
                audit::put(tx, &entry(by, at_ms, "quarantine.seen", id))?;
            }
            Ok::<_, StoreError>(())
        })?;
        self.quarantined(by, id)
    }

    /// A refused operation whose bytes leave the store.
    fn taken(&self, by: &Actor, id: u64, action: &str) -> Result<Held, ReadError> {
        let at_ms = self.core.clock.now_ms();
        self.core.store.write(|tx| {
            let held = quarantine::get(tx, id)?.ok_or(ReadError::NotFound)?;
            audit::put(tx, &entry(by, at_ms, action, id))?;
            Ok(held)
        })
    }

    /// Whether the person may look into the quarantine.
    pub(crate) fn sees_quarantine(&self, by: &Actor) -> bool {
        self.administered(by).is_ok()
    }

    /// The judge of this moment, if the person administers this node's office.
    fn administered(&self, by: &Actor) -> Result<Judge, Denied> {
        let judge = self.core.judge();
        judge.authorise(by, Action::Administer, "", &Resource::Office, self.core.home)?;
        Ok(judge)
    }
}

fn entry(by: &Actor, at_ms: u64, action: &str, id: u64) -> audit::Entry {
    audit::Entry {
        at_ms,
        person: Some(by.person()),
        action: action.to_owned(),
        subject: id.to_string(),
        detail: String::new(),
    }
}

/// The operation that bytes say, if they do: not proved, not even in canonical form.
fn said(bytes: &[u8]) -> Option<Op> {
    if bytes.len() > OP_BYTES_MAX {
        return None;
    }
    minicbor::decode(bytes).ok()
}

/// Showing, for one moment.
struct Shown<'a> {
    r: &'a Reader<'a>,
    world: &'a World,
    judge: &'a Judge,
    names: Names,
    writers: BTreeMap<WriterId, OfficeId>,
}

impl<'a> Shown<'a> {
    fn new(r: &'a Reader<'a>, world: &'a World, judge: &'a Judge) -> Result<Self, StoreError> {
        let writers = health::all(r)?.into_iter().map(|row| (row.writer, row.office)).collect();
        Ok(Self { r, world, judge, names: Names::default(), writers })
    }

    fn row(&mut self, held: &Held) -> Result<QuarantineRow, StoreError> {
        let refused = &held.refused;
        let problem = Problem { code: refused.code.clone(), at: None, values: BTreeMap::new() };
        let seen = held.seen.map(|seen| {
            let by = self.names.of(self.r, seen.by)?;
            Ok::<_, StoreError>(SeenShown { at_ms: seen.at_ms, by })
        });
        Ok(QuarantineRow {
            id: held.id,
            received_ms: refused.received_ms,
            problem,
            detail: refused.detail.clone(),
            stream: refused.stream.as_ref().map(|stream| self.stream(stream)),
            seq: refused.seq,
            bytes: refused.bytes.len(),
            op: said(&refused.bytes).map(|op| self.op(&op)),
            seen: seen.transpose()?,
        })
    }

    fn stream(&self, stream: &StreamId) -> StreamShown {
        let (audience, offices) = match &stream.audience {
            Audience::Up(office) => ("up", std::slice::from_ref(office)),
            Audience::Down(office) => ("down", std::slice::from_ref(office)),
            Audience::To(offices) => ("to", offices.as_slice()),
        };
        StreamShown {
            writer: stream.writer,
            writer_office: self.writers.get(&stream.writer).map(|office| self.office(*office)),
            epoch: stream.epoch,
            audience,
            offices: offices.iter().map(|office| self.office(*office)).collect(),
            lane: stream.lane,
        }
    }

    fn op(&self, op: &Op) -> OpShown {
        OpShown {
            kind: op.change.kind(),
            record: op.change.record(),
            office: self.office(op.office),
            time_ms: op.time.ms,
        }
    }

    fn office(&self, office: OfficeId) -> OfficeName {
        self.world.office_name(office, self.judge.today)
    }
}
