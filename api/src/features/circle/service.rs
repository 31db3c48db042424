//! The one use case.

use entity::LngLat;

use super::{
    dto::{CircleFeatureOut, CircleGeometryOut, CircleOut, CirclePropertiesOut, CircleQuery},
    rules,
};
use crate::{
    config::WalkingEngine,
    error::{Code, Problem, Result, Text},
    features::centres::{
        CentrePlan,
        inside::{self, Inside},
        start::{Start, point, travel},
    },
    language::Word,
    platform::walking::WayMethod,
    state::Ctx,
};

/// Centres of one answer at most.
const MOST_CENTRES: usize = 100;

/// Whose street network it is: OpenStreetMap's licence (ODbL) asks for it.
const fn attribution(engine: WalkingEngine) -> Option<&'static str> {
    match engine {
        WalkingEngine::Estimate => None,
        WalkingEngine::Valhalla => Some("© OpenStreetMap contributors"),
        WalkingEngine::Tencent => Some("腾讯位置服务"),
    }
}

/// Areas, origin and centres.
pub async fn circle(ctx: &Ctx, query: &CircleQuery) -> Result<CircleOut> {
    let travel = travel(query.mode, query.pushchair)?;
    let minutes = rules::minutes(&query.minutes)?;
    let (at, centre) = origin(ctx, query)?;
    let start = Start::at(ctx, at, travel);
    let widest = minutes.first().copied().unwrap_or_default();
    let centre_id = centre.as_ref().map(|centre| centre.row.id);
    // One by street and the other by estimate would contradict each other: both, or neither.
    let mut areas = ctx.walking.areas(start.from, &minutes, travel).await;
    let found = inside::inside(ctx, &start, widest, MOST_CENTRES, centre_id, areas.method).await;
    if found.method != areas.method {
        areas = ctx.walking.estimated_areas(start.from, &minutes, travel);
    }
    let (coord, centres, more) = (query.coord, found.centres, found.more);
    let mut features: Vec<_> = areas
        .areas
        .iter()
        .map(|area| {
            let properties = CirclePropertiesOut::Area { minutes: area.minutes, method: areas.method };
            feature(rules::geometry(&area.polygons, coord), properties)
        })
        .collect();
    let name = centre.map(|centre| centre.row.name.clone());
    let at = CircleGeometryOut::Point(rules::position(at, coord));
    features.push(feature(at, CirclePropertiesOut::Origin { name, centre_id }));
    features.extend(centres.into_iter().map(|centre| CircleFeatureOut {
        id: Some(centre.id),
        ..feature(CircleGeometryOut::Point(rules::position(centre.at, coord)), properties(centre))
    }));
    Ok(CircleOut {
        r#type: "FeatureCollection",
        coord,
        mode: travel.mode,
        pushchair: travel.pushchair,
        more,
        attribution: if areas.method == WayMethod::Network { attribution(ctx.settings.walking_engine) } else { None },
        features,
    })
}

/// Around what: a point, or a centre.
fn origin(ctx: &Ctx, query: &CircleQuery) -> Result<(LngLat, Option<std::sync::Arc<CentrePlan>>)> {
    let point = point(query.lng, query.lat, query.coord)?;
    match (point, query.centre_id) {
        (Some(_), Some(_)) => {
            let text =
                Text::new("位置 lng、lat 与机构 centre_id 只能二选一。", "Give either lng and lat or centre_id.");
            Err(Problem::field("centre_id", "conflict", text))
        }
        (Some(point), None) => Ok((point, None)),
        (None, Some(id)) => {
            let centre = ctx.catalogue.centre(id).ok_or_else(|| {
                let text = Text::new("没有找到这家机构，请返回列表重新选择。", "There is no such centre.");
                Problem::new(Code::NotFound).detail(text)
            })?;
            Ok((centre.row.location(), Some(centre)))
        }
        (None, None) => {
            let text = Text::new("请提供位置 lng、lat，或机构 centre_id。", "Give lng and lat, or centre_id.");
            Err(Problem::field("lng", "missing", text))
        }
    }
}

const fn feature(geometry: CircleGeometryOut, properties: CirclePropertiesOut) -> CircleFeatureOut {
    CircleFeatureOut { r#type: "Feature", id: None, geometry, properties }
}

fn properties(centre: Inside) -> CirclePropertiesOut {
    let (price_from_fen, price_unit) = centre.price.unzip();
    CirclePropertiesOut::Centre {
        name: centre.name,
        kind: centre.kind,
        kind_label: Word(centre.kind.zh()),
        inclusive: centre.inclusive,
        minutes: centre.walk.minutes,
        distance_m: centre.walk.distance_m,
        method: centre.walk.method,
        price_from_fen,
        price_unit,
    }
}
