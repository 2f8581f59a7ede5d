//! Photos and files: taken from people, shown to those who may read a record that names them, and
//! exchanged with other nodes. `docs/formats/blob.md`.

mod exchange;
mod media;
mod thumbnail;

use domain::form::place;
use domain::ids::Digest;
use domain::limits::{
    BLOB_BYTES_MAX, BLOB_STORE_BYTES_MAX, BLOB_UNNAMED_BYTES_MAX, BLOB_UNNAMED_MS,
};
use domain::op::{Change, Lane, SealedOp};
use domain::pack::RecordType;
use domain::problem::{Problem, ProblemCode};
use domain::sync::blob::{Outboard, group_count};
use domain::value::{Cell, CellPath, FileRef, Value};
use store::blob_refs::{self, Named};
use store::blobs::{self, Quota, Thumbnail, Wish};
use store::{Reader, StoreError, Tx, records};
use thiserror::Error;

pub use self::exchange::BlobPeer;
use self::media::Media;
use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::{Core, Node};
use crate::policy::{Action, Allowed, Judge, Resource};
use crate::records::resource_in_state;
use crate::world::World;

/// How much a node keeps.
const QUOTA: Quota = Quota { bytes_max: BLOB_STORE_BYTES_MAX };
/// Old uploads forgotten with each new one: more than come, so that none stays.
const FORGOTTEN_MAX: usize = 32;
/// A reading is noted once a day: that is near enough to tell what is used.
const ASKED_MS: u64 = 24 * 60 * 60 * 1000;

/// A file that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobView {
    /// BLAKE3 of its bytes: its address.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its media type, as its bytes say.
    pub media_type: &'static str,
    /// It has a thumbnail.
    pub thumbnail: bool,
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobFile {
    /// Its media type: one of those that are taken, else one that no browser opens.
    pub media_type: &'static str,
    /// The end of its name.
    pub extension: &'static str,
    /// A page may show it; anything else is to be saved.
    pub inline: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a file isn't taken or shown.
#[derive(Clone, Debug, Error)]
pub enum BlobError {
    /// The person may file no record.
    #[error("the person may file no record")]
    Denied,
    /// It is over [`BLOB_BYTES_MAX`].
    #[error("the file has more than {BLOB_BYTES_MAX} bytes")]
    TooLarge,
    /// It is of no kind that is taken, or damaged.
    #[error("the file is of no kind that is taken, or damaged")]
    Kind,
    /// The person uploaded too much that no record names.
    #[error("too many uploads that no record names")]
    TooManyUnnamed,
    /// The node has no room.
    #[error("the node has no room for files")]
    Full,
    /// There is no such file, or the person may not know.
    #[error("there is no such file")]
    NotFound,
    /// The person may see it, and it is still on its way.
    #[error("the file is not here yet")]
    NotHere,
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for BlobError {
    fn from(error: StoreError) -> Self {
        if let StoreError::BlobsFull { .. } = error {
            return Self::Full;
        }
        Self::Storage(Storage::new(error))
    }
}

impl Failure for BlobError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied => FailureKind::Denied,
            Self::TooLarge | Self::Kind => FailureKind::Invalid,
            Self::TooManyUnnamed | Self::Full => FailureKind::Refused,
            Self::NotFound | Self::NotHere => FailureKind::NotFound,
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let one = |code| vec![Problem::new(code)];
        match self {
            Self::Denied => one(ProblemCode::Denied),
            Self::TooLarge => {
                let max = BLOB_BYTES_MAX / (1024 * 1024);
                vec![Problem::new(ProblemCode::BlobTooLarge).with("max", max)]
            }
            Self::Kind => one(ProblemCode::BlobKind),
            Self::TooManyUnnamed => one(ProblemCode::BlobTooManyUnnamed),
            Self::Full => one(ProblemCode::BlobFull),
            Self::NotFound => one(ProblemCode::NotFound),
            Self::NotHere => one(ProblemCode::BlobNotHere),
            Self::Storage(_) => storage_problem(),
        }
    }
}

impl Node {
    /// Takes a file that a record will name, and makes a thumbnail of an image. The same bytes give
    /// the same digest, however often they come. What no record names within
    /// [`BLOB_UNNAMED_MS`] is removed with a later upload.
    ///
    /// # Errors
    /// [`BlobError`]; nothing was kept then. `said` is the media type as the sender has it: it
    /// decides only whether a text is CSV.
    pub fn put_blob(&self, by: &Actor, bytes: &[u8], said: &str) -> Result<BlobView, BlobError> {
        if !may_file(&self.core.world(), &self.core.judge(), by) {
            return Err(BlobError::Denied);
        }
        if bytes.len() > BLOB_BYTES_MAX {
            return Err(BlobError::TooLarge);
        }
        let media = Media::sniff(bytes, said).ok_or(BlobError::Kind)?;
        let small = if media.is_image() {
            Some(thumbnail::thumbnail(bytes, media).map_err(|_| BlobError::Kind)?)
        } else {
            None
        };
        let file = Outboard::of(bytes).map_err(|_| BlobError::Kind)?;
        let (digest, size_bytes) = (file.digest(), bytes.len() as u64);
        let now_ms = self.core.clock.now_ms();
        let media_type = media.as_str();
        self.core.store.write(|tx| {
            let unnamed = blob_refs::unnamed_bytes(tx, by.person())?;
            if unnamed.saturating_add(size_bytes) > BLOB_UNNAMED_BYTES_MAX {
                return Err(BlobError::TooManyUnnamed);
            }
            let lane = Lane::Forms;
            let wish = Wish { digest, size_bytes, media_type, thumbnail: false, lane };
            blobs::put(tx, &file, &wish, QUOTA, now_ms)?;
            blob_refs::uploaded(tx, by.person(), &digest, size_bytes, now_ms)?;
            if let Some(small) = &small {
                keep_thumbnail(tx, digest, small, lane, now_ms)?;
            }
            let before_ms = now_ms.saturating_sub(BLOB_UNNAMED_MS);
            blob_refs::forget_uploads(tx, before_ms, FORGOTTEN_MAX)?;
            Ok(())
        })?;
        Ok(BlobView { digest, size_bytes, media_type, thumbnail: small.is_some() })
    }

    /// A file, for whoever may read a record that names it, or uploaded it lately.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] also where the person may not see it; [`BlobError::NotHere`] where
    /// they may, and it is still on its way.
    pub fn blob(&self, by: &Actor, digest: Digest) -> Result<BlobFile, BlobError> {
        self.readable(by, digest)?;
        self.note_asked(digest)?;
        self.file(digest)
    }

    /// The thumbnail of a photo, for whoever may see the photo.
    ///
    /// # Errors
    /// As [`Node::blob`].
    pub fn blob_thumbnail(&self, by: &Actor, photo: Digest) -> Result<BlobFile, BlobError> {
        self.readable(by, photo)?;
        let found = self.core.store.read(|r| blobs::thumbnail(r, &photo))?;
        if let Some(thumbnail) = found {
            return self.file(thumbnail.digest);
        }
        let known = self.core.store.read(|r| blobs::info(r, &photo))?;
        Err(if known.is_some_and(|info| info.whole) {
            BlobError::NotFound
        } else {
            BlobError::NotHere
        })
    }

    fn readable(&self, by: &Actor, digest: Digest) -> Result<(), BlobError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let may = self.core.store.read(|r| may_read(r, &world, &judge, by, &digest))?;
        if may { Ok(()) } else { Err(BlobError::NotFound) }
    }

    fn file(&self, digest: Digest) -> Result<BlobFile, BlobError> {
        let blob = self.core.store.read(|r| blobs::get(r, &digest))?.ok_or(BlobError::NotHere)?;
        let media = Media::of(&blob.media_type);
        Ok(BlobFile {
            media_type: media.map_or("application/octet-stream", Media::as_str),
            extension: media.map_or("bin", Media::extension),
            inline: media.is_some_and(Media::is_image),
            bytes: blob.bytes,
        })
    }

    /// Notes that a file is used; one that made room for others is wanted again.
    fn note_asked(&self, digest: Digest) -> Result<(), BlobError> {
        let now_ms = self.core.clock.now_ms();
        let known = self.core.store.read(|r| blobs::info(r, &digest))?;
        if known.is_some_and(|info| info.asked_ms.saturating_add(ASKED_MS) > now_ms) {
            return Ok(());
        }
        self.core.store.write(|tx| {
            let by = blob_refs::named_by(tx, &digest)?;
            if let Some(Named { size_bytes, media_type, lane, .. }) = by.first() {
                let (size_bytes, lane) = (*size_bytes, *lane);
                blobs::want(
                    tx,
                    &Wish { digest, size_bytes, media_type, thumbnail: false, lane },
                    now_ms,
                )?;
            }
            blobs::asked(tx, &digest, now_ms)?;
            Ok(())
        })
    }
}

/// Whether there is a record that the person may begin or change.
fn may_file(world: &World, judge: &Judge, by: &Actor) -> bool {
    let reach = judge.reach(by);
    world.packs.types().any(|ty| {
        let Some(resource) = Resource::new_record(&ty.pack, ty.ty()) else { return false };
        [Action::Create, Action::Edit].into_iter().any(|action| {
            match reach.offices(action, "", &resource) {
                Allowed::All => true,
                Allowed::Only(offices) => !offices.is_empty(),
            }
        })
    })
}

/// Whether a person may see a file: they may read a record that names it, or uploaded it lately.
fn may_read(
    r: &Reader<'_>,
    world: &World,
    judge: &Judge,
    by: &Actor,
    digest: &Digest,
) -> Result<bool, StoreError> {
    if blob_refs::is_upload_of(r, digest, by.person())? {
        return Ok(true);
    }
    for named in blob_refs::named_by(r, digest)? {
        let Some(listed) = records::listed(r, named.record)? else { continue };
        let index = listed.index;
        let resource = resource_in_state(&world.packs, &index.type_key, &index.state_key);
        if resource.is_some_and(|it| judge.allows(by, Action::Read, "", &it, index.office)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes the files that an operation names, and wants those that aren't here.
pub(crate) fn name_files(tx: &Tx<'_>, op: &SealedOp, received_ms: u64) -> Result<(), StoreError> {
    let change = &op.op().change;
    let Some(record) = change.record() else { return Ok(()) };
    for file in files_of(change).filter(|file| group_count(file.size_bytes).is_some()) {
        let by = Named {
            record,
            audience: op.stream().audience.clone(),
            size_bytes: file.size_bytes,
            media_type: file.media_type.clone(),
            lane: op.stream().lane,
        };
        blob_refs::name(tx, file, &by, op.op().author, received_ms)?;
    }
    Ok(())
}

pub(crate) fn files_of(change: &Change) -> Box<dyn Iterator<Item = &FileRef> + '_> {
    match change {
        Change::Create(create) => Box::new(create.cells.values().filter_map(file_of)),
        Change::Patch(patch) => Box::new(patch.cells.values().flatten().filter_map(file_of)),
        Change::Transition(_)
        | Change::Comment(_)
        | Change::Acknowledge(_)
        | Change::Pack(_)
        | Change::Office(_)
        | Change::Certificate(_)
        | Change::Revocation(_)
        | Change::Unknown(_) => Box::new(std::iter::empty()),
    }
}

fn file_of(cell: &Cell) -> Option<&FileRef> {
    if let Cell::Value(Value::File(file)) = cell { Some(file) } else { None }
}

/// What is wrong with the files that a form names: each must be here as it is described, uploaded
/// by the same person or in a record that they may read. Knowing a digest gives nobody a file.
pub(crate) fn wrong_file<'a>(
    r: &Reader<'_>,
    (world, judge, by): (&World, &Judge, &Actor),
    ty: &RecordType,
    cells: impl IntoIterator<Item = (&'a CellPath, &'a Cell)>,
) -> Result<Option<Problem>, StoreError> {
    for (path, cell) in cells {
        let Some(file) = file_of(cell) else { continue };
        let as_said = blobs::info(r, &file.digest)?.is_some_and(|held| {
            held.whole && held.size_bytes == file.size_bytes && held.media_type == file.media_type
        });
        if !as_said || !may_read(r, world, judge, by, &file.digest)? {
            return Ok(Some(Problem::new(ProblemCode::FileUnknown).at(place::show(ty, *path))));
        }
    }
    Ok(None)
}

fn keep_thumbnail(
    tx: &Tx<'_>,
    photo: Digest,
    jpeg: &[u8],
    lane: Lane,
    now_ms: u64,
) -> Result<(), StoreError> {
    let outboard = Outboard::of(jpeg).expect("invariant: a thumbnail is some bytes and few");
    let (digest, size_bytes) = (outboard.digest(), jpeg.len() as u64);
    let media_type = Media::Jpeg.as_str();
    let wish = Wish { digest, size_bytes, media_type, thumbnail: true, lane };
    blobs::put(tx, &outboard, &wish, QUOTA, now_ms)?;
    blobs::put_thumbnail(tx, &photo, &Thumbnail { digest, size_bytes, made_here: true })
}

/// Makes the thumbnail of a photo that came whole from another node, in place of that node's word.
/// What can't be opened has none: the record says so much by itself.
fn thumbnail_of_arrived(core: &Core, digest: Digest) -> Result<(), StoreError> {
    let Some(blob) = core.store.read(|r| blobs::get(r, &digest))? else { return Ok(()) };
    let media = Media::sniff(&blob.bytes, &blob.media_type).filter(|media| media.is_image());
    let Some(media) = media else { return Ok(()) };
    let Ok(small) = thumbnail::thumbnail(&blob.bytes, media) else { return Ok(()) };
    let now_ms = core.clock.now_ms();
    core.store.write(|tx| {
        let info = blobs::info(tx, &digest)?.filter(|info| !info.thumbnail);
        match info {
            Some(info) => keep_thumbnail(tx, digest, &small, info.lane, now_ms),
            None => Ok(()),
        }
    })
}
