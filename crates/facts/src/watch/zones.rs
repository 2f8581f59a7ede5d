//! Which offices lie together: around seats, and under one office of the tree.

use std::collections::BTreeMap;

/// Kilometres of a radian on the earth, taken as a sphere: distances between seats need no more.
const EARTH_RADIUS_KM: f64 = 6_371.0;

/// Where an office lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spot {
    /// Latitude and longitude of its seat, in degrees.
    pub seat: Option<(f64, f64)>,
    /// The offices above it, the highest first.
    pub above: Vec<u32>,
}

/// A family of zones, as places in the list of spots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// The offices, the nearest first.
    pub members: Vec<usize>,
    /// Each beginning of the list is a zone: circles that grow around a seat. Otherwise only the
    /// whole list is one: what lies under an office.
    pub growing: bool,
}

/// The zones of offices: circles around each seat of at most this many offices, and all that lies
/// under one office. An office without a seat is a zone of its own, and in those of the tree.
#[must_use]
pub fn zones(spots: &[Spot], offices_max: usize) -> Vec<Zones> {
    let mut under: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut all = Vec::new();
    for (index, spot) in spots.iter().enumerate() {
        for above in &spot.above {
            under.entry(*above).or_default().push(index);
        }
        let members = match spot.seat {
            Some(seat) => nearest(spots, seat, offices_max),
            None => vec![index],
        };
        all.push(Zones { members, growing: true });
    }
    // All offices together are no place where more happens than elsewhere.
    let parts = under.into_values().filter(|members| (2..spots.len()).contains(&members.len()));
    all.extend(parts.map(|members| Zones { members, growing: false }));
    all
}

fn nearest(spots: &[Spot], seat: (f64, f64), offices_max: usize) -> Vec<usize> {
    let placed = spots.iter().enumerate();
    let placed = placed.filter_map(|(index, spot)| Some((index, km(seat, spot.seat?))));
    let mut placed: Vec<(usize, f64)> = placed.collect();
    placed.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    placed.into_iter().take(offices_max.max(1)).map(|(index, _)| index).collect()
}

/// The distance of two points given in degrees, by the haversine formula.
#[must_use]
pub fn km(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (a_lat, b_lat) = (a.0.to_radians(), b.0.to_radians());
    let half = |x: f64| (x / 2.0).sin().powi(2);
    let chord = half(b_lat - a_lat) + a_lat.cos() * b_lat.cos() * half((b.1 - a.1).to_radians());
    2.0 * EARTH_RADIUS_KM * chord.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(seat: Option<(f64, f64)>, above: &[u32]) -> Spot {
        Spot { seat, above: above.to_vec() }
    }

    #[test]
    fn seats_give_circles_and_the_tree_gives_branches() {
        let spots = [
            spot(Some((-6.2, 106.8)), &[1, 31]),
            spot(Some((-6.9, 107.6)), &[1, 32]),
            spot(Some((-3.7, 128.2)), &[1, 81]),
            spot(None, &[1, 32]),
        ];
        let zones = zones(&spots, 2);
        let members: Vec<&[usize]> = zones.iter().map(|zone| &zone.members[..]).collect();
        assert_eq!(members, [&[0, 1][..], &[1, 0], &[2, 1], &[3], &[1, 3]]);
        assert!(!zones[4].growing && zones[3].growing);
    }

    #[test]
    fn a_quarter_of_the_equator_is_ten_thousand_kilometres() {
        assert!((km((0.0, 0.0), (0.0, 90.0)) - 10_007.5).abs() < 0.1);
        assert!(km((-6.2, 106.8), (-6.2, 106.8)) < 1e-9);
    }
}
