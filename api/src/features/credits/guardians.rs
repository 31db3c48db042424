//! Handlers for guardians.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    dto::{CreditsQuery, MessageCreditOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Guardian,
    http::{Page, Query, Refusals},
    state::Ctx,
};

/// List the family's message credits
///
/// How many subscription messages of each template WeChat may still send to the guardian, as far as
/// WeChat told us: at 0, or without an entry, ask with `wx.requestSubscribeMessage`.
#[utoipa::path(tag = "family", security(("bearer" = [])), params(CreditsQuery), responses(
    (status = 200, description = "A page of credits", body = Page<MessageCreditOut>), Refusals))]
#[get("/me/message-credits")]
pub(super) async fn list_message_credits(
    ctx: Data<Ctx>,
    guardian: Guardian,
    Query(query): Query<CreditsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, guardian.family_id, query).await?))
}
