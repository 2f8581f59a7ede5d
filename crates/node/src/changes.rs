//! Why a figure changed, within what a person may see.

use domain::ids::{OfficeId, RecordId};
use facts::changes::{ChangeRow, InputChange, Stood};
use facts::figure::MeasureInfo;
use facts::query::Moment;
use facts::{Address, Query};
use serde::Serialize;
use store::log::{self, Pos};
use store::{Reader, StoreError, records};

use crate::actor::Actor;
use crate::node::{Names, Node};
use crate::query::{Asking, FigureError};
use crate::records::Lists;

/// A page of the operations that changed a cell between two moments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangesView {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The operations are withheld: the measure hides small numbers.
    pub withheld: bool,
    /// The cell as known at the earlier moment.
    pub before: StoodView,
    /// The cell as known at the later one.
    pub after: StoodView,
    /// The later number less the earlier, as decimal text; none where it is withheld.
    pub difference: Option<String>,
    /// What each operation did; all pages together add up to the difference.
    pub rows: Vec<ChangeLine>,
    /// Give this to get the next page; none at the end.
    pub next: Option<String>,
}

/// What stood in a cell at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoodView {
    /// The number as decimal text.
    pub value: Option<String>,
    /// What stood there.
    pub state: facts::figure::State,
}

/// By what an operation changed a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeLine {
    /// The operation's position in this node's log.
    pub pos: u64,
    /// When this node received it, in milliseconds since 1970.
    pub known_ms: u64,
    /// The record; none where the person sees the figure but not the record.
    pub record: Option<RecordId>,
    /// Its type, as `pack.type`; empty where the record is not shown.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its title; empty where the record is not shown.
    pub title: String,
    /// What was done: the kind of the operation; empty where the record is not shown.
    pub what: &'static str,
    /// Who did it; empty where the record is not shown.
    pub author_name: String,
    /// The office that the facts belong to.
    pub office: OfficeId,
    /// The office's name today.
    pub office_name: String,
    /// By what the cell changed, as decimal text.
    pub value: String,
    /// For a formula, by what its inputs changed: measures with decimal texts.
    pub inputs: Vec<(String, String)>,
}

impl Node {
    /// The operations that changed a cell of a figure after `since` and up to the query's moment
    /// of knowledge, a page at a time.
    ///
    /// # Errors
    /// As [`Node::lineage`]; and if `since` isn't before the query's moment of knowledge.
    pub async fn changes(
        &self,
        by: &Actor,
        query: &Query,
        address: &Address,
        since: Moment,
        cursor: Option<&str>,
        lang: &str,
    ) -> Result<ChangesView, FigureError> {
        let asking = Asking::new(self, by, query);
        let context = asking.context(lang);
        let found = self.core.facts.changes(query, address, since, cursor, &context, &asking.scope);
        let found = found.await?;
        let reach = asking.judge.reach(by);
        let lists = Lists { world: &asking.world, judge: &asking.judge, reach: &reach };
        let mut names = Names::default();
        let rows = self.core.store.read(|r| {
            let rows = found.rows.iter().map(|row| asking.change(r, row, &lists, &mut names));
            rows.collect::<Result<Vec<_>, StoreError>>()
        })?;
        Ok(ChangesView {
            measure: found.measure,
            withheld: found.withheld,
            before: found.before.into(),
            after: found.after.into(),
            difference: found.difference,
            rows,
            next: found.next,
        })
    }
}

impl Asking {
    fn change(
        &self,
        r: &Reader<'_>,
        row: &ChangeRow,
        lists: &Lists<'_>,
        names: &mut Names,
    ) -> Result<ChangeLine, StoreError> {
        let listed = records::listed(r, row.record)?.filter(|listed| lists.may_read(listed));
        let op = if listed.is_some() { log::at(r, Pos(row.pos))? } else { None };
        let author_name = match &op {
            Some(logged) => names.of(r, logged.op.op().author)?,
            None => String::new(),
        };
        let input = |input: &InputChange| (input.measure.clone(), input.text.clone());
        Ok(ChangeLine {
            pos: row.pos,
            known_ms: row.known_ms,
            record: listed.as_ref().map(|listed| listed.record),
            type_key: listed.as_ref().map(|l| l.index.type_key.clone()).unwrap_or_default(),
            title: listed.map(|listed| listed.index.title).unwrap_or_default(),
            what: op.map_or("", |logged| logged.op.op().change.kind()),
            author_name,
            office: row.office,
            office_name: self.world.office_name(row.office, self.judge.today).name,
            value: row.text.clone(),
            inputs: row.inputs.iter().map(input).collect(),
        })
    }
}

impl From<Stood> for StoodView {
    fn from(stood: Stood) -> Self {
        Self { value: stood.value, state: stood.state }
    }
}
