//! `workflow.toml`: states and actions of each type.

use std::collections::BTreeSet;

use super::problem::PackCode;
use super::source::{Table, Text};
use super::words::{first_use, id, key};
use crate::expr::Expr;
use crate::ids::{ActionId, StateId};
use crate::pack::{Action, State, Workflow};

/// The workflow of one type, whose guards wait.
pub(super) struct WorkflowDraft<'f> {
    /// The type's key.
    pub(super) of: Text2<'f>,
    states: Vec<State>,
    actions: Vec<(Action, Option<Text<'f>>)>,
}

/// The key of a table, with its place.
pub(super) type Text2<'f> = super::source::Found<'f, &'f str>;

impl<'f> WorkflowDraft<'f> {
    /// The keys of its states.
    pub(super) fn state_keys(&self) -> Vec<String> {
        self.states.iter().map(|state| state.key.clone()).collect()
    }

    /// The workflow, its guards compiled.
    pub(super) fn compile(self, truth: impl Fn(Text<'f>) -> Option<Expr>) -> Workflow {
        let actions = self
            .actions
            .into_iter()
            .map(|(action, guard)| Action { guard: guard.and_then(&truth), ..action });
        Workflow { states: self.states, actions: actions.collect() }
    }
}

/// Reads the whole file.
pub(super) fn read<'f>(table: &Table<'f>) -> Vec<WorkflowDraft<'f>> {
    let mut drafts = Vec::new();
    for (name, value) in table.entries() {
        match table.sub(value) {
            Some(inner) => drafts.push(read_one(name, &inner)),
            None => {
                let message =
                    format!("write `[[{}.state]]` and `[[{}.action]]`", name.value, name.value);
                table.problem(name.at, PackCode::WrongType, message);
            }
        }
    }
    drafts
}

fn read_one<'f>(of: Text2<'f>, table: &Table<'f>) -> WorkflowDraft<'f> {
    let (state_tables, action_tables) = (table.tables("state"), table.tables("action"));
    table.finish();
    let states = read_states(&state_tables);
    if state_tables.is_empty() {
        let message = format!("`{}` has no state: add `[[{}.state]]`", of.value, of.value);
        table.problem(of.at, PackCode::KeyMissing, message);
    }
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut actions = Vec::new();
    for action_table in &action_tables {
        let read = read_action(action_table, &states);
        action_table.finish();
        let Some((action, guard)) = read else { continue };
        let fresh_id = first_use(&mut ids, action.id.0, action_table, "the action number");
        let fresh = first_use(&mut keys, action.key.clone(), action_table, "the action key");
        if fresh_id && fresh {
            actions.push((action, guard));
        }
    }
    check_reachable(&state_tables, &states, &actions);
    WorkflowDraft { of, states, actions }
}

fn read_states(tables: &[Table<'_>]) -> Vec<State> {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut states = Vec::new();
    let mut reopenings = Vec::new();
    for table in tables {
        let (id, key) = (id(table), key(table));
        let (editable, counts) = (table.flag("editable"), table.flag("counts"));
        let reopens_to = table.text("reopens_to");
        table.finish();
        let (Some(id), Some(key)) = (id, key) else {
            table.lose();
            continue;
        };
        let fresh_id = first_use(&mut ids, id, table, "the state number");
        if !fresh_id || !first_use(&mut keys, key.value, table, "the state key") {
            continue;
        }
        reopenings.push((states.len(), reopens_to, table));
        states.push(State {
            id: StateId(id),
            key: key.value.to_owned(),
            editable,
            counts,
            reopens_to: None,
        });
    }
    for (index, name, table) in reopenings {
        let Some(name) = name else { continue };
        if let Some(id) = state_named(table, &states, name) {
            states[index].reopens_to = Some(id);
        }
    }
    states
}

fn state_named(table: &Table<'_>, states: &[State], name: Text<'_>) -> Option<StateId> {
    let found = states.iter().find(|state| state.key == name.value);
    if found.is_none() {
        let keys: Vec<_> = states.iter().map(|state| state.key.as_str()).collect();
        let message = format!("no state `{}`: the states are {}", name.value, keys.join(", "));
        table.problem(name.at, PackCode::UnknownState, message);
    }
    found.map(|state| state.id)
}

fn read_action<'f>(table: &Table<'f>, states: &[State]) -> Option<(Action, Option<Text<'f>>)> {
    let (id, key) = (id(table), key(table));
    let (from, to) = (table.need_texts("from"), table.need_text("to"));
    let (reason, returns) = (table.flag("reason"), table.flag("returns"));
    let guard = table.text("guard");
    let from = from.into_iter().filter_map(|name| state_named(table, states, name)).collect();
    let to = to.and_then(|name| state_named(table, states, name));
    let action = Action {
        id: ActionId(id?),
        key: key?.value.to_owned(),
        from,
        to: to?,
        reason,
        returns,
        guard: None,
    };
    Some((action, guard))
}

/// Every state must be the first, or be led to by an action or a reopening from one that is
/// reached.
fn check_reachable(tables: &[Table<'_>], states: &[State], actions: &[(Action, Option<Text<'_>>)]) {
    let mut reached: BTreeSet<StateId> = states.first().map(|state| state.id).into_iter().collect();
    loop {
        let moves = actions
            .iter()
            .filter(|(action, _)| action.from.iter().any(|from| reached.contains(from)));
        let reopenings = states.iter().filter(|state| reached.contains(&state.id));
        let next: Vec<StateId> = moves
            .map(|(action, _)| action.to)
            .chain(reopenings.filter_map(|state| state.reopens_to))
            .filter(|state| !reached.contains(state))
            .collect();
        if next.is_empty() {
            break;
        }
        reached.extend(next);
    }
    for state in states.iter().filter(|state| !reached.contains(&state.id)) {
        let named =
            |table: &&Table<'_>| table.text("key").is_some_and(|key| key.value == state.key);
        if let Some(table) = tables.iter().find(named) {
            let message = format!(
                "no action leads to the state `{}`: add one, or take the state away",
                state.key
            );
            table.problem(table.at(), PackCode::UnreachableState, message);
        }
    }
}
