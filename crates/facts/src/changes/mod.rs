//! Why a number differs between two moments of knowledge: the operations that did it.
//!
//! A figure as known at a moment is a sum over the rows known then. So the difference of two is
//! the rows that became known between them, operation by operation, and adds up to the last
//! digit. Where a number is no sum (a stock, a count of different things, a formula) the number is
//! computed before and after each operation, in the order of this node's log: what the operations
//! did still adds up.

use std::collections::BTreeMap;

use domain::ids::{OfficeId, RecordId};
use domain::limits::CHANGES_ROWS_MAX;
use domain::pack::MeasureKind;
use domain::problem::{Problem, ProblemCode};

use crate::error::QueryError;
use crate::figure::{Content, Context, MeasureInfo, Scope, State, decimal, labels, wanted};
use crate::lineage::{Address, Located, locate, wrong};
use crate::query::check::{Asked, check};
use crate::query::{Moment, Query};
use crate::store::Facts;

mod fold;
mod rows;

use fold::{Folded, fold};
use rows::InCell;

/// A page of what changed a cell between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// The measure, with its definition.
    pub measure: MeasureInfo,
    /// The operations are withheld: the measure hides small numbers, and one operation is smaller
    /// than any cell.
    pub withheld: bool,
    /// The cell as known at the earlier moment.
    pub before: Stood,
    /// The cell as known at the later one.
    pub after: Stood,
    /// The later number less the earlier, as decimal text; a cell without a number counts as zero.
    /// None where it is withheld.
    pub difference: Option<String>,
    /// What each operation did, in the order in which this node received them. All pages together
    /// add up to the difference.
    pub rows: Vec<ChangeRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// What stood in a cell at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The number as decimal text.
    pub value: Option<String>,
    /// What stood there.
    pub state: State,
}

/// By what one operation changed a cell, with the facts of one record and office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// The operation's position in this node's log.
    pub pos: u64,
    /// When this node received it, in milliseconds since 1970.
    pub known_ms: u64,
    /// The record.
    pub record: RecordId,
    /// The office that the facts belong to.
    pub office: OfficeId,
    /// By what the cell changed, at the measure's scale.
    pub value: i128,
    /// The same as decimal text.
    pub text: String,
    /// For a formula, by what its inputs changed.
    pub inputs: Vec<InputChange>,
}

/// By what an operation changed an input of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputChange {
    /// The measure.
    pub measure: String,
    /// By what it changed, as decimal text.
    pub text: String,
}

/// The last row of the page before: its operation, record and office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cursor {
    pos: u64,
    record: RecordId,
    office: OfficeId,
}

/// What the pages of one answer are cut from.
#[derive(Clone, Copy, Debug)]
struct Asking<'a> {
    query: &'a Query,
    since: Moment,
    after: Option<Cursor>,
    context: &'a Context<'a>,
    scope: &'a Scope,
}

impl Facts {
    /// The operations that changed a cell after `since` and up to the query's moment of knowledge
    /// (now, if it has none), at most [`CHANGES_ROWS_MAX`] a page. What may not be seen of a
    /// figure's records may not be seen here.
    ///
    /// # Errors
    /// As [`Facts::figure`]; if the figure can have no such cell, the earlier moment isn't
    /// earlier, or the cursor is none; [`QueryError::TooManyRows`] where a number that is no sum
    /// changed too often.
    pub async fn changes(
        &self,
        query: &Query,
        address: &Address,
        since: Moment,
        cursor: Option<&str>,
        context: &Context<'_>,
        scope: &Scope,
    ) -> Result<Changes, QueryError> {
        let asked = check(query, context, scope)?;
        let located = locate(&asked, address)?;
        let cursor = cursor.map(|text| Cursor::parse(text).ok_or_else(|| wrong("cursor")));
        let after = cursor.transpose()?;
        if since.0 >= query.as_known.map_or(context.now_ms, |until| until.0) {
            let problem = Problem::new(ProblemCode::QueryInvalid).at("since");
            return Err(QueryError::Invalid(vec![problem.with("why", "not_before")]));
        }
        let asking = Asking { query, since, after, context, scope };
        let measure = labels::measure(located.entry, context.lang);
        if asked.withholds(located.entry, scope) {
            let [before, after] = self.shown_then_and_now(asking, &located.address).await?;
            let (rows, next) = (Vec::new(), None);
            return Ok(Changes {
                measure,
                withheld: true,
                before,
                after,
                difference: None,
                rows,
                next,
            });
        }
        let scale = located.entry.scale;
        let folded = if matches!(located.entry.kind, MeasureKind::Additive(_)) {
            self.summed(asking, &located).await?
        } else {
            self.folded(asking, &asked, &located).await?
        };
        let Folded { before, after, mut rows } = folded;
        let more = rows.len() > CHANGES_ROWS_MAX;
        rows.truncate(CHANGES_ROWS_MAX);
        let next = rows.last().filter(|_| more).map(|row| Cursor::of(row).to_string());
        Ok(Changes {
            measure,
            withheld: false,
            before: stood(before, scale),
            after: stood(after, scale),
            difference: Some(decimal(number(after) - number(before), scale)),
            rows,
            next,
        })
    }

    /// A sum: the page is cut by the engine, however much changed.
    async fn summed(
        &self,
        asking: Asking<'_>,
        located: &Located<'_>,
    ) -> Result<Folded, QueryError> {
        let (then, snapshot) = (asking.then(), self.snapshot());
        let wanted = wanted(asking.query, asking.context, asking.scope);
        let [earlier, later] = [&then, asking.query].map(|q| self.plan(q, &wanted, &snapshot));
        let (earlier, later) = (InCell::new(earlier?, located), InCell::new(later?, located));
        let entry = located.entry;
        Ok(Folded {
            before: earlier.sum(entry).await?,
            after: later.sum(entry).await?,
            rows: later.page(entry, asking.since, asking.after, CHANGES_ROWS_MAX + 1).await?,
        })
    }

    /// A number that is no sum: every operation is played again.
    async fn folded(
        &self,
        asking: Asking<'_>,
        asked: &Asked<'_>,
        located: &Located<'_>,
    ) -> Result<Folded, QueryError> {
        let (then, snapshot) = (asking.then(), self.snapshot());
        let wanted = wanted(asking.query, asking.context, asking.scope);
        let [earlier, later] = [&then, asking.query].map(|q| self.plan(q, &wanted, &snapshot));
        let (earlier, later) = (InCell::new(earlier?, located), InCell::new(later?, located));
        let (mut standing, mut played) = (BTreeMap::new(), Vec::new());
        for base in &located.bases {
            let rows = later.rows(base, asking.since).await?;
            standing.insert(base.name.clone(), earlier.standing(base, &rows).await?);
            played.extend(rows.into_iter().map(|row| (base.name.clone(), row)));
        }
        let mut folded = fold(asked, located.entry, standing, played);
        if let Some(cursor) = asking.after {
            folded.rows.retain(|row| Cursor::of(row) > cursor);
        }
        Ok(folded)
    }

    /// The cell as figures show it at both moments, hidden where they hide it.
    async fn shown_then_and_now(
        &self,
        asking: Asking<'_>,
        address: &Address,
    ) -> Result<[Stood; 2], QueryError> {
        let then = asking.then();
        let mut shown = Vec::new();
        for query in [&then, asking.query] {
            let figure = self.figure(query, asking.context, asking.scope).await?;
            let cell = figure.cells.into_iter().find(|cell| address.names(cell));
            let nothing = Stood { value: None, state: State::None };
            shown.push(cell.map_or(nothing, |c| Stood { value: c.value, state: c.state }));
        }
        Ok(<[Stood; 2]>::try_from(shown).expect("invariant: two figures were asked"))
    }
}

impl Asking<'_> {
    /// The query as of the earlier moment.
    fn then(&self) -> Query {
        Query { as_known: Some(self.since), ..self.query.clone() }
    }
}

fn stood(content: Content, scale: u8) -> Stood {
    let (value, state) = content.shown(scale);
    Stood { value, state }
}

/// The number of a cell, zero where there is none.
fn number(content: Content) -> i128 {
    match content {
        Content::Value(value) => value,
        Content::None | Content::Suppressed | Content::Incomputable => 0,
    }
}

impl Cursor {
    fn of(row: &ChangeRow) -> Self {
        Self { pos: row.pos, record: row.record, office: row.office }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let pos = parts.next()?.parse().ok()?;
        let record = parts.next()?.parse().ok()?;
        Some(Self { pos, record, office: OfficeId(parts.next()?.parse().ok()?) })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.pos, self.record, self.office)
    }
}
