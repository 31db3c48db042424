//! Communities of the demonstration: invented places and figures, marked 「（演示）」, in the shape of an
//! import (WGS-84). Some lie inside the circle of a demonstration centre, some in part, some outside.

use chrono::{DateTime, Utc};
use entity::{communities, community_versions};
use sea_orm::DbErr;

use super::{mint, site::founded, sites::SITES};
use crate::features::{
    centres::coords::Coord,
    coverage::{geojson, service::communities::first, version},
};

const MAP: &str = include_str!("communities.geojson");

/// The rows, and their first states.
pub(super) fn rows(now: DateTime<Utc>) -> Result<(Vec<communities::Model>, Vec<community_versions::Model>), DbErr> {
    let townships: Vec<String> = SITES.iter().map(|site| site.township.to_owned()).collect();
    let features = geojson::read(MAP.as_bytes(), Coord::Wgs84, &townships)
        .map_err(|problem| DbErr::Custom(format!("the demonstration's communities: {}", problem.text().en)))?;
    let row = |feature: &geojson::Feature| first(mint::id(founded(), &feature.properties.code), feature, now);
    let rows: Vec<communities::Model> = features.iter().map(row).collect();
    let versions = rows.iter().map(|row| version(row, None, now)).collect();
    Ok((rows, versions))
}
