//! What the coverage of the circle is at the API.

use entity::{CentreKind, CommunityId, CommunityKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::{CommunityCoverageOut, CommunityGeometry};
use crate::{
    features::centres::{LocationOut, coords::Coord},
    http::{Cursor, Day, Limit, Line, Moment, digits},
    platform::walking::WayMethod,
};

/// What the groups of the coverage are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoverageBy {
    /// A group per township that has communities, in the district's order.
    #[default]
    Township,
    /// A group per community, by code.
    Community,
}

/// Which coverage, by which groups.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverageQuery {
    /// What the groups are.
    #[serde(default)]
    #[param(inline)]
    pub by: CoverageBy,
    /// Minutes on foot, 1 to 30; 15 if not said.
    #[serde(default, deserialize_with = "digits")]
    #[param(minimum = 1, maximum = 30)]
    pub minutes: Option<u32>,
    /// Only centres recognised as inclusive today (or only others).
    pub inclusive: Option<bool>,
    /// Only centres of this kind.
    #[param(inline)]
    pub kind: Option<CentreKind>,
    /// Only centres that are filed (or only others); filed ones if not said.
    pub filed: Option<bool>,
    /// Only communities that count for the rural indicators (or only others).
    pub rural: Option<bool>,
    /// Only communities of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Groups a page, 1 to 100.
    #[serde(default)]
    pub limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Which coverage, of all communities, as a list or a map.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverageMapQuery {
    /// Minutes on foot, 1 to 30; 15 if not said.
    #[serde(default, deserialize_with = "digits")]
    #[param(minimum = 1, maximum = 30)]
    pub minutes: Option<u32>,
    /// Only centres recognised as inclusive today (or only others).
    pub inclusive: Option<bool>,
    /// Only centres of this kind.
    #[param(inline)]
    pub kind: Option<CentreKind>,
    /// Only centres that are filed (or only others); filed ones if not said.
    pub filed: Option<bool>,
    /// Only communities that count for the rural indicators (or only others).
    pub rural: Option<bool>,
    /// Only communities of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
    /// Coordinate system of the points.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
}

/// Figures of some communities. Rates are fractions of 1 with four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CoverageFigures {
    /// Communities that are today.
    #[schema(example = 16)]
    pub communities: i64,
    /// Those of which a large enough share lies in the circle of some centre.
    #[schema(example = 11)]
    pub covered: i64,
    /// Covered ÷ communities; null without communities.
    #[schema(example = 0.6875)]
    pub rate: Option<f64>,
    /// Whether the rate reaches the target; null without communities.
    pub met: Option<bool>,
    /// Children under three, where they are known.
    pub under3: i64,
    /// Those inside: per community its under-threes × share, rounded.
    pub under3_covered: i64,
    /// Inside ÷ all; null without any.
    pub under3_rate: Option<f64>,
    /// Communities whose under-threes aren't known.
    pub under3_unknown: i64,
}

/// The coverage of the circle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageOut {
    /// Minutes on foot.
    pub minutes: u32,
    /// A community is covered when this share of it lies inside.
    #[schema(example = 0.5)]
    pub share: f64,
    /// The rate to reach, a fraction of 1.
    #[schema(example = 0.6)]
    pub target: f64,
    /// `estimate` as soon as one way was estimated.
    pub method: WayMethod,
    /// Figures of communities are of these days, the first and the last.
    pub figures_from: Option<Day>,
    /// …the last.
    pub figures_to: Option<Day>,
    /// False while ways are being reckoned after a change; seconds, as a rule.
    pub up_to_date: bool,
    /// When all ways were last found as they are; null before the first time.
    pub computed_at: Option<Moment>,
    /// All communities asked for.
    pub total: CoverageFigures,
    /// What the groups are.
    pub by: CoverageBy,
    /// The groups.
    pub groups: Vec<CoverageGroup>,
    /// Pass as `cursor` for the next page of groups; null on the last.
    pub next_cursor: Option<String>,
}

/// A township or a community.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageGroup {
    /// The township, or the community's id.
    #[schema(example = "洛阳镇")]
    pub key: String,
    /// For people.
    #[schema(example = "洛阳镇")]
    pub label: String,
    /// Its figures.
    pub figures: CoverageFigures,
    /// Of a community: how much of it lies inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CommunityCoverageOut>,
}

/// Which gaps.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CoverageGapsQuery {
    /// Minutes on foot, 1 to 30; 15 if not said.
    #[serde(default, deserialize_with = "digits")]
    #[param(minimum = 1, maximum = 30)]
    pub minutes: Option<u32>,
    /// Only centres recognised as inclusive today (or only others).
    pub inclusive: Option<bool>,
    /// Only centres of this kind.
    #[param(inline)]
    pub kind: Option<CentreKind>,
    /// Only centres that are filed (or only others); filed ones if not said.
    pub filed: Option<bool>,
    /// Only communities that count for the rural indicators (or only others).
    pub rural: Option<bool>,
    /// Only communities of this township.
    #[param(value_type = Option<String>)]
    pub township: Option<Line<20>>,
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

/// A community that lies outside, in whole or in part.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageGapOut {
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
    /// The point, or one near the middle.
    pub location: LocationOut,
    /// Children under three; null if not known: such gaps come last.
    pub under3: Option<i32>,
    /// Those outside.
    pub under3_uncovered: Option<i64>,
    /// How much of it lies inside.
    pub coverage: CommunityCoverageOut,
}

/// The coverage as a map: a GeoJSON FeatureCollection.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageCollection {
    /// Always `FeatureCollection`.
    #[schema(example = "FeatureCollection")]
    pub r#type: &'static str,
    /// Coordinate system of every point; other than `wgs84` it is foreign to RFC 7946.
    pub coord: Coord,
    /// A feature per community.
    pub features: Vec<CoverageFeature>,
}

/// A community of the coverage's map.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageFeature {
    /// Always `Feature`.
    #[schema(example = "Feature")]
    pub r#type: &'static str,
    /// The community.
    pub id: CommunityId,
    /// Where it is.
    pub geometry: CommunityGeometry,
    /// What is drawn of it.
    pub properties: CoverageFeatureProperties,
}

/// What is drawn of a community.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageFeatureProperties {
    /// The bureau's own code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its township.
    pub township: String,
    /// Urban community or village.
    pub kind: CommunityKind,
    /// Children under three, if known.
    pub under3: Option<i32>,
    /// How much of it lies inside.
    pub coverage: CommunityCoverageOut,
}

/// An indicator of the plan with what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CoverageIndicatorOut {
    /// `community_coverage`.
    #[schema(example = "community_coverage")]
    pub code: &'static str,
    /// In Chinese.
    #[schema(example = "社区托育服务覆盖率")]
    pub name: &'static str,
    /// Numerator ÷ denominator, four decimals; null without communities.
    #[schema(example = 0.6875)]
    pub value: Option<f64>,
    /// The rate to reach, a fraction of 1.
    #[schema(example = 0.6)]
    pub target: f64,
    /// Whether it is reached; null without communities.
    pub met: Option<bool>,
    /// Communities with a filed centre within 15 minutes on foot.
    pub numerator: i64,
    /// Communities.
    pub denominator: i64,
    /// The formula, in Chinese.
    pub formula: &'static str,
    /// Where the list of communities comes from, and of which days.
    pub sources: Vec<CoverageSourceOut>,
    /// How ways were found.
    pub method: WayMethod,
    /// False while ways are being reckoned after a change.
    pub up_to_date: bool,
    /// When all ways were last found as they are.
    pub computed_at: Option<Moment>,
}

/// A source of figures.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CoverageSourceOut {
    /// As it was named.
    pub source: String,
    /// Of which day.
    pub as_of: Day,
    /// For so many communities.
    pub communities: i64,
}

/// What a recomputation will do.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CoverageRecomputeOut {
    /// Centres whose ways are found anew in the background.
    pub centres: u64,
}
