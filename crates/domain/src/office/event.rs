//! What happens to offices: founded, changed, closed.

use minicbor::{Decode, Encode};

use crate::ids::OfficeId;
use crate::period::Date;

/// A level of the tree.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The ministry's directorate general.
    #[n(0)]
    Centre,
    /// A province.
    #[n(1)]
    Province,
    /// A regency or city.
    #[n(2)]
    Regency,
    /// A sub-district.
    #[n(3)]
    District,
    /// A village.
    #[n(4)]
    Village,
}

/// Something that happened to offices on one date, by one legal act.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct OfficeEvent {
    /// From this day on.
    #[n(0)]
    pub date: Date,
    /// The legal act, such as `UU 14/2022`.
    #[n(1)]
    pub basis: String,
    /// What changed.
    #[n(2)]
    pub changes: Vec<OfficeChange>,
}

/// One change of one office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum OfficeChange {
    /// An office begins.
    #[n(0)]
    Found(#[n(0)] Founding),
    /// An office gets another code, name or parent; what is `None` stays.
    #[n(1)]
    Change(#[n(0)] Amendment),
    /// An office ends; its work goes to the offices named.
    #[n(2)]
    Close(#[n(0)] OfficeId, #[n(1)] Vec<OfficeId>),
}

/// The beginning of an office.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Founding {
    /// Its id, for ever.
    #[n(0)]
    pub id: OfficeId,
    /// Its level.
    #[n(1)]
    pub level: Level,
    /// Kemendagri code, such as `21.71`; empty for the centre.
    #[n(2)]
    pub code: String,
    /// BPS code, such as `2171`, where it has one.
    #[n(3)]
    pub bps: Option<String>,
    /// Name, such as `Kota Batam`.
    #[n(4)]
    pub name: String,
    /// Its parent; none for the centre.
    #[n(5)]
    pub parent: Option<OfficeId>,
    /// Offices that it was split from or merged of.
    #[n(6)]
    pub from: Vec<OfficeId>,
    /// Minutes by which its local time is ahead of UTC: 420, 480 or 540.
    #[n(7)]
    pub utc_offset_minutes: i16,
}

/// A change of an office's dated attributes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Amendment {
    /// The office.
    #[n(0)]
    pub id: OfficeId,
    /// New Kemendagri code.
    #[n(1)]
    pub code: Option<String>,
    /// New BPS code.
    #[n(2)]
    pub bps: Option<String>,
    /// New name.
    #[n(3)]
    pub name: Option<String>,
    /// New parent.
    #[n(4)]
    pub parent: Option<OfficeId>,
}
