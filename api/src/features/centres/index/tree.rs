//! Which pages touch a box: a tree of boxes over the pages, sixteen to one, without pointers.

use entity::LngLat;

/// Pages, or boxes, under one box.
const FAN: usize = 16;

/// A box of degrees.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Bounds {
    /// Touches nothing.
    pub(super) const NONE: Self =
        Self { west: f64::INFINITY, south: f64::INFINITY, east: f64::NEG_INFINITY, north: f64::NEG_INFINITY };

    pub(super) const fn new([west, south]: [f64; 2], [east, north]: [f64; 2]) -> Self {
        Self { west, south, east, north }
    }

    pub(super) fn of(points: &[[f64; 2]]) -> Self {
        points.iter().fold(Self::NONE, |bounds, point| bounds.with(&Self::new(*point, *point)))
    }

    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    fn touches(&self, other: &Self) -> bool {
        // All four, without a branch each.
        (self.west <= other.east)
            & (other.west <= self.east)
            & (self.south <= other.north)
            & (other.south <= self.north)
    }

    /// How much longer its sides get with a point.
    pub(super) fn growth(&self, p: LngLat) -> f64 {
        (self.west - p.lng).max(p.lng - self.east).max(0.0) + (self.south - p.lat).max(p.lat - self.north).max(0.0)
    }
}

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Tree {
    /// The pages' boxes, then boxes around sixteen of them, and so on.
    levels: Vec<Vec<Bounds>>,
}

impl Tree {
    pub(super) fn of(pages: Vec<Bounds>) -> Self {
        let mut levels = vec![pages];
        while let Some(level) = levels.last().filter(|level| level.len() > FAN) {
            let around = |some: &[Bounds]| some.iter().fold(Bounds::NONE, |all, one| all.with(one));
            let next = level.chunks(FAN).map(around).collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// The pages' boxes.
    pub(super) fn pages(&self) -> &[Bounds] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The pages that touch `wanted`, in order.
    pub(super) fn touching(&self, wanted: &Bounds) -> Vec<usize> {
        let mut found = Vec::with_capacity(FAN);
        if let Some(top) = self.levels.len().checked_sub(1) {
            self.descend(top, 0, self.levels[top].len(), wanted, &mut found);
        }
        found
    }

    fn descend(&self, level: usize, first: usize, end: usize, wanted: &Bounds, found: &mut Vec<usize>) {
        for (at, bounds) in (first..).zip(&self.levels[level][first..end]) {
            if !bounds.touches(wanted) {
                continue;
            }
            match level.checked_sub(1) {
                None => found.push(at),
                Some(below) => {
                    let end = ((at + 1) * FAN).min(self.levels[below].len());
                    self.descend(below, at * FAN, end, wanted, found);
                }
            }
        }
    }
}

/// Halvings of the world's sides: to about a metre.
const FINE: u32 = 25;

/// Where a point lies on Hilbert's curve through the world: neighbours on the curve are neighbours on
/// the map.
pub(super) fn along_the_curve(p: LngLat) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    let cell = |degrees: f64, all: f64| ((degrees / all + 0.5) * f64::from(1_u32 << FINE)) as u32;
    let (mut x, mut y) = (cell(p.lng, 360.0), cell(p.lat, 180.0));
    let mut way = 0_u64;
    for bit in (0..FINE).rev() {
        let side = 1_u32 << bit;
        let (right, up) = (x & side != 0, y & side != 0);
        way += u64::from(side) * u64::from(side) * u64::from((3 * u32::from(right)) ^ u32::from(up));
        if !up {
            if right {
                x = !x & (side.wrapping_mul(2) - 1);
                y = !y & (side.wrapping_mul(2) - 1);
            }
            std::mem::swap(&mut x, &mut y);
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_touches_the_pages_that_a_look_at_each_finds() {
        let at = |i: u32| {
            let (x, y) = (f64::from(i.wrapping_mul(2_654_435_761) >> 16), f64::from(i.wrapping_mul(40_503) & 0xffff));
            [x / 655.36, y / 655.36]
        };
        let pages: Vec<Bounds> = (0..3000)
            .map(|i| {
                let [x, y] = at(i);
                Bounds::new([x, y], [x + 0.7, y + 0.5])
            })
            .collect();
        let tree = Tree::of(pages.clone());
        let mut hits = 0;
        for i in 0..200 {
            let [x, y] = at(i * 31 + 7);
            let wanted = Bounds::new([x - 1.0, y - 1.0], [x + 1.0, y + 1.0]);
            let expected: Vec<usize> = (0..pages.len()).filter(|at| pages[*at].touches(&wanted)).collect();
            hits += expected.len();
            assert_eq!(tree.touching(&wanted), expected);
        }
        assert!(hits > 200, "{hits}");
        assert!(Tree::of(Vec::new()).touching(&Bounds::new([0.0, 0.0], [1.0, 1.0])).is_empty());
    }

    #[test]
    fn steps_along_the_curve_are_short() {
        // All cells of a small square, in the order of the curve: each touches the one before.
        let step = 360.0 / f64::from(1_u32 << FINE);
        let cell = |i: u32| ((i % 32) as i32, (i / 32) as i32);
        let point =
            |(x, y): (i32, i32)| LngLat { lng: (f64::from(x) + 0.5) * step, lat: (f64::from(y) + 0.5) * step / 2.0 };
        let mut cells: Vec<_> = (0..1024).map(cell).collect();
        cells.sort_by_key(|cell| along_the_curve(point(*cell)));
        for pair in cells.windows(2) {
            let ((a, b), (c, d)) = (pair[0], pair[1]);
            assert_eq!((a - c).abs() + (b - d).abs(), 1, "{pair:?}");
        }
    }
}
