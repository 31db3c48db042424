//! The streets of the tests' own map (`tests/valhalla/street_map.py` says where they run), served by a
//! real Valhalla at `TEST_VALHALLA_URL`; `tests/run` starts it.

use entity::LngLat;

use crate::{TestApp, backend::env};

const METRES_A_DEGREE: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
/// The middle of the map.
const MIDDLE: LngLat = LngLat { lng: 118.79, lat: 24.89 };

/// The point so many metres east and north of the map's middle.
#[must_use]
pub fn at(east: f64, north: f64) -> LngLat {
    LngLat {
        lng: MIDDLE.lng + east / METRES_A_DEGREE / MIDDLE.lat.to_radians().cos(),
        lat: MIDDLE.lat + north / METRES_A_DEGREE,
    }
}

/// The engine's URL.
#[must_use]
pub fn valhalla_url() -> String {
    env("TEST_VALHALLA_URL").unwrap_or_else(|| panic!("TEST_VALHALLA_URL is not set; tests/run sets it"))
}

/// An application whose ways are Valhalla's.
pub async fn app_on_streets() -> TestApp {
    TestApp::spawn_with(&[
        ("walking_engine", "valhalla"),
        ("valhalla_url", &valhalla_url()),
        // The suite keeps both cores busy.
        ("walking_timeout_ms", "20000"),
    ])
    .await
}
