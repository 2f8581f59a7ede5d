//! Managing people: everything here is written to the audit trail.

use std::collections::BTreeSet;

use domain::ids::{OfficeId, PersonId};
use domain::period::Date;
use serde::Serialize;
use store::audit::{self, Entry};
use store::people::{self, Assignment, Person};
use store::{Reader, StoreError, Tx};

use super::password::{self, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use super::{PeopleError, ROLES, session};
use crate::actor::{Actor, RoleAt};
use crate::clock;
use crate::node::{Core, Node, locked};
use crate::policy::{Action, Denied, Judge, Resource};

/// Characters of the longest name to sign in with.
const LOGIN_CHARS_MAX: usize = 64;
/// Bytes of the longest name of a person.
const NAME_BYTES_MAX: usize = 200;

/// A person to be created.
#[derive(Clone)]
pub struct NewPerson {
    /// The name that they will sign in with; case does not matter.
    pub login: String,
    /// Their name, as others see it.
    pub name: String,
    /// Their first password, or none until one is set.
    pub password: Option<String>,
    /// Their first roles.
    pub roles: Vec<RoleAt>,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPerson").field("login", &self.login).finish_non_exhaustive()
    }
}

/// A person, for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonAdmin {
    /// Their id.
    pub id: PersonId,
    /// The name that they sign in with.
    pub login: String,
    /// Their name.
    pub name: String,
    /// They may sign in.
    pub active: bool,
    /// Every role that they hold, held or will hold.
    pub roles: Vec<RoleSpan>,
}

/// A role at an office for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleSpan {
    /// The role.
    pub role: String,
    /// Where.
    pub office: OfficeId,
    /// The office's name today.
    pub office_name: String,
    /// From this day, as `2021-01-08`.
    pub from: String,
    /// Until the day before this, if it ends.
    pub until: Option<String>,
}

/// A name to sign in with, as it is kept.
pub(super) fn normal(login: &str) -> String {
    login.trim().to_lowercase()
}

fn check_login(login: &str) -> Result<(), PeopleError> {
    let fits = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
    let chars = login.chars().count();
    if chars == 0 || chars > LOGIN_CHARS_MAX || !login.chars().all(fits) {
        return Err(PeopleError::NameInvalid { max: LOGIN_CHARS_MAX });
    }
    Ok(())
}

fn hashed(password: &str) -> Result<String, PeopleError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(PeopleError::PasswordInvalid);
    }
    Ok(password::hash(password, &clock::random()))
}

impl Node {
    /// Creates the first person, an administrator of the node's office, for the command line of
    /// a new node: whoever can write its files.
    ///
    /// # Errors
    /// If there are people already, or the name or password can't be used.
    pub fn found(&self, login: &str, name: &str, password: &str) -> Result<PersonId, PeopleError> {
        let hash = hashed(password)?;
        let role = RoleAt { role: super::ADMINISTRATOR.to_owned(), office: self.core.home };
        let new = NewPerson {
            login: normal(login),
            name: name.to_owned(),
            password: None,
            roles: vec![role],
        };
        check_login(&new.login)?;
        self.core.store.write(|tx| {
            if !people::list(tx)?.is_empty() {
                return Err(PeopleError::Denied(Denied));
            }
            self.core.add(tx, None, &new, Some(&hash))
        })
    }

    /// Creates a person. Hashes the password, so it takes tens of milliseconds.
    ///
    /// # Errors
    /// If the administrator may not manage every office where the person gets a role; if the
    /// name is taken or can't be one; if the password is too short.
    pub fn create_person(&self, by: &Actor, new: &NewPerson) -> Result<PersonId, PeopleError> {
        let judge = self.core.judge();
        let somewhere = by.roles().iter().any(|held| may_manage(&judge, by, held.office));
        if !somewhere {
            return Err(Denied.into());
        }
        let new = NewPerson { login: normal(&new.login), ..new.clone() };
        check_login(&new.login)?;
        if new.name.trim().is_empty() || new.name.len() > NAME_BYTES_MAX {
            return Err(PeopleError::NameInvalid { max: NAME_BYTES_MAX });
        }
        new.roles.iter().try_for_each(|role| self.check_role(&judge, by, role))?;
        let hash = new.password.as_deref().map(hashed).transpose()?;
        self.core.store.write(|tx| self.core.add(tx, Some(by), &new, hash.as_deref()))
    }

    /// Gives a person a role at an office, from a day, until the day before another.
    ///
    /// # Errors
    /// If the administrator may not manage the office; if the role or office is unknown.
    pub fn assign_role(
        &self,
        by: &Actor,
        person: PersonId,
        role: &RoleAt,
        from: Date,
        until: Option<Date>,
    ) -> Result<(), PeopleError> {
        let judge = self.core.judge();
        self.check_role(&judge, by, role)?;
        let given = self.core.store.write(|tx| {
            people::get(tx, person)?.ok_or(PeopleError::NotFound)?;
            let assignment =
                Assignment { person, role: role.role.clone(), office: role.office, from, until };
            people::assign(tx, &assignment)?;
            let detail = format!("{} {} {from}", role.role, role.office);
            self.core.note(tx, Some(by), "assign_role", &person.to_string(), &detail)
        });
        self.forget_sessions();
        given
    }

    /// Ends a role as of today.
    ///
    /// # Errors
    /// If the administrator may not manage the office, or the person does not hold the role.
    pub fn end_role(&self, by: &Actor, person: PersonId, role: &RoleAt) -> Result<(), PeopleError> {
        let judge = self.core.judge();
        self.check_role(&judge, by, role)?;
        let ended = self.core.store.write(|tx| {
            let held = people::roles(tx, person)?.into_iter().filter(|held| {
                held.role == role.role
                    && held.office == role.office
                    && held.until.is_none_or(|until| judge.today < until)
            });
            let held: Vec<Assignment> = held.collect();
            if held.is_empty() {
                return Err(PeopleError::NotFound);
            }
            for assignment in held {
                let until = Some(judge.today.max(assignment.from));
                people::assign(tx, &Assignment { until, ..assignment })?;
            }
            let detail = format!("{} {}", role.role, role.office);
            self.core.note(tx, Some(by), "end_role", &person.to_string(), &detail)
        });
        self.forget_sessions();
        ended
    }

    /// Sets a person's password and ends their sessions.
    ///
    /// # Errors
    /// If it is neither the person themselves nor an administrator of every office where the
    /// person holds a role; if the password is too short.
    pub fn set_password(
        &self,
        by: &Actor,
        person: PersonId,
        password: &str,
    ) -> Result<(), PeopleError> {
        let hash = hashed(password)?;
        let judge = self.core.judge();
        let now_ms = self.core.clock.now_ms();
        let set = self.core.store.write(|tx| {
            people::get(tx, person)?.ok_or(PeopleError::NotFound)?;
            if by.person() != person {
                check_manages(tx, &judge, by, person)?;
            }
            session::set_password(tx, person, &hash, now_ms)?;
            people::end_sessions_of(tx, person)?;
            self.core.note(tx, Some(by), "set_password", &person.to_string(), "")
        });
        self.forget_sessions();
        set
    }

    /// Lets a person sign in no more (or again), and ends their sessions.
    ///
    /// # Errors
    /// If the administrator does not manage every office where the person holds a role.
    pub fn set_active(
        &self,
        by: &Actor,
        person: PersonId,
        active: bool,
    ) -> Result<(), PeopleError> {
        let judge = self.core.judge();
        let set = self.core.store.write(|tx| {
            let found = people::get(tx, person)?.ok_or(PeopleError::NotFound)?;
            check_manages(tx, &judge, by, person)?;
            people::put(tx, &Person { active, ..found })?;
            people::end_sessions_of(tx, person)?;
            let action = if active { "activate" } else { "deactivate" };
            self.core.note(tx, Some(by), action, &person.to_string(), "")
        });
        self.forget_sessions();
        set
    }

    /// The people whom an administrator manages.
    ///
    /// # Errors
    /// If the asker manages no office, or storage fails.
    pub fn people(&self, by: &Actor) -> Result<Vec<PersonAdmin>, PeopleError> {
        let judge = self.core.judge();
        let world = self.core.world();
        if !by.roles().iter().any(|held| may_manage(&judge, by, held.office)) {
            return Err(Denied.into());
        }
        self.core.store.read(|r| {
            let mut seen = Vec::new();
            for person in people::list(r)? {
                let roles = people::roles(r, person.id)?;
                let ours = |role: &Assignment| may_manage(&judge, by, role.office);
                if !roles.is_empty() && !roles.iter().any(ours) {
                    continue;
                }
                let spans = roles.into_iter().map(|role| RoleSpan {
                    office_name: world.office_name(role.office, judge.today).name,
                    role: role.role,
                    office: role.office,
                    from: role.from.to_string(),
                    until: role.until.map(|until| until.to_string()),
                });
                seen.push(PersonAdmin {
                    id: person.id,
                    login: person.login,
                    name: person.name,
                    active: person.active,
                    roles: spans.collect(),
                });
            }
            Ok(seen)
        })
    }

    /// The audit trail of administration, the latest first, with numbers to go on from.
    ///
    /// # Errors
    /// If the asker does not manage the node's office, or storage fails.
    pub fn audit_trail(
        &self,
        by: &Actor,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Entry)>, PeopleError> {
        let judge = self.core.judge();
        judge.authorise(by, Action::Administer, "", &Resource::Office, self.core.home)?;
        let limit = limit.min(domain::limits::PAGE_ROWS_MAX);
        Ok(self.core.store.read(|r| audit::list(r, before, limit))?)
    }

    /// The administrator manages the office; the role and the office exist.
    fn check_role(&self, judge: &Judge, by: &Actor, role: &RoleAt) -> Result<(), PeopleError> {
        if !judge.tree.exists(role.office, judge.today) {
            return Err(PeopleError::OfficeUnknown);
        }
        judge.authorise(by, Action::Administer, "", &Resource::Office, role.office)?;
        let packs = self.packs();
        let named = packs.latest().flat_map(|pack| pack.roles.iter().map(String::as_str));
        let known: BTreeSet<&str> = named.chain(ROLES).collect();
        if known.contains(role.role.as_str()) {
            Ok(())
        } else {
            Err(PeopleError::RoleUnknown(role.role.clone()))
        }
    }

    fn forget_sessions(&self) {
        locked(&self.core.people.fresh).clear();
    }
}

impl Core {
    fn add(
        &self,
        tx: &Tx<'_>,
        by: Option<&Actor>,
        new: &NewPerson,
        hash: Option<&str>,
    ) -> Result<PersonId, PeopleError> {
        let now_ms = self.clock.now_ms();
        if people::by_login(tx, &new.login)?.is_some() {
            return Err(PeopleError::NameTaken(new.login.clone()));
        }
        let id = clock::person_id();
        let (login, name) = (new.login.clone(), new.name.trim().to_owned());
        people::put(tx, &Person { id, login, name, active: true, created_ms: now_ms })?;
        if let Some(hash) = hash {
            session::set_password(tx, id, hash, now_ms)?;
        }
        let from = self.judge().today;
        for role in &new.roles {
            let (role, office) = (role.role.clone(), role.office);
            people::assign(tx, &Assignment { person: id, role, office, from, until: None })?;
        }
        self.note(tx, by, "create_person", &new.login, "")?;
        Ok(id)
    }

    fn note(
        &self,
        tx: &Tx<'_>,
        by: Option<&Actor>,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), PeopleError> {
        let entry = Entry {
            at_ms: self.clock.now_ms(),
            person: by.map(Actor::person),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
        };
        Ok(audit::put(tx, &entry)?)
    }
}

fn may_manage(judge: &Judge, by: &Actor, office: OfficeId) -> bool {
    judge.allows(by, Action::Administer, "", &Resource::Office, office)
}

/// Whoever manages a person manages every office where that person holds a role: nobody becomes
/// somebody higher by setting their password.
fn check_manages(
    r: &Reader<'_>,
    judge: &Judge,
    by: &Actor,
    person: PersonId,
) -> Result<(), PeopleError> {
    let roles =
        session::roles_on(r, person, judge.today).map_err(|e: StoreError| PeopleError::from(e))?;
    let somewhere = by.roles().iter().any(|held| may_manage(judge, by, held.office));
    if somewhere && roles.iter().all(|held| may_manage(judge, by, held.office)) {
        Ok(())
    } else {
        Err(PeopleError::NotFound)
    }
}
