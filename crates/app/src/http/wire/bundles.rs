//! Bundles.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
