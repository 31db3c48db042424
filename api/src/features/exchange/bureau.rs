//! Handlers for the bureau: access keys.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::AccessKeyId;

use super::{
    dto::{AccessKeyIn, AccessKeyOut, AccessKeysQuery},
    keys,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List access keys
///
/// Of the bureau's platforms and of centres, newest first, with when each was last used (to the hour).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AccessKeysQuery),
    responses((status = 200, description = "One page", body = Page<AccessKeyOut>), Refusals))]
#[get("/bureau/access-keys")]
pub(super) async fn list_access_keys(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AccessKeysQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(keys::page(&ctx, query.centre_id, query.limit, query.cursor.as_ref()).await?))
}

/// Make an access key for a platform of the bureau
///
/// The key is in this answer only. It reads what its scopes say, without names, and ends within a
/// year.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = AccessKeyIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Made", body = AccessKeyOut), Refusals))]
#[post("/bureau/access-keys")]
pub(super) async fn make_access_key(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<AccessKeyIn>,
) -> Result<HttpResponse> {
    Ok(keys::make(&ctx, (&bureau).into(), &key, body).await?.respond(StatusCode::CREATED))
}

/// Revoke an access key
///
/// It works no more, on every replica, from this answer on. A centre's too.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = AccessKeyId, Path, description = "The key"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Revoked", body = AccessKeyOut), Refusals))]
#[post("/bureau/access-keys/{id}/revoke")]
pub(super) async fn revoke_access_key(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<AccessKeyId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(keys::revoke(&ctx, (&bureau).into(), &key, id.0).await?.respond(StatusCode::OK))
}
