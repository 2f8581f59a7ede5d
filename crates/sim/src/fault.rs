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
    /// A packet was lost below TCP: what follows waits for its second sending.
    Loss = "packet lost, the rest waits",
    /// A connection ended without a word.
    Broken = "connection broken",
    /// A link carried nothing for a while.
    Partitioned = "link cut",
    /// A session gave up a peer that owed a word.
    Dead = "dead peer given up",
    /// A datagram was changed on its way.
    Corrupted = "datagram corrupted",
    /// A datagram came twice.
    Duplicated = "datagram duplicated",
    /// A datagram came after one that was sent later.
    Reordered = "datagram out of order",
    /// A datagram never came.
    Dropped = "datagram dropped",
    /// A session ended because what came is no message.
    Malformed = "session closed on malformed bytes",
    /// A receiver asked for a stream from an earlier place.
    Reset = "stream set back",
    /// A machine died in the middle of a transaction.
    CrashBefore = "crash before commit",
    /// A machine died between commit and answer.
    CrashAfter = "crash after commit, before the answer",
    /// A machine died at rest, its log's last pages half written.
    TornTail = "crash with a torn write-ahead log",
    /// A commit failed.
    Eio = "input/output error at commit",
    /// The disk was full.
    Full = "disk full",
    /// A submission was sent again and met its receipt.
    Repeated = "submission repeated",
    /// A clock ran ahead, by up to 48 hours.
    ClockAhead = "clock ahead by hours",
    /// A clock ran behind, by up to 48 hours.
    ClockBehind = "clock behind by hours",
    /// A clock ran ahead by years.
    YearsAhead = "clock ahead by years",
    /// A clock ran behind by years.
    YearsBehind = "clock behind by years",
    /// A clock was set while its node ran.
    ClockSet = "clock set while running",
    /// Operations under a signature that isn't their writer's.
    ForgedSignature = "attack: forged signature",
    /// Two chains of one writer, one to each of two nodes.
    Equivocation = "attack: two operations with one number",
    /// Operations that were seen before, sent again.
    Replay = "attack: replayed frames",
    /// A stream that its writer may not write, or the receiver not hold.
    OutOfScopeStream = "attack: stream out of scope",
    /// A well-signed operation that says what its writer may not.
    OutOfScopeOp = "attack: operation out of scope",
    /// Bytes that are nothing.
    Garbage = "attack: garbage",
    /// Frames and counts beyond every limit.
    Oversized = "attack: oversized",
    /// A key that nobody certified.
    Unknown = "attack: uncertified key",
    /// A node that names itself another's key.
    Impostor = "attack: another's key without its secret",
    /// A certified key that certifies for an office beside its own.
    RogueCertificate = "attack: certificate for another office",
    /// Operations after the last trusted one of a revoked key, by another's hand.
    RevokedTail = "attack: operations after a revocation, relayed",
    /// A revoked node dials.
    RevokedPeer = "revoked node refused",
    /// A key was revoked while its node could not be reached.
    RevokedOffline = "revocation while offline",
    /// Operations came before their writer's certificate.
    LateCertificate = "operations before their certificate",
    /// An office's node got a new key.
    Reenrolled = "node enrolled with a new key",
    /// A peer speaks a later protocol too.
    NewerPeer = "peer of a later protocol",
    /// A peer speaks no protocol of ours.
    NoCommonProtocol = "peer without a common protocol",
    /// A message of a later kind.
    UnknownMessage = "message of a later kind",
    /// An operation of a later kind.
    UnknownChange = "operation of a later kind",
    /// Operations went by hand.
    Detour = "USB detour",
    /// Operations went by hand and were damaged on the way.
    DamagedDetour = "damaged USB detour",
    /// An operation came for a type that the machine did not know.
    UnknownType = "operation of an unknown type",
    /// An operation came for a record whose creation had not.
    BeforeCreation = "operation before its creation",
    /// Two machines began one periodic record.
    CreatedTwice = "record created twice",
    /// Two people changed one cell without seeing each other.
    Conflict = "concurrent change of a cell",
    /// The workflow refused a move when its turn came.
    RefusedMove = "move refused",
    /// An approval ended because the content changed.
    Reopened = "approval reopened",
    /// Something urgent was filed while other reports waited to be sent.
    UrgentOvertakes = "urgent overtakes a backlog",
    /// An operation went in pieces.
    InPieces = "operation in pieces",
    /// A node went on from a backup.
    Restored = "node restored from a backup",
    /// A node went on from a copy of its files, as if nothing had happened.
    CopiedBack = "node copied back by hand",
    /// A backup knew nothing of the node that had come above meanwhile.
    JoinedAgain = "node of a backup told of a new parent",
    /// A node went on under another key.
    Rotated = "node under another key",
    /// A key was ended before all that it had written was heard above.
    EndedEarly = "key ended before its last was heard",
    /// A node went on in another life and wrote again what it had beside another branch.
    Rehomed = "operations written again in another life",
    /// What was folded was taken out again.
    Voided = "folded operation voided",
    /// A machine pruned records that the ones above have.
    Pruned = "records pruned",
    /// Something came for a record that was pruned.
    Returned = "operation for a pruned record",
    /// A machine lost its disk, and the one above had pruned a record of its office.
    BroughtUp = "disk lost, brought up by a node that pruned",
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
