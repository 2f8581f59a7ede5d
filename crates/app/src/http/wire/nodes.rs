//! How the nodes below are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, moment};

/// How the nodes of the reader's offices are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Nodes {
    /// When this was told.
    pub at: String,
    /// The version of this node's program, which the others' are measured by.
    pub program: String,
    /// The version of what it says to other nodes.
    pub protocol: u32,
    /// How many offices are in each state.
    pub counts: BTreeMap<String, usize>,
    /// The offices, by level and code.
    pub rows: Vec<OfficeNode>,
}

/// How long ago a node was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// Within 10 minutes.
    Fresh,
    /// Within a day.
    Today,
    /// Within 72 hours: a weekend.
    Late,
    /// Longer ago.
    Silent,
    /// No node of the office was ever heard.
    Never,
}

/// An office with the nodes that were heard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficeNode {
    /// The office.
    pub office: OfficeRef,
    /// The office above it.
    pub parent: Option<u32>,
    /// The state of the node that was heard last.
    pub state: NodeState,
    /// Its nodes, the one that was heard last first: a node with a new key is another.
    pub nodes: Vec<NodeDetail>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeDetail {
    /// Its writer, 32 hexadecimal digits.
    pub writer: String,
    /// Its name.
    pub name: String,
    /// It is the node that answers.
    pub this: bool,
    /// When its parent last heard it.
    pub heard_at: String,
    /// Its clock minus its parent's, in milliseconds.
    pub offset_ms: i64,
    /// Its clock is wrong by more than five minutes.
    pub clock_wrong: bool,
    /// The version of its program.
    pub program: String,
    /// The version of what it says to other nodes.
    pub protocol: u32,
    /// Its versions, measured by this node's.
    pub version: NodeVersion,
    /// Packs of which this node holds a later version.
    pub packs_behind: Vec<PackLag>,
    /// Operations that wait there to be sent upward; none for this node, whose peers tell.
    pub waiting: Option<Waiting>,
    /// When the oldest of them was made.
    pub oldest_waiting_at: Option<String>,
    /// Operations in its log.
    pub log_ops: u64,
    /// The name of the node that heard it, where that is known.
    pub via: Option<String>,
    /// Since when it is known that its key is used on another machine too.
    pub key_twice_at: Option<String>,
}

/// Versions, measured by this node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeVersion {
    /// Earlier.
    Behind,
    /// The same.
    Same,
    /// Later.
    Ahead,
    /// Its version text is none that can be compared.
    Unknown,
}

/// A pack of which a node holds an earlier version than this node, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackLag {
    /// The pack.
    pub name: String,
    /// The version that it holds.
    pub holds: Option<u32>,
    /// The version here.
    pub latest: u32,
}

/// Operations that wait, by lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Of all lanes.
    pub total: u64,
    /// Incidents that can't wait.
    pub urgent: u64,
    /// Certificates, packs, offices.
    pub control: u64,
    /// Reports.
    pub forms: u64,
    /// Circulars and instructions.
    pub circulars: u64,
    /// References to photos and files.
    pub blobs: u64,
}

impl From<node::NodesView> for Nodes {
    fn from(nodes: node::NodesView) -> Self {
        let name = |state: node::NodeState| {
            match state {
                node::NodeState::Fresh => "fresh",
                node::NodeState::Today => "today",
                node::NodeState::Late => "late",
                node::NodeState::Silent => "silent",
                node::NodeState::Never => "never",
            }
            .to_owned()
        };
        Self {
            at: moment(nodes.at_ms),
            program: nodes.program,
            protocol: nodes.protocol,
            counts: nodes.counts.into_iter().map(|(state, n)| (name(state), n)).collect(),
            rows: nodes.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<node::NodeState> for NodeState {
    fn from(state: node::NodeState) -> Self {
        match state {
            node::NodeState::Fresh => Self::Fresh,
            node::NodeState::Today => Self::Today,
            node::NodeState::Late => Self::Late,
            node::NodeState::Silent => Self::Silent,
            node::NodeState::Never => Self::Never,
        }
    }
}

impl From<node::Versions> for NodeVersion {
    fn from(versions: node::Versions) -> Self {
        match versions {
            node::Versions::Behind => Self::Behind,
            node::Versions::Same => Self::Same,
            node::Versions::Ahead => Self::Ahead,
            node::Versions::Unknown => Self::Unknown,
        }
    }
}

impl From<node::OfficeNode> for OfficeNode {
    fn from(row: node::OfficeNode) -> Self {
        Self {
            office: row.office.into(),
            parent: row.parent.map(|parent| parent.0),
            state: row.state.into(),
            nodes: row.nodes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<node::NodeRow> for NodeDetail {
    fn from(row: node::NodeRow) -> Self {
        let lag =
            |lag: node::PackLag| PackLag { name: lag.name, holds: lag.holds, latest: lag.latest };
        Self {
            writer: row.writer.to_string(),
            name: row.name,
            this: row.this,
            heard_at: moment(row.heard_ms),
            offset_ms: row.offset_ms,
            clock_wrong: row.clock_wrong,
            program: row.program,
            protocol: row.protocol,
            version: row.version.into(),
            packs_behind: row.packs_behind.into_iter().map(lag).collect(),
            waiting: row.waiting.map(Into::into),
            oldest_waiting_at: row.oldest_waiting_ms.map(moment),
            log_ops: row.log_ops,
            via: row.via,
            key_twice_at: row.twice_ms.map(moment),
        }
    }
}

impl From<[u64; 5]> for Waiting {
    fn from(lanes: [u64; 5]) -> Self {
        let [urgent, control, forms, circulars, blobs] = lanes;
        let total = lanes.iter().fold(0, |sum: u64, ops| sum.saturating_add(*ops));
        Self { total, urgent, control, forms, circulars, blobs }
    }
}
