//! Who may have and who may write a stream. Both ends of a session ask here, each for itself.

use std::sync::Arc;

use crate::ids::{OfficeId, WriterId};
use crate::office::{Level, Tree};
use crate::op::{Audience, Change, Lane, Op, StreamId, writer_id};
use crate::period::Date;
use crate::planted::{self, Bug};
use crate::trust::Trust;

/// What scope is judged by: the tree of a day, and who is certified.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The offices.
    pub tree: Arc<Tree>,
    /// The day.
    pub date: Date,
    /// Who may write.
    pub trust: Arc<Trust>,
}

/// This node, where scope is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its key, as a writer.
    pub writer: WriterId,
    /// Its office.
    pub office: OfficeId,
}

impl Rules {
    /// The office for which a writer writes.
    #[must_use]
    pub fn office(&self, writer: WriterId) -> Option<OfficeId> {
        self.trust.office(writer, &self.tree, self.date)
    }

    /// Whether an office may have a byte of a stream whose writer writes for `writer_office`.
    ///
    /// `up` is for the office and its ancestors. `down` is for the subtree, and for the offices on
    /// the way to it, which relay it. `to` is for just its names. What an office has written it may
    /// hold, also when those that it wrote about have moved away; else a former parent gets no more.
    #[must_use]
    pub fn may_hold(&self, stream: &StreamId, writer_office: OfficeId, holder: OfficeId) -> bool {
        let on_the_way = match &stream.audience {
            Audience::Down(office) => {
                self.within(holder, writer_office) && self.within(*office, holder)
            }
            Audience::Up(_) | Audience::To(_) => false,
        };
        let own = holder == writer_office;
        own || on_the_way || self.is_for(&stream.audience, holder) || self.needs(stream, holder)
    }

    /// Whether an office needs what is said of keys of another: those of the former parents of an
    /// office that moved, without which what they wrote about it would be a stranger's. The new
    /// parents need it, and those below.
    fn needs(&self, stream: &StreamId, holder: OfficeId) -> bool {
        let (Audience::Up(of) | Audience::Down(of)) = &stream.audience else { return false };
        let near = |moved| self.within(moved, holder) || self.within(holder, moved);
        stream.lane == Lane::Control && self.tree.moved_from(*of).any(near)
    }

    /// The office for which a stream is written; one's own is known before it is certified.
    #[must_use]
    pub fn stream_office(&self, own: Own, stream: &StreamId) -> Option<OfficeId> {
        if stream.writer == own.writer { Some(own.office) } else { self.office(stream.writer) }
    }

    /// Whether this node and a node of another office may both hold a stream.
    #[must_use]
    pub fn may_share(&self, own: Own, stream: &StreamId, peer: OfficeId) -> bool {
        self.stream_office(own, stream).is_some_and(|office| {
            self.may_hold(stream, office, own.office)
                && (self.may_hold(stream, office, peer) || planted::is(Bug::SenderAudience))
        })
    }

    /// How far a stream that stands at `next_seq` may be passed on: a revoked writer's, as far as
    /// it is trusted.
    #[must_use]
    pub fn trusted_next(&self, own: Own, stream: &StreamId, next_seq: u64) -> u64 {
        if stream.writer == own.writer {
            return next_seq;
        }
        let last_seq = self.trust.trusted_until(stream);
        last_seq.map_or(next_seq, |last_seq| next_seq.min(last_seq.saturating_add(1)))
    }

    /// Whether an office is one that an audience is for.
    #[must_use]
    pub fn is_for(&self, audience: &Audience, holder: OfficeId) -> bool {
        match audience {
            Audience::Up(office) => self.within(*office, holder),
            Audience::Down(office) => self.within(holder, *office),
            Audience::To(names) => names.contains(&holder),
        }
    }

    /// Whether a writer of this office may have such a stream at all.
    #[must_use]
    pub fn may_write(&self, stream: &StreamId, writer_office: OfficeId) -> bool {
        match &stream.audience {
            // Written before the office moved, it comes to its new parent after.
            Audience::Up(office) | Audience::Down(office) => {
                self.tree.ever_within(*office, writer_office)
            }
            Audience::To(names) => names.contains(&writer_office),
        }
    }

    /// Whether an operation says no more than its stream and writer may say.
    #[must_use]
    pub fn may_say(&self, op: &Op, stream: &StreamId, writer_office: OfficeId) -> bool {
        if planted::is(Bug::SaysAnything) {
            return true;
        }
        let control = stream.lane == Lane::Control;
        let own_name = self.tree.ever_within(op.office, writer_office);
        // A device speaks for its person and states nothing.
        if let Some(holder) = self.trust.holder(stream.writer)
            && (control || op.author != holder)
        {
            return false;
        }
        match &op.change {
            Change::Create(create) => !control && own_name && stream.audience.covers(create.office),
            Change::Patch(_)
            | Change::Transition(_)
            | Change::Comment(_)
            | Change::Acknowledge(_) => !control && own_name,
            // What every office builds on comes from the centre alone.
            Change::Pack(_) | Change::Office(_) => {
                control && self.tree.level(writer_office) == Some(Level::Centre)
            }
            Change::Certificate(certificate) => control && certificate.is_agreed(),
            Change::Revocation(_) => control,
            Change::Unknown(_) => true,
        }
    }

    /// The order of streams of the control lane: a certificate goes before what its key wrote, the
    /// root's first, then the centre's, and so downwards. Streams of other lanes have one rank.
    #[must_use]
    pub fn rank(&self, stream: &StreamId) -> usize {
        let of_root = self.trust.root().map(writer_id) == Some(stream.writer);
        let level = self.office(stream.writer).and_then(|office| self.tree.level(office));
        match level {
            Some(level) if stream.lane == Lane::Control && !of_root => 1 + level as usize,
            Some(_) | None => 0,
        }
    }

    /// What an office that has ended wrote still goes up.
    fn within(&self, office: OfficeId, root: OfficeId) -> bool {
        self.tree.stood_within(office, root, self.date)
    }
}
