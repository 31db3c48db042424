//! Distances on the earth.

use entity::LngLat;

/// Mean radius of the earth in metres (IUGG).
const EARTH_M: f64 = 6_371_008.8;

/// Distances from one point to others within some tens of kilometres, without a sine for each: on
/// the tangent plane, with the width of a degree at the middle latitude. Off by less than 1 in
/// 100 000 at 20 km.
#[derive(Clone, Copy)]
pub struct Near {
    from: LngLat,
    cos: f64,
    sin: f64,
}

impl Near {
    /// From this point.
    #[must_use]
    pub fn of(from: LngLat) -> Self {
        let (sin, cos) = from.lat.to_radians().sin_cos();
        Self { from, cos, sin }
    }

    /// The square of the metres to `to`: enough to tell who is near, without a root for each.
    #[must_use]
    pub fn squared(&self, to: LngLat) -> f64 {
        let north = (to.lat - self.from.lat).to_radians();
        let east = (to.lng - self.from.lng).to_radians() * (self.cos - self.sin * north / 2.0);
        EARTH_M * EARTH_M * (north * north + east * east)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::walking::metres;

    #[test]
    fn near_distances_are_those_on_the_sphere() {
        let from = LngLat { lng: 118.79, lat: 24.89 };
        for i in 0..100 {
            let to = LngLat { lng: from.lng + 0.002 * f64::from(i % 10), lat: from.lat - 0.002 * f64::from(i / 10) };
            let (near, sphere) = (Near::of(from).squared(to).sqrt(), metres(from, to));
            assert!((near - sphere).abs() <= 1e-5 * sphere, "{near} {sphere}");
        }
    }
}
