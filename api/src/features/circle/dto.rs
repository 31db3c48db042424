//! What a circle is asked with, and its GeoJSON.

use entity::{CentreId, CentreKind, Fen, OfferUnit};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::centres::coords::Coord,
    language::Word,
    platform::walking::{TravelMode, WayMethod},
};

/// Around what, and how far.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CircleQuery {
    /// Longitude of the family; with `lat`.
    #[param(example = 118.796613)]
    pub lng: Option<f64>,
    /// Latitude of the family; with `lng`.
    #[param(example = 24.891151)]
    pub lat: Option<f64>,
    /// Around this centre, in place of a point; it isn't listed in its own circle.
    pub centre_id: Option<CentreId>,
    /// Coordinate system of the point, and of all points in the answer.
    #[serde(default)]
    #[param(inline)]
    pub coord: Coord,
    /// One to four numbers of minutes from 1 to 60, joined by commas.
    #[serde(default = "usual_minutes")]
    #[param(required = false, default = "5,10,15", pattern = "^[0-9]{1,2}(,[0-9]{1,2}){0,3}$")]
    pub minutes: String,
    /// By what one travels; on foot if not said.
    #[serde(default)]
    #[param(inline)]
    pub mode: TravelMode,
    /// With a pushchair: ways over steps are avoided. On foot only.
    pub pushchair: Option<bool>,
}

fn usual_minutes() -> String {
    "5,10,15".to_owned()
}

/// A `FeatureCollection`.
#[derive(Serialize, ToSchema)]
pub struct CircleOut {
    /// `FeatureCollection`.
    #[schema(example = "FeatureCollection")]
    pub r#type: &'static str,
    /// Coordinate system of every point; other than `wgs84` it is foreign to RFC 7946.
    pub coord: Coord,
    /// By what one travels.
    pub mode: TravelMode,
    /// With a pushchair.
    pub pushchair: bool,
    /// More centres are inside than the 100 that are listed.
    pub more: bool,
    /// To be shown beside a drawing of what a routing engine found; null if it is estimated.
    pub attribution: Option<&'static str>,
    /// Areas, the largest first; the origin; centres, nearest first.
    pub features: Vec<CircleFeatureOut>,
}

/// A `Feature`.
#[derive(Serialize, ToSchema)]
pub struct CircleFeatureOut {
    /// `Feature`.
    #[schema(example = "Feature")]
    pub r#type: &'static str,
    /// Of a centre: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CentreId>,
    /// Where.
    pub geometry: CircleGeometryOut,
    /// What.
    pub properties: CirclePropertiesOut,
}

/// A point in a drawing: longitude and latitude.
pub type Position = Vec<f64>;

/// A geometry: positions are `[longitude, latitude]` with seven digits; outer rings run against the clock.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
pub enum CircleGeometryOut {
    /// The origin or a centre.
    Point(Position),
    /// An area in one piece: its outer ring and its holes.
    Polygon(Vec<Vec<Position>>),
    /// An area in several pieces, or in none.
    MultiPolygon(Vec<Vec<Vec<Position>>>),
}

/// What a feature is.
#[derive(Serialize, ToSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum CirclePropertiesOut {
    /// What is reached within some minutes.
    Area {
        /// Minutes.
        minutes: u32,
        /// `network` or `estimate` (a circle).
        method: WayMethod,
    },
    /// Where the circle begins.
    Origin {
        /// Of a centre's circle: its name.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Of a centre's circle: the centre.
        #[serde(skip_serializing_if = "Option::is_none")]
        centre_id: Option<CentreId>,
    },
    /// A centre inside the largest area.
    Centre {
        /// Name.
        name: String,
        /// Kind.
        kind: CentreKind,
        /// Kind in Chinese.
        kind_label: Word,
        /// Recognised as inclusive today.
        inclusive: bool,
        /// Minutes on the way, rounded up.
        minutes: u32,
        /// Metres along the way.
        distance_m: u32,
        /// `network` or `estimate`.
        method: WayMethod,
        /// Lowest price of the first form of care on offer.
        price_from_fen: Option<Fen>,
        /// What that price is for.
        price_unit: Option<OfferUnit>,
    },
}
