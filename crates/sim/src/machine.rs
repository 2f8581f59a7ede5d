//! One simulated machine: a real store on disk, and what a process holds in memory.

use std::fs;
use std::io::Write as _;

use domain::hlc::{Clock, Hlc};
use domain::ids::{Digest, OfficeId, PersonId, RecordId, SubmissionId};
use domain::op::{self, Audience, Change, FORMAT, Lane, Op, OpError, SealedOp, StreamId};
use domain::pack::Pack;
use domain::period::Date;
use domain::permit::Permit;
use domain::record::{self, FoldError, Record, Tagged};
use ed25519_dalek::{SigningKey, VerifyingKey};
use store::log::Pos;
use store::receipts::{self, Receipt};
use store::records::{self, Index};
use store::{Store, StoreError, Tx, log};
use tempfile::TempDir;
use thiserror::Error;

use crate::network::Offer;
use crate::pack::pack;
use crate::want::Want;

/// When a machine dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    BeforeCommit,
    AfterCommit,
}

#[derive(Debug, Error)]
pub(crate) enum MachineError {
    #[error("the machine died")]
    Crashed,
    #[error("a transaction that was never committed left something")]
    HalfWritten,
    #[error("storage failed")]
    Store(#[from] StoreError),
    #[error("the operation could not be sealed")]
    Seal(#[from] OpError),
    #[error("the record could not be folded")]
    Fold(#[from] FoldError),
    #[error("the disk failed")]
    Disk(#[from] std::io::Error),
}

/// What came of a submission.
#[derive(Debug)]
pub(crate) enum Submitted {
    New(Receipt),
    Repeated(Receipt),
    /// There is nothing to do it to.
    Nothing,
}

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// New operations joined the log: this many.
    New(usize),
    /// It held nothing new.
    Known,
    /// What comes before it isn't here.
    Gap,
    /// It doesn't prove itself.
    Refused,
}

#[derive(Debug)]
pub(crate) struct Machine {
    dir: TempDir,
    store: Store,
    key: SigningKey,
    stream: StreamId,
    clock: Clock,
    pub(crate) skew_ms: i64,
    packs: Vec<Pack>,
    person: PersonId,
    pub(crate) office: OfficeId,
    /// How often an operation's type was unknown.
    pub(crate) unknown_types: u64,
}

impl Machine {
    pub(crate) fn new(number: u8, seed: [u8; 32], skew_ms: i64) -> Result<Self, MachineError> {
        let dir = TempDir::new()?;
        let store = Store::open(dir.path())?;
        let key = SigningKey::from_bytes(&seed);
        let office = OfficeId(u32::from(number) + 1);
        let stream = StreamId {
            writer: op::writer_id(&key.verifying_key()),
            epoch: 1,
            audience: Audience::Up(office),
            lane: Lane::Forms,
        };
        Ok(Self {
            dir,
            store,
            key,
            stream,
            clock: Clock::default(),
            skew_ms,
            packs: vec![pack(1)],
            person: PersonId([number; 16]),
            office,
            unknown_types: 0,
        })
    }

    pub(crate) fn key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The latest version of the pack that it knows.
    pub(crate) fn version(&self) -> u32 {
        self.packs.last().map_or(1, |pack| pack.version)
    }

    /// What the machine takes for the time.
    fn wall_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// Somebody submits. The same submission again gives the first receipt.
    pub(crate) fn submit(
        &mut self,
        submission: SubmissionId,
        want: &Want,
        now_ms: u64,
        crash: Option<Crash>,
    ) -> Result<Submitted, MachineError> {
        let (stream, key, packs, person) = (&self.stream, &self.key, &self.packs, self.person);
        let time = self.clock.tick(now_ms.saturating_add_signed(self.skew_ms));
        let office = self.office;
        let before = self.last_pos()?;
        let submitted = self.store.write(|tx| {
            if let Some(receipt) = receipts::get(tx, submission)? {
                return Ok(Submitted::Repeated(receipt));
            }
            let standing = records::get(tx, want.record())?;
            let Some(change) = want.change(standing.as_ref()) else {
                return Ok(Submitted::Nothing);
            };
            let owner = match &change {
                Change::Create(create) => create.office,
                Change::Patch(_)
                | Change::Transition(_)
                | Change::Comment(_)
                | Change::Acknowledge(_)
                | Change::Pack(_)
                | Change::Office(_)
                | Change::Certificate(_)
                | Change::Revocation(_)
                | Change::Unknown(_) => office,
            };
            let operation = Op { format: FORMAT, time, author: person, office, submission, change };
            let permit = Permit::granted(person, owner, "submit");
            let sealed = op::seal(&permit, stream, &log::head(tx, stream)?, operation)?;
            let receipt = commit(tx, packs, &sealed, now_ms)?;
            log::put_signed_head(tx, &op::sign_head(key, stream, &sealed.head()))?;
            if crash == Some(Crash::BeforeCommit) {
                return Err(MachineError::Crashed);
            }
            Ok(Submitted::New(receipt))
        });
        if let Some(crash) = crash {
            return self.die(crash, before);
        }
        submitted
    }

    /// A message arrives.
    pub(crate) fn receive(
        &mut self,
        message: &Offer,
        key: &VerifyingKey,
        now_ms: u64,
        crash: Option<Crash>,
    ) -> Result<Received, MachineError> {
        let wall_ms = self.wall_ms(now_ms);
        let packs = &self.packs;
        let (mut seen, mut unknown) = (Hlc::default(), 0);
        let before = self.last_pos()?;
        let received = self.store.write(|tx| {
            let head = log::head(tx, &message.stream)?;
            let Some(skip) = head.next_seq.checked_sub(message.from_seq) else {
                return Ok(Received::Gap);
            };
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            let Some(new) = message.ops.get(skip..).filter(|new| !new.is_empty()) else {
                return Ok(Received::Known);
            };
            let Ok(ops) = op::verify(&message.stream, &head, new, &message.head, key) else {
                return Ok(Received::Refused);
            };
            for sealed in &ops {
                commit(tx, packs, sealed, now_ms)?;
                unknown += u64::from(waits(tx, sealed)?);
                seen = seen.max(sealed.op().time);
            }
            log::put_signed_head(tx, &message.head)?;
            if crash == Some(Crash::BeforeCommit) {
                return Err(MachineError::Crashed);
            }
            Ok(Received::New(ops.len()))
        });
        if let Some(crash) = crash {
            return self.die(crash, before);
        }
        self.unknown_types += unknown;
        self.clock.witness(seen, wall_ms);
        received
    }

    /// Dies during a transaction, and wakes.
    fn die<T>(&mut self, crash: Crash, before: Pos) -> Result<T, MachineError> {
        self.reopen(&[])?;
        if crash == Crash::BeforeCommit && self.last_pos()? != before {
            return Err(MachineError::HalfWritten);
        }
        Err(MachineError::Crashed)
    }

    pub(crate) fn last_pos(&self) -> Result<Pos, MachineError> {
        Ok(self.store.read(log::last_pos)?)
    }

    /// The process is killed: what stays is what the disk holds, with these bytes after the end
    /// of the write-ahead log, as a write that was cut off leaves them.
    pub(crate) fn reopen(&mut self, torn: &[u8]) -> Result<(), MachineError> {
        let left = TempDir::new()?;
        for name in ["genggam.db", "genggam.db-wal"] {
            let from = self.dir.path().join(name);
            if from.exists() {
                fs::copy(from, left.path().join(name))?;
            }
        }
        if !torn.is_empty() {
            let wal = left.path().join("genggam.db-wal");
            fs::OpenOptions::new().append(true).create(true).open(wal)?.write_all(torn)?;
        }
        self.store = Store::open(left.path())?;
        self.dir = left;
        let last = self.store.read(|r| {
            let next = log::head(r, &self.stream)?.next_seq;
            log::find(r, &self.stream, next.saturating_sub(1))
        })?;
        self.clock = Clock::after(last.map_or(Hlc::default(), |logged| logged.op.op().time));
        Ok(())
    }

    /// The next version of the pack arrives, and what waited for it is folded.
    pub(crate) fn learn(&mut self) -> Result<(), MachineError> {
        let version = self.version() + 1;
        self.packs.push(pack(version));
        let packs = &self.packs;
        self.store.write(|tx| {
            for id in records::waiting(tx, "sim", version)? {
                let ops = tagged(tx, id)?;
                match record::fold(&ops, packs.as_slice()) {
                    Ok(record) => keep(tx, record)?,
                    Err(FoldError::UnknownType(wanted)) => records::wait(tx, id, &wanted)?,
                }
            }
            Ok(())
        })
    }

    /// Everything of a stream from a place on, with the head that its writer signed.
    pub(crate) fn offer(
        &self,
        stream: &StreamId,
        from_seq: u64,
    ) -> Result<Option<Offer>, MachineError> {
        self.store.read(|r| {
            let ops = log::of_stream(r, stream, from_seq, usize::MAX)?;
            let (Some(first), Some(head)) = (ops.first(), log::signed_head(r, stream)?) else {
                return Ok(None);
            };
            let prev = first.op.prev();
            let ops = ops.iter().map(|logged| logged.op.bytes().to_vec()).collect();
            Ok(Some(Offer { stream: stream.clone(), from_seq, prev, ops, head }))
        })
    }

    /// The place that comes next in a stream.
    pub(crate) fn next_seq(&self, stream: &StreamId) -> Result<u64, MachineError> {
        self.store.read(|r| Ok(log::head(r, stream)?.next_seq))
    }

    /// Records that it holds, by id.
    pub(crate) fn records(&self) -> Result<Vec<RecordId>, MachineError> {
        let listed =
            self.store.read(|r| records::list(r, &records::Filter::default(), None, usize::MAX))?;
        let mut ids: Vec<_> = listed.into_iter().map(|listed| listed.record).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

/// The one way an operation joins a machine: the log, the record, the receipt.
fn commit(
    tx: &Tx<'_>,
    packs: &[Pack],
    sealed: &SealedOp,
    now_ms: u64,
) -> Result<Receipt, MachineError> {
    let pos = log::append(tx, sealed, now_ms)?;
    let change = &sealed.op().change;
    if let Some(id) = change.record() {
        let all = || tagged(tx, id);
        match record::apply(records::get(tx, id)?, &sealed.tagged(), packs, all) {
            Ok(record) => keep(tx, record)?,
            Err(MachineError::Fold(FoldError::UnknownType(wanted))) => {
                records::wait(tx, id, &wanted)?;
            }
            Err(error) => return Err(error),
        }
    }
    let receipt = Receipt {
        submission: sealed.op().submission,
        record: change.record(),
        link: sealed.link(),
        pos,
        received_ms: now_ms,
        author: sealed.op().author,
        digest: Digest([0; 32]),
        flags: 0,
    };
    receipts::put(tx, &receipt)?;
    Ok(receipt)
}

/// Whether the operation's record waits for a version of the pack.
fn waits(tx: &Tx<'_>, sealed: &SealedOp) -> Result<bool, StoreError> {
    let waiting = records::waiting(tx, "sim", 2)?;
    Ok(sealed.op().change.record().is_some_and(|record| waiting.contains(&record)))
}

fn tagged(tx: &Tx<'_>, id: RecordId) -> Result<Vec<Tagged>, MachineError> {
    Ok(log::of_record(tx, id, None)?.iter().map(|logged| logged.op.tagged()).collect())
}

fn keep(tx: &Tx<'_>, record: Option<Record>) -> Result<(), MachineError> {
    let Some(record) = record else { return Ok(()) };
    let index = Index {
        type_key: format!("sim.t{}", record.type_ref.type_id),
        office: record.office,
        state_key: record.state.to_string(),
        date: Date(18_000),
        title: record.id.to_string(),
        urgent: false,
        counts: true,
        updated_ms: 0,
    };
    Ok(records::put(tx, &record, &index)?)
}
