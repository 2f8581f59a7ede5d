//! What a bundle holds, once it is opened: the same frames that a session carries, and files.
//! `docs/formats/bundle.md` gives the bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use minicbor::{Decode, Decoder, Encode};
use thiserror::Error;

use super::blob::Group;
use super::body::{BodyError, DictionaryId, Squeeze};
use super::contract::Batch;
use super::frame::{Dictionaries, Said, read};
use super::wire::{Cursor, Frame};
use crate::ids::{Digest, WriterId};
use crate::limits::{CURSORS_MAX, HELLO_DICTIONARIES_MAX};
use crate::op::StreamId;

/// The first line of a bundle's file.
const BEGINNING: &[u8] = b"genggam bundle 1\n";

/// What anybody can read of a bundle: who sent it to whom.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Envelope {
    /// Who sent it.
    #[n(0)]
    pub from: WriterId,
    /// Who can open it.
    #[n(1)]
    pub to: WriterId,
    /// The encapsulated key (RFC 9180, section 4.1).
    #[cbor(n(2), with = "minicbor::bytes")]
    pub key: Vec<u8>,
}

impl Envelope {
    /// The beginning of a bundle's file.
    #[must_use]
    pub fn begin(&self) -> Vec<u8> {
        let mut bytes = BEGINNING.to_vec();
        minicbor::encode(self, &mut bytes).expect("invariant: writing to memory does not fail");
        bytes
    }

    /// The envelope of a file, and the sealed chunks after it; none if the file is no bundle.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let rest = bytes.strip_prefix(BEGINNING)?;
        let mut d = Decoder::new(rest);
        let envelope = d.decode().ok()?;
        Some((envelope, &rest[d.position()..]))
    }
}

/// What a bundle holds, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Item {
    /// First: dictionaries, which frames name by their place from 1, and where every stream that
    /// both may hold stands at the sender.
    #[n(0)]
    Head(#[n(0)] Vec<DictionaryId>, #[n(1)] Vec<Cursor>),
    /// A number for a stream, before its first frame.
    #[n(1)]
    Stream(#[n(0)] u32, #[n(1)] StreamId),
    /// Operations.
    #[n(2)]
    Frame(#[n(0)] Frame),
    /// A group of a file that an operation names.
    #[n(3)]
    Group(#[n(0)] FileGroup),
}

/// A group of a file with its proof, as a bundle carries it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FileGroup {
    #[n(0)]
    digest: Digest,
    #[n(1)]
    size_bytes: u64,
    #[n(2)]
    number: u32,
    #[cbor(n(3), with = "minicbor::bytes")]
    proof: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

impl From<&Group> for FileGroup {
    fn from(group: &Group) -> Self {
        Self {
            digest: group.digest(),
            size_bytes: group.size_bytes(),
            number: group.number(),
            proof: group.proof().to_vec(),
            bytes: group.bytes().to_vec(),
        }
    }
}

/// What is taken out of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Operations, to be judged like those of a session.
    Ops(Batch),
    /// Operations that can't be read before the pack is here whose dictionary they need.
    Unread(StreamId),
    /// A proved group of a file.
    Group(Group),
}

/// Bytes that are not the content of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bytes are not the content of a bundle")]
pub struct NoContent;

/// A bundle's content, read piece by piece: what its sender put there, whoever that is.
#[derive(Debug)]
pub struct Contents<'b> {
    decoder: Decoder<'b>,
    dictionaries: Dictionaries,
    streams: BTreeMap<u32, StreamId>,
    cursors: Vec<Cursor>,
}

impl<'b> Contents<'b> {
    /// Begins to read.
    ///
    /// # Errors
    /// If the bytes don't begin with a head, or it is beyond a limit.
    pub fn new(bytes: &'b [u8], codec: Arc<dyn Squeeze>) -> Result<Self, NoContent> {
        let mut decoder = Decoder::new(bytes);
        let Ok(Item::Head(peer, cursors)) = decoder.decode() else { return Err(NoContent) };
        if peer.len() > HELLO_DICTIONARIES_MAX || cursors.len() > CURSORS_MAX {
            return Err(NoContent);
        }
        let dictionaries = Dictionaries { codec, out: Vec::new(), peer };
        Ok(Self { decoder, dictionaries, streams: BTreeMap::new(), cursors })
    }

    /// Where streams stand at the sender.
    #[must_use]
    pub fn cursors(&self) -> &[Cursor] {
        &self.cursors
    }

    /// Bytes that have been read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.decoder.position()
    }

    fn piece(&mut self) -> Result<Option<Piece>, NoContent> {
        match self.decoder.decode().map_err(|_| NoContent)? {
            Item::Head(..) => Err(NoContent),
            Item::Stream(number, stream) => {
                self.streams.insert(number, stream);
                Ok(None)
            }
            Item::Frame(frame) => {
                let stream = self.streams.get(&frame.stream).ok_or(NoContent)?.clone();
                let read = read(&frame, &self.dictionaries, &mut Said::default());
                let (first_seq, ops) = match read {
                    Ok(read) => read,
                    Err(BodyError::NoDictionary) => return Ok(Some(Piece::Unread(stream))),
                    Err(BodyError::Malformed | BodyError::TooLarge) => return Err(NoContent),
                };
                let batch = Batch { stream, first_seq, ops, signature: frame.signature };
                Ok(Some(Piece::Ops(batch)))
            }
            Item::Group(FileGroup { digest, size_bytes, number, proof, bytes }) => {
                let group = Group::verify(digest, size_bytes, number, proof, bytes);
                group.map(|group| Some(Piece::Group(group))).map_err(|_| NoContent)
            }
        }
    }
}

impl Iterator for Contents<'_> {
    type Item = Result<Piece, NoContent>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.decoder.position() < self.decoder.input().len() {
            match self.piece() {
                Ok(None) => {}
                Ok(Some(piece)) => return Some(Ok(piece)),
                Err(error) => {
                    self.decoder.set_position(self.decoder.input().len());
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
