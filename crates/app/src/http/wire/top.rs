//! The first rows of a figure, and what the others hold.

use domain::problem::Problem;
use node::figures as figure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures::{FigureCell, all, place};

/// Which rows are shown, and in what order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Top {
    /// The measure by which rows are ordered, as it stands among the measures asked.
    pub by: String,
    /// The keys of the column whose numbers count; the rows' totals if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<Vec<String>>,
    /// How many rows are shown, 1 to 500.
    pub rows: u16,
    /// Which come first: `most` (if absent) or `least`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// What is told of the others: `sum` (if absent), or `out` for nothing; then there are no
    /// totals over rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
}

/// The rows that a figure doesn't show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestOfRows {
    /// How many they are.
    pub rows: u64,
    /// Their sums, by column (`column` is empty over all columns). `row` is empty.
    pub cells: Vec<FigureCell>,
}

impl Top {
    /// What is meant, or the place and reason why it is nothing.
    pub(super) fn parse(self) -> Result<figure::Top, Problem> {
        let order = match self.order.as_deref() {
            None | Some("most") => figure::Order::Most,
            Some("least") => figure::Order::Least,
            Some(_) => return place("top.order", Err("most, least")),
        };
        let rest = match self.rest.as_deref() {
            None | Some("sum") => figure::Rest::Sum,
            Some("out") => figure::Rest::Out,
            Some(_) => return place("top.rest", Err("sum, out")),
        };
        Ok(figure::Top { by: self.by, column: self.column, rows: self.rows, order, rest })
    }
}

impl From<figure::RestOfRows> for RestOfRows {
    fn from(rest: figure::RestOfRows) -> Self {
        Self { rows: rest.rows, cells: all(rest.cells) }
    }
}
