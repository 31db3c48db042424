//! Pages of a centre's staff.

mod today;

use actix_web::web::ServiceConfig;

use super::sign_in;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    sign_in::routes(cfg);
    cfg.service(today::desk_today).service(today::desk_visit_check_in).service(today::desk_visit_check_out);
}
