//! The audit log: sealed in the background, verified by a walk, read by the bureau.

use entity::{AuditId, StaffId, StaffRole, audit_heads, audit_reasons, audit_rows, children};
use harness::{TestApp, at_once};
use quanxiangtuo::features::audit::{
    rules::{Anchor, Verdict},
    service::{seal_all, verify},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde_json::{Value, json};

fn row(app: &TestApp, staff_id: StaffId, action: &str, detail: Value) -> audit_rows::Model {
    audit_rows::Model {
        id: app.id(),
        at: app.clock.now(),
        staff_id,
        centre_id: None,
        action: action.to_owned(),
        object: "vis_0192f0c18a7c7d10b1c2d3e4f5a6b7c8".to_owned(),
        detail,
        seq: None,
        hash: None,
    }
}

/// Rows whose detail a database may write down in another way.
async fn rows(app: &TestApp, n: usize) -> Vec<audit_rows::Model> {
    let staff = app.staff(&format!("s{}", app.id::<StaffId>().0.simple()), StaffRole::Officer, None).await;
    let detail = |n: usize| json!({ "z": n, "a": { "y": [1.0, 0.5, 1e21, -0.0], "b": "泉\"州\n" }, "m": null });
    let rows: Vec<_> = (0..n).map(|n| row(app, staff.id, "visit.check_in", detail(n))).collect();
    app.insert_all(rows.clone()).await;
    rows
}

async fn seqs(app: &TestApp) -> Vec<Option<i64>> {
    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Seq).all(app.db()).await.unwrap();
    rows.into_iter().map(|row| row.seq).collect()
}

/// Until the background sealers have nothing left.
async fn sealed(app: &TestApp) {
    while seqs(app).await.contains(&None) {
        seal_all(&app.ctx).await.unwrap();
    }
}

async fn verdict(app: &TestApp) -> Verdict {
    verify(app.db(), &app.ctx.keys, None).await.unwrap().0
}

#[tokio::test]
async fn rows_are_sealed_into_a_chain_that_verifies() {
    let app = TestApp::spawn().await;
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 0, .. }));
    rows(&app, 450).await;
    sealed(&app).await;
    assert_eq!(seqs(&app).await, (1..=450).map(Some).collect::<Vec<_>>());
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 450, .. }));
}

#[tokio::test]
async fn sealers_of_many_replicas_give_every_row_one_place() {
    let app = TestApp::spawn().await;
    let other = app.replica().await;
    for round in 1..=3 {
        rows(&app, 230).await;
        // Some take the same rows, some new ones that came while the first were at work.
        let work = (0..6).map(|n| {
            let (app, other) = (&app, &other);
            async move {
                if n % 3 == 2 {
                    rows(app, 20).await;
                }
                seal_all(if n % 2 == 0 { &app.ctx } else { &other.ctx }).await.unwrap();
            }
        });
        at_once(work).await;
        sealed(&app).await;
        let all = 270 * round;
        assert_eq!(seqs(&app).await, (1..=all).map(Some).collect::<Vec<_>>());
        assert!(matches!(verdict(&app).await, Verdict::Whole { rows, .. } if rows == all));
    }
}

#[tokio::test]
async fn a_row_committed_late_comes_after_rows_with_larger_ids() {
    let app = TestApp::spawn().await;
    let staff = app.staff("late", StaffRole::Admin, None).await;
    let late = row(&app, staff.id, "campaign.open", json!({}));
    rows(&app, 3).await;
    sealed(&app).await;
    app.insert(late.clone()).await;
    sealed(&app).await;
    let found = audit_rows::Entity::find_by_id(late.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!(found.seq, Some(4));
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 4, .. }));
}

#[tokio::test]
async fn a_changed_a_missing_and_an_unsealed_row_are_named() {
    let app = TestApp::spawn().await;
    rows(&app, 5).await;
    sealed(&app).await;
    let all = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Seq).all(app.db()).await.unwrap();
    let third: AuditId = all[2].id;
    let change = async |column, value| {
        let this = audit_rows::Entity::update_many().filter(audit_rows::Column::Id.eq(third));
        this.col_expr(column, value).exec(app.db()).await.unwrap();
    };
    let broken = Verdict::Broken { seq: 3, row: Some(third) };
    change(audit_rows::Column::Action, Expr::value("visit.absent")).await;
    assert_eq!(verdict(&app).await, broken);
    change(audit_rows::Column::Action, Expr::value("visit.check_in")).await;
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 5, .. }));
    change(audit_rows::Column::Hash, Expr::value(vec![7_u8; 32])).await;
    assert_eq!(verdict(&app).await, broken);
    audit_rows::Entity::delete_by_id(third).exec(app.db()).await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::Broken { seq: 3, row: None });
}

#[tokio::test]
async fn a_cut_off_end_a_forged_head_and_an_older_note_are_checked() {
    let app = TestApp::spawn().await;
    rows(&app, 5).await;
    sealed(&app).await;
    let all = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Seq).all(app.db()).await.unwrap();
    let noted = Anchor { seq: 3, hash: all[2].hash.clone().unwrap() };
    let past = async |anchor: &Anchor| verify(app.db(), &app.ctx.keys, Some(anchor.clone())).await.unwrap().0;
    assert!(matches!(past(&noted).await, Verdict::Whole { rows: 5, .. }));
    let other = Anchor { hash: vec![1; 32], ..noted.clone() };
    assert_eq!(past(&other).await, Verdict::Rewritten { seq: 3, row: all[2].id });

    audit_rows::Entity::delete_by_id(all[4].id).exec(app.db()).await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::CutOff { seq: 4, signed: 5 });
    // With the database alone the head can't be made to fit.
    let forge = |column, value| audit_heads::Entity::update_many().col_expr(column, value);
    forge(audit_heads::Column::Seq, Expr::value(4_i64)).exec(app.db()).await.unwrap();
    forge(audit_heads::Column::Hash, Expr::value(all[3].hash.clone())).exec(app.db()).await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::Unsigned);
    audit_heads::Entity::delete_many().exec(app.db()).await.unwrap();
    assert_eq!(verdict(&app).await, Verdict::Unsigned);
}

#[tokio::test]
async fn a_reason_beside_the_chain_is_as_it_was_or_gone_with_its_child() {
    let app = TestApp::spawn().await;
    let family = app.family("lin").await;
    let voucher = app.voucher(&app.campaign().await, &family).await;
    let officer = app.officer().await;
    let path = format!("/bureau/vouchers/{}/revoke", voucher.id);
    officer.post(&path, json!({ "reason": "重复领取" })).await.ok();
    sealed(&app).await;
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 1, .. }));
    let item = officer.get("/bureau/audit?action=voucher.revoke").await.ok()["items"][0].clone();
    assert_eq!(item["reason"], "重复领取");
    assert!(!item["detail"].to_string().contains("重复领取"), "{item}");

    let whole = audit_reasons::Entity::find().one(app.db()).await.unwrap().unwrap();
    let put = async |text: Option<Vec<u8>>| {
        let row = audit_reasons::ActiveModel {
            salt: Set(text.as_ref().and(whole.salt.clone())),
            text_sealed: Set(text),
            ..whole.clone().into()
        };
        row.update(app.db()).await.unwrap();
    };
    put(Some(app.ctx.keys.seal("audit_reasons.text", "没有理由".as_bytes()))).await;
    assert!(matches!(verdict(&app).await, Verdict::Broken { seq: 1, .. }), "somebody changed it");
    put(None).await;
    assert!(matches!(verdict(&app).await, Verdict::Broken { seq: 1, .. }), "somebody removed it");
    let erased = children::ActiveModel {
        id: Unchanged(family.child_id),
        erased_at: Set(Some(app.clock.now())),
        ..Default::default()
    };
    erased.update(app.db()).await.unwrap();
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 1, .. }), "it went with the child");
    assert_eq!(officer.get("/bureau/audit").await.ok()["items"][0]["reason"], Value::Null);
    put(whole.text_sealed.clone()).await;
    assert!(matches!(verdict(&app).await, Verdict::Whole { rows: 1, .. }));
}

#[tokio::test]
async fn the_bureau_reads_the_log_by_account_action_and_day() {
    let app = TestApp::spawn().await;
    let (one, two) = (app.staff("one", StaffRole::Officer, None).await, app.staff("two", StaffRole::Admin, None).await);
    app.insert(row(&app, one.id, "campaign.create", json!({ "quota": 10 }))).await;
    app.clock.advance(chrono::TimeDelta::days(1));
    app.insert(row(&app, one.id, "campaign.open", json!({}))).await;
    // Rows of one millisecond have no order.
    app.clock.advance(chrono::TimeDelta::seconds(1));
    app.insert(row(&app, two.id, "campaign.open", json!({}))).await;
    sealed(&app).await;
    let officer = app.officer().await;
    let actions = async |query: &str| {
        let page = officer.get(&format!("/bureau/audit?{query}")).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .map(|item| format!("{} {}", item["staff_id"], item["action"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    let line = |staff: StaffId, action: &str| format!("{staff} {action}");
    let (create, open) = (line(one.id, "campaign.create"), line(one.id, "campaign.open"));
    assert_eq!(actions("").await, [line(two.id, "campaign.open"), open.clone(), create.clone()]);
    assert_eq!(actions(&format!("staff_id={}", one.id)).await, [open.clone(), create.clone()]);
    assert_eq!(actions("action=campaign.create").await, std::slice::from_ref(&create));
    assert_eq!(actions("to=2026-03-02").await, [create]);
    assert_eq!(actions(&format!("from=2026-03-03&to=2026-03-03&staff_id={}", one.id)).await, [open]);

    let first = officer.get("/bureau/audit?limit=2").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = officer.get(&format!("/bureau/audit?limit=2&cursor={cursor}")).await.ok();
    assert_eq!(second["items"][0]["detail"], json!({ "quota": 10 }));
    assert_eq!(second["items"][0]["seq"], 1);
    assert_eq!(second["items"][0]["hash"].as_str().unwrap().len(), 64);
    officer.get("/bureau/audit?from=2026-03-03&to=2026-03-02").await.invalid("to");
    officer.get("/bureau/audit?staff_id=x").await.invalid("staff_id");
    let place = app.place().await;
    app.manager(place.centre.id).await.get("/bureau/audit").await.problem(403, "FORBIDDEN");
}
