//! Rating a visit or a voucher day, changing it, and what others see of it.

use chrono::TimeDelta;
use entity::{
    CareType, RatingId, RedemptionId, RedemptionStatus, StaffRole, TextStatus, VisitId, VisitStatus, centres,
    rating_versions, ratings, redemptions,
};
use harness::{Family, Place, TestApp, at_once, day, people::unknown_id};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::json;

/// A visit of today that was checked out.
async fn left(app: &TestApp, place: &Place, family: &Family) -> VisitId {
    app.visit(place, family, app.clock.today(), VisitStatus::Left).await.id
}

async fn redeemed(app: &TestApp, place: &Place, family: &Family, status: RedemptionStatus) -> RedemptionId {
    let campaign = app.campaign().await;
    let voucher = app.voucher_with(&campaign, family, |row| row.units_used = 1).await;
    app.redemption(&voucher, place.centre.id, app.clock.today(), |row| {
        row.status = status;
    })
    .await
    .id
}

async fn versions(app: &TestApp, rating: &str) -> Vec<rating_versions::Model> {
    let id: RatingId = rating.parse().unwrap();
    rating_versions::Entity::find()
        .filter(rating_versions::Column::RatingId.eq(id))
        .order_by_asc(rating_versions::Column::Version)
        .all(app.db())
        .await
        .unwrap()
}

async fn centre_version(app: &TestApp, place: &Place) -> i64 {
    centres::Entity::find_by_id(place.centre.id).one(app.db()).await.unwrap().unwrap().version
}

#[tokio::test]
async fn a_family_rates_a_visit_with_levels_sub_scores_and_a_text() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let visit = left(&app, &place, &family).await;
    let before = centre_version(&app, &place).await;
    let body = json!({
        "visit_id": visit, "level": 5, "text": " 待审词：老师很耐心。\n孩子喜欢去。 ",
        "sub": { "environment": 5, "carers": 5, "meals": 4, "safety": 5, "communication": 3 },
    });
    let rating = family.client.post("/ratings", body).await.created();
    assert_eq!(rating["centre_id"], place.id());
    assert_eq!(rating["sub"], json!({ "environment": 5, "carers": 5, "meals": 4, "safety": 5, "communication": 3 }));
    assert_eq!(
        (&rating["text"], &rating["text_status"]),
        (&json!("待审词：老师很耐心。\n孩子喜欢去。"), &json!("pending"))
    );
    assert_eq!(rating["care_date"], "2026-03-02");

    let own = family.client.get("/ratings").await.ok();
    assert_eq!(own["items"], json!([rating]));
    let kept = versions(&app, rating["id"].as_str().unwrap()).await;
    assert_eq!(kept.iter().map(|v| (v.version, v.level, v.meals)).collect::<Vec<_>>(), [(1, 5, Some(4))]);
    assert_eq!(centre_version(&app, &place).await, before + 1);
    let shown = app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok();
    assert_eq!(shown["rating"]["n"], 1, "the score counts at once");
    assert_eq!(shown["items"], json!([]), "the text waits for moderation");
    let metrics = app.anonymous().get("/metrics").await;
    assert!(String::from_utf8_lossy(&metrics.bytes).contains("domain_events_total{event=\"rated\"} 1"));
}

#[tokio::test]
async fn a_voucher_day_is_rated_unless_it_was_reversed() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let families = app.many_families(2).await;
    let day = redeemed(&app, &place, &families[0], RedemptionStatus::Redeemed).await;
    let rating = families[0].client.post("/ratings", json!({ "redemption_id": day, "level": 4 })).await.created();
    assert_eq!((&rating["redemption_id"], &rating["visit_id"]), (&json!(day), &json!(null)));
    families[0]
        .client
        .post("/ratings", json!({ "redemption_id": day, "level": 1 }))
        .await
        .problem(422, "RATING_NOT_ALLOWED");
    let reversed = redeemed(&app, &place, &families[1], RedemptionStatus::Reversed).await;
    let refused = families[1].client.post("/ratings", json!({ "redemption_id": reversed, "level": 4 })).await;
    refused.problem(422, "RATING_NOT_ALLOWED");

    // Nobody gets rid of an answer by reversing the day: two officers leave it out first.
    let (officer, second) = (app.officer().await, app.officer().await);
    let figures = async || {
        let report = officer.get("/bureau/satisfaction?from=2026-03&to=2026-03").await.ok();
        let overall = &report["overall"];
        (overall["answers"].clone(), overall["families_served"].clone(), overall["response_rate"].clone())
    };
    assert_eq!(figures().await, (json!(1), json!(1), json!(1.0)));
    let wrong = json!({ "reason": "扫错" });
    let of_centre = format!("/desk/redemptions/{day}/reverse");
    let refused = app.carer(place.centre.id).await.post(&of_centre, wrong.clone()).await.problem(409, "WRONG_STATE");
    assert_eq!(refused["reason"], "rated", "{refused}");
    let of_bureau = format!("/bureau/redemptions/{day}/reverse");
    let refused = officer.post(&of_bureau, wrong.clone()).await.problem(409, "WRONG_STATE");
    assert!(refused["detail"].as_str().unwrap().contains(rating["id"].as_str().unwrap()), "{refused}");
    assert_eq!(figures().await, (json!(1), json!(1), json!(1.0)));
    let out = format!("/bureau/ratings/{}/exclusions", rating["id"].as_str().unwrap());
    let proposal = officer.post(&out, json!({ "reason": "误扫，没有实际托育" })).await.id();
    officer.post(&of_bureau, wrong.clone()).await.problem(409, "WRONG_STATE");
    second.post(&format!("/bureau/ratings/exclusions/{proposal}/confirm"), json!({})).await.ok();
    // Whose answer is left out isn't among those who could have answered either.
    assert_eq!(figures().await, (json!(0), json!(1), json!(null)));
    officer.post(&of_bureau, wrong.clone()).await.ok();
    assert_eq!(figures().await, (json!(0), json!(0), json!(null)));
    let own = format!("/ratings/{}", rating["id"].as_str().unwrap());
    families[0].client.patch(&own, json!({ "level": 5 })).await.problem(422, "RATING_NOT_ALLOWED");
    let back = format!("/bureau/ratings/{}/inclusions", rating["id"].as_str().unwrap());
    officer.post(&back, json!({ "reason": "误操作" })).await.problem(409, "WRONG_STATE");
    let left_out = versions(&app, rating["id"].as_str().unwrap()).await.into_iter().map(|v| v.excluded_for);
    let reasons = [None, Some("by_officers".to_owned()), Some("care_reversed".to_owned())];
    assert_eq!(left_out.collect::<Vec<_>>(), reasons);
    // One that was left out for another reason, from before that rule, is out for good as well.
    let of_rating = ratings::Column::Id.eq(rating["id"].as_str().unwrap().parse::<RatingId>().unwrap());
    ratings::Entity::update_many()
        .col_expr(ratings::Column::ExcludedFor, Expr::value("by_officers"))
        .filter(of_rating)
        .exec(app.db())
        .await
        .unwrap();
    families[0].client.patch(&own, json!({ "level": 5 })).await.problem(422, "RATING_NOT_ALLOWED");
    officer.post(&back, json!({ "reason": "误操作" })).await.problem(409, "WRONG_STATE");

    // Where the child was checked out of a visit on that day, the answer stands, and the visit with it.
    let family = app.a_family().await;
    let day = redeemed(&app, &place, &family, RedemptionStatus::Redeemed).await;
    let cared: redemptions::Model = redemptions::Entity::find_by_id(day).one(app.db()).await.unwrap().unwrap();
    let visit = app.visit(&place, &family, cared.service_date, VisitStatus::Left).await;
    family.client.post("/ratings", json!({ "redemption_id": day, "level": 4 })).await.created();
    officer.post(&format!("/bureau/redemptions/{day}/reverse"), wrong).await.ok();
    assert_eq!(figures().await, (json!(1), json!(1), json!(1.0)));
    let never = json!({ "status": "expected", "reason": "误操作" });
    let correct = format!("/desk/visits/{}/corrections", visit.id);
    let manager = app.manager(place.centre.id).await;
    manager.post(&correct, never.clone()).await.problem(409, "WRONG_STATE");
    // Nor one step back at a time.
    let came = format!("{}T09:00:00+08:00", cared.service_date);
    let who = app.staff("keeper", StaffRole::Carer, Some(place.centre.id)).await;
    app.entry_check(place.centre.id, family.child_id, who.id).await;
    manager.post(&correct, json!({ "status": "in_care", "checked_in_at": came, "reason": "误操作" })).await.ok();
    manager.post(&correct, never).await.problem(409, "WRONG_STATE");
    assert_eq!(figures().await.0, json!(1));
}

#[tokio::test]
async fn only_a_family_that_was_there_rates() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let families = app.many_families(2).await;
    let visit = left(&app, &place, &families[0]).await;
    for (field, id) in [("visit_id", json!(visit)), ("redemption_id", json!(unknown_id::<RedemptionId>()))] {
        let refused = families[1].client.post("/ratings", json!({ field: id, "level": 1 })).await;
        let refused = refused.problem(404, "NOT_FOUND");
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    for (i, status) in VisitStatus::ALL.iter().filter(|status| **status != VisitStatus::Left).enumerate() {
        let date = day("2026-03-03") + chrono::Days::new(i as u64);
        let visit = app.visit(&place, &families[1], date, *status).await.id;
        let refused = families[1].client.post("/ratings", json!({ "visit_id": visit, "level": 5 })).await;
        refused.problem(422, "RATING_NOT_ALLOWED");
    }
    app.carer(place.centre.id)
        .await
        .post("/ratings", json!({ "visit_id": visit, "level": 5 }))
        .await
        .problem(403, "FORBIDDEN");
    app.anonymous().post("/ratings", json!({ "visit_id": visit, "level": 5 })).await.problem(401, "NOT_SIGNED_IN");
    assert_eq!(app.count(ratings::Entity).await, 0);
}

#[tokio::test]
async fn a_visit_is_rated_once_by_many_requests_at_once() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let visit = left(&app, &place, &family).await;
    let rate = |level: usize| family.client.post("/ratings", json!({ "visit_id": visit, "level": level % 5 + 1 }));
    let replies = at_once((0..8).map(rate)).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.into_iter().filter(|reply| reply.status != 201) {
        let problem = reply.problem(422, "RATING_NOT_ALLOWED");
        assert!(problem["detail"].as_str().unwrap().contains("修改"), "it says to change the rating instead");
    }
    assert_eq!((app.count(ratings::Entity).await, app.count(rating_versions::Entity).await), (1, 1));
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let body = json!({ "visit_id": left(&app, &place, &family).await, "level": 5 });
    let first = family.client.post_once("/ratings", "rating-key-1", body.clone()).await;
    let again = family.client.post_once("/ratings", "rating-key-1", body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.created(), again.created());
}

#[tokio::test]
async fn bad_ratings_name_their_field_and_change_nothing() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let visit = left(&app, &place, &family).await;
    let redemption = redeemed(&app, &place, &family, RedemptionStatus::Redeemed).await;
    let post = async |body| family.client.post("/ratings", body).await;
    post(json!({ "level": 5 })).await.invalid("visit_id");
    post(json!({ "visit_id": visit, "redemption_id": redemption, "level": 5 })).await.invalid("redemption_id");
    post(json!({ "visit_id": "ctr_1", "level": 5 })).await.invalid("visit_id");
    post(json!({ "visit_id": visit })).await.invalid("level");
    for level in [json!(0), json!(6), json!(-1), json!(4.5), json!("5"), json!(null), json!(u64::MAX), json!(1e300)] {
        post(json!({ "visit_id": visit, "level": level })).await.invalid("level");
    }
    for name in ["environment", "carers", "meals", "safety", "communication"] {
        post(json!({ "visit_id": visit, "level": 5, "sub": { name: 6 } })).await.invalid(&format!("sub.{name}"));
    }
    post(json!({ "visit_id": visit, "level": 5, "text": "好".repeat(501) })).await.invalid("text");
    post(json!({ "visit_id": visit, "level": 5, "text": "好\u{0}" })).await.invalid("text");
    assert_eq!(app.count(ratings::Entity).await, 0);
    post(json!({ "visit_id": visit, "level": 5, "text": "好".repeat(500) })).await.created();
}

#[tokio::test]
async fn a_rating_is_changed_within_thirty_days_and_every_state_is_kept() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let other = app.a_family().await;
    let body =
        json!({ "visit_id": left(&app, &place, &family).await, "level": 2, "sub": { "meals": 1 }, "text": "一般" });
    let rating = family.client.post("/ratings", body).await.created();
    let path = format!("/ratings/{}", rating["id"].as_str().unwrap());
    other.client.patch(&path, json!({ "level": 1 })).await.problem(404, "NOT_FOUND");
    family.client.patch(&path, json!({ "level": 7 })).await.invalid("level");
    family.client.patch(&path, json!({ "sub": { "meals": 0 } })).await.invalid("sub.meals");
    family.client.patch(&path, json!({ "text": "" })).await.invalid("text");

    app.clock.advance(TimeDelta::days(30) - TimeDelta::minutes(1));
    let client = app.fresh(&family.client);
    let changed = client.patch(&path, json!({ "level": 4, "sub": { "safety": 5 } })).await.ok();
    assert_eq!(
        (&changed["level"], &changed["sub"]["meals"], &changed["sub"]["safety"]),
        (&json!(4), &json!(1), &json!(5))
    );
    assert_eq!(changed["text"], "一般");
    assert_eq!(client.patch(&path, json!({})).await.ok(), changed, "nothing to change");
    let shown = app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok();
    assert_eq!(shown["rating"]["n"], 1);
    let kept = versions(&app, rating["id"].as_str().unwrap()).await;
    assert_eq!(kept.iter().map(|v| (v.version, v.level)).collect::<Vec<_>>(), [(1, 2), (2, 4)]);

    app.clock.advance(TimeDelta::minutes(2));
    let late = app.fresh(&family.client).patch(&path, json!({ "level": 5 })).await.problem(409, "WRONG_STATE");
    assert!(late["detail"].as_str().unwrap().contains("30天"));
    assert_eq!(versions(&app, rating["id"].as_str().unwrap()).await.len(), 2);
}

#[tokio::test]
async fn the_public_page_shows_passed_texts_without_a_trace_of_the_family() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let mut texts = Vec::new();
    for (i, family) in app.many_families(6).await.iter().enumerate() {
        let visit = left(&app, &place, family).await;
        let text = format!("待审词{i}");
        let level = if i == 0 { 3 } else { 5 };
        family.client.post("/ratings", json!({ "visit_id": visit, "level": level, "text": text })).await.created();
        texts.push(text);
        // Ids of one millisecond have no order.
        app.clock.advance(TimeDelta::seconds(1));
    }
    let shown = [texts[1].clone(), texts[3].clone(), texts[5].clone()];
    ratings::Entity::update_many()
        .col_expr(ratings::Column::TextStatus, Expr::value(TextStatus::Shown.as_str()))
        .filter(ratings::Column::Text.is_in(shown.clone()))
        .exec(app.db())
        .await
        .unwrap();
    let path = format!("/centres/{}/ratings", place.id());
    let first = app.anonymous().get(&format!("{path}?limit=2")).await.ok();
    assert_eq!(first["rating"], json!({ "satisfied_rate": 0.833, "mean": 4.667, "n": 6 }));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = app.anonymous().get(&format!("{path}?limit=2&cursor={cursor}")).await.ok();
    let items: Vec<_> = [&first, &second].iter().flat_map(|page| page["items"].as_array().unwrap().clone()).collect();
    let got: Vec<_> = items.iter().map(|item| item["text"].as_str().unwrap()).collect();
    assert_eq!(got, [&shown[2], &shown[1], &shown[0]]);
    assert_eq!(second["next_cursor"], json!(null));
    let members: Vec<_> = items[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["level", "month", "reply", "sub", "text"]);
    app.anonymous().get(&format!("{path}?cursor=x")).await.invalid("cursor");
    app.anonymous().get(&format!("{path}?limit=101")).await.invalid("limit");
    app.anonymous().get("/centres/ctr_0192f0c18a7c7d10b1c2d3e4f5a6b7c8/ratings").await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_family_pages_through_its_own_ratings_only() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let families = app.many_families(2).await;
    for n in 1..=3 {
        let change = |visit: &mut entity::visits::Model| visit.care_type = CareType::HalfDay;
        let visit = app.visit_with(&place, &families[0], day("2026-02-02"), VisitStatus::Left, change).await.id;
        families[0].client.post("/ratings", json!({ "visit_id": visit, "level": n })).await.created();
        app.clock.advance(TimeDelta::seconds(1));
    }
    let visit = left(&app, &place, &families[1]).await;
    families[1].client.post("/ratings", json!({ "visit_id": visit, "level": 5 })).await.created();
    let first = families[0].client.get("/ratings?limit=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = families[0].client.get(&format!("/ratings?limit=2&cursor={cursor}")).await.ok();
    let levels: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["level"].as_i64().unwrap())
        .collect();
    assert_eq!(levels, [3, 2, 1]);
}
