//! How the sync with this node's peers stands, for a screen. The engine's shell keeps it.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use domain::ids::OfficeId;
use domain::limits::{SYNC_EVENT_MS_MIN, SYNC_PEERS_MAX};
use domain::op::Lane;
use domain::problem::Problem;
use serde::{Serialize, Serializer};
use tokio::sync::broadcast;

use crate::actor::Actor;
use crate::events::Event;
use crate::node::Node;
use crate::policy::{Action, Denied, Judge, Resource};
use crate::records::ReadError;
use crate::views::OfficeName;

/// How the sync with one peer stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerView {
    /// Where it is: its name on the board.
    pub url: String,
    /// The office that runs it, once it has said so.
    pub office: Option<OfficeId>,
    /// Whether there is a connection.
    pub state: PeerState,
    /// Since when it is in this state, in milliseconds since 1970.
    pub since_ms: u64,
    /// When it was last heard, in milliseconds since 1970.
    pub last_contact_ms: Option<u64>,
    /// Why it is not connected.
    pub reason: Option<Problem>,
    /// Bytes sent since the node started.
    pub sent_bytes: u64,
    /// Bytes received since the node started.
    pub received_bytes: u64,
    /// Bytes per second of late, both ways.
    pub bytes_per_second: u64,
    /// Operations exchanged of this round.
    pub done_ops: u64,
    /// Operations to exchange in this round.
    pub total_ops: u64,
    /// What waits for it, in the order of [`Lane::ALL`].
    pub lanes: Vec<LaneView>,
}

/// Whether there is a connection with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerState {
    /// There is.
    Connected,
    /// It is being made.
    Connecting,
    /// It failed, and is tried again later.
    Waiting,
    /// The peer or this node refused it: somebody has to do something.
    Refused,
}

/// What waits for a peer in one lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaneView {
    /// The lane.
    #[serde(serialize_with = "lane_name")]
    pub lane: Lane,
    /// Operations that wait to be sent.
    pub waiting_ops: u64,
    /// Operations that were sent and are not acknowledged.
    pub in_flight_ops: u64,
    /// Since when the oldest of both is here, in milliseconds since 1970; of a lane with many
    /// streams, that of some.
    pub oldest_ms: Option<u64>,
}

/// A peer, with the name of its office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeerShown {
    /// How the sync with it stands.
    #[serde(flatten)]
    pub peer: PeerView,
    /// Its office.
    pub office_name: Option<OfficeName>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
pub(crate) fn lane_name<S: Serializer>(lane: &Lane, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(lane.as_str())
}

/// Where the engine's shell writes how the sync with each peer stands.
#[derive(Clone, Debug)]
pub struct SyncBoard(Arc<Board>);

#[derive(Debug)]
struct Board {
    peers: RwLock<Vec<PeerView>>,
    told: Mutex<Told>,
    events: broadcast::Sender<Event>,
}

/// What listeners know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Everything, for a while.
    All,
    /// Everything, just now: the next event has to wait.
    Lately,
    /// Not what changed since.
    Behind,
}

impl SyncBoard {
    pub(crate) fn new(events: broadcast::Sender<Event>) -> Self {
        let (peers, told) = (RwLock::default(), Mutex::new(Told::All));
        Self(Arc::new(Board { peers, told, events }))
    }

    /// Sets how the sync with a peer stands, and tells listeners if that is news: at once, or
    /// with what follows after [`SYNC_EVENT_MS_MIN`].
    pub fn set(&self, peer: PeerView) {
        let mut peers = self.0.peers.write().unwrap_or_else(PoisonError::into_inner);
        match peers.binary_search_by(|held| held.url.cmp(&peer.url)) {
            Ok(at) if peers[at] == peer => return,
            Ok(at) => peers[at] = peer,
            Err(_) if peers.len() >= SYNC_PEERS_MAX => {
                tracing::warn!(url = peer.url, "too many peers to show");
                return;
            }
            Err(at) => peers.insert(at, peer),
        }
        drop(peers);
        self.tell();
    }

    /// Takes a peer off the board.
    pub fn remove(&self, url: &str) {
        let mut peers = self.0.peers.write().unwrap_or_else(PoisonError::into_inner);
        let before = peers.len();
        peers.retain(|held| held.url != url);
        let gone = peers.len() < before;
        drop(peers);
        if gone {
            self.tell();
        }
    }

    /// The peers, by address.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerView> {
        self.0.peers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn tell(&self) {
        let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != Told::All {
            *told = Told::Behind;
            return;
        }
        self.send();
        // Without a runtime nothing could tell later, so each change is told at once.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            *told = Told::Lately;
            runtime.spawn(self.clone().tell_later());
        }
    }

    async fn tell_later(self) {
        loop {
            tokio::time::sleep(Duration::from_millis(SYNC_EVENT_MS_MIN)).await;
            let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
            if *told != Told::Behind {
                *told = Told::All;
                return;
            }
            *told = Told::Lately;
            self.send();
        }
    }

    /// That nobody listens is no error.
    fn send(&self) {
        drop(self.0.events.send(Event::Sync));
    }
}

impl Node {
    /// Where the engine's shell writes how the sync with each peer stands.
    #[must_use]
    pub fn sync_board(&self) -> SyncBoard {
        self.core.sync.clone()
    }

    /// How the sync with each peer stands, by address.
    ///
    /// # Errors
    /// If the person may not see how this node is.
    pub fn sync_status(&self, by: &Actor) -> Result<Vec<PeerShown>, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        if !sees_sync(&judge, by, self.core.home) {
            return Err(Denied.into());
        }
        let shown = |peer: PeerView| {
            let office_name = peer.office.map(|office| world.office_name(office, judge.today));
            PeerShown { peer, office_name }
        };
        Ok(self.core.sync.peers().into_iter().map(shown).collect())
    }

    /// Whether the person may see how the sync with this node's peers stands.
    pub(crate) fn sees_sync(&self, by: &Actor) -> bool {
        sees_sync(&self.core.judge(), by, self.core.home)
    }
}

fn sees_sync(judge: &Judge, by: &Actor, home: OfficeId) -> bool {
    judge.allows(by, Action::Nodes, "", &Resource::Office, home)
}
