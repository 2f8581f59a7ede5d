//! Files within a session: asked for, proved and given in what room operations leave.

use std::sync::Arc;

use domain::limits::BLOB_MESSAGE_BYTES_MAX;
use domain::op::Audience;
use domain::sync::PeerHello;
use domain::sync::blob::{BlobEvent, BlobLimits, Blobs, Message};

use crate::blobs::{BlobError, BlobPeer};
use crate::node::Node;

/// The exchange of files with one peer.
#[derive(Debug)]
pub(super) struct Files {
    node: Arc<Node>,
    engine: Option<Blobs>,
    peer: Option<PeerHello>,
    /// Operations came that may name files.
    pub(super) due: bool,
}

impl Files {
    pub(super) fn new(node: &Arc<Node>) -> Self {
        let engine = Some(Blobs::new(BlobLimits::default()));
        Self { node: Arc::clone(node), engine, peer: None, due: false }
    }

    pub(super) fn met(&mut self, peer: PeerHello) {
        self.peer = Some(peer);
        self.due = true;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.engine.as_ref().is_none_or(Blobs::is_idle)
    }

    /// Takes a word of the peer's; one that is none is no reason to end the session.
    pub(super) async fn received(&mut self, word: &[u8]) -> Result<(), BlobError> {
        let (Some(engine), Ok(message)) = (&mut self.engine, Message::decode(word)) else {
            return Ok(());
        };
        let events = engine.received(message);
        self.work(events, false).await
    }

    /// Looks for files that are wanted, if operations came since.
    pub(super) async fn look(&mut self) -> Result<(), BlobError> {
        if !std::mem::take(&mut self.due) {
            return Ok(());
        }
        self.work(Vec::new(), true).await
    }

    /// The next word to say, if there is one.
    pub(super) fn next_out(&mut self) -> Option<Vec<u8>> {
        let message = self.engine.as_mut()?.next_out(BLOB_MESSAGE_BYTES_MAX)?;
        Some(message.encode())
    }

    /// Storage is waited for away from the threads that answer.
    async fn work(&mut self, events: Vec<BlobEvent>, look: bool) -> Result<(), BlobError> {
        let (Some(mut engine), Some(hello)) = (self.engine.take(), self.peer.clone()) else {
            return Ok(());
        };
        let node = Arc::clone(&self.node);
        let work = tokio::task::spawn_blocking(move || {
            let rules = node.core.rules();
            let may_have = |audience: &Audience| rules.is_for(audience, hello.office);
            let home = node.core.home;
            let is_parent =
                hello.office != home && rules.tree.is_within(home, hello.office, rules.date);
            let peer = BlobPeer { writer: hello.writer, is_parent, may_have: &may_have };
            let done = node
                .on_blob_events(&mut engine, &peer, events)
                .and_then(|()| if look { node.want_blobs(&mut engine, &peer) } else { Ok(()) });
            (engine, done)
        });
        match work.await {
            Ok((engine, done)) => {
                self.engine = Some(engine);
                done
            }
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }
}
