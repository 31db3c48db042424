//! Coming, going, staying away.

use actix_web::{HttpResponse, get, post, web::Data};
use askama::Template;
use entity::{ChildId, DocumentKind, VisitId};
use serde::Deserialize;

use super::super::{
    form::Form,
    shell::{Shell, see, show},
};
use crate::{
    error::Result,
    features::{
        auth::Desk,
        bookings::{
            desk_dto::{DeskAbsentIn, DeskCheckOutIn, DeskEntryCheckIn},
            service,
        },
        pickups::{
            dto::{DocumentCheckIn, PickupPersonOut},
            service as pickups,
        },
    },
    http::{Day, Idempotency, Line, Once, Path},
    state::Ctx,
};

/// The page of a day.
fn of_day(date: Option<Day>) -> String {
    date.map_or_else(|| "/desk".to_owned(), |date| format!("/desk?date={}", date.0))
}

#[post("/visits/{id}/check-in")]
pub(super) async fn desk_visit_check_in(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
) -> Result<HttpResponse> {
    service::check_in(&ctx, &desk, &key, id.0).await?;
    Ok(see("/desk", "saved"))
}

#[derive(Template)]
#[template(path = "console/desk/leave.html")]
struct LeavePage {
    shell: Shell,
    visit: VisitId,
    people: Vec<PickupPersonOut>,
}

/// With whom a child leaves; that the names were looked at is noted.
#[get("/visits/{id}/leave")]
pub(super) async fn desk_visit_leave(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    id: Path<VisitId>,
) -> Result<HttpResponse> {
    let people = pickups::of_visit(&ctx, &desk, id.0).await?.items;
    show(&LeavePage { shell, visit: id.0, people })
}

#[derive(Deserialize)]
pub(super) struct DocumentForm {
    number: Line<20>,
}

/// Whether a 台胞证 that is shown at the door is the guardian's.
#[post("/visits/{id}/document")]
pub(super) async fn desk_check_document(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Form(form): Form<DocumentForm>,
) -> Result<HttpResponse> {
    let body = DocumentCheckIn { kind: DocumentKind::MainlandTravelPermit, number: form.number };
    let result = match pickups::check_document(&ctx, &desk, &key, id.0, body).await? {
        Once::First(out) => out.result.as_str(),
        Once::Again(_) => "",
    };
    Ok(see(&format!("/desk/visits/{}/leave", id.0), result))
}

/// Who takes the child home; nobody named: the guardian.
#[derive(Deserialize)]
pub(super) struct CheckOutForm {
    collected_by: Option<Line<40>>,
    pickup_code: Option<Line<16>>,
}

#[post("/visits/{id}/check-out")]
pub(super) async fn desk_visit_check_out(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Form(form): Form<CheckOutForm>,
) -> Result<HttpResponse> {
    let CheckOutForm { collected_by, pickup_code } = form;
    service::check_out(&ctx, &desk, &key, id.0, DeskCheckOutIn { collected_by, pickup_code }).await?;
    Ok(see("/desk", "saved"))
}

#[derive(Deserialize)]
pub(super) struct AbsentForm {
    reason: Option<Line<200>>,
    /// The day whose page is shown again.
    date: Option<Day>,
}

#[post("/visits/{id}/absent")]
pub(super) async fn desk_visit_absent(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<VisitId>,
    Form(form): Form<AbsentForm>,
) -> Result<HttpResponse> {
    service::absent(&ctx, &desk, &key, id.0, DeskAbsentIn { reason: form.reason }).await?;
    Ok(see(&of_day(form.date), "saved"))
}

#[derive(Deserialize)]
pub(super) struct EntryCheckForm {
    passed_on: Day,
    #[serde(default)]
    vaccinated: bool,
    date: Option<Day>,
}

#[post("/children/{id}/entry-check")]
pub(super) async fn desk_entry_check(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<ChildId>,
    Form(form): Form<EntryCheckForm>,
) -> Result<HttpResponse> {
    let EntryCheckForm { passed_on, vaccinated, date } = form;
    service::record_entry_check(&ctx, &desk, &key, id.0, &DeskEntryCheckIn { passed_on, vaccinated }).await?;
    Ok(see(&of_day(date), "saved"))
}
