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

/// The circle around a point that is reached within `minutes`.
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
    Area { minutes, polygons: vec![vec![(0..=CORNERS).rev().map(corner).collect()]] }
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
}
