//! A small world: the built-in offices, a root, and one certified key for each of a few offices.

use std::sync::{Arc, LazyLock};

use domain::ids::{OfficeId, WriterId};
use domain::office::Tree;
use domain::op::{Audience, Lane, StreamId, writer_id};
use domain::period::Date;
use domain::sync::Rules;
use domain::trust::{Certificate, KeyRole, Trust};
use ed25519_dalek::SigningKey;

/// The centre, a province, two of its regencies, another province.
pub const OFFICES: [OfficeId; 5] =
    [OfficeId(1), OfficeId(21), OfficeId(2101), OfficeId(2171), OfficeId(11)];
/// 2026-01-01.
pub const TODAY: Date = Date(20_454);

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let tree = Arc::new(Tree::built_in());
    let pins: Vec<Certificate> = (0..OFFICES.len()).map(certificate).collect();
    let trust = Trust::new(Some(root().verifying_key()), &pins, &[], &tree);
    Rules { tree, date: TODAY, trust: Arc::new(trust) }
});

/// Who may have and write what.
#[must_use]
pub fn rules() -> Rules {
    RULES.clone()
}

/// The root's key.
#[must_use]
pub fn root() -> SigningKey {
    SigningKey::from_bytes(&[100; 32])
}

/// The key of an office's node, by the office's place in [`OFFICES`].
#[must_use]
pub fn key(at: usize) -> SigningKey {
    let byte = u8::try_from(at % OFFICES.len()).expect("there are few offices");
    SigningKey::from_bytes(&[byte + 1; 32])
}

/// The writer that an office's node is.
#[must_use]
pub fn writer(at: usize) -> WriterId {
    static WRITERS: LazyLock<Vec<WriterId>> = LazyLock::new(|| {
        (0..OFFICES.len()).map(|at| writer_id(&key(at).verifying_key())).collect()
    });
    WRITERS[at % OFFICES.len()]
}

/// What says so.
#[must_use]
pub fn certificate(at: usize) -> Certificate {
    let key = key(at).verifying_key().to_bytes();
    let office = OFFICES[at % OFFICES.len()];
    Certificate {
        role: KeyRole::Node,
        key,
        seal: [0; 32],
        office,
        name: "simpul".into(),
        holder: None,
    }
}

/// A stream of an office's node.
#[must_use]
pub fn stream(at: usize, audience: Audience, lane: Lane) -> StreamId {
    StreamId { writer: writer(at), epoch: 1, audience, lane }
}
