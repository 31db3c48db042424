//! Where a community is: a point or polygons, their checks, and the samples that stand for them. WGS-84,
//! longitude first; pure.
//!
//! Own code, and not a geometry crate: what is needed is one crossing test (`edges.rs`) and one scan by
//! rows (`rows.rs`), and both are bounded by [`MOST_POINTS`].

use std::collections::BTreeSet;

use entity::LngLat;

use super::{
    edges::{edges_cross, holes_overlap, is_outside, plane},
    rows::{bounds, crossings, is_hollow, widest, wound},
};
use crate::platform::walking::metres;

/// A closed ring: the last point is the first.
pub type Ring = Vec<LngLat>;

/// A geometry as GeoJSON knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One point.
    Point(LngLat),
    /// An outer ring, then holes.
    Polygon(Vec<Ring>),
    /// Several polygons.
    MultiPolygon(Vec<Vec<Ring>>),
}

/// Points of one geometry at most.
pub const MOST_POINTS: usize = 2_000;
/// Degrees from edge to edge at most, about 50 km: more isn't a community.
const MOST_DEGREES: f64 = 0.5;
/// Square metres at least.
const LEAST_AREA: f64 = 100.0;
/// Share of a ring's area, at most, where it overlaps itself by no more than it may touch.
const SLIVERS: f64 = 0.01;
/// Metres between samples, as long as they aren't too many.
pub const SPACING_M: f64 = 100.0;
/// About so many samples at most.
const SAMPLES: f64 = 400.0;
/// Never more.
const MOST_SAMPLES: usize = 600;
/// Metres in a degree of latitude.
pub(super) const DEGREE_M: f64 = 111_195.0;
/// Two points closer than this (degrees, about a centimetre) are the same.
const SAME: f64 = 1e-7;

/// What is wrong with a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A point outside China's bounds: swapped coordinates, or another projection.
    OutOfBounds,
    /// More points than [`MOST_POINTS`].
    TooManyPoints,
    /// Too far from edge to edge.
    TooLarge,
    /// No polygon, or one without rings.
    Empty,
    /// A ring of fewer than three different points.
    TooFewPoints,
    /// A ring's last point isn't its first.
    NotClosed,
    /// Edges cross.
    Crossing,
    /// A hole outside its polygon.
    HoleOutside,
    /// A hole in a hole, or the same one twice.
    HolesOverlap,
    /// Next to no area.
    NoArea,
}

/// The samples that stand for a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The first is the one nearest to the middle.
    pub points: Vec<LngLat>,
    /// No other is farther from the first, in metres.
    pub radius_m: f64,
}

impl Shape {
    /// Its polygons; none of a point.
    fn polygons(&self) -> &[Vec<Ring>] {
        match self {
            Self::Point(_) => &[],
            Self::Polygon(rings) => std::slice::from_ref(rings),
            Self::MultiPolygon(polygons) => polygons,
        }
    }

    /// Its points, one by one.
    pub fn points(&self) -> impl Iterator<Item = LngLat> {
        let point = match self {
            Self::Point(point) => Some(*point),
            Self::Polygon(_) | Self::MultiPolygon(_) => None,
        };
        point.into_iter().chain(self.polygons().iter().flatten().flatten().copied())
    }

    /// The same with each point moved.
    #[must_use]
    pub fn map(&self, f: impl Fn(LngLat) -> LngLat) -> Self {
        let rings = |rings: &Vec<Ring>| rings.iter().map(|ring| ring.iter().map(|p| f(*p)).collect()).collect();
        match self {
            Self::Point(point) => Self::Point(f(*point)),
            Self::Polygon(polygon) => Self::Polygon(rings(polygon)),
            Self::MultiPolygon(polygons) => Self::MultiPolygon(polygons.iter().map(rings).collect()),
        }
    }

    /// Whether it is the other to within a centimetre, point by point.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let rings = |shape: &Self| -> Vec<usize> { shape.polygons().iter().flatten().map(Vec::len).collect() };
        let parts = |shape: &Self| -> Vec<usize> { shape.polygons().iter().map(Vec::len).collect() };
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && parts(self) == parts(other)
            && rings(self) == rings(other)
            && self
                .points()
                .zip(other.points())
                .all(|(a, b)| (a.lng - b.lng).abs() < SAME && (a.lat - b.lat).abs() < SAME)
    }

    /// Whether it is bounded and on the map; what else may be wrong is for [`Self::check`].
    pub fn check_points(&self) -> Result<(), Flaw> {
        // A count first: everything after it is bounded by it.
        if self.points().take(MOST_POINTS + 1).count() > MOST_POINTS {
            return Err(Flaw::TooManyPoints);
        }
        // Written so that what is no number is out of bounds too.
        let in_china = |p: LngLat| (72.0..=138.0).contains(&p.lng) && (0.8..=56.0).contains(&p.lat);
        if self.points().all(in_china) { Ok(()) } else { Err(Flaw::OutOfBounds) }
    }

    /// What is wrong with it, if anything. Judged in WGS-84, whatever system it came in: two systems would
    /// judge what only touches differently.
    pub fn check(&self) -> Result<(), Flaw> {
        self.check_points()?;
        if let Self::Point(_) = self {
            return Ok(());
        }
        let polygons = self.polygons();
        if polygons.is_empty() || polygons.iter().any(Vec::is_empty) {
            return Err(Flaw::Empty);
        }
        for ring in polygons.iter().flatten() {
            if ring.first() != ring.last() {
                return Err(Flaw::NotClosed);
            }
            let steps = ring.windows(2).filter(|edge| edge[0] != edge[1]).count();
            if steps < 3 {
                return Err(Flaw::TooFewPoints);
            }
        }
        let (south_west, north_east) = self.bounds();
        if north_east.lng - south_west.lng > MOST_DEGREES || north_east.lat - south_west.lat > MOST_DEGREES {
            return Err(Flaw::TooLarge);
        }
        if edges_cross(polygons.iter().flatten()) {
            return Err(Flaw::Crossing);
        }
        for rings in polygons {
            let Some((outer, holes)) = rings.split_first() else { return Err(Flaw::Empty) };
            if holes.iter().any(|hole| is_outside(outer, hole)) {
                return Err(Flaw::HoleOutside);
            }
            if holes_overlap(holes) {
                return Err(Flaw::HolesOverlap);
            }
            if area(rings) < LEAST_AREA || is_hollow(rings) {
                return Err(Flaw::NoArea);
            }
            if rings.iter().any(is_folded) {
                return Err(Flaw::Crossing);
            }
        }
        Ok(())
    }

    /// South-west and north-east corners.
    fn bounds(&self) -> (LngLat, LngLat) {
        bounds(self.points())
    }

    /// The points that stand for a shape that was checked: the point itself, or those of a grid of about
    /// [`SPACING_M`] that lie in the polygons, wider where they would be more than some hundred. The same
    /// shape has the same samples. At least one.
    #[must_use]
    pub fn samples(&self) -> Samples {
        if let Self::Point(point) = self {
            return Samples { points: vec![*point], radius_m: 0.0 };
        }
        let whole: f64 = self.polygons().iter().map(|rings| area(rings)).sum();
        let mut spacing = SPACING_M.max((whole / SAMPLES).sqrt());
        let mut points = self.grid(spacing);
        while points.len() > MOST_SAMPLES {
            spacing *= 1.25;
            points = self.grid(spacing);
        }
        if points.is_empty() {
            points.push(self.somewhere_inside());
        }
        let n = points.len() as f64;
        let middle = LngLat {
            lng: points.iter().map(|p| p.lng).sum::<f64>() / n,
            lat: points.iter().map(|p| p.lat).sum::<f64>() / n,
        };
        let far = |p: &LngLat| metres(middle, *p);
        let nearest = (0..points.len()).min_by(|a, b| far(&points[*a]).total_cmp(&far(&points[*b]))).unwrap_or(0);
        points.swap(0, nearest);
        let radius_m = points.iter().map(|p| metres(points[0], *p)).fold(0.0, f64::max);
        Samples { points, radius_m }
    }

    fn grid(&self, spacing: f64) -> Vec<LngLat> {
        let (south_west, north_east) = self.bounds();
        let d_lat = spacing / DEGREE_M;
        let d_lng = d_lat / f64::midpoint(south_west.lat, north_east.lat).to_radians().cos();
        let rows = ((north_east.lat - south_west.lat) / d_lat).ceil() as i64;
        // Parts of one community may overlap: each point of the grid counts once.
        let mut cells = BTreeSet::new();
        for row in 0..rows {
            let lat = south_west.lat + (row as f64 + 0.5) * d_lat;
            for rings in self.polygons() {
                for span in crossings(rings, lat).chunks_exact(2) {
                    let column = |lng: f64| ((lng - south_west.lng) / d_lng - 0.5).ceil() as i64;
                    cells.extend((column(span[0])..column(span[1])).map(|column| (row, column)));
                }
            }
        }
        let point = |(row, column): (i64, i64)| LngLat {
            lng: south_west.lng + (column as f64 + 0.5) * d_lng,
            lat: south_west.lat + (row as f64 + 0.5) * d_lat,
        };
        cells.into_iter().map(point).collect()
    }

    /// A point in a polygon that is too thin for the grid.
    fn somewhere_inside(&self) -> LngLat {
        let each = self.polygons().iter().filter_map(|rings| widest(rings));
        let best = each.max_by(|(one, _), (other, _)| one.total_cmp(other));
        // A checked polygon has an area, so some row meets it; its corner is as near as can be.
        best.map_or_else(|| self.points().next().unwrap_or_else(|| self.bounds().0), |(_, point)| point)
    }
}

/// Whether a ring runs around some of its area twice, or in both senses, though its edges cross nowhere but at
/// corners. Slivers are what touches in another system.
fn is_folded(ring: &Ring) -> bool {
    let (once, otherwise) = wound(ring);
    otherwise > LEAST_AREA.max((once + otherwise) * SLIVERS)
}

/// Square metres, holes taken away.
fn area(rings: &[Ring]) -> f64 {
    let of = |ring: &Ring| {
        let Some(origin) = ring.first() else { return 0.0 };
        let twice: f64 = ring
            .windows(2)
            .map(|edge| {
                let ((ax, ay), (bx, by)) = (plane(*origin, edge[0]), plane(*origin, edge[1]));
                ax * by - bx * ay
            })
            .sum();
        twice.abs() / 2.0
    };
    let Some((outer, holes)) = rings.split_first() else { return 0.0 };
    of(outer) - holes.iter().map(of).sum::<f64>()
}

/// Points as they are stored: longitude and latitude, little-endian doubles.
#[must_use]
pub fn packed(points: &[LngLat]) -> Vec<u8> {
    points.iter().flat_map(|p| [p.lng, p.lat]).flat_map(f64::to_le_bytes).collect()
}

/// The points of [`packed`].
#[must_use]
pub fn unpacked(bytes: &[u8]) -> Vec<LngLat> {
    let (numbers, _) = bytes.as_chunks::<8>();
    let (pairs, _) = numbers.as_chunks::<2>();
    pairs.iter().map(|[lng, lat]| LngLat { lng: f64::from_le_bytes(*lng), lat: f64::from_le_bytes(*lat) }).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::rows::inside, *};

    fn ring(points: &[(f64, f64)]) -> Ring {
        points.iter().map(|(x, y)| LngLat { lng: 118.79 + x / 1000.0, lat: 24.89 + y / 1000.0 }).collect()
    }

    /// A square of about `side` × 100 m.
    fn square(x: f64, y: f64, side: f64) -> Ring {
        ring(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)])
    }

    #[test]
    fn what_is_no_polygon_is_told_why() {
        let flaw = |rings: Vec<Ring>| Shape::Polygon(rings).check();
        assert_eq!(flaw(vec![square(0.0, 0.0, 5.0)]), Ok(()));
        assert_eq!(flaw(vec![square(0.0, 0.0, 5.0), square(1.0, 1.0, 2.0)]), Ok(()));
        assert_eq!(flaw(vec![]), Err(Flaw::Empty));
        assert_eq!(flaw(vec![ring(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0)])]), Err(Flaw::NotClosed));
        assert_eq!(flaw(vec![ring(&[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)])]), Err(Flaw::TooFewPoints));
        let bow = ring(&[(0.0, 0.0), (5.0, 5.0), (5.0, 0.0), (0.0, 5.0), (0.0, 0.0)]);
        assert_eq!(flaw(vec![bow]), Err(Flaw::Crossing));
        assert_eq!(flaw(vec![square(0.0, 0.0, 5.0), square(4.0, 4.0, 2.0)]), Err(Flaw::Crossing));
        assert_eq!(flaw(vec![square(0.0, 0.0, 5.0), square(6.0, 6.0, 1.0)]), Err(Flaw::HoleOutside));
        assert_eq!(flaw(vec![ring(&[(0.0, 0.0), (5.0, 0.0), (2.0, 0.0), (0.0, 0.0)])]), Err(Flaw::NoArea));
        // Inside twice is outside again: whatever lies in both holes would count.
        let (whole, hole) = (square(0.0, 0.0, 9.0), square(1.0, 1.0, 4.0));
        let backwards: Ring = hole.iter().rev().copied().collect();
        let beside = ring(&[(3.0, 1.0), (7.0, 1.0), (7.0, 5.0), (3.0, 5.0), (3.0, 1.0)]);
        for other in
            [hole.clone(), backwards, square(2.0, 2.0, 1.0), square(1.0, 1.0, 2.0), square(1.0, 1.0, 6.0), beside]
        {
            assert_eq!(flaw(vec![whole.clone(), hole.clone(), other.clone()]), Err(Flaw::HolesOverlap));
            assert_eq!(flaw(vec![whole.clone(), other, hole.clone()]), Err(Flaw::HolesOverlap));
        }
        assert_eq!(flaw(vec![whole.clone(), hole.clone(), square(5.0, 1.0, 2.0), square(5.0, 5.0, 1.0)]), Ok(()));
        let twice = [whole.clone(), whole].concat();
        assert_eq!(flaw(vec![twice]), Err(Flaw::NoArea));
        // Around twice from one corner, a bow with a corner where it crosses, and its like in a hole.
        let inner = [(0.0, 0.0), (8.0, 1.0), (8.0, 8.0), (1.0, 8.0), (0.0, 0.0)];
        let again = [square(0.0, 0.0, 9.0), ring(&inner)[1..].to_vec()].concat();
        let bow = [(0.0, 0.0), (4.0, 4.0), (10.0, 10.0), (10.0, -2.0), (4.0, 4.0), (0.0, 8.0), (0.0, 0.0)];
        for folded in [again, ring(&bow)] {
            let around = ring(&[(-9.0, -9.0), (20.0, -9.0), (20.0, 20.0), (-9.0, 20.0), (-9.0, -9.0)]);
            assert_eq!(flaw(vec![folded.clone()]), Err(Flaw::Crossing));
            assert_eq!(flaw(vec![around, folded]), Err(Flaw::Crossing));
        }
        // Two parts that meet in a corner, run around in one sense, and two joined by a line are as good as any.
        let eight = [(0.0, 0.0), (4.0, 4.0), (0.0, 8.0), (0.0, 0.0)];
        let meets = [(0.0, 0.0), (4.0, 4.0), (10.0, -2.0), (10.0, 10.0), (4.0, 4.0), (0.0, 8.0), (0.0, 0.0)];
        let joined = [
            (0.0, 0.0),
            (3.0, 0.0),
            (6.0, 0.0),
            (9.0, 0.0),
            (9.0, 3.0),
            (6.0, 3.0),
            (6.0, 0.0),
            (3.0, 0.0),
            (3.0, 3.0),
            (0.0, 3.0),
            (0.0, 0.0),
        ];
        for fine in [&eight[..], &meets[..], &joined[..]] {
            assert_eq!(flaw(vec![ring(fine)]), Ok(()), "{fine:?}");
        }
        assert_eq!(flaw(vec![square(0.0, 0.0, 900.0)]), Err(Flaw::TooLarge));
        let many: Ring = (0..=MOST_POINTS).map(|_| LngLat { lng: 118.0, lat: 24.0 }).collect();
        assert_eq!(flaw(vec![many]), Err(Flaw::TooManyPoints));
        for (lng, lat) in [(24.89, 118.79), (f64::NAN, 24.0), (118.0, f64::INFINITY), (0.0, 0.0)] {
            assert_eq!(Shape::Point(LngLat { lng, lat }).check(), Err(Flaw::OutOfBounds));
        }
    }

    #[test]
    fn samples_lie_in_the_polygon_and_not_in_its_hole() {
        // 1.01 × 1.11 km: some 110 points of the grid; the hole takes a quarter.
        let whole = Shape::Polygon(vec![square(0.0, 0.0, 10.0)]).samples();
        assert!((100..=125).contains(&whole.points.len()), "{}", whole.points.len());
        let hole = square(2.5, 2.5, 5.0);
        let samples = Shape::Polygon(vec![square(0.0, 0.0, 10.0), hole.clone()]).samples();
        assert!((75..=95).contains(&samples.points.len()), "{}", samples.points.len());
        assert!(samples.points.iter().all(|p| inside(&square(0.0, 0.0, 10.0), *p) && !inside(&hole, *p)));
        assert_eq!(samples, Shape::Polygon(vec![square(0.0, 0.0, 10.0), hole]).samples());
        let middle = LngLat { lng: 118.795, lat: 24.895 };
        assert!(metres(whole.points[0], middle) < 75.0, "the first is near the middle");
        assert!((600.0..800.0).contains(&whole.radius_m), "{}", whole.radius_m);
        assert_eq!(unpacked(&packed(&whole.points)), whole.points);
    }

    #[test]
    fn there_are_some_samples_and_not_too_many() {
        let large = Shape::Polygon(vec![square(0.0, 0.0, 400.0)]).samples();
        assert!((300..=MOST_SAMPLES).contains(&large.points.len()), "{}", large.points.len());
        // Two metres wide, between two rows and columns of the grid.
        let thin = Shape::Polygon(vec![square(0.0, 0.0, 0.5)]).samples();
        assert_eq!(thin.points.len(), 1);
        assert!(inside(&square(0.0, 0.0, 0.5), thin.points[0]));
        let parts = Shape::MultiPolygon(vec![vec![square(0.0, 0.0, 5.0)], vec![square(0.0, 0.0, 5.0)]]);
        assert_eq!(parts.samples().points.len(), Shape::Polygon(vec![square(0.0, 0.0, 5.0)]).samples().points.len());
    }

    #[test]
    fn the_same_shape_is_known_to_a_centimetre() {
        let shape = Shape::Polygon(vec![square(0.0, 0.0, 5.0)]);
        let moved = |by: f64| shape.map(|p| LngLat { lng: p.lng + by, lat: p.lat });
        assert!(shape.is_same(&moved(5e-8)) && !shape.is_same(&moved(2e-7)));
        assert!(!shape.is_same(&Shape::MultiPolygon(vec![vec![square(0.0, 0.0, 5.0)]])));
    }
}
