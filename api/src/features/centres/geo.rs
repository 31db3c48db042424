//! Distances on the earth.

use entity::LngLat;

/// Mean radius of the earth in metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;

/// Great-circle distance in metres.
#[must_use]
pub fn metres(a: LngLat, b: LngLat) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lng = ((b.lng - a.lng).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lng * half_lng;
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}

/// The south-west and north-east corners of a box that holds the circle of `radius` metres.
#[must_use]
pub fn box_around(p: LngLat, radius: f64) -> ([f64; 2], [f64; 2]) {
    let d_lat = (radius / EARTH_M).to_degrees();
    // Near the poles every longitude is near.
    let cos = (p.lat.abs() + d_lat).min(90.0).to_radians().cos();
    let d_lng = if cos < 1e-6 { 360.0 } else { d_lat / cos };
    ([p.lng - d_lng, p.lat - d_lat], [p.lng + d_lng, p.lat + d_lat])
}
