//! Pages of officers.

mod overview;
mod satisfaction;

use actix_web::web::ServiceConfig;

use super::sign_in;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    sign_in::routes(cfg);
    cfg.service(overview::bureau_overview).service(satisfaction::bureau_satisfaction);
}
