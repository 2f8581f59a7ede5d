//! Signing in and out. A session begins with a password and nothing else: no token makes another.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use domain::ids::{Digest, PersonId};
use domain::period::Date;
use store::people::{self, Person, Session};
use store::{Reader, StoreError};

use super::{ADMINISTRATOR, Fresh, PeopleError, password};
use crate::actor::{Actor, RoleAt};
use crate::clock;
use crate::failure::Storage;
use crate::hex;
use crate::node::{Core, Node, locked, storage};
use crate::policy::level_key;
use crate::views::{MeView, OfficeName, PersonView, RoleView};

/// Milliseconds that a session lasts: a working day.
const SESSION_MS: u64 = 12 * 60 * 60 * 1000;
/// Milliseconds for which a session that was looked up is not looked up again: a role taken away
/// ends within this time.
const FRESH_MS: u64 = 1_000;
/// Sessions remembered between look-ups.
const FRESH_MAX: usize = 10_000;
/// The kind of credential that a password is.
const PASSWORD: &str = "password";

/// What a signed-in person's browser holds. The node keeps only its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl SessionToken {
    fn new() -> Self {
        Self(hex::encode(&clock::random::<32>()))
    }

    /// The text to put into a cookie.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

fn digest(token: &str) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam session 1").update(token.as_bytes());
    Digest(*hasher.finalize().as_bytes())
}

impl Node {
    /// Signs a person in from an address. An unknown name, a wrong password and a person who
    /// has left look and cost the same.
    ///
    /// # Errors
    /// Wrong name or password; too many tries; storage.
    pub async fn sign_in(
        self: &Arc<Self>,
        name: &str,
        password: &str,
        address: &str,
    ) -> Result<SessionToken, PeopleError> {
        let name = super::admin::normal(name);
        let now_ms = self.core.clock.now_ms();
        if !self.core.people.limiter.may_try(&name, address, now_ms) {
            return Err(PeopleError::TooManyTries);
        }
        if password.len() > password::PASSWORD_BYTES_MAX {
            return Err(PeopleError::WrongCredentials);
        }
        let (node, tried, who) = (Arc::clone(self), password.to_owned(), name.clone());
        let person = tokio::task::spawn_blocking(move || node.core.right_person(&who, &tried))
            .await
            .unwrap_or(Err(PeopleError::WrongCredentials))?;
        self.core.people.limiter.was_right(&name, address);
        let token = SessionToken::new();
        let session = Session {
            token: digest(token.as_str()),
            person: person.id,
            created_ms: now_ms,
            expires_ms: now_ms.saturating_add(SESSION_MS),
        };
        self.core.store.write(|tx| {
            people::drop_ended_sessions(tx, now_ms)?;
            people::put_session(tx, &session)
        })?;
        Ok(token)
    }

    /// Ends a session. That it had ended already is no error.
    ///
    /// # Errors
    /// If storage fails.
    pub fn sign_out(&self, token: &str) -> Result<(), PeopleError> {
        let digest = digest(token);
        locked(&self.core.people.fresh).remove(&digest);
        Ok(self.core.store.write(|tx| people::end_session(tx, &digest))?)
    }

    /// Who a session's token belongs to, with the roles that hold now.
    ///
    /// # Errors
    /// If storage fails.
    pub fn actor(&self, token: &str) -> Result<Option<Arc<Actor>>, Storage> {
        let (digest, now_ms) = (digest(token), self.core.clock.now_ms());
        let fresh = locked(&self.core.people.fresh).get(&digest).cloned();
        if let Some(fresh) = fresh.filter(|fresh| now_ms < fresh.until_ms) {
            return Ok(Some(fresh.actor));
        }
        let found = self.core.store.read(|r| self.core.session_actor(r, &digest, now_ms));
        let Some((actor, expires_ms)) = found.map_err(storage)? else {
            locked(&self.core.people.fresh).remove(&digest);
            return Ok(None);
        };
        let actor = Arc::new(actor);
        let until_ms = expires_ms.min(now_ms.saturating_add(FRESH_MS));
        let mut fresh = locked(&self.core.people.fresh);
        if fresh.len() >= FRESH_MAX {
            fresh.clear();
        }
        fresh.insert(digest, Fresh { until_ms, actor: Arc::clone(&actor) });
        Ok(Some(actor))
    }

    /// A person by the name that they sign in with, for the node's own command line: whoever can
    /// write its files is not asked for a password.
    ///
    /// # Errors
    /// If there is no such person, or storage fails.
    pub fn local_actor(&self, name: &str) -> Result<Actor, PeopleError> {
        self.core.store.read(|r| {
            let person = people::by_login(r, &super::admin::normal(name))?;
            let person = person.filter(|person| person.active).ok_or(PeopleError::NotFound)?;
            Ok(self.core.with_roles(r, &person)?)
        })
    }

    /// A person for themselves.
    #[must_use]
    pub fn me(&self, actor: &Actor) -> MeView {
        let judge = self.core.judge();
        let world = self.core.world();
        let name_of = |office| world.office_name(office, judge.today);
        let roles = actor.roles().iter().map(|held| RoleView {
            role: held.role.clone(),
            office: held.office,
            office_name: name_of(held.office).name,
        });
        MeView {
            person: PersonView { id: actor.person(), name: actor.name().to_owned() },
            roles: roles.collect(),
            office: self.start_office(actor).unwrap_or_else(|| name_of(self.core.home)),
            node: self.about(),
            simulation: self.is_simulation(),
            pages: self.pages(actor),
        }
    }

    /// The pages of the node itself that a person may open.
    fn pages(&self, actor: &Actor) -> Vec<&'static str> {
        let pages = [
            ("nodes", self.sees_nodes(actor)),
            ("sync", self.sees_sync(actor)),
            ("quarantine", self.sees_quarantine(actor)),
            ("devices", self.sees_devices(actor)),
        ];
        pages.into_iter().filter(|(_, sees)| *sees).map(|(page, _)| page).collect()
    }

    /// The highest office where the person does more than administer, else the highest.
    fn start_office(&self, actor: &Actor) -> Option<OfficeName> {
        let judge = self.core.judge();
        let start = actor.roles().iter().min_by_key(|held| {
            let level = judge.tree.level(held.office);
            (held.role == ADMINISTRATOR, level, held.office)
        })?;
        let found = judge.tree.at(start.office, judge.today);
        Some(OfficeName {
            id: start.office,
            name: found.as_ref().map(|office| office.name.to_owned()).unwrap_or_default(),
            level: found.map(|office| level_key(office.level).to_owned()).unwrap_or_default(),
        })
    }
}

impl Core {
    /// The person whose name and password these are.
    fn right_person(&self, name: &str, tried: &str) -> Result<Person, PeopleError> {
        let found = self.store.read(|r| {
            let Some(person) = people::by_login(r, name)? else { return Ok(None) };
            let hash = people::credential(r, person.id, PASSWORD)?;
            Ok::<_, StoreError>(hash.map(|hash| (person, hash)))
        })?;
        // Somebody unknown costs one hash too.
        let hash = found.as_ref().map_or_else(password::nobody, |(_, hash)| hash.clone());
        let right = password::is_right(tried, &hash);
        match found {
            Some((person, _)) if right && person.active => Ok(person),
            Some(_) | None => Err(PeopleError::WrongCredentials),
        }
    }

    fn session_actor(
        &self,
        r: &Reader<'_>,
        token: &Digest,
        now_ms: u64,
    ) -> Result<Option<(Actor, u64)>, StoreError> {
        let session = people::session(r, token)?.filter(|session| now_ms < session.expires_ms);
        let Some(session) = session else { return Ok(None) };
        let Some(person) = people::get(r, session.person)?.filter(|person| person.active) else {
            return Ok(None);
        };
        Ok(Some((self.with_roles(r, &person)?, session.expires_ms)))
    }

    /// A person with the roles that hold today.
    pub(crate) fn with_roles(&self, r: &Reader<'_>, person: &Person) -> Result<Actor, StoreError> {
        let today = self.judge().today;
        Ok(Actor {
            person: person.id,
            name: person.login.clone(),
            roles: roles_on(r, person.id, today)?,
        })
    }
}

pub(super) fn roles_on(
    r: &Reader<'_>,
    person: PersonId,
    day: Date,
) -> Result<BTreeSet<RoleAt>, StoreError> {
    let held = people::roles(r, person)?
        .into_iter()
        .filter(|role| role.from <= day && role.until.is_none_or(|until| day < until));
    Ok(held.map(|role| RoleAt { role: role.role, office: role.office }).collect())
}

/// Sets a person's password.
pub(super) fn set_password(
    tx: &store::Tx<'_>,
    person: PersonId,
    hash: &str,
    now_ms: u64,
) -> Result<(), StoreError> {
    people::set_credential(tx, person, PASSWORD, hash, now_ms)
}
