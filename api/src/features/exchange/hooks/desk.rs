//! Handlers for the centre's desk: webhooks of the centre.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{WebhookDeliveryId, WebhookId};

use super::{
    dto::{WebhookDeliveriesQuery, WebhookDeliveryOut, WebhookIn, WebhookOut, WebhooksQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's webhooks
///
/// Newest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(WebhooksQuery),
    responses((status = 200, description = "One page", body = Page<WebhookOut>), Refusals))]
#[get("/desk/webhooks")]
pub(in super::super) async fn list_own_webhooks(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<WebhooksQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, Some(desk.centre_id), &query).await?))
}

/// Make a webhook of the centre
///
/// It is told what happens from now on at this centre: ids and states, no names. Messages are signed as
/// standardwebhooks.com says (`webhook-id`, `webhook-timestamp`, `webhook-signature`); the secret is
/// in this answer only. A message that isn't answered with 2xx is tried again for about a day, under
/// the same `webhook-id`; refuse timestamps older than five minutes and ids you have seen.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = WebhookIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = WebhookOut), Refusals))]
#[post("/desk/webhooks")]
pub(in super::super) async fn make_own_webhook(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Json(body): Json<WebhookIn>,
) -> Result<HttpResponse> {
    Ok(service::make(&ctx, (&desk).into(), &key, body).await?.respond(StatusCode::CREATED))
}

/// Make a new secret of a webhook
///
/// Shown this once. For a day messages carry a signature of each, the new one first.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Rotated", body = WebhookOut), Refusals))]
#[post("/desk/webhooks/{id}/rotate-secret")]
pub(in super::super) async fn rotate_own_webhook(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::rotate(&ctx, (&desk).into(), &key, id.0).await?.respond(StatusCode::OK))
}

/// End a webhook
///
/// It is told nothing more; what waited for it is given up.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Ended", body = WebhookOut), Refusals))]
#[post("/desk/webhooks/{id}/end")]
pub(in super::super) async fn end_own_webhook(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::end(&ctx, (&desk).into(), &key, id.0).await?.respond(StatusCode::OK))
}

/// List what a webhook was told
///
/// Newest first, with how far each message is; `dead` ones were given up and can be tried again.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"), WebhookDeliveriesQuery),
    responses((status = 200, description = "One page", body = Page<WebhookDeliveryOut>), Refusals))]
#[get("/desk/webhooks/{id}/deliveries")]
pub(in super::super) async fn list_own_webhook_deliveries(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<WebhookId>,
    Query(query): Query<WebhookDeliveriesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::deliveries(&ctx, Some(desk.centre_id), id.0, &query).await?))
}

/// Try a message again that was given up
///
/// From the beginning, under the same `webhook-id`.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = WebhookDeliveryId, Path, description = "The message"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Due again", body = WebhookDeliveryOut), Refusals))]
#[post("/desk/webhook-deliveries/{id}/retry")]
pub(in super::super) async fn retry_own_webhook_delivery(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<WebhookDeliveryId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::retry(&ctx, (&desk).into(), &key, id.0).await?.respond(StatusCode::OK))
}
