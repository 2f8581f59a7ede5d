//! Bundles: what a session would carry, in a file for a USB stick, a boat or a mail. The return
//! bundle carries receipts: where every stream stands at its sender.

mod file;
mod kept;
mod make;

use domain::ids::{OfficeId, WriterId};
use domain::limits::BUNDLE_BYTES_MAX;
use domain::op::StreamId;
use domain::problem::{Problem, ProblemCode};
use domain::sync::bundle::{Contents, Envelope, NoContent, Piece};
use domain::sync::{Batch, Cursor, Own, Rules, tag_of};
use domain::trust::KeyRole;
use store::audit::{self, Entry};
use store::blobs::Kept;
use store::{StoreError, cursors};
use thiserror::Error;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::ingest::IngestError;
use crate::kernel::Kernel;
use crate::node::Node;
use crate::policy::Denied;

pub use self::kept::Waiting;

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
    /// Photos and other files in them.
    pub blobs: u64,
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
    /// Photos and other files that are whole here now.
    pub blobs: u64,
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
    /// No such file was made here.
    #[error("no such file of a bundle was made")]
    NotMade,
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

impl From<NoContent> for BundleError {
    fn from(_: NoContent) -> Self {
        Self::Damaged
    }
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
            Self::NotMade => FailureKind::NotFound,
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
            Self::NotMade => one(ProblemCode::BundleNotMade),
            Self::TooLarge => {
                vec![Problem::new(ProblemCode::BundleTooLarge).with("max", BUNDLE_BYTES_MAX)]
            }
            Self::Ingest(error) => error.problems(),
            Self::Storage(_) => storage_problem(),
        }
    }
}

/// A bundle that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Who sent it.
    pub from: WriterId,
    /// Where streams stand there.
    cursors: Vec<Cursor>,
    content: Vec<u8>,
}

impl Kernel {
    /// Opens a bundle that was made for this node.
    ///
    /// # Errors
    /// If it is none, damaged, for another, or of a stranger.
    pub fn open_bundle(&self, bytes: &[u8]) -> Result<Opened, BundleError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLarge);
        }
        let (envelope, chunks) = Envelope::read(bytes).ok_or(BundleError::NoBundle)?;
        if envelope.to != self.own.writer {
            return Err(BundleError::ForAnother);
        }
        let rules = self.rules();
        let entry = rules.trust.entry(envelope.from).filter(|entry| !entry.is_revoked());
        let sender = &entry.ok_or(BundleError::NoNode)?.certificate;
        let content = file::open(&self.key, &envelope, &sender.seal, chunks)?;
        let cursors = Contents::new(&content, self.codec())?.cursors().to_vec();
        Ok(Opened { from: envelope.from, cursors, content })
    }

    /// Whether the sender of a bundle may hold a stream. A certificate in the same bundle may stand
    /// for its writer: that is judged when it is taken.
    fn may_bring(&self, from: WriterId, stream: &StreamId) -> bool {
        let rules = self.rules();
        let sender = rules.office(from);
        let of = rules.office(stream.writer);
        of.is_none_or(|of| sender.is_some_and(|sender| rules.may_hold(stream, of, sender)))
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
    /// taken again, it is known. `progress` is called with the bytes done and all there are.
    ///
    /// # Errors
    /// [`BundleError`]; what was kept before stays.
    pub async fn import_bundle(
        &self,
        bytes: &[u8],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Imported, BundleError> {
        let kernel = &self.core.kernel;
        let opened = kernel.open_bundle(bytes)?;
        let mut imported = Imported {
            from: self.core.rules().office(opened.from),
            receipts: kernel.take_receipts(&opened)?,
            ..Imported::default()
        };
        let all = opened.content.len();
        let mut contents = Contents::new(&opened.content, kernel.codec())?;
        while let Some(piece) = contents.next() {
            progress(contents.position(), all);
            match piece? {
                Piece::Ops(batch) if kernel.may_bring(opened.from, &batch.stream) => {
                    self.take(batch, &mut imported).await?;
                }
                Piece::Ops(_) => {}
                Piece::Unread(_) => imported.gaps += 1,
                // A file that nothing names here is not kept.
                Piece::Group(group) => {
                    let kept = self.keep_group(&group, opened.from)?;
                    imported.blobs += u64::from(kept == Kept::Whole);
                }
            }
        }
        Ok(imported)
    }

    async fn take(&self, batch: Batch, imported: &mut Imported) -> Result<(), BundleError> {
        match self.ingest(batch).await {
            Ok(ingested) => {
                imported.kept += ingested.kept as u64;
                imported.known += ingested.known as u64;
                imported.refused += ingested.quarantined as u64;
            }
            Err(IngestError::Gap { .. }) => imported.gaps += 1,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
