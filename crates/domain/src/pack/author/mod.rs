//! Reading packs from their source folders: `docs/formats/pack.md` says what they hold.
//!
//! This is for whoever writes or publishes a pack; a phone carries only the compiled model.

mod cel;
mod examples;
mod fields;
mod files;
mod measures;
mod messages;
mod problem;
mod rest;
mod scaffold;
mod source;
mod types;
mod words;
mod workflow;

pub use examples::{Tried, try_examples};
pub use files::{DICTIONARY, Sources};
pub use problem::{PackCode, PackProblem};
pub use scaffold::{ScaffoldError, scaffold};

use std::collections::BTreeSet;
use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use self::problem::Problems;
use self::source::{File, Table};
use self::types::{Compiled, TypeDraft};
use self::workflow::WorkflowDraft;
use super::{Dictionary, Pack, PackError};
use crate::limits::TYPES_PER_PACK_MAX;

/// Reads and compiles the pack in a folder.
///
/// # Errors
/// Every mistake found, by file and place.
pub fn compile(folder: &Path) -> Result<Pack, Vec<PackProblem>> {
    compile_sources(&Sources::read(folder)?)
}

/// Compiles a pack from its source files.
///
/// # Errors
/// Every mistake found, by file and place.
pub fn compile_sources(sources: &Sources) -> Result<Pack, Vec<PackProblem>> {
    let problems = Problems::default();
    let pack = compile_with(sources, &problems);
    match pack {
        Some(pack) if problems.is_empty() => Ok(pack),
        _ => Err(problems.into_sorted()),
    }
}

/// A parsed file.
type Document<'f> = (&'f File, Spanned<DeTable<'f>>);

fn documents<'f>(
    files: impl IntoIterator<Item = &'f File>,
    problems: &Problems,
) -> Vec<Document<'f>> {
    let parsed = files.into_iter().map(|file| Some((file, source::parse(file, problems)?)));
    parsed.flatten().collect()
}

fn compile_with(sources: &Sources, problems: &Problems) -> Option<Pack> {
    check_files(sources, problems);
    let one = |name: &str| documents(sources.get(name), problems).pop();
    let (head, workflow) = (one("pack.toml"), one("workflow.toml"));
    let (measures, schedules) = (one("measures.toml"), one("schedule.toml"));
    let types = documents(sources.within("types/", ".toml"), problems);
    let views = documents(sources.within("views/", ".toml"), problems);

    let head = rest::read_head(&open(head.as_ref()?, problems));
    let workflows = workflow
        .as_ref()
        .map_or_else(Vec::new, |document| workflow::read(&open(document, problems)));
    let mut drafts = Vec::new();
    for document in &types {
        match types::read(open(document, problems)) {
            Some(draft) => drafts.push(draft),
            None => problems.lose(),
        }
    }
    // What names something lost would be told as wrong, though it may be right.
    if problems.lost() {
        return None;
    }
    let types = compile_types(drafts, workflows, problems);
    let measures = measures.as_ref().map_or_else(Vec::new, |document| {
        measures::read(&open(document, problems), &types, problems)
    });
    let schedules = schedules
        .as_ref()
        .map_or_else(Vec::new, |document| rest::read_schedules(&open(document, problems), &types));
    let views = read_views(&views, &types, &measures, problems);
    let head = head?;
    let mut pack = Pack {
        name: head.name,
        version: head.version,
        types: types.into_iter().map(|compiled| compiled.ty).collect(),
        measures,
        schedules,
        roles: head.roles,
        policy: sources.get("policy.cedar").map_or_else(String::new, |file| file.text.clone()),
        views,
        messages: super::Messages::new(),
        dictionary: sources.dictionary().map(|bytes| Dictionary(bytes.to_vec())),
    };
    let messages: Vec<(&'static str, Document<'_>)> = messages::LANGS
        .iter()
        .filter_map(|lang| Some((*lang, one(&format!("messages/{lang}.toml"))?)))
        .collect();
    let texts = messages
        .iter()
        .map(|(lang, document)| messages::read(lang, document.0, &open(document, problems)));
    pack.messages = messages::check(&pack, texts.collect(), problems);
    if problems.is_empty()
        && let Err(error) = pack.encode()
    {
        if let PackError::Dictionary { .. } = error {
            let message = format!("{error}: make a smaller one");
            problems.whole(DICTIONARY, PackCode::TooLarge, message);
            return Some(pack);
        }
        problems.whole("pack.toml", PackCode::TooLarge, format!("{error}: split the pack"));
    }
    Some(pack)
}

fn open<'f>(document: &'f Document<'f>, problems: &'f Problems) -> Table<'f> {
    Table::new(document.0, problems, &document.1)
}

/// The files that every pack needs, and none that looks like one of a pack but isn't.
fn check_files(sources: &Sources, problems: &Problems) {
    let mut needed = vec!["pack.toml".to_owned(), "workflow.toml".to_owned()];
    needed.extend(messages::LANGS.iter().map(|lang| format!("messages/{lang}.toml")));
    for name in &needed {
        if sources.get(name).is_none() {
            problems.whole(name, PackCode::FileMissing, "this file is missing: add it");
        }
    }
    let types = sources.within("types/", ".toml").len();
    if types == 0 {
        let message = "the pack has no record type: add a file to `types`";
        problems.whole("types", PackCode::FileMissing, message);
    }
    if types > TYPES_PER_PACK_MAX {
        let message = format!("more than {TYPES_PER_PACK_MAX} record types: split the pack");
        problems.whole("types", PackCode::TooMany, message);
    }
    let optional = ["measures.toml", "schedule.toml", "policy.cedar"];
    for name in sources.names() {
        let known = needed.iter().any(|needed| needed == name)
            || optional.contains(&name)
            || [("types/", ".toml"), ("views/", ".toml"), ("examples/", ".json")]
                .iter()
                .any(|(folder, end)| name.starts_with(folder) && name.ends_with(end));
        if !known {
            let message = "no pack has such a file: remove it, or correct its name";
            problems.whole(name, PackCode::FileUnknown, message);
        }
    }
}

fn compile_types(
    drafts: Vec<TypeDraft<'_>>,
    mut workflows: Vec<WorkflowDraft<'_>>,
    problems: &Problems,
) -> Vec<Compiled> {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    let mut types = Vec::new();
    let mut references = Vec::new();
    for draft in drafts {
        let key = draft.key;
        if !ids.insert(draft.id) || !keys.insert(key.value) {
            let message = "two record types have this number or key: give this one another";
            problems.add(key.at, PackCode::Duplicate, message);
            continue;
        }
        let own = workflows.iter().position(|workflow| workflow.of.value == key.value);
        if own.is_none() {
            let message = format!("no workflow: add `[[{}.state]]` to workflow.toml", key.value);
            problems.add(key.at, PackCode::KeyMissing, message);
        }
        let workflow = own.map(|index| workflows.remove(index));
        references.extend(draft.fields.iter().filter_map(|field| field.refers.clone()));
        types.push(types::compile_type(draft, workflow, problems));
    }
    for workflow in workflows {
        let message = format!("the pack has no record type `{}`", workflow.of.value);
        problems.add(workflow.of.at, PackCode::UnknownType, message);
    }
    for (name, states) in references {
        let Some(of) = types.iter().find(|of| of.ty.key == name.value) else {
            let message = format!("the pack has no record type `{}`", name.value);
            problems.add(name.at, PackCode::UnknownType, message);
            continue;
        };
        for state in states {
            if of.ty.workflow.state_by_key(state.value).is_none() {
                let message = format!("`{}` has no state `{}`", name.value, state.value);
                problems.add(state.at, PackCode::UnknownState, message);
            }
        }
    }
    types.sort_by_key(|compiled| compiled.ty.id);
    types
}

fn read_views(
    documents: &[Document<'_>],
    types: &[Compiled],
    measures: &[super::Measure],
    problems: &Problems,
) -> Vec<super::View> {
    let mut seen = BTreeSet::new();
    let mut views = Vec::new();
    for document in documents {
        let table = open(document, problems);
        let Some(view) = rest::read_view(&table, types, measures) else { continue };
        if words::first_use(&mut seen, view.key.clone(), &table, "the view key") {
            views.push(view);
        }
    }
    views
}
