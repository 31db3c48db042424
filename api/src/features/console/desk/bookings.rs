//! Bookings of the centre and their answers; who waits.

use std::borrow::Borrow;

use actix_web::{HttpResponse, get, post, web::Data};
use askama::Template;
use entity::{BookingId, BookingStatus};
use serde::Deserialize;

use super::super::{
    form::Form,
    shell::{Shell, see, show},
    table::{Cell, Table, number, text},
    values::yuan,
    view::View,
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        auth::Desk,
        bookings::{
            desk_dto::DeskBookingOut,
            dto::BookingsQuery,
            rules::life::EntryCheckStatus,
            service::{self, Decision},
        },
        waitlist::{dto::WaitlistQuery, service as waitlist},
    },
    http::{Cursor, Idempotency, Limit, Line, Moment, Path, Query},
    platform::clock::local,
    state::Ctx,
};

/// An instant as people write it.
fn moment(at: impl Borrow<Moment>) -> String {
    local(at.borrow().0).format("%m-%d %H:%M").to_string()
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    status: Option<BookingStatus>,
    cursor: Option<Cursor>,
}

#[derive(Template)]
#[template(path = "console/desk/bookings.html")]
struct BookingsPage {
    shell: Shell,
    status: BookingStatus,
    bookings: Vec<DeskBookingOut>,
    next: Option<String>,
}

impl BookingsPage {
    fn price(booking: &DeskBookingOut) -> String {
        yuan(booking.total_fen)
    }

    fn needs_check(booking: &DeskBookingOut) -> bool {
        booking.entry_check.status == EntryCheckStatus::Needed
    }
}

/// Those to be answered first, unless others are asked for.
#[get("/bookings")]
pub(super) async fn desk_bookings(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<ListQuery>,
) -> Result<HttpResponse> {
    let status = query.status.unwrap_or(BookingStatus::Pending);
    let asked = BookingsQuery { status: Some(status), limit: Limit::default(), cursor: query.cursor };
    let found = service::bookings_of_centre(&ctx, &desk, asked).await?;
    let next = found.next_cursor.map(|cursor| format!("/desk/bookings?status={status}&cursor={cursor}"));
    show(&BookingsPage { shell, status, bookings: found.items, next })
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    reason: Option<Line<200>>,
}

#[post("/bookings/{id}/{answer}")]
pub(super) async fn desk_booking_answer(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    path: Path<(BookingId, String)>,
    Form(form): Form<AnswerForm>,
) -> Result<HttpResponse> {
    let (id, answer) = path.0;
    let (decision, back) = match &*answer {
        "confirm" => (Decision::Confirm, "/desk/bookings"),
        "decline" => (Decision::Decline, "/desk/bookings"),
        "cancel" => (Decision::Cancel, "/desk/bookings?status=confirmed"),
        _ => return Err(Problem::new(Code::NotFound)),
    };
    let reason = form.reason.as_deref();
    if reason.is_none() && decision != Decision::Confirm {
        return Err(Problem::field("reason", "missing", crate::error::Text::new("请填写理由。", "Say why.")));
    }
    service::decide(&ctx, &desk, &key, id, decision, reason.filter(|_| decision != Decision::Confirm)).await?;
    Ok(see(back, "saved"))
}

#[derive(Deserialize)]
pub(super) struct WaitQuery {
    cursor: Option<Cursor>,
}

#[get("/waitlist")]
pub(super) async fn desk_waitlist(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Query(query): Query<WaitQuery>,
) -> Result<HttpResponse> {
    let asked = WaitlistQuery { limit: Limit::default(), cursor: query.cursor };
    let found = shell.list(&asked, async |asked| waitlist::of_centre(&ctx, desk.centre_id, asked).await).await?;
    let t = |zh, en| shell.t(zh, en);
    let columns = [
        t("#顺位", "#Position"),
        t("状态", "State"),
        t("#月龄", "#Months"),
        t("服务形式", "Care"),
        t("日期", "Dates"),
        t("时间", "Time"),
        t("登记时间", "Since"),
    ];
    let mut table = Table::new(&shell, t("候补名单", "Who waits"), &columns);
    for entry in &found.items {
        let time = match (entry.wish.from, entry.wish.to, entry.wish.half) {
            (Some(from), Some(to), _) => format!("{from}–{to}"),
            (_, _, Some(half)) => t(half.zh(), half.as_str()).to_owned(),
            _ => "—".to_owned(),
        };
        table.row(vec![
            entry.position.map_or_else(|| Cell::Number("—".to_owned()), number),
            Cell::Mark("wait", t(entry.status.zh(), entry.status.as_str()).to_owned()),
            number(entry.age_months.into()),
            text(t(entry.care_type.zh(), entry.care_type.as_str())),
            text(format!("{} – {}", entry.start_date, entry.end_date)),
            text(time),
            text(moment(entry.created_at)),
        ]);
    }
    View::new(&shell, t("候补名单", "Waiting list")).table(table.rest(&shell, found.rest)).answer(&ctx)
}
