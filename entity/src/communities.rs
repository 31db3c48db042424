//! Communities (社区) and villages (村): what the coverage of the circle is counted in.
use sea_orm::entity::prelude::*;

use crate::{CommunityId, CommunityKind, LngLat};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "communities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommunityId,
    /// The bureau's own; never given twice.
    #[sea_orm(unique)]
    pub code: String,
    pub name: String,
    /// A row of `townships`.
    pub township: String,
    pub kind: CommunityKind,
    /// Counts for the rural indicators.
    pub rural: bool,
    pub residents: Option<i32>,
    pub under3: Option<i32>,
    /// Where the figures come from, and of which day they are.
    pub source: String,
    pub as_of: Date,
    /// A GeoJSON geometry in WGS-84: Point, Polygon or MultiPolygon.
    pub geometry: String,
    /// Its first sample: the point, or the one nearest to the middle. WGS-84 degrees.
    pub lng: f64,
    pub lat: f64,
    /// No sample is farther from the first.
    pub radius_m: f64,
    /// The points that stand for it: longitude and latitude, little-endian doubles.
    pub samples: Vec<u8>,
    pub samples_n: i32,
    /// Rises with the geometry.
    pub shape: i32,
    /// Rises with every change.
    pub version: i32,
    /// The first day on which it isn't any more (merged, renamed under another code).
    pub ended_on: Option<Date>,
    pub created_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
}
crate::plain_table!();

impl Model {
    /// Where its first sample is, WGS-84.
    #[must_use]
    pub const fn location(&self) -> LngLat {
        LngLat { lng: self.lng, lat: self.lat }
    }
}
