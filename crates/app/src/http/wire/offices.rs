//! The tree of offices, as at a date.

use domain::office::OfficeAt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Level, Problem};

/// The offices that exist at a date: the centre first, every parent before its children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfficeList {
    /// The date.
    pub date: String,
    /// The offices.
    pub offices: Vec<Office>,
}

/// An office as it is at the date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Office {
    /// Its id, for ever.
    pub id: u32,
    /// Its level.
    pub level: Level,
    /// Kemendagri code, such as `21.71`; empty for the centre.
    pub code: String,
    /// BPS code, such as `2171`, where it has one.
    pub bps: Option<String>,
    /// Its name.
    pub name: String,
    /// Its parent; none for the centre.
    pub parent: Option<u32>,
    /// Latitude of its seat, in degrees.
    pub lat: Option<f64>,
    /// Longitude of its seat, in degrees.
    pub lon: Option<f64>,
    /// Column of its tile on the office map.
    pub tile_x: Option<u16>,
    /// Row of its tile on the office map.
    pub tile_y: Option<u16>,
}

/// The answer to a search for one office by code or name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindAnswer {
    /// The date.
    pub date: String,
    /// The one office that is meant, if it is certain.
    pub office: Option<Office>,
    /// Otherwise the offices that may be meant.
    pub candidates: Vec<Office>,
    /// Otherwise why not: `office.ambiguous`, `office.code_damaged`, `office.unknown`.
    pub problem: Option<Problem>,
}

impl From<OfficeAt<'_>> for Office {
    fn from(office: OfficeAt<'_>) -> Self {
        let place = domain::office::places::place(office.id);
        let degrees = |e7: i32| f64::from(e7) / 1e7;
        Self {
            id: office.id.0,
            level: office.level.into(),
            code: office.code.to_owned(),
            bps: office.bps.map(str::to_owned),
            name: office.name.to_owned(),
            parent: office.parent.map(|parent| parent.0),
            lat: place.map(|place| degrees(place.lat_e7)),
            lon: place.map(|place| degrees(place.lon_e7)),
            tile_x: place.and_then(|place| place.tile_x),
            tile_y: place.and_then(|place| place.tile_y),
        }
    }
}
