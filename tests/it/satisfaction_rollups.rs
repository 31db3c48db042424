//! The roll-ups that the report reads: counted as things change, by several at once, through kills, and
//! against a full recount.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use entity::{
    CentreKind, RedemptionStatus, VisitStatus, centres, redemptions, satisfaction_families, satisfaction_marks,
    satisfaction_served, visits,
};
use futures_util::future::join;
use harness::{Place, TestApp, at_once, day};
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::features::satisfaction::{command, rollups};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

/// Waits until nothing is marked any more, and fails for any difference from a full recount.
async fn recounted(app: &TestApp) {
    rollups::settle(&app.ctx).await.unwrap();
    assert_eq!(rollups::recount(&app.context().db).await.unwrap(), []);
}

async fn report(app: &TestApp, by: &str) -> Value {
    app.officer().await.get(&format!("/bureau/satisfaction?from=2026-01&to=2026-03&by={by}")).await.ok()
}

fn sum(report: &Value, name: &str) -> i64 {
    report["groups"].as_array().unwrap().iter().map(|group| group[name].as_i64().unwrap()).sum()
}

async fn moved(app: &TestApp, place: &Place, township: &str) {
    centres::Entity::update_many()
        .col_expr(centres::Column::Township, Expr::value(township))
        .filter(centres::Column::Id.eq(place.centre.id))
        .exec(app.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn many_rate_one_centre_at_once_while_it_moves_and_is_read_and_nobody_sees_a_half() {
    let app = TestApp::spawn().await;
    let (place, other) = (app.place().await, app.place_with(15, 3, |row| row.township = "东园镇".to_owned()).await);
    let families = app.many_families(16).await;
    let replica = app.replica().await;
    let mut days = Vec::new();
    for family in &families {
        days.push(app.visit(&place, family, day("2026-03-02"), VisitStatus::Left).await);
    }
    app.visit(&other, &families[0], day("2026-01-05"), VisitStatus::Left).await;
    let over = Arc::new(AtomicBool::new(false));
    let officer = app.officer().await;
    let reading = async {
        let mut most = 0;
        while !over.load(Relaxed) {
            let path = "/bureau/satisfaction?from=2026-03&to=2026-03&by=township";
            let (a, b) = join(officer.get(path), officer.at(&replica).get(path)).await;
            for report in [a.ok(), b.ok()] {
                // Every family of March is the moving centre's: wherever it is counted, it is counted once.
                assert_eq!(sum(&report, "families_served"), 16, "{report:#}");
                assert_eq!(report["overall"]["families_served"], 16);
                let answers = sum(&report, "answers");
                assert_eq!(report["overall"]["answers"], answers);
                most = most.max(answers);
            }
        }
        most
    };
    let rating = async {
        let rate = async |i: usize| {
            let at = if i.is_multiple_of(2) { &app } else { &replica };
            let client = families[i].client.at(at);
            let body = json!({ "visit_id": days[i].id, "level": 4, "sub": { "meals": 3 } });
            let id = client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned();
            client.patch(&format!("/ratings/{id}"), json!({ "level": 5 })).await.ok();
        };
        at_once((0..families.len()).map(rate)).await;
        for township in ["东园镇", "张坂镇", "东园镇", "洛阳镇"] {
            moved(&app, &place, township).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        over.store(true, Relaxed);
    };
    let (seen, ()) = join(reading, rating).await;
    assert!(seen <= 16);
    let overall = &report(&app, "centre").await["overall"];
    assert_eq!((&overall["answers"], &overall["satisfied"], &overall["mean"]), (&json!(16), &json!(16), &json!(5.0)));
    assert_eq!(overall["families_served"], 16);
    recounted(&app).await;
}

#[tokio::test]
async fn a_killed_counting_leaves_its_marks_and_another_replica_counts_them() {
    let mut app = TestApp::spawn().await;
    let place = app.place().await;
    let families = app.many_families(12).await;
    let officer = app.officer().await;
    let mut changes = Vec::new();
    for (n, family) in families.iter().enumerate() {
        let visit = app.visit(&place, family, day("2026-02-02"), VisitStatus::Left).await;
        family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5 })).await.created();
        changes.push(visit);
        // Given up at another place each time.
        let _ = tokio::time::timeout(Duration::from_micros(700 * n as u64), rollups::settle(&app.ctx)).await;
    }
    app.kill().await;
    // Care that is undone without anyone counting.
    visits::Entity::update_many()
        .col_expr(visits::Column::Status, Expr::value(VisitStatus::NoShow.as_str()))
        .filter(visits::Column::Id.is_in(changes[..2].iter().map(|visit| visit.id)))
        .exec(app.db())
        .await
        .unwrap();
    assert!(app.count(satisfaction_marks::Entity).await >= 2);
    let after = app.replica().await;
    let report = officer.at(&after).get("/bureau/satisfaction?from=2026-02&to=2026-02").await.ok();
    assert_eq!((&report["overall"]["answers"], &report["overall"]["families_served"]), (&json!(12), &json!(10)));
    recounted(&after).await;
    assert_eq!(after.count(satisfaction_marks::Entity).await, 0);
}

#[tokio::test]
async fn a_family_counts_once_in_a_range_however_its_months_centres_and_children_lie() {
    let app = TestApp::spawn().await;
    let here = app.place_with(15, 3, |row| row.kind = CentreKind::Private).await;
    let there = app.place_with(15, 3, |row| row.township = "张坂镇".to_owned()).await;
    let families = app.many_families(3).await;
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &families[1]).await;
    for (family, place, date) in [
        (0, &here, "2026-01-05"),
        (0, &here, "2026-01-06"),
        (0, &there, "2026-02-02"),
        (0, &here, "2026-03-02"),
        (1, &there, "2026-01-07"),
        (2, &here, "2026-02-09"),
    ] {
        app.visit(place, &families[family], day(date), VisitStatus::Left).await;
    }
    let unit = app.redemption(&voucher, there.centre.id, day("2026-03-02"), |_| {}).await;
    let officer = app.officer().await;
    let served = async |range: &str, by: &str| {
        let report = officer.get(&format!("/bureau/satisfaction?{range}&by={by}")).await.ok();
        let groups = report["groups"].as_array().unwrap().iter();
        let of = groups.map(|group| group["families_served"].as_i64().unwrap()).filter(|n| *n > 0);
        (report["overall"]["families_served"].as_i64().unwrap(), of.collect::<Vec<_>>())
    };
    assert_eq!(served("from=2026-01&to=2026-03", "township").await, (3, vec![2, 2]));
    assert_eq!(served("from=2026-01&to=2026-03", "month").await, (3, vec![2, 2, 2]));
    assert_eq!(served("from=2026-02&to=2026-03", "kind").await, (3, vec![2, 2]));
    assert_eq!(served("from=2026-03&to=2026-03", "care_type").await, (2, vec![2]));
    // A reversed unit is no care; one that comes back is.
    for (status, all, months) in
        [(RedemptionStatus::Reversed, 3, vec![2, 2, 1]), (RedemptionStatus::Redeemed, 3, vec![2, 2, 2])]
    {
        redemptions::Entity::update_many()
            .col_expr(redemptions::Column::Status, Expr::value(status.as_str()))
            .filter(redemptions::Column::Id.eq(unit.id))
            .exec(app.db())
            .await
            .unwrap();
        assert_eq!(served("from=2026-01&to=2026-03", "month").await, (all, months));
    }
    // In the middle of a chain, and at its beginning.
    moved(&app, &here, "张坂镇").await;
    assert_eq!(served("from=2026-01&to=2026-03", "township").await, (3, vec![3]));
    recounted(&app).await;
}

#[tokio::test]
async fn the_recount_names_what_was_changed_by_hand_and_repairs_it() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    for family in app.many_families(6).await {
        let visit = app.visit(&place, &family, day("2026-02-02"), VisitStatus::Left).await;
        family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5 })).await.created();
    }
    let db = &app.context().db;
    assert!(command::recount(db, false).await.unwrap().contains("are what"));
    let before = report(&app, "centre").await;
    satisfaction_families::Entity::update_many()
        .col_expr(satisfaction_families::Column::Families, Expr::value(7))
        .filter(satisfaction_families::Column::Dimension.eq("all"))
        .exec(app.db())
        .await
        .unwrap();
    satisfaction_served::Entity::delete_many().exec(app.db()).await.unwrap();
    let told = command::recount(db, false).await.unwrap_err().to_string();
    assert!(told.contains("families 2026-02 : stored, not counted") && told.contains("served 2026-02"), "{told}");
    assert!(told.contains("--repair"), "{told}");
    assert!(command::recount(db, true).await.unwrap().contains("put right"));
    recounted(&app).await;
    let after = report(&app, "centre").await;
    assert_eq!((&after["overall"], &after["groups"]), (&before["overall"], &before["groups"]));
}

#[tokio::test]
async fn a_migration_counts_what_is_there() {
    let app = TestApp::spawn_demo().await;
    let officer = app.officer().await;
    let before = officer.get("/bureau/satisfaction?by=centre").await.ok();
    assert!(before["overall"]["answers"].as_i64().unwrap() > 20);
    recounted(&app).await;
    app.stop().await;
    let steps = Migrator::migrations();
    let since = steps.iter().position(|step| step.name().starts_with("m0039")).unwrap();
    Migrator::down(app.db(), Some(u32::try_from(steps.len() - since).unwrap())).await.unwrap();
    Migrator::up(app.db(), None).await.unwrap();
    let after = app.replica().await;
    assert_eq!(after.count(satisfaction_marks::Entity).await, 0, "the start counted them");
    let again = officer.at(&after).get("/bureau/satisfaction?by=centre").await.ok();
    assert_eq!((&again["overall"], &again["groups"]), (&before["overall"], &before["groups"]));
    recounted(&after).await;
}
