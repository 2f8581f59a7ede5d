//! Figures, and the records behind them, within what a person may see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ids::{OfficeId, RecordId};
use domain::pack::Pack;
use domain::problem::Problem;
use facts::figure::MeasureInfo;
use facts::{Address, Context, Figure, LineageRow, Offices, Query, QueryError, Scope};
use serde::Serialize;
use store::{StoreError, records};
use thiserror::Error;

use crate::actor::Actor;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::Node;
use crate::packs::PackSet;
use crate::policy::{Action, Allowed, Judge, Reach, Resource};
use crate::records::Lists;
use crate::world::World;

/// Why a figure can't be shown.
#[derive(Debug, Error)]
pub enum FigureError {
    /// The query can't be answered, or names what the person may not see.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Storage failed.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for FigureError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for FigureError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Query(QueryError::Invalid(_) | QueryError::TooLarge { .. }) => {
                FailureKind::Invalid
            }
            Self::Query(QueryError::Denied { .. }) => FailureKind::Denied,
            Self::Query(QueryError::Engine(_) | QueryError::Arrow(_)) | Self::Storage(_) => {
                FailureKind::Storage
            }
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Query(error) => error.problems(),
            Self::Storage(_) => storage_problem(),
        }
    }
}

/// A page of the records behind a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineageView {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The cell is hidden, and so are its records.
    pub suppressed: bool,
    /// What each record gave.
    pub rows: Vec<LineageLine>,
    /// Give this to get the next page; none at the end.
    pub next: Option<String>,
}

/// What one record gave to a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineageLine {
    /// The measure: an input of the formula, or the measure asked.
    pub measure: String,
    /// The record; none where the person sees the figure but not the record.
    pub record: Option<RecordId>,
    /// Its type, as `pack.type`; empty where the record is not shown.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its title; empty where the record is not shown.
    pub title: String,
    /// The office that its facts belong to.
    pub office: OfficeId,
    /// The office's name today.
    pub office_name: String,
    /// Their date, as `2021-01-08`.
    pub date: String,
    /// What they add up to, as decimal text.
    pub value: String,
    /// How many facts.
    pub weight: i64,
    /// When the last of them became known, in milliseconds since 1970.
    pub known_ms: u64,
    /// The log position of the last of them.
    pub pos: u64,
}

impl Node {
    /// Answers a query, within what the person may see, with labels in a language.
    ///
    /// # Errors
    /// If the query makes no sense, asks too much, or names what the person may not see.
    pub async fn figure(
        &self,
        by: &Actor,
        query: &Query,
        lang: &str,
    ) -> Result<Figure, FigureError> {
        let asking = Asking::new(self, by, &query.measures);
        Ok(self.core.facts.figure(query, &asking.context(lang), &asking.scope).await?)
    }

    /// The records behind a cell of a figure, a page at a time.
    ///
    /// # Errors
    /// As [`Node::figure`]; and if the figure has no such cell.
    pub async fn lineage(
        &self,
        by: &Actor,
        query: &Query,
        address: &Address,
        cursor: Option<&str>,
        lang: &str,
    ) -> Result<LineageView, FigureError> {
        let asking = Asking::new(self, by, &query.measures);
        let context = asking.context(lang);
        let found = self.core.facts.lineage(query, address, cursor, &context, &asking.scope);
        let found = found.await?;
        let reach = asking.judge.reach(by);
        let lists = Lists { world: &asking.world, judge: &asking.judge, reach: &reach };
        let rows = self.core.store.read(|r| {
            let line = |row: &LineageRow| {
                let listed = records::listed(r, row.record)?.filter(|row| lists.may_read(row));
                Ok::<_, StoreError>(asking.line(row, listed))
            };
            found.rows.iter().map(line).collect::<Result<Vec<_>, _>>()
        })?;
        let (measure, suppressed, next) = (found.measure, found.suppressed, found.next);
        Ok(LineageView { measure, suppressed, rows, next })
    }
}

/// Who asks about measures, when, and what they may see.
pub(crate) struct Asking {
    pub(crate) world: Arc<World>,
    pub(crate) judge: Judge,
    packs: BTreeMap<String, Arc<Pack>>,
    pub(crate) scope: Scope,
    now_ms: u64,
}

impl Asking {
    pub(crate) fn new(node: &Node, by: &Actor, measures: &[String]) -> Self {
        let (world, judge) = (node.core.world(), node.core.judge());
        let packs = world.packs.latest().map(|pack| (pack.name.clone(), Arc::clone(pack)));
        let scope = scope(&judge, by, &world.packs, measures);
        Self { packs: packs.collect(), scope, now_ms: node.core.clock.now_ms(), world, judge }
    }

    pub(crate) fn context<'a>(&'a self, lang: &'a str) -> Context<'a> {
        Context {
            packs: &self.packs,
            tree: &self.world.tree,
            today: self.judge.today,
            now_ms: self.now_ms,
            lang,
        }
    }

    fn line(&self, row: &LineageRow, listed: Option<records::Listed>) -> LineageLine {
        LineageLine {
            measure: row.measure.clone(),
            record: listed.as_ref().map(|listed| listed.record),
            type_key: listed.as_ref().map(|l| l.index.type_key.clone()).unwrap_or_default(),
            title: listed.map(|listed| listed.index.title).unwrap_or_default(),
            office: row.office,
            office_name: self.world.office_name(row.office, self.judge.today).name,
            date: row.date.to_string(),
            value: row.text.clone(),
            weight: row.weight,
            known_ms: row.known_ms,
            pos: row.pos,
        }
    }
}

/// What a person may see of some measures' packs: the offices where figures of all of them are open.
/// Small cells are for whoever may read all the records that make them.
fn scope(judge: &Judge, by: &Actor, packs: &PackSet, measures: &[String]) -> Scope {
    let reach = judge.reach(by);
    let named = measures.iter().filter_map(|measure| measure.split('.').next());
    let named: BTreeSet<&str> = named.collect();
    let asked: Vec<&Arc<Pack>> = named.iter().filter_map(|name| packs.pack(name)).collect();
    let figures = asked.iter().map(|pack| figures_of(&reach, pack));
    let figures = figures.reduce(Allowed::and).unwrap_or_else(Allowed::none);
    let readable = asked.iter().map(|pack| readable_of(&reach, pack));
    let readable = readable.reduce(Allowed::and).unwrap_or_else(Allowed::none);
    let small_cells = readable.covers(&figures);
    let measures = asked.iter().flat_map(|pack| {
        let of_pack = |key: &str| format!("{}.{key}", pack.name);
        let own = pack.measures.iter().map(|measure| of_pack(&measure.key)).collect::<Vec<_>>();
        let schedules = pack.schedules.iter().flat_map(|schedule| {
            [":received", ":on_time"].map(|what| of_pack(&format!("{}{what}", schedule.key)))
        });
        own.into_iter().chain(schedules.collect::<Vec<_>>())
    });
    let roots = judge.roots(figures);
    let nothing = roots == Allowed::none();
    let offices = match roots {
        Allowed::All => Offices::All,
        Allowed::Only(roots) => Offices::Within(roots),
    };
    let measures = if nothing { BTreeSet::new() } else { measures.collect() };
    Scope { offices, measures: Some(measures), small_cells }
}

/// Where a pack's figures are open: a measure may draw on several types, so all must be.
fn figures_of(reach: &Reach<'_>, pack: &Pack) -> Allowed {
    let per_type = pack
        .types
        .iter()
        .map(|ty| reach.offices(Action::Figure, "", &Resource::of_type(&pack.name, &ty.key)));
    per_type.reduce(Allowed::and).unwrap_or_else(Allowed::none)
}

/// Where every record of a pack that counts may be read.
fn readable_of(reach: &Reach<'_>, pack: &Pack) -> Allowed {
    let counting = pack.types.iter().flat_map(|ty| {
        let states = ty.workflow.states.iter().filter(|state| state.counts);
        states.map(move |state| Resource::in_state(pack, ty, state))
    });
    let per_state = counting.map(|resource| reach.offices(Action::Read, "", &resource));
    per_state.reduce(Allowed::and).unwrap_or_else(Allowed::none)
}
