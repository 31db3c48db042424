//! Handlers for the bureau: the calendar of all centres.

use actix_web::{HttpResponse, delete, get, put, web::Data};

use super::{
    dto::{CalendarDayIn, CalendarOut, CalendarQuery, DecisionQuery, PlanChangeOut},
    service,
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{Day, Json, Path, Query, Refusals},
    state::Ctx,
};

/// List the calendar
///
/// Statutory holidays and swapped working days (调休) of all centres, of a year at most.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CalendarQuery), responses(
    (status = 200, description = "The days", body = CalendarOut), Refusals))]
#[get("/bureau/calendar")]
pub(super) async fn list_calendar(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CalendarQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::calendar(&ctx, &query).await?))
}

/// Set a day of the calendar
///
/// A holiday closes all centres that have no hours of their own for the day; a swapped working day
/// opens them as on the weekday it stands for. Visits that lie outside are named with
/// `BOOKINGS_AFFECTED`, and nothing changes, until `decision` says what becomes of them.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), request_body = CalendarDayIn,
    params(("date" = Day, Path, description = "The local date")),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[put("/bureau/calendar/{date}")]
pub(super) async fn set_calendar_day(
    ctx: Data<Ctx>,
    bureau: Bureau,
    date: Path<Day>,
    Json(body): Json<CalendarDayIn>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::set_calendar(&ctx, &bureau, date.0.0, body).await?))
}

/// Make a day of the calendar an ordinary one
///
/// The centres' weeks apply again.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("date" = Day, Path, description = "The local date"), DecisionQuery),
    responses((status = 200, description = "Changed", body = PlanChangeOut), Refusals))]
#[delete("/bureau/calendar/{date}")]
pub(super) async fn clear_calendar_day(
    ctx: Data<Ctx>,
    bureau: Bureau,
    date: Path<Day>,
    Query(query): Query<DecisionQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::clear_calendar(&ctx, &bureau, date.0.0, query.decision).await?))
}
