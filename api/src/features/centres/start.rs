//! Where ways to centres start and how one travels: the same for searches, pages and circles.

use entity::{CentreId, LngLat};

use super::{coords::Coord, dto::WalkOut, way_cache::Cell};
use crate::{
    error::{Problem, Result, Text},
    platform::walking::{Travel, TravelMode, Way, WayMethod, Ways, metres},
    state::Ctx,
};

/// The circle of the plan (15分钟托育服务圈).
pub const CIRCLE_MINUTES: u32 = 15;
/// Centres whose ways a routing engine is asked for at once, the nearest as the crow flies: more than
/// any page shows, and few enough for an answer within a family's patience.
pub const MOST_ASKED: usize = 500;

/// How one travels, checked.
pub fn travel(mode: TravelMode, pushchair: Option<bool>) -> Result<Travel> {
    let pushchair = pushchair.unwrap_or(false);
    if pushchair && mode != TravelMode::Walk {
        let text = Text::new("推婴儿车只适用于步行，请选择步行或取消推婴儿车。", "pushchair goes with mode=walk only.");
        return Err(Problem::field("pushchair", "conflict", text));
    }
    Ok(Travel { mode, pushchair })
}

/// A point of a query, checked; absent if neither coordinate is given.
pub fn point(lng: Option<f64>, lat: Option<f64>, coord: Coord) -> Result<Option<LngLat>> {
    let out = |field: &'static str, most: i32| {
        Problem::field(
            field,
            "out_of_range",
            Text::new(
                format!("{field} 须在 -{most} 到 {most} 之间。"),
                format!("{field} must be from -{most} to {most}."),
            ),
        )
    };
    let missing = |field: &'static str| {
        Problem::field(field, "missing", Text::new("经度 lng 和纬度 lat 须同时提供。", "lng and lat go together."))
    };
    match (lng, lat) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("lat")),
        (None, Some(_)) => Err(missing("lng")),
        (Some(lng), Some(_)) if !(-180.0..=180.0).contains(&lng) => Err(out("lng", 180)),
        (Some(_), Some(lat)) if !(-90.0..=90.0).contains(&lat) => Err(out("lat", 90)),
        (Some(lng), Some(lat)) => Ok(Some(coord.to_wgs84(LngLat { lng, lat }))),
    }
}

/// Where ways start.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// With a routing engine the middle of the cell of about 50 m that the point lies in, so that all who
    /// stand there get the same ways from memory; else the point itself. WGS-84.
    pub from: LngLat,
    /// How one travels.
    pub travel: Travel,
}

impl Start {
    /// At a point in WGS-84.
    #[must_use]
    pub fn at(ctx: &Ctx, point: LngLat, travel: Travel) -> Self {
        let from = if ctx.walking.has_network() { Cell::of(point).middle() } else { point };
        Self { from, travel }
    }

    /// At the point of a query, if it gives one.
    pub fn of_query(
        ctx: &Ctx,
        (lng, lat, coord): (Option<f64>, Option<f64>, Coord),
        travel: Travel,
    ) -> Result<Option<Self>> {
        Ok(point(lng, lat, coord)?.map(|point| Self::at(ctx, point, travel)))
    }

    /// The way to one centre; none where no way leads there.
    pub async fn walk(&self, ctx: &Ctx, id: CentreId, to: LngLat) -> Option<WalkOut> {
        let found = self.ways(ctx, &[(id, to)]).await;
        found.ways.first().copied().flatten().map(|way| WalkOut::of(way, found.method))
    }

    /// The ways to centres, from memory or the engine; all by estimate without one or while it is away.
    pub async fn ways(&self, ctx: &Ctx, to: &[(CentreId, LngLat)]) -> Ways {
        if ctx.walking.has_network()
            && let Some(ways) = ctx.ways.ways(ctx, self, to).await
        {
            return Ways { method: WayMethod::Network, ways };
        }
        self.estimates(ctx, to)
    }

    /// The ways to centres, all by estimate.
    #[must_use]
    pub fn estimates(&self, ctx: &Ctx, to: &[(CentreId, LngLat)]) -> Ways {
        let estimate = |to: LngLat| ctx.walking.estimate(self.travel, metres(self.from, to));
        let ways: Vec<Option<Way>> = to.iter().map(|(_, to)| Some(estimate(*to))).collect();
        Ways { method: WayMethod::Estimate, ways }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pushchair_is_pushed_on_foot() {
        assert!(travel(TravelMode::Walk, Some(true)).unwrap().pushchair);
        assert!(travel(TravelMode::Drive, None).is_ok());
        assert!(travel(TravelMode::EBike, Some(true)).is_err());
    }

    #[test]
    fn half_a_point_and_a_point_off_the_earth_are_refused() {
        assert!(point(None, None, Coord::Gcj02).unwrap().is_none());
        assert!(point(Some(118.0), Some(24.0), Coord::Bd09).unwrap().is_some());
        for (lng, lat) in
            [(Some(118.0), None), (None, Some(24.0)), (Some(181.0), Some(0.0)), (Some(f64::NAN), Some(0.0))]
        {
            assert!(point(lng, lat, Coord::Wgs84).is_err(), "{lng:?} {lat:?}");
        }
    }
}
