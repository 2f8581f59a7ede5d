//! Where offices lie: a point, and a cell of the tile map on which each office is one tile.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::table;
use crate::ids::OfficeId;

const PLACES: &str = include_str!("../../data/places.csv");

/// Where an office lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Latitude in ten-millionths of a degree.
    pub lat_e7: i32,
    /// Longitude in ten-millionths of a degree.
    pub lon_e7: i32,
    /// Column of its tile, from the west; none for the centre and the provinces.
    pub tile_x: Option<u16>,
    /// Row of its tile, from the north.
    pub tile_y: Option<u16>,
}

/// Where the office lies, if the program's own table says so.
#[must_use]
pub fn place(id: OfficeId) -> Option<Place> {
    static TABLE: LazyLock<BTreeMap<OfficeId, Place>> = LazyLock::new(read);
    TABLE.get(&id).copied()
}

fn read() -> BTreeMap<OfficeId, Place> {
    let places = table::records(PLACES).into_iter().skip(1).map(|(_, row)| {
        let place = parse(&row);
        place.expect("invariant: places.csv holds numbers, a test says so")
    });
    places.collect()
}

/// `id, lat, lon, tile_x, tile_y, source`.
fn parse(row: &[String]) -> Option<(OfficeId, Place)> {
    let [id, lat, lon, tile_x, tile_y, _source] = row else {
        return None;
    };
    let tile = |text: &str| (!text.is_empty()).then(|| text.parse().ok());
    let place = Place {
        lat_e7: e7(lat)?,
        lon_e7: e7(lon)?,
        tile_x: tile(tile_x).map_or(Some(None), |x| x.map(Some))?,
        tile_y: tile(tile_y).map_or(Some(None), |y| y.map(Some))?,
    };
    Some((OfficeId(id.parse().ok()?), place))
}

/// A decimal number of up to seven places, as ten-millionths.
fn e7(text: &str) -> Option<i32> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let value: i32 = format!("{whole}{fraction:0<7}").parse().ok()?;
    (fraction.len() <= 7).then_some(if negative { -value } else { value })
}
