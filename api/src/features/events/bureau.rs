//! Handlers for the bureau.

use actix_web::{HttpResponse, get, http::StatusCode, patch, post, web::Data};
use entity::EventId;
use serde::Deserialize;

use super::{
    dto::{
        BureauEventsQuery, BureauSignupOut, BureauSignupsQuery, EventCancelIn, EventIn, EventOut, EventPatch,
        SignupsTableQuery,
    },
    service, sheet, signups,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Idempotency, Json, Moment, Page, Path, Query, Refusals, table},
    state::Ctx,
};

/// List the events
///
/// Of every state, in the order in which they begin.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauEventsQuery),
    responses((status = 200, description = "One page", body = Page<EventOut>), Refusals))]
#[get("/bureau/events")]
pub(super) async fn list_bureau_events(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauEventsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::page(&ctx, query).await?))
}

/// Download events as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauEventsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/events.csv")]
pub(super) async fn list_bureau_events_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauEventsQuery>,
) -> Result<HttpResponse> {
    sheet::events(ctx, query).csv().await
}

/// Download events as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauEventsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/events.xlsx")]
pub(super) async fn list_bureau_events_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauEventsQuery>,
) -> Result<HttpResponse> {
    sheet::events(ctx, query).xlsx().await
}

/// Plan an event
///
/// As a draft, which families don't see. Not in the past.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = EventIn,
    params(("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 201, description = "Planned", body = EventOut), Refusals))]
#[post("/bureau/events")]
pub(super) async fn create_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    Json(body): Json<EventIn>,
) -> Result<HttpResponse> {
    Ok(service::create(&ctx, &bureau, &key, body).await?.respond(StatusCode::CREATED))
}

/// Change an event
///
/// Not fewer places than persons have signed up; more places let in who waits. Who has signed up or waits is told
/// when it takes place at another time or elsewhere. Not to a time that has passed, not once it is over, and not
/// to another time once a family has come (`WRONG_STATE`). With `seen`, not over what somebody else changed meanwhile.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = EventPatch,
    params(("id" = EventId, Path, description = "The event")),
    responses((status = 200, description = "As it is now", body = EventOut), Refusals))]
#[patch("/bureau/events/{id}")]
pub(super) async fn edit_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    Json(body): Json<EventPatch>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::edit(&ctx, &bureau, id.0, body).await?))
}

/// Publish an event
///
/// Families see it and sign up.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = EventId, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Published", body = EventOut), Refusals))]
#[post("/bureau/events/{id}/publish")]
pub(super) async fn publish_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
) -> Result<HttpResponse> {
    Ok(service::publish(&ctx, &bureau, &key, id.0).await?.respond(StatusCode::OK))
}

/// Cancel an event
///
/// Families read the reason, and who has signed up or waits is told. Not once a family has come (`WRONG_STATE`).
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = EventCancelIn,
    params(("id" = EventId, Path, description = "The event"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Cancelled", body = EventOut), Refusals))]
#[post("/bureau/events/{id}/cancel")]
pub(super) async fn cancel_event(
    ctx: Data<Ctx>,
    bureau: Bureau,
    id: Path<EventId>,
    key: Idempotency,
    Json(body): Json<EventCancelIn>,
) -> Result<HttpResponse> {
    Ok(service::cancel(&ctx, &bureau, &key, id.0, body).await?.respond(StatusCode::OK))
}

/// List who has signed up
///
/// By number; nothing says which family one is.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = EventId, Path, description = "The event"), BureauSignupsQuery),
    responses((status = 200, description = "One page", body = Page<BureauSignupOut>), Refusals))]
#[get("/bureau/events/{id}/signups")]
pub(super) async fn list_event_signups(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<EventId>,
    Query(query): Query<BureauSignupsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(signups::signups(&ctx, id.0, &query).await?))
}

/// Download who has signed up as a table
///
/// To tick off at the door, by number.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = EventId, Path, description = "The event"), SignupsTableQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/events/{id}/signups.csv")]
pub(super) async fn list_event_signups_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<EventId>,
    Query(query): Query<SignupsTableQuery>,
) -> Result<HttpResponse> {
    let (event, rows) = signups::all_signups(&ctx, id.0, query.status).await?;
    sheet::signups(&event, &rows, Moment(ctx.clock.now())).csv()
}

/// Download who has signed up as a workbook
///
/// The same table as `.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = EventId, Path, description = "The event"), SignupsTableQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/events/{id}/signups.xlsx")]
pub(super) async fn list_event_signups_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<EventId>,
    Query(query): Query<SignupsTableQuery>,
) -> Result<HttpResponse> {
    let (event, rows) = signups::all_signups(&ctx, id.0, query.status).await?;
    sheet::signups(&event, &rows, Moment(ctx.clock.now())).xlsx()
}

/// Which sign-up.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Numbered {
    id: EventId,
    number: i32,
}

/// Mark that a family has come
///
/// By the number that it tells at the door. Who waits comes in once the event has begun and a place was left free
/// (`WRONG_STATE`, reason `full`, otherwise).
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = EventId, Path, description = "The event"), ("number" = i32, Path, description = "The number of the sign-up"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Marked", body = BureauSignupOut), Refusals))]
#[post("/bureau/events/{id}/signups/{number}/attended")]
pub(super) async fn mark_attended(
    ctx: Data<Ctx>,
    bureau: Bureau,
    path: Path<Numbered>,
    key: Idempotency,
) -> Result<HttpResponse> {
    let Numbered { id, number } = path.0;
    Ok(signups::attended(&ctx, &bureau, &key, (id, number)).await?.respond(StatusCode::OK))
}

/// Take back that a family has come
///
/// A number was mistyped: the family has its place again as before. Audited.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = EventId, Path, description = "The event"), ("number" = i32, Path, description = "The number of the sign-up"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "As before", body = BureauSignupOut), Refusals))]
#[post("/bureau/events/{id}/signups/{number}/not-attended")]
pub(super) async fn unmark_attended(
    ctx: Data<Ctx>,
    bureau: Bureau,
    path: Path<Numbered>,
    key: Idempotency,
) -> Result<HttpResponse> {
    let Numbered { id, number } = path.0;
    Ok(signups::not_attended(&ctx, &bureau, &key, (id, number)).await?.respond(StatusCode::OK))
}

/// Mark that a family didn't come
///
/// Once the event has begun: its sign-up ends as withdrawn, and its place is free for a family of the waiting list that
/// is at the door. Nobody is called from home.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("id" = EventId, Path, description = "The event"), ("number" = i32, Path, description = "The number of the sign-up"),
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Marked", body = BureauSignupOut), Refusals))]
#[post("/bureau/events/{id}/signups/{number}/no-show")]
pub(super) async fn mark_no_show(
    ctx: Data<Ctx>,
    bureau: Bureau,
    path: Path<Numbered>,
    key: Idempotency,
) -> Result<HttpResponse> {
    let Numbered { id, number } = path.0;
    Ok(signups::missed(&ctx, &bureau, &key, (id, number)).await?.respond(StatusCode::OK))
}
