//! The policy matrix: every action, of every role, in every state, in every relation.

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::{expect, expect_file};
use node::Standing;
use node::policy::{Action, Policies, Question, Resource, check_pack};

use crate::pack::pack;

const ROLES: [&str; 5] = ["operator", "verifikator", "analis", "pimpinan", "pengelola"];
const RELATIONS: [&str; 3] = ["here", "above", "elsewhere"];

fn standing(role: &str, relation: &str) -> Standing {
    let roles = || BTreeSet::from([role.to_owned()]);
    match relation {
        "here" => Standing { here: roles(), above: BTreeSet::new() },
        "above" => Standing { here: BTreeSet::new(), above: roles() },
        _ => Standing::default(),
    }
}

/// Each thing that can be asked: the action, the workflow's action, and the resource by name.
fn asked(pack: &domain::pack::Pack) -> Vec<(Action, String, String, Resource)> {
    let mut asked = Vec::new();
    for ty in &pack.types {
        let whole = Resource::of_type(&pack.name, &ty.key);
        for action in [Action::Figure, Action::Export, Action::Import] {
            asked.push((action, String::new(), ty.key.clone(), whole.clone()));
        }
        for state in &ty.workflow.states {
            let name = format!("{}:{}", ty.key, state.key);
            let resource = Resource::in_state(pack, ty, state);
            for action in
                [Action::Create, Action::Edit, Action::Comment, Action::Acknowledge, Action::Read]
            {
                asked.push((action, String::new(), name.clone(), resource.clone()));
            }
            for action in &ty.workflow.actions {
                let with = action.key.clone();
                asked.push((Action::Transition, with, name.clone(), resource.clone()));
            }
        }
    }
    for action in [Action::Publish, Action::Administer, Action::Nodes] {
        asked.push((action, String::new(), "office".to_owned(), Resource::Office));
    }
    asked
}

#[test]
fn every_cell_of_the_matrix_is_as_it_was_decided() {
    let pack = pack();
    let policies = Policies::new([&pack]);
    let mut matrix = String::new();
    for (action, with, name, resource) in asked(&pack) {
        let mut permitted = Vec::new();
        for relation in RELATIONS {
            for role in ROLES {
                let question = Question {
                    action,
                    workflow_action: with.clone(),
                    standing: standing(role, relation),
                    level: "regency".to_owned(),
                    resource: resource.clone(),
                };
                if policies.permits(&question) {
                    assert_ne!(relation, "elsewhere", "{question:?}");
                    permitted.push(format!("{role} {relation}"));
                }
            }
        }
        let what = if with.is_empty() { action.as_str() } else { &with };
        let who = if permitted.is_empty() { "nobody".to_owned() } else { permitted.join(", ") };
        writeln!(matrix, "{what} {name}: {who}").unwrap();
    }
    expect_file!["./policy_matrix.txt"].assert_eq(&matrix);
}

/// Of every pack that is shipped: its policies pass; somebody from elsewhere writes and takes out
/// nothing, and what they may see is what is meant for all; an administrator sees no more.
#[test]
fn shipped_packs_keep_to_the_rules() {
    let packs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut for_all = BTreeSet::new();
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(packs).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("pack.toml").exists() {
            continue;
        }
        let pack = domain::pack::author::compile(&folder).unwrap();
        check_pack(&pack).unwrap();
        let policies = Policies::new([&pack]);
        for (action, with, name, resource) in asked(&pack) {
            let permits = |standing| {
                policies.permits(&Question {
                    action,
                    workflow_action: with.clone(),
                    standing,
                    level: "regency".to_owned(),
                    resource: resource.clone(),
                })
            };
            let everybody = permits(Standing::default());
            if everybody {
                let ty = name.split(':').next().unwrap();
                for_all.insert(format!("{} {}.{ty}", action.as_str(), pack.name));
            }
            for relation in RELATIONS {
                let administrator = permits(standing("pengelola", relation));
                let office = resource == Resource::Office;
                assert!(office || administrator == everybody, "{} {name}", action.as_str());
            }
        }
        names.insert(pack.name);
    }
    assert!(names.len() >= 3, "three packs are shipped: {names:?}");
    let for_all: Vec<String> = for_all.into_iter().collect();
    expect![[r#"
        acknowledge distribusi.fase
        read distribusi.fase"#]]
    .assert_eq(&for_all.join("\n"));
}

/// A pack's policies say nothing about another pack's records, and an unknown pack has none.
#[test]
fn a_pack_rules_its_own_types_only() {
    let pack = pack();
    let mut open = pack.clone();
    open.name = "terbuka".to_owned();
    open.policy = "permit (principal, action, resource);".to_owned();
    let policies = Policies::new([&pack, &open]);
    let ask = |name: &str| {
        policies.permits(&Question {
            action: Action::Read,
            workflow_action: String::new(),
            standing: Standing::default(),
            level: "regency".to_owned(),
            resource: Resource::of_type(name, "kejadian"),
        })
    };
    assert_eq!((ask("terbuka"), ask("uji"), ask("lain")), (true, false, false));
}
