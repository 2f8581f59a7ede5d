//! Reading and checking policies, with errors that say where.

use std::str::FromStr;
use std::sync::LazyLock;

use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};
use domain::pack::Pack;
use miette::Diagnostic;
use thiserror::Error;

use super::{BASE, SCHEMA};

/// A mistake in a pack's policies.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("policy.cedar:{line}:{column}: {message}")]
pub struct PolicyProblem {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Checks a pack's policies against the schema.
///
/// # Errors
/// Every mistake: of syntax, of type, or a policy that names a person or a resource.
pub fn check_pack(pack: &Pack) -> Result<(), Vec<PolicyProblem>> {
    parse(pack).map(|_| ())
}

pub(super) fn schema() -> Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| {
        Schema::from_cedarschema_str(SCHEMA).expect("invariant: our schema parses").0
    });
    PARSED.clone()
}

pub(super) fn base() -> PolicySet {
    static PARSED: LazyLock<PolicySet> =
        LazyLock::new(|| PolicySet::from_str(BASE).expect("invariant: our policies parse"));
    PARSED.clone()
}

/// The base policies and a pack's, as one set.
pub(super) fn joined(base: &PolicySet, own: &PolicySet) -> PolicySet {
    let rename = |set: &PolicySet, prefix: &str| -> Vec<_> {
        set.policies()
            .map(|policy| policy.new_id(PolicyId::new(format!("{prefix}{}", policy.id()))))
            .collect()
    };
    let mut all = rename(base, "base.");
    all.extend(rename(own, "pack."));
    PolicySet::from_policies(all).expect("invariant: prefixes keep the ids apart")
}

pub(super) fn parse(pack: &Pack) -> Result<PolicySet, Vec<PolicyProblem>> {
    let text = pack.policy.as_str();
    let set = PolicySet::from_str(text)
        .map_err(|errors| errors.iter().map(|error| located(text, error)).collect::<Vec<_>>())?;
    let validation = Validator::new(schema()).validate(&set, ValidationMode::Strict);
    let mut problems: Vec<PolicyProblem> =
        validation.validation_errors().map(|error| located(text, error)).collect();
    if set.templates().next().is_some() {
        problems.push(whole("templates are not used here"));
    }
    for policy in set.policies() {
        let named = policy.entity_literals();
        problems.extend(
            named
                .iter()
                .filter(|uid| uid.type_name().basename() != "Action")
                .map(|uid| whole(&format!("a policy may not name one entity: `{uid}`"))),
        );
    }
    if problems.is_empty() { Ok(set) } else { Err(problems) }
}

fn whole(message: &str) -> PolicyProblem {
    PolicyProblem { line: 1, column: 1, message: message.to_owned() }
}

fn located(text: &str, error: &(impl Diagnostic + ?Sized)) -> PolicyProblem {
    let offset = error.labels().and_then(|mut labels| labels.next()).map_or(0, |l| l.offset());
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    PolicyProblem {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: error.to_string(),
    }
}
