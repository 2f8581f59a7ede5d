//! Devices of people: enrolled by an administrator's code and the device's own word, heard by
//! parcels of operations that they sealed themselves.

mod code;
mod parcel;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::device::{Kit, Lease, LeaseError, SignedLease};
use domain::ids::{OfficeId, PersonId, WriterId};
use domain::office::built_in_events;
use domain::op::writer_id;
use domain::problem::{Problem, ProblemCode};
use domain::trust::What;
use ed25519_dalek::VerifyingKey;
use serde::Serialize;
use store::{StoreError, devices, log, people, statements};
use thiserror::Error;

use crate::actor::Actor;
use crate::control::ControlError;
use crate::failure::{Failure, FailureKind, Storage, storage_problem};
use crate::node::{Names, Node};
use crate::policy::{Action, Denied, Judge, Resource};
use crate::views::{OfficeName, PersonView};

pub(crate) use code::{Claim, CodeError, claimed};
pub use code::{DeviceCode, NewDevice};
pub use parcel::{Answered, Outcome, ParcelAnswer};
pub(crate) use parcel::{Taken, take};

/// Why a device is not enrolled, or not heard.
#[derive(Clone, Debug, Error)]
pub enum DeviceError {
    /// No policy permits it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such person or device, or the asker may not know.
    #[error("there is no such person or device")]
    NotFound,
    /// The person holds no role at the office.
    #[error("the person holds no role at that office")]
    NoRole,
    /// The name is empty or too long.
    #[error("a device's name has 1 to {max} bytes")]
    NameInvalid {
        /// The most bytes.
        max: usize,
    },
    /// The person has as many devices as a person may have.
    #[error("the person has too many devices")]
    TooMany,
    /// The code can't be used.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// Too many tries; wait.
    #[error("too many tries")]
    TooManyTries,
    /// The key did not prove that it agrees.
    #[error("the key did not prove that it agrees")]
    Proof,
    /// The log doesn't take the certificate or revocation.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The key is no device of whoever is signed in.
    #[error("this is no device of the person who is signed in")]
    NotYours,
    /// The lease isn't one that this node gave to the device.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The bytes are no parcel.
    #[error("the bytes are no parcel of a device")]
    Malformed,
    /// Too much is waiting to be written.
    #[error("too much waits to be written")]
    Busy,
    /// Storage failed; nothing was kept.
    #[error("storage failed")]
    Storage(#[source] Storage),
}

impl From<StoreError> for DeviceError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Storage::new(error))
    }
}

impl Failure for DeviceError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Denied(_) | Self::NotYours => FailureKind::Denied,
            Self::NotFound => FailureKind::NotFound,
            Self::NoRole | Self::NameInvalid { .. } | Self::Proof | Self::Malformed => {
                FailureKind::Invalid
            }
            Self::TooMany | Self::Code(_) | Self::Lease(_) => FailureKind::Refused,
            Self::TooManyTries | Self::Busy => FailureKind::Busy,
            Self::Control(error) => error.kind(),
            Self::Storage(_) => FailureKind::Storage,
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let one = |code| vec![Problem::new(code)];
        match self {
            Self::Denied(_) => one(ProblemCode::Denied),
            Self::NotFound => one(ProblemCode::NotFound),
            Self::NoRole => vec![Problem::new(ProblemCode::WrongOffice).at("office")],
            Self::NameInvalid { max } => {
                vec![Problem::new(ProblemCode::NameInvalid).at("name").with("max", max)]
            }
            Self::TooMany => one(ProblemCode::DeviceTooMany),
            Self::Code(error) => vec![Problem::new(error.code()).at("code")],
            Self::TooManyTries => one(ProblemCode::TooManyTries),
            Self::Proof => one(ProblemCode::DeviceProof),
            Self::Control(error) => error.problems(),
            Self::NotYours => one(ProblemCode::DeviceNotYours),
            Self::Lease(error) => one(error.code()),
            Self::Malformed => one(ProblemCode::OpMalformed),
            Self::Busy => one(ProblemCode::Busy),
            Self::Storage(_) => storage_problem(),
        }
    }
}

/// A device, for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceRow {
    /// Its key, as a writer.
    pub writer: WriterId,
    /// What people call it.
    pub name: String,
    /// Its office.
    pub office: OfficeName,
    /// Whose it is; the name is empty where this node doesn't know them.
    pub person: PersonView,
    /// When its certificate came here, in milliseconds since 1970.
    pub enrolled_ms: u64,
    /// When this node heard it last.
    pub heard_ms: Option<u64>,
    /// Operations of its streams that this node holds.
    pub operations: u64,
    /// How its key ended, if it did.
    pub revoked: Option<RevokedShown>,
}

/// How a key ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevokedShown {
    /// When the revocation came here, in milliseconds since 1970.
    pub at_ms: u64,
    /// Why, in words.
    pub reason: String,
}

/// What a device is given when it was certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// Its key, as a writer.
    pub writer: WriterId,
    /// Its office.
    pub office: OfficeId,
    /// What people call it.
    pub name: String,
    /// The key by which its node signs leases.
    pub authority: VerifyingKey,
    /// Its first lease.
    pub lease: SignedLease,
    /// The time as its node tells it, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Node {
    /// The devices of the offices that an administrator manages, latest first.
    ///
    /// # Errors
    /// If the asker manages no office, or storage fails.
    pub fn devices(&self, by: &Actor) -> Result<Vec<DeviceRow>, DeviceError> {
        let (world, judge) = (self.core.world(), self.core.judge());
        if !manages_some(&judge, by) {
            return Err(Denied.into());
        }
        self.core.store.read(|r| {
            let heard = devices::all_heard(r)?;
            let mut sealed = BTreeMap::<WriterId, u64>::new();
            for (stream, head) in log::streams(r)? {
                *sealed.entry(stream.writer).or_default() += head.next_seq.saturating_sub(1);
            }
            let (mut enrolled, mut ended) = (BTreeMap::new(), BTreeMap::new());
            for (at_ms, statement) in statements::dated(r)? {
                match statement.what {
                    What::Certificate(certificate) => {
                        if let Ok(key) = VerifyingKey::from_bytes(&certificate.key) {
                            enrolled.entry(writer_id(&key)).or_insert(at_ms);
                        }
                    }
                    What::Revocation(revocation) => {
                        let shown = RevokedShown { at_ms, reason: revocation.reason };
                        ended.entry(revocation.writer).or_insert(shown);
                    }
                }
            }
            let mut names = Names::default();
            let mut rows = Vec::new();
            for (writer, entry) in world.trust.entries() {
                let certificate = &entry.certificate;
                let Some(holder) = &certificate.holder else { continue };
                if !manages(&judge, by, certificate.office) {
                    continue;
                }
                let name = names.of(r, holder.person)?;
                rows.push(DeviceRow {
                    writer,
                    name: certificate.name.clone(),
                    office: world.office_name(certificate.office, judge.today),
                    person: PersonView { id: holder.person, name },
                    enrolled_ms: enrolled.get(&writer).copied().unwrap_or(0),
                    heard_ms: heard.get(&writer).copied(),
                    operations: sealed.get(&writer).copied().unwrap_or(0),
                    revoked: ended.remove(&writer).filter(|_| entry.is_revoked()),
                });
            }
            rows.sort_by(|a, b| (b.enrolled_ms, &a.writer).cmp(&(a.enrolled_ms, &b.writer)));
            Ok(rows)
        })
    }

    /// Ends a device's key: what it wrote and this node holds stays, nothing after it.
    ///
    /// # Errors
    /// If there is no such device, or the asker may not manage its office.
    pub async fn revoke_device(
        &self,
        by: &Actor,
        writer: WriterId,
        reason: &str,
    ) -> Result<(), DeviceError> {
        let judge = self.core.judge();
        let world = self.core.world();
        let entry = world.trust.entry(writer).filter(|entry| entry.certificate.holder.is_some());
        // Of devices elsewhere the asker doesn't learn whether they are.
        entry
            .filter(|entry| manages(&judge, by, entry.certificate.office))
            .ok_or(DeviceError::NotFound)?;
        self.revoke(by, writer, reason).await?;
        Ok(())
    }

    /// What a device judges forms by: the latest packs and the offices.
    #[must_use]
    pub fn device_kit(&self) -> Kit {
        let world = self.core.world();
        let packs = world.packs.latest().filter_map(|pack| pack.encode().ok());
        let mut offices = built_in_events();
        offices.extend_from_slice(world.further());
        Kit { packs: packs.map(Into::into).collect(), offices }
    }

    /// Whether the person may see devices.
    pub(crate) fn sees_devices(&self, by: &Actor) -> bool {
        manages_some(&self.core.judge(), by)
    }

    /// A lease for a device, from now on.
    fn lease(&self, writer: WriterId, person: PersonId, office: OfficeId) -> SignedLease {
        Lease::from(writer, person, office, self.core.clock.now_ms()).sign(&self.core.key)
    }

    /// A person of this node as they are now.
    fn actor_of(&self, id: PersonId) -> Result<Option<Actor>, StoreError> {
        self.core.store.read(|r| {
            let person = people::get(r, id)?.filter(|person| person.active);
            person.map(|person| self.core.with_roles(r, &person)).transpose()
        })
    }
}

fn manages(judge: &Judge, by: &Actor, office: OfficeId) -> bool {
    judge.allows(by, Action::Administer, "", &Resource::Office, office)
}

fn manages_some(judge: &Judge, by: &Actor) -> bool {
    by.roles().iter().any(|held| manages(judge, by, held.office))
}

/// The certified device of a key, if it is this person's.
fn own_device<'a>(
    trust: &'a Arc<domain::trust::Trust>,
    lease: &Lease,
    by: &Actor,
) -> Result<&'a domain::trust::Entry, DeviceError> {
    let entry = trust.entry(lease.writer).ok_or(DeviceError::NotYours)?;
    let holder = entry.certificate.holder.as_ref().ok_or(DeviceError::NotYours)?;
    let same = lease.person == holder.person && lease.office == entry.certificate.office;
    if same && holder.person == by.person() { Ok(entry) } else { Err(DeviceError::NotYours) }
}
