//! The estimate: great circle × detour factor at the configured speed.

use entity::LngLat;

use super::{Area, Travel, TravelMode, Way};
use crate::config::Settings;

/// Mean radius of the earth in metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;
/// Corners of an estimated area: inside the true circle by less than 2 m at a radius of 1 km.
const CORNERS: u32 = 64;

/// Great-circle distance in metres.
#[must_use]
pub fn metres(a: LngLat, b: LngLat) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lng = ((b.lng - a.lng).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lng * half_lng;
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}

/// Metres in a minute at the configured speed.
pub(super) fn per_minute(settings: &Settings, travel: Travel) -> f64 {
    let kmh = match travel.mode {
        TravelMode::Walk => settings.walking_speed_kmh,
        TravelMode::Cycle => settings.cycling_speed_kmh,
        TravelMode::EBike => settings.e_bike_speed_kmh,
        TravelMode::Drive => settings.driving_speed_kmh,
    };
    kmh * 1000.0 / 60.0
}

/// The way over a straight line of `metres`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ways are positive and short")]
pub(super) fn way(settings: &Settings, travel: Travel, metres: f64) -> Way {
    let way = metres * settings.walking_detour;
    Way { seconds: (way / per_minute(settings, travel) * 60.0).ceil() as u32, metres: way.round() as u32 }
}

/// How far one gets within `minutes`, in metres as the crow flies.
pub(super) fn reach(settings: &Settings, travel: Travel, minutes: f64) -> f64 {
    minutes * per_minute(settings, travel) / settings.walking_detour
}

/// The circle around a point that is reached within `minutes`. None of its points lies beyond 180°: where
/// it crosses that meridian it is in two pieces (RFC 7946 3.1.9).
pub(super) fn area(settings: &Settings, from: LngLat, minutes: u32, travel: Travel) -> Area {
    let angle = reach(settings, travel, f64::from(minutes)) / EARTH_M;
    let (lat, lng) = (from.lat.to_radians(), from.lng.to_radians());
    let corner = |n: u32| {
        let bearing = f64::from(n % CORNERS) * std::f64::consts::TAU / f64::from(CORNERS);
        let there = (lat.sin() * angle.cos() + lat.cos() * angle.sin() * bearing.cos()).asin();
        let east = (bearing.sin() * angle.sin() * lat.cos()).atan2(angle.cos() - lat.sin() * there.sin());
        LngLat { lng: (lng + east).to_degrees(), lat: there.to_degrees() }
    };
    // Against the clock, as GeoJSON wants outer rings (RFC 7946 3.1.6).
    let ring: Vec<LngLat> = (0..=CORNERS).rev().map(corner).collect();
    let polar = angle + lat.abs() >= std::f64::consts::FRAC_PI_2;
    let pieces = if polar { vec![cap(ring, lat > 0.0)] } else { pieces(ring) };
    Area { minutes, polygons: pieces.into_iter().map(|ring| vec![ring]).collect() }
}

/// A ring around a pole as a band from 180° west to 180° east, up to the pole.
fn cap(mut ring: Vec<LngLat>, is_north: bool) -> Vec<LngLat> {
    ring.pop();
    for p in &mut ring {
        p.lng = (p.lng + 180.0).rem_euclid(360.0) - 180.0;
    }
    ring.sort_by(|a, b| a.lng.total_cmp(&b.lng));
    let (Some(west), Some(east)) = (ring.first().copied(), ring.last().copied()) else { return ring };
    // Where the edge that crosses 180° does so.
    let (to_west, to_east) = (west.lng + 180.0, 180.0 - east.lng);
    let lat = if to_west + to_east > 0.0 {
        (west.lat * to_east + east.lat * to_west) / (to_west + to_east)
    } else {
        west.lat
    };
    let at = |lng: f64, lat: f64| LngLat { lng, lat };
    let pole = if is_north { 90.0 } else { -90.0 };
    let mut band = vec![at(-180.0, lat)];
    band.append(&mut ring);
    band.extend([at(180.0, lat), at(180.0, pole), at(-180.0, pole), at(-180.0, lat)]);
    if !is_north {
        band.reverse();
    }
    band
}

/// A ring that may run past 180°, cut there.
fn pieces(ring: Vec<LngLat>) -> Vec<Vec<LngLat>> {
    for edge in [180.0_f64, -180.0] {
        // How far it runs past, in degrees.
        let past = |p: &LngLat| (p.lng - edge) * edge.signum();
        if ring.iter().any(|p| past(p) > 0.0) {
            let back = |p: LngLat| LngLat { lng: p.lng - 2.0 * edge, lat: p.lat };
            let over = cut(&ring, edge, past).into_iter().map(back).collect();
            let pieces = [cut(&ring, edge, |p| -past(p)), over];
            return pieces.into_iter().filter(|piece: &Vec<_>| piece.len() > 3).collect();
        }
    }
    vec![ring]
}

/// The part of a ring on the side of a meridian where `inside` isn't negative (Sutherland and Hodgman):
/// closed, or empty.
fn cut(ring: &[LngLat], meridian: f64, inside: impl Fn(&LngLat) -> f64) -> Vec<LngLat> {
    let mut part = Vec::with_capacity(ring.len() + 2);
    for edge in ring.windows(2) {
        let (a, b) = (inside(&edge[0]), inside(&edge[1]));
        if a >= 0.0 {
            part.push(edge[0]);
        }
        if a * b < 0.0 {
            let lat = edge[0].lat + (edge[1].lat - edge[0].lat) * a / (a - b);
            part.push(LngLat { lng: meridian, lat });
        }
    }
    part.extend(part.first().copied());
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_minutes_on_foot_are_a_thousand_metres_of_way() {
        let settings = Settings::with(&[]).unwrap();
        let far = reach(&settings, Travel::default(), 15.0);
        assert_eq!(way(&settings, Travel::default(), far), Way { seconds: 900, metres: 1000 });
        let e_bike = Travel { mode: TravelMode::EBike, pushchair: false };
        assert!(reach(&settings, e_bike, 15.0) > 3.0 * far);
    }

    #[test]
    fn an_area_is_a_closed_ring_at_its_reach() {
        let settings = Settings::with(&[]).unwrap();
        let from = LngLat { lng: 118.79, lat: 24.89 };
        let area = area(&settings, from, 15, Travel::default());
        let ring = &area.polygons[0][0];
        assert_eq!(ring.first(), ring.last());
        let far = reach(&settings, Travel::default(), 15.0);
        assert!(ring.iter().all(|corner| (metres(from, *corner) - far).abs() < 0.01));
        let twice_area: f64 = ring.windows(2).map(|e| e[0].lng * e[1].lat - e[1].lng * e[0].lat).sum();
        assert!(twice_area > 0.0, "against the clock");
    }

    #[test]
    fn an_area_across_the_far_meridian_or_around_a_pole_stays_on_the_map() {
        let settings = Settings::with(&[]).unwrap();
        let by_car = Travel { mode: TravelMode::Drive, pushchair: false };
        let twice_area = |ring: &[LngLat]| -> f64 {
            let from = ring[0];
            let (x, y) = (|p: &LngLat| p.lng - from.lng, |p: &LngLat| p.lat - from.lat);
            ring.windows(2).map(|e| x(&e[0]) * y(&e[1]) - x(&e[1]) * y(&e[0])).sum()
        };
        let whole = area(&settings, LngLat { lng: 118.0, lat: 0.0 }, 60, by_car);
        let whole = twice_area(&whole.polygons[0][0]);
        for (lng, lat, pieces) in [
            (180.0, 0.0, 2),
            (-180.0, 0.0, 2),
            (179.9, 0.0, 2),
            (-179.95, 0.0, 2),
            (179.0, 0.0, 1),
            (180.0, 89.9, 1),
            (10.0, 90.0, 1),
            (-180.0, -90.0, 1),
            (0.0, -89.99, 1),
            (180.0, -89.0, 2),
        ] {
            let drawn = area(&settings, LngLat { lng, lat }, 60, by_car).polygons;
            assert_eq!(drawn.len(), pieces, "{lng} {lat}");
            for ring in drawn.iter().map(|rings| &rings[0]) {
                assert!(ring.len() > 3 && ring.first() == ring.last());
                assert!(ring.iter().all(|p| p.lng.abs() <= 180.0 && p.lat.abs() <= 90.0), "{lng} {lat}: {ring:?}");
                assert!(twice_area(ring) > 0.0, "{lng} {lat}: against the clock");
            }
            let sum: f64 = drawn.iter().map(|rings| twice_area(&rings[0])).sum();
            assert!(f64::abs(lat) > 0.0 || (sum / whole - 1.0).abs() < 1e-3, "{lng}: nothing is lost");
        }
    }
}
