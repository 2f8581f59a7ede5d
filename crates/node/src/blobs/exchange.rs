//! Blobs between this node and a peer: what a session's conversation asks of the store.

use domain::ids::{Digest, WriterId};
use domain::op::Audience;
use domain::sync::blob::{BlobEvent, Blobs, Group, Preview, Want};
use store::blobs::{self, Kept, Thumbnail, Wish};
use store::{Reader, StoreError, blob_refs};

use super::media::Media;
use super::{BlobError, QUOTA, thumbnail_of_arrived};
use crate::node::Node;

/// The peer of a session.
#[derive(Clone, Copy)]
pub struct BlobPeer<'a> {
    /// Which node it is.
    pub writer: WriterId,
    /// It is this node's parent: what it has is safe.
    pub is_parent: bool,
    /// Whether it may have operations for an audience: the rule by which streams are sent.
    pub may_have: &'a dyn Fn(&Audience) -> bool,
}

impl std::fmt::Debug for BlobPeer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { writer, is_parent, .. } = self;
        f.debug_struct("BlobPeer")
            .field("writer", writer)
            .field("is_parent", is_parent)
            .finish_non_exhaustive()
    }
}

impl Node {
    /// Adds to a session what this node wants and the peer may have: the most urgent first, as
    /// many as the session has room for.
    ///
    /// # Errors
    /// If storage fails.
    pub fn want_blobs(&self, engine: &mut Blobs, peer: &BlobPeer<'_>) -> Result<(), BlobError> {
        let wanted: Vec<Want> = self.core.store.read(|r| {
            let all = blobs::wanted(r, WANTED_MAX)?;
            let mut of_peer = Vec::new();
            for want in all {
                if may_have(r, peer, &want.digest)? {
                    of_peer.push(want);
                }
            }
            Ok::<_, StoreError>(of_peer)
        })?;
        for want in wanted {
            if engine.room() == 0 {
                break;
            }
            engine.want(want);
        }
        Ok(())
    }

    /// Does what the session's events ask, and answers into it. Every proved group is durable when
    /// this returns.
    ///
    /// # Errors
    /// If storage fails: the session should end, and another goes on from what is here.
    pub fn on_blob_events(
        &self,
        engine: &mut Blobs,
        peer: &BlobPeer<'_>,
        events: Vec<BlobEvent>,
    ) -> Result<(), BlobError> {
        for event in events {
            match event {
                BlobEvent::Store(group) => self.keep(engine, peer, &group)?,
                BlobEvent::Read { digest, size_bytes, group } => {
                    self.answer(engine, peer, digest, size_bytes, group)?;
                }
                BlobEvent::ReadThumbnail { photo } => {
                    let preview = self.core.store.read(|r| preview(r, peer, &photo))?;
                    engine.thumbnail(photo, preview);
                }
                BlobEvent::Thumbnail { photo, preview } => self.note(photo, preview)?,
                BlobEvent::Held { digest } if peer.is_parent => {
                    self.core.store.write(|tx| blobs::held_above(tx, &digest))?;
                }
                BlobEvent::Refuse { digest, why } => {
                    tracing::warn!(%digest, peer = %peer.writer, %why, "a peer sent a false file");
                }
                BlobEvent::Held { .. } | BlobEvent::Done { .. } => {}
            }
        }
        Ok(())
    }

    fn keep(
        &self,
        engine: &mut Blobs,
        peer: &BlobPeer<'_>,
        group: &Group,
    ) -> Result<(), BlobError> {
        let digest = group.digest();
        match self.keep_group(group, peer.writer)? {
            Kept::New | Kept::Known => {}
            Kept::Unwanted => engine.unwant(digest),
            Kept::Whole => engine.stored(digest),
        }
        Ok(())
    }

    /// Keeps a group of a file that is wanted here and for which there is room.
    ///
    /// # Errors
    /// If storage fails.
    pub(crate) fn keep_group(&self, group: &Group, from: WriterId) -> Result<Kept, StoreError> {
        let now_ms = self.core.clock.now_ms();
        let digest = group.digest();
        let kept =
            self.core.store.write(|tx| blobs::put_group(tx, group, Some(from), QUOTA, now_ms));
        match kept {
            Ok(Kept::Whole) => thumbnail_of_arrived(&self.core, digest)?,
            Err(StoreError::BlobsFull { bytes }) => {
                tracing::warn!(%digest, bytes, "no room for files: this one waits");
                return Ok(Kept::Unwanted);
            }
            Ok(_) | Err(_) => {}
        }
        kept
    }

    fn answer(
        &self,
        engine: &mut Blobs,
        peer: &BlobPeer<'_>,
        digest: Digest,
        size_bytes: u64,
        number: u32,
    ) -> Result<(), BlobError> {
        let (may, group) = self.core.store.read(|r| {
            let may = may_have(r, peer, &digest)?;
            let group = if may { blobs::group(r, digest, size_bytes, number)? } else { None };
            Ok::<_, StoreError>((may, group))
        })?;
        match group {
            Some(group) => engine.supply(&group),
            None => engine.none(digest, may.then_some(number)),
        }
        Ok(())
    }

    fn note(&self, photo: Digest, preview: Preview) -> Result<(), BlobError> {
        let now_ms = self.core.clock.now_ms();
        let Preview { digest, size_bytes } = preview;
        self.core.store.write(|tx| {
            let Some(of) = blobs::info(tx, &photo)? else { return Ok(()) };
            let media_type = Media::Jpeg.as_str();
            let wish = Wish { digest, size_bytes, media_type, thumbnail: true, lane: of.lane };
            blobs::want(tx, &wish, now_ms)?;
            blobs::put_thumbnail(tx, &photo, &Thumbnail { digest, size_bytes, made_here: false })
        })?;
        Ok(())
    }
}

/// Wanted blobs looked at for one session: most are some other peer's, where there are many.
const WANTED_MAX: usize = 2_048;

/// Whether a peer may have a blob: it may have an operation that names it, or that names the photo
/// of which it is the thumbnail.
fn may_have(r: &Reader<'_>, peer: &BlobPeer<'_>, digest: &Digest) -> Result<bool, StoreError> {
    let named = |digest: &Digest| -> Result<bool, StoreError> {
        let by = blob_refs::named_by(r, digest)?;
        Ok(by.iter().any(|named| (peer.may_have)(&named.audience)))
    };
    if named(digest)? {
        return Ok(true);
    }
    for photo in blobs::photos_of(r, digest)? {
        if named(&photo)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The thumbnail of a photo that the peer may have, where it is here whole.
fn preview(
    r: &Reader<'_>,
    peer: &BlobPeer<'_>,
    photo: &Digest,
) -> Result<Option<Preview>, StoreError> {
    if !may_have(r, peer, photo)? {
        return Ok(None);
    }
    let Some(found) = blobs::thumbnail(r, photo)? else { return Ok(None) };
    let here = blobs::is_whole(r, &found.digest)?;
    Ok(here.then_some(Preview { digest: found.digest, size_bytes: found.size_bytes }))
}
