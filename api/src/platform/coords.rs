//! Coordinate systems: WGS-84 (stored), GCJ-02 (phones in China), BD-09 (Baidu).
//!
//! GCJ-02 and BD-09 are defined by published formulas only in one direction; the way back is
//! found by iteration, to within a millimetre. Outside China's bounds, a box far off its borders, all
//! three are the same.
//!
//! The bounds are those of WGS-84, and the formulas move points across them, by a kilometre or two at
//! most. So just past the northern and eastern bounds a point is what two points have become: itself, and
//! one inside. The way back gives the one inside: whatever lies inside comes back from a round trip, and
//! what lies outside does, but in that strip. Just inside the western and southern bounds there are points
//! that nothing becomes: they stay as they are, and no rule could bring those back.

use std::f64::consts::PI;

use entity::LngLat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The system that a point is given or wanted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coord {
    /// What phones in China report (`wx.getLocation({type:'gcj02'})`).
    #[default]
    Gcj02,
    /// GPS and OpenStreetMap; `wx.getLocation`'s own default.
    Wgs84,
    /// Baidu.
    Bd09,
}

impl Coord {
    /// The word at the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gcj02 => "gcj02",
            Self::Wgs84 => "wgs84",
            Self::Bd09 => "bd09",
        }
    }

    /// A point in this system, from WGS-84.
    #[must_use]
    pub fn from_wgs84(self, p: LngLat) -> LngLat {
        match self {
            _ if !in_china(p) => p,
            Self::Wgs84 => p,
            Self::Gcj02 => gcj02(p),
            Self::Bd09 => bd09(gcj02(p)),
        }
    }

    /// The WGS-84 point of a point in this system.
    #[must_use]
    pub fn to_wgs84(self, p: LngLat) -> LngLat {
        match self {
            Self::Wgs84 => p,
            _ if !near_china(p, MOST_MOVED) => p,
            // The formulas alone: a step of the iteration may lead past the bounds.
            Self::Gcj02 => origin(p, gcj02),
            Self::Bd09 => origin(p, |q| bd09(gcj02(q))),
        }
    }
}

/// Semi-major axis (m) and squared eccentricity of the Krasovsky 1940 ellipsoid, which GCJ-02 uses.
const A: f64 = 6_378_245.0;
const EE: f64 = 0.006_693_421_622_965_943;
const BD_PI: f64 = PI * 3000.0 / 180.0;

/// China's bounds.
const SOUTH_WEST: LngLat = LngLat { lng: 72.004, lat: 0.8293 };
const NORTH_EAST: LngLat = LngLat { lng: 137.8347, lat: 55.8271 };
/// Farther than this the formulas move nothing, in degrees; a test holds it.
const MOST_MOVED: f64 = 0.03;
/// What counts as the same point, in degrees: a millimetre.
const SAME: f64 = 1e-8;
/// So much nearer each step of the way back comes at least: BD-09's come fifty times as near, GCJ-02's
/// hundreds of times.
const NEARER: f64 = 10.0;

fn in_china(p: LngLat) -> bool {
    near_china(p, 0.0)
}

/// Within so many degrees of the bounds.
fn near_china(p: LngLat, margin: f64) -> bool {
    (SOUTH_WEST.lng - margin..=NORTH_EAST.lng + margin).contains(&p.lng)
        && (SOUTH_WEST.lat - margin..=NORTH_EAST.lat + margin).contains(&p.lat)
}

/// Sine and cosine of an angle; those of its multiples follow without another call.
#[derive(Clone, Copy)]
struct Turn {
    sin: f64,
    cos: f64,
}

impl Turn {
    fn of(degrees: f64) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        Self { sin, cos }
    }

    fn and(self, other: Self) -> Self {
        Self { sin: self.sin * other.cos + self.cos * other.sin, cos: self.cos * other.cos - self.sin * other.sin }
    }

    fn twice(self) -> Self {
        self.and(self)
    }
}

/// The turns by 6, 15, 60 and 180 times so many degrees, which the formulas are made of.
fn waves(degrees: f64) -> [Turn; 4] {
    let three = Turn::of(3.0 * degrees);
    let six = three.twice();
    let fifteen = six.twice().and(three);
    let sixty = fifteen.twice().twice();
    [six, fifteen, sixty, sixty.twice().and(sixty)]
}

/// Within China's bounds.
fn gcj02(p: LngLat) -> LngLat {
    let (x, y) = (p.lng - 105.0, p.lat - 35.0);
    let ([x6, x15, x60, x180], [y6, y15, y60, y180]) = (waves(x), waves(y));
    let x360 = x180.twice();
    let ripple = (20.0 * x360.twice().and(x360).sin + 20.0 * x360.sin) * 2.0 / 3.0;
    let d_lat = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + (20.0 * y180.sin + 40.0 * y60.sin) * 2.0 / 3.0
        + (160.0 * y15.sin + 320.0 * y6.sin) * 2.0 / 3.0;
    let d_lng = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + (20.0 * x180.sin + 40.0 * x60.sin) * 2.0 / 3.0
        + (150.0 * x15.sin + 300.0 * x6.sin) * 2.0 / 3.0;
    let lat = Turn::of(p.lat);
    let magic = 1.0 - EE * lat.sin * lat.sin;
    let root = magic.sqrt();
    LngLat {
        lng: p.lng + d_lng.to_degrees() / (A / root * lat.cos),
        lat: p.lat + d_lat.to_degrees() / (A * (1.0 - EE) / (magic * root)),
    }
}

/// From GCJ-02, within China's bounds.
fn bd09(p: LngLat) -> LngLat {
    let z = p.lng.hypot(p.lat) + 0.00002 * (p.lat * BD_PI).sin();
    let theta = p.lat.atan2(p.lng) + 0.000_003 * (p.lng * BD_PI).cos();
    LngLat { lng: z * theta.cos() + 0.0065, lat: z * theta.sin() + 0.006 }
}

/// The point within China's bounds that has become this one, else the point itself.
fn origin(p: LngLat, forward: impl Fn(LngLat) -> LngLat) -> LngLat {
    let found = inverse(p, &forward);
    if in_china(found) {
        return found;
    }
    // One on a bound may be found a hair outside.
    let inside = LngLat {
        lng: found.lng.clamp(SOUTH_WEST.lng, NORTH_EAST.lng),
        lat: found.lat.clamp(SOUTH_WEST.lat, NORTH_EAST.lat),
    };
    let there = forward(inside);
    if (there.lng - p.lng).abs().max((there.lat - p.lat).abs()) <= SAME { inside } else { p }
}

/// The point that the formulas move to this one, wherever it lies.
fn inverse(p: LngLat, forward: impl Fn(LngLat) -> LngLat) -> LngLat {
    let mut guess = p;
    for _ in 0..12 {
        let there = forward(guess);
        let (d_lng, d_lat) = (there.lng - p.lng, there.lat - p.lat);
        guess = LngLat { lng: guess.lng - d_lng, lat: guess.lat - d_lat };
        if d_lng.abs().max(d_lat.abs()) < SAME * NEARER {
            break;
        }
    }
    guess
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::walking::metres;

    const DISTRICT: LngLat = LngLat { lng: 118.79, lat: 24.89 };

    #[test]
    fn the_offsets_in_the_district_are_those_the_domain_names() {
        let to = |coord: Coord| metres(DISTRICT, coord.from_wgs84(DISTRICT));
        assert!((to(Coord::Gcj02) - 563.0).abs() < 5.0, "{}", to(Coord::Gcj02));
        assert!((to(Coord::Bd09) - 1170.0).abs() < 20.0, "{}", to(Coord::Bd09));
    }

    /// Points of another implementation; where they come from stands in `coords.mjs` beside them.
    const REFERENCE: &str = include_str!("../../../tests/fixtures/coords.json");

    /// Outside, where something inside leads too.
    const SHARED: [&str; 2] = ["just outside, east", "just outside, north"];

    #[derive(Deserialize)]
    struct Reference {
        points: Vec<Point>,
    }

    #[derive(Deserialize)]
    struct Point {
        name: String,
        wgs84: (f64, f64),
        gcj02: (f64, f64),
        bd09: Option<(f64, f64)>,
    }

    #[test]
    fn every_point_of_another_implementation_is_met_both_ways_within_a_metre() {
        let at = |(lng, lat): (f64, f64)| LngLat { lng, lat };
        let Reference { points } = serde_json::from_str(REFERENCE).unwrap();
        assert!(points.len() > 40);
        for point in points {
            let wgs84 = at(point.wgs84);
            // Abroad nothing moves.
            let bd09 = point.bd09.unwrap_or(point.wgs84);
            for (coord, theirs) in [(Coord::Gcj02, at(point.gcj02)), (Coord::Bd09, at(bd09))] {
                let (there, back) = (coord.from_wgs84(wgs84), coord.to_wgs84(theirs));
                assert!(metres(there, theirs) < 1.0, "{} {coord:?}: {there:?}", point.name);
                assert!(point.bd09.is_some() || there == wgs84, "{} moved", point.name);
                let round = coord.to_wgs84(there);
                if SHARED.contains(&point.name.as_str()) {
                    // As good an answer: what lies inside becomes this too.
                    assert!(in_china(back) && metres(coord.from_wgs84(back), theirs) < 0.01, "{}", point.name);
                    continue;
                }
                assert!(metres(back, wgs84) < 1.0, "{} {coord:?}: {back:?}", point.name);
                assert!(point.bd09.is_some() || back == wgs84, "{} moved", point.name);
                assert!(metres(round, wgs84) < 0.01, "{} {coord:?}: {round:?}", point.name);
            }
        }
    }

    #[test]
    fn a_round_trip_ends_within_a_centimetre() {
        for i in 0..1000 {
            let p = LngLat { lng: 74.0 + f64::from(i % 61), lat: 18.0 + f64::from(i % 35) };
            for coord in [Coord::Gcj02, Coord::Bd09] {
                assert!(metres(p, coord.to_wgs84(coord.from_wgs84(p))) < 0.01, "{p:?} {coord:?}");
            }
        }
    }

    #[test]
    fn outside_china_nothing_moves() {
        let paris = LngLat { lng: 2.35, lat: 48.86 };
        assert_eq!(Coord::Gcj02.from_wgs84(paris), paris);
        assert_eq!(Coord::Bd09.to_wgs84(paris), paris);
    }

    /// Points along the four bounds, so many metres inside, or outside if negative.
    fn along_the_bounds(inside_m: f64) -> impl Iterator<Item = LngLat> {
        let (sw, ne) = (SOUTH_WEST, NORTH_EAST);
        let steps = (1..4000).map(|nth| f64::from(nth) / 4000.0);
        let d_lat = inside_m / 111_195.0;
        steps.flat_map(move |part| {
            let lng = sw.lng + part * (ne.lng - sw.lng);
            let lat = sw.lat + part * (ne.lat - sw.lat);
            let d_lng = d_lat / lat.to_radians().cos();
            [(lng, sw.lat + d_lat), (lng, ne.lat - d_lat), (sw.lng + d_lng, lat), (ne.lng - d_lng, lat)]
                .map(|(lng, lat)| LngLat { lng, lat })
        })
    }

    #[test]
    fn just_inside_every_bound_a_round_trip_ends_within_a_centimetre() {
        for inside_m in [0.0, 0.001, 0.5, 10.0, 111.0, 361.0, 700.0, 1_500.0, 3_000.0] {
            for p in along_the_bounds(inside_m) {
                for coord in [Coord::Gcj02, Coord::Bd09] {
                    let there = coord.from_wgs84(p);
                    let back = coord.to_wgs84(there);
                    assert!(metres(p, back) < 0.01, "{p:?} {coord:?}: {back:?}");
                    assert!(near_china(there, MOST_MOVED), "{p:?} {coord:?}: {there:?}");
                }
            }
        }
    }

    #[test]
    fn just_outside_nothing_moves_and_only_what_something_inside_became_goes_back_there() {
        let mut shared = 0;
        for outside_m in [0.001, 0.5, 10.0, 111.0, 361.0, 700.0, 1_500.0, 3_000.0, 5_000.0] {
            for p in along_the_bounds(-outside_m) {
                for coord in [Coord::Gcj02, Coord::Bd09] {
                    assert_eq!(coord.from_wgs84(p), p, "{coord:?}");
                    let back = coord.to_wgs84(p);
                    assert!(metres(p, coord.from_wgs84(back)) < 0.01, "{p:?} {coord:?}: {back:?}");
                    assert!(back == p || in_china(back), "{p:?} {coord:?}: {back:?}");
                    assert!(back == p || outside_m < 2_500.0, "{p:?} {coord:?}: {back:?}");
                    shared += usize::from(back != p);
                }
            }
        }
        assert!(shared > 0, "the test meets no such point");
    }

    #[test]
    fn what_nothing_becomes_stays_as_it_is() {
        // Where the formulas lead away from a bound nothing arrives just inside it.
        let all = along_the_bounds(5.0).filter(|p| Coord::Gcj02.to_wgs84(*p) == *p);
        let stuck: Vec<LngLat> = all.collect();
        assert!(!stuck.is_empty());
        for p in stuck {
            let found = inverse(p, gcj02);
            assert!(!in_china(found), "{p:?} comes from {found:?}");
        }
    }
}
