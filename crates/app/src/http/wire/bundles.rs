//! Bundles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For whom a bundle is, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleWanted {
    /// The office whose node will read it.
    pub to: u32,
    /// All that it may have, not just what it lacks as far as it ever said.
    #[serde(default)]
    pub all: bool,
}

/// A bundle that waits to be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleWaiting {
    /// The office whose node will read it.
    pub to: u32,
    /// Operations in it.
    pub operations: u64,
    /// Photos and other files in it.
    pub blobs: u64,
    /// How many files it has, numbered from 1: they are imported in this order.
    pub files: usize,
}

impl From<node::Waiting> for BundleWaiting {
    fn from(waiting: node::Waiting) -> Self {
        let node::Waiting { to, ops, blobs, files } = waiting;
        Self { to: to.0, operations: ops, blobs, files }
    }
}

/// What came of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleImported {
    /// The office that sent it: a return bundle for it carries receipts.
    pub from: Option<u32>,
    /// Operations that are new here and kept.
    pub kept: u64,
    /// Operations that were here already.
    pub known: u64,
    /// Operations that were not taken, and are in quarantine.
    pub refused: u64,
    /// Streams of which earlier operations are missing: they are in another bundle.
    pub gaps: u64,
    /// Operations of this node that the sender has, as its receipts say.
    pub receipts: u64,
    /// Photos and other files that are whole here now.
    pub blobs: u64,
}

impl From<node::Imported> for BundleImported {
    fn from(imported: node::Imported) -> Self {
        let node::Imported { from, kept, known, refused, gaps, receipts, blobs } = imported;
        let from = from.map(|office| office.0);
        Self { from, kept, known, refused, gaps, receipts, blobs }
    }
}
