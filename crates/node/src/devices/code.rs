//! Enrolling a device: the code that an administrator gives, and what a device answers with it.

use domain::ids::{Digest, OfficeId, PersonId};
use domain::limits::{DEVICE_CODE_MS, DEVICES_PER_PERSON_MAX, TEXT_BYTES_MAX};
use domain::op::writer_id;
use domain::problem::ProblemCode;
use domain::trust::{Certificate, Holder, KeyRole};
use ed25519_dalek::VerifyingKey;
use store::audit::{self, Entry};
use store::devices::{self, Code};
use store::{Reader, StoreError, people};
use thiserror::Error;

use super::{DeviceError, Enrolled};
use crate::actor::Actor;
use crate::clock;
use crate::control::ControlError;
use crate::node::Node;
use crate::policy::{Action, Resource};
use crate::submit::Desk;

/// Characters that nobody takes for another, on paper or by telephone: 5 bits each.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a code: 40 bits, of which a guesser may try eight within its time.
const CODE_CHARS: usize = 8;
/// Milliseconds for which a code that ended is told from one that never was.
const REMEMBERED_MS: u64 = 24 * 60 * 60 * 1000;

/// Why a code can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// There is none such, or it is for somebody else.
    #[error("there is no such code")]
    Wrong,
    /// Its time is over.
    #[error("the code's time is over")]
    Expired,
    /// It was used.
    #[error("the code was used")]
    Used,
}

impl CodeError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> ProblemCode {
        match self {
            Self::Wrong => ProblemCode::DeviceCodeWrong,
            Self::Expired => ProblemCode::DeviceCodeExpired,
            Self::Used => ProblemCode::DeviceCodeUsed,
        }
    }
}

/// A device to be enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// Whose.
    pub person: PersonId,
    /// Its office; by default the highest where the person holds a role.
    pub office: Option<OfficeId>,
    /// What people will call it.
    pub name: String,
}

/// A code, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    /// The code, as `XXXX-XXXX`.
    pub code: String,
    /// The name of the person.
    pub person: String,
    /// The device's office.
    pub office: OfficeId,
    /// When it ends, in milliseconds since 1970.
    pub expires_ms: u64,
}

/// What a device brings to be certified.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    digest: Digest,
    key: [u8; 32],
    holder: Holder,
}

impl Node {
    /// Makes a code by which a person enrols one device.
    ///
    /// # Errors
    /// If the asker may not manage the office, or the person holds no role there.
    pub fn device_code(&self, by: &Actor, new: &NewDevice) -> Result<DeviceCode, DeviceError> {
        let judge = self.core.judge();
        if !self.sees_devices(by) {
            return Err(crate::policy::Denied.into());
        }
        let name = new.name.trim();
        if name.is_empty() || name.len() > TEXT_BYTES_MAX {
            return Err(DeviceError::NameInvalid { max: TEXT_BYTES_MAX });
        }
        let person = self.actor_of(new.person)?.ok_or(DeviceError::NotFound)?;
        let level = |office: &OfficeId| (judge.tree.level(*office), *office);
        let held = person.roles().iter().map(|held| held.office);
        let office = match new.office {
            Some(office) => Some(office).filter(|office| held.clone().any(|at| at == *office)),
            None => held.min_by_key(level),
        };
        let office = office.ok_or(DeviceError::NoRole)?;
        judge.authorise(by, Action::Administer, "", &Resource::Office, office)?;
        if self.standing_devices(new.person) >= DEVICES_PER_PERSON_MAX {
            return Err(DeviceError::TooMany);
        }
        let (code, now_ms) = (random_code(), self.core.clock.now_ms());
        let expires_ms = now_ms.saturating_add(DEVICE_CODE_MS);
        let kept = Code {
            digest: digest(&code),
            person: new.person,
            office,
            name: name.to_owned(),
            made_by: by.person(),
            expires_ms,
            used_ms: None,
        };
        self.core.store.write(|tx| {
            devices::put_code(tx, &kept, now_ms.saturating_sub(REMEMBERED_MS))?;
            let entry = Entry {
                at_ms: now_ms,
                person: Some(by.person()),
                action: "device_code".to_owned(),
                subject: new.person.to_string(),
                detail: format!("{name} {office}"),
            };
            audit::put(tx, &entry)
        })?;
        let code = format!("{}-{}", &code[..CODE_CHARS / 2], &code[CODE_CHARS / 2..]);
        let person = self.core.store.read(|r| people::get(r, new.person))?;
        let person = person.map(|person| person.name).unwrap_or_default();
        Ok(DeviceCode { code, person, office, expires_ms })
    }

    /// Enrols the device of whoever is signed in, by a code and the key's own word
    /// ([`Holder::prove`]). From an address that guesses, no more is heard for a while.
    ///
    /// # Errors
    /// If the code is wrong, used or too old; if the key proves nothing; if the administrator who
    /// made the code may no longer.
    pub async fn enrol_device(
        &self,
        by: &Actor,
        address: &str,
        code: &str,
        (key, proof): ([u8; 32], [u8; 64]),
    ) -> Result<Enrolled, DeviceError> {
        let account = format!("device {}", by.person());
        let limiter = &self.core.people.limiter;
        if !limiter.may_try(&account, address, self.core.clock.now_ms()) {
            return Err(DeviceError::TooManyTries);
        }
        let holder = Holder { person: by.person(), proof };
        let verifying = VerifyingKey::from_bytes(&key).map_err(|_| DeviceError::Proof)?;
        if verifying.is_weak() || !holder.proves(&key) {
            return Err(DeviceError::Proof);
        }
        let claim = Claim { digest: digest(&normal(code)), key, holder };
        let now_ms = self.core.clock.now_ms();
        let kept = self.core.store.read(|r| usable(r, &claim, now_ms))??;
        let admin = self.actor_of(kept.made_by)?.ok_or(crate::policy::Denied)?;
        if let Err(error) = self.certify_device(&admin, claim).await {
            // Another was quicker with the code.
            let code = if let ControlError::Code(code) = &error { Some(*code) } else { None };
            return Err(code.map_or(DeviceError::Control(error), DeviceError::Code));
        }
        limiter.was_right(&account, address);
        let writer = writer_id(&verifying);
        Ok(Enrolled {
            writer,
            office: kept.office,
            name: kept.name,
            authority: self.core.key.verifying_key(),
            lease: self.lease(writer, by.person(), kept.office),
            now_ms: self.core.clock.now_ms(),
        })
    }

    fn standing_devices(&self, person: PersonId) -> usize {
        let world = self.core.world();
        let of_person = |entry: &domain::trust::Entry| {
            let holder = entry.certificate.holder.as_ref();
            !entry.is_revoked() && holder.is_some_and(|holder| holder.person == person)
        };
        world.trust.entries().filter(|(_, entry)| of_person(entry)).count()
    }
}

/// The certificate that a claim comes to. The code is used up with it, in one transaction.
pub(crate) fn claimed(desk: &Desk<'_>, claim: &Claim) -> Result<Certificate, ControlError> {
    let code = usable(desk.tx, claim, desk.now_ms)??;
    let used = Code { used_ms: Some(desk.now_ms), ..code.clone() };
    devices::put_code(desk.tx, &used, desk.now_ms.saturating_sub(REMEMBERED_MS))?;
    devices::heard(desk.tx, writer_of(&claim.key)?, desk.now_ms)?;
    Ok(Certificate {
        role: KeyRole::Device,
        key: claim.key,
        // No bundle is ever made for a device.
        seal: [0; 32],
        office: code.office,
        name: code.name,
        holder: Some(claim.holder.clone()),
    })
}

fn writer_of(key: &[u8; 32]) -> Result<domain::ids::WriterId, ControlError> {
    VerifyingKey::from_bytes(key).map(|key| writer_id(&key)).map_err(|_| ControlError::NotAgreed)
}

/// The code that a claim names, if it can still be used by that person.
fn usable(
    r: &Reader<'_>,
    claim: &Claim,
    now_ms: u64,
) -> Result<Result<Code, CodeError>, StoreError> {
    let code = devices::code(r, &claim.digest)?;
    // Whom a code is for is nobody else's business.
    let Some(code) = code.filter(|code| code.person == claim.holder.person) else {
        return Ok(Err(CodeError::Wrong));
    };
    Ok(if code.used_ms.is_some() {
        Err(CodeError::Used)
    } else if now_ms >= code.expires_ms {
        Err(CodeError::Expired)
    } else {
        Ok(code)
    })
}

fn random_code() -> String {
    let bytes: [u8; CODE_CHARS] = clock::random();
    // 256 is a multiple of 32: each character is as likely as any other.
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// A code as somebody types it: case, spaces and dashes don't matter.
fn normal(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

fn digest(code: &str) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"genggam device code 1").update(code.as_bytes());
    Digest(*hasher.finalize().as_bytes())
}
