//! Devices: phones and browsers with a key of their own.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OfficeRef, PersonRef, Problem, Receipt, moment};
use crate::http::error::wire_problem;
use crate::messages::Lang;

/// The devices of the offices that the reader manages, latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Devices {
    /// The devices.
    pub devices: Vec<Device>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Device {
    /// Its key, as a writer: 32 hexadecimal digits.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its office.
    pub office: OfficeRef,
    /// Whose it is; the name is empty where this node doesn't know them.
    pub person: PersonRef,
    /// When its certificate came here.
    pub enrolled_at: String,
    /// When this node heard it last.
    pub heard_at: Option<String>,
    /// Operations of its streams that this node holds.
    pub operations: u64,
    /// How its key ended, if it did.
    pub revoked: Option<DeviceRevoked>,
}

/// How a device's key ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceRevoked {
    /// When.
    pub at: String,
    /// Why, in words.
    pub reason: String,
}

/// A device to be enrolled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// Whose: 32 hexadecimal digits.
    pub person: String,
    /// Its office; by default the highest where the person holds a role.
    #[serde(default)]
    pub office: Option<u32>,
    /// What people will call it.
    pub name: String,
}

/// A code to enrol a device with, told once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceCode {
    /// The code, as `XXXX-XXXX`.
    pub code: String,
    /// The page that takes it, with the code in its address.
    pub link: String,
    /// The link as a QR code: an SVG image.
    pub qr_svg: String,
    /// The name of the person who may use it.
    pub person: String,
    /// The device's office.
    pub office: u32,
    /// When it ends.
    pub expires_at: String,
}

/// What a device brings to be enrolled.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolDevice {
    /// The code; case, spaces and dashes don't matter.
    pub code: String,
    /// Its Ed25519 public key: 64 hexadecimal digits.
    pub key: String,
    /// Its signature over `"genggam device 1" ‖ key ‖ person`: 128 hexadecimal digits.
    pub proof: String,
}

/// What a device is given when it was certified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceEnrolled {
    /// Its key, as a writer.
    pub id: String,
    /// Its office.
    pub office: u32,
    /// What people call it.
    pub name: String,
    /// The key by which its node signs leases, in hexadecimal.
    pub authority: String,
    /// Its first lease: CBOR in hexadecimal.
    pub lease: String,
    /// The time as its node tells it.
    pub now: String,
}

/// What came of what a device sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceAnswer {
    /// Of each operation, in order.
    pub items: Vec<DeviceItem>,
    /// The device begins a new epoch and seals again what is left.
    pub begin_again: bool,
    /// The device's key is revoked.
    pub revoked: bool,
    /// A new lease, CBOR in hexadecimal; none for a revoked key.
    pub lease: Option<String>,
    /// The time as this node tells it.
    pub now: String,
}

/// What came of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceItem {
    /// The submission that it says it is.
    pub submission: Option<String>,
    /// What came of it.
    pub state: DeviceItemState,
    /// The receipt, if it is kept.
    pub receipt: Option<Receipt>,
    /// Why it is in quarantine, if it is.
    pub problems: Vec<Problem>,
}

/// What came of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeviceItemState {
    /// It is kept, now or before.
    Accepted,
    /// It is in quarantine.
    Returned,
    /// It was not looked at: send it again.
    Waiting,
}

/// Why a device's key ends.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeDevice {
    /// Why, in words.
    pub reason: String,
}

impl std::fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceCode").field("person", &self.person).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for EnrolDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolDevice").field("key", &self.key).finish_non_exhaustive()
    }
}

impl From<node::DeviceRow> for Device {
    fn from(row: node::DeviceRow) -> Self {
        Self {
            id: row.writer.to_string(),
            name: row.name,
            office: row.office.into(),
            person: PersonRef { id: row.person.id.to_string(), name: row.person.name },
            enrolled_at: moment(row.enrolled_ms),
            heard_at: row.heard_ms.map(moment),
            operations: row.operations,
            revoked: row
                .revoked
                .map(|revoked| DeviceRevoked { at: moment(revoked.at_ms), reason: revoked.reason }),
        }
    }
}

impl DeviceItem {
    /// What came of one operation, in a language.
    #[must_use]
    pub fn of(lang: Lang, item: node::Answered) -> Self {
        let (state, receipt, problems) = match item.outcome {
            node::Outcome::Accepted(receipt) => (DeviceItemState::Accepted, Some(receipt), vec![]),
            node::Outcome::Returned(problems) => (DeviceItemState::Returned, None, problems),
            node::Outcome::Waiting => (DeviceItemState::Waiting, None, vec![]),
        };
        Self {
            submission: item.submission.map(|submission| submission.to_string()),
            state,
            receipt: receipt.map(Into::into),
            problems: problems.iter().map(|problem| wire_problem(lang, problem)).collect(),
        }
    }
}
