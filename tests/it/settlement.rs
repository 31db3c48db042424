//! Statements from draft to frozen, adjustments, reconciliation.

use chrono::{NaiveDate, TimeDelta};
use entity::{RedemptionStatus, redemptions, vouchers};
use harness::{Client, Place, TestApp, at_once, day, unknown_id};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

/// A centre with 6 units redeemed in February 2026 on two campaigns, one of them reversed.
struct Scene {
    app: TestApp,
    place: Place,
    officer: Client,
    other: Client,
    voucher: vouchers::Model,
    rows: Vec<redemptions::Model>,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let place = app.place().await;
        let (officer, other) = (app.officer().await, app.officer().await);
        let family = app.a_family().await;
        let (a, b) = (app.campaign().await, app.campaign_with(|row| row.name = "第二批".to_owned()).await);
        let used = |units: i32| {
            move |row: &mut vouchers::Model| {
                row.units_used = units;
                row.valid_from = day("2026-02-01");
            }
        };
        let voucher = app.voucher_with(&a, &family, used(3)).await;
        let second = app.voucher_with(&b, &app.a_family().await, used(3)).await;
        let mut rows = vec![];
        for (voucher, days) in [(&voucher, [2, 3, 4]), (&second, [2, 3, 5])] {
            for n in days {
                let date = NaiveDate::from_ymd_opt(2026, 2, n).unwrap();
                rows.push(app.redemption(voucher, place.centre.id, date, |_| {}).await);
            }
        }
        let scene = Self { app, place, officer, other, voucher, rows };
        scene.reverse(5).await.ok();
        scene
    }

    async fn reverse(&self, n: usize) -> harness::Reply {
        let path = format!("/bureau/redemptions/{}/reverse", self.rows[n].id);
        self.officer.post(&path, json!({ "reason": "扫错了孩子" })).await
    }

    async fn draft(&self) -> harness::Reply {
        let body = json!({ "centre_id": self.place.centre.id, "month": "2026-02" });
        self.officer.post("/bureau/statements", body).await
    }

    /// Drafted, checked by one officer, frozen by another.
    async fn frozen(&self) -> Value {
        let id = self.draft().await.created()["id"].as_str().unwrap().to_owned();
        self.officer.post(&format!("/bureau/statements/{id}/check"), json!({})).await.ok();
        self.other.post(&format!("/bureau/statements/{id}/freeze"), json!({})).await.ok()
    }
}

fn path(statement: &Value, rest: &str) -> String {
    format!("/bureau/statements/{}{rest}", statement["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_statement_is_drafted_checked_by_one_and_frozen_by_another() {
    let scene = Scene::new().await;
    let (officer, other) = (&scene.officer, &scene.other);
    let unsettled = officer.get("/bureau/unsettled?month=2026-02").await.ok();
    assert_eq!(unsettled["items"][0]["units"], 5);
    assert_eq!(unsettled["items"][0]["amount_fen"], 25_000);
    assert_eq!(unsettled["items"][0]["statement_id"], Value::Null);

    let draft = scene.draft().await.created();
    assert_eq!((&draft["status"], &draft["number"]), (&json!("draft"), &Value::Null));
    assert_eq!(
        draft["totals"],
        json!({
            "redeemed_units": 6, "reversed_units": 1, "net_units": 5,
            "redeemed_fen": 30_000, "reversed_fen": 5000, "adjustments_fen": 0, "total_fen": 25_000,
        })
    );
    other.post(&path(&draft, "/freeze"), json!({})).await.problem(409, "WRONG_STATE");
    let checked = officer.post(&path(&draft, "/check"), json!({})).await.ok();
    assert_eq!(checked["status"], "checked");
    officer.post(&path(&draft, "/check"), json!({})).await.problem(409, "WRONG_STATE");
    officer.post(&path(&draft, "/freeze"), json!({})).await.problem(403, "FORBIDDEN");
    let frozen = other.post(&path(&draft, "/freeze"), json!({})).await.ok();
    assert_eq!((&frozen["status"], &frozen["number"]), (&json!("frozen"), &json!("2026-0001")));
    assert_ne!(frozen["checked_by"], frozen["frozen_by"]);
    other.post(&path(&draft, "/freeze"), json!({})).await.problem(409, "STATEMENT_FROZEN");
    scene.draft().await.problem(409, "WRONG_STATE");
    assert_eq!(officer.get("/bureau/unsettled?month=2026-02").await.ok()["items"], json!([]));

    // Never changed, and nothing it holds can be reversed.
    scene.reverse(0).await.problem(409, "STATEMENT_FROZEN");
    scene.reverse(5).await.problem(409, "WRONG_STATE");
    let read = officer.get(&path(&frozen, "")).await.ok();
    assert_eq!(read["recomputed"], json!({ "figures_sha256": frozen["figures_sha256"], "same": true }));
    assert_eq!(read["figures"]["lines"].as_array().unwrap().len(), 6);
    // Made within a millisecond, the campaigns have no order.
    let campaigns = read["figures"]["campaigns"].as_array().unwrap().iter();
    let mut units: Vec<_> = campaigns.map(|campaign| campaign["units"].as_i64().unwrap()).collect();
    units.sort_unstable();
    assert_eq!(units, [2, 3]);

    let desk = scene.app.carer(scene.place.centre.id).await;
    let own = desk.get(&format!("/desk/statements/{}", frozen["id"].as_str().unwrap())).await.ok();
    assert_eq!(own["figures"], read["figures"]);
    assert_eq!(desk.get("/desk/statements").await.ok()["items"], json!([frozen]));
    let neighbour = scene.app.carer(scene.app.place().await.centre.id).await;
    neighbour.get(&format!("/desk/statements/{}", frozen["id"].as_str().unwrap())).await.problem(404, "NOT_FOUND");
    desk.get(&path(&frozen, "")).await.problem(403, "FORBIDDEN");
    let actions = officer.get("/bureau/audit").await.ok();
    let actions: Vec<_> = actions["items"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect();
    assert_eq!(actions, ["statement.freeze", "statement.check", "statement.draft", "redemption.reverse"]);
}

#[tokio::test]
async fn what_comes_between_check_and_freeze_has_to_be_drafted_again() {
    let scene = Scene::new().await;
    let draft = scene.draft().await.created();
    scene.reverse(0).await.ok();
    let stale = scene.officer.post(&path(&draft, "/check"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(stale["reason"], "figures_changed");
    assert_eq!(scene.officer.get(&path(&draft, "")).await.ok()["recomputed"]["same"], false);
    let again = scene.draft().await.created();
    assert_eq!((&again["id"], &again["totals"]["net_units"]), (&draft["id"], &json!(4)));
    scene.officer.post(&path(&draft, "/check"), json!({})).await.ok();
    scene.reverse(1).await.ok();
    let stale = scene.other.post(&path(&draft, "/freeze"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(stale["reason"], "figures_changed");
    // Nothing was bound, no number was used up.
    assert_eq!(scene.app.count(entity::statement_numbers::Entity).await, 0);
    scene.reverse(2).await.ok();
    assert_eq!(scene.frozen().await["number"], "2026-0001");
}

#[tokio::test]
async fn a_draft_that_nothing_is_left_for_is_discarded_and_a_frozen_one_stays() {
    let scene = Scene::new().await;
    let (officer, place) = (&scene.officer, &scene.place);
    let pending = json!({ "centre_id": place.centre.id, "amount_fen": 700, "reason": "补付" });
    officer.post("/bureau/adjustments", pending).await.created();
    // The same adjustment waits in two drafts; the first that is frozen takes it.
    scene.app.clock.advance(chrono::TimeDelta::days(31));
    let (officer, other) = (scene.app.fresh(officer), scene.app.fresh(&scene.other));
    let draft = async |month: &str| {
        officer.post("/bureau/statements", json!({ "centre_id": place.centre.id, "month": month })).await
    };
    let (february, march) = (draft("2026-02").await.created(), draft("2026-03").await.created());
    for statement in [&february, &march] {
        officer.post(&path(statement, "/check"), json!({})).await.ok();
    }
    other.post(&path(&february, "/freeze"), json!({})).await.ok();
    other.post(&path(&march, "/freeze"), json!({})).await.problem(409, "WRONG_STATE");
    draft("2026-03").await.problem(409, "WRONG_STATE");
    let carer = scene.app.manager(place.centre.id).await;
    carer.delete(&path(&march, "")).await.problem(403, "FORBIDDEN");
    officer.delete(&path(&march, "")).await.no_content();
    officer.delete(&path(&march, "")).await.problem(404, "NOT_FOUND");
    officer.delete(&path(&february, "")).await.problem(409, "STATEMENT_FROZEN");
    assert_eq!(officer.get("/bureau/statements").await.ok()["items"].as_array().unwrap().len(), 1);
    officer.get("/bureau/redemptions?from=2026-03-02&to=2026-03-01").await.invalid("to");
}

#[tokio::test]
async fn a_freeze_and_reversals_at_once_never_leave_a_reversed_unit_paid() {
    for round in 0..6 {
        let scene = Scene::new().await;
        let draft = scene.draft().await.created();
        scene.officer.post(&path(&draft, "/check"), json!({})).await.ok();
        let freeze = async { scene.other.post(&path(&draft, "/freeze"), json!({})).await };
        // Each comes a little later than the one before: some before the freeze, some after it.
        let reversals = at_once((0..5).map(async |n| {
            for _ in 0..n * round {
                scene.app.anonymous().get("/healthz").await.ok();
            }
            scene.reverse(n).await
        }));
        let (frozen, reversed) = if round % 2 == 0 {
            futures_util::future::join(freeze, reversals).await
        } else {
            let (reversed, frozen) = futures_util::future::join(reversals, freeze).await;
            (frozen, reversed)
        };
        let undone = reversed.iter().filter(|reply| reply.status == 200).count();
        match frozen.status {
            200 => {
                assert_eq!(undone, 0, "a reversal came through beside the freeze");
                assert!(reversed.iter().all(|reply| reply.code() == Some("STATEMENT_FROZEN")), "{reversed:?}");
                assert_eq!(scene.officer.get(&path(&draft, "")).await.ok()["recomputed"]["same"], true);
            }
            409 => assert!(undone > 0),
            status => panic!("{status}"),
        }
        let campaign = scene.voucher.campaign_id;
        let books = scene.officer.get(&format!("/bureau/campaigns/{campaign}/reconciliation")).await.ok();
        let redemptions = &books["equations"][3];
        assert_eq!((&redemptions["code"], &redemptions["holds"]), (&json!("redemptions"), &json!(true)), "{books}");
    }
}

#[tokio::test]
async fn officers_who_draft_at_once_draft_one_statement() {
    let scene = Scene::new().await;
    let replies = at_once((0..8).map(async |_| scene.draft().await)).await;
    let ids: Vec<Value> = replies.into_iter().map(|reply| reply.created()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(scene.app.count(entity::statements::Entity).await, 1);
}

#[tokio::test]
async fn many_statements_frozen_at_once_are_numbered_without_gaps() {
    let app = TestApp::spawn().await;
    let (officer, other) = (app.officer().await, app.officer().await);
    let campaign = app.campaign().await;
    let mut drafts = vec![];
    for n in 1..=8 {
        let place = app.place().await;
        let voucher = app.voucher_with(&campaign, &app.a_family().await, |row| row.units_used = 1).await;
        app.redemption(&voucher, place.centre.id, NaiveDate::from_ymd_opt(2026, 2, n).unwrap(), |_| {}).await;
        let body = json!({ "centre_id": place.centre.id, "month": "2026-02" });
        let draft = officer.post("/bureau/statements", body).await.created();
        officer.post(&path(&draft, "/check"), json!({})).await.ok();
        drafts.push(path(&draft, "/freeze"));
    }
    let frozen = at_once(drafts.iter().map(|path| other.post(path, json!({})))).await;
    let mut numbers: Vec<_> =
        frozen.into_iter().map(|reply| reply.ok()["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    let expected: Vec<_> = (1..=8).map(|n| format!("2026-{n:04}")).collect();
    assert_eq!(numbers, expected);
}

#[tokio::test]
async fn corrections_after_the_freeze_go_into_the_next_statement() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let adjust = async |body: Value| scene.officer.post("/bureau/adjustments", body).await;
    let wrong = json!({ "redemption_id": scene.rows[0].id, "reason": "误核销" });
    adjust(wrong.clone()).await.problem(409, "WRONG_STATE");
    let february = scene.frozen().await;
    adjust(json!({ "reason": "无对象" })).await.invalid("redemption_id");
    adjust(json!({ "centre_id": scene.place.centre.id, "amount_fen": 0, "reason": "零" })).await.invalid("amount_fen");
    adjust(json!({ "redemption_id": scene.rows[0].id, "amount_fen": 1, "reason": "多付" })).await.invalid("amount_fen");
    adjust(json!({ "redemption_id": scene.rows[0].id, "amount_fen": -5001, "reason": "多扣" }))
        .await
        .invalid("amount_fen");
    adjust(json!({ "centre_id": unknown_id::<entity::CentreId>(), "amount_fen": 1, "reason": "不存在" }))
        .await
        .problem(404, "NOT_FOUND");
    let made = adjust(wrong.clone()).await.created();
    assert_eq!((&made["amount_fen"], &made["statement_id"]), (&json!(-5000), &Value::Null));
    adjust(wrong).await.problem(409, "WRONG_STATE");
    adjust(json!({ "centre_id": scene.place.centre.id, "amount_fen": 700, "reason": "上期少付餐费差额" }))
        .await
        .created();

    // A late scan of February, uploaded after it was frozen, and one of March.
    let late = day("2026-02-20");
    app.redemption(&scene.voucher, scene.place.centre.id, late, |row| row.uploaded_at = Some(app.clock.now())).await;
    app.redemption(&scene.voucher, scene.place.centre.id, day("2026-03-02"), |_| {}).await;
    let march = json!({ "centre_id": scene.place.centre.id, "month": "2026-03" });
    scene.officer.post("/bureau/statements", march.clone()).await.invalid("month");
    app.clock.advance(TimeDelta::days(30));
    let (officer, other) = (app.officer().await, app.officer().await);
    let draft = officer.post("/bureau/statements", march).await.created();
    assert_eq!(draft["totals"]["total_fen"], 5000 + 5000 - 5000 + 700);
    assert_eq!(draft["totals"]["adjustments_fen"], -4300);
    officer.post(&path(&draft, "/check"), json!({})).await.ok();
    let frozen = other.post(&path(&draft, "/freeze"), json!({})).await.ok();
    assert_eq!(frozen["number"], "2026-0002");
    let read = officer.get(&path(&frozen, "")).await.ok();
    let lines = read["figures"]["lines"].as_array().unwrap();
    assert_eq!((&lines[0]["late"], &lines[0]["offline"]), (&json!(true), &json!(true)));
    assert_eq!((&lines[1]["late"], &lines[1]["offline"]), (&json!(false), &json!(false)));
    assert_eq!(officer.get("/bureau/adjustments?pending=true").await.ok()["items"], json!([]));
    assert_eq!(officer.get("/bureau/adjustments?pending=false").await.ok()["items"].as_array().unwrap().len(), 2);
    // February is as it was.
    let again = officer.get(&path(&february, "")).await.ok();
    assert_eq!((&again["recomputed"]["same"], &again["figures_sha256"]), (&json!(true), &february["figures_sha256"]));
    let listed = officer.get("/bureau/statements?status=frozen&month=2026-03").await.ok();
    assert_eq!(listed["items"], json!([frozen]));
}

#[tokio::test]
async fn a_frozen_statement_is_the_same_bytes_in_every_form_each_time_and_shows_tampering() {
    let scene = Scene::new().await;
    let frozen = scene.frozen().await;
    let officer = &scene.officer;
    // A new name of the campaign doesn't reach what is frozen.
    officer.patch(&format!("/bureau/campaigns/{}", scene.voucher.campaign_id), json!({ "name": "改名" })).await.ok();
    for (form, content_type) in [
        ("csv", "text/csv"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("html", "text/html"),
    ] {
        let path = path(&frozen, &format!("/statement.{form}"));
        let first = officer.get(&path).await;
        assert_eq!(harness::client::content_type(&first.headers).as_deref(), Some(content_type));
        scene.app.clock.advance(TimeDelta::minutes(1));
        assert_eq!(officer.get(&path).await.bytes, first.bytes, "{form}");
        scene.app.anonymous().get(&path).await.problem(401, "NOT_SIGNED_IN");
    }
    let table = officer.get(&path(&frozen, "/statement.csv")).await;
    let table = String::from_utf8(table.bytes).unwrap();
    assert!(table.starts_with("\u{feff}类别,"), "{table}");
    assert!(table.contains("已撤销，不计") && table.contains("测试体验券") && !table.contains("改名"), "{table}");
    assert!(table.trim_end().ends_with("应付5天,25000,250"), "{table}");
    let page = officer.get(&path(&frozen, "/statement.html")).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let page = String::from_utf8(page.bytes).unwrap();
    assert!(page.contains("250.00 元") && page.contains("2026-0001") && page.contains("2026年2月"), "{page}");
    let list = officer.get("/bureau/statements.csv").await;
    let list = String::from_utf8(list.bytes).unwrap();
    assert!(list.contains("2026-0001") && list.trim_end().ends_with(",250"), "{list}");
    assert!(officer.get("/bureau/statements.xlsx").await.bytes.starts_with(b"PK"));

    // Someone with the database changes a row: the figures computed again tell.
    redemptions::Entity::update_many()
        .col_expr(redemptions::Column::FaceValueFen, Expr::value(9000))
        .filter(redemptions::Column::Id.eq(scene.rows[0].id))
        .exec(scene.app.db())
        .await
        .unwrap();
    assert_eq!(officer.get(&path(&frozen, "")).await.ok()["recomputed"]["same"], false);
    let books = officer.get(&format!("/bureau/campaigns/{}/reconciliation", scene.voucher.campaign_id)).await.ok();
    let broken: Vec<_> = books["equations"].as_array().unwrap().iter().filter(|e| e["holds"] == false).collect();
    assert_eq!(broken.iter().map(|e| e["code"].as_str().unwrap()).collect::<Vec<_>>(), ["face_values", "statements"]);
    assert_eq!(broken[0]["breaks"], json!([scene.rows[0].id]));
    assert_eq!(broken[1]["breaks"], json!([frozen["id"]]));
}

#[tokio::test]
async fn reconciliation_names_what_breaks_each_equation() {
    let scene = Scene::new().await;
    let app = &scene.app;
    let campaign = scene.voucher.campaign_id;
    let books = async || scene.officer.get(&format!("/bureau/campaigns/{campaign}/reconciliation")).await.ok();
    let whole = books().await;
    assert_eq!(whole["balanced"], true, "{whole}");
    assert_eq!(whole["money"], json!({ "redeemed_fen": 15_000, "settled_fen": 0, "unsettled_fen": 15_000 }));
    let codes: Vec<_> = whole["equations"].as_array().unwrap().iter().map(|e| e["code"].clone()).collect();
    assert_eq!(codes, ["vouchers", "issued", "units", "redemptions", "reversals", "face_values", "statements"]);
    scene.frozen().await;
    assert_eq!(books().await["money"]["settled_fen"], 15_000);

    // A unit used without a redemption.
    vouchers::Entity::update_many()
        .col_expr(vouchers::Column::UnitsUsed, Expr::value(4))
        .filter(vouchers::Column::Id.eq(scene.voucher.id))
        .exec(app.db())
        .await
        .unwrap();
    let broken = books().await;
    assert_eq!(broken["balanced"], false);
    assert_eq!(broken["equations"][3]["breaks"], json!([scene.voucher.id]));
    // A redemption marked as reversed without its second row.
    redemptions::Entity::update_many()
        .col_expr(redemptions::Column::Status, Expr::value(RedemptionStatus::Reversed.as_str()))
        .filter(redemptions::Column::Id.eq(scene.rows[1].id))
        .exec(app.db())
        .await
        .unwrap();
    assert_eq!(books().await["equations"][4]["breaks"], json!([scene.rows[1].id]));
    // A voucher that no claim counted.
    entity::campaigns::Entity::update_many()
        .col_expr(entity::campaigns::Column::Claimed, Expr::value(0))
        .filter(entity::campaigns::Column::Id.eq(campaign))
        .exec(app.db())
        .await
        .unwrap();
    let broken = books().await;
    assert_eq!((&broken["equations"][0]["left"], &broken["equations"][0]["right"]), (&json!(0), &json!(1)));
    let path = format!("/bureau/campaigns/{}/reconciliation", unknown_id::<entity::CampaignId>());
    scene.officer.get(&path).await.problem(404, "NOT_FOUND");
}
