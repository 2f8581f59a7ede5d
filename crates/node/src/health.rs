//! How the nodes below are: heard by sync, shown to those who lead or administer their offices.
//! It is about nodes and offices, never about people.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, WriterId};
use domain::limits::{
    CLOCK_AHEAD_FLAG_MS, HEALTH_ROWS_MAX, NODE_FRESH_MS, NODE_LATE_MS, NODE_TODAY_MS,
};
use domain::office::{Level, OfficeAt};
use domain::sync::PROTOCOL;
use domain::sync::health::{Health, LANES};
use serde::Serialize;
use store::{StoreError, health, log};

use crate::actor::Actor;
use crate::events::Event;
use crate::failure::Storage;
use crate::node::{Core, Node, storage};
use crate::packs::PackSet;
use crate::policy::{Action, Denied, Judge, Resource};
use crate::records::ReadError;
use crate::views::OfficeName;

/// The version of this program.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// The nodes of the offices at and below this node's that a person may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodesView {
    /// When this was told, in milliseconds since 1970.
    pub at_ms: u64,
    /// The version of this node's program, which the others' are measured by.
    pub program: String,
    /// The version of what it says to other nodes.
    pub protocol: u32,
    /// How many offices are in each state; a state without any is 0.
    pub counts: BTreeMap<NodeState, usize>,
    /// The offices of today, by level and code.
    pub rows: Vec<OfficeNode>,
}

/// How long ago a node was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// Within [`NODE_FRESH_MS`].
    Fresh,
    /// Within [`NODE_TODAY_MS`].
    Today,
    /// Within [`NODE_LATE_MS`].
    Late,
    /// Longer ago.
    Silent,
    /// No node of the office was ever heard.
    Never,
}

/// An office with the nodes that were heard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfficeNode {
    /// The office.
    pub office: OfficeName,
    /// The office above it.
    pub parent: Option<OfficeId>,
    /// The state of the node that was heard last.
    pub state: NodeState,
    /// Its nodes, the one that was heard last first: a node with a new key is another.
    pub nodes: Vec<NodeRow>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeRow {
    /// Its writer.
    pub writer: WriterId,
    /// Its name.
    pub name: String,
    /// It is the node that answers.
    pub this: bool,
    /// When its parent last heard it, in milliseconds since 1970.
    pub heard_ms: u64,
    /// Its clock minus its parent's, in milliseconds.
    pub offset_ms: i64,
    /// Its clock is wrong by more than [`CLOCK_AHEAD_FLAG_MS`].
    pub clock_wrong: bool,
    /// The version of its program.
    pub program: String,
    /// The version of what it says to other nodes.
    pub protocol: u32,
    /// Its versions, measured by this node's.
    pub version: Versions,
    /// Packs of which this node holds a later version.
    pub packs_behind: Vec<PackLag>,
    /// Operations that wait there to be sent upward, by lane in the order of `Lane::ALL`; none
    /// for this node, whose peers tell.
    pub waiting: Option<[u64; LANES]>,
    /// When the oldest of them was made, by its parent's clock, in milliseconds since 1970.
    pub oldest_waiting_ms: Option<u64>,
    /// Operations in its log.
    pub log_ops: u64,
    /// The name of the node that heard it, where that is known.
    pub via: Option<String>,
    /// Since when it is known that its key is used on another machine too, by its parent's clock,
    /// in milliseconds since 1970.
    pub twice_ms: Option<u64>,
}

/// A program and protocol, measured by this node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Versions {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackLag {
    /// The pack.
    pub name: String,
    /// The version that it holds.
    pub holds: Option<u32>,
    /// The version here.
    pub latest: u32,
}

impl Node {
    /// The nodes of the offices at and below this node's that the person may see.
    ///
    /// # Errors
    /// If there is no such office, or storage fails.
    pub fn nodes(&self, by: &Actor) -> Result<NodesView, ReadError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        let offices = visible(&judge, by, self.core.home);
        if offices.is_empty() {
            return Err(Denied.into());
        }
        let (known, own) = self.core.store.read(|r| {
            let own = self.core.health(log::last_pos(r)?.0, [0; LANES], None);
            Ok::<_, StoreError>((health::all(r)?, own))
        })?;
        let measure = Measure { own: &own, packs: &world.packs, known: &known };
        let mut by_office: BTreeMap<OfficeId, Vec<NodeRow>> = BTreeMap::new();
        for row in known.iter().chain([&own]) {
            by_office.entry(row.office).or_default().push(measure.row(row));
        }
        let rows = offices.into_iter().map(|office| {
            let mut nodes = by_office.remove(&office.id).unwrap_or_default();
            nodes.sort_by_key(|node| std::cmp::Reverse(node.heard_ms));
            OfficeNode {
                office: world.office_name(office.id, judge.today),
                parent: office.parent,
                state: nodes
                    .first()
                    .map_or(NodeState::Never, |node| state(own.heard_ms, node.heard_ms)),
                nodes,
            }
        });
        let rows: Vec<OfficeNode> = rows.collect();
        Ok(NodesView {
            at_ms: own.heard_ms,
            program: own.program.clone(),
            protocol: own.protocol,
            counts: counts(&rows),
            rows,
        })
    }

    /// What this node says of itself to its parent; the caller says what waits.
    ///
    /// # Errors
    /// If storage fails.
    pub fn own_health(
        &self,
        waiting: [u64; LANES],
        oldest_waiting_ms: Option<u64>,
    ) -> Result<Health, Storage> {
        let ops = self.core.store.read(log::last_pos).map_err(storage)?.0;
        Ok(self.core.health(ops, waiting, oldest_waiting_ms))
    }

    /// Keeps what was heard of nodes below, and tells listeners. How many rows were news. Rows
    /// beyond a limit, of this node itself, or of an office that isn't at or below this node's
    /// are left out; the caller has checked that whoever sent them is above those offices. A
    /// moment later than this node's now counts as now, so that no wrong clock outlasts what is
    /// heard later.
    ///
    /// # Errors
    /// If storage fails; nothing was kept then.
    pub fn heard(&self, rows: Vec<Health>) -> Result<usize, Storage> {
        let (core, judge) = (&self.core, self.core.judge());
        let now_ms = core.clock.now_ms();
        let fits = |row: &Health| {
            row.check().is_ok()
                && row.writer != core.own.writer
                && judge.tree.is_within(row.office, core.home, judge.today)
        };
        let rows = rows.into_iter().take(HEALTH_ROWS_MAX).filter(fits);
        let rows: Vec<Health> =
            rows.map(|row| Health { heard_ms: row.heard_ms.min(now_ms), ..row }).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let news = core.store.write(|tx| {
            let mut news = 0;
            for mut row in rows {
                // Both machines speak under one name, and only one of them may know.
                let before = health::get(tx, row.writer)?.and_then(|before| before.twice_ms);
                row.twice_ms = row.twice_ms.or(before);
                news += usize::from(health::put(tx, &row)?);
            }
            health::keep_latest(tx, HEALTH_ROWS_MAX)?;
            Ok::<_, StoreError>(news)
        });
        let news = news.map_err(storage)?;
        if news > 0 {
            core.tell(Event::Nodes);
        }
        Ok(news)
    }

    /// Whether the person may see the nodes of any office here. Asked for each listener of each
    /// event, so it looks only where they hold a role.
    pub(crate) fn sees_nodes(&self, by: &Actor) -> bool {
        let (judge, home) = (self.core.judge(), self.core.home);
        let held = by.roles().iter().map(|held| held.office);
        let mut at = held.filter(|at| judge.tree.is_within(*at, home, judge.today)).chain([home]);
        at.any(|at| judge.allows(by, Action::Nodes, "", &Resource::Office, at))
    }
}

impl Core {
    pub(crate) fn health(
        &self,
        log_ops: u64,
        waiting: [u64; LANES],
        oldest_waiting_ms: Option<u64>,
    ) -> Health {
        let packs = &self.world().packs;
        Health {
            writer: self.own.writer,
            office: self.home,
            name: self.name.clone(),
            program: PROGRAM.to_owned(),
            protocol: PROTOCOL,
            heard_ms: self.clock.now_ms(),
            offset_ms: 0,
            waiting,
            oldest_waiting_ms,
            packs: packs.latest().map(|pack| (pack.name.clone(), pack.version)).collect(),
            log_ops,
            via: self.own.writer,
            twice_ms: self.twice_ms(),
        }
        .within_limits()
    }
}

/// The offices of today at and below an office whose nodes the person may see.
fn visible<'a>(judge: &'a Judge, by: &Actor, home: OfficeId) -> Vec<OfficeAt<'a>> {
    let mut offices = judge.tree.list(judge.today, None);
    offices.retain(|office| {
        matches!(office.level, Level::Centre | Level::Province | Level::Regency)
            && judge.tree.is_within(office.id, home, judge.today)
            && judge.allows(by, Action::Nodes, "", &Resource::Office, office.id)
    });
    offices
}

fn state(now_ms: u64, heard_ms: u64) -> NodeState {
    let age_ms = now_ms.saturating_sub(heard_ms);
    let within = [
        (NODE_FRESH_MS, NodeState::Fresh),
        (NODE_TODAY_MS, NodeState::Today),
        (NODE_LATE_MS, NodeState::Late),
    ];
    let state = within.into_iter().find(|(ms_max, _)| age_ms <= *ms_max);
    state.map_or(NodeState::Silent, |(_, state)| state)
}

fn counts(rows: &[OfficeNode]) -> BTreeMap<NodeState, usize> {
    use NodeState::{Fresh, Late, Never, Silent, Today};
    let mut counts: BTreeMap<_, _> =
        [Fresh, Today, Late, Silent, Never].into_iter().map(|state| (state, 0)).collect();
    for row in rows {
        *counts.entry(row.state).or_default() += 1;
    }
    counts
}

/// What nodes are measured by.
struct Measure<'a> {
    own: &'a Health,
    packs: &'a PackSet,
    known: &'a [Health],
}

impl Measure<'_> {
    fn row(&self, health: &Health) -> NodeRow {
        let this = health.writer == self.own.writer;
        let by_parent = |ms: u64| ms.saturating_add_signed(health.offset_ms.saturating_neg());
        NodeRow {
            writer: health.writer,
            name: health.name.clone(),
            this,
            heard_ms: health.heard_ms,
            offset_ms: health.offset_ms,
            clock_wrong: health.offset_ms.unsigned_abs() > CLOCK_AHEAD_FLAG_MS,
            program: health.program.clone(),
            protocol: health.protocol,
            version: versions(self.own, health),
            packs_behind: self.behind(health),
            waiting: (!this).then_some(health.waiting),
            oldest_waiting_ms: health.oldest_waiting_ms.map(by_parent),
            log_ops: health.log_ops,
            via: self.name(health.via).filter(|_| !this),
            twice_ms: health.twice_ms.map(by_parent),
        }
    }

    fn behind(&self, health: &Health) -> Vec<PackLag> {
        let held: BTreeMap<&str, u32> =
            health.packs.iter().map(|(name, version)| (name.as_str(), *version)).collect();
        let lag = |name: &str, latest: u32| {
            let holds = held.get(name).copied();
            let lag = PackLag { name: name.to_owned(), holds, latest };
            holds.is_none_or(|holds| holds < latest).then_some(lag)
        };
        self.packs.latest().filter_map(|pack| lag(&pack.name, pack.version)).collect()
    }

    fn name(&self, writer: WriterId) -> Option<String> {
        let mut known = self.known.iter().chain([self.own]);
        known.find(|row| row.writer == writer).map(|row| row.name.clone())
    }
}

/// A node's program and protocol, measured by another's.
fn versions(own: &Health, other: &Health) -> Versions {
    let Some((own_numbers, numbers)) = numbers(&own.program).zip(numbers(&other.program)) else {
        return Versions::Unknown;
    };
    match (other.protocol, numbers).cmp(&(own.protocol, own_numbers)) {
        std::cmp::Ordering::Less => Versions::Behind,
        std::cmp::Ordering::Equal => Versions::Same,
        std::cmp::Ordering::Greater => Versions::Ahead,
    }
}

/// `1.2.3` of `1.2.3-rc.1+x` as numbers.
fn numbers(program: &str) -> Option<[u32; 3]> {
    let core = program.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<u32> = core.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(numbers("0.10.2-rc.1"), Some([0, 10, 2]));
        assert!(numbers("0.9.0") < numbers("0.10.0"));
        assert_eq!([numbers("1.0"), numbers("v1.0.0"), numbers("")], [None, None, None]);
    }

    #[test]
    fn a_weekend_silences_nobody() {
        let hours = |hours: u64| state(1_000 * 3_600_000, (1_000 - hours) * 3_600_000);
        assert_eq!(
            [0, 1, 24, 25, 64, 72, 73].map(hours),
            [
                NodeState::Fresh,
                NodeState::Today,
                NodeState::Today,
                NodeState::Late,
                NodeState::Late,
                NodeState::Late,
                NodeState::Silent
            ]
        );
    }
}
