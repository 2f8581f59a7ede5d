//! Sync: how nodes exchange streams over a weak link, as a state machine without IO.
//!
//! A [`Session`] is one connection's end. It is given bytes, ticks and what its node did, and says
//! what to send, to read from the log, and to take into it. `docs/formats/sync.md` gives the bytes.

pub mod blob;
pub mod body;
pub mod bundle;
mod contract;
mod frame;
pub mod health;
mod inbox;
mod outbox;
mod ppm;
mod redial;
mod scope;
mod session;
mod wire;

pub use self::body::{DictionaryId, Squeeze};
pub use self::contract::{
    Action, Batch, Closed, Config, Held, Input, PROTOCOL, PeerHello, Role, Taken, hello_bytes,
};
pub use self::frame::{Boundary, BuiltFrame, Dictionaries, Page, Said, build, read};
pub use self::outbox::{LaneQueue, Progress};
pub use self::ppm::Ppm;
pub use self::redial::redial_ms;
pub use self::scope::{Own, Rules};
pub use self::session::Session;
pub use self::wire::{
    Cursor, Frame, Hello, Mark, Message, Part, Stand, StreamTag, WireError, decode_all, tag_of,
};
