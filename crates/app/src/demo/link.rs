//! A link that goes away and comes back on a plan, and what is told of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use node::enrol::Dialled;
use node::{Node, PeerState, PeerView};
use serde::Serialize;
use tokio::sync::watch;

use super::network::{self, NetworkError};
use super::{Demo, Role};
use crate::dial;

/// How often the link is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Looks without news after which the past has arrived.
const QUIET_LOOKS: u32 = 20;

/// A network of demos, each a node of its own.
#[derive(Clone, Debug)]
pub struct Network {
    /// The folder through which nodes are certified.
    pub folder: PathBuf,
    /// When the link to the node above is there.
    pub plan: Plan,
}

/// When a link is there.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long it holds.
    pub up: Duration,
    /// How long it is then away; zero: never.
    pub down: Duration,
}

/// What is told while a demo runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The node was certified and dials the one above.
    Joined {
        /// Where that one listens.
        url: String,
    },
    /// What there was to receive is here.
    CaughtUp {
        /// Milliseconds since it joined.
        ms: u64,
        /// Operations received.
        operations: u64,
        /// Bytes received.
        bytes: u64,
    },
    /// The link went away.
    LinkDown {
        /// Milliseconds until it comes back.
        ms: u64,
    },
    /// The link came back.
    LinkUp {
        /// Milliseconds until it goes away again.
        ms: u64,
        /// Operations that were written meanwhile.
        waiting: u64,
    },
    /// What was written while the link was away is at the node above.
    Delivered {
        /// Operations that it has acknowledged.
        operations: u64,
        /// Milliseconds since the link came back.
        ms: u64,
    },
    /// A simulated report was filed here.
    Filed {
        /// What it is about.
        title: String,
    },
}

impl Demo {
    /// Takes part in a network for as long as it is polled: certifies the nodes below and, where
    /// there is a node above, joins and dials it. `url` is where this node listens.
    ///
    /// # Errors
    /// If it can't join, or can't certify.
    pub async fn take_part(
        &self,
        network: &Network,
        url: &str,
        tell: &(dyn Fn(&Event) + Sync),
    ) -> Result<(), NetworkError> {
        let folder = &network.folder;
        std::fs::create_dir_all(folder).map_err(network::failed(folder))?;
        let answering = network::answer(&self.node, &self.founder, folder, url);
        let dialling = async {
            if self.role == Role::Centre {
                return Ok(());
            }
            let peer = network::join(&self.node, folder).await?;
            tell(&Event::Joined { url: peer.url.clone() });
            dialled(&self.node, peer, network.plan, tell).await
        };
        tokio::try_join!(answering, dialling).map(drop)
    }
}

async fn dialled(
    node: &Arc<Node>,
    peer: Dialled,
    plan: Plan,
    tell: &(dyn Fn(&Event) + Sync),
) -> Result<(), NetworkError> {
    let (switch, on) = watch::channel(true);
    let link = Link { node, url: peer.url.clone(), tell };
    tokio::select! {
        () = dial::keep(Arc::clone(node), peer, on) => Ok(()),
        failed = link.play(plan, switch) => failed,
    }
}

struct Link<'a> {
    node: &'a Arc<Node>,
    url: String,
    tell: &'a (dyn Fn(&Event) + Sync),
}

impl Link<'_> {
    /// The past arrives; then the link goes and comes.
    async fn play(&self, plan: Plan, switch: watch::Sender<bool>) -> Result<(), NetworkError> {
        self.catch_up().await?;
        if plan.down.is_zero() {
            return std::future::pending().await;
        }
        let (up_ms, down_ms) = (millis(plan.up), millis(plan.down));
        loop {
            tokio::time::sleep(plan.up).await;
            let before = self.written()?;
            switch.send_replace(false);
            (self.tell)(&Event::LinkDown { ms: down_ms });
            tokio::time::sleep(plan.down).await;
            let waiting = self.written()?.saturating_sub(before);
            switch.send_replace(true);
            (self.tell)(&Event::LinkUp { ms: up_ms, waiting });
            let back_ms = self.node.now_ms();
            while !self.peer().is_some_and(|peer| is_delivered(&peer, waiting)) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            (self.tell)(&Event::Delivered { operations: waiting, ms: self.since(back_ms) });
        }
    }

    async fn catch_up(&self) -> Result<(), NetworkError> {
        let (begun_ms, before) = (self.node.now_ms(), self.received()?);
        let (mut last, mut last_ms, mut quiet) = (before, 0, 0);
        while quiet < QUIET_LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            let received = self.received()?;
            let connected = self.peer().is_some_and(|peer| peer.state == PeerState::Connected);
            if received != last {
                (last, last_ms, quiet) = (received, self.since(begun_ms), 0);
            } else if connected {
                quiet += 1;
            }
        }
        let bytes = self.peer().map_or(0, |peer| peer.received_bytes);
        let operations = last.saturating_sub(before);
        (self.tell)(&Event::CaughtUp { ms: last_ms, operations, bytes });
        Ok(())
    }

    /// Milliseconds since a moment.
    fn since(&self, moment_ms: u64) -> u64 {
        self.node.now_ms().saturating_sub(moment_ms)
    }

    fn peer(&self) -> Option<PeerView> {
        self.node.sync_board().peers().into_iter().find(|peer| peer.url == self.url)
    }

    /// Operations of this node's own.
    fn written(&self) -> Result<u64, NetworkError> {
        self.operations(true)
    }

    /// Operations of others.
    fn received(&self) -> Result<u64, NetworkError> {
        self.operations(false)
    }

    fn operations(&self, own: bool) -> Result<u64, NetworkError> {
        let held = self.node.kernel().held();
        let held = held.map_err(|error| NetworkError::Storage(Box::new(error)))?;
        let writer = self.node.writer();
        let of = held.iter().filter(|(stream, _)| (stream.writer == writer) == own);
        Ok(of.map(|(_, next_seq)| next_seq.saturating_sub(1)).sum())
    }
}

/// Whether the node above has acknowledged so many operations since the link came back.
fn is_delivered(peer: &PeerView, operations: u64) -> bool {
    let waits = peer.lanes.iter().any(|lane| lane.waiting_ops + lane.in_flight_ops > 0);
    peer.state == PeerState::Connected && peer.done_ops >= operations && !waits
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
