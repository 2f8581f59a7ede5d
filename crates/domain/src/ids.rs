//! One id, one type.
//!
//! Byte ids print and parse as lower-case hexadecimal; integer ids as decimal. Integer ids of
//! offices, fields, states and actions are stable for ever: bytes in the log refer to them.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use thiserror::Error;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an id: expected {expected_chars} hexadecimal characters")]
pub struct IdError {
    /// How many hexadecimal characters the id has.
    pub expected_chars: usize,
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! int_id {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            Encode, Decode, serde::Serialize, serde::Deserialize,
        )]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(#[n(0)] pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

byte_id!(
    /// A record. For a periodic type derived from type, office and period
    /// ([`crate::record::periodic_id`]); for an event type chosen at random by whoever files it.
    RecordId, 16);
byte_id!(
    /// The idempotency key of one submission, made by the end application. Sending it again
    /// returns the first receipt.
    SubmissionId, 16);
byte_id!(
    /// A person who signs in.
    PersonId, 16);
byte_id!(
    /// A writer of streams: the first 16 bytes of the BLAKE3 of its Ed25519 public key.
    WriterId, 16);
byte_id!(
    /// A BLAKE3 digest: a chain link, a content hash, a blob's address.
    Digest, 32);
byte_id!(
    /// A short name for an operation within its record: the first 8 bytes of its chain link.
    OpTag, 8);

int_id!(
    /// An office of the tree, whatever its code, name and parent are at a date.
    OfficeId, u32);
int_id!(
    /// A field of a record type.
    FieldId, u16);
int_id!(
    /// A state of a workflow.
    StateId, u16);
int_id!(
    /// An action of a workflow.
    ActionId, u16);
int_id!(
    /// A choice of a choice field.
    ChoiceId, u16);
int_id!(
    /// A row of a repeat group, chosen by whoever adds it, never used again in its record.
    RowId, u32);

impl Digest {
    /// The short name of the operation whose chain link this is.
    #[must_use]
    pub fn tag(&self) -> OpTag {
        let mut tag = [0; 8];
        tag.copy_from_slice(&self.0[..8]);
        OpTag(tag)
    }
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let error = IdError { expected_chars: N * 2 };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(error);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = hex_digit(pair[0]).ok_or_else(|| error.clone())?;
        let low = hex_digit(pair[1]).ok_or_else(|| error.clone())?;
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
