//! A key that runs on two machines: whoever finds another branch of its own stream above goes on in
//! another life of the key, and writes there again what it had written beside that branch.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use domain::ids::{Digest, OfficeId, WriterId};
use domain::limits::MARKS_MAX;
use domain::op::{self, SealedOp, StreamHead, StreamId};
use domain::planted::{self, Bug};
use domain::problem::ProblemCode;
use domain::sync::{Mark, PeerHello, Stand, StreamTag, tag_of};
use domain::trust::KeyRole;
use store::log::Logged;
use store::quarantine::{self, Quarantined};
use store::{Reader, StoreError, log, meta, records};

use crate::commit::{self, Committed};
use crate::kernel::{self, Kernel, META_TWICE};
use crate::packs::PackSet;
use crate::submit::Desk;

/// What a node that finds itself behind, or beside, asks a node above: one of its streams, and how
/// its chain goes.
pub type Asked = (StreamTag, Vec<Mark>);

impl Kernel {
    /// Where the streams of a peer below stand here, to tell it: it may have lost what it wrote, or
    /// another may write with its key.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn stands(&self, peer: &PeerHello) -> Result<Vec<Stand>, StoreError> {
        if !self.is_above((self.home, self.own.writer), (peer.office, peer.writer)) {
            return Ok(Vec::new());
        }
        let its = self.store.read(log::streams)?.into_iter();
        let its = its.filter(|(stream, _)| stream.writer == peer.writer);
        Ok(its.map(|(stream, head)| Stand { tag: tag_of(&stream), head: mark(&head) }).collect())
    }

    /// Holds what a peer above says of this node's own streams against them: what to ask it.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn compare(&self, peer: &PeerHello, stands: &[Stand]) -> Result<Vec<Asked>, StoreError> {
        if !self.is_above((peer.office, peer.writer), (self.home, self.own.writer)) {
            return Ok(Vec::new());
        }
        let mut asked = Vec::new();
        self.store.read(|r| {
            for (stream, head) in own_streams(r, self.own.writer)? {
                let tag = tag_of(&stream);
                let Some(stand) = stands.iter().find(|stand| stand.tag == tag) else { continue };
                let there = log::head_before(r, &stream, stand.head.next_seq)?;
                if there.is_some_and(|here| mark(&here) == stand.head) {
                    continue;
                }
                let from = head.next_seq.min(stand.head.next_seq);
                asked.push((tag, marks(r, &stream, from)?));
                let mut yields = self.yields.lock().unwrap_or_else(PoisonError::into_inner);
                yields.insert(stream);
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(asked)
    }

    /// From where a peer's own stream is to be sent to it again: the last place of its chain that
    /// is one of ours.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn parting(
        &self,
        writer: WriterId,
        (tag, marks): &Asked,
    ) -> Result<Option<(StreamId, u64)>, StoreError> {
        self.store.read(|r| {
            let found = own_streams(r, writer)?.find(|(stream, _)| tag_of(stream) == *tag);
            let Some((stream, _)) = found else { return Ok(None) };
            for theirs in marks {
                let here = log::head_before(r, &stream, theirs.next_seq)?;
                if here.is_some_and(|here| mark(&here) == *theirs) {
                    return Ok(Some((stream, theirs.next_seq)));
                }
            }
            Ok(Some((stream, 1)))
        })
    }

    /// Since when it is known that this node's key is used on another machine too, in milliseconds
    /// since 1970.
    #[must_use]
    pub fn twice_ms(&self) -> Option<u64> {
        Some(self.twice_ms.load(Ordering::Relaxed)).filter(|ms| *ms > 0)
    }

    /// Another machine was found to use this node's key; the first time counts.
    pub(crate) fn found_twice(&self, now_ms: u64) {
        if self.twice_ms().is_none() {
            self.twice_ms.store(now_ms, Ordering::Relaxed);
        }
    }

    /// An own stream is again the one that stands above.
    pub(crate) fn yielded(&self, stream: &StreamId) {
        self.yields.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }

    /// Whether a node stands above another: its office does, or the other is a device of its office.
    fn is_above(
        &self,
        (office, writer): (OfficeId, WriterId),
        (below, other): (OfficeId, WriterId),
    ) -> bool {
        let rules = self.rules();
        let role = |writer| rules.trust.entry(writer).map(|entry| entry.certificate.role);
        if office == below {
            // A device that has only just joined may not have its own certificate yet.
            return role(writer) == Some(KeyRole::Node) && role(other) != Some(KeyRole::Node);
        }
        rules.tree.stood_within(below, office, rules.date)
    }
}

fn own_streams(
    r: &Reader<'_>,
    writer: WriterId,
) -> Result<impl Iterator<Item = (StreamId, StreamHead)>, StoreError> {
    let streams = log::streams(r)?.into_iter();
    Ok(streams.filter(move |(stream, _)| stream.writer == writer))
}

fn mark(head: &StreamHead) -> Mark {
    Mark { next_seq: head.next_seq, link: head.link.tag() }
}

/// Places of a chain before a sequence number, ever further apart, to its beginning.
fn marks(r: &Reader<'_>, stream: &StreamId, from: u64) -> Result<Vec<Mark>, StoreError> {
    let back = std::iter::successors(Some(1_u64), |back| back.checked_mul(2));
    let places = std::iter::once(from).chain(back.map_while(|back| from.checked_sub(back)));
    let mut marks: Vec<Mark> = Vec::new();
    for next_seq in places.take_while(|next_seq| *next_seq > 1).take(MARKS_MAX) {
        marks.extend(log::head_before(r, stream, next_seq)?.map(|head| mark(&head)));
    }
    Ok(marks)
}

/// Makes room for the branch of an own stream that stands above: what is here from `other` on is
/// written again, in the life that the node is in or, where the stream is of that, in another.
/// Operations keep their names, their submissions and their place in the order of arrival.
pub(crate) fn rehome(desk: &mut Desk<'_>, other: &SealedOp) -> Result<StreamHead, StoreError> {
    let (tx, stream) = (desk.tx, other.stream());
    let branch = log::of_stream(tx, stream, other.seq(), usize::MAX)?;
    if stream.epoch == desk.pen.life() {
        desk.pen.begin_life(desk.another_life);
        kernel::put_life(tx, desk.another_life)?;
    }
    let to = StreamId { epoch: desk.pen.life(), ..stream.clone() };
    for logged in &branch {
        let head = desk.pen.head(tx, &to)?;
        let again = op::seal_again(&logged.op, &to, &head);
        let again = if planted::is(Bug::RehomedAnew) { anew(&again, &head) } else { again };
        log::move_op(tx, logged.pos, &again)?;
        desk.pen.wrote(&again);
    }
    let head = StreamHead { next_seq: other.seq(), link: other.prev() };
    log::cut_back(tx, stream, &head)?;
    desk.pen.forget(stream);
    desk.rehomed = true;
    let detail = format!("{} operations were written again in life {}", branch.len(), to.epoch);
    found_twice(desk, other, detail)?;
    Ok(head)
}

/// What this node wrote under a key that it had before, and of which nobody above knew when that key
/// was ended, counts under the key that it has now. Operations keep their names and submissions.
pub(crate) fn under_this_key(
    desk: &mut Desk<'_>,
    packs: &PackSet,
    mut ended: Vec<Logged>,
) -> Result<Vec<Committed>, StoreError> {
    ended.sort_by_key(|logged| logged.pos);
    let mut committed = Vec::with_capacity(ended.len());
    for logged in &ended {
        let (writer, epoch) = (desk.own.writer, desk.pen.life());
        let to = StreamId { writer, epoch, ..logged.op.stream().clone() };
        let head = desk.pen.head(desk.tx, &to)?;
        let again = op::seal_again(&logged.op, &to, &head);
        let standing = match again.op().change.record() {
            Some(record) => records::get(desk.tx, record)?,
            None => None,
        };
        committed.push(commit::commit_op(desk.tx, packs, &again, standing, desk.now_ms)?);
        desk.pen.wrote(&again);
    }
    Ok(committed)
}

/// An operation as if it had never stood elsewhere: a bug.
fn anew(again: &SealedOp, head: &StreamHead) -> SealedOp {
    let op = domain::op::Op { moved: None, ..again.op().clone() };
    let bytes = minicbor::to_vec(&op).expect("invariant: writing to memory does not fail");
    op::open_stored(again.stream(), head.next_seq, head.link, bytes)
        .expect("invariant: it was one before")
}

/// Operations of this node's own come that were written again in another life. If another stands
/// here in a place where one of them stood first, two machines wrote there. The chains alone prove
/// it: by its clock, a machine that went on from a backup would suspect its own past.
pub(crate) fn look_for_another(desk: &mut Desk<'_>, came: &[SealedOp]) -> Result<(), StoreError> {
    let Some(first) = came.first() else { return Ok(()) };
    if desk.twice || meta::get(desk.tx, META_TWICE)?.is_some() {
        return Ok(());
    }
    let before = log::find(desk.tx, first.stream(), first.seq().saturating_sub(1))?;
    let mut last = before.map(|before| before.op.origin());
    for op in came {
        // Where a branch goes on, its operations stood after each other before too.
        let parted = op.op().moved.filter(|prev| last != Some(*prev));
        if let Some(prev) = parted
            && another_stands(desk, op, prev)?
        {
            let detail = format!("another machine writes in life {}", op.stream().epoch);
            return found_twice(desk, op, detail);
        }
        last = Some(op.origin());
    }
    Ok(())
}

/// Whether one of this node's own streams goes on from a link in another way than with this
/// operation.
fn another_stands(desk: &Desk<'_>, op: &SealedOp, prev: Digest) -> Result<bool, StoreError> {
    let of = op.stream();
    for (stream, _) in own_streams(desk.tx, of.writer)? {
        if stream.audience == of.audience
            && stream.lane == of.lane
            && let Some(there) = log::following(desk.tx, &stream, prev)?
            && there.op.origin() != op.origin()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tells the administrator, with an operation that the other machine wrote as proof.
pub(crate) fn found_twice(
    desk: &mut Desk<'_>,
    other: &SealedOp,
    detail: String,
) -> Result<(), StoreError> {
    desk.twice = true;
    if meta::get(desk.tx, META_TWICE)?.is_none() {
        meta::put(desk.tx, META_TWICE, &desk.now_ms.to_be_bytes())?;
    }
    tracing::warn!(detail, "this node's key is used on another machine too");
    quarantine::put(
        desk.tx,
        &Quarantined {
            received_ms: desk.now_ms,
            stream: Some(other.stream().clone()),
            seq: Some(other.seq()),
            code: ProblemCode::KeyTwice.as_str().to_owned(),
            detail,
            bytes: other.bytes().to_vec(),
        },
    )
}
