//! Sessions with other nodes: the engine of `domain::sync` between a connection and the log.

mod board;
mod drive;
mod files;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::OfficeId;
use domain::limits::{SYNC_EVENT_MS_MIN, UNACKED_STREAMS_MAX};
use domain::op::{Audience, StreamId};
use domain::problem::ProblemCode;
use domain::sync::{Closed, Config, Hello, PROTOCOL, Progress, Role, hello_bytes, tag_of};
use ed25519_dalek::Signer as _;
use store::quarantine::{self, Quarantined};
use store::{StoreError, cursors};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::bundle::node_of;
use crate::kernel::Kernel;
use crate::node::Node;

/// Datagrams that may wait to be sent: the window bounds their bytes.
pub const OUTBOUND_MAX: usize = 512;

/// A connection to another node, whatever carries it.
#[derive(Debug)]
pub struct Link {
    /// Which end this is.
    pub role: Role,
    /// The TLS exporter of the connection; zeros where there is none.
    pub channel: [u8; 32],
    /// The office that is expected to answer, where this end dialled.
    pub peer_office: Option<OfficeId>,
    /// Where the peer listens, where this end dialled.
    pub url: Option<String>,
    /// Datagrams from the peer; it ends when the connection does.
    pub inbound: mpsc::Receiver<Vec<u8>>,
    /// Datagrams to the peer, in order.
    pub outbound: mpsc::Sender<Vec<u8>>,
    /// Ends the session once the peer has all that it may have and sends nothing more.
    pub until_idle: bool,
}

/// How a session went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Why it ended; none where the connection did, or all was done.
    pub why: Option<Closed>,
    /// The peer had proved itself.
    pub met: bool,
    /// Operations that the peer acknowledged.
    pub sent_ops: u64,
    /// Operations that were new here.
    pub taken_ops: u64,
    /// It ended because own streams were cut back and written again: another is due.
    pub rehomed: bool,
}

impl Kernel {
    /// How a session of this node begins.
    ///
    /// # Errors
    /// If the log can't be read.
    pub fn session(
        &self,
        role: Role,
        channel: [u8; 32],
        peer_office: Option<OfficeId>,
    ) -> Result<Config, StoreError> {
        let world = self.world();
        let now_ms = self.clock.now_ms();
        let proof = self.key.sign(&hello_bytes(role, &channel, self.own.writer)).to_bytes();
        let packs = world.packs.latest().map(|pack| (pack.name.clone(), pack.version));
        let hello = Hello {
            oldest: PROTOCOL,
            newest: PROTOCOL,
            writer: self.own.writer,
            proof,
            office: self.home,
            now_ms,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            packs: packs.collect(),
            dictionaries: self.dictionaries(),
            digest: domain::ids::Digest([0; 32]),
            cursors: None,
        };
        Ok(Config {
            role,
            channel,
            hello,
            peer_office,
            rules: self.rules(),
            held: self.held()?,
            codec: self.codec(),
            now_ms,
        })
    }
}

impl Node {
    /// Runs a session over a connection, to its end.
    ///
    /// # Errors
    /// If the log can't be read.
    pub async fn sync(self: &Arc<Self>, link: Link) -> Result<Ended, StoreError> {
        // Hundreds that return at once are heard in turn: served all together, each would wait so
        // long for its first word that it took this node for dead, and dialled again.
        let turn = match link.role {
            Role::Listener => Arc::clone(&self.core.turns).acquire_owned().await.ok(),
            Role::Dialer => None,
        };
        drive::Driver::begin(self, link, turn)?.run().await
    }

    /// Waits while there is no session with a peer which this node dials, and shows what waits for
    /// it meanwhile.
    pub async fn wait_unreached<T>(
        &self,
        url: &str,
        office: OfficeId,
        wait: impl Future<Output = T>,
    ) -> T {
        let mut wait = std::pin::pin!(wait);
        let mut growth = self.core.growth.subscribe();
        loop {
            if let Err(error) = self.show_unreached(url, office) {
                tracing::warn!(%error, "what waits for a peer can't be counted");
            }
            tokio::select! {
                done = &mut wait => return done,
                Ok(_) | Err(RecvError::Lagged(_)) = growth.recv() => {}
            }
            tokio::select! {
                done = &mut wait => return done,
                () = tokio::time::sleep(Duration::from_millis(SYNC_EVENT_MS_MIN)) => {}
            }
        }
    }

    fn show_unreached(&self, url: &str, office: OfficeId) -> Result<(), StoreError> {
        let rules = self.core.rules();
        let stands = match node_of(&rules, office) {
            Some((writer, _)) => self.core.store.read(|r| cursors::of_peer(r, writer))?,
            None => BTreeMap::new(),
        };
        let mut progress = Progress::default();
        for (stream, next_seq) in self.core.shared(&rules, office)? {
            let stands = stands.get(&tag_of(&stream)).copied().unwrap_or(1);
            let waiting_ops = next_seq.saturating_sub(stands);
            progress.lanes[stream.lane as usize].waiting_ops += waiting_ops;
            progress.total_ops += waiting_ops;
            if waiting_ops > 0 && progress.unacked.len() < UNACKED_STREAMS_MAX {
                progress.unacked.push((stream, stands));
            }
        }
        board::unreached(self, url, office, &progress)
    }

    /// Keeps that a peer offered a stream which it may not have, write or send: an administrator
    /// will want to know.
    fn offered(&self, stream: &StreamId, code: ProblemCode) -> Result<(), StoreError> {
        let audience = match &stream.audience {
            Audience::Up(office) => format!("up of office {office}"),
            Audience::Down(office) => format!("down of office {office}"),
            Audience::To(names) => format!("to {} offices", names.len()),
        };
        let refused = Quarantined {
            received_ms: self.core.clock.now_ms(),
            stream: Some(stream.clone()),
            seq: None,
            code: code.as_str().to_owned(),
            detail: format!("a peer offered a stream {audience}"),
            bytes: Vec::new(),
        };
        self.core.store.write(|tx| quarantine::put(tx, &refused))
    }
}
