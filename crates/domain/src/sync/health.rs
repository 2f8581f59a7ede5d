//! How a node is, as its parent knows it: what nodes tell upwards of themselves and of those
//! below them. It says how machines and links are, never what a person does.

use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::ids::{OfficeId, WriterId};
use crate::limits::{
    HEALTH_BYTES_MAX, HEALTH_PACKS_MAX, NODE_NAME_BYTES_MAX, PACK_KEY_BYTES_MAX, PROGRAM_BYTES_MAX,
};
use crate::op::Lane;

/// How many lanes there are: what waits is counted for each, in the order of [`Lane::ALL`].
pub const LANES: usize = Lane::ALL.len();

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Health {
    /// The node.
    #[n(0)]
    pub writer: WriterId,
    /// The office that runs it.
    #[n(1)]
    pub office: OfficeId,
    /// Its name.
    #[n(2)]
    pub name: String,
    /// The version of its program, such as `0.1.0`.
    #[n(3)]
    pub program: String,
    /// The version of what it says to other nodes.
    #[n(4)]
    pub protocol: u32,
    /// When its parent last heard it, by the parent's clock, in milliseconds since 1970.
    #[n(5)]
    pub heard_ms: u64,
    /// Its clock minus its parent's, in milliseconds.
    #[n(6)]
    pub offset_ms: i64,
    /// Operations that wait there to be sent upward, by lane.
    #[n(7)]
    pub waiting: [u64; LANES],
    /// When the oldest of them was made, by its own clock, in milliseconds since 1970.
    #[n(8)]
    pub oldest_waiting_ms: Option<u64>,
    /// The latest version of each pack that it holds, by name.
    #[n(9)]
    pub packs: Vec<(String, u32)>,
    /// Operations in its log.
    #[n(10)]
    pub log_ops: u64,
    /// The node that observed it.
    #[n(11)]
    pub via: WriterId,
    /// Since when it is known that its key is used on another machine too, by its own clock, in
    /// milliseconds since 1970.
    #[n(12)]
    pub twice_ms: Option<u64>,
}

/// Why bytes or a row say nothing of a node's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HealthError {
    /// More bytes than [`HEALTH_BYTES_MAX`].
    #[error("a node's health has {bytes} bytes, more than {HEALTH_BYTES_MAX}")]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// The bytes are something else.
    #[error("the bytes are not a node's health")]
    Malformed,
    /// A name or a version is empty, too long, or has control characters.
    #[error("a name or a version in a node's health can't be one")]
    Text,
    /// More packs than [`HEALTH_PACKS_MAX`].
    #[error("a node's health names more than {HEALTH_PACKS_MAX} packs")]
    Packs,
}

impl Health {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("invariant: writing to memory does not fail")
    }

    /// The health that these bytes say, and nothing after it.
    ///
    /// # Errors
    /// If there are too many bytes, they say something else, or a limit is passed.
    pub fn decode(bytes: &[u8]) -> Result<Self, HealthError> {
        if bytes.len() > HEALTH_BYTES_MAX {
            return Err(HealthError::TooLarge { bytes: bytes.len() });
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        let health: Self = decoder.decode().map_err(|_| HealthError::Malformed)?;
        if decoder.position() != bytes.len() {
            return Err(HealthError::Malformed);
        }
        health.check()?;
        Ok(health)
    }

    /// Judges a row that was decoded as a part of something larger.
    ///
    /// # Errors
    /// The first limit that it passes.
    pub fn check(&self) -> Result<(), HealthError> {
        if self.packs.len() > HEALTH_PACKS_MAX {
            return Err(HealthError::Packs);
        }
        let fits = |text: &str, bytes_max: usize| {
            !text.is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
        };
        let packs = self.packs.iter().all(|(name, _)| fits(name, PACK_KEY_BYTES_MAX));
        let whole = fits(&self.name, NODE_NAME_BYTES_MAX)
            && fits(&self.program, PROGRAM_BYTES_MAX)
            && packs;
        if whole { Ok(()) } else { Err(HealthError::Text) }
    }

    /// The same within every limit, for what a node says of itself: names are cut, and packs that
    /// can't be named are left out.
    #[must_use]
    pub fn within_limits(mut self) -> Self {
        self.name = cut(&self.name, NODE_NAME_BYTES_MAX);
        self.program = cut(&self.program, PROGRAM_BYTES_MAX);
        self.packs.retain(|(name, _)| !name.is_empty() && cut(name, PACK_KEY_BYTES_MAX) == *name);
        self.packs.truncate(HEALTH_PACKS_MAX);
        self
    }

    /// Operations that wait there, of all lanes.
    #[must_use]
    pub fn waiting_ops(&self) -> u64 {
        self.waiting.iter().fold(0, |sum, ops| sum.saturating_add(*ops))
    }
}

/// A text without control characters, cut to so many bytes; `?` if nothing is left.
fn cut(text: &str, bytes_max: usize) -> String {
    let mut kept: String = text.chars().filter(|c| !c.is_control()).collect();
    kept.truncate(kept.floor_char_boundary(bytes_max));
    if kept.is_empty() { "?".to_owned() } else { kept }
}
