//! Handlers for the bureau: webhooks.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::{WebhookDeliveryId, WebhookId};

use super::{
    dto::{WebhookDeliveriesQuery, WebhookDeliveryOut, WebhookIn, WebhookOut, WebhooksQuery},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List webhooks
///
/// Newest first, the centres' too.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(WebhooksQuery),
    responses((status = 200, description = "One page", body = Page<WebhookOut>), Refusals))]
#[get("/bureau/webhooks")]
pub(in super::super) async fn list_webhooks(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<WebhooksQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, None, &query).await?))
}

/// Make a webhook of the bureau
///
/// It is told what happens from now on, at every centre: ids and states, no names. Messages are signed as
/// standardwebhooks.com says (`webhook-id`, `webhook-timestamp`, `webhook-signature`); the secret is
/// in this answer only. A message that isn't answered with 2xx is tried again for about a day, under
/// the same `webhook-id`; refuse timestamps older than five minutes and ids you have seen.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = WebhookIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = WebhookOut), Refusals))]
#[post("/bureau/webhooks")]
pub(in super::super) async fn make_webhook(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<WebhookIn>,
) -> Result<HttpResponse> {
    Ok(service::make(&ctx, (&bureau).into(), &key, body).await?.respond(StatusCode::CREATED))
}

/// Make a new secret of a webhook
///
/// Shown this once. For a day messages carry a signature of each, the new one first.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Rotated", body = WebhookOut), Refusals))]
#[post("/bureau/webhooks/{id}/rotate-secret")]
pub(in super::super) async fn rotate_webhook(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::rotate(&ctx, (&bureau).into(), &key, id.0).await?.respond(StatusCode::OK))
}

/// End a webhook
///
/// It is told nothing more; what waited for it is given up.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Ended", body = WebhookOut), Refusals))]
#[post("/bureau/webhooks/{id}/end")]
pub(in super::super) async fn end_webhook(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<WebhookId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::end(&ctx, (&bureau).into(), &key, id.0).await?.respond(StatusCode::OK))
}

/// List what a webhook was told
///
/// Newest first, with how far each message is; `dead` ones were given up and can be tried again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = WebhookId, Path, description = "The webhook"), WebhookDeliveriesQuery),
    responses((status = 200, description = "One page", body = Page<WebhookDeliveryOut>), Refusals))]
#[get("/bureau/webhooks/{id}/deliveries")]
pub(in super::super) async fn list_webhook_deliveries(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<WebhookId>,
    Query(query): Query<WebhookDeliveriesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::deliveries(&ctx, None, id.0, &query).await?))
}

/// Try a message again that was given up
///
/// From the beginning, under the same `webhook-id`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = WebhookDeliveryId, Path, description = "The message"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Due again", body = WebhookDeliveryOut), Refusals))]
#[post("/bureau/webhook-deliveries/{id}/retry")]
pub(in super::super) async fn retry_webhook_delivery(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<WebhookDeliveryId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::retry(&ctx, (&bureau).into(), &key, id.0).await?.respond(StatusCode::OK))
}
