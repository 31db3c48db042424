//! Rows through rings, from west to east: where one is inside, and which points lie well inside. Pure.

use entity::LngLat;

use super::shape::{DEGREE_M, Ring};

/// Rows that are looked through for a point well inside.
const ROWS: u32 = 63;
/// Stretches of a row that points are spread over.
const WIDE: usize = 4;
/// Degrees, about a tenth of a metre: a ring that is nowhere wider is none.
const WIDTH: f64 = 1e-6;

/// Where a row meets the rings, from west to east: between the first and the second it is inside.
pub(super) fn crossings(rings: &[Ring], lat: f64) -> Vec<f64> {
    let edges = rings.iter().flat_map(|ring| ring.windows(2));
    let meets = edges.filter(|edge| (edge[0].lat <= lat) != (edge[1].lat <= lat));
    let mut at: Vec<f64> = meets
        .map(|edge| {
            let (a, b) = (edge[0], edge[1]);
            a.lng + (lat - a.lat) / (b.lat - a.lat) * (b.lng - a.lng)
        })
        .collect();
    at.sort_by(f64::total_cmp);
    at
}

/// Whether a point lies inside a ring; of one on the ring it may say either.
pub(super) fn inside(ring: &Ring, p: LngLat) -> bool {
    crossings(std::slice::from_ref(ring), p.lat).iter().filter(|lng| **lng > p.lng).count() % 2 == 1
}

/// South-west and north-east corners.
pub(super) fn bounds(points: impl Iterator<Item = LngLat>) -> (LngLat, LngLat) {
    let least = LngLat { lng: f64::INFINITY, lat: f64::INFINITY };
    let most = LngLat { lng: f64::NEG_INFINITY, lat: f64::NEG_INFINITY };
    points.fold((least, most), |(least, most), p| {
        (
            LngLat { lng: least.lng.min(p.lng), lat: least.lat.min(p.lat) },
            LngLat { lng: most.lng.max(p.lng), lat: most.lat.max(p.lat) },
        )
    })
}

/// The middle of the widest stretch inside on some rows, and its width in degrees.
pub(super) fn widest(rings: &[Ring]) -> Option<(f64, LngLat)> {
    let (south_west, north_east) = bounds(rings.iter().flatten().copied());
    let mut best: Option<(f64, LngLat)> = None;
    for nth in 1..=ROWS {
        let lat = south_west.lat + (north_east.lat - south_west.lat) * f64::from(nth) / f64::from(ROWS + 1);
        for span in crossings(rings, lat).chunks_exact(2) {
            let width = span[1] - span[0];
            if best.is_none_or(|(widest, _)| width > widest) {
                best = Some((width, LngLat { lng: f64::midpoint(span[0], span[1]), lat }));
            }
        }
    }
    best
}

/// Whether nothing is inside: a ring that runs around twice.
pub(super) fn is_hollow(rings: &[Ring]) -> bool {
    widest(rings).is_none_or(|(width, _)| width < WIDTH)
}

/// Square metres around which a ring runs once and in its main sense, and those around which it runs otherwise:
/// twice, or in both senses, as a bow does. Between two corners' rows edges that don't cross keep their order,
/// so each strip is a row of trapezoids.
pub(super) fn wound(ring: &Ring) -> (f64, f64) {
    let mut rows: Vec<f64> = ring.iter().map(|p| p.lat).collect();
    rows.sort_by(f64::total_cmp);
    rows.dedup();
    let (mut once, mut backwards, mut otherwise) = (0.0, 0.0, 0.0);
    for strip in rows.windows(2) {
        let lat = f64::midpoint(strip[0], strip[1]);
        let edges = ring.windows(2).filter(|edge| (edge[0].lat <= lat) != (edge[1].lat <= lat));
        let mut met: Vec<(f64, i32)> = edges
            .map(|edge| {
                let (a, b) = (edge[0], edge[1]);
                let lng = a.lng + (lat - a.lat) / (b.lat - a.lat) * (b.lng - a.lng);
                (lng, if a.lat < b.lat { -1 } else { 1 })
            })
            .collect();
        met.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut turns = 0;
        for (at, (lng, turn)) in met.iter().enumerate() {
            let next = met.get(at + 1).map_or(*lng, |(next, _)| *next);
            turns += turn;
            let area = (next - lng) * lat.to_radians().cos() * (strip[1] - strip[0]) * DEGREE_M * DEGREE_M;
            match turns {
                0 => {}
                1 => once += area,
                -1 => backwards += area,
                _ => otherwise += area,
            }
        }
    }
    (f64::max(once, backwards), f64::min(once, backwards) + otherwise)
}

/// Points spread inside a ring: on seven rows, each of the widest stretches inside cut in eight.
pub(super) fn spread(ring: &Ring) -> Vec<LngLat> {
    let eighths = || (1..8).map(|nth| f64::from(nth) / 8.0);
    let (south_west, north_east) = bounds(ring.iter().copied());
    let mut points = Vec::new();
    for lat in eighths().map(|part| south_west.lat + (north_east.lat - south_west.lat) * part) {
        let met = crossings(std::slice::from_ref(ring), lat);
        let mut spans: Vec<(f64, f64)> = met.chunks_exact(2).map(|span| (span[0], span[1] - span[0])).collect();
        spans.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        for (west, width) in spans.into_iter().take(WIDE) {
            points.extend(eighths().map(|part| LngLat { lng: west + width * part, lat }));
        }
    }
    points
}
