//! Claims under a rush: the early answer, its limits, and what a family sees of a campaign.

use chrono::TimeDelta;
use entity::{CampaignStatus, VisitStatus, campaigns};
use harness::{Client, Family, TestApp, at_once, day};
use reqwest::Method;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

async fn claim(campaign: &campaigns::Model, family: &Family) -> harness::Reply {
    family.client.post(&format!("/campaigns/{}/vouchers", campaign.id), json!({ "child_id": family.child() })).await
}

#[tokio::test]
async fn once_a_campaign_is_sold_out_claims_are_answered_without_the_database() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign_with(|row| row.quota = 1).await;
    let families = app.many_families(3).await;
    let [first, second, third] = &families[..] else { unreachable!() };
    let key = "a-key-of-the-first";
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    let voucher = first.client.post_once(&path, key, json!({ "child_id": first.child() })).await.created();
    claim(&campaign, second).await.problem(409, "CAMPAIGN_SOLD_OUT");

    // Behind the API's back there is one more: the early answer doesn't look.
    campaigns::Entity::update_many()
        .col_expr(campaigns::Column::Quota, Expr::value(2))
        .filter(campaigns::Column::Id.eq(campaign.id))
        .exec(app.db())
        .await
        .unwrap();
    claim(&campaign, third).await.problem(409, "CAMPAIGN_SOLD_OUT");
    // Whoever has one is told so, and a repeated request gets its first answer.
    claim(&campaign, first).await.problem(409, "CLAIM_LIMIT");
    let again = first.client.post_once(&path, key, json!({ "child_id": first.child() })).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.created(), voucher);
    // It is never authoritative: a request with a key goes to the database.
    third.client.post_once(&path, "a-key-of-the-third", json!({ "child_id": third.child() })).await.created();
}

#[tokio::test]
async fn the_bureaus_change_reaches_the_early_answer_of_every_replica() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let officer = app.officer().await;
    let campaign = app.campaign_with(|row| row.quota = 1).await;
    let families = app.many_families(5).await;
    claim(&campaign, &families[0]).await.created();
    claim(&campaign, &families[1]).await.problem(409, "CAMPAIGN_SOLD_OUT");
    let path = format!("/bureau/campaigns/{}", campaign.id);
    officer.patch(&path, json!({ "quota": 2 })).await.ok();
    claim(&campaign, &families[1]).await.created();

    officer.post(&format!("{path}/pause"), json!({})).await.ok();
    claim(&campaign, &families[2]).await.problem(409, "CAMPAIGN_NOT_OPEN");
    officer.patch(&path, json!({ "quota": 4 })).await.ok();
    officer.post(&format!("{path}/open"), json!({})).await.ok();
    claim(&campaign, &families[2]).await.created();
    // On another replica within its memory of a quarter of a second.
    let there = Family { client: families[3].client.at(&replica), ..families[3].clone() };
    for attempt in 0.. {
        match claim(&campaign, &there).await.status {
            201 => break,
            409 if attempt < 200 => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            status => panic!("{status}"),
        }
    }
    claim(&campaign, &families[4]).await.problem(409, "CAMPAIGN_SOLD_OUT");
}

#[tokio::test]
async fn a_rush_of_distinct_families_gets_exactly_the_quota_and_the_rest_hears_it_is_sold_out() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let campaign = app.campaign_with(|row| row.quota = 25).await;
    let families = app.many_families(200).await;
    let codes = at_once(families.iter().enumerate().map(async |(n, family)| {
        let client = if n % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
        claim(&campaign, &Family { client, ..family.clone() }).await.code().map(str::to_owned)
    }))
    .await;
    let won = codes.iter().filter(|code| code.is_none()).count();
    assert_eq!(won, 25);
    assert!(codes.iter().flatten().all(|code| code == "CAMPAIGN_SOLD_OUT"), "{codes:?}");
    let row = campaigns::Entity::find_by_id(campaign.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.claimed, app.count(entity::vouchers::Entity).await), (25, 25));
}

#[tokio::test]
async fn a_family_that_claims_too_often_is_told_when_to_come_back() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let campaign = app.campaign_with(|row| row.min_age_months = Some(36)).await;
    let family = app.a_family().await;
    for _ in 0..20 {
        claim(&campaign, &family).await.problem(422, "NOT_ELIGIBLE");
    }
    let refused = claim(&campaign, &family).await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    refused.problem(429, "RATE_LIMITED");
    claim(&campaign, &app.a_family().await).await.problem(422, "NOT_ELIGIBLE");
}

#[tokio::test]
async fn an_address_that_claims_too_often_waits_and_another_one_does_not() {
    let app = TestApp::spawn_with(&[("rate_limits", "on"), ("client_address_header", "X-Real-Ip")]).await;
    let campaign = app.campaign_with(|row| row.min_age_months = Some(36)).await;
    // Sixty families of one housing estate, twenty times each: all that its address may in a minute.
    let families = app.many_families(61).await;
    let path = format!("/campaigns/{}/vouchers", campaign.id);
    let claim_from = async |family: &Family, address: &str| {
        let body = json!({ "child_id": family.child() });
        family.client.send(Method::POST, &path, Some(body), &[("X-Real-Ip", address)]).await
    };
    let (last, estate) = families.split_last().unwrap();
    at_once(estate.iter().map(async |family| {
        for _ in 0..20 {
            claim_from(family, "192.0.2.1").await.problem(422, "NOT_ELIGIBLE");
        }
    }))
    .await;
    let refused = claim_from(last, "192.0.2.1").await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    refused.problem(429, "RATE_LIMITED");
    claim_from(last, "192.0.2.2").await.problem(422, "NOT_ELIGIBLE");
}

#[tokio::test]
async fn ids_of_campaigns_that_nobody_knows_do_not_crowd_out_the_early_answer() {
    let app = TestApp::spawn().await;
    let campaign = app.campaign_with(|row| row.quota = 1).await;
    let families = app.many_families(3).await;
    claim(&campaign, &families[0]).await.created();
    at_once((0..300).map(async |_| {
        let path = format!("/campaigns/{}/vouchers", app.id::<entity::CampaignId>());
        families[1].client.post(&path, json!({ "child_id": families[1].child() })).await.problem(404, "NOT_FOUND");
    }))
    .await;
    claim(&campaign, &families[1]).await.problem(409, "CAMPAIGN_SOLD_OUT");
    // Behind the API's back there is one more: the early answer doesn't look.
    let raised = Expr::value(2);
    campaigns::Entity::update_many().col_expr(campaigns::Column::Quota, raised).exec(app.db()).await.unwrap();
    claim(&campaign, &families[2]).await.problem(409, "CAMPAIGN_SOLD_OUT");
}

fn standing(body: &Value, campaign: &campaigns::Model) -> Value {
    let items = body["items"].as_array().unwrap();
    items.iter().find(|item| item["id"] == json!(campaign.id)).map_or(Value::Null, |item| item["children"].clone())
}

#[tokio::test]
async fn a_family_sees_its_place_in_the_story_of_each_campaign() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    app.visit(&place, &family, day("2026-02-02"), VisitStatus::Left).await;
    let open = app.campaign().await;
    let later = app.campaign_with(|row| row.claim_from += TimeDelta::days(3)).await;
    let paused = app.campaign_with(|row| row.status = CampaignStatus::Paused).await;
    let sold_out = app.campaign_with(|row| (row.quota, row.claimed) = (3, 3)).await;
    let narrow = app
        .campaign_with(|row| {
            row.first_time_only = true;
            row.max_age_months = Some(12);
        })
        .await;
    app.campaign_township(narrow.id, "东园镇").await;
    let hidden = [
        app.campaign_with(|row| row.status = CampaignStatus::Draft).await,
        app.campaign_with(|row| row.claim_until = row.claim_from + TimeDelta::hours(1)).await,
    ];
    let seen = async |client: &Client| client.get("/me/campaigns").await.ok();

    let body = seen(&family.client).await;
    let word = |campaign| standing(&body, campaign)[0]["standing"].clone();
    assert_eq!(
        [word(&open), word(&later), word(&paused), word(&sold_out), word(&narrow)],
        ["claimable", "not_open", "not_open", "sold_out", "not_eligible"]
    );
    let reasons = standing(&body, &narrow)[0]["reasons"].clone();
    let codes: Vec<_> = reasons.as_array().unwrap().iter().map(|reason| reason["code"].clone()).collect();
    assert_eq!(codes, ["township", "age", "first_time"]);
    assert!(hidden.iter().all(|campaign| standing(&body, campaign).is_null()));
    // Made within a millisecond, they have no order.
    let items = body["items"].as_array().unwrap().iter();
    let mut stories: Vec<_> = items.map(|item| item["availability"].as_str().unwrap()).collect();
    stories.sort_unstable();
    assert_eq!(stories, ["open", "open", "paused", "sold_out", "upcoming"]);

    // What it says is what a claim says.
    for (campaign, code) in [
        (&later, "CAMPAIGN_NOT_OPEN"),
        (&paused, "CAMPAIGN_NOT_OPEN"),
        (&sold_out, "CAMPAIGN_SOLD_OUT"),
        (&narrow, "NOT_ELIGIBLE"),
    ] {
        assert_eq!(claim(campaign, &family).await.code(), Some(code));
    }
    let voucher = claim(&open, &family).await.created();
    let after = seen(&family.client).await;
    let mine = &standing(&after, &open)[0];
    assert_eq!((&mine["standing"], &mine["voucher_id"]), (&json!("claimed"), &voucher["id"]));
    // Another child and another family have places of their own.
    app.child(&family.client, app.born_months_ago(10)).await;
    let two = standing(&seen(&family.client).await, &open);
    assert_eq!([&two[0]["standing"], &two[1]["standing"]], ["claimed", "claimable"]);
    let other = app.a_family().await;
    assert_eq!(standing(&seen(&other.client).await, &open)[0]["standing"], "claimable");
    app.anonymous().get("/me/campaigns").await.problem(401, "NOT_SIGNED_IN");
}
