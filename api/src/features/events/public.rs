//! Handlers for anyone.

use actix_web::{HttpResponse, get, web::Data};
use entity::EventId;

use super::{
    dto::{EventOut, EventsQuery},
    service,
};
use crate::{
    error::Result,
    http::{Page, Path, PublicRefusals, Query},
    state::Ctx,
};

/// List the events to come
///
/// Talks, lectures, parents' classes and family days, the next first.
#[utoipa::path(tag = "events", params(EventsQuery), responses(
    (status = 200, description = "One page", body = Page<EventOut>), PublicRefusals))]
#[get("/events")]
pub(super) async fn list_events(ctx: Data<Ctx>, Query(query): Query<EventsQuery>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::to_come(&ctx, query).await?))
}

/// Read an event
///
/// One that was cancelled says why.
#[utoipa::path(tag = "events", params(("id" = EventId, Path, description = "The event")), responses(
    (status = 200, description = "The event", body = EventOut), PublicRefusals))]
#[get("/events/{id}")]
pub(super) async fn read_event(ctx: Data<Ctx>, id: Path<EventId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::read(&ctx, id.0).await?))
}
