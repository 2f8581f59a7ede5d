//! A peer whose build is one protocol ahead: what it says beyond ours.

use domain::sync::{Message, PROTOCOL, decode_all};

use crate::fault::{Counts, Fault};

/// A kind of message that no build of today knows.
const LATER_KIND: u32 = 77;

/// A message of a later kind, with content of a later shape.
pub(crate) fn later_message() -> Vec<u8> {
    let content = vec![("later", 7u64), ("kind", 1)];
    minicbor::to_vec((LATER_KIND, (content, [1u8, 2, 3])))
        .expect("invariant: writing to memory does not fail")
}

/// What a later build would have sent for this: it speaks ours, and more.
pub(crate) fn ahead(bytes: &[u8], counts: &mut Counts) -> Vec<u8> {
    let mut out = Vec::new();
    for message in decode_all(bytes).unwrap_or_default() {
        if let Message::Hello(mut hello) = message {
            counts.note(Fault::NewerPeer);
            hello.newest = PROTOCOL + 1;
            Message::Hello(hello).write(&mut out);
        } else {
            counts.note(Fault::UnknownMessage);
            out.extend(later_message());
            message.write(&mut out);
        }
    }
    out
}
