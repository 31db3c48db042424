//! Invariants 3 and 4 under many requests at once.

use std::collections::BTreeMap;

use entity::{CareType, VisitStatus, VoucherStatus, audit_rows, campaigns, redemptions, vouchers};
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

/// Several vouchers' codes, and carers of one centre at two replicas.
async fn crowd(app: &TestApp, replica: &TestApp, vouchers: usize, carers: usize) -> (Vec<String>, Vec<Client>) {
    let place = app.place().await;
    replica.reload_catalogue().await;
    let open = app.campaign().await;
    let mut codes = vec![];
    for family in app.many_families(vouchers).await {
        let voucher = app.voucher(&open, &family).await;
        codes.push(family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code"));
    }
    let mut desks = vec![];
    for i in 0..carers {
        let desk = app.carer(place.centre.id).await;
        desks.push(if i % 2 == 0 { desk } else { desk.at(replica) });
    }
    (codes, desks)
}

#[tokio::test]
async fn sixteen_carers_scan_one_code() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    // Four codes at once, so that reads and writes of each lie between those of the others.
    let (codes, desks) = crowd(&app, &replica, 4, 16).await;
    let scans = desks.iter().enumerate().flat_map(|(i, desk)| codes.iter().map(move |code| (i, desk, code)));
    let replies = at_once(scans.map(|(i, desk, code)| {
        let request_id = format!("{i}-{}", &code[20..]);
        async move { redeem(desk, code, &request_id).await }
    }))
    .await;
    assert_eq!(tally(&replies), counts(&[("201", 4), ("409 ALREADY_REDEEMED_TODAY", 60)]));
    let used: Vec<i32> = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.units_used).collect();
    assert_eq!((app.count(redemptions::Entity).await, used), (4, vec![1; 4]));
}

/// What may stand for or against a scan that shares its transaction with others.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Plain,
    /// The child has a half-day visit at the desk's centre, and the campaign names it.
    HalfDay,
    /// The child's visit is at the other centre.
    VisitElsewhere,
    /// The campaign names the other centre only.
    NotHere,
    Revoked,
    RedeemedBefore,
}

#[tokio::test]
async fn scans_that_share_a_transaction_are_decided_each_by_itself() {
    use Fate::{HalfDay, NotHere, Plain, RedeemedBefore, Revoked, VisitElsewhere};
    let app = TestApp::spawn().await;
    let today = app.clock.today();
    let (here, there) = (app.place().await, app.place().await);
    let everywhere = app.campaign().await;
    let (at_here, at_there) =
        (app.campaign_with(|c| c.all_centres = false).await, app.campaign_with(|c| c.all_centres = false).await);
    app.campaign_centre(at_here.id, here.centre.id).await;
    app.campaign_centre(at_there.id, there.centre.id).await;
    let (desk, other) = (app.carer(here.centre.id).await, app.carer(there.centre.id).await);
    let mut scans = vec![];
    // Scans at the other centre lie between, so that a batch holds both centres.
    for (i, family) in app.many_families(48).await.into_iter().enumerate() {
        let fate = [Plain, HalfDay, VisitElsewhere, NotHere, Revoked, RedeemedBefore][i % 6];
        let campaign = match fate {
            HalfDay => &at_here,
            NotHere => &at_there,
            _ => &everywhere,
        };
        let voucher = app.voucher(campaign, &family).await;
        let code = family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code");
        let half = |visit: &mut entity::visits::Model| {
            (visit.care_type, visit.to_min) = (CareType::HalfDay, harness::hm(12, 0));
        };
        match fate {
            HalfDay => drop(app.visit_with(&here, &family, today, VisitStatus::Expected, half).await),
            VisitElsewhere => drop(app.visit_with(&there, &family, today, VisitStatus::Expected, half).await),
            Revoked => {
                let officer = app.officer().await;
                officer
                    .post(&format!("/bureau/vouchers/{}/revoke", voucher.id), json!({"reason": "测试撤销"}))
                    .await
                    .ok();
            }
            RedeemedBefore => drop(redeem(&other, &code, &format!("before-{i}")).await.created()),
            Plain | NotHere => {}
        }
        scans.push((fate, code, format!("scan-{i:04}")));
        let guest = app.a_family().await;
        let voucher = app.voucher(&everywhere, &guest).await;
        let code = guest.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code");
        scans.push((Plain, code, format!("guest-{i:04}")));
    }
    let before = app.count(audit_rows::Entity).await;
    let replies = at_once(scans.iter().map(|(_, code, request_id)| {
        let desk = if request_id.starts_with("guest") { &other } else { &desk };
        async move { redeem(desk, code, request_id).await }
    }))
    .await;
    for ((fate, ..), reply) in scans.iter().zip(replies) {
        match fate {
            Plain | VisitElsewhere => assert_eq!(reply.created()["care_type"], "full_day", "{fate:?}"),
            HalfDay => assert_eq!(reply.created()["care_type"], "half_day"),
            NotHere => drop(reply.problem(403, "CENTRE_NOT_ALLOWED")),
            Revoked => drop(reply.problem(422, "VOUCHER_REVOKED")),
            RedeemedBefore => drop(reply.problem(409, "ALREADY_REDEEMED_TODAY")),
        }
    }
    let rows = redemptions::Entity::find().all(app.db()).await.unwrap();
    // Each scan has its audit row, the refused ones too.
    assert_eq!((rows.len(), app.count(audit_rows::Entity).await - before), (24 + 48 + 8, 96));
    assert_eq!(rows.iter().filter(|row| row.visit_id.is_some()).count(), 8);
    let used: i32 = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.units_used).sum();
    assert_eq!(used, 24 + 48 + 8);
}

#[tokio::test]
async fn one_request_id_comes_with_many_vouchers() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (codes, desks) = crowd(&app, &replica, 32, 32).await;
    let replies = at_once(codes.iter().zip(&desks).map(|(code, desk)| redeem(desk, code, "request-1"))).await;
    assert_eq!(tally(&replies), counts(&[("201", 1), ("422 IDEMPOTENCY_KEY_REUSED", 31)]));
    let units: i32 = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.units_used).sum();
    assert_eq!((app.count(redemptions::Entity).await, units), (1, 1));
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
async fn a_child_with_two_vouchers_is_redeemed_once_a_day() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    replica.reload_catalogue().await;
    let carer = app.carer(place.centre.id).await;
    let families = app.many_families(8).await;
    let mut codes = vec![];
    for _ in 0..2 {
        let open = app.campaign().await;
        for family in &families {
            let voucher = app.voucher(&open, family).await;
            codes.push(family.client.get(&format!("/vouchers/{}/code", voucher.id)).await.text("/code"));
        }
    }
    let replies = at_once(codes.iter().cycle().take(64).enumerate().map(|(i, code)| {
        let carer = if i % 3 == 0 { carer.at(&replica) } else { carer.clone() };
        async move { redeem(&carer, code, &format!("request-{i}")).await }
    }))
    .await;
    assert_eq!(tally(&replies), counts(&[("201", 8), ("409 ALREADY_REDEEMED_TODAY", 56)]));
    let units: i32 = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.units_used).sum();
    assert_eq!((app.count(redemptions::Entity).await, units), (8, 8));
}

#[tokio::test]
async fn sixteen_pages_show_one_manual_code() {
    let app = TestApp::spawn().await;
    let family = app.a_family().await;
    let open = app.campaign().await;
    let voucher = app.voucher(&open, &family).await;
    let path = format!("/vouchers/{}/code", voucher.id);
    let replies = at_once((0..16).map(|_| family.client.get(&path))).await;
    let shown: std::collections::BTreeSet<_> = replies.iter().map(|reply| reply.text("/manual_code")).collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
}

#[tokio::test]
async fn vouchers_are_revoked_while_they_are_scanned() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (codes, desks) = crowd(&app, &replica, 16, 16).await;
    let officer = app.officer().await;
    let ids: Vec<_> = vouchers::Entity::find().all(app.db()).await.unwrap().iter().map(|v| v.id).collect();
    let (revoked, replies) = tokio::join!(
        at_once(ids.iter().map(|id| {
            let path = format!("/bureau/vouchers/{id}/revoke");
            let officer = officer.clone();
            async move { officer.post(&path, json!({ "reason": "家庭迁出" })).await }
        })),
        at_once(codes.iter().zip(&desks).enumerate().map(|(i, (code, desk))| {
            let request_id = format!("request-{i}");
            async move { redeem(desk, code, &request_id).await }
        }))
    );
    assert_eq!(tally(&revoked), counts(&[("200", 16)]));
    assert!(replies.iter().all(|r| matches!(r.code(), None | Some("VOUCHER_REVOKED"))), "{:?}", tally(&replies));
    let rows = vouchers::Entity::find().all(app.db()).await.unwrap();
    assert!(rows.iter().all(|row| row.status == VoucherStatus::Revoked), "a revoked voucher came back");
    let redeemed = replies.iter().filter(|reply| reply.status == 201).count();
    let units: i32 = rows.iter().map(|row| row.units_used).sum();
    let written = app.count(redemptions::Entity).await;
    assert_eq!((i64::from(units), written), (written, i64::try_from(redeemed).unwrap()));
}
