//! Messages: one CBOR item each, `[kind, [content]]`, any number of them in one datagram.

use minicbor::decode::Error as DecodeError;
use minicbor::encode::Error as EncodeError;
use minicbor::{Decode, Decoder, Encode, Encoder};
use thiserror::Error;

use super::body::DictionaryId;
use crate::ids::{Digest, OfficeId, OpTag, WriterId};
use crate::limits::{
    BLOB_MESSAGE_BYTES_MAX, CURSORS_MAX, FRAME_BYTES_MAX, HELLO_DICTIONARIES_MAX, HELLO_PACKS_MAX,
    MARKS_MAX, STANDS_MAX, TEXT_BYTES_MAX,
};
use crate::op::StreamId;

/// A short name for a stream: the first 8 bytes of the BLAKE3 of its CBOR.
pub type StreamTag = u64;

/// The short name of a stream.
#[must_use]
pub fn tag_of(stream: &StreamId) -> StreamTag {
    let cbor = minicbor::to_vec(stream).expect("invariant: writing to memory does not fail");
    let mut tag = [0; 8];
    tag.copy_from_slice(&blake3::hash(&cbor).as_bytes()[..8]);
    u64::from_be_bytes(tag)
}

/// Where a stream stands at whoever says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Cursor {
    /// Which stream.
    #[n(0)]
    pub tag: StreamTag,
    /// The sequence number that it would take next.
    #[n(1)]
    pub next_seq: u64,
}

/// The first message of each side.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Hello {
    /// Oldest protocol that the sender still speaks.
    #[n(0)]
    pub oldest: u32,
    /// Newest protocol that it speaks.
    #[n(1)]
    pub newest: u32,
    /// The sender's key, as a writer.
    #[n(2)]
    pub writer: WriterId,
    /// Ed25519 by that key over [`super::hello_bytes`].
    #[cbor(n(3), with = "minicbor::bytes")]
    pub proof: [u8; 64],
    /// The sender's office.
    #[n(4)]
    pub office: OfficeId,
    /// The sender's clock, in milliseconds since 1970.
    #[n(5)]
    pub now_ms: u64,
    /// The program's version, for people.
    #[n(6)]
    pub program: String,
    /// The latest version of each pack.
    #[n(7)]
    pub packs: Vec<(String, u32)>,
    /// Dictionaries, best first; frames name them by their place here, from 1.
    #[n(8)]
    pub dictionaries: Vec<DictionaryId>,
    /// BLAKE3 of the sender's cursors for all streams that both may hold.
    #[n(9)]
    pub digest: Digest,
    /// Those cursors, if they are few or the digests differ.
    #[n(10)]
    pub cursors: Option<Vec<Cursor>>,
}

/// Operations of a stream that end at a signed head. Signature and body are one piece of bytes: a
/// frame of one report is short, and a length is two bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The sender's number for the stream.
    pub stream: u32,
    /// The sequence number of the first operation; 0 where the frame leans on what went before:
    /// then it goes on from there.
    pub first_seq: u64,
    /// Twice the place of its dictionary in the sender's HELLO, from 1, 0 being none; and 1 more
    /// where it leans on what went before in its stream.
    pub basis: u8,
    /// The writer's signature over the head after the last operation.
    pub signature: [u8; 64],
    /// The operations, joined and squeezed.
    pub body: Vec<u8>,
}

impl<C> Encode<C> for Frame {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(4)?.u32(self.stream)?.u64(self.first_seq)?.u8(self.basis)?;
        e.bytes(&[&self.signature, self.body.as_slice()].concat())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Frame {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        if d.array()? != Some(4) {
            return Err(DecodeError::message("a frame is an array of four"));
        }
        let (stream, first_seq, basis) = (d.u32()?, d.u64()?, d.u8()?);
        let split = d.bytes()?.split_first_chunk();
        let (signature, body) = split.ok_or_else(|| DecodeError::message("a frame is signed"))?;
        Ok(Self { stream, first_seq, basis, signature: *signature, body: body.to_vec() })
    }
}

/// A piece of a frame that is larger than a frame may be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Part {
    /// The sender's number for the stream.
    #[n(0)]
    pub stream: u32,
    /// Where the piece begins in the frame's CBOR.
    #[n(1)]
    pub offset: u32,
    /// How many bytes the frame's CBOR has.
    #[n(2)]
    pub total: u32,
    /// The piece.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl Part {
    /// Where the piece ends in the frame's CBOR.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.offset.saturating_add(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX))
    }
}

/// A place of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Mark {
    /// The sequence number that comes next there.
    #[n(0)]
    pub next_seq: u64,
    /// The short name of the link there.
    #[n(1)]
    pub link: OpTag,
}

impl Mark {
    /// A place that is in no chain: all that is known is that the chains differ.
    pub(crate) const ELSEWHERE: Self = Self { next_seq: u64::MAX, link: OpTag([0; 8]) };
}

/// Where a stream stands, and in which chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Stand {
    /// Which stream.
    #[n(0)]
    pub tag: StreamTag,
    /// Its head.
    #[n(1)]
    pub head: Mark,
}

/// What one end says to the other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// Who I am and where I stand.
    #[n(0)]
    Hello(#[n(0)] Box<Hello>),
    /// My cursors, where HELLO left them out and the digests differ.
    #[n(1)]
    Cursors(#[n(0)] Vec<Cursor>),
    /// A number for a stream, before its first frame.
    #[n(2)]
    Declare(#[n(0)] u32, #[n(1)] StreamId),
    /// Operations.
    #[n(3)]
    Frame(#[n(0)] Frame),
    /// A piece of operations that do not fit a frame.
    #[n(4)]
    Part(#[n(0)] Part),
    /// Durable up to here: the receiver of the frame says the sender's number and what it takes
    /// next.
    #[n(5)]
    Ack(#[n(0)] u32, #[n(1)] u64),
    /// Begin again from here: what came did not follow, or could not be taken then.
    #[n(6)]
    Reset(#[n(0)] u32, #[n(1)] u64),
    /// Not taken, with the problem's code; the sender keeps it and stops.
    #[n(7)]
    Refused(#[n(0)] u32, #[n(1)] u64, #[n(2)] String),
    /// Are you there?
    #[n(8)]
    Ping(#[n(0)] u64),
    /// I am.
    #[n(9)]
    Pong(#[n(0)] u64),
    /// The end, with the problem's code.
    #[n(10)]
    Bye(#[n(0)] String),
    /// How nodes fare: the sender's own row and those of nodes below it.
    #[n(11)]
    Health(#[n(0)] Vec<super::health::Health>),
    /// A piece came: its stream's number and where it ends.
    #[n(12)]
    Got(#[n(0)] u32, #[n(1)] u32),
    /// A word of the exchange of files: a message of [`super::blob`].
    #[n(13)]
    Blob(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// Where the receiver's own streams stand at the sender, which is above it.
    #[n(14)]
    Stands(#[n(0)] Vec<Stand>),
    /// One of the receiver of this asks for its own stream from where the chains part: places of
    /// its chain, the latest first.
    #[n(15)]
    Want(#[n(0)] StreamTag, #[n(1)] Vec<Mark>),
}

/// The last kind that this build knows: later ones are passed over.
const KIND_MAX: u32 = 15;

/// Why a datagram is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the peer sent bytes that are no message: {0}")]
pub struct WireError(String);

impl From<DecodeError> for WireError {
    fn from(error: DecodeError) -> Self {
        Self(error.to_string())
    }
}

impl Message {
    /// Appends its bytes.
    pub fn write(&self, to: &mut Vec<u8>) {
        minicbor::encode(self, to).expect("invariant: writing to memory does not fail");
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    fn within_limits(&self) -> bool {
        match self {
            Self::Hello(hello) => {
                hello.program.len() <= TEXT_BYTES_MAX
                    && hello.packs.len() <= HELLO_PACKS_MAX
                    && hello.packs.iter().all(|(name, _)| name.len() <= TEXT_BYTES_MAX)
                    && hello.dictionaries.len() <= HELLO_DICTIONARIES_MAX
                    && hello.cursors.as_ref().is_none_or(|cursors| cursors.len() <= CURSORS_MAX)
            }
            Self::Cursors(cursors) => cursors.len() <= CURSORS_MAX,
            Self::Frame(frame) => frame.body.len() <= FRAME_BYTES_MAX,
            Self::Part(part) => part.bytes.len() <= FRAME_BYTES_MAX,
            Self::Refused(_, _, code) | Self::Bye(code) => code.len() <= TEXT_BYTES_MAX,
            Self::Health(rows) => rows.iter().all(|row| row.check().is_ok()),
            Self::Blob(word) => word.len() <= BLOB_MESSAGE_BYTES_MAX,
            Self::Stands(stands) => stands.len() <= STANDS_MAX,
            Self::Want(_, marks) => marks.len() <= MARKS_MAX,
            Self::Declare(..)
            | Self::Ack(..)
            | Self::Reset(..)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::Got(..) => true,
        }
    }
}

/// The messages of a datagram; kinds of a later protocol are left out.
///
/// # Errors
/// If the bytes are not whole messages, or one is beyond a limit.
pub fn decode_all(bytes: &[u8]) -> Result<Vec<Message>, WireError> {
    let mut messages = Vec::new();
    let mut d = Decoder::new(bytes);
    while d.position() < bytes.len() {
        let begin = d.position();
        if d.array()? != Some(2) {
            return Err(WireError("a message is an array of two".to_owned()));
        }
        if d.u32()? > KIND_MAX {
            d.skip()?;
            continue;
        }
        d.set_position(begin);
        let message: Message = d.decode()?;
        if !message.within_limits() {
            return Err(WireError("a message is beyond a limit".to_owned()));
        }
        messages.push(message);
    }
    Ok(messages)
}
