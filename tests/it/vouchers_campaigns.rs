//! Campaigns: changes, kinds of centre, the rules of funds, revocations.

use chrono::TimeDelta;
use entity::{CentreKind, CentreKinds, campaigns};
use harness::{
    Client, TestApp, at_once,
    care::{campaign_body, with},
    people::unknown_id,
};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

async fn redeem(
    app: &TestApp,
    desk: &Client,
    family: &harness::Family,
    voucher: &entity::vouchers::Model,
) -> harness::Reply {
    let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok();
    let request: entity::RedemptionId = app.id();
    desk.post("/desk/redemptions", json!({ "code": code["code"], "request_id": request.to_string() })).await
}

fn path(campaign: &Value, action: &str) -> String {
    format!("/bureau/campaigns/{}{action}", campaign["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_draft_changes_in_everything_and_an_open_campaign_only_where_no_family_is_hurt() {
    let app = TestApp::spawn().await;
    let (officer, family) = (app.officer().await, app.a_family().await);
    let place = app.place().await;
    let campaign = officer.post("/bureau/campaigns", with(campaign_body(), &json!({ "quota": 1 }))).await.created();
    let edit = async |body: Value| officer.patch(&path(&campaign, ""), body).await;

    // A draft: anything, checked like a new one.
    edit(json!({ "quota": 0 })).await.invalid("quota");
    let changed = edit(json!({
        "units_per_voucher": 3, "valid_from": "2026-03-01", "valid_until": "2026-07-01", "townships": ["洛阳镇"],
        "centre_ids": [place.centre.id], "fund_source": "city",
    }))
    .await
    .ok();
    assert_eq!(changed["units_per_voucher"], 3);
    assert_eq!((&changed["valid_until"], &changed["valid_days"]), (&json!("2026-07-01"), &Value::Null));
    assert_eq!(changed["townships"], json!(["洛阳镇"]));
    assert_eq!((&changed["all_centres"], &changed["centres"][0]["id"]), (&json!(false), &json!(place.centre.id)));
    assert_eq!((&changed["quota"], &changed["name"]), (&json!(1), &campaign["name"]), "what is absent stays");
    let kinds = edit(json!({ "centre_kinds": ["private"] })).await.ok();
    assert_eq!((&kinds["centres"], &kinds["centre_kinds"]), (&json!([]), &json!(["private"])));
    let all = edit(json!({ "centre_kinds": [], "valid_days": 30 })).await.ok();
    assert_eq!((&all["all_centres"], &all["centre_kinds"]), (&json!(true), &json!([])));
    assert_eq!((&all["valid_from"], &all["valid_days"]), (&Value::Null, &json!(30)));

    // Open: sold out with one voucher, then more of them.
    officer.post(&path(&campaign, "/open"), json!({})).await.ok();
    let claim = format!("/campaigns/{}/vouchers", campaign["id"].as_str().unwrap());
    family.client.post(&claim, json!({ "child_id": family.child() })).await.created();
    let other = app.a_family().await;
    other.client.post(&claim, json!({ "child_id": other.child() })).await.problem(409, "CAMPAIGN_SOLD_OUT");
    let more = edit(json!({ "quota": 2, "name": "加量", "claim_until": "2026-07-01T00:00:00+08:00" })).await.ok();
    assert_eq!((&more["quota"], &more["claimed"], &more["name"]), (&json!(2), &json!(1), &json!("加量")));
    other.client.post(&claim, json!({ "child_id": other.child() })).await.created();
    edit(json!({ "quota": 1 })).await.invalid("quota");
    edit(json!({ "claim_until": "2026-06-01T00:00:00+08:00" })).await.invalid("claim_until");
    let locked = edit(json!({ "face_value_fen": 1, "townships": [] })).await.problem(409, "WRONG_STATE");
    let fields: Vec<_> = locked["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["face_value_fen", "townships"]);

    officer.post(&path(&campaign, "/close"), json!({})).await.ok();
    edit(json!({ "quota": 5 })).await.problem(409, "WRONG_STATE");
    assert_eq!(edit(json!({ "description": "已结束，感谢参与。" })).await.ok()["description"], "已结束，感谢参与。");
    let before_and_after = officer.get("/bureau/audit?action=campaign.edit").await.ok();
    assert_eq!(before_and_after["items"][1]["detail"]["before"]["quota"], 1);
    assert_eq!(before_and_after["items"][1]["detail"]["after"]["quota"], 2);
    officer
        .patch(&format!("/bureau/campaigns/{}", unknown_id::<entity::CampaignId>()), json!({}))
        .await
        .problem(404, "NOT_FOUND");
    family.client.patch(&path(&campaign, ""), json!({})).await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn raising_the_quota_while_families_claim_loses_no_voucher_and_gives_none_too_many() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let campaign = app.campaign_with(|row| row.quota = 5).await;
    let families = app.many_families(24).await;
    let claims = families.iter().map(|family| {
        let path = format!("/campaigns/{}/vouchers", campaign.id);
        async move { family.client.post(&path, json!({ "child_id": family.child() })).await.status }
    });
    let path = format!("/bureau/campaigns/{}", campaign.id);
    let raise = officer.patch(&path, json!({ "quota": 12 }));
    let (answers, raised) = futures_util::future::join(futures_util::future::join_all(claims), raise).await;
    raised.ok();
    let first = answers.iter().filter(|status| **status == 201).count();
    for family in &families {
        family
            .client
            .post(&format!("/campaigns/{}/vouchers", campaign.id), json!({ "child_id": family.child() }))
            .await;
    }
    let row = campaigns::Entity::find_by_id(campaign.id).one(app.db()).await.unwrap().unwrap();
    assert!(first >= 5, "{first} before the end");
    assert_eq!((row.quota, row.claimed), (12, 12));
    assert_eq!(app.count(entity::vouchers::Entity).await, 12);
}

#[tokio::test]
async fn a_campaign_for_a_kind_of_centre_redeems_only_there() {
    let app = TestApp::spawn().await;
    let community = app.place().await;
    let employer = app.place_with(10, 5, |centre| centre.kind = CentreKind::Employer).await;
    let campaign = app.campaign_with(|row| row.centre_kinds = Some(CentreKinds(vec![community.centre.kind]))).await;
    assert_ne!(community.centre.kind, CentreKind::Employer);
    let family = app.a_family().await;
    let voucher = app.voucher(&campaign, &family).await;
    let refused = redeem(&app, &app.carer(employer.centre.id).await, &family, &voucher).await;
    assert_eq!(refused.problem(403, "CENTRE_NOT_ALLOWED")["reason"], "not_in_campaign");
    redeem(&app, &app.carer(community.centre.id).await, &family, &voucher).await.created();
}

#[tokio::test]
async fn the_rules_of_funds_are_data_with_dates_and_nobody_overrides_them() {
    let app = TestApp::spawn().await;
    let (admin, officer) = (app.admin().await, app.officer().await);
    let rules = officer.get("/bureau/fund-rules").await.ok();
    assert_eq!(rules["items"].as_array().unwrap().len(), 8, "the negative list");

    let central = with(campaign_body(), &json!({ "fund_source": "central", "fund_category": "family_allowance" }));
    let refused = officer.post("/bureau/campaigns", central.clone()).await.problem(422, "FUND_RULE_VIOLATION");
    assert!(refused["clause"].as_str().unwrap().contains("育儿补贴"), "{refused}");
    admin.post("/bureau/campaigns", central).await.problem(422, "FUND_RULE_VIOLATION");

    // A new rule binds drafts that were fine before, when they are opened; another source helps.
    let draft =
        officer.post("/bureau/campaigns", with(campaign_body(), &json!({ "fund_source": "province" }))).await.created();
    let rule = json!({
        "fund_source": "province", "fund_category": "publicity", "valid_from": "2026-03-01",
        "clause": "省级财政资金不得用于宣传推广", "document": "测试文件第一条",
    });
    officer.post("/bureau/fund-rules", rule.clone()).await.problem(403, "FORBIDDEN");
    let rule = admin.post("/bureau/fund-rules", rule).await.created();
    let opened = officer.post(&path(&draft, "/open"), json!({})).await;
    assert_eq!(opened.problem(422, "FUND_RULE_VIOLATION")["clause"], "省级财政资金不得用于宣传推广");
    officer.patch(&path(&draft, ""), json!({ "quota": 20 })).await.problem(422, "FUND_RULE_VIOLATION");
    officer.patch(&path(&draft, ""), json!({ "fund_source": "district" })).await.ok();
    assert_eq!(officer.post(&path(&draft, "/open"), json!({})).await.ok()["status"], "open");

    // Ended, it binds nobody from the next day on.
    let end = format!("/bureau/fund-rules/{}/end", rule["id"].as_str().unwrap());
    let last = |day: &str| json!({ "valid_until": day, "reason": "新文件取代" });
    officer.post(&end, last("2026-03-02")).await.problem(403, "FORBIDDEN");
    admin.post(&end, last("2026-02-28")).await.invalid("valid_until");
    assert_eq!(admin.post(&end, last("2026-03-02")).await.ok()["in_force"], true);
    admin.post(&end, last("2026-03-03")).await.problem(409, "WRONG_STATE");
    let province = with(campaign_body(), &json!({ "fund_source": "province" }));
    officer.post("/bureau/campaigns", province.clone()).await.problem(422, "FUND_RULE_VIOLATION");
    app.clock.advance(TimeDelta::days(1));
    officer.post("/bureau/campaigns", province).await.created();
}

#[tokio::test]
async fn a_rule_of_funds_stands_once_for_a_time_whoever_enters_it_at_once() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let rule = |from: &str| {
        json!({ "fund_source": "city", "fund_category": "debt", "valid_from": from, "clause": "市级财政资金不得用于偿债",
            "document": "测试文件第二条" })
    };
    let replies = at_once((0..6).map(async |_| admin.post("/bureau/fund-rules", rule("2026-04-01")).await)).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
    assert_eq!((made.len(), refused.len()), (1, 5));
    let first = made.into_iter().next().unwrap().created();
    for reply in refused {
        assert_eq!(reply.problem(400, "INVALID_INPUT")["fund_rule_id"], first["id"]);
    }
    admin.post("/bureau/fund-rules", rule("2026-03-01")).await.invalid("valid_from");
    let last = json!({ "valid_until": "2026-12-31", "reason": "新文件取代" });
    admin.post(&format!("/bureau/fund-rules/{}/end", first["id"].as_str().unwrap()), last).await.ok();
    admin.post("/bureau/fund-rules", rule("2026-12-31")).await.invalid("valid_from");
    admin.post("/bureau/fund-rules", rule("2027-01-01")).await.created();
}

#[tokio::test]
async fn a_revoked_campaign_stops_claims_codes_and_scans_at_once_and_its_units_reconcile() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (desk, officer) = (app.carer(place.centre.id).await, app.officer().await);
    let campaign = app.campaign_with(|row| row.units_per_voucher = 4).await;
    let (family, late) = (app.a_family().await, app.a_family().await);
    let voucher = app.voucher(&campaign, &family).await;
    redeem(&app, &desk, &family, &voucher).await.created();
    app.clock.advance(TimeDelta::days(1));
    let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok();

    let why = json!({ "reason": "资金来源有误，重新发放。" });
    let revoke = format!("/bureau/campaigns/{}/revoke", campaign.id);
    desk.post(&revoke, why.clone()).await.problem(403, "FORBIDDEN");
    let revoked = officer.post(&revoke, why.clone()).await.ok();
    assert_eq!(revoked["status"], "closed");
    assert_eq!(revoked["units"], json!({ "claimed": 4, "unused": 0, "used": 1, "expired": 0, "revoked": 3 }));
    officer.post(&revoke, why.clone()).await.problem(409, "WRONG_STATE");
    officer.post(&format!("/bureau/campaigns/{}/open", campaign.id), json!({})).await.problem(409, "WRONG_STATE");
    officer
        .patch(&format!("/bureau/campaigns/{}", campaign.id), json!({ "quota": 500 }))
        .await
        .problem(409, "WRONG_STATE");
    officer.post(&format!("/bureau/vouchers/{}/revoke", voucher.id), why.clone()).await.problem(409, "WRONG_STATE");

    let scan = json!({ "code": code["code"], "request_id": "a-code-minted-before" });
    desk.post("/desk/redemptions/preview", json!({ "code": code["code"] })).await.problem(422, "VOUCHER_REVOKED");
    desk.post("/desk/redemptions", scan).await.problem(422, "VOUCHER_REVOKED");
    family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.problem(422, "VOUCHER_REVOKED");
    assert_eq!(family.client.get("/vouchers").await.ok()["items"][0]["status"], "revoked");
    let claim = format!("/campaigns/{}/vouchers", campaign.id);
    late.client.post(&claim, json!({ "child_id": late.child() })).await.problem(409, "CAMPAIGN_NOT_OPEN");

    let draft = officer.post("/bureau/campaigns", campaign_body()).await.created();
    officer.post(&path(&draft, "/revoke"), why).await.problem(409, "WRONG_STATE");
}

#[tokio::test]
async fn a_centre_whose_vouchers_are_suspended_redeems_none_until_they_are_resumed() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let (desk, officer) = (app.carer(place.centre.id).await, app.officer().await);
    let campaign = app.campaign().await;
    let family = app.a_family().await;
    let voucher = app.voucher(&campaign, &family).await;
    let to = |action: &str| format!("/bureau/centres/{}/{action}-vouchers", place.centre.id);
    let why = json!({ "reason": "核查期间暂停。" });

    officer.post(&to("resume"), why.clone()).await.problem(409, "WRONG_STATE");
    assert!(officer.post(&to("suspend"), why.clone()).await.ok()["vouchers_suspended_at"].is_string());
    officer.post(&to("suspend"), why.clone()).await.problem(409, "WRONG_STATE");
    for desk in [desk.clone(), desk.at(&replica)] {
        let refused = redeem(&app, &desk, &family, &voucher).await.problem(403, "CENTRE_NOT_ALLOWED");
        assert_eq!(refused["reason"], "suspended");
    }
    assert_eq!(officer.post(&to("resume"), why.clone()).await.ok()["vouchers_suspended_at"], Value::Null);
    redeem(&app, &desk.at(&replica), &family, &voucher).await.created();
    officer
        .post(&format!("/bureau/centres/{}/suspend-vouchers", unknown_id::<entity::CentreId>()), why)
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn every_refused_scan_is_kept_with_its_reason_and_no_preview_leaves_a_trace() {
    let app = TestApp::spawn().await;
    let (place, elsewhere) = (app.place().await, app.place().await);
    let (desk, officer) = (app.carer(place.centre.id).await, app.officer().await);
    let (campaign, family) = (app.campaign().await, app.a_family().await);
    let voucher = app.voucher(&campaign, &family).await;
    let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok()["code"].clone();
    desk.post("/desk/redemptions/preview", json!({ "code": "V1NOTOURS" })).await.problem(422, "VOUCHER_INVALID");
    desk.post("/desk/redemptions/preview", json!({ "code": code })).await.ok();
    assert_eq!(app.count(entity::refused_scans::Entity).await, 0);

    let scan = async |code: &Value, request: &str| {
        desk.post("/desk/redemptions", json!({ "code": code, "request_id": request, "device": "前台1号机" })).await
    };
    scan(&json!("V1NOTOURS"), "first").await.problem(422, "VOUCHER_INVALID");
    scan(&code, "second").await.created();
    scan(&code, "second").await.created();
    app.clock.advance(TimeDelta::minutes(2));
    scan(&code, "third").await.problem(422, "VOUCHER_CODE_EXPIRED");

    let kept = desk.get("/desk/refused-scans").await.ok();
    let reasons: Vec<_> = kept["items"].as_array().unwrap().iter().map(|item| item["reason"].clone()).collect();
    assert_eq!(reasons, ["VOUCHER_CODE_EXPIRED", "VOUCHER_INVALID"]);
    let latest = &kept["items"][0];
    assert_eq!((&latest["device"], &latest["voucher_id"]), (&json!("前台1号机"), &json!(voucher.id)));
    assert_eq!((&latest["request_id"], &latest["manual"]), (&json!("third"), &json!(false)));
    assert!(!kept.to_string().contains(code.as_str().unwrap()), "the code itself isn't kept");
    let same_code = kept["items"][0]["code_hash"] == kept["items"][1]["code_hash"];
    assert!(!same_code, "another code, another hash");

    let neighbour = app.carer(elsewhere.centre.id).await;
    let foreign = neighbour.get(&format!("/desk/refused-scans?centre_id={}", place.centre.id)).await.ok();
    assert_eq!(foreign["items"], json!([]), "a desk sees only its own");
    assert_eq!(officer.get("/bureau/refused-scans").await.ok(), kept);
    let some = officer.get("/bureau/refused-scans?reason=VOUCHER_INVALID&from=2026-03-02&to=2026-03-02").await.ok();
    assert_eq!(some["items"], json!([kept["items"][1]]));
    assert_eq!(officer.get("/bureau/refused-scans?from=2026-03-03").await.ok()["items"], json!([]));
    desk.get("/bureau/refused-scans").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_bureau_finds_vouchers_and_redemptions_by_what_it_knows_of_them() {
    let app = TestApp::spawn().await;
    let (officer, place, other) = (app.officer().await, app.place().await, app.place().await);
    let (first, second) = (app.campaign().await, app.campaign().await);
    let a = app.voucher_with(&first, &app.a_family().await, |row| row.units_used = 2).await;
    let b = app.voucher(&second, &app.a_family().await).await;
    let day = harness::day;
    let one = app.redemption(&a, place.centre.id, day("2026-03-01"), |_| {}).await;
    let two =
        app.redemption(&a, other.centre.id, day("2026-03-02"), |row| row.uploaded_at = Some(app.clock.now())).await;
    let ids = async |query: &str| {
        let page = officer.get(&format!("/bureau/redemptions?{query}")).await.ok();
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (one_id, two_id) = (one.id.to_string(), two.id.to_string());
    assert_eq!(ids("").await.len(), 2);
    assert_eq!(ids(&format!("centre_id={}", place.centre.id)).await, std::slice::from_ref(&one_id));
    assert_eq!(ids("from=2026-03-02&to=2026-03-02").await, std::slice::from_ref(&two_id));
    assert_eq!(ids("offline=true").await, [two_id]);
    assert_eq!(ids(&format!("voucher_id={}&offline=false&status=redeemed", a.id)).await, [one_id]);
    assert_eq!(ids(&format!("campaign_id={}", second.id)).await, Vec::<String>::new());
    let table = officer.get("/bureau/redemptions.csv").await;
    let table = String::from_utf8(table.bytes).unwrap();
    assert!(table.contains(&one.id.to_string()) && table.contains(&place.centre.name), "{table}");
    assert!(officer.get("/bureau/redemptions.xlsx").await.bytes.starts_with(b"PK"));

    let of_second = officer.get(&format!("/bureau/vouchers?campaign_id={}", second.id)).await.ok();
    assert_eq!((&of_second["items"][0]["id"], &of_second["items"][0]["status"]), (&json!(b.id), &json!("active")));
    officer.post(&format!("/bureau/campaigns/{}/revoke", second.id), json!({ "reason": "作废" })).await.ok();
    let of_second = officer.get(&format!("/bureau/vouchers?campaign_id={}", second.id)).await.ok();
    assert_eq!(of_second["items"][0]["status"], "revoked", "with its campaign");
    assert_eq!(officer.get("/bureau/vouchers?status=used").await.ok()["items"], json!([]));
    app.manager(place.centre.id).await.get("/bureau/redemptions").await.problem(403, "FORBIDDEN");
}
