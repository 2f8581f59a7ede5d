//! Whether a version may follow another: a number may not change its meaning, since the log holds
//! numbers.

use super::{Field, FieldKind, Pack, RecordType};

/// What is wrong with following a published version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeFault {
    /// The version doesn't rise.
    VersionNotHigher,
    /// A number came to mean something else.
    NumberChanged,
    /// A number of the published version is gone.
    NumberGone,
}

impl UpgradeFault {
    /// The stable code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VersionNotHigher => "upgrade.version",
            Self::NumberChanged => "upgrade.number_changed",
            Self::NumberGone => "upgrade.number_gone",
        }
    }
}

/// Why a version may not follow the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpgradeProblem {
    /// The kind of mistake.
    pub fault: UpgradeFault,
    /// What it is about: `kejadian.judul`.
    pub at: String,
    /// What is wrong and what to do, in English.
    pub message: String,
}

/// Checks a new version of a pack against the one that is published.
#[must_use]
pub fn check_upgrade(old: &Pack, new: &Pack) -> Vec<UpgradeProblem> {
    let mut check = Check { problems: Vec::new() };
    if old.name != new.name {
        check.changed(&new.name, format!("this is another pack than `{}`", old.name));
        return check.problems;
    }
    if new.version <= old.version {
        let message =
            format!("version {} is published: write {} or more", old.version, old.version + 1);
        check.add(UpgradeFault::VersionNotHigher, &new.name, message);
    }
    for ty in &old.types {
        match new.type_by_id(ty.id) {
            None => check.gone(&ty.key, "record type"),
            Some(later) => check.ty(ty, later),
        }
    }
    for measure in &old.measures {
        let Some(later) = new.measure(&measure.key) else { continue };
        let same = measure.unit == later.unit
            && measure.scale == later.scale
            && measure.kind.name() == later.kind.name()
            && later.dims.starts_with(&measure.dims);
        if !same {
            let message = "a published measure keeps its unit, scale, kind and dimensions, and new \
                           dimensions come last: give the changed measure a new key";
            check.changed(&measure.key, message);
        }
    }
    check.problems
}

struct Check {
    problems: Vec<UpgradeProblem>,
}

impl Check {
    fn add(&mut self, fault: UpgradeFault, at: &str, message: impl Into<String>) {
        self.problems.push(UpgradeProblem { fault, at: at.to_owned(), message: message.into() });
    }

    fn changed(&mut self, at: &str, message: impl Into<String>) {
        self.add(UpgradeFault::NumberChanged, at, message);
    }

    fn gone(&mut self, at: &str, what: &str) {
        let message = format!("this {what} is published and records may use its number: keep it");
        self.add(UpgradeFault::NumberGone, at, message);
    }

    fn key(&mut self, at: &str, what: &str, number: u16, old: &str, new: &str) -> bool {
        if old != new {
            let message = format!(
                "{what} number {number} was `{old}` and is `{new}` now: give `{new}` a new number"
            );
            self.changed(at, message);
        }
        old == new
    }

    fn ty(&mut self, old: &RecordType, new: &RecordType) {
        if !self.key(&old.key, "record type", old.id, &old.key, &new.key) {
            return;
        }
        if old.kind != new.kind {
            self.changed(&old.key, "event or periodic, and the grain, stay: make a new type");
        }
        for field in &old.fields {
            let at = format!("{}.{}", old.key, field.key);
            match new.field(field.id) {
                None => {
                    let message = "this field is published and records may hold it: keep it, with \
                                   `relevant = \"false\"` so that it is no longer asked";
                    self.add(UpgradeFault::NumberGone, &at, message);
                }
                Some(later) if self.key(&at, "field", field.id.0, &field.key, &later.key) => {
                    self.field(&at, field, later);
                }
                Some(_) => {}
            }
        }
        for state in &old.workflow.states {
            let at = format!("{}.{}", old.key, state.key);
            match new.workflow.state(state.id) {
                None => self.gone(&at, "state"),
                Some(later) => {
                    self.key(&at, "state", state.id.0, &state.key, &later.key);
                }
            }
        }
        for action in &old.workflow.actions {
            let at = format!("{}.{}", old.key, action.key);
            match new.workflow.action(action.id) {
                None => self.gone(&at, "action"),
                Some(later) => {
                    self.key(&at, "action", action.id.0, &action.key, &later.key);
                }
            }
        }
    }

    fn field(&mut self, at: &str, old: &Field, new: &Field) {
        if old.group != new.group || !same_kind(&old.kind, &new.kind) {
            let message = "a published field keeps its kind, scale, grain and repeat group: give \
                           the changed field a new number and key";
            self.changed(at, message);
        }
        if old.unit != new.unit {
            self.changed(
                at,
                "a published field keeps its unit: give the changed field a new number",
            );
        }
        for choice in old.kind.choices() {
            let at = format!("{at}.{}", choice.key);
            match new.kind.choice(choice.id) {
                None => self.gone(&at, "choice"),
                Some(later) => {
                    self.key(&at, "choice", choice.id.0, &choice.key, &later.key);
                }
            }
        }
    }
}

/// Whether values of the old kind mean the same as values of the new.
fn same_kind(old: &FieldKind, new: &FieldKind) -> bool {
    match (old, new) {
        (FieldKind::Text, FieldKind::LongText) => true,
        (FieldKind::Period(a), FieldKind::Period(b)) => a == b,
        (FieldKind::Record(a, _), FieldKind::Record(b, _)) => a == b,
        (a, b) => a.name() == b.name() && a.scale() == b.scale(),
    }
}
