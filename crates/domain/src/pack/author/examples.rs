//! `examples/*.json`: forms with what should come of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::files::Sources;
use super::problem::{PackCode, PackProblem, Problems};
use super::source::{At, File};
use crate::form::{FormContext, RawForm, RefInfo, ValidForm, parse};
use crate::ids::{OfficeId, OpTag, RecordId, StateId, SubmissionId};
use crate::measure::{Received, facts};
use crate::office::Tree;
use crate::pack::Pack;
use crate::period::Date;
use crate::record::{Held, Record};

/// An example that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Its file.
    pub name: String,
    /// How it came out otherwise than it says; none if it is as it says.
    pub failures: Vec<PackProblem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    form: Map<String, Json>,
    today: Date,
    #[serde(default)]
    refs: BTreeMap<RecordId, Reference>,
    expect: Expect,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    facts: Option<Vec<Fact>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    #[serde(rename = "type")]
    type_key: String,
    state: String,
    office: OfficeId,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expect {
    Word(String),
    Problems(Vec<Place>),
}

#[derive(Debug, Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct Place {
    code: String,
    #[serde(default)]
    at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    measure: String,
    value: i64,
    #[serde(default)]
    /// A dimension that isn't named has no value.
    dims: BTreeMap<String, String>,
    #[serde(default)]
    office: Option<OfficeId>,
    #[serde(default)]
    date: Option<Date>,
}

/// Tries the examples of a pack's folder, by name.
///
/// # Errors
/// When the folder can't be read.
pub fn try_examples(pack: &Pack, folder: &Path) -> Result<Vec<Tried>, Vec<PackProblem>> {
    let sources = Sources::read(folder)?;
    let tree = Tree::built_in();
    let one = |file: &&File| {
        let problems = Problems::default();
        try_one(pack, file, &tree, &problems);
        Tried { name: file.name.clone(), failures: problems.into_sorted() }
    };
    Ok(sources.within("examples/", ".json").iter().map(one).collect())
}

fn try_one(pack: &Pack, file: &File, tree: &Tree, problems: &Problems) {
    let example: Example = match serde_json::from_str(&file.text) {
        Ok(example) => example,
        Err(error) => {
            let line = error.line().saturating_sub(1);
            let before = file.text.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
            let offset = before + error.column().saturating_sub(1);
            let message = format!("this is no example: {error}");
            return problems.add(At { file, offset }, PackCode::ExampleMalformed, message);
        }
    };
    let mut form = example.form.clone();
    form.entry("submission").or_insert_with(|| json!(SubmissionId([0; 16])));
    let raw: RawForm = match serde_json::from_value(Json::Object(form)) {
        Ok(raw) => raw,
        Err(error) => {
            let message = format!("`form` is not a form: {error}");
            return problems.whole(&file.name, PackCode::ExampleMalformed, message);
        }
    };
    let refs = example.refs.iter().map(|(record, reference)| {
        let Reference { type_key, state, office } = reference;
        (*record, RefInfo { type_key: type_key.clone(), state: state.clone(), office: *office })
    });
    let refs = refs.collect();
    let context = FormContext { today: example.today, refs: &refs, tree };
    let wrong = |message: String| problems.whole(&file.name, PackCode::ExampleFailed, message);
    match (&example.expect, parse(&raw, pack, &context)) {
        (Expect::Word(word), _) if word != "accepted" => {
            wrong(format!("`expect` is \"accepted\" or a list of problems, not \"{word}\""));
        }
        (Expect::Word(_), Ok(valid)) => compare_facts(pack, &example, valid, &wrong),
        (Expect::Word(_), Err(errors)) => {
            let found: Vec<Json> = errors.problems().iter().map(|problem| json!(problem)).collect();
            wrong(format!("it should be accepted, and has problems: {}", Json::Array(found)));
        }
        (Expect::Problems(_), Ok(_)) => {
            wrong("it should have problems, and is accepted".to_owned());
        }
        (Expect::Problems(expected), Err(errors)) => {
            let found = errors.problems().iter();
            let found = found.map(|p| Place { code: p.code.clone(), at: p.at.clone() });
            compare(&expected.iter().cloned().collect(), &found.collect(), "problem", &wrong);
        }
    }
}

fn compare<T: Ord + std::fmt::Debug>(
    expected: &BTreeSet<T>,
    found: &BTreeSet<T>,
    what: &str,
    wrong: &dyn Fn(String),
) {
    for item in expected.difference(found) {
        wrong(format!("this {what} is missing: {item:?}"));
    }
    for item in found.difference(expected) {
        wrong(format!("this {what} isn't expected: {item:?}"));
    }
}

fn compare_facts(pack: &Pack, example: &Example, valid: ValidForm, wrong: &dyn Fn(String)) {
    let Some(expected) = &example.facts else { return };
    let ty = pack.type_by_id(valid.type_ref().type_id);
    let Some(workflow) = ty.map(|ty| &ty.workflow) else { return };
    let state = match &example.state {
        None => workflow.first(),
        Some(key) => workflow.state_by_key(key),
    };
    let Some(state) = state else {
        return wrong("`state` names no state of the type".to_owned());
    };
    let office = valid.office();
    let record = record_of(valid, state.id);
    let received = Received { ms: 0, utc_offset_minutes: 0 };
    let prefix = format!("{}.", pack.name);
    let found = facts(pack, &record, received).into_iter().filter_map(|fact| {
        let key = fact.measure.strip_prefix(&prefix)?;
        let dims = &pack.measure(key)?.dims;
        let named = dims.iter().cloned().zip(fact.dims);
        let dims: BTreeMap<_, _> = named.filter_map(|(dim, value)| Some((dim, value?))).collect();
        Some((key.to_owned(), fact.office, fact.date, dims, fact.value))
    });
    let found: Vec<_> = found.collect();
    let mut rest = found.clone();
    for fact in expected {
        let fits = |(key, at, date, dims, value): &(_, OfficeId, Date, _, i64)| {
            *key == fact.measure
                && *value == fact.value
                && *dims == fact.dims
                && *at == fact.office.unwrap_or(*at)
                && *date == fact.date.unwrap_or(*date)
        };
        match rest.iter().position(fits) {
            Some(index) => {
                rest.remove(index);
            }
            None => wrong(format!(
                "this fact is missing: {} = {} with {:?}, of office {office}",
                fact.measure, fact.value, fact.dims
            )),
        }
    }
    for (key, at, date, dims, value) in rest {
        wrong(format!(
            "this fact isn't expected: {key} = {value} with {dims:?}, office {at}, {date}"
        ));
    }
}

fn record_of(valid: ValidForm, state: StateId) -> Record {
    let by = OpTag([0; 8]);
    let create = valid.into_create();
    let cells = create
        .cells
        .into_iter()
        .map(|(path, cell)| (path, Held { cell: Some(cell), by, losers: Vec::new() }));
    Record {
        id: create.record,
        type_ref: create.type_ref,
        office: create.office,
        period: create.period,
        cells: cells.collect(),
        state,
        returned: BTreeMap::new(),
        approved: None,
        comments: Vec::new(),
        acknowledged: BTreeMap::new(),
        history: Vec::new(),
        heads: BTreeSet::new(),
    }
}
