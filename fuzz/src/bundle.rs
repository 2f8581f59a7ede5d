//! Bundles: what stands before the seal, and what a certified but malicious sender put behind it.

use std::sync::{Arc, LazyLock};

use domain::limits::{FRAME_OPS_MAX, FRAME_RAW_BYTES_MAX};
use domain::sync::Ppm;
use domain::sync::bundle::{Contents, Envelope, Piece};

static PPM: LazyLock<Arc<Ppm>> = LazyLock::new(Arc::default);

/// One input: the beginning of a file, and the content of one.
pub fn run(data: &[u8]) {
    if let Some((envelope, rest)) = Envelope::read(data) {
        let again = [envelope.begin(), rest.to_vec()].concat();
        assert_eq!(Envelope::read(&again), Some((envelope, rest)));
    }
    let codec = Arc::<Ppm>::clone(&PPM);
    let Ok(mut contents) = Contents::new(data, codec) else { return };
    let mut before = contents.position();
    while let Some(piece) = contents.next() {
        assert!(contents.position() > before, "it stands still");
        before = contents.position();
        match piece {
            Ok(Piece::Ops(batch)) => {
                assert!(batch.ops.len() <= FRAME_OPS_MAX);
                assert!(batch.ops.iter().map(Vec::len).sum::<usize>() <= FRAME_RAW_BYTES_MAX);
            }
            Ok(Piece::Unread(_)) => {}
            Ok(Piece::Group(group)) => assert!(!group.bytes().is_empty()),
            Err(_) => assert!(contents.next().is_none(), "an error is the end"),
        }
    }
}
