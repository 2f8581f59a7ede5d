//! Relevance, required answers and rules, over a whole record.

use std::collections::BTreeSet;

use super::errors::FormErrors;
use super::place;
use crate::expr::{Env, Moment, Scene, truth};
use crate::ids::{FieldId, RowId};
use crate::limits::CELLS_PER_RECORD_MAX;
use crate::pack::{Field, FieldKind, RecordType, Rule};
use crate::problem::{Problem, ProblemCode};
use crate::value::{CellPath, Cells};

/// What cells are judged by.
pub(super) struct Judged<'j> {
    pub(super) ty: &'j RecordType,
    pub(super) moment: Moment<'j>,
    pub(super) confirmed: &'j [String],
    /// Rows that were answered: they are judged even where no answer of theirs could be read.
    pub(super) rows: &'j BTreeSet<(FieldId, RowId)>,
}

impl Judged<'_> {
    pub(super) fn judge(&self, cells: &Cells, errors: &mut FormErrors) {
        let scene = Scene::new(self.ty, cells, self.moment);
        if cells.len() > CELLS_PER_RECORD_MAX {
            errors.add(Problem::new(ProblemCode::TooMany).with("max", CELLS_PER_RECORD_MAX));
        }
        // While fields are wrong, what depends on them can't be judged.
        let unsure = !errors.is_empty();
        for path in self.irrelevant(&scene, cells, unsure) {
            let whole = self.ty.field(path.field).and_then(|field| relevance(field, &scene));
            let of = if whole == Some(true) { path } else { CellPath::field(path.field) };
            let problem = Problem::new(ProblemCode::NotRelevant).at(place::show(self.ty, of));
            errors.add_first(problem);
        }
        for field in self.ty.fields_in(None) {
            self.field(&scene, cells, field, errors);
        }
        for rule in &self.ty.rules {
            self.rule(&scene, rule, errors);
        }
    }

    /// Cells that hold something in a field that isn't relevant; where `unsure`, a relevance that
    /// is null is let pass.
    pub(super) fn irrelevant(
        &self,
        scene: &Scene<'_>,
        cells: &Cells,
        unsure: bool,
    ) -> Vec<CellPath> {
        let relevant = |field: &Field, env: &dyn Env| relevance(field, env).unwrap_or(unsure);
        let stands = |path: &&CellPath| {
            let of = self.ty.field(path.field);
            let outer = of.is_some_and(|field| relevant(field, scene));
            let inner = path.at.is_none_or(|(row, id)| {
                let row = scene.row(path.field, row);
                self.ty.field(id).is_some_and(|field| relevant(field, &row))
            });
            !(outer && inner)
        };
        cells.keys().filter(stands).copied().collect()
    }

    fn field(&self, scene: &Scene<'_>, cells: &Cells, field: &Field, errors: &mut FormErrors) {
        if relevance(field, scene) != Some(true) {
            return;
        }
        let FieldKind::Group(rows_max) = field.kind else {
            if field.required && !cells.contains_key(&CellPath::field(field.id)) {
                errors.add_first(Problem::new(ProblemCode::Required).at(&field.key));
            }
            return;
        };
        let mut rows = scene.rows(field.id);
        rows.extend(self.rows.iter().filter(|(group, _)| *group == field.id).map(|(_, row)| *row));
        let answered = !rows.is_empty() || cells.contains_key(&CellPath::field(field.id));
        if field.required && !answered {
            errors.add_first(Problem::new(ProblemCode::Required).at(&field.key));
        }
        if rows.len() > rows_max as usize {
            errors.add(Problem::new(ProblemCode::TooMany).at(&field.key).with("max", rows_max));
        }
        let required = || self.ty.fields_in(Some(field.id)).filter(|inner| inner.required);
        for row in rows {
            let within = scene.row(field.id, row);
            for inner in required().filter(|inner| relevance(inner, &within) == Some(true)) {
                let path = CellPath::row(field.id, row, inner.id);
                if !cells.contains_key(&path) {
                    let at = place::show(self.ty, path);
                    errors.add_first(Problem::new(ProblemCode::Required).at(at));
                }
            }
        }
    }

    fn rule(&self, scene: &Scene<'_>, rule: &Rule, errors: &mut FormErrors) {
        let confirmed = rule.warning && self.confirmed.contains(&rule.key);
        let Some(group) = rule.group else {
            if truth(&rule.expr, scene) == Some(false) && !confirmed {
                errors.add_first(
                    self.broken(rule, rule.fields.first().map(|id| CellPath::field(*id))),
                );
            }
            return;
        };
        for row in scene.rows(group) {
            if truth(&rule.expr, &scene.row(group, row)) == Some(false) && !confirmed {
                let at = rule.fields.first().map(|id| self.in_row(*id, group, row));
                errors.add_first(self.broken(rule, at));
            }
        }
    }

    fn in_row(&self, id: FieldId, group: FieldId, row: RowId) -> CellPath {
        let within = self.ty.field(id).is_some_and(|field| field.group == Some(group));
        if within { CellPath::row(group, row, id) } else { CellPath::field(id) }
    }

    fn broken(&self, rule: &Rule, at: Option<CellPath>) -> Problem {
        let code =
            if rule.warning { ProblemCode::RuleUnconfirmed } else { ProblemCode::RuleBroken };
        let problem = Problem::new(code).with("rule", &rule.key);
        match at {
            Some(path) => problem.at(place::show(self.ty, path)),
            None => problem,
        }
    }
}

fn relevance(field: &Field, env: &dyn Env) -> Option<bool> {
    field.relevant.as_ref().map_or(Some(true), |expr| truth(expr, env))
}
