//! Edges of rings: which cross, which holes leave their outer ring and which overlap, all with a tolerance for
//! what only touches. On a plane in metres; pure.

use entity::LngLat;

use super::{
    rows::{bounds, inside, spread},
    shape::{DEGREE_M, Ring},
};

/// Metres by which edges must pass through each other to count as crossing. What touches in one system of
/// coordinates (a hole that meets the outer ring, parts with a common border) overlaps by some
/// micrometres or centimetres in another, and drawing programs snap no better than this.
const TOUCH_M: f64 = 0.5;
/// An edge that is straight in one system is bent in another: its middle lies up to the square of its
/// length × this beside the straight line. BD-09 is the worst: 40 m to and fro every 12 km.
const BEND: f64 = 1.5e-6;
/// Metres that no bend exceeds.
const MOST_BEND_M: f64 = 80.0;

/// An edge on a plane, in metres.
#[derive(Clone, Copy)]
struct Edge {
    a: (f64, f64),
    b: (f64, f64),
    /// Metres beside it that still count as on it.
    slack: f64,
}

impl Edge {
    fn of(origin: LngLat, edge: &[LngLat]) -> Self {
        let (a, b) = (plane(origin, edge[0]), plane(origin, edge[1]));
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        Self { a, b, slack: TOUCH_M + (length * length * BEND).min(MOST_BEND_M) }
    }

    /// Twice the area that it spans with a point: positive on its left.
    fn side(&self, p: (f64, f64)) -> f64 {
        let (a, b) = (self.a, self.b);
        (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
    }

    /// Whether the ends of another lie on both sides of its line, each farther than the slack.
    fn parts(&self, other: &Self) -> bool {
        let (one, two) = (self.side(other.a), self.side(other.b));
        let length = (self.b.0 - self.a.0).hypot(self.b.1 - self.a.1);
        one * two < 0.0 && one.abs().min(two.abs()) > self.slack * length
    }

    /// Whether a point lies on it, to within the slack.
    fn touches(&self, p: (f64, f64)) -> bool {
        let (dx, dy) = (self.b.0 - self.a.0, self.b.1 - self.a.1);
        let along = ((p.0 - self.a.0) * dx + (p.1 - self.a.1) * dy) / (dx * dx + dy * dy);
        // No number where the ends are one point.
        let along = if along.is_finite() { along.clamp(0.0, 1.0) } else { 0.0 };
        (p.0 - self.a.0 - along * dx).hypot(p.1 - self.a.1 - along * dy) <= self.slack
    }
}

/// Metres east and north of an origin near by.
pub(super) fn plane(origin: LngLat, p: LngLat) -> (f64, f64) {
    ((p.lng - origin.lng) * DEGREE_M * origin.lat.to_radians().cos(), (p.lat - origin.lat) * DEGREE_M)
}

/// Whether two edges pass through each other; edges that touch don't.
pub(super) fn edges_cross<'a>(rings: impl Iterator<Item = &'a Ring>) -> bool {
    let mut rings = rings.peekable();
    let Some(origin) = rings.peek().and_then(|ring| ring.first()).copied() else { return false };
    let steps = rings.flat_map(|ring| ring.windows(2)).filter(|edge| edge[0] != edge[1]);
    let mut edges: Vec<Edge> = steps.map(|edge| Edge::of(origin, edge)).collect();
    let west = |edge: &Edge| edge.a.0.min(edge.b.0);
    edges.sort_by(|a, b| west(a).total_cmp(&west(b)));
    edges.iter().enumerate().any(|(i, one)| {
        let east = one.a.0.max(one.b.0);
        let mut near = edges[i + 1..].iter().take_while(|other| west(other) <= east);
        near.any(|other| one.parts(other) && other.parts(one))
    })
}

/// Whether a hole leaves its outer ring: by a corner or the middle of an edge that is neither inside nor on
/// the ring. It may touch the ring with all its corners.
pub(super) fn is_outside(outer: &Ring, hole: &Ring) -> bool {
    let Some(origin) = outer.first().copied() else { return true };
    let edges: Vec<Edge> = outer.windows(2).map(|edge| Edge::of(origin, edge)).collect();
    let middle = |edge: &[LngLat]| LngLat {
        lng: f64::midpoint(edge[0].lng, edge[1].lng),
        lat: f64::midpoint(edge[0].lat, edge[1].lat),
    };
    hole.iter().copied().chain(hole.windows(2).map(middle)).any(|p| {
        let at = plane(origin, p);
        !inside(outer, p) && !edges.iter().any(|edge| edge.touches(at))
    })
}

/// Whether one of some holes whose edges don't cross lies in another, in part or whole, or is the same: what
/// is in both would be inside the polygon again. They may touch.
pub(super) fn holes_overlap(holes: &[Ring]) -> bool {
    let Some(origin) = holes.first().and_then(|hole| hole.first()).copied() else { return false };
    let edges = |hole: &Ring| hole.windows(2).map(|edge| Edge::of(origin, edge)).collect::<Vec<_>>();
    let known: Vec<_> = holes.iter().map(|hole| (hole, bounds(hole.iter().copied()), edges(hole))).collect();
    let any_other_holds = |n: usize, p: LngLat| {
        known.iter().enumerate().any(|(other, (hole, (south_west, north_east), edges))| {
            let is_near = (south_west.lng..=north_east.lng).contains(&p.lng)
                && (south_west.lat..=north_east.lat).contains(&p.lat);
            other != n && is_near && inside(hole, p) && !edges.iter().any(|edge| edge.touches(plane(origin, p)))
        })
    };
    holes.iter().enumerate().any(|(n, hole)| spread(hole).into_iter().any(|p| any_other_holds(n, p)))
}
