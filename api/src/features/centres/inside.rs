//! The centres inside a circle, for whoever draws it: without filters and places.

use entity::{CentreId, CentreKind, Fen, LngLat, OfferUnit};

use super::{
    dto::WalkOut,
    start::{MOST_ASKED, Start},
};
use crate::{platform::walking::WayMethod, state::Ctx};

/// A centre inside, with what a drawing says of it.
pub struct Inside {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: CentreKind,
    /// Recognised as inclusive today.
    pub inclusive: bool,
    /// Where it is, WGS-84.
    pub at: LngLat,
    /// The way to it.
    pub walk: WalkOut,
    /// Lowest price of the first form of care on offer, and what it is for.
    pub price: Option<(Fen, OfferUnit)>,
}

/// What is inside.
pub struct AllInside {
    /// How the ways were found.
    pub method: WayMethod,
    /// Nearest first.
    pub centres: Vec<Inside>,
    /// Whether there are more.
    pub more: bool,
}

/// The centres reached within `minutes`, nearest first and `most` of them at most: by street if that is asked
/// for and the routing engine answers, which is asked about the nearest [`MOST_ASKED`] as the crow flies; else
/// by estimate.
pub async fn inside(
    ctx: &Ctx,
    start: &Start,
    minutes: u32,
    most: usize,
    without: Option<CentreId>,
    by: WayMethod,
) -> AllInside {
    let centres = ctx.catalogue.now();
    let near = centres.within(start.from, ctx.walking.reach(start.travel, f64::from(minutes)));
    let mut near: Vec<_> = near.filter(|(spot, _)| without != Some(spot.id())).collect();
    near.sort_unstable_by(|(a, near), (b, far)| near.total_cmp(far).then_with(|| a.id().cmp(&b.id())));
    let more = near.len() > MOST_ASKED;
    near.truncate(MOST_ASKED);
    let (method, ways) = if by == WayMethod::Network {
        let to: Vec<_> = near.iter().map(|(spot, _)| (spot.id(), spot.location())).collect();
        let found = start.ways(ctx, &to).await;
        (found.method, found.ways)
    } else {
        let way = |metres| Some(ctx.walking.estimate(start.travel, metres));
        (WayMethod::Estimate, near.iter().map(|(_, metres)| way(*metres)).collect())
    };
    let ways = ways.into_iter().map(|way| way.map(|way| WalkOut::of(way, method)));
    let mut found: Vec<_> = near
        .into_iter()
        .zip(ways)
        .filter_map(|((spot, _), walk)| Some((spot, walk.filter(|walk| walk.minutes <= minutes)?)))
        .collect();
    found.sort_by_key(|(_, walk)| (walk.minutes, walk.distance_m));
    let more = more || found.len() > most;
    found.truncate(most);
    let shown = found.into_iter().map(|(spot, walk)| Inside {
        id: spot.id(),
        name: spot.texts().0.to_owned(),
        kind: spot.kind(),
        inclusive: spot.inclusive(),
        at: spot.location(),
        walk,
        price: spot.price(None).map(|price| (price.fen, price.unit)),
    });
    AllInside { method, centres: shown.collect(), more }
}
