//! Handlers for WeChat's servers.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};

use super::{
    dto::{PushQuery, PushVerifyQuery},
    service,
};
use crate::{
    error::Result,
    http::{Query, Refusals, observe::Body},
    state::Ctx,
};

/// Verify the address of the message push
///
/// WeChat calls it when the address is set in its console, and wants `echostr` back. 404 while
/// `WECHAT_PUSH_TOKEN` is not set.
#[utoipa::path(tag = "wechat", params(PushVerifyQuery), responses(
    (status = 200, description = "`echostr`", body = String, content_type = "text/plain"), Refusals))]
#[get("/wechat/push")]
pub(super) async fn verify_push(ctx: Data<Ctx>, Query(query): Query<PushVerifyQuery>) -> Result<HttpResponse> {
    service::verify(&ctx, &query).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(query.echostr.into_inner()))
}

/// Take a message push
///
/// Events and messages from WeChat, in JSON or XML, encrypted if `WECHAT_PUSH_AES_KEY` is set.
/// Subscribe events go to the ledger of message credits; what is unknown is answered alike. 403 for
/// what WeChat didn't sign or is older than five minutes.
#[utoipa::path(tag = "wechat", params(PushQuery),
    request_body(content = String, content_type = "text/xml", description = "JSON or XML, whatever the content type says"),
    responses((status = 200, description = "`success`", body = String, content_type = "text/plain"), Refusals))]
#[post("/wechat/push")]
pub(super) async fn receive_push(
    ctx: Data<Ctx>,
    req: HttpRequest,
    Query(query): Query<PushQuery>,
) -> Result<HttpResponse> {
    service::receive(&ctx, &query, &Body::of(&req)).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("success"))
}
