//! The first rows of a figure by one of its numbers.

use domain::pack::MeasureKind;
use domain::problem::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

use super::Axis;
use super::check::Asked;
use crate::figure::by_unit;
use crate::key::Key;

/// Rows that may be asked for: more are a whole figure.
pub const TOP_ROWS_MAX: u16 = 500;

/// Which rows are shown, and in what order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Top {
    /// The measure by which rows are ordered, as it stands among the measures asked.
    pub by: String,
    /// The keys of the column whose numbers count; the rows' totals if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<Vec<String>>,
    /// How many rows are shown.
    pub rows: u16,
    /// Which come first.
    #[serde(default)]
    pub order: Order,
    /// What is told of the others.
    #[serde(default)]
    pub rest: Rest,
}

/// Which rows come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Those with most.
    #[default]
    Most,
    /// Those with least.
    Least,
}

/// What is told of the rows that aren't shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rest {
    /// Their sums.
    #[default]
    Sum,
    /// Nothing: there are no totals over rows then, since they would be sums of what isn't shown.
    Out,
}

/// Says what is wrong with it.
pub(crate) fn check(asked: &Asked<'_>, problems: &mut Vec<Problem>) {
    let query = asked.query;
    let Some(top) = &query.top else { return };
    let invalid = |at: &str, why: &str| {
        Problem::new(ProblemCode::QueryInvalid).at(format!("top.{at}")).with("why", why)
    };
    if top.rows == 0 || top.rows > TOP_ROWS_MAX {
        problems.push(invalid("rows", "count").with("min", 1).with("max", TOP_ROWS_MAX));
    }
    if query.rows.len() != 1 {
        let problem = Problem::new(ProblemCode::QueryInvalid).at("rows");
        problems.push(problem.with("why", "one_row_axis"));
    }
    let Some((spec, entry)) = asked.measures().find(|(spec, _)| spec.name == top.by) else {
        let problem = Problem::new(ProblemCode::QueryUnknown).at("top.by");
        problems.push(problem.with("name", &top.by));
        return;
    };
    if by_unit(asked, entry) {
        problems.push(invalid("by", "several_units"));
    }
    match &top.column {
        Some(keys) => {
            let parsed =
                query.columns.iter().zip(keys).all(|(axis, k)| Key::parse(axis, k).is_some());
            if !parsed || keys.len() != query.columns.len() {
                problems.push(invalid("column", "keys"));
            }
        }
        None => {
            let periods = query.columns.iter().any(|axis| matches!(axis, Axis::Period(_)));
            let total = spec.view.is_none()
                && asked.bases_of(entry).into_iter().all(|base| match base.kind {
                    MeasureKind::Additive(_) | MeasureKind::Formula(_) => true,
                    MeasureKind::Last(_) => !periods,
                    MeasureKind::Distinct(_) => false,
                });
            if !query.columns.is_empty() && !total {
                problems.push(invalid("by", "no_total"));
            }
        }
    }
}
