//! From a query as it was sent to a query that makes sense.

use std::collections::{BTreeMap, BTreeSet};

use domain::limits::QUERY_MEASURES_MAX;
use domain::pack::{MeasureKind, Unit};
use domain::problem::{Problem, ProblemCode};

use super::catalog::{self, Entry};
use super::top;
use super::view::{self, Spec};
use super::{AXES_MAX, Axis, Boundaries, FILTER_VALUES_MAX, FILTERS_MAX, QUERY_DAYS_MAX, Query};
use crate::error::QueryError;
use crate::figure::{Context, Offices, Scope};

/// Formulas over formulas that are followed.
const FORMULAS_DEPTH_MAX: usize = 4;

/// A query whose parts exist and fit together.
#[derive(Clone, Debug)]
pub struct Asked<'q> {
    /// The query.
    pub query: &'q Query,
    /// The measures asked, in order, with what is shown of them.
    pub specs: Vec<Spec>,
    /// Every measure that it needs, by name: those asked, and inputs of formulas.
    pub entries: BTreeMap<String, Entry>,
}

impl Asked<'_> {
    /// The axes: rows, then columns.
    pub fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.query.rows.iter().chain(&self.query.columns)
    }

    /// The measures asked, in order, as they are shown.
    pub fn measures(&self) -> impl Iterator<Item = (&Spec, &Entry)> {
        self.specs.iter().filter_map(|spec| Some((spec, self.entries.get(&spec.base)?)))
    }

    /// The measures that are added up: all but formulas.
    pub fn bases(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| !matches!(entry.kind, MeasureKind::Formula(_)))
    }

    /// The measures that are added up behind a measure, by name.
    #[must_use]
    pub fn bases_of<'a>(&'a self, entry: &'a Entry) -> Vec<&'a Entry> {
        let mut bases = Vec::new();
        if matches!(entry.kind, MeasureKind::Formula(_)) {
            bases.extend(self.inputs(entry).flat_map(|input| self.bases_of(input)));
        } else {
            bases.push(entry);
        }
        bases.sort_by(|a, b| a.name.cmp(&b.name));
        bases.dedup_by(|a, b| a.name == b.name);
        bases
    }

    /// Whether single records behind a measure are withheld from the asker: it hides small numbers,
    /// and so does what a formula takes.
    #[must_use]
    pub fn withholds(&self, entry: &Entry, scope: &Scope) -> bool {
        !scope.small_cells
            && (entry.suppress_below.is_some()
                || self.inputs(entry).any(|input| self.withholds(input, scope)))
    }

    /// The measures that a formula takes, in its order.
    pub fn inputs<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Entry> {
        let names = entry.inputs().into_iter();
        names.filter_map(|name| self.entries.get(&name))
    }
}

/// Checks a query against packs, tree and scope.
pub fn check<'q>(
    query: &'q Query,
    context: &Context<'_>,
    scope: &Scope,
) -> Result<Asked<'q>, QueryError> {
    let mut problems = Vec::new();
    let (specs, entries) = measures(query, context, scope, &mut problems)?;
    sizes(query, &mut problems);
    places(query, context, scope, &mut problems);
    let asked = Asked { query, specs, entries };
    view::check(&asked, &mut problems);
    top::check(&asked, &mut problems);
    if problems.is_empty() {
        dims(&asked, &mut problems);
    }
    if problems.is_empty() { Ok(asked) } else { Err(QueryError::Invalid(problems)) }
}

fn unknown(at: impl Into<String>, name: &str) -> Problem {
    Problem::new(ProblemCode::QueryUnknown).at(at).with("name", name)
}

fn invalid(at: impl Into<String>, why: &str) -> Problem {
    Problem::new(ProblemCode::QueryInvalid).at(at).with("why", why)
}

fn measures(
    query: &Query,
    context: &Context<'_>,
    scope: &Scope,
    problems: &mut Vec<Problem>,
) -> Result<(Vec<Spec>, BTreeMap<String, Entry>), QueryError> {
    let (mut specs, mut entries) = (Vec::new(), BTreeMap::new());
    if query.measures.is_empty() || query.measures.len() > QUERY_MEASURES_MAX {
        problems.push(invalid("measures", "count").with("min", 1).with("max", QUERY_MEASURES_MAX));
        return Ok((specs, entries));
    }
    for (index, name) in query.measures.iter().enumerate() {
        let at = format!("measures[{index}]");
        if query.measures[..index].contains(name) {
            problems.push(invalid(at.clone(), "twice"));
        }
        let spec = Spec::parse(name);
        let spec = spec.filter(|spec| catalog::find(context.packs, &spec.base).is_some());
        let Some(spec) = spec else {
            problems.push(unknown(at, name));
            continue;
        };
        let name = &spec.base;
        if scope.measures.as_ref().is_some_and(|allowed| !allowed.contains(name)) {
            return Err(QueryError::Denied { measure: name.clone() });
        }
        let mut wanted = vec![(name.clone(), 0)];
        while let Some((name, depth)) = wanted.pop() {
            let found = catalog::find(context.packs, &name).filter(|_| depth < FORMULAS_DEPTH_MAX);
            let Some(entry) = found else {
                problems.push(unknown(at.clone(), &name));
                continue;
            };
            wanted.extend(entry.inputs().into_iter().map(|input| (input, depth + 1)));
            entries.insert(name, entry);
        }
        specs.push(spec);
    }
    Ok((specs, entries))
}

fn sizes(query: &Query, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (side, axes) in [("rows", &query.rows), ("columns", &query.columns)] {
        if axes.len() > AXES_MAX {
            problems.push(invalid(side, "count").with("max", AXES_MAX));
        }
        for (index, axis) in axes.iter().enumerate() {
            if !seen.insert(axis) {
                problems.push(invalid(format!("{side}[{index}]"), "twice"));
            }
        }
    }
    if query.filters.len() > FILTERS_MAX {
        problems.push(invalid("filters", "count").with("max", FILTERS_MAX));
    }
    for (index, filter) in query.filters.iter().enumerate() {
        if filter.values.is_empty() || filter.values.len() > FILTER_VALUES_MAX {
            let at = format!("filters[{index}].in");
            problems.push(invalid(at, "count").with("min", 1).with("max", FILTER_VALUES_MAX));
        }
    }
    if query.to < query.from {
        problems.push(invalid("to", "before_from"));
    } else if query.to.0.saturating_sub(query.from.0) >= QUERY_DAYS_MAX {
        problems.push(invalid("to", "too_long").with("max_days", QUERY_DAYS_MAX));
    }
}

/// The office and the boundaries must exist; an office outside the scope is as unknown as one
/// that isn't there.
fn places(query: &Query, context: &Context<'_>, scope: &Scope, problems: &mut Vec<Problem>) {
    if let Boundaries::On(date) = query.boundaries
        && context.tree.list(date, None).is_empty()
    {
        problems.push(invalid("boundaries", "before_tree"));
    }
    let Some(office) = query.office else { return };
    let visible = match &scope.offices {
        Offices::All => context.tree.level(office).is_some(),
        Offices::Within(roots) => {
            let changes = context.tree.change_dates().iter();
            let dates = changes.chain([&context.today, &query.from, &query.to]);
            let mut dates = dates.filter(|date| context.tree.exists(office, **date));
            dates.any(|date| {
                // An office above the scope's roots may be asked: only what is below counts.
                roots.iter().any(|root| {
                    context.tree.is_within(office, *root, *date)
                        || context.tree.is_within(*root, office, *date)
                })
            })
        }
    };
    if !visible {
        problems.push(unknown("office", &office.to_string()));
    }
}

/// Every dimension asked is one of every measure needed.
fn dims(asked: &Asked<'_>, problems: &mut Vec<Problem>) {
    let query = asked.query;
    let sides = [("rows", &query.rows), ("columns", &query.columns)];
    let axes = sides.iter().flat_map(|(side, axes)| {
        axes.iter().enumerate().filter_map(move |(index, axis)| match axis {
            Axis::Dim(key) => Some((format!("{side}[{index}]"), key)),
            Axis::Office(_) | Axis::Period(_) => None,
        })
    });
    let filters = query.filters.iter().enumerate();
    let filters = filters.map(|(index, filter)| (format!("filters[{index}].dim"), &filter.dim));
    for (at, key) in axes.chain(filters) {
        if let Some(entry) = asked.bases().find(|entry| entry.dim(key).is_none()) {
            problems.push(unknown(at, key).with("measure", &entry.name));
        }
    }
}

impl Entry {
    /// Which dimension of its facts has this key.
    #[must_use]
    pub fn dim(&self, key: &str) -> Option<usize> {
        self.dims.iter().position(|dim| dim == key)
    }

    /// Which dimension of its facts holds their unit.
    #[must_use]
    pub fn unit_dim(&self) -> Option<usize> {
        match &self.unit {
            Unit::Fixed(_) => None,
            Unit::Dim(key) => self.dim(key),
        }
    }

    /// The full names of the measures that a formula takes.
    #[must_use]
    pub fn inputs(&self) -> Vec<String> {
        match &self.kind {
            MeasureKind::Formula(formula) => {
                formula.inputs.iter().map(|key| format!("{}.{key}", self.pack.name)).collect()
            }
            MeasureKind::Additive(_) | MeasureKind::Last(_) | MeasureKind::Distinct(_) => {
                Vec::new()
            }
        }
    }
}
