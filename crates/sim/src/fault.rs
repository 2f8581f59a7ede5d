//! Kinds of faults, counted.

use std::collections::BTreeMap;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Something that went wrong, or met something that it had not seen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault {
            $($(#[$doc])* $variant,)*
        }

        impl Fault {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

faults! {
    /// A message took long.
    Delayed = "message delayed",
    /// A message came after one that was sent later.
    Reordered = "message out of order",
    /// A message came twice.
    Duplicated = "message duplicated",
    /// A message never came.
    Lost = "message lost",
    /// A message was changed on its way, and refused.
    Tampered = "message tampered with and refused",
    /// A message began after what the receiver holds.
    Gap = "message with a gap before it",
    /// Two groups of machines could not hear each other.
    Partitioned = "network partitioned",
    /// A machine died in the middle of a transaction.
    CrashBefore = "crash before commit",
    /// A machine died between commit and answer.
    CrashAfter = "crash after commit, before the answer",
    /// A machine died at rest, its log's last pages half written.
    TornTail = "crash with a torn write-ahead log",
    /// A submission was sent again and met its receipt.
    Repeated = "submission repeated",
    /// A clock ran ahead.
    ClockAhead = "clock ahead",
    /// A clock ran behind.
    ClockBehind = "clock behind",
    /// An operation came for a record whose creation had not.
    BeforeCreation = "operation before its creation",
    /// An operation came for a type that the machine did not know.
    UnknownType = "operation of an unknown type",
    /// Two machines began one periodic record.
    CreatedTwice = "record created twice",
    /// Two people changed one cell without seeing each other.
    Conflict = "concurrent change of a cell",
    /// The workflow refused a move when its turn came.
    RefusedMove = "move refused",
    /// An approval ended because the content changed.
    Reopened = "approval reopened",
}

/// How often each kind happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts(BTreeMap<Fault, u64>);

impl Counts {
    pub(crate) fn note(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (fault, count) in &other.0 {
            *self.0.entry(*fault).or_default() += count;
        }
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = (Fault, u64)> {
        Fault::ALL.iter().map(|fault| (*fault, self.0.get(fault).copied().unwrap_or(0)))
    }

    pub(crate) fn missing(&self) -> Vec<Fault> {
        self.each().filter(|(_, count)| *count == 0).map(|(fault, _)| fault).collect()
    }
}
