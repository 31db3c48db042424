//! Invariants 3 and 4 under many requests at once.

use std::collections::BTreeMap;

use entity::{VoucherStatus, campaigns, redemptions, vouchers};
use harness::{Client, Family, Reply, TestApp, at_once};
use sea_orm::EntityTrait as _;
use serde_json::json;

/// How many answers of each kind: `201`, or status and code.
fn tally(replies: &[Reply]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for reply in replies {
        let kind = match reply.code() {
            Some(code) => format!("{} {code}", reply.status),
            None => reply.status.to_string(),
        };
        *tally.entry(kind).or_default() += 1;
    }
    tally
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(kind, n)| ((*kind).to_owned(), *n)).collect()
}

async fn claim(family: &Family, campaign: &campaigns::Model) -> Reply {
    family.client.post(&format!("/campaigns/{}/vouchers", campaign.id), json!({ "child_id": family.child() })).await
}

async fn campaign(app: &TestApp, id: entity::CampaignId) -> campaigns::Model {
    campaigns::Entity::find_by_id(id).one(app.db()).await.unwrap().unwrap()
}

async fn redeem(desk: &Client, code: &str, request_id: &str) -> Reply {
    desk.post("/desk/redemptions", json!({ "code": code, "request_id": request_id })).await
}

#[tokio::test]
async fn sixty_four_families_want_the_last_ten_vouchers() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let open = app.campaign_with(|c| c.quota = 10).await;
    let families = app.many_families(64).await;
    let replies = at_once(families.iter().enumerate().map(|(i, family)| {
        let client = if i % 2 == 0 { family.client.clone() } else { family.client.at(&replica) };
        let family = Family { client, ..family.clone() };
        let open = open.clone();
        async move { claim(&family, &open).await }
    }))
    .await;
    assert_eq!(tally(&replies), counts(&[("201", 10), ("409 CAMPAIGN_SOLD_OUT", 54)]));
    assert_eq!(campaign(&app, open.id).await.claimed, 10);
    assert_eq!(app.count(vouchers::Entity).await, 10);
}

#[tokio::test]
async fn two_children_of_a_family_want_a_first_time_voucher() {
    let app = TestApp::spawn().await;
    for _ in 0..4 {
        let (first, second) = (
            app.campaign_with(|c| c.first_time_only = true).await,
            app.campaign_with(|c| c.first_time_only = true).await,
        );
        let older = app.a_family().await;
        let sibling = app.child(&older.client, app.born_months_ago(18)).await;
        let younger = Family { child_id: sibling, ..older.clone() };
        // In one campaign and across two.
        let pairs = [(&older, &first), (&younger, &first), (&older, &second), (&younger, &second)];
        let replies = at_once(pairs.into_iter().map(|(family, campaign)| claim(family, campaign))).await;
        let winners = replies.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(winners, 1, "{:?}", tally(&replies));
        assert!(
            replies.iter().all(|r| matches!(r.code(), None | Some("NOT_ELIGIBLE" | "CLAIM_LIMIT"))),
            "{:?}",
            tally(&replies)
        );
        let given = campaign(&app, first.id).await.claimed + campaign(&app, second.id).await.claimed;
        assert_eq!(given, 1);
    }
}

#[tokio::test]
async fn one_child_is_claimed_for_sixteen_times() {
    let app = TestApp::spawn().await;
    let open = app.campaign().await;
    let family = app.a_family().await;
    let replies = at_once((0..16).map(|_| claim(&family, &open))).await;
    assert_eq!(tally(&replies), counts(&[("201", 1), ("409 CLAIM_LIMIT", 15)]));
    assert_eq!(campaign(&app, open.id).await.claimed, 1);
}

#[tokio::test]
async fn one_idempotency_key_is_sent_sixteen_times() {
    let app = TestApp::spawn().await;
    let open = app.campaign().await;
    let family = app.a_family().await;
    let path = format!("/campaigns/{}/vouchers", open.id);
    let body = json!({ "child_id": family.child() });
    let replies = at_once((0..16).map(|_| family.client.post_once(&path, "claim-0001", body.clone()))).await;
    assert_eq!(tally(&replies), counts(&[("201", 16)]));
    assert!(replies.iter().all(|reply| reply.body == replies[0].body));
    let replayed = replies.iter().filter(|reply| reply.header("Idempotent-Replayed") == Some("true")).count();
    assert_eq!((replayed, app.count(vouchers::Entity).await), (15, 1));
}

/// A voucher's code and sixteen carers of one centre.
async fn scene(app: &TestApp) -> (String, Vec<Client>) {
    let place = app.place().await;
    let family = app.a_family().await;
    let open = app.campaign().await;
    let voucher = app.voucher(&open, &family).await;
    let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code");
    let mut carers = vec![];
    for _ in 0..16 {
        carers.push(app.carer(place.centre.id).await);
    }
    (code, carers)
}

async fn used(app: &TestApp) -> i32 {
    let voucher = vouchers::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(voucher.status, VoucherStatus::Active);
    voucher.units_used
}

#[tokio::test]
async fn sixteen_carers_scan_one_code() {
    let app = TestApp::spawn().await;
    let (code, carers) = scene(&app).await;
    let replies = at_once(carers.iter().enumerate().map(|(i, carer)| {
        let code = code.clone();
        async move { redeem(carer, &code, &format!("request-{i}")).await }
    }))
    .await;
    assert_eq!(tally(&replies), counts(&[("201", 1), ("409 ALREADY_REDEEMED_TODAY", 15)]));
    assert_eq!((app.count(redemptions::Entity).await, used(&app).await), (1, 1));
}

#[tokio::test]
async fn one_request_is_sent_sixteen_times() {
    let app = TestApp::spawn().await;
    let (code, carers) = scene(&app).await;
    let replies = at_once(carers.iter().map(|carer| redeem(carer, &code, "request-1"))).await;
    assert_eq!(tally(&replies), counts(&[("201", 16)]));
    assert!(replies.iter().all(|reply| reply.bytes == replies[0].bytes));
    let replayed = replies.iter().filter(|reply| reply.header("Idempotent-Replayed") == Some("true")).count();
    assert_eq!((replayed, app.count(redemptions::Entity).await, used(&app).await), (15, 1, 1));
}

#[tokio::test]
async fn one_child_with_two_vouchers_is_redeemed_once_a_day() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let family = app.a_family().await;
    let carer = app.carer(place.centre.id).await;
    let mut codes = vec![];
    for _ in 0..2 {
        let open = app.campaign().await;
        let voucher = app.voucher(&open, &family).await;
        codes.push(family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code"));
    }
    let replies = at_once((0..16).map(|i| {
        let (carer, code) = (carer.clone(), codes[i % 2].clone());
        async move { redeem(&carer, &code, &format!("request-{i}")).await }
    }))
    .await;
    assert_eq!(tally(&replies), counts(&[("201", 1), ("409 ALREADY_REDEEMED_TODAY", 15)]));
    let units: i32 = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.units_used).sum();
    assert_eq!((app.count(redemptions::Entity).await, units), (1, 1));
}

#[tokio::test]
async fn sixteen_pages_show_one_manual_code() {
    let app = TestApp::spawn().await;
    let family = app.a_family().await;
    let open = app.campaign().await;
    let voucher = app.voucher(&open, &family).await;
    let path = format!("/vouchers/{}/code", voucher.id);
    let replies = at_once((0..16).map(|_| family.client.get(&path))).await;
    let first = replies[0].text("/manual_code");
    assert!(replies.iter().all(|reply| reply.text("/manual_code") == first));
}

#[tokio::test]
async fn a_voucher_is_revoked_while_it_is_scanned() {
    let app = TestApp::spawn().await;
    let (code, carers) = scene(&app).await;
    let officer = app.officer().await;
    let voucher = vouchers::Entity::find().one(app.db()).await.unwrap().unwrap();
    let path = format!("/bureau/vouchers/{}/revoke", voucher.id);
    let (revoked, replies) = tokio::join!(
        officer.post(&path, json!({ "reason": "家庭迁出" })),
        at_once(carers.iter().enumerate().map(|(i, carer)| {
            let code = code.clone();
            async move { redeem(carer, &code, &format!("request-{i}")).await }
        }))
    );
    revoked.ok();
    let winners = replies.iter().filter(|reply| reply.status == 201).count();
    assert!(winners <= 1, "{:?}", tally(&replies));
    let row = vouchers::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.status, row.units_used, app.count(redemptions::Entity).await), {
        let n = i32::try_from(winners).unwrap();
        (VoucherStatus::Revoked, n, i64::from(n))
    });
}
