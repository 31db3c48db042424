//! Coverage (15分钟托育服务圈覆盖): communities with their under-threes, how much of each lies within reach
//! of a centre, where the gaps are, what a new site would bring, and the plan's indicator.
//!
//! Promises: an import is whole or nothing and names every problem; a community's former states are kept; a
//! point of one system is never taken for another's; sums of groups are the total, in whole people; what
//! a site is said to bring is what it brings; a change of centres, communities or settings is reckoned
//! within seconds, by one replica; every answer says how its ways were found and whether they are up to
//! date.
//!
//! Kept are not figures but ways, from every centre to the samples that stand for each community: the
//! figures of any number of minutes and any choice of centres follow from them in memory
//! (`docs/decisions/coverage.md`). Read [`rules`], then `service/sweep.rs`.

mod bureau;
mod bureau_figures;
pub mod dto;
mod edges;
pub mod figures_dto;
pub mod geojson;
mod rows;
pub mod rules;
pub mod service;
pub mod shape;
mod sheet;
mod store;
pub mod what_if_dto;

pub use store::version;

use crate::http::Registry;

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(bureau::import_communities)
        .service(bureau::list_communities)
        .service(bureau::list_communities_geojson)
        .service(bureau::change_community)
        .service(bureau::end_community)
        .service(bureau_figures::read_coverage)
        .service(bureau_figures::read_coverage_csv)
        .service(bureau_figures::read_coverage_xlsx)
        .service(bureau_figures::read_coverage_geojson)
        .service(bureau_figures::list_coverage_gaps)
        .service(bureau_figures::ask_what_if)
        .service(bureau_figures::recompute_coverage)
        .service(bureau_figures::read_community_coverage);
}
