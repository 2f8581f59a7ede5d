//! Bugs that the simulator plants to show that its checkers see them.
//!
//! Without the feature `planted`, which only the simulator asks for, [`is`] is the constant
//! `false` and nothing of them is in the program.

macro_rules! bugs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[$doc])* $variant,)*
        }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// What it is called on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

bugs! {
    /// A frame is acknowledged when it comes, before it is durable.
    AckBeforeCommit = "ack-before-commit",
    /// A batch of which nothing was kept is acknowledged to its end.
    AckRefused = "ack-refused",
    /// HELLO's cursors name an operation that isn't here yet.
    CursorAhead = "cursor-ahead",
    /// A sender does not ask whether the peer's office may have a stream.
    SenderAudience = "sender-audience",
    /// A receiver does not ask whether its office may have a stream, or its writer write it.
    ReceiverAudience = "receiver-audience",
    /// An operation may say what its writer may not.
    SaysAnything = "says-anything",
    /// HELLO's proof is not checked.
    AnyHello = "any-hello",
    /// A revoked key is trusted on.
    RevokedTrusted = "revoked-trusted",
    /// The signature of a head is not checked.
    AnySignature = "any-signature",
    /// What is here already is not compared with what comes again.
    OverlapUnseen = "overlap-unseen",
    /// What the peer asks for again is not sent again.
    ResetForgotten = "reset-forgotten",
    /// The most urgent lane goes last.
    UrgentLast = "urgent-last",
    /// More is on its way than the window lets.
    NoWindow = "no-window",
    /// Every session sends streams from their beginning.
    FromBeginning = "from-beginning",
    /// What comes again is folded again.
    FoldedTwice = "folded-twice",
    /// What a revocation takes out still counts.
    VoidCounts = "void-counts",
    /// A clock that runs years ahead is followed.
    ClockFollowed = "clock-followed",
    /// A relay does not keep the signed heads that frames end at.
    HeadForgotten = "head-forgotten",
    /// A transaction that failed is answered as if it were durable.
    FailureUnseen = "failure-unseen",
    /// What a record does not say of its operations is forgotten when it is pruned.
    RestForgotten = "rest-forgotten",
    /// What no node above has is pruned.
    PrunedUnheard = "pruned-unheard",
    /// What comes for a pruned record does not first bring its operations back.
    PrunedUnmade = "pruned-unmade",
    /// A copy of a node goes on in the life of what it was copied from.
    CopyKeepsLife = "copy-keeps-life",
    /// An operation that is written again in another life gets another name.
    RehomedAnew = "rehomed-anew",
    /// What a node wrote under a key that it had before is given up when that key is ended.
    FormerForgotten = "former-forgotten",
    /// Anybody certifies keys of any office.
    CertifiedByAnyone = "certified-by-anyone",
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a bug in what this thread does from now on, or takes it out.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this bug is planted.
#[cfg(feature = "planted")]
#[must_use]
pub fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this bug is planted: never.
#[cfg(not(feature = "planted"))]
#[must_use]
#[inline]
pub const fn is(_: Bug) -> bool {
    false
}
