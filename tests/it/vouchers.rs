//! Campaigns, vouchers, codes and redemptions.

use chrono::TimeDelta;
use entity::{Filed, StaffRole, VisitStatus, audit_rows, redemptions, vouchers};
use harness::{
    Client, Family, Place, TestApp,
    care::{campaign_body, with},
    day,
    people::unknown_id,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

async fn code(family: &Family, voucher: &vouchers::Model) -> String {
    family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok()["code"].as_str().unwrap().to_owned()
}

async fn redeem(desk: &Client, code: &str, request_id: &str) -> harness::Reply {
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": request_id })).await
}

/// A centre with its carer, a family and a voucher of a campaign for every centre.
struct Scene {
    app: TestApp,
    place: Place,
    desk: Client,
    family: Family,
    voucher: vouchers::Model,
}

impl Scene {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut vouchers::Model)) -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let desk = app.carer(place.centre.id).await;
        let family = app.a_family().await;
        let campaign = app.campaign().await;
        let voucher = app.voucher_with(&campaign, &family, change).await;
        Self { app, place, desk, family, voucher }
    }

    async fn code(&self) -> String {
        code(&self.family, &self.voucher).await
    }
}

#[tokio::test]
async fn a_campaign_goes_from_draft_to_open_to_paused_to_closed() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let family = app.a_family().await;
    let campaign = officer.post("/bureau/campaigns", campaign_body()).await.created();
    assert_eq!((&campaign["status"], &campaign["claimed"]), (&json!("draft"), &json!(0)));
    let id = campaign["id"].as_str().unwrap();
    let claim =
        async || family.client.post(&format!("/campaigns/{id}/vouchers"), json!({ "child_id": family.child() })).await;
    let go = async |action: &str| officer.post(&format!("/bureau/campaigns/{id}/{action}"), json!({})).await;

    claim().await.problem(404, "NOT_FOUND");
    assert_eq!(app.anonymous().get("/campaigns").await.ok()["items"], json!([]));
    go("pause").await.problem(409, "WRONG_STATE");
    go("close").await.problem(409, "WRONG_STATE");
    assert_eq!(go("open").await.ok()["status"], "open");
    go("open").await.problem(409, "WRONG_STATE");
    let listed = app.anonymous().get("/campaigns").await.ok();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["remaining"]), (&json!(id), &json!(10)));
    assert_eq!(go("pause").await.ok()["status"], "paused");
    claim().await.problem(409, "CAMPAIGN_NOT_OPEN");
    assert_eq!(go("open").await.ok()["status"], "open");
    claim().await.created();
    assert_eq!(go("close").await.ok()["status"], "closed");
    go("open").await.problem(409, "WRONG_STATE");
    claim().await.problem(409, "CAMPAIGN_NOT_OPEN");

    let read = officer.get(&format!("/bureau/campaigns/{id}")).await.ok();
    assert_eq!(read["units"], json!({ "claimed": 15, "unused": 15, "used": 0, "expired": 0, "revoked": 0 }));
    assert_eq!(officer.get("/bureau/campaigns").await.ok()["items"][0], read);
    // Created, opened, paused, opened, closed.
    assert_eq!(app.count(audit_rows::Entity).await, 5);
    family.client.post("/bureau/campaigns", campaign_body()).await.problem(403, "FORBIDDEN");
    officer
        .post(&format!("/bureau/campaigns/{}/open", unknown_id::<entity::CampaignId>()), json!({}))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_campaign_whose_time_is_over_is_neither_opened_nor_claimed() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let brief = json!({
        "claim_until": "2026-03-10T12:00:00+08:00",
        "valid_days": null, "valid_from": "2026-03-01", "valid_until": "2026-03-10",
    });
    let make = async || officer.post("/bureau/campaigns", with(campaign_body(), &brief)).await.created();
    let (open, draft) = (make().await, make().await);
    let path =
        |campaign: &Value, action: &str| format!("/bureau/campaigns/{}/{action}", campaign["id"].as_str().unwrap());
    officer.post(&path(&open, "open"), json!({})).await.ok();

    app.clock.advance(chrono::TimeDelta::days(12));
    let (officer, family) = (app.officer().await, app.a_family().await);
    officer.post(&path(&draft, "open"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(
        officer.get(&format!("/bureau/campaigns/{}", draft["id"].as_str().unwrap())).await.ok()["status"],
        "draft"
    );
    let claim = format!("/campaigns/{}/vouchers", open["id"].as_str().unwrap());
    family.client.post(&claim, json!({ "child_id": family.child() })).await.problem(409, "CAMPAIGN_NOT_OPEN");
    // Claims would still be open, but the voucher would be expired.
    let stale = app
        .campaign_with(|c| {
            (c.valid_from, c.valid_until, c.valid_days) = (Some(day("2026-03-01")), Some(day("2026-03-10")), None);
        })
        .await;
    let claim = format!("/campaigns/{}/vouchers", stale.id);
    family.client.post(&claim, json!({ "child_id": family.child() })).await.problem(409, "CAMPAIGN_NOT_OPEN");
    assert_eq!(app.count(entity::vouchers::Entity).await, 0);
}

#[tokio::test]
async fn a_campaign_with_a_field_at_fault_is_refused_and_names_it() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    for (changes, field) in [
        (json!({ "quota": 0 }), "quota"),
        (json!({ "quota": -1 }), "quota"),
        (json!({ "units_per_voucher": 400 }), "units_per_voucher"),
        (json!({ "face_value_fen": -5 }), "face_value_fen"),
        (json!({ "claim_until": "2026-02-01T00:00:00+08:00" }), "claim_until"),
        (
            json!({ "claim_from": "2026-01-01T00:00:00+08:00", "claim_until": "2026-02-28T00:00:00+08:00" }),
            "claim_until",
        ),
        (json!({ "valid_days": null, "valid_from": "2026-01-01", "valid_until": "2026-02-28" }), "valid_until"),
        (json!({ "valid_days": null, "valid_from": "2026-03-01", "valid_until": "2026-05-31" }), "valid_until"),
        (json!({ "valid_days": null, "valid_from": "2026-07-02", "valid_until": "2026-07-01" }), "valid_until"),
        (json!({ "valid_days": null }), "valid_from"),
        (json!({ "valid_from": "2026-03-01", "valid_until": "2026-04-01" }), "valid_days"),
        (json!({ "townships": ["火星镇"] }), "townships"),
        (json!({ "centre_ids": [unknown_id::<entity::CentreId>()] }), "centre_ids"),
        (json!({ "fund_category": "cash" }), "fund_category"),
        (json!({ "name": "a\u{0}b" }), "name"),
    ] {
        officer.post("/bureau/campaigns", with(campaign_body(), &changes)).await.invalid(field);
    }
    assert_eq!(app.count(entity::campaigns::Entity).await, 0);
}

#[tokio::test]
async fn a_campaign_names_only_centres_that_are_filed_and_inclusive() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let fit = app.centre().await.id;
    let unfit = [
        app.centre_with(|c| c.filed = Filed::Pending).await.id,
        app.centre_with(|c| (c.inclusive_from, c.inclusive_until) = (None, None)).await.id,
        app.centre_with(|c| c.inclusive_from = Some(day("2026-03-03"))).await.id,
        app.centre_with(|c| c.inclusive_until = Some(day("2026-03-01"))).await.id,
        app.centre_with(|c| c.active = false).await.id,
    ];
    let last_day = app.centre_with(|c| c.inclusive_until = Some(day("2026-03-02"))).await.id;
    let create = async |ids: Value| {
        officer.post("/bureau/campaigns", with(campaign_body(), &json!({ "centre_ids": ids }))).await
    };
    for id in unfit {
        let refused = create(json!([fit, id])).await.invalid("centre_ids");
        assert_eq!(refused["centre_ids"], json!([id]), "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains(&id.to_string()), "{refused}");
    }
    assert_eq!(app.count(entity::campaigns::Entity).await, 0);
    create(json!([fit, last_day])).await.created();
}

#[tokio::test]
async fn central_money_may_not_pay_what_the_annex_forbids() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let body = |source, category| with(campaign_body(), &json!({ "fund_source": source, "fund_category": category }));
    let refused = officer.post("/bureau/campaigns", body("central", "family_allowance")).await;
    let refused = refused.problem(422, "FUND_RULE_VIOLATION");
    assert!(refused["clause"].as_str().unwrap().contains("向家庭和个人直接发放育儿补贴"), "{refused}");
    officer.post("/bureau/campaigns", body("central", "publicity")).await.created();
    officer.post("/bureau/campaigns", body("district", "family_allowance")).await.created();
}

#[tokio::test]
async fn a_claim_gives_every_reason_why_not() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    app.visit(&place, &family, day("2026-02-02"), VisitStatus::Left).await;
    let campaign = app
        .campaign_with(|c| {
            c.first_time_only = true;
            c.max_age_months = Some(17);
        })
        .await;
    app.campaign_township(campaign.id, "张坂镇").await;
    let reply = family
        .client
        .post(&format!("/campaigns/{}/vouchers", campaign.id), json!({ "child_id": family.child() }))
        .await;
    let problem = reply.problem(422, "NOT_ELIGIBLE");
    let codes: Vec<_> = problem["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["township", "age", "first_time"]);
    assert_eq!(app.count(vouchers::Entity).await, 0);
}

#[tokio::test]
async fn a_voucher_is_claimed_once_and_is_the_familys_own() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign().await;
    let (family, other) = (app.a_family().await, app.a_family().await);
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    let body = json!({ "child_id": family.child() });
    let first = family.client.post_once(&path, "claim-0001", body.clone()).await;
    let again = family.client.post_once(&path, "claim-0001", body.clone()).await;
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(first.body, again.created());
    let voucher = first.created();
    assert_eq!(voucher["status"], "active");
    assert_eq!((&voucher["units_total"], &voucher["units_used"]), (&json!(15), &json!(0)));
    assert_eq!((&voucher["valid_from"], &voucher["valid_until"]), (&json!("2026-03-02"), &json!("2026-05-30")));
    family.client.post(&path, body.clone()).await.problem(409, "CLAIM_LIMIT");
    let refused = other.client.post(&path, body).await.problem(404, "NOT_FOUND");
    assert_eq!(refused["errors"][0]["field"], "child_id", "{refused}");

    let own = format!("/vouchers/{}", voucher["id"].as_str().unwrap());
    assert_eq!(family.client.get(&own).await.ok(), voucher);
    assert_eq!(family.client.get("/vouchers").await.ok()["items"], json!([voucher]));
    for path in [own.clone(), format!("{own}/code"), format!("{own}/code.svg"), format!("{own}/code.png")] {
        other.client.get(&path).await.problem(404, "NOT_FOUND");
    }
    assert_eq!(other.client.get("/vouchers").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn the_picture_is_read_by_another_reader_and_redeems() {
    let scene = Scene::new().await;
    let path = format!("/vouchers/{}/code", scene.voucher.id);
    let svg = scene.family.client.get(&format!("{path}.svg")).await;
    assert!(svg.status == 200 && String::from_utf8_lossy(&svg.bytes).contains("<svg"), "{svg:?}");
    let png = scene.family.client.get(&format!("{path}.png")).await;
    assert_eq!((png.status, png.header("Cache-Control")), (200, Some("no-store")));
    let picture = image::load_from_memory(&png.bytes).unwrap().to_luma8();
    let mut picture = rqrr::PreparedImage::prepare(picture);
    let grids = picture.detect_grids();
    let (meta, text) = grids[0].decode().unwrap();
    assert!(meta.version.0 <= 4, "version {}", meta.version.0);
    assert!(text.len() <= 64 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{text}");

    let preview = scene.desk.post("/desk/redemptions/preview", json!({ "code": text })).await.ok();
    assert_eq!(preview["units_left"], 15);
    // At the beginning of a step: as long as it and the next.
    assert!(matches!(preview["code_good_s"].as_i64(), Some(31..=60)), "{preview}");
    let done = redeem(&scene.desk, &text, "request-1").await.created();
    assert_eq!((&done["units_left"], &done["child"]["name"]), (&json!(14), &json!("小*")));
    assert_eq!(done["message"], "核销成功：小*（18个月，托小班），今天第1天，还剩14天。");
    let listed = scene.desk.get("/desk/redemptions?date=2026-03-02").await.ok();
    assert_eq!(listed["items"][0]["id"], done["id"]);
    assert_eq!(scene.desk.get("/desk/redemptions?date=2026-03-03").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_preview_changes_nothing_and_a_second_scan_says_when_and_where() {
    let scene = Scene::new().await;
    let text = scene.code().await;
    scene.desk.post("/desk/redemptions/preview", json!({ "code": text })).await.ok();
    assert_eq!(scene.app.count(redemptions::Entity).await, 0);
    redeem(&scene.desk, &text, "request-1").await.created();
    let problem = redeem(&scene.desk, &text, "request-2").await.problem(409, "ALREADY_REDEEMED_TODAY");
    assert!(problem["detail"].as_str().unwrap().contains("09:00 已在本机构核销过"), "{problem}");
    assert_eq!(problem["centre_id"], scene.place.id());

    let elsewhere = scene.app.place().await;
    let desk = scene.app.carer(elsewhere.centre.id).await;
    let problem = redeem(&desk, &text, "request-3").await.problem(409, "ALREADY_REDEEMED_TODAY");
    let expected = format!("已在「{}」核销过", scene.place.centre.name);
    assert!(problem["detail"].as_str().unwrap().contains(&expected), "{problem}");
    assert_eq!(desk.get("/desk/redemptions").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_code_of_two_minutes_ago_is_refused_but_its_answer_stands() {
    let scene = Scene::new().await;
    let (old, request) = (scene.code().await, "request-1");
    let first = redeem(&scene.desk, &old, request).await;
    scene.app.clock.advance(TimeDelta::minutes(2));
    let again = redeem(&scene.desk, &old, request).await;
    assert_eq!((again.status, again.header("Idempotent-Replayed")), (201, Some("true")));
    assert_eq!(first.bytes, again.bytes);
    redeem(&scene.desk, &old, "request-2").await.problem(422, "VOUCHER_CODE_EXPIRED");
    // The desk scans the same voucher anew under the same request: the same answer.
    assert_eq!(redeem(&scene.desk, &scene.code().await, request).await.bytes, first.bytes);
    // Another voucher under the request is another thing.
    let other = scene.app.a_family().await;
    let campaign = scene.app.campaign().await;
    let voucher = scene.app.voucher(&campaign, &other).await;
    redeem(&scene.desk, &code(&other, &voucher).await, request).await.problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(scene.app.count(redemptions::Entity).await, 1);
}

#[tokio::test]
async fn a_centre_outside_the_campaign_may_not_redeem_nor_one_that_lost_its_standing() {
    let app = TestApp::spawn().await;
    let (inside, outside) = (app.place().await, app.place().await);
    let unfiled = app.place_with(15, 3, |c| c.filed = Filed::Pending).await;
    let dear = app.place_with(15, 3, |c| c.inclusive_until = Some(day("2026-03-01"))).await;
    let family = app.a_family().await;
    let campaign = app.campaign_with(|c| c.all_centres = false).await;
    for place in [&inside, &unfiled, &dear] {
        app.campaign_centre(campaign.id, place.centre.id).await;
    }
    let voucher = app.voucher(&campaign, &family).await;
    let text = code(&family, &voucher).await;
    for (place, reason) in [(&outside, "not_in_campaign"), (&unfiled, "not_filed"), (&dear, "not_inclusive")] {
        let desk = app.carer(place.centre.id).await;
        let problem = redeem(&desk, &text, "request-1").await.problem(403, "CENTRE_NOT_ALLOWED");
        assert_eq!(problem["reason"], reason);
        desk.post("/desk/redemptions/preview", json!({ "code": text })).await.problem(403, "CENTRE_NOT_ALLOWED");
    }
    redeem(&app.carer(inside.centre.id).await, &text, "request-1").await.created();
}

#[tokio::test]
async fn a_child_that_no_class_takes_is_refused() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.many_families_born(1, app.born_months_ago(30)).await.remove(0);
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &family).await;
    let desk = app.carer(place.centre.id).await;
    let problem = redeem(&desk, &code(&family, &voucher).await, "request-1").await;
    assert_eq!(problem.problem(422, "AGE_CLASS_MISMATCH")["age_months"], 30);
}

#[tokio::test]
async fn a_revoked_voucher_redeems_no_more_and_its_units_reconcile() {
    let scene = Scene::new().await;
    let officer = scene.app.officer().await;
    let text = scene.code().await;
    redeem(&scene.desk, &text, "request-1").await.created();
    let path = format!("/bureau/vouchers/{}/revoke", scene.voucher.id);
    officer.post(&path, json!({})).await.invalid("reason");
    assert_eq!(officer.post(&path, json!({ "reason": "家庭迁出" })).await.ok()["status"], "revoked");
    officer.post(&path, json!({ "reason": "家庭迁出" })).await.problem(409, "WRONG_STATE");
    redeem(&scene.desk, &text, "request-2").await.problem(422, "VOUCHER_REVOKED");
    scene.family.client.get(&format!("/vouchers/{}/code", scene.voucher.id)).await.problem(422, "VOUCHER_REVOKED");
    let campaign = officer.get(&format!("/bureau/campaigns/{}", scene.voucher.campaign_id)).await.ok();
    assert_eq!(campaign["units"], json!({ "claimed": 15, "unused": 0, "used": 1, "expired": 0, "revoked": 14 }));
    let audit = audit_rows::Entity::find().all(scene.app.db()).await.unwrap();
    let actions: Vec<_> = audit.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["redemption.create", "voucher.revoke", "redemption.refuse"]);
}

#[tokio::test]
async fn validity_is_told_before_anything_about_units() {
    let scene = Scene::with(|v| {
        v.valid_from = day("2026-03-03");
        v.valid_until = day("2026-03-04");
        v.units_total = 1;
    })
    .await;
    let text = scene.code().await;
    redeem(&scene.desk, &text, "request-1").await.problem(422, "VOUCHER_NOT_STARTED");
    scene.app.clock.advance(TimeDelta::days(1));
    let (family, desk) = (scene.app.fresh(&scene.family.client), scene.app.fresh(&scene.desk));
    let path = format!("/vouchers/{}", scene.voucher.id);
    let text = family.get(&format!("{path}/code")).await.text("/code");
    redeem(&desk, &text, "request-2").await.created();
    assert_eq!(family.get(&path).await.ok()["status"], "used");
    family.get(&format!("{path}/code")).await.problem(409, "VOUCHER_EXHAUSTED");

    // One minute before the end of the last day the code is shown, a minute later it is over.
    let other = scene.app.a_family().await;
    let campaign = scene.app.campaign().await;
    let voucher = scene.app.voucher_with(&campaign, &other, |v| v.valid_until = day("2026-03-03")).await;
    let to_midnight =
        "2026-03-03T23:59:50+08:00".parse::<chrono::DateTime<chrono::Utc>>().unwrap() - scene.app.clock.now();
    scene.app.clock.advance(to_midnight);
    let (other_client, desk) = (scene.app.fresh(&other.client), scene.app.fresh(&desk));
    let path = format!("/vouchers/{}", voucher.id);
    let text = other_client.get(&format!("{path}/code")).await.text("/code");
    scene.app.clock.advance(TimeDelta::seconds(11));
    redeem(&desk, &text, "request-3").await.problem(422, "VOUCHER_EXPIRED");
    assert_eq!(other_client.get(&path).await.ok()["status"], "expired");
    other_client.get(&format!("{path}/code")).await.problem(422, "VOUCHER_EXPIRED");
}

#[tokio::test]
async fn a_manual_code_lives_five_minutes_and_stays_the_same_meanwhile() {
    let scene = Scene::new().await;
    let path = format!("/vouchers/{}/code", scene.voucher.id);
    let manual = async || scene.family.client.get(&path).await.text("/manual_code");
    let first = manual().await;
    scene.app.clock.advance(TimeDelta::minutes(3));
    assert_eq!(manual().await, first);
    let typed = format!("{}-{}", &first[..4].to_lowercase(), &first[4..]);
    scene.desk.post("/desk/redemptions/preview", json!({ "code": typed })).await.ok();
    scene.app.clock.advance(TimeDelta::seconds(61));
    let second = manual().await;
    assert_ne!(second, first, "less than a minute was left");
    redeem(&scene.desk, &first, "request-1").await.problem(422, "VOUCHER_INVALID");
    let done = redeem(&scene.desk, &second, "request-1").await;
    scene.app.clock.advance(TimeDelta::minutes(6));
    redeem(&scene.desk, &second, "request-2").await.problem(422, "VOUCHER_CODE_EXPIRED");
    assert_eq!(redeem(&scene.desk, &second, "request-1").await.bytes, done.bytes);
}

#[tokio::test]
async fn manual_codes_may_be_guessed_five_times_a_minute() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let place = app.place().await;
    let desk = app.carer(place.centre.id).await;
    for _ in 0..5 {
        redeem(&desk, "7KQ4M9XD", "request-1").await.problem(422, "VOUCHER_INVALID");
    }
    redeem(&desk, "7KQ4M9XD", "request-1").await.problem(429, "RATE_LIMITED");
    desk.post("/desk/redemptions/preview", json!({ "code": "7KQ4M9XD" })).await.problem(429, "RATE_LIMITED");
    // A QR code can't be guessed and isn't counted.
    redeem(&desk, &format!("V0{}", "A".repeat(48)), "request-1").await.problem(422, "VOUCHER_INVALID");
}

#[tokio::test]
async fn forged_and_foreign_codes_are_invalid_and_change_nothing() {
    let scene = Scene::new().await;
    let text = scene.code().await;
    let last = if text.ends_with('A') { "B" } else { "A" };
    for forged in
        [format!("{}{last}", &text[..text.len() - 1]), "V0".to_owned(), "你好".to_owned(), scene.voucher.id.to_string()]
    {
        redeem(&scene.desk, &forged, "request-1").await.problem(422, "VOUCHER_INVALID");
    }
    scene.desk.post("/desk/redemptions", json!({ "code": "A".repeat(300), "request_id": "r" })).await.invalid("code");
    scene.desk.post("/desk/redemptions", json!({ "code": text })).await.invalid("request_id");
    let body = json!({ "code": text, "request_id": "request-1" });
    scene.family.client.post("/desk/redemptions", body.clone()).await.problem(403, "FORBIDDEN");
    scene.app.anonymous().post("/desk/redemptions", body).await.problem(401, "NOT_SIGNED_IN");
    assert_eq!(scene.app.count(redemptions::Entity).await, 0);
}

#[tokio::test]
async fn a_redemption_belongs_to_todays_visit() {
    let scene = Scene::new().await;
    let visit = scene.app.visit(&scene.place, &scene.family, day("2026-03-02"), VisitStatus::Expected).await;
    redeem(&scene.desk, &scene.code().await, "request-1").await.created();
    let row = redemptions::Entity::find().one(scene.app.db()).await.unwrap().unwrap();
    assert_eq!(row.visit_id, Some(visit.id));
}

#[tokio::test]
async fn paused_and_closed_campaigns_still_redeem() {
    let scene = Scene::new().await;
    let officer = scene.app.officer().await;
    officer.post(&format!("/bureau/campaigns/{}/close", scene.voucher.campaign_id), json!({})).await.ok();
    redeem(&scene.desk, &scene.code().await, "request-1").await.created();
}

#[tokio::test]
async fn codes_reach_no_log_line() {
    let log = harness::logs::listen();
    let scene = Scene::new().await;
    let reply = scene.family.client.get(&format!("/vouchers/{}/code", scene.voucher.id)).await;
    let (code, manual) = (reply.text("/code"), reply.text("/manual_code"));
    redeem(&scene.desk, &code, "request-1").await.created();
    redeem(&scene.desk, &manual, "request-2").await.problem(409, "ALREADY_REDEEMED_TODAY");
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains("/desk/redemptions")), "the log was heard");
    assert!(!lines.iter().any(|line| line.contains(&code) || line.contains(&manual)), "a code was logged");
}

#[tokio::test]
async fn managers_redeem_too() {
    let scene = Scene::new().await;
    let manager = scene.app.staff("manager-1", StaffRole::Manager, Some(scene.place.centre.id)).await;
    let manager = scene.app.session_of(&manager).await;
    redeem(&manager, &scene.code().await, "request-1").await.created();
}
