//! What a session tells others: its parent of this node and those below, the board of this node's
//! screen of its peer.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::{OfficeId, WriterId};
use domain::op::Lane;
use domain::problem::Problem;
use domain::sync::health::{Health, LANES};
use domain::sync::{LaneQueue, PeerHello, Progress};
use store::{StoreError, health, log};

use crate::node::Node;
use crate::sync_view::{LaneView, PeerState, PeerView};

/// Milliseconds between two words about health, where something changed.
const HEALTH_MS: u64 = 60_000;
/// Milliseconds after which a node says that it is alive though nothing changed: half of
/// [`domain::limits::NODE_FRESH_MS`].
const ALIVE_MS: u64 = 300_000;

/// A session's outward face.
#[derive(Debug)]
pub(super) struct Face {
    node: Arc<Node>,
    url: Option<String>,
    peer: Option<(PeerHello, i64)>,
    since_ms: u64,
    heard_ms: Option<u64>,
    pub(super) sent_bytes: u64,
    pub(super) received_bytes: u64,
    rate_from: (u64, u64),
    rate: u64,
    told_ms: Option<u64>,
    told: BTreeMap<WriterId, Health>,
}

impl Face {
    pub(super) fn new(node: &Arc<Node>, url: Option<String>) -> Self {
        let now_ms = node.now_ms();
        Self {
            node: Arc::clone(node),
            url,
            peer: None,
            since_ms: now_ms,
            heard_ms: None,
            sent_bytes: 0,
            received_bytes: 0,
            rate_from: (now_ms, 0),
            rate: 0,
            told_ms: None,
            told: BTreeMap::new(),
        }
    }

    pub(super) fn met(&mut self, peer: PeerHello) {
        let now_ms = self.node.now_ms();
        let offset_ms = i64::try_from(peer.now_ms)
            .unwrap_or(i64::MAX)
            .saturating_sub(i64::try_from(now_ms).unwrap_or(i64::MAX));
        self.since_ms = now_ms;
        self.peer = Some((peer, offset_ms));
    }

    /// Who is at the other end, once that is proved.
    pub(super) fn peer(&self) -> Option<WriterId> {
        self.peer.as_ref().map(|(peer, _)| peer.writer)
    }

    /// What the peer said of itself, once that is proved.
    pub(super) fn hello(&self) -> Option<PeerHello> {
        self.peer.as_ref().map(|(peer, _)| peer.clone())
    }

    pub(super) fn received(&mut self, bytes: usize) {
        self.received_bytes += bytes as u64;
        self.heard_ms = Some(self.node.now_ms());
    }

    /// What to tell the peer about health now, if it stands above this node.
    pub(super) fn health(&mut self, progress: &Progress) -> Result<Vec<Health>, StoreError> {
        let Some((peer, _)) = &self.peer else { return Ok(Vec::new()) };
        let (core, now_ms) = (&self.node.core, self.node.now_ms());
        if self.told_ms.is_some_and(|told| now_ms.saturating_sub(told) < HEALTH_MS) {
            return Ok(Vec::new());
        }
        self.told_ms = Some(now_ms);
        let judge = core.judge();
        if peer.office == core.home || !judge.tree.is_within(core.home, peer.office, judge.today) {
            return Ok(Vec::new());
        }
        let waiting: [u64; LANES] =
            progress.lanes.map(|lane| lane.waiting_ops.saturating_add(lane.in_flight_ops));
        let ops = core.store.read(log::last_pos)?.0;
        let own = core.health(ops, waiting, None);
        let below = core.store.read(health::all)?;
        // That a row was heard again is news only now and then.
        let news = |row: &Health| {
            self.told.get(&row.writer).is_none_or(|told| {
                let same = Health { heard_ms: told.heard_ms, ..row.clone() } == *told;
                !same || row.heard_ms.saturating_sub(told.heard_ms) >= ALIVE_MS
            })
        };
        let rows: Vec<Health> = std::iter::once(own).chain(below).filter(news).collect();
        self.told.extend(rows.iter().map(|row| (row.writer, row.clone())));
        Ok(rows)
    }

    /// Keeps what a peer below said of itself, and of nodes below it.
    pub(super) fn heard(&self, rows: Vec<Health>) {
        let Some((peer, offset_ms)) = &self.peer else { return };
        let (core, now_ms) = (&self.node.core, self.node.now_ms());
        let judge = core.judge();
        let rows = rows.into_iter().filter_map(|row| {
            if row.writer == peer.writer {
                let via = core.own.writer;
                return Some(Health { heard_ms: now_ms, offset_ms: *offset_ms, via, ..row });
            }
            judge.tree.is_within(row.office, peer.office, judge.today).then_some(row)
        });
        if let Err(error) = self.node.heard(rows.collect()) {
            tracing::warn!(%error, "what was heard of nodes can't be kept");
        }
    }

    /// Shows how the session stands, where this end dialled.
    pub(super) fn show(
        &mut self,
        progress: &Progress,
        state: PeerState,
        reason: Option<Problem>,
    ) -> Result<(), StoreError> {
        let Some(url) = self.url.clone() else { return Ok(()) };
        let now_ms = self.node.now_ms();
        let (from_ms, from_bytes) = self.rate_from;
        let (bytes, passed_ms) =
            (self.sent_bytes + self.received_bytes, now_ms.saturating_sub(from_ms));
        if passed_ms >= 1_000 {
            self.rate = (bytes - from_bytes) * 1_000 / passed_ms;
            self.rate_from = (now_ms, bytes);
        }
        self.node.sync_board().set(PeerView {
            url,
            office: self.peer.as_ref().map(|(peer, _)| peer.office),
            state,
            since_ms: self.since_ms,
            last_contact_ms: self.heard_ms,
            reason,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes,
            bytes_per_second: self.rate,
            done_ops: progress.done_ops,
            total_ops: progress.total_ops,
            lanes: lanes(&self.node, progress)?,
        });
        Ok(())
    }
}

/// What waits in each lane, and since when.
fn lanes(node: &Node, progress: &Progress) -> Result<Vec<LaneView>, StoreError> {
    let mut oldest = [None::<u64>; LANES];
    node.core.store.read(|r| {
        for (stream, seq) in &progress.unacked {
            if let Some(ms) = log::received_ms(r, stream, *seq)? {
                let oldest = &mut oldest[stream.lane as usize];
                *oldest = Some(oldest.map_or(ms, |oldest| oldest.min(ms)));
            }
        }
        Ok::<_, StoreError>(())
    })?;
    let lanes = Lane::ALL.iter().zip(progress.lanes).zip(oldest);
    let view = |((lane, queue), oldest_ms): ((&Lane, LaneQueue), Option<u64>)| LaneView {
        lane: *lane,
        waiting_ops: queue.waiting_ops,
        in_flight_ops: queue.in_flight_ops,
        oldest_ms,
    };
    Ok(lanes.map(view).collect())
}

/// Shows a peer that can't be reached: since when, and what waits for it.
pub(super) fn unreached(
    node: &Node,
    url: &str,
    office: OfficeId,
    progress: &Progress,
) -> Result<(), StoreError> {
    let board = node.sync_board();
    let before = board.peers().into_iter().find(|peer| peer.url == url);
    // What was refused stays so until a session says otherwise.
    let refused = before.as_ref().filter(|peer| peer.state == PeerState::Refused);
    let state = if refused.is_some() { PeerState::Refused } else { PeerState::Waiting };
    let reason = refused.and_then(|peer| peer.reason.clone());
    let since_ms = before.as_ref().filter(|peer| peer.state == state).map(|peer| peer.since_ms);
    board.set(PeerView {
        url: url.to_owned(),
        office: Some(office),
        state,
        since_ms: since_ms.unwrap_or_else(|| node.now_ms()),
        last_contact_ms: before.as_ref().and_then(|peer| peer.last_contact_ms),
        reason,
        sent_bytes: before.as_ref().map_or(0, |peer| peer.sent_bytes),
        received_bytes: before.as_ref().map_or(0, |peer| peer.received_bytes),
        bytes_per_second: 0,
        done_ops: 0,
        total_ops: progress.total_ops,
        lanes: lanes(node, progress)?,
    });
    Ok(())
}
