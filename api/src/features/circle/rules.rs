//! Geometry of an answer (RFC 7946): rounded, closed, wound right.

use entity::LngLat;

use super::dto::{CircleGeometryOut, Position};
use crate::{
    error::{Problem, Result, Text},
    features::centres::coords::Coord,
};

/// Minutes of one answer at most: contours that a routing engine draws at once.
const MOST_MINUTES: usize = 4;

/// The numbers of minutes asked for, each once, the largest first.
pub fn minutes(text: &str) -> Result<Vec<u32>> {
    let wrong = || {
        let text = Text::new(
            "请填写1至4个1到60之间的分钟数，用逗号分隔，例如 5,10,15。",
            "Give one to four numbers from 1 to 60, like 5,10,15.",
        );
        Problem::field("minutes", "out_of_range", text)
    };
    // One or two digits and nothing else, as the document says: `parse` takes a sign too.
    let is_plain = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| {
        let minutes = is_plain(part).then(|| part.parse().ok()).flatten();
        minutes.filter(|minutes| (1..=60).contains(minutes)).ok_or_else(wrong)
    };
    let mut all = text.split(',').map(number).collect::<Result<Vec<u32>>>()?;
    if all.len() > MOST_MINUTES {
        return Err(wrong());
    }
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.dedup();
    Ok(all)
}

/// A point in the system asked for; seven digits are a centimetre.
pub fn position(point: LngLat, coord: Coord) -> Position {
    let p = coord.from_wgs84(point);
    let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
    vec![round(p.lng), round(p.lat)]
}

/// An area from its polygons of rings.
pub fn geometry(polygons: &[Vec<Vec<LngLat>>], coord: Coord) -> CircleGeometryOut {
    let polygon = |rings: &Vec<Vec<LngLat>>| {
        let mut rings = rings.iter().enumerate().map(|(i, points)| ring(points, coord, i == 0));
        // Without an outer ring there is no polygon; a hole that rounding closes is none.
        let outer = rings.next().flatten()?;
        Some(std::iter::once(outer).chain(rings.flatten()).collect::<Vec<_>>())
    };
    let mut polygons: Vec<_> = polygons.iter().filter_map(polygon).collect();
    match (polygons.len(), polygons.pop()) {
        (1, Some(only)) => CircleGeometryOut::Polygon(only),
        (_, last) => {
            polygons.extend(last);
            CircleGeometryOut::MultiPolygon(polygons)
        }
    }
}

/// A closed ring of at least four positions; outer rings against the clock, holes with it (3.1.6).
fn ring(points: &[LngLat], coord: Coord, outer: bool) -> Option<Vec<Position>> {
    let mut ring: Vec<Position> = points.iter().map(|point| position(*point, coord)).collect();
    if ring.first() != ring.last() {
        ring.extend(ring.first().cloned());
    }
    ring.dedup();
    if ring.len() < 4 {
        return None;
    }
    // From the first corner: degrees of a hundred would leave few digits for the area of a circle.
    let from = ring[0].clone();
    let (x, y) = (|p: &Position| p[0] - from[0], |p: &Position| p[1] - from[1]);
    let area: f64 = ring.windows(2).map(|edge| x(&edge[0]) * y(&edge[1]) - x(&edge[1]) * y(&edge[0])).sum();
    if (area > 0.0) != outer {
        ring.reverse();
    }
    Some(ring)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(list: &[(f64, f64)]) -> Vec<LngLat> {
        list.iter().map(|(lng, lat)| LngLat { lng: 118.0 + lng, lat: 24.0 + lat }).collect()
    }

    #[test]
    fn minutes_are_one_to_four_numbers_each_once_the_largest_first() {
        assert_eq!(minutes("5,10,15").unwrap(), [15, 10, 5]);
        assert_eq!(minutes("10,10").unwrap(), [10]);
        for wrong in ["", "0", "61", "5,", "a", "1,2,3,4,5", "-5", "5;10", "1.5", "+5", "005", "5, 10", " 5", "５"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rings_are_closed_rounded_and_wound_as_rfc_7946_says() {
        // With the clock, and open.
        let outer = points(&[(0.0, 0.0), (0.0, 0.1), (0.1, 0.1), (0.1, 0.100_000_000_1), (0.1, 0.0)]);
        // Against it.
        let hole = points(&[(0.02, 0.02), (0.04, 0.02), (0.04, 0.04), (0.02, 0.04), (0.02, 0.02)]);
        let speck = points(&[(0.05, 0.05), (0.050_000_000_1, 0.05), (0.05, 0.050_000_000_1), (0.05, 0.05)]);
        let CircleGeometryOut::Polygon(rings) = geometry(&[vec![outer, hole, speck]], Coord::Wgs84) else {
            panic!("one piece")
        };
        assert_eq!(rings.len(), 2, "the speck is gone");
        assert_eq!(rings[0], [[118.0, 24.0], [118.1, 24.0], [118.1, 24.1], [118.0, 24.1], [118.0, 24.0]]);
        assert_eq!(rings[1][0], rings[1][4]);
        assert_eq!(rings[1][1], [118.02, 24.04], "a hole runs with the clock");
    }

    #[test]
    fn several_pieces_and_none_are_multi_polygons() {
        let square = |at: f64| vec![points(&[(at, 0.0), (at + 0.1, 0.0), (at + 0.1, 0.1), (at, 0.1), (at, 0.0)])];
        assert!(matches!(geometry(&[square(0.0)], Coord::Gcj02), CircleGeometryOut::Polygon(_)));
        let two = geometry(&[square(0.0), square(0.3)], Coord::Gcj02);
        assert!(matches!(two, CircleGeometryOut::MultiPolygon(pieces) if pieces.len() == 2));
        assert_eq!(geometry(&[], Coord::Gcj02), CircleGeometryOut::MultiPolygon(vec![]));
    }
}
