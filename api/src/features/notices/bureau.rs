//! Handlers for the bureau: messages that were sent, wait, or could not be sent.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::NoticeId;

use super::{
    dto::{MessageOut, MessagesQuery},
    sending,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List WeChat messages
///
/// Newest first; `status=dead`: those that could not be sent, with WeChat's reason. In the demonstration
/// nothing leaves the program, and this list is where messages go. Nothing tells who got them.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(MessagesQuery), responses(
    (status = 200, description = "One page", body = Page<MessageOut>), Refusals))]
#[get("/bureau/messages")]
pub(super) async fn list_messages(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<MessagesQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(sending::page(&ctx, &query).await?))
}

/// Send a dead message again
///
/// It waits for the next turn of the worker. `WRONG_STATE` if it isn't dead, or what it tells is over:
/// it keeps its own `expires_at`. One whose fact is no longer so by then ends as `obsolete`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = NoticeId, Path, description = "The message"), ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "It waits to be sent", body = MessageOut), Refusals))]
#[post("/bureau/messages/{id}/retry")]
pub(super) async fn retry_message(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    id: Path<NoticeId>,
) -> Result<HttpResponse> {
    Ok(sending::retry(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}
