//! Bookings and the desk's day, step by step. Every test begins on Monday 2 March 2026, 09:00.

use chrono::TimeDelta;
use entity::{
    Band, CareType, CentreKind, CentreKinds, Confirmation, Fen, OfferUnit, VisitStatus, audit_rows, booking_events,
    bookings, visits,
};
use harness::{Family, Place, TestApp, day, hm};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

#[expect(clippy::needless_pass_by_value, reason = "callers write the JSON in place")]
fn ask(family: &Family, place: &Place, more: Value) -> Value {
    let mut body = json!({ "child_id": family.child(), "centre_id": place.id() });
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn three_weeks_of_chosen_weekdays_are_quoted_and_booked_at_the_same_price() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    app.special_day(place.centre.id, day("2026-03-11"), None).await;
    app.reload_catalogue().await;
    let body = ask(
        &family,
        &place,
        json!({ "care_type": "full_day", "start_date": "2026-03-09", "end_date": "2026-03-29", "weekdays": [1, 3, 5] }),
    );
    let quote = family.client.post("/bookings/quote", body.clone()).await.ok();
    assert_eq!(app.count(bookings::Entity).await, 0, "a quote changes nothing");
    let booking = family.client.post("/bookings", body).await.created();
    assert_eq!(booking["price"], quote["price"]);
    assert_eq!(booking["price"]["total_fen"], 8 * (8000 + 1200));
    assert_eq!((&quote["available"], &booking["status"]), (&json!(true), &json!("confirmed")));
    assert_eq!(booking["visits"].as_array().unwrap().len(), 8);
    assert_eq!((&booking["visits"][0]["from"], &booking["visits"][0]["to"]), (&json!("07:30"), &json!("18:00")));
    assert_eq!(booking["skipped"][0]["date"], "2026-03-11");
    assert_eq!(booking["skipped"][0]["reason"], "closed");
    assert_eq!(booking["entry_check"], json!({ "status": "needed", "needed_by": "2026-03-09" }));
    let id = booking["id"].as_str().unwrap();
    let read = family.client.get(&format!("/bookings/{id}")).await.ok();
    assert_eq!((&read["visits"], &read["price"]), (&booking["visits"], &booking["price"]));
    assert_eq!(family.client.get("/bookings").await.ok()["items"], json!([read]));
    assert_eq!(family.client.get("/bookings?status=cancelled").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn the_other_three_kinds_are_booked() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    for (more, from, to, total) in [
        (json!({ "care_type": "half_day", "half": "afternoon", "start_date": "2026-03-03" }), "14:00", "17:30", 4500),
        (
            json!({ "care_type": "hourly", "from": "09:00", "to": "10:30", "start_date": "2026-03-03" }),
            "09:00",
            "10:30",
            2250,
        ),
        (json!({ "care_type": "temporary", "start_date": "2026-03-02" }), "09:00", "18:00", 10_200),
    ] {
        let booking = family.client.post("/bookings", ask(&family, &place, more)).await.created();
        assert_eq!((&booking["visits"][0]["from"], &booking["visits"][0]["to"]), (&json!(from), &json!(to)));
        assert_eq!(booking["price"]["total_fen"], total);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let (place, family, other) = (app.place().await, app.a_family().await, app.a_family().await);
    let full = |start: &str, end: &str| json!({ "care_type": "full_day", "start_date": start, "end_date": end });
    let hourly =
        |from: &str, to: &str| json!({ "care_type": "hourly", "start_date": "2026-03-03", "from": from, "to": to });
    let book = async |more: Value| family.client.post("/bookings", ask(&family, &place, more)).await;
    for (more, field) in [
        (full("2026-03-04", "2026-03-03"), "end_date"),
        (full("2026-03-04", "2026-07-03"), "end_date"),
        (json!({ "care_type": "full_day", "start_date": "2026-03-03", "weekdays": [] }), "weekdays"),
        (json!({ "care_type": "full_day", "start_date": "2026-03-03", "weekdays": [8] }), "weekdays"),
        (json!({ "care_type": "half_day", "start_date": "2026-03-03" }), "half"),
        (hourly("10:00", "09:00"), "to"),
        (hourly("09:10", "11:00"), "from"),
        (hourly("09:00", "09:30"), "to"),
        (json!({ "care_type": "temporary", "start_date": "2026-03-03", "end_date": "2026-03-10" }), "end_date"),
    ] {
        book(more).await.invalid(field);
    }
    for (more, code, field) in [
        (full("2026-03-07", "2026-03-08"), "CENTRE_CLOSED", "start_date"),
        (hourly("06:00", "08:00"), "CENTRE_CLOSED", "from"),
        (hourly("09:00", "23:00"), "CENTRE_CLOSED", "to"),
        (full("2026-03-02", "2026-03-02"), "NOTICE_TOO_SHORT", "start_date"),
        (full("2026-02-02", "2026-03-02"), "NOTICE_TOO_SHORT", "start_date"),
        (full("2026-05-18", "2026-05-18"), "HORIZON_EXCEEDED", "start_date"),
    ] {
        let refused = book(more).await.problem(422, code);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let mut body = ask(&family, &place, full("2026-03-03", "2026-03-03"));
    for (field, id) in [
        ("child_id", other.child()),
        ("centre_id", app.id::<entity::CentreId>().to_string()),
        ("class_id", app.id::<entity::ClassId>().to_string()),
        ("voucher_id", app.id::<entity::VoucherId>().to_string()),
    ] {
        let before = body[field].clone();
        body[field] = json!(id);
        let refused = family.client.post("/bookings", body.clone()).await.problem(404, "NOT_FOUND");
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
        body[field] = before;
    }
    assert_eq!((app.count(bookings::Entity).await, app.count(visits::Entity).await), (0, 0));
}

#[tokio::test]
async fn a_child_that_outgrows_the_class_is_refused_for_the_dates_past_it() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.many_families_born(1, day("2024-03-05")).await.remove(0);
    let body = |end: &str| {
        ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03", "end_date": end }))
    };
    let problem = family.client.post("/bookings", body("2026-03-06")).await.problem(422, "AGE_CLASS_MISMATCH");
    assert_eq!(problem["dates"], json!(["2026-03-05", "2026-03-06"]));
    family.client.post("/bookings", body("2026-03-04")).await.created();
}

#[tokio::test]
async fn a_child_that_outgrows_its_class_among_several_is_told_the_dates_past_it() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let older = app.class(place.centre.id, Band::ToddlerBig, 15, 3).await;
    app.offers(&older).await;
    app.reload_catalogue().await;
    // Twenty-four months on the 5th: two days in the small class, four in the big one.
    let family = app.many_families_born(1, harness::day("2024-03-05")).await.remove(0);
    let body =
        ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03", "end_date": "2026-03-10" }));
    let refused = family.client.post("/bookings", body).await.problem(422, "AGE_CLASS_MISMATCH");
    assert_eq!(refused["class_id"], json!(place.class_id()));
    assert_eq!(refused["dates"], json!(["2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"]));
}

#[tokio::test]
async fn a_full_class_is_refused_with_its_dates_or_booked_around() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (first, second) = (app.a_family().await, app.a_family().await);
    app.visit(&place, &first, day("2026-03-04"), VisitStatus::Expected).await;
    let mut body =
        ask(&second, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03", "end_date": "2026-03-05" }));
    let quote = second.client.post("/bookings/quote", body.clone()).await.ok();
    assert_eq!((&quote["available"], &quote["full_dates"]), (&json!(false), &json!(["2026-03-04"])));
    let problem = second.client.post("/bookings", body.clone()).await.problem(409, "NO_PLACE");
    assert_eq!(problem["dates"], json!(["2026-03-04"]));
    body["best_effort"] = json!(true);
    let booking = second.client.post("/bookings", body).await.created();
    assert_eq!(booking["visits"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&booking["skipped"][0]["date"], &booking["skipped"][0]["reason"]),
        (&json!("2026-03-04"), &json!("full"))
    );
    assert_eq!(booking["price"]["total_fen"], 2 * 9200);
}

#[tokio::test]
async fn a_voucher_pays_for_the_days_it_has_left() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let campaign = app.campaign().await;
    let voucher = app.voucher_with(&campaign, &family, |v| v.units_used = 13).await;
    let mut body = ask(
        &family,
        &place,
        json!({ "care_type": "full_day", "start_date": "2026-03-03", "end_date": "2026-03-05", "voucher_id": voucher.id }),
    );
    let booking = family.client.post("/bookings", body.clone()).await.created();
    assert_eq!(booking["price"]["total_fen"], 3 * 9200 - 2 * 5000);
    assert_eq!(booking["price"]["lines"][2]["amount_fen"], -10_000);
    body["start_date"] = json!("2026-03-09");
    body["end_date"] = json!("2026-03-09");
    family.client.post("/bookings", body).await.problem(409, "VOUCHER_EXHAUSTED");
}

#[tokio::test]
async fn a_voucher_pays_once_a_day() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let campaign = app.campaign().await;
    let voucher = app.voucher_with(&campaign, &family, |v| v.units_used = 10).await;
    let half = |half: &str, end: &str| {
        ask(
            &family,
            &place,
            json!({ "care_type": "half_day", "half": half,
        "start_date": "2026-03-03", "end_date": end, "voucher_id": voucher.id }),
        )
    };
    let morning = family.client.post("/bookings", half("morning", "2026-03-03")).await.created();
    assert!(morning["price"]["lines"].as_array().unwrap().iter().any(|line| line["code"] == "voucher"));
    family.client.post("/bookings", half("afternoon", "2026-03-03")).await.problem(409, "VOUCHER_EXHAUSTED");
    let both = family.client.post("/bookings", half("afternoon", "2026-03-04")).await.created();
    let line =
        both["price"]["lines"].as_array().unwrap().iter().find(|line| line["code"] == "voucher").unwrap().clone();
    assert_eq!(line["quantity"], json!(1), "only the day that has none yet: {both:#}");
}

#[tokio::test]
async fn a_voucher_promises_nothing_where_it_could_not_be_redeemed() {
    let app = TestApp::spawn().await;
    let (place, family, officer) = (app.place().await, app.a_family().await, app.officer().await);
    let other = CentreKind::ALL.iter().copied().find(|kind| *kind != place.centre.kind).unwrap();
    let of_kind = app.campaign_with(|row| row.centre_kinds = Some(CentreKinds(vec![other]))).await;
    let (plain, revoked) = (app.campaign().await, app.campaign().await);
    let quote = async |campaign: &entity::campaigns::Model| {
        let voucher = app.voucher(campaign, &family).await;
        let body = ask(
            &family,
            &place,
            json!({ "care_type": "full_day", "start_date": "2026-03-03", "voucher_id": voucher.id }),
        );
        family.client.post("/bookings/quote", body).await
    };
    quote(&of_kind).await.problem(403, "CENTRE_NOT_ALLOWED");
    officer.post(&format!("/bureau/campaigns/{}/revoke", revoked.id), json!({ "reason": "停办" })).await.ok();
    quote(&revoked).await.problem(422, "VOUCHER_REVOKED");
    let path = format!("/bureau/centres/{}/suspend-vouchers", place.id());
    officer.post(&path, json!({ "reason": "整改" })).await.ok();
    quote(&plain).await.problem(403, "CENTRE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_month_is_priced_by_its_opening_days() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    let class = app.class(centre.id, Band::ToddlerSmall, 5, 1).await;
    let offer = app
        .offer_with(&class, CareType::FullDay, |offer| {
            offer.unit = OfferUnit::Month;
            offer.price_fen = Fen(200_000);
        })
        .await;
    app.special_day(centre.id, day("2026-03-10"), None).await;
    app.reload_catalogue().await;
    let (place, family) = (Place { centre, class, offers: vec![offer] }, app.a_family().await);
    let body =
        ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-30", "end_date": "2026-04-02" }));
    let quote = family.client.post("/bookings/quote", body).await.ok();
    // March 2026 has 22 weekdays, one of them closed; April 22.
    let amounts: Vec<_> = quote["price"]["lines"].as_array().unwrap().iter().map(|l| l["amount_fen"].clone()).collect();
    assert_eq!(amounts, [json!(19_048), json!(18_182)]);
    assert_eq!(quote["price"]["total_fen"], 37_230);
}

#[tokio::test]
async fn a_family_cancels_until_the_cut_off_and_the_place_is_free_again() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (first, second) = (app.a_family().await, app.family("lin").await);
    let of = |family: &Family| ask(family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03" }));
    let id = first.client.post("/bookings", of(&first)).await.id();
    second.client.post("/bookings", of(&second)).await.problem(409, "NO_PLACE");
    second.client.post(&format!("/bookings/{id}/cancel"), json!({})).await.problem(404, "NOT_FOUND");
    let cancelled = first.client.post(&format!("/bookings/{id}/cancel"), json!({ "reason": "孩子发烧" })).await.ok();
    assert_eq!((&cancelled["status"], &cancelled["visits"][0]["status"]), (&json!("cancelled"), &json!("cancelled")));
    first.client.post(&format!("/bookings/{id}/cancel"), json!({})).await.problem(409, "WRONG_STATE");
    let id = second.client.post("/bookings", of(&second)).await.id();
    app.clock.advance(TimeDelta::hours(20) + TimeDelta::minutes(31));
    // The token has ended meanwhile.
    let later = app.guardian("lin").await;
    let problem = later.post(&format!("/bookings/{id}/cancel"), json!({})).await.problem(409, "CANCEL_WINDOW_CLOSED");
    assert!(problem["detail"].as_str().unwrap().contains("0595-00000000"));
    assert_eq!(app.count(booking_events::Entity).await, 3);
}

#[tokio::test]
async fn a_request_is_confirmed_or_lapses_and_gives_its_place_back() {
    let app = TestApp::spawn().await;
    let centre = app.centre().await;
    let class = app.class(centre.id, Band::ToddlerSmall, 1, 1).await;
    let offer = app.offer_with(&class, CareType::FullDay, |offer| offer.confirmation = Confirmation::Request).await;
    app.reload_catalogue().await;
    let place = Place { centre, class, offers: vec![offer] };
    let family = app.family("chen").await;
    let body = ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-20" }));
    let pending = family.client.post("/bookings", body.clone()).await.created();
    assert_eq!(pending["status"], "pending");
    app.clock.set("2026-03-19T09:00:00+08:00".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    let id = pending["id"].as_str().unwrap();
    let (guardian, desk) = (app.guardian("chen").await, app.carer(place.centre.id).await);
    desk.post(&format!("/desk/bookings/{id}/confirm"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(guardian.get(&format!("/bookings/{id}")).await.ok()["status"], "lapsed");
    quanxiangtuo::features::bookings::service::lapse_due(&app.ctx).await.unwrap();
    assert_eq!(visits::Entity::find().one(app.db()).await.unwrap().unwrap().status, VisitStatus::Cancelled);
    let id = guardian.post("/bookings", body).await.id();
    let confirmed = desk.post(&format!("/desk/bookings/{id}/confirm"), json!({})).await.ok();
    assert_eq!(confirmed["status"], "confirmed");
    desk.post(&format!("/desk/bookings/{id}/decline"), json!({ "reason": "满员" })).await.problem(409, "WRONG_STATE");
    desk.post(&format!("/desk/bookings/{id}/cancel"), json!({ "reason": "停电" })).await.ok();
    assert_eq!(app.count(audit_rows::Entity).await, 2);
}

#[tokio::test]
async fn a_day_at_the_desk() {
    let app = TestApp::spawn().await;
    let (place, elsewhere, family) = (app.place().await, app.place().await, app.family("chen").await);
    let desk = app.carer(place.centre.id).await;
    let body = ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03" }));
    let booking = family.client.post("/bookings", body).await.created();
    let (id, visit) = (booking["id"].as_str().unwrap(), booking["visits"][0]["id"].as_str().unwrap());
    let step = |step: &str| format!("/desk/visits/{visit}/{step}");
    desk.post(&step("check-in"), json!({})).await.problem(409, "WRONG_STATE");
    app.clock.set("2026-03-03T07:40:00+08:00".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    // Yesterday's tokens have ended.
    let (desk, stranger) = (app.carer(place.centre.id).await, app.carer(elsewhere.centre.id).await);
    stranger.post(&step("check-in"), json!({})).await.problem(404, "NOT_FOUND");
    desk.post(&step("check-in"), json!({})).await.problem(422, "ENTRY_CHECK_REQUIRED");
    let check = format!("/desk/children/{}/entry-check", family.child());
    let passed = json!({ "passed_on": "2026-03-01", "vaccinated": true });
    stranger.post(&check, passed.clone()).await.problem(404, "NOT_FOUND");
    desk.post(&check, json!({ "passed_on": "2026-03-04", "vaccinated": true })).await.invalid("passed_on");
    assert_eq!(desk.post(&check, passed).await.ok()["entry_check"]["status"], "passed");
    let today = desk.get("/desk/today").await.ok();
    assert_eq!(
        (&today["items"][0]["child"]["name"], &today["items"][0]["status"]),
        (&json!("小*"), &json!("expected"))
    );
    assert_eq!(stranger.get("/desk/today").await.ok()["items"], json!([]));
    let came = desk.post_once(&step("check-in"), "the-same-key", json!({})).await.ok();
    assert_eq!(came["status"], "in_care");
    desk.post(&step("check-in"), json!({})).await.problem(409, "WRONG_STATE");
    let again = desk.post_once(&step("check-in"), "the-same-key", json!({})).await;
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.ok(), came);
    let manager = app.manager(place.centre.id).await;
    let url = format!("/desk/bookings/{id}/cancel");
    manager.post(&url, json!({ "reason": "停课" })).await.problem(409, "WRONG_STATE");
    // Only to whom the family named.
    let guardian = app.guardian("chen").await;
    desk.post(&step("check-out"), json!({ "collected_by": "奶奶" })).await.problem(422, "PICKUP_NOT_ALLOWED");
    guardian.post("/me/pickup-persons", json!({ "name": "奶奶", "relation": "祖母" })).await.created();
    let left = desk.post(&step("check-out"), json!({ "collected_by": "奶奶" })).await.ok();
    assert_eq!((&left["status"], &left["booking_status"]), (&json!("left"), &json!("completed")));
    desk.post(&step("check-out"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(app.guardian("chen").await.get(&format!("/bookings/{id}")).await.ok()["status"], "completed");
    assert_eq!(app.count(audit_rows::Entity).await, 3, "entry check, check-in, check-out");
    let row = visits::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert!(row.collected_by_sealed.is_some_and(|sealed| !sealed.windows(6).any(|w| w == "奶奶".as_bytes())));
}

#[tokio::test]
async fn a_told_absence_frees_the_place() {
    let app = TestApp::spawn().await;
    let place = app.place_with(1, 1, |_| {}).await;
    let (first, second) = (app.a_family().await, app.a_family().await);
    let visit = app.visit(&place, &first, day("2026-03-03"), VisitStatus::Expected).await;
    let body = ask(
        &second,
        &place,
        json!({ "care_type": "hourly", "start_date": "2026-03-03", "from": "08:00", "to": "09:00" }),
    );
    second.client.post("/bookings", body.clone()).await.problem(409, "NO_PLACE");
    let desk = app.carer(place.centre.id).await;
    let told = desk.post(&format!("/desk/visits/{}/absent", visit.id), json!({ "reason": "发烧" })).await.ok();
    assert_eq!((&told["status"], &told["booking_status"]), (&json!("absent"), &json!("cancelled")));
    second.client.post("/bookings", body).await.created();
}

#[tokio::test]
async fn a_centre_that_changed_since_the_catalogue_looked_is_read_again() {
    use sea_orm::{ColumnTrait as _, QueryFilter as _, sea_query::Expr};
    let app = TestApp::spawn_with(&[("catalogue_poll_ms", "3600000")]).await;
    let (place, family) = (app.place().await, app.a_family().await);
    entity::offers::Entity::update_many()
        .col_expr(entity::offers::Column::PriceFen, Expr::value(9999_i64))
        .filter(entity::offers::Column::CareType.eq(CareType::FullDay))
        .exec(app.db())
        .await
        .unwrap();
    quanxiangtuo::features::centres::store::touch(app.db(), Some(place.centre.id), app.clock.now()).await.unwrap();
    let body = ask(&family, &place, json!({ "care_type": "full_day", "start_date": "2026-03-03" }));
    let booking = family.client.post("/bookings", body).await.created();
    assert_eq!(booking["price"]["total_fen"], 9999 + 1200);
    assert_eq!(booking["visits"][0]["to"], json!(hm(18, 0).to_string()));
}
