//! What communities are at the API.

use entity::{CentreId, CommunityId, CommunityKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::store::Community;
use crate::{
    features::centres::{LocationOut, coords::Coord},
    http::{Cursor, Day, Limit, Line, Whole, nullable},
    platform::walking::WayMethod,
};

/// A GeoJSON FeatureCollection of communities (RFC 7946). Longitude first, in the system that the query's
/// `coord` names; a member `crs` (GeoJSON of 2008) is refused, be it of the collection, a feature or a geometry.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunityCollection {
    /// Always `FeatureCollection`.
    #[schema(example = "FeatureCollection")]
    pub r#type: &'static str,
    /// Coordinate system of every point; other than `wgs84` it is foreign to RFC 7946. In every export; an
    /// import may leave it out, and is refused when it is another than the query's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coord: Option<Coord>,
    /// 1 to 5 000 communities in an import.
    pub features: Vec<CommunityFeature>,
}

/// A community on the map.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunityFeature {
    /// Always `Feature`.
    #[schema(example = "Feature")]
    pub r#type: &'static str,
    /// Ours; ignored in an import, where the code says which community it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CommunityId>,
    /// Where it is.
    pub geometry: CommunityGeometry,
    /// What it is.
    pub properties: CommunityProperties,
}

/// A GeoJSON geometry: `Point`, `Polygon` or `MultiPolygon`, of at most 2 000 points.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunityGeometry {
    /// `Point`, `Polygon` or `MultiPolygon`.
    #[schema(value_type = String, example = "Point")]
    pub r#type: Value,
    /// As the type has them; each position is [longitude, latitude].
    #[schema(example = json!([118.7966, 24.8912]))]
    pub coordinates: Value,
}

impl From<Value> for CommunityGeometry {
    fn from(mut geometry: Value) -> Self {
        Self { r#type: geometry["type"].take(), coordinates: geometry["coordinates"].take() }
    }
}

/// What a community is. Other properties of an import are ignored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunityProperties {
    /// The bureau's own code of it; says which community it is.
    #[schema(value_type = String, min_length = 1, max_length = 40, example = "350521001001")]
    pub code: Line<40>,
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 60, example = "锦绣社区")]
    pub name: Line<60>,
    /// One of the district's.
    #[schema(value_type = String, min_length = 1, max_length = 20, example = "东园镇")]
    pub township: Line<20>,
    /// `urban` (or 社区) or `village` (or 村).
    pub kind: CommunityKind,
    /// Whether it counts for the rural indicators; by default a village does.
    pub rural: Option<bool>,
    /// Residents, if known.
    pub residents: Option<Whole<0, 10_000_000>>,
    /// Children under three, if known.
    pub under3: Option<Whole<0, 1_000_000>>,
    /// Where the figures come from.
    #[schema(value_type = String, min_length = 1, max_length = 100, example = "2025年人口抽样调查")]
    pub source: Line<100>,
    /// Of which day the figures are. Figures of an earlier day than the stored ones are refused.
    pub as_of: Day,
}

/// How an import is read.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommunityImportQuery {
    /// Coordinate system of all points.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// Only say what would happen; nothing is written.
    #[serde(default)]
    pub dry_run: bool,
}

/// What an import did, or would do.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CommunityImportOut {
    /// Nothing was written.
    pub dry_run: bool,
    /// Features read.
    pub features: usize,
    /// Communities that are new.
    pub created: usize,
    /// Communities with new figures, a new name or another place.
    pub updated: usize,
    /// Communities that were so already.
    pub unchanged: usize,
}

/// In which system points are told.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommunityExportQuery {
    /// Coordinate system of the points.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
}

/// Which communities.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommunitiesQuery {
    /// Only this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Only those that count for the rural indicators (or only others).
    pub rural: Option<bool>,
    /// Only those inside the 15-minute circle of a filed centre (or only others).
    pub covered: Option<bool>,
    /// Those that have ended instead of those that are.
    #[serde(default)]
    pub ended: bool,
    /// Coordinate system of the points.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// Items a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A community.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CommunityOut {
    /// Its id.
    pub id: CommunityId,
    /// The bureau's own code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its township.
    pub township: String,
    /// Urban community or village.
    pub kind: CommunityKind,
    /// Whether it counts for the rural indicators.
    pub rural: bool,
    /// Residents, if known.
    pub residents: Option<i32>,
    /// Children under three, if known.
    pub under3: Option<i32>,
    /// Where the figures come from.
    pub source: String,
    /// Of which day they are.
    pub as_of: Day,
    /// The point, or one near the middle.
    pub location: LocationOut,
    /// The first day on which it isn't any more.
    pub ended_on: Option<Day>,
    /// Rises with every change; the former states are kept.
    pub version: i32,
    /// Whether it lies in the circle; null of one that has ended.
    pub coverage: Option<CommunityCoverageOut>,
}

impl CommunityOut {
    /// Of a stored community, without its coverage.
    #[must_use]
    pub(super) fn of(row: &Community, coord: Coord) -> Self {
        let at = coord.from_wgs84(row.location());
        Self {
            id: row.id,
            code: row.code.clone(),
            name: row.name.clone(),
            township: row.township.clone(),
            kind: row.kind,
            rural: row.rural,
            residents: row.residents,
            under3: row.under3,
            source: row.source.clone(),
            as_of: Day(row.as_of),
            location: LocationOut { lng: at.lng, lat: at.lat, coord },
            ended_on: row.ended_on.map(Day),
            version: row.version,
            coverage: None,
        }
    }
}

/// How much of a community lies in the circle.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommunityCoverageOut {
    /// The share reaches `coverage_share`.
    pub covered: bool,
    /// Share of its samples from which a centre is reached in time, 0 to 1.
    #[schema(example = 0.62)]
    pub share: f64,
    /// Under-threes inside: under-threes × share, rounded; null if they aren't known.
    pub under3_covered: Option<i64>,
    /// The nearest centre that counts, from the middle; null if there is none.
    pub nearest: Option<CommunityNearestOut>,
}

/// The nearest centre: by the shortest way from anywhere in the community (its samples), or else by the
/// straight line from its middle.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommunityNearestOut {
    /// Which.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// Minutes on foot, rounded up; null where there is no way within half an hour: the street network shows
    /// none, or, with a routing engine, the straight line alone is longer.
    pub minutes: Option<u32>,
    /// How that was found: `network` is what the engine has answered, `estimate` what the straight line says.
    pub method: WayMethod,
    /// Metres as the crow flies, from the community's middle.
    pub straight_m: u32,
}

/// A change of a community's figures; what is absent stays. Its place changes with an import.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CommunityPatch {
    /// Its name.
    pub name: Option<Line<60>>,
    /// One of the district's.
    pub township: Option<Line<20>>,
    /// Urban community or village.
    pub kind: Option<CommunityKind>,
    /// Whether it counts for the rural indicators.
    pub rural: Option<bool>,
    /// Residents; null: not known.
    #[serde(default, deserialize_with = "nullable")]
    pub residents: Option<Option<Whole<0, 10_000_000>>>,
    /// Children under three; null: not known.
    #[serde(default, deserialize_with = "nullable")]
    pub under3: Option<Option<Whole<0, 1_000_000>>>,
    /// Where the figures come from.
    pub source: Option<Line<100>>,
    /// Of which day they are; not before the stored one.
    pub as_of: Option<Day>,
}

/// The end of a community.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CommunityEndIn {
    /// Why: merged into which, split, renamed under another code.
    pub reason: Line<200>,
    /// The first day on which it isn't any more; today if not said, never later.
    #[serde(default)]
    pub on: Option<Day>,
}
