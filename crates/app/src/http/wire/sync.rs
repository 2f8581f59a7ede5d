//! How the sync with peers stands. Moments are milliseconds since 1970: the page counts with them
//! twice a second.

use domain::op::Lane;
use node::{PeerShown, PeerState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, Problem};
use crate::http::error::wire_problem;
use crate::messages::Lang;

/// How the sync with each of this node's peers stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SyncStatus {
    /// The peers, by address.
    pub peers: Vec<SyncPeer>,
}

/// How the sync with one peer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SyncPeer {
    /// Where it is.
    pub url: String,
    /// The office that runs it, once it has said so.
    pub office: Option<OfficeRef>,
    /// Whether there is a connection.
    pub state: SyncState,
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
    /// What waits for it, most urgent first.
    pub lanes: Vec<SyncLane>,
}

/// Whether there is a connection with a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SyncState {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SyncLane {
    /// The lane.
    pub lane: LaneName,
    /// Operations that wait to be sent.
    pub waiting_ops: u64,
    /// Operations that were sent and are not acknowledged.
    pub in_flight_ops: u64,
    /// Since when the oldest of both is here, in milliseconds since 1970; of a lane with many
    /// streams, that of some.
    pub oldest_ms: Option<u64>,
}

/// A lane, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LaneName {
    /// Incidents that can't wait.
    Urgent,
    /// Certificates, packs, offices.
    Control,
    /// Reports.
    Forms,
    /// Circulars and instructions.
    Circulars,
    /// References to photos and files.
    Blobs,
}

impl From<Lane> for LaneName {
    fn from(lane: Lane) -> Self {
        match lane {
            Lane::Urgent => Self::Urgent,
            Lane::Control => Self::Control,
            Lane::Forms => Self::Forms,
            Lane::Circulars => Self::Circulars,
            Lane::Blobs => Self::Blobs,
        }
    }
}

impl SyncStatus {
    /// The peers, with reasons in a language.
    #[must_use]
    pub fn of(lang: Lang, peers: Vec<PeerShown>) -> Self {
        Self { peers: peers.into_iter().map(|peer| SyncPeer::of(lang, peer)).collect() }
    }
}

impl SyncPeer {
    fn of(lang: Lang, shown: PeerShown) -> Self {
        let peer = shown.peer;
        let lanes = peer.lanes.into_iter().map(|lane| SyncLane {
            lane: lane.lane.into(),
            waiting_ops: lane.waiting_ops,
            in_flight_ops: lane.in_flight_ops,
            oldest_ms: lane.oldest_ms,
        });
        Self {
            url: peer.url,
            office: shown.office_name.map(Into::into),
            state: match peer.state {
                PeerState::Connected => SyncState::Connected,
                PeerState::Connecting => SyncState::Connecting,
                PeerState::Waiting => SyncState::Waiting,
                PeerState::Refused => SyncState::Refused,
            },
            since_ms: peer.since_ms,
            last_contact_ms: peer.last_contact_ms,
            reason: peer.reason.map(|reason| wire_problem(lang, &reason)),
            sent_bytes: peer.sent_bytes,
            received_bytes: peer.received_bytes,
            bytes_per_second: peer.bytes_per_second,
            done_ops: peer.done_ops,
            total_ops: peer.total_ops,
            lanes: lanes.collect(),
        }
    }
}
