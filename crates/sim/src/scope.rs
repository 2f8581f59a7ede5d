//! Who may have and write what, worked out again from the offices alone.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, WriterId};
use domain::office::Tree;
use domain::op::{Audience, StreamId};
use domain::period::Date;

/// The offices of a world, each with those above it, and whom each key really belongs to.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    above: BTreeMap<OfficeId, Vec<OfficeId>>,
    writers: BTreeMap<WriterId, OfficeId>,
}

impl Registry {
    /// Takes note of an office, and of all above it.
    pub(crate) fn office(&mut self, tree: &Tree, office: OfficeId, date: Date) {
        let mut above = Vec::new();
        let mut at = tree.at(office, date).and_then(|office| office.parent);
        while let Some(parent) = at {
            above.push(parent);
            at = tree.at(parent, date).and_then(|office| office.parent);
        }
        self.above.insert(office, above);
    }

    pub(crate) fn writer(&mut self, writer: WriterId, office: OfficeId) {
        self.writers.insert(writer, office);
    }

    /// Whose key it is: of no office where nobody certified it.
    pub(crate) fn office_of(&self, writer: WriterId) -> Option<OfficeId> {
        self.writers.get(&writer).copied()
    }

    /// Whether the office is another, or lies below it.
    fn below(&self, office: OfficeId, top: OfficeId) -> bool {
        office == top || self.above.get(&office).is_some_and(|above| above.contains(&top))
    }

    /// Whether an office stands above another.
    pub(crate) fn is_above(&self, top: OfficeId, office: OfficeId) -> bool {
        office != top && self.below(office, top)
    }

    /// Whether an office may have a byte of a stream.
    pub(crate) fn may_have(&self, stream: &StreamId, holder: OfficeId) -> bool {
        let Some(writer) = self.office_of(stream.writer) else { return false };
        match &stream.audience {
            Audience::Up(office) => self.below(*office, holder),
            Audience::Down(office) => {
                let relays = self.below(holder, writer) && self.below(*office, holder);
                self.below(holder, *office) || relays
            }
            Audience::To(names) => names.contains(&holder),
        }
    }

    /// Whether its writer may write it.
    pub(crate) fn may_write(&self, stream: &StreamId) -> bool {
        let Some(writer) = self.office_of(stream.writer) else { return false };
        match &stream.audience {
            Audience::Up(office) | Audience::Down(office) => self.below(*office, writer),
            Audience::To(names) => names.contains(&writer),
        }
    }
}
