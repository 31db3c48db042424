//! What a question about sites and closings is at the API.

use entity::{CentreId, CentreKind, CommunityId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figures_dto::CoverageFigures;
use crate::{
    features::centres::{LocationOut, coords::Coord},
    http::Line,
    platform::walking::WayMethod,
};

/// A place where a centre could be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CoverageSiteIn {
    /// Longitude.
    #[schema(example = 118.79)]
    pub lng: f64,
    /// Latitude.
    #[schema(example = 24.89)]
    pub lat: f64,
    /// Coordinate system of the two; gcj02 if not said.
    #[serde(default)]
    pub coord: Coord,
    /// For people.
    #[serde(default)]
    pub name: Option<Line<60>>,
}

/// What if these were, and those weren't.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct CoverageWhatIfIn {
    /// Centres that could be; at most 10. They count whatever the filters say.
    #[serde(default)]
    pub sites: Vec<CoverageSiteIn>,
    /// Centres that could close; at most 10.
    #[serde(default)]
    pub without: Vec<CentreId>,
    /// Minutes on foot, 1 to 30; 15 if not said.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    pub minutes: Option<u32>,
    /// Only centres recognised as inclusive today (or only others).
    #[serde(default)]
    pub inclusive: Option<bool>,
    /// Only centres of this kind.
    #[serde(default)]
    pub kind: Option<CentreKind>,
    /// Only centres that are filed (or only others); filed ones if not said.
    #[serde(default)]
    pub filed: Option<bool>,
}

/// What would become of the coverage.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageWhatIfOut {
    /// Minutes on foot.
    pub minutes: u32,
    /// The rate to reach, a fraction of 1.
    pub target: f64,
    /// `estimate` as soon as one way was estimated.
    pub method: WayMethod,
    /// False while ways of present centres are being reckoned.
    pub up_to_date: bool,
    /// As it is.
    pub before: CoverageFigures,
    /// Each site by itself, in the order asked.
    pub sites: Vec<CoverageSiteOut>,
    /// Each closing by itself, in the order asked.
    pub without: Vec<CoverageClosingOut>,
    /// All sites and closings together.
    pub together: CoverageChange,
}

/// A site and what it alone would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageSiteOut {
    /// As it was named.
    pub name: Option<String>,
    /// Where, as it was asked.
    pub location: LocationOut,
    /// What it alone would change.
    pub change: CoverageChange,
}

/// A closing and what it alone would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageClosingOut {
    /// The centre.
    pub centre_id: CentreId,
    /// Its name.
    pub centre_name: String,
    /// Whether it counts under the filters at all.
    pub counts: bool,
    /// What its closing alone would change.
    pub change: CoverageChange,
}

/// A change of the coverage; losses are negative.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageChange {
    /// As it would be.
    pub after: CoverageFigures,
    /// Communities more that are covered.
    pub communities: i64,
    /// Under-threes more that are inside.
    pub under3: i64,
    /// Which communities, the largest change first; at most 100.
    pub which: Vec<CoverageChangedCommunity>,
}

/// A community whose coverage would change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CoverageChangedCommunity {
    /// Its id.
    pub id: CommunityId,
    /// The bureau's own code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its township.
    pub township: String,
    /// Share inside as it is.
    pub share_before: f64,
    /// Share inside as it would be.
    pub share_after: f64,
    /// Covered as it is.
    pub covered_before: bool,
    /// Covered as it would be.
    pub covered_after: bool,
    /// Under-threes more that are inside; null if they aren't known.
    pub under3: Option<i64>,
}
