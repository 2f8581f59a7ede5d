//! What a session is told and what it says to do.

use std::sync::Arc;

use super::body::Squeeze;
use super::frame::Page;
use super::health::Health;
use super::scope::Rules;
use super::wire::{Hello, Mark, Stand, StreamTag};
use crate::ids::{OfficeId, WriterId};
use crate::op::StreamId;
use crate::problem::ProblemCode;

/// The protocol that this build speaks; it also speaks the two before, and a build one ahead
/// speaks it still.
pub const PROTOCOL: u32 = 1;
pub(super) const OLDEST: u32 = if PROTOCOL > 2 { PROTOCOL - 2 } else { 1 };

/// Which end this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It dialled, and speaks first.
    Dialer,
    /// It was dialled.
    Listener,
}

/// What HELLO's proof signs: `"genggam session 1" ‖ role (0 dialled, 1 was dialled) ‖ channel ‖
/// writer`, where the channel is the TLS exporter of the connection (RFC 8446, 7.5), so that a
/// proof is of this connection and no other; zeros where there is no TLS.
#[must_use]
pub fn hello_bytes(role: Role, channel: &[u8; 32], writer: WriterId) -> Vec<u8> {
    let mut bytes = b"genggam session 1".to_vec();
    bytes.push(match role {
        Role::Dialer => 0,
        Role::Listener => 1,
    });
    bytes.extend(channel);
    bytes.extend(writer.0);
    bytes
}

/// A stream as it stands here.
pub type Held = (StreamId, u64);

/// How a session begins.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which end.
    pub role: Role,
    /// The connection's TLS exporter.
    pub channel: [u8; 32],
    /// Our HELLO; what depends on the peer is filled in here.
    pub hello: Hello,
    /// The office that is expected to answer, where this end dials.
    pub peer_office: Option<OfficeId>,
    /// Who may have and write what.
    pub rules: Rules,
    /// Every stream that stands here.
    pub held: Vec<Held>,
    /// Compression.
    pub codec: Arc<dyn Squeeze>,
    /// When it begins.
    pub now_ms: u64,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The connection brought a datagram.
    Bytes(&'a [u8]),
    /// Time passed.
    Tick,
    /// A stream stands further here: `(stream, next sequence number)`.
    Grew(StreamId, u64),
    /// The answer to [`Action::Read`].
    Page(Page),
    /// The answer to [`Action::Take`], by the peer's number for the stream.
    Taken(u32, Taken),
    /// Who may have and write what has changed.
    Rules(Rules),
    /// Rows about nodes to tell the peer.
    Health(Vec<Health>),
    /// A word of the exchange of files to tell the peer.
    Blob(Vec<u8>),
    /// Where the peer's own streams stand here, to tell it.
    Stands(Vec<Stand>),
    /// An own stream is another at the peer: it is asked for from where the chains part.
    Want(StreamTag, Vec<Mark>),
    /// A stream is sent to the peer again from here.
    Again(StreamId, u64),
}

/// What came of operations that were handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Durable, up to this sequence number.
    Durable(u64),
    /// Not taken and kept for an administrator to see; the stream stands here.
    Refused(u64, ProblemCode),
    /// What came does not follow; the stream stands here.
    Gap(u64),
    /// Storage failed: nothing is known.
    Failed,
}

/// Operations of one stream, as another node sends them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The stream.
    pub stream: StreamId,
    /// The sequence number of the first.
    pub first_seq: u64,
    /// Their bytes, in order.
    pub ops: Vec<Vec<u8>>,
    /// The writer's signature over the head after the last; ignored where a revocation vouches
    /// for that head.
    pub signature: [u8; 64],
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this datagram.
    Send(Vec<u8>),
    /// Read operations of a stream from here on, and answer with [`Input::Page`].
    Read(StreamId, u64),
    /// Take operations into the log, in this order, and answer with [`Input::Taken`].
    Take {
        /// The peer's number for the stream, to answer with.
        number: u32,
        /// The operations.
        batch: Batch,
    },
    /// The peer has proved itself.
    Met(PeerHello),
    /// The peer has a stream durably up to here.
    Acked(StreamId, u64),
    /// The peer said how nodes fare.
    Health(Vec<Health>),
    /// The peer said a word of the exchange of files.
    Blob(Vec<u8>),
    /// The peer said where this node's own streams stand at it.
    Stands(Vec<Stand>),
    /// The peer asks for a stream of its own, and says how its chain goes.
    Want(StreamTag, Vec<Mark>),
    /// The peer offered a stream that it may not have, write or send.
    Offered(StreamId, ProblemCode),
    /// Close the connection.
    Close(Closed),
}

/// A peer that has proved itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerHello {
    /// Its key, as a writer.
    pub writer: WriterId,
    /// Its office, as it is certified.
    pub office: OfficeId,
    /// The protocol that both speak.
    pub protocol: u32,
    /// The program's version.
    pub program: String,
    /// The latest version of each pack that it has.
    pub packs: Vec<(String, u32)>,
    /// Its clock when it said so, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The peer owes a word and hasn't said one for too long.
    Dead,
    /// The peer is not who it should be, or may not speak: with the problem's code.
    Refused(ProblemCode),
    /// The peer ended it, with the problem's code.
    Bye(String),
    /// The peer sent what is no message.
    Malformed,
    /// Our storage failed.
    Storage,
}
