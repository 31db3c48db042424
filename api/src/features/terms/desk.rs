//! Handlers for the centre's desk. Changes are the manager's.

use actix_web::{HttpResponse, delete, get, http::StatusCode, patch, post, put, web::Data};
use entity::{CareType, ClassId};

use super::{
    dto::{
        DeskCentreOut, DeskCentrePatch, DeskClassNew, DeskClassOut, DeskClassesOut, DeskOfferIn, DeskOfferOut,
        DeskOffersOut,
    },
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Idempotency, Json, Path, Refusals},
    state::Ctx,
};

/// Read the centre's terms
///
/// Whom it takes, its reductions of fees and its recognised cap.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The centre", body = DeskCentreOut), Refusals))]
#[get("/desk/centre")]
pub(super) async fn read_desk_centre(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::centre(&ctx, &desk)?))
}

/// Change the centre's terms
///
/// What is absent stays; bookings made before stay as they are. Only an employer's own centre may
/// take its own staff first, or nobody else.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskCentrePatch, responses(
    (status = 200, description = "Changed", body = DeskCentreOut), Refusals))]
#[patch("/desk/centre")]
pub(super) async fn change_desk_centre(
    ctx: Data<Ctx>,
    desk: Desk,
    Json(body): Json<DeskCentrePatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::change_centre(&ctx, &desk, body).await?))
}

/// List the centre's classes
///
/// With their places, standing carers and what is kept for full-day care.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The open classes", body = DeskClassesOut), Refusals))]
#[get("/desk/classes")]
pub(super) async fn list_desk_classes(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::classes(&ctx, &desk)?))
}

/// Open a class
///
/// It can be booked once it has an offer.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskClassNew,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Opened", body = DeskClassOut), Refusals))]
#[post("/desk/classes")]
pub(super) async fn add_desk_class(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    Json(body): Json<DeskClassNew>,
) -> Result<HttpResponse> {
    Ok(service::add_class(&ctx, &desk, &key, body).await?.respond(StatusCode::CREATED))
}

/// Close a class
///
/// Only when no booked day is still to come in it (`BOOKINGS_AFFECTED`).
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("id" = ClassId, Path, description = "The class")),
    responses((status = 204, description = "Closed"), Refusals))]
#[delete("/desk/classes/{id}")]
pub(super) async fn close_desk_class(ctx: Data<Ctx>, desk: Desk, id: Path<ClassId>) -> Result<HttpResponse> {
    service::close_class(&ctx, &desk, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the centre's offers
///
/// By class and form of care; those that can't be booked too.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The offers", body = DeskOffersOut), Refusals))]
#[get("/desk/offers")]
pub(super) async fn list_desk_offers(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::offers(&ctx, &desk).await?))
}

/// Set price and terms of a form of care
///
/// For one class. An inclusive centre's full-day care stays within its recognised cap on a month, by
/// the day too; bookings made before keep their price and their cut-off.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskOfferIn,
    params(("id" = ClassId, Path, description = "The class"), ("care_type" = CareType, Path, description = "Form of care")),
    responses((status = 200, description = "Set", body = DeskOfferOut), Refusals))]
#[put("/desk/classes/{id}/offers/{care_type}")]
pub(super) async fn set_desk_offer(
    ctx: Data<Ctx>,
    desk: Desk,
    ids: Path<(ClassId, CareType)>,
    Json(body): Json<DeskOfferIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::set_offer(&ctx, &desk, ids.0, None, body).await?))
}
