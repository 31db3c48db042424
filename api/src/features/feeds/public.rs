//! The handler that calendars call.

use actix_web::{HttpResponse, get, http::header::CACHE_CONTROL, web::Data};

use super::service;
use crate::{
    error::Result,
    http::{Path, PublicRefusals, address::ClientAddress},
    state::Ctx,
};

/// Read a calendar feed
///
/// iCalendar (RFC 5545), by its secret link alone.
#[utoipa::path(tag = "calendars", params(("token" = String, Path, description = "The secret, with or without `.ics`")), responses(
    (status = 200, description = "The calendar", body = String, content_type = "text/calendar"), PublicRefusals))]
#[get("/calendars/{token}")]
pub(super) async fn read_calendar(ctx: Data<Ctx>, address: ClientAddress, token: Path<String>) -> Result<HttpResponse> {
    let calendar = service::read(&ctx, &address.0, &token.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "private, max-age=300"))
        .content_type("text/calendar; charset=utf-8")
        .body(calendar))
}
