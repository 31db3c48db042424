//! Communities that are known by one point each, many at once, as a table has them; those with an area come
//! with the map.

use entity::{CommunityId, CommunityKind, LngLat, communities};
use sea_orm::DatabaseTransaction;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        dto::CommunityProperties,
        geojson::{self, Feature},
        shape::Shape,
        store,
    },
    Judged, all_of,
    communities::{first, next, rendered, with_properties, with_shape},
    populations::{check_people, may_follow},
};
use crate::{
    error::{Problem, Result, Text},
    features::{auth::Bureau, centres::coords::Coord, directory},
    http::{Day, Line, Whole},
    state::Ctx,
};

/// A community and where it is.
#[derive(Clone, Debug, Deserialize)]
pub struct CommunityPoint {
    /// Says which community it is.
    pub code: Line<40>,
    /// Its name.
    pub name: Line<60>,
    /// One of the district's.
    pub township: Line<20>,
    /// What it is.
    pub kind: CommunityKind,
    /// Longitude, in degrees.
    pub lng: f64,
    /// Latitude.
    pub lat: f64,
    /// Coordinate system of the two.
    #[serde(default)]
    pub coord: Coord,
    /// Residents; absent: as they were.
    pub residents: Option<Whole<0, 10_000_000>>,
    /// Children under three; absent: as they were.
    pub under3: Option<Whole<0, 1_000_000>>,
    /// Where the figures come from.
    pub source: Line<100>,
    /// Of which day they are.
    pub as_of: Day,
}

impl CommunityPoint {
    /// Where it is.
    #[must_use]
    pub fn at(&self) -> LngLat {
        self.coord.to_wgs84(LngLat { lng: self.lng, lat: self.lat })
    }
}

/// What became of one; with what the audit log tells.
#[derive(Debug)]
pub enum PointOutcome {
    /// It is new.
    Created(CommunityId, Value),
    /// Its former state is kept.
    Changed(CommunityId, Value),
    /// It was so already.
    Unchanged,
}

/// Sets communities in the transaction of an import, under the townships' rows; for each what became of it, or
/// why nothing did.
pub async fn set(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    bureau: &Bureau,
    rows: &[Judged<CommunityPoint>],
) -> Result<Vec<Result<PointOutcome>>> {
    let codes: Vec<String> = rows.iter().map(|judged| judged.row.code.to_string()).collect();
    let stored = store::lock_by_code(txn, &codes).await?;
    let (mut outcomes, mut put) = (Vec::with_capacity(rows.len()), Vec::new());
    for Judged { row, wrong, unknown } in rows {
        let before = stored.get(&*row.code).filter(|_| !unknown);
        outcomes.push(check(ctx, before, row).map(|shape| {
            let after = after(ctx, before, row, shape);
            if *wrong || before == Some(&after) {
                return PointOutcome::Unchanged;
            }
            let after = if before.is_some() { next(ctx, after) } else { after };
            let detail = json!({ "version": after.version, "residents": after.residents, "under3": after.under3,
                "as_of": after.as_of });
            let id = after.id;
            put.push(after);
            if before.is_some() { PointOutcome::Changed(id, detail) } else { PointOutcome::Created(id, detail) }
        }));
    }
    store::put(txn, &put).await?;
    store::keep(txn, &put, Some(bureau.staff_id), ctx.clock.now()).await?;
    Ok(outcomes)
}

/// Holds a row against the rules of communities; gives its place.
fn check(ctx: &Ctx, before: Option<&communities::Model>, row: &CommunityPoint) -> Result<Shape> {
    let point = json!({ "type": "Point", "coordinates": [row.lng, row.lat] });
    let shape = geojson::geometry(Some(&point), row.coord);
    let shape = shape.map_err(|(code, text)| Problem::field("lng", code, text));
    let residents = row.residents.map(|n| n.0).or_else(|| before?.residents);
    let in_place = before.map_or(Ok(()), |before| match geojson::stored(&before.geometry)? {
        Shape::Point(_) => Ok(()),
        _ => {
            let text = Text::new(
                "该社区已有边界，不能用一个点覆盖；人口请用社区人口表，边界请用地图导入。",
                "the community has an area: a point doesn't take its place; import populations, or a map.",
            );
            Err(Problem::field("lng", "has_area", text))
        }
    });
    all_of([
        directory::rules::check_township(&ctx.catalogue.townships(), &row.township),
        shape.as_ref().map(drop).map_err(Clone::clone),
        in_place,
        check_people(residents, row.under3.map(|n| n.0).or_else(|| before?.under3)),
        may_follow(before, row.as_of.0, ctx.clock.today()),
    ])?;
    shape
}

/// The community as it is to be.
fn after(ctx: &Ctx, before: Option<&communities::Model>, row: &CommunityPoint, shape: Shape) -> communities::Model {
    let CommunityPoint { code, name, township, kind, lng: _, lat: _, coord: _, residents, under3, source, as_of } =
        row.clone();
    let same_kind = before.filter(|before| before.kind == kind);
    let properties = CommunityProperties {
        code,
        name,
        township,
        kind,
        rural: same_kind.map(|before| before.rural),
        residents: residents.or_else(|| before?.residents.map(Whole)),
        under3: under3.or_else(|| before?.under3.map(Whole)),
        source,
        as_of,
    };
    let feature = Feature { at: 0, properties, shape };
    let Some(before) = before else { return first(ctx.clock.id(), &feature, ctx.clock.now()) };
    let after = with_properties(before, &feature.properties);
    if geojson::stored(&before.geometry).is_ok_and(|stored| stored.is_same(&feature.shape)) {
        return after;
    }
    let (geometry, samples) = rendered(&feature);
    let after = with_shape(after, geometry, &samples);
    communities::Model { shape: after.shape + 1, ..after }
}
