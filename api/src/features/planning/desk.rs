//! Handlers for the centre's desk. Changes are the manager's.

use actix_web::{HttpResponse, delete, get, patch, put, web::Data};
use entity::ClassId;

use super::{
    dto::{
        ConflictOut, ConflictsQuery, DecisionQuery, DeskClassIn, DeskDayIn, DeskPlanDaysOut, DeskRosterIn, DeskWeekIn,
        DeskWeeksOut, PlanChangeOut,
    },
    service,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Day, Json, Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's weeks
///
/// Weekly hours and half-day windows: those that apply today, and those that follow them.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The weeks", body = DeskWeeksOut), Refusals))]
#[get("/desk/centre/weeks")]
pub(super) async fn list_desk_weeks(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::weeks(&ctx, &desk).await?))
}

/// Set the week from a date on
///
/// Weekly hours and half-day windows, until the next later week. Visits that lie outside are named
/// with `BOOKINGS_AFFECTED`, and nothing changes, until `decision` says what becomes of them.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskWeekIn,
    params(("valid_from" = Day, Path, description = "The first day")),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[put("/desk/centre/weeks/{valid_from}")]
pub(super) async fn set_desk_week(
    ctx: Data<Ctx>,
    desk: Desk,
    from: Path<Day>,
    Json(body): Json<DeskWeekIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::set_week(&ctx, &desk, from.0.0, body).await?))
}

/// Take an announced week back
///
/// The one before it goes on. Only before its first day is past.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("valid_from" = Day, Path, description = "The first day"), DecisionQuery),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[delete("/desk/centre/weeks/{valid_from}")]
pub(super) async fn clear_desk_week(
    ctx: Data<Ctx>,
    desk: Desk,
    from: Path<Day>,
    Query(query): Query<DecisionQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::clear_week(&ctx, &desk, from.0.0, query.decision).await?))
}

/// List the centre's own days
///
/// Closed days and extra openings from today on.
#[utoipa::path(tag = "desk", security(("bearer" = [])), responses(
    (status = 200, description = "The days", body = DeskPlanDaysOut), Refusals))]
#[get("/desk/centre/days")]
pub(super) async fn list_desk_days(ctx: Data<Ctx>, desk: Desk) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::days(&ctx, &desk).await?))
}

/// Close a day, or give it hours of its own
///
/// Instead of the week's and before the bureau's calendar. Visits that lie outside are named with
/// `BOOKINGS_AFFECTED`, and nothing changes, until `decision` says what becomes of them. Sent again
/// it goes on where it stopped.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskDayIn,
    params(("date" = Day, Path, description = "The local date")),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[put("/desk/centre/days/{date}")]
pub(super) async fn set_desk_day(
    ctx: Data<Ctx>,
    desk: Desk,
    date: Path<Day>,
    Json(body): Json<DeskDayIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::set_day(&ctx, &desk, date.0.0, body).await?))
}

/// Take a day's own hours away
///
/// The week's hours and the bureau's calendar apply again.
#[utoipa::path(tag = "desk", security(("bearer" = [])),
    params(("date" = Day, Path, description = "The local date"), DecisionQuery),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[delete("/desk/centre/days/{date}")]
pub(super) async fn clear_desk_day(
    ctx: Data<Ctx>,
    desk: Desk,
    date: Path<Day>,
    Query(query): Query<DecisionQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::clear_day(&ctx, &desk, date.0.0, query.decision).await?))
}

/// Change a class's places or carers
///
/// Applies at once. Fewer than are booked block new bookings; the answer lists the visits it hits.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskClassIn,
    params(("id" = ClassId, Path, description = "The class")),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[patch("/desk/classes/{id}")]
pub(super) async fn change_desk_class(
    ctx: Data<Ctx>,
    desk: Desk,
    id: Path<ClassId>,
    Json(body): Json<DeskClassIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::change_class(&ctx, &desk, id.0, body).await?))
}

/// Set a day's roster
///
/// The carers on duty in a class on one day; the lines replace those before. Fewer than are needed
/// block new bookings; the answer lists the visits it hits.
#[utoipa::path(tag = "desk", security(("bearer" = [])), request_body = DeskRosterIn,
    params(("id" = ClassId, Path, description = "The class"), ("date" = Day, Path, description = "The local date")),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[put("/desk/classes/{id}/rosters/{date}")]
pub(super) async fn set_desk_roster(
    ctx: Data<Ctx>,
    desk: Desk,
    ids: Path<(ClassId, Day)>,
    Json(body): Json<DeskRosterIn>,
) -> Result<HttpResponse> {
    let (class, date) = ids.0;
    Ok(HttpResponse::Ok().json(service::set_roster(&ctx, &desk, (class, date.0), body).await?))
}

/// List visits that the plan has no room for
///
/// Outside the opening hours, or in a class that holds more than its places or carers allow; from
/// today on, the earliest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(ConflictsQuery), responses(
    (status = 200, description = "A page of visits", body = Page<ConflictOut>), Refusals))]
#[get("/desk/conflicts")]
pub(super) async fn list_desk_conflicts(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<ConflictsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::conflicts(&ctx, &desk, &query).await?))
}
