//! Why a figure changed: the question and the answer.

use domain::problem::Problem;
use node::figures::{ChangeLine, ChangesView, Moment, StoodView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures::{FigureQuery, MeasureInfo, all, place, state};
use super::moment;

/// Asks for the operations that changed one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    /// The question that the cell answers; its `as_known` is the later moment, now if absent.
    pub query: FigureQuery,
    /// The cell's row.
    pub row: Vec<String>,
    /// The cell's column.
    pub column: Vec<String>,
    /// The cell's measure.
    pub measure: String,
    /// The cell's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The earlier moment.
    pub since: String,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One page of the operations that changed a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changes {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The operations are withheld: the measure hides small numbers.
    pub withheld: bool,
    /// The cell as known at the earlier moment.
    pub before: Stood,
    /// The cell as known at the later one.
    pub after: Stood,
    /// The later number less the earlier, an exact decimal; a cell without a number counts as
    /// zero. Null where it is withheld.
    pub difference: Option<String>,
    /// What each operation did, in the order in which this node received them. All pages together
    /// add up to the difference.
    pub rows: Vec<Change>,
    /// `cursor` of the next page, if there is one.
    pub next: Option<String>,
}

/// What stood in a cell at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stood {
    /// An exact decimal.
    pub value: Option<String>,
    /// `value`, `none`, `suppressed`, `incomputable`.
    pub state: String,
}

/// By what an operation changed a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The operation's position in this node's log.
    pub pos: u64,
    /// When this node received it.
    pub known_at: String,
    /// The record; null where the reader sees the figure but not the record.
    pub record: Option<String>,
    /// `pack.type`; empty where the record is not shown.
    #[serde(rename = "type")]
    pub type_key: String,
    /// Its title; empty where the record is not shown.
    pub title: String,
    /// What was done: `create`, `patch`, `transition`, `pack`, `office`, `certificate`,
    /// `revocation`; empty where the record is not shown.
    pub what: String,
    /// Who did it; empty where the record is not shown.
    pub author_name: String,
    /// The office that the value belongs to.
    pub office: u32,
    /// Its name.
    pub office_name: String,
    /// By what the cell changed, an exact decimal.
    pub value: String,
    /// For a formula, by what its inputs changed.
    pub inputs: Vec<InputChange>,
}

/// By what an operation changed an input of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InputChange {
    /// The measure.
    pub measure: String,
    /// An exact decimal.
    pub value: String,
}

impl ChangesQuery {
    /// The earlier moment, or why it is none.
    pub(crate) fn since(&self) -> Result<Moment, Problem> {
        place("since", self.since.parse())
    }
}

impl From<ChangesView> for Changes {
    fn from(view: ChangesView) -> Self {
        Self {
            measure: view.measure.into(),
            withheld: view.withheld,
            before: view.before.into(),
            after: view.after.into(),
            difference: view.difference,
            rows: all(view.rows),
            next: view.next,
        }
    }
}

impl From<StoodView> for Stood {
    fn from(stood: StoodView) -> Self {
        Self { value: stood.value, state: state(stood.state).to_owned() }
    }
}

impl From<ChangeLine> for Change {
    fn from(line: ChangeLine) -> Self {
        let input = |(measure, value)| InputChange { measure, value };
        Self {
            pos: line.pos,
            known_at: moment(line.known_ms),
            record: line.record.map(|record| record.to_string()),
            type_key: line.type_key,
            title: line.title,
            what: line.what.to_owned(),
            author_name: line.author_name,
            office: line.office.0,
            office_name: line.office_name,
            value: line.value,
            inputs: line.inputs.into_iter().map(input).collect(),
        }
    }
}
