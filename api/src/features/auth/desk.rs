//! Handlers for the head of a centre: its staff's accounts in WeChat.

use actix_web::{HttpResponse, get, http::StatusCode, post, web::Data};
use entity::StaffId;

use super::{
    binding_dto::StaffInvitationOut,
    bindings::{self, Keeper},
    extract::Desk,
    staff,
    staff_dto::{DeskStaffQuery, StaffOut, StaffReasonIn, StaffStateOut},
};
use crate::{
    error::Result,
    http::{
        Idempotency, Json, Page, Path, Query, Refusals,
        ratelimit::{INVITE, limit},
    },
    state::Ctx,
};

/// List the centre's staff accounts
///
/// For its manager, newest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(DeskStaffQuery), responses(
    (status = 200, description = "One page", body = Page<StaffOut>), Refusals))]
#[get("/desk/staff")]
pub(super) async fn list_desk_staff(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<DeskStaffQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(staff::page(&ctx, &query.of(desk.centre_id)).await?))
}

/// Invite a colleague to bind WeChat
///
/// For the manager. The code works once, within 48 hours; invitations before it end.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "The invitation, its code shown once", body = StaffInvitationOut), Refusals))]
#[post("/desk/staff/{id}/invitations")]
pub(super) async fn invite_desk_staff(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<StaffId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    limit(&ctx, &INVITE, &desk.staff_id.to_string()).await?;
    Ok(bindings::invite(&ctx, Keeper::Manager(&desk), &key, id.0).await?.respond(StatusCode::CREATED))
}

/// Unbind a colleague's WeChat account
///
/// For the manager, when the phone is lost: every sign-in of the account ends at once.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = StaffReasonIn,
    params(("id" = StaffId, Path, description = "The account"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Unbound", body = StaffStateOut), Refusals))]
#[post("/desk/staff/{id}/wechat/unbind")]
pub(super) async fn unbind_desk_staff(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<StaffId>,
    key: Idempotency,
    Json(body): Json<StaffReasonIn>,
) -> Result<HttpResponse> {
    let done = bindings::unbind(&ctx, Keeper::Manager(&desk), &key, id.0, &body.reason).await?;
    Ok(done.respond(StatusCode::OK))
}
