//! Reversals of redemptions.

use chrono::TimeDelta;
use entity::{RedemptionStatus, VoucherStatus, redemption_reversals, redemptions, vouchers};
use harness::{Client, Family, TestApp, at_once, unknown_id};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use RedemptionStatus::{Redeemed, Reversed};

struct Scene {
    app: TestApp,
    desk: Client,
    family: Family,
    voucher: vouchers::Model,
}

impl Scene {
    /// A voucher of so many units at a centre's desk.
    async fn of_units(units: i32) -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let desk = app.carer(place.centre.id).await;
        let family = app.a_family().await;
        let campaign = app.campaign_with(|c| c.units_per_voucher = units).await;
        let voucher = app.voucher(&campaign, &family).await;
        Self { app, desk, family, voucher }
    }

    async fn redeem(&self, request_id: &str) -> Value {
        let path = format!("/vouchers/{}/code", self.voucher.id);
        let code = self.family.client.get(&path).await.text("/code");
        self.desk.post("/desk/redemptions", json!({ "code": code, "request_id": request_id })).await.created()
    }

    /// Units used, the voucher's status, the redemptions' in the order of their ids, the reversals.
    async fn stored(&self) -> (i32, VoucherStatus, Vec<RedemptionStatus>, i64) {
        use sea_orm::QueryOrder as _;
        let voucher = vouchers::Entity::find_by_id(self.voucher.id).one(self.app.db()).await.unwrap().unwrap();
        let rows = redemptions::Entity::find().order_by_asc(redemptions::Column::Id).all(self.app.db()).await.unwrap();
        let reversals = self.app.count(redemption_reversals::Entity).await;
        (voucher.units_used, voucher.status, rows.into_iter().map(|row| row.status).collect(), reversals)
    }
}

fn path(who: &str, redemption: &Value) -> String {
    format!("/{who}/redemptions/{}/reverse", redemption["id"].as_str().unwrap())
}

fn reason() -> Value {
    json!({ "reason": "扫错了孩子的券" })
}

#[tokio::test]
async fn a_reversed_unit_returns_and_can_be_redeemed_the_same_day() {
    let scene = Scene::of_units(1).await;
    let done = scene.redeem("request-1").await;
    assert_eq!(scene.stored().await.1, VoucherStatus::Used);
    let reversed = scene.desk.post(&path("desk", &done), reason()).await.ok();
    assert_eq!((&reversed["redemption_id"], &reversed["units_left"]), (&done["id"], &json!(1)));
    assert_eq!(scene.stored().await, (0, VoucherStatus::Active, vec![Reversed], 1));
    let problem = scene.desk.post(&path("desk", &done), reason()).await.problem(409, "WRONG_STATE");
    assert_eq!(problem["state"], "reversed");
    scene.app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(scene.redeem("request-2").await["units_left"], 0);
    assert_eq!(scene.stored().await, (1, VoucherStatus::Used, vec![Reversed, Redeemed], 1));
}

#[tokio::test]
async fn a_centre_reverses_its_own_for_half_an_hour_and_the_bureau_later() {
    let scene = Scene::of_units(15).await;
    let done = scene.redeem("request-1").await;
    let elsewhere = scene.app.place().await;
    let other = scene.app.carer(elsewhere.centre.id).await;
    other.post(&path("desk", &done), reason()).await.problem(404, "NOT_FOUND");
    scene.family.client.post(&path("desk", &done), reason()).await.problem(403, "FORBIDDEN");
    scene.desk.post(&path("bureau", &done), reason()).await.problem(403, "FORBIDDEN");
    scene.desk.post(&path("desk", &done), json!({ "reason": "  " })).await.invalid("reason");
    scene.app.clock.advance(TimeDelta::minutes(30));
    let problem = scene.desk.post(&path("desk", &done), reason()).await.problem(409, "CANCEL_WINDOW_CLOSED");
    assert!(problem["detail"].as_str().unwrap().contains("09:30"), "{problem}");
    assert_eq!(scene.stored().await, (1, VoucherStatus::Active, vec![Redeemed], 0));
    let officer = scene.app.officer().await;
    let nothing = json!({ "id": unknown_id::<entity::RedemptionId>() });
    officer.post(&path("bureau", &nothing), reason()).await.problem(404, "NOT_FOUND");
    assert_eq!(officer.post(&path("bureau", &done), reason()).await.ok()["units_left"], 15);
    let log = officer.get("/bureau/audit?action=redemption.reverse").await.ok();
    assert_eq!((&log["items"][0]["object"], log["items"].as_array().unwrap().len()), (&done["id"], 1));
}

#[tokio::test]
async fn sixteen_reversals_at_once_give_one_unit_back() {
    let scene = Scene::of_units(15).await;
    let done = scene.redeem("request-1").await;
    let path = path("desk", &done);
    let replies = at_once((0..16).map(|_| scene.desk.post(&path, reason()))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| matches!(reply.code(), None | Some("WRONG_STATE"))));
    assert_eq!(scene.stored().await, (0, VoucherStatus::Active, vec![Reversed], 1));
}
