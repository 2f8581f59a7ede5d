//! Bundles: what a session would carry, in a file for a USB stick, a boat or a mail. The return
//! bundle carries receipts: where every stream stands at its sender.

mod file;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{OfficeId, WriterId};
use domain::limits::{BUNDLE_BYTES_MAX, CURSORS_MAX, HELLO_DICTIONARIES_MAX};
use domain::op::StreamId;
use domain::problem::{Problem, ProblemCode};
use domain::sync::{
    BuiltFrame, Cursor, Dictionaries, DictionaryId, Frame, Own, Rules, build, read, tag_of,
};
use domain::trust::KeyRole;
use minicbor::{Decode, Encode};
use store::audit::{self, Entry};
use store::{StoreError, cursors, log};
use thiserror::Error;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::ingest::{Batch, IngestError};
use crate::kernel::Kernel;
use crate::node::Node;
use crate::policy::Denied;
use crate::squeeze::Zstd;
use file::Sealer;

/// What a bundle holds, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum Item {
    /// First: dictionaries, which frames name by their place from 1, and where every stream that
    /// both may hold stands at the sender.
    #[n(0)]
    Head(#[n(0)] Vec<DictionaryId>, #[n(1)] Vec<Cursor>),
    /// A number for a stream, before its first frame.
    #[n(1)]
    Stream(#[n(0)] u32, #[n(1)] StreamId),
    /// Operations.
    #[n(2)]
    Frame(#[n(0)] Frame),
}

/// What to put into a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What the other side lacks, as far as it ever said.
    Lacking,
    /// What was received here since a moment, in milliseconds since 1970.
    Since(u64),
    /// All that it may have.
    All,
}

/// A bundle that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The files, in the order in which they are to be imported.
    pub files: Vec<Vec<u8>>,
    /// Operations in them.
    pub ops: u64,
    /// For whom.
    pub to: OfficeId,
}

/// What came of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The office that sent it: a return bundle for it carries receipts.
    pub from: Option<OfficeId>,
    /// Operations that are new here and kept.
    pub kept: u64,
    /// Operations that were here already.
    pub known: u64,
    /// Operations that were not taken, and are in quarantine.
    pub refused: u64,
    /// Streams of which earlier operations are missing here: they are in another bundle.
    pub gaps: u64,
    /// Operations of ours that the sender has, as its receipts say.
    pub receipts: u64,
}

/// Why a bundle can't be made or taken.
#[derive(Debug, Error)]
pub enum BundleError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The file is none.
    #[error("this is no bundle of Genggam")]
    NoBundle,
    /// It was changed on its way, isn't whole, or is its claimed sender's not.
    #[error("the bundle is damaged")]
    Damaged,
    /// It is for another node.
    #[error("the bundle is for another node")]
    ForAnother,
    /// No certified node has the office, or the sender isn't certified here.
    #[error("no certified node")]
    NoNode,
    /// A key in a certificate is none.
    #[error("a certificate holds no key that bundles can be sealed with")]
    NoKey,
    /// It is larger than a bundle may be.
    #[error("the bundle is too large")]
    TooLarge,
    /// Operations can't be taken now.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for BundleError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for BundleError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) => FailureKind::Denied,
            Self::NoBundle | Self::Damaged | Self::TooLarge => FailureKind::Invalid,
            Self::ForAnother | Self::NoNode | Self::NoKey => FailureKind::Refused,
            Self::Ingest(error) => error.kind(),
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let one = |code| vec![Problem::new(code)];
        match self {
            Self::Denied(_) => one(ProblemCode::Denied),
            Self::NoBundle => one(ProblemCode::BundleInvalid),
            Self::Damaged => one(ProblemCode::BundleDamaged),
            Self::ForAnother => one(ProblemCode::BundleForAnother),
            Self::NoNode | Self::NoKey => one(ProblemCode::BundleNoNode),
            Self::TooLarge => {
                vec![Problem::new(ProblemCode::BundleTooLarge).with("max", BUNDLE_BYTES_MAX)]
            }
            Self::Ingest(error) => error.problems(),
            Self::Storage(_) => storage_problem(),
        }
    }
}

/// A bundle that was opened: batches in order, and the sender's receipts.
#[derive(Debug)]
pub struct Opened {
    /// Who sent it.
    pub from: WriterId,
    /// Its operations.
    pub batches: Vec<Batch>,
    cursors: Vec<Cursor>,
}

impl Kernel {
    /// Makes a bundle for the node of an office, in files of at most so many bytes (a single
    /// operation may be larger).
    ///
    /// # Errors
    /// If no certified node has the office, or storage fails.
    pub fn export_bundle(
        &self,
        to: OfficeId,
        wanted: Wanted,
        file_bytes_max: usize,
    ) -> Result<Exported, BundleError> {
        let rules = self.rules();
        let (writer, seal) = node_of(&rules, to).ok_or(BundleError::NoNode)?;
        let mut shared = self.shared(&rules, to)?;
        let cursors =
            shared.iter().map(|(s, next_seq)| Cursor { tag: tag_of(s), next_seq: *next_seq });
        let mut cursors: Vec<Cursor> = cursors.collect();
        cursors.sort_unstable();
        let ids = self.dictionaries();
        let dictionaries = Dictionaries {
            codec: self.codec(),
            out: (1u8..).zip(ids.iter().copied()).collect(),
            peer: Vec::new(),
        };
        shared.sort_by_cached_key(|(stream, _)| (stream.lane, rules.rank(stream), stream.clone()));
        let head = Item::Head(ids, cursors);
        let begin = || -> Result<Sealer, BundleError> {
            let mut sealer = Sealer::begin(&self.key, (self.own.writer, writer), &seal)?;
            sealer.write(&head);
            Ok(sealer)
        };
        let mut exported = Exported { files: Vec::new(), ops: 0, to };
        let mut sealer = begin()?;
        let mut named = BTreeMap::new();
        let stands = self.store.read(|r| cursors::of_peer(r, writer))?;
        for (stream, end) in &shared {
            let mut at = match wanted {
                Wanted::All => 1,
                Wanted::Lacking => stands.get(&tag_of(stream)).copied().unwrap_or(1),
                Wanted::Since(ms) => self.store.read(|r| log::first_since(r, stream, ms))?,
            };
            while at < *end {
                let number = u32::try_from(named.len()).unwrap_or(u32::MAX);
                let number = named.get(stream).copied().unwrap_or(number);
                let page = self.page(stream, at)?;
                let Some(BuiltFrame { frame, next_seq }) = build(&page, number, &dictionaries)
                else {
                    break;
                };
                if sealer.len() + frame.body.len() > file_bytes_max && !named.is_empty() {
                    exported.files.push(std::mem::replace(&mut sealer, begin()?).finish());
                    named.clear();
                    continue;
                }
                if named.insert(stream.clone(), number).is_none() {
                    sealer.write(&Item::Stream(number, stream.clone()));
                }
                sealer.write(&Item::Frame(frame));
                exported.ops += next_seq - at;
                at = next_seq;
            }
        }
        exported.files.push(sealer.finish());
        Ok(exported)
    }

    /// Opens a bundle that was made for this node.
    ///
    /// # Errors
    /// If it is none, damaged, for another, or of a stranger.
    pub fn open_bundle(&self, bytes: &[u8]) -> Result<Opened, BundleError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLarge);
        }
        let (envelope, chunks) = file::envelope(bytes)?;
        if envelope.to != self.own.writer {
            return Err(BundleError::ForAnother);
        }
        let rules = self.rules();
        let entry = rules.trust.entry(envelope.from).filter(|entry| !entry.is_revoked());
        let sender = &entry.ok_or(BundleError::NoNode)?.certificate;
        let whole = file::open(&self.key, &envelope, &sender.seal, chunks)?;
        let (batches, cursors) = items(&whole, self.codec())?;
        let fits = |batch: &Batch| {
            let writer_office = rules.office(batch.stream.writer);
            // A certificate in the same bundle may stand for it: that is judged when it is taken.
            writer_office.is_none_or(|office| rules.may_hold(&batch.stream, office, sender.office))
        };
        let batches = batches.into_iter().filter(fits).collect();
        Ok(Opened { from: envelope.from, batches, cursors })
    }

    /// Notes what the sender of a bundle has: how many operations of this node's streams more than
    /// was known.
    ///
    /// # Errors
    /// If storage fails.
    pub fn take_receipts(&self, opened: &Opened) -> Result<u64, StoreError> {
        let known = self.store.read(|r| cursors::of_peer(r, opened.from))?;
        let mut receipts = 0;
        for (stream, next_seq) in self.held()? {
            let tag = tag_of(&stream);
            if stream.writer == self.own.writer
                && let Some(said) = opened.cursors.iter().find(|cursor| cursor.tag == tag)
            {
                let before = known.get(&tag).copied().unwrap_or(1);
                receipts += said.next_seq.min(next_seq).saturating_sub(before);
            }
        }
        self.peer_stands(opened.from, &opened.cursors)?;
        Ok(receipts)
    }

    /// Notes where streams stand at a peer.
    ///
    /// # Errors
    /// If storage fails.
    pub fn peer_stands(&self, peer: WriterId, stands: &[Cursor]) -> Result<(), StoreError> {
        self.store.write(|tx| {
            let mut stands = stands.iter();
            stands
                .try_for_each(|cursor| cursors::put_of_peer(tx, peer, cursor.tag, cursor.next_seq))
        })
    }

    /// The streams that this node and the node of an office may both hold, as far as trusted.
    pub(crate) fn shared(
        &self,
        rules: &Rules,
        to: OfficeId,
    ) -> Result<Vec<(StreamId, u64)>, StoreError> {
        let own = Own { writer: self.own.writer, office: self.home };
        let held = self.held()?.into_iter();
        let shared = held.filter(|(stream, _)| rules.may_share(own, stream, to));
        let trusted = shared.map(|(stream, next_seq)| {
            let next_seq = rules.trusted_next(own, &stream, next_seq);
            (stream, next_seq)
        });
        Ok(trusted.collect())
    }
}

/// The key of a node of an office, and the key that bundles for it are sealed with.
pub(crate) fn node_of(rules: &Rules, office: OfficeId) -> Option<(WriterId, [u8; 32])> {
    let entries = rules.trust.entries().filter(|(_, entry)| {
        let certificate = &entry.certificate;
        certificate.office == office && certificate.role == KeyRole::Node && !entry.is_revoked()
    });
    entries.last().map(|(writer, entry)| (writer, entry.certificate.seal))
}

/// The batches and cursors of a bundle's content.
fn items(whole: &[u8], codec: Arc<Zstd>) -> Result<(Vec<Batch>, Vec<Cursor>), BundleError> {
    let mut d = minicbor::Decoder::new(whole);
    let mut dictionaries = Dictionaries { codec, out: Vec::new(), peer: Vec::new() };
    let (mut stands, mut streams, mut batches) = (Vec::new(), BTreeMap::new(), Vec::new());
    while d.position() < whole.len() {
        match d.decode::<Item>().map_err(|_| BundleError::Damaged)? {
            Item::Head(ids, cursors) => {
                if ids.len() > HELLO_DICTIONARIES_MAX || cursors.len() > CURSORS_MAX {
                    return Err(BundleError::TooLarge);
                }
                (dictionaries.peer, stands) = (ids, cursors);
            }
            Item::Stream(number, stream) => drop(streams.insert(number, stream)),
            Item::Frame(frame) => {
                let stream = streams.get(&frame.stream).cloned().ok_or(BundleError::Damaged)?;
                let ops = read(&frame, &dictionaries).map_err(|_| BundleError::Damaged)?;
                let (first_seq, signature) = (frame.first_seq, frame.signature);
                batches.push(Batch { stream, first_seq, ops, signature });
            }
        }
    }
    Ok((batches, stands))
}

impl Node {
    /// Makes a bundle, for whoever may see the node's sync; the audit trail keeps that they did.
    ///
    /// # Errors
    /// If the person may not, no certified node has the office, or storage fails.
    pub fn export_bundle(
        &self,
        by: &Actor,
        to: OfficeId,
        wanted: Wanted,
        file_bytes_max: usize,
    ) -> Result<Exported, BundleError> {
        self.may_carry(by)?;
        let exported = self.core.kernel.export_bundle(to, wanted, file_bytes_max)?;
        let entry = Entry {
            at_ms: self.core.clock.now_ms(),
            person: Some(by.person()),
            action: "export_bundle".to_owned(),
            subject: to.to_string(),
            detail: format!("{} operations in {} files", exported.ops, exported.files.len()),
        };
        self.core.store.write(|tx| audit::put(tx, &entry))?;
        Ok(exported)
    }

    /// Whether the person may carry bundles.
    ///
    /// # Errors
    /// If they may not.
    pub fn may_carry(&self, by: &Actor) -> Result<(), Denied> {
        if self.sees_sync(by) { Ok(()) } else { Err(Denied) }
    }

    /// Takes a bundle that was made for this node. What is kept is durable when this returns;
    /// taken again, it is known. `progress` is called with the batches done and all there are.
    ///
    /// # Errors
    /// [`BundleError`]; what was kept before stays.
    pub async fn import_bundle(
        &self,
        bytes: &[u8],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Imported, BundleError> {
        let opened = self.core.kernel.open_bundle(bytes)?;
        let mut imported = Imported {
            from: self.core.rules().office(opened.from),
            receipts: self.core.kernel.take_receipts(&opened)?,
            ..Imported::default()
        };
        let all = opened.batches.len();
        for (at, batch) in opened.batches.into_iter().enumerate() {
            progress(at, all);
            match self.ingest(batch).await {
                Ok(ingested) => {
                    imported.kept += ingested.kept as u64;
                    imported.known += ingested.known as u64;
                    imported.refused += ingested.quarantined as u64;
                }
                Err(IngestError::Gap { .. }) => imported.gaps += 1,
                Err(error) => return Err(error.into()),
            }
        }
        progress(all, all);
        Ok(imported)
    }
}
