//! Handlers for the centre's desk: access keys.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::AccessKeyId;

use super::{
    dto::{AccessKeyIn, AccessKeyOut, OwnAccessKeysQuery},
    keys,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's access keys
///
/// Newest first, with when each was last used (to the hour). Managers only.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(OwnAccessKeysQuery),
    responses((status = 200, description = "One page", body = Page<AccessKeyOut>), Refusals))]
#[get("/desk/access-keys")]
pub(super) async fn list_own_access_keys(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<OwnAccessKeysQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(keys::page(&ctx, Some(desk.centre_id), query.limit, query.cursor.as_ref()).await?))
}

/// Make an access key for the centre's own software
///
/// The key is in this answer only. It reads what concerns this centre, and what its scopes say, without names, and ends within a
/// year.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = AccessKeyIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = AccessKeyOut), Refusals))]
#[post("/desk/access-keys")]
pub(super) async fn make_own_access_key(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Json(body): Json<AccessKeyIn>,
) -> Result<HttpResponse> {
    Ok(keys::make(&ctx, (&desk).into(), &key, body).await?.respond(StatusCode::CREATED))
}

/// Revoke an access key of the centre
///
/// It works no more, on every replica, from this answer on.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = AccessKeyId, Path, description = "The key"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Revoked", body = AccessKeyOut), Refusals))]
#[post("/desk/access-keys/{id}/revoke")]
pub(super) async fn revoke_own_access_key(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<AccessKeyId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(keys::revoke(&ctx, (&desk).into(), &key, id.0).await?.respond(StatusCode::OK))
}
