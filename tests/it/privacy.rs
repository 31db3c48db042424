//! What is stored of families: the export, looks at whole names, retention, and that no table or column
//! with personal data was forgotten. Every test begins on Monday 2 March 2026, 09:00.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use entity::{
    AccountStatus, LookReason, StaffRole, VisitStatus, audit_rows, data_looks, families, job_runs, notices,
    refused_scans, sessions,
};
use harness::{Backend, Family, Place, TestApp, backend, care::notice, client::limited_after, day, people::child_body};
use quanxiangtuo::features::{
    ops::jobs,
    privacy::{
        rules::Rule,
        service::{export::SECTIONS, retention},
        tables::{Exported, SEALED, TABLES},
    },
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Statement};
use serde_json::{Value, json};

/// Table and column of the whole schema.
async fn columns(app: &TestApp) -> Vec<(String, String)> {
    let sql = match backend() {
        Backend::Sqlite => {
            "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'"
        }
        Backend::Postgres => {
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let db = app.db();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap())).collect()
}

#[tokio::test]
async fn every_table_of_a_family_or_child_is_exported_or_says_why_not() {
    let app = TestApp::spawn().await;
    let named: BTreeMap<&str, Exported> = TABLES.iter().map(|table| (table.name, table.exported)).collect();
    let mut complaints = BTreeSet::new();
    for (table, column) in columns(&app).await {
        if ["family_id", "child_id"].contains(&column.as_str()) && !named.contains_key(table.as_str()) {
            complaints.insert(format!("{table} has a {column}: name it in privacy/tables.rs, export and erase it"));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    let lists: BTreeSet<&str> = named
        .values()
        .filter_map(|exported| match exported {
            Exported::In(list) => Some(*list),
            Exported::Not(reason) => {
                assert!(reason.len() > 10, "a reason is a sentence");
                None
            }
        })
        .filter(|list| *list != "account")
        .collect();
    assert_eq!(lists, SECTIONS.iter().copied().collect(), "every list of the export is some table's");
}

#[tokio::test]
async fn every_sealed_column_is_known_to_the_change_of_keys() {
    let app = TestApp::spawn().await;
    let in_schema: BTreeSet<String> = columns(&app)
        .await
        .into_iter()
        .filter(|(_, column)| column.ends_with("_sealed"))
        .map(|(table, column)| format!("{table}.{column}"))
        .collect();
    let listed: BTreeSet<String> = SEALED.iter().map(|sealed| format!("{}.{}", sealed.table, sealed.column)).collect();
    assert_eq!(in_schema, listed, "privacy/tables.rs names every sealed column");
    assert!(in_schema.len() > 10);
}

#[tokio::test]
async fn no_column_can_hold_where_a_family_was() {
    let app = TestApp::spawn().await;
    let places: BTreeSet<String> = columns(&app)
        .await
        .into_iter()
        .filter(|(_, column)| {
            ["lng", "lat", "longitude", "latitude", "location", "position", "coord", "geo"]
                .iter()
                .any(|word| column.split('_').any(|part| part == *word))
        })
        .map(|(table, _)| table)
        .collect();
    let public = BTreeSet::from(["centres".to_owned(), "communities".to_owned()]);
    assert_eq!(places, public, "only centres and communities have a place");
}

/// A place, and a family over the API with a whole name, allergies and consent to all.
struct Scene {
    app: TestApp,
    place: Place,
    family: Family,
}

async fn scene(changes: &[(&str, &str)]) -> Scene {
    let app = TestApp::spawn_with(changes).await;
    let place = app.place().await;
    let client = app.guardian("chen").await;
    let mut body = child_body("小米", app.born_months_ago(18));
    body["legal_name"] = json!("陈小米");
    body["allergies"] = json!("花生、牛奶");
    body["consent"]["purposes"] = json!(["booking", "ratings", "health_proof", "messages"]);
    let child = client.post("/me/children", body).await.id();
    let family = Family { family_id: client.user_id().parse().unwrap(), child_id: child.parse().unwrap(), client };
    Scene { app, place, family }
}

#[tokio::test]
async fn the_export_is_whole_and_only_the_familys() {
    let Scene { app, place, family } = scene(&[]).await;
    let other = app.family("lin").await;
    other.client.post("/me/pickup-persons", json!({ "name": "别家外婆", "relation": "外婆" })).await.created();
    let book = |client: &harness::Client, child: String| {
        let body = json!({ "child_id": child, "centre_id": place.id(), "care_type": "full_day",
            "start_date": "2026-03-03", "end_date": "2026-03-13" });
        let client = client.clone();
        async move { client.post("/bookings", body).await.created() }
    };
    let booking = book(&family.client, family.child()).await;
    book(&other.client, other.child()).await;
    family.client.post("/me/pickup-persons", json!({ "name": "陈外婆", "relation": "外婆" })).await.created();
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 4, "text": "很好" })).await.created();
    let campaign = app.campaign().await;
    app.voucher(&campaign, &family).await;
    family.client.post("/me/calendar", json!({})).await.created();
    // More than a page of rows.
    let told = |n: usize| notice(app.id(), family.family_id, format!("vis_{n}"), app.clock.now());
    app.insert_all((0..450).map(told).collect()).await;

    let reply = family.client.get("/me/export").await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let export = reply.ok();
    assert_eq!(export["account"]["id"], family.family_id.to_string());
    assert_eq!(export["account"]["openid"], "sandbox-chen");
    let child = &export["children"][0];
    assert_eq!(
        (&child["name"], &child["legal_name"], &child["allergies"]),
        (&json!("小米"), &json!("陈小米"), &json!("花生、牛奶"))
    );
    let count = |list: &str| export[list].as_array().unwrap().len();
    assert_eq!((count("children"), count("consents"), count("bookings"), count("visits")), (1, 4, 2, 10));
    assert_eq!(
        (count("notices"), count("vouchers"), count("ratings"), count("rating_versions")),
        (451, 1, 1, 1),
        "one tells of a booking"
    );
    assert_eq!((count("pickup_persons"), count("calendar_feeds"), count("sign_ins")), (1, 1, 1));
    let ids: BTreeSet<&str> = export["notices"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 451, "each once");
    assert_eq!(export["ratings"][0]["text"], "很好");
    assert!(export["bookings"].as_array().unwrap().iter().any(|row| row["id"] == booking["id"]));
    let text = export.to_string();
    for not_mine in [other.family_id.to_string(), other.child(), "别家外婆".to_owned(), "sandbox-lin".to_owned()] {
        assert!(!text.contains(&not_mine), "{not_mine} is another family's");
    }
    app.carer(place.centre.id).await.get("/me/export").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn exports_are_few_an_hour() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let family = app.a_family().await;
    limited_after(6, async || family.client.get("/me/export").await).await;
}

#[tokio::test]
async fn whole_names_are_shown_for_a_reason_and_the_family_sees_who_looked() {
    let Scene { app, place, family } = scene(&[]).await;
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let carer = app.carer(place.centre.id).await;
    let list = carer.get("/desk/today").await.ok();
    // Whole for nobody before it passed moderation.
    while family.client.get("/me/children").await.ok()["items"][0]["name_status"] != "shown" {
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(!list.to_string().contains("小米") && !list.to_string().contains("花生"), "lists are masked: {list}");
    let path = format!("/desk/visits/{}/reveal", visit.id);
    carer.post(&path, json!({})).await.invalid("reason");
    carer.post(&path, json!({ "reason": "curiosity" })).await.invalid("reason");
    let shown = carer.post(&path, json!({ "reason": "health_care" })).await;
    assert_eq!(shown.header("cache-control"), Some("no-store"));
    let shown = shown.ok();
    assert_eq!((&shown["name"], &shown["legal_name"]), (&json!("小米"), &json!("陈小米")));
    assert_eq!(shown["allergies"], "花生、牛奶");

    let audited = audit_rows::Entity::find().filter(audit_rows::Column::Action.eq("visit.reveal"));
    let audited = audited.all(app.db()).await.unwrap();
    assert_eq!(audited.len(), 1, "a refused look is none");
    assert_eq!(audited[0].object, visit.id.to_string());
    assert_eq!(audited[0].detail["reason"], "health_care");
    assert!(!audited[0].detail.to_string().contains("小米"));
    let log = family.client.get("/me/access-log").await.ok();
    let line = &log["items"][0];
    assert_eq!((&line["role"], &line["centre_id"]), (&json!("carer"), &json!(place.id())));
    assert_eq!(line["fields"], json!(["name", "birth_date", "legal_name", "allergies"]));
    assert_eq!(line["reason_label"], LookReason::HealthCare.zh());
    assert!(!log.to_string().contains("stf_"), "never who: {log}");
    // Another family sees its own only.
    assert_eq!(app.a_family().await.client.get("/me/access-log").await.ok()["items"], json!([]));
    assert_eq!(family.client.get("/me/export").await.ok()["access_log"][0]["role"], "carer");
}

#[tokio::test]
async fn nobody_looks_without_a_visit_of_their_centre_near_today() {
    let Scene { app, place, family } = scene(&[]).await;
    let elsewhere = app.place().await;
    let carer = app.carer(place.centre.id).await;
    let look = |visit: &entity::visits::Model| {
        let (carer, path) = (carer.clone(), format!("/desk/visits/{}/reveal", visit.id));
        async move { carer.post(&path, json!({ "reason": "handover" })).await }
    };
    let today = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let tomorrow = app.visit(&place, &family, day("2026-03-03"), VisitStatus::Expected).await;
    let later = app.visit(&place, &family, day("2026-03-04"), VisitStatus::Expected).await;
    let before = app.visit(&place, &family, day("2026-02-27"), VisitStatus::Left).await;
    let off = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Cancelled).await;
    let theirs = app.visit(&elsewhere, &family, day("2026-03-02"), VisitStatus::Expected).await;
    assert_eq!(look(&today).await.ok()["allergies"], "花生、牛奶");
    assert_eq!(look(&tomorrow).await.ok()["allergies"], Value::Null, "allergies on the day of care only");
    look(&later).await.problem(409, "WRONG_STATE");
    look(&before).await.problem(409, "WRONG_STATE");
    look(&off).await.problem(409, "WRONG_STATE");
    look(&theirs).await.problem(404, "NOT_FOUND");
    assert_eq!(app.count(data_looks::Entity).await, 2);
    let path = format!("/desk/visits/{}/reveal", today.id);
    for other in [family.client.clone(), app.officer().await] {
        other.post(&path, json!({ "reason": "handover" })).await.problem(403, "FORBIDDEN");
    }
    // Consent withdrawn: at once.
    family.client.delete(&format!("/me/children/{}/consents/health_proof", family.child())).await.ok();
    assert_eq!(look(&today).await.ok()["allergies"], Value::Null);
    family.client.delete(&format!("/me/children/{}?confirm=true", family.child())).await.ok();
    look(&today).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn looks_are_limited() {
    let Scene { app, place, family } = scene(&[("rate_limits", "on")]).await;
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let carer = app.carer(place.centre.id).await;
    let path = format!("/desk/visits/{}/reveal", visit.id);
    for _ in 0..20 {
        carer.post(&path, json!({ "reason": "handover" })).await.ok();
    }
    carer.post(&path, json!({ "reason": "handover" })).await.problem(429, "RATE_LIMITED");
    assert_eq!(app.count(data_looks::Entity).await, 20);
}

/// Until the application's own job has had its first turn, the next being an hour away.
async fn tidied(app: &TestApp) {
    while job_runs::Entity::find_by_id(jobs::TIDY).one(app.db()).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

fn due(report: &Value, rule: &str) -> (u64, u64) {
    let items = report["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["rule"] == rule).unwrap_or_else(|| panic!("no rule {rule}"));
    (item["due"].as_u64().unwrap(), item["due_soon"].as_u64().unwrap())
}

#[tokio::test]
async fn what_is_over_is_reported_and_deleted_and_nothing_else() {
    let app = TestApp::spawn().await;
    let (place, family, officer) = (app.place().await, app.a_family().await, app.officer().await);
    tidied(&app).await;
    let now = app.clock.now();
    let aged = |days: i64| notice(app.id(), family.family_id, format!("vis_{days}"), now - TimeDelta::days(days));
    app.insert_all([0, 300, 340, 365, 367, 800].map(aged).to_vec()).await;
    let scan = |days: i64| refused_scans::Model {
        id: app.id(),
        centre_id: place.centre.id,
        staff_id: app.id(),
        device: None,
        reason: "VOUCHER_EXPIRED".to_owned(),
        request_id: format!("r-{days}"),
        code_hash: vec![1],
        manual: false,
        voucher_id: None,
        at: now - TimeDelta::days(days),
    };
    app.insert_all([10, 731, 733].map(scan).to_vec()).await;
    let report = officer.get("/bureau/retention").await.ok();
    // 300 days are not due within 30 days more, 340 and 365 are.
    assert_eq!(due(&report, "notices"), (2, 2), "{report:#}");
    assert_eq!(due(&report, "refused_scans"), (1, 1));
    assert_eq!(due(&report, "inactive_accounts"), (0, 0));
    let kept = report["items"].as_array().unwrap().iter().filter(|item| item["days"].is_null());
    assert!(kept.clone().count() >= 5 && kept.clone().all(|item| item["reason"].as_str().unwrap().len() > 20));
    family.client.get("/bureau/retention").await.problem(403, "FORBIDDEN");
    assert_eq!(app.count(notices::Entity).await, 6, "a report deletes nothing");

    retention::apply(&app.ctx).await.unwrap();
    assert_eq!((app.count(notices::Entity).await, app.count(refused_scans::Entity).await), (4, 2));
    assert_eq!(retention::apply(&app.ctx).await.unwrap(), 0);
    let again = officer.get("/bureau/retention").await.ok();
    assert_eq!((due(&again, "notices").0, due(&again, "refused_scans").0), (0, 0));
    assert_eq!(report["items"].as_array().unwrap().len(), Rule::ALL.len() + kept.count());
}

#[tokio::test]
async fn settings_say_how_long() {
    let app = TestApp::spawn_with(&[("retention_notice_days", "30")]).await;
    let family = app.a_family().await;
    tidied(&app).await;
    app.insert(notice(app.id(), family.family_id, "vis_1".to_owned(), app.clock.now() - TimeDelta::days(31))).await;
    assert!(retention::apply(&app.ctx).await.unwrap() >= 1);
    assert_eq!(app.count(notices::Entity).await, 0);
}

#[tokio::test]
async fn an_account_that_nobody_used_for_years_is_closed_and_then_erased_unless_somebody_comes() {
    let app = TestApp::spawn().await;
    let (unused, kept) = (app.family("unused").await, app.family("kept").await);
    app.clock.advance(TimeDelta::days(1000));
    let back = app.anonymous().post("/auth/wechat", json!({ "code": "dev:kept" })).await;
    assert_eq!(back.status, 200);
    app.clock.advance(TimeDelta::days(96));
    retention::apply(&app.ctx).await.unwrap();
    let row = |family: &Family| {
        let (db, id) = (app.db().clone(), family.family_id);
        async move { families::Entity::find_by_id(id).one(&db).await.unwrap().unwrap() }
    };
    assert_eq!(row(&unused).await.status, AccountStatus::Closed);
    assert!(row(&unused).await.erase_at.is_some());
    assert_eq!(row(&kept).await.status, AccountStatus::Active);
    app.clock.advance(TimeDelta::days(7));
    quanxiangtuo::features::privacy::service::erasure::erase_due(&app.ctx).await.unwrap();
    assert!(row(&unused).await.erased_at.is_some() && row(&kept).await.erased_at.is_none());
}

#[tokio::test]
async fn sign_ins_are_forgotten_when_no_token_leads_to_them() {
    let app = TestApp::spawn().await;
    let client = app.guardian("chen").await;
    let staff = app.staff("wu", StaffRole::Officer, None).await;
    assert_eq!(app.count(sessions::Entity).await, 1, "{staff:?} hasn't signed in");
    // Refreshed again and again, a sign-in of long ago stays.
    let mut client = client;
    for _ in 0..8 {
        app.clock.advance(TimeDelta::days(25));
        let next = client.post("/auth/refresh", json!({ "refresh_token": client.refresh_token() })).await;
        client = client.signed_in(&next);
        retention::apply(&app.ctx).await.unwrap();
    }
    assert_eq!(app.count(sessions::Entity).await, 1);
    client.get("/me").await.ok();
    app.clock.advance(TimeDelta::days(61));
    retention::apply(&app.ctx).await.unwrap();
    assert_eq!(app.count(sessions::Entity).await, 0);
}
