//! Who works in the simulation, and the accounts to look at it with.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ids::OfficeId;
use domain::office::Level;
use node::people::{ADMINISTRATOR, ROLES};
use node::{Actor, NewPerson, Node, PeopleError, RoleAt};
use serde::Serialize;

use super::country::{CENTRE, Country, PROVINCE, REGENCY};
use super::step::Who;

/// An account to sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The name to sign in with.
    pub name: String,
    /// The role.
    pub role: &'static str,
    /// The office.
    pub office: OfficeId,
    /// Its name.
    pub office_name: String,
    /// Its level.
    pub level: Level,
}

/// Everybody.
#[derive(Debug)]
pub(super) struct Cast(BTreeMap<Who, Arc<Actor>>);

impl Cast {
    /// Who holds the role at the office.
    pub(super) fn of(&self, who: Who) -> Option<&Arc<Actor>> {
        self.0.get(&who)
    }
}

/// The administrator who is there first.
pub(super) fn founder(node: &Node, password: &str) -> Result<Actor, PeopleError> {
    let login = login(ADMINISTRATOR, node.about().office);
    match node.local_actor(&login) {
        Err(PeopleError::NotFound) => {
            node.found(&login, &login, password)?;
            node.local_actor(&login)
        }
        found => found,
    }
}

/// Sees that everybody is there.
pub(super) fn gather(node: &Node, by: &Actor, country: &Country) -> Result<Cast, PeopleError> {
    let mut cast = BTreeMap::new();
    for who in everybody(country) {
        let login = login(who.role, who.office);
        if let Err(PeopleError::NotFound) = node.local_actor(&login) {
            let role = RoleAt { role: who.role.to_owned(), office: who.office };
            let (name, roles) = (login.clone(), vec![role]);
            let new = NewPerson { login: login.clone(), name, password: None, roles };
            node.create_person(by, &new)?;
        }
        cast.insert(who, Arc::new(node.local_actor(&login)?));
    }
    Ok(Cast(cast))
}

fn everybody(country: &Country) -> Vec<Who> {
    let mut all = Vec::new();
    for unit in &country.units {
        all.push(Who { role: "operator", office: unit.id });
        if unit.level == Level::Province {
            all.push(Who { role: "verifikator", office: unit.id });
        }
    }
    for office in shown(country) {
        all.extend(ROLES.iter().map(|role| Who { role, office }));
    }
    all.sort();
    all.dedup();
    all
}

/// Offices of the node that have an account for every role.
fn shown(country: &Country) -> Vec<OfficeId> {
    let below = [PROVINCE, REGENCY].into_iter().filter(|id| country.unit(*id).is_some());
    let centre = (country.root == CENTRE).then_some(CENTRE);
    centre.into_iter().chain(below).collect()
}

/// Gives the accounts their password.
pub(super) fn accounts(
    node: &Node,
    by: &Actor,
    country: &Country,
    cast: &Cast,
    password: &str,
) -> Result<Vec<Account>, PeopleError> {
    let tree = node.tree();
    let today = domain::period::Date::of_ms(node.now_ms());
    let mut accounts = Vec::new();
    for office in shown(country) {
        let Some(found) = tree.at(office, today) else { continue };
        for role in ROLES {
            let Some(actor) = cast.of(Who { role, office }) else { continue };
            node.set_password(by, actor.person(), password)?;
            accounts.push(Account {
                name: login(role, office),
                role,
                office,
                office_name: found.name.to_owned(),
                level: found.level,
            });
        }
    }
    Ok(accounts)
}

fn login(role: &str, office: OfficeId) -> String {
    match office {
        CENTRE => format!("{role}.pusat"),
        PROVINCE => format!("{role}.kepri"),
        REGENCY => format!("{role}.bintan"),
        other => format!("{role}.{other}"),
    }
}

/// A password that nobody can guess and everybody can type.
pub(super) fn random_password() -> String {
    const WORDS: [&str; 32] = [
        "laut", "pulau", "perahu", "angin", "karang", "pasir", "teluk", "muara", "kelapa", "sagu",
        "cengkih", "pala", "kopi", "padi", "bambu", "rotan", "damar", "kayu", "batu", "sungai",
        "bukit", "lembah", "hutan", "kabut", "hujan", "senja", "fajar", "bulan", "bintang",
        "camar", "rusa", "elang",
    ];
    let bytes: [u8; 7] = node::clock::random();
    let words = bytes[..5].iter().map(|byte| WORDS[usize::from(byte % 32)]);
    let number = u16::from_be_bytes([bytes[5], bytes[6]]);
    format!("{}-{number}", words.collect::<Vec<_>>().join("-"))
}
