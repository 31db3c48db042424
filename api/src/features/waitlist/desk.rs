//! Handlers for the centre's desk.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    dto::{DeskWaitlistOut, WaitlistQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Page, Query, Refusals},
    state::Ctx,
};

/// List who waits for the centre
///
/// In the order in which places are offered.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(WaitlistQuery), responses(
    (status = 200, description = "A page of entries", body = Page<DeskWaitlistOut>), Refusals))]
#[get("/desk/waitlist")]
pub(super) async fn list_desk_waitlist(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<WaitlistQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::of_centre(&ctx, desk.centre_id, query).await?))
}
