//! The bureau's lists as whole tables. Every test begins on Monday 2 March 2026, 09:00.

use entity::{AuditId, Fen, VisitStatus, audit_rows, centres};
use harness::{TestApp, day};
use serde_json::{Value, json};

/// Every table with a list beside it, and what its query needs.
const TABLES: [&str; 11] = [
    "audit",
    "campaigns",
    "vouchers",
    "refused-scans",
    "offline-conflicts",
    "ratings",
    "complaints",
    "staff",
    "adjustments",
    "unsettled?month=2026-02",
    "communities",
];

fn rows(text: &str) -> Vec<csv::StringRecord> {
    let text = text.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("no byte order mark: {text}"));
    csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

#[tokio::test]
async fn every_list_of_the_bureau_goes_out_as_a_table_with_as_many_rows() {
    let app = TestApp::spawn().await;
    let (officer, place, family) = (app.officer().await, app.place().await, app.a_family().await);
    let campaign = app.campaign().await;
    let voucher = app.voucher(&campaign, &family).await;
    app.redemption(&voucher, place.centre.id, day("2026-02-05"), |row| row.face_value_fen = Fen(8000)).await;
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Left).await;
    family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 1, "text": "饭菜是凉的" })).await.created();
    let adjustment = json!({ "centre_id": place.id(), "amount_fen": -500, "reason": "=1+1" });
    officer.post("/bureau/adjustments", adjustment).await.created();
    for table in TABLES {
        let (name, query) = table.split_once('?').unwrap_or((table, ""));
        let list = officer.get(&format!("/bureau/{name}?{query}")).await.ok();
        let reply = officer.get(&format!("/bureau/{name}.csv?{query}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/csv; charset=utf-8")), "{name}");
        let text = String::from_utf8(reply.bytes).unwrap();
        assert_eq!(rows(&text).len(), list["items"].as_array().map_or(0, Vec::len), "{name}: {text}");
        assert!(!text.contains("饭菜") || ["ratings", "complaints"].contains(&name), "{name}: {text}");
        // Not only the id of a centre.
        let named = ["ratings", "complaints", "adjustments", "unsettled"].contains(&name);
        assert!(!named || text.contains(&place.centre.name), "{name}: {text}");
        let book = officer.get(&format!("/bureau/{name}.xlsx?{query}")).await;
        assert!(book.status == 200 && book.bytes.starts_with(b"PK"), "{name}");
        app.carer(place.centre.id).await.get(&format!("/bureau/{name}.csv?{query}")).await.problem(403, "FORBIDDEN");
    }
    let text = String::from_utf8(officer.get("/bureau/adjustments.csv").await.bytes).unwrap();
    assert!(text.contains("'=1+1") && text.contains("-5,"), "no formula, and yuan: {text}");
}

#[tokio::test]
async fn a_table_of_more_rows_than_are_read_at_once_is_whole_and_filtered() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let one = app.centre().await;
    let many = (0..2_345).map(|i| centres::Model { id: app.id(), name: format!("园{i:05}"), ..one.clone() });
    app.insert_all(many.collect()).await;
    let text = String::from_utf8(officer.get("/bureau/centres.csv?q=园").await.bytes).unwrap();
    let names: Vec<String> = rows(&text).iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(names, (0..2_345).map(|i| format!("园{i:05}")).collect::<Vec<_>>());
    let some = String::from_utf8(officer.get("/bureau/centres.csv?q=园0234&limit=1").await.bytes).unwrap();
    assert_eq!(rows(&some).len(), 5);
    let audit = (0..1_500).map(|i| audit_rows::Model {
        id: app.id::<AuditId>(),
        at: app.clock.now(),
        staff_id: app.id(),
        centre_id: None,
        action: format!("test.{i}"),
        object: "test".to_owned(),
        detail: Value::Null,
        seq: None,
        hash: None,
    });
    let mut audit: Vec<_> = audit.collect();
    let who = app.staff("exporter", entity::StaffRole::Officer, None).await.id;
    audit.iter_mut().for_each(|row| row.staff_id = who);
    app.insert_all(audit).await;
    let text = String::from_utf8(officer.get(&format!("/bureau/audit.csv?staff_id={who}")).await.bytes).unwrap();
    assert_eq!(rows(&text).len(), 1_500);
}

#[tokio::test]
async fn what_centres_offer_goes_out_as_it_comes_in_and_the_other_lists_too() {
    let app = TestApp::spawn().await;
    let (officer, place) = (app.officer().await, app.place().await);
    let day = json!({ "kind": "holiday", "name": "国庆节" });
    officer.put("/bureau/calendar/2026-10-01", day).await.ok();
    let ahead = json!({ "kind": "holiday", "name": "元旦" });
    officer.put("/bureau/calendar/2028-01-01", ahead.clone()).await.ok();
    officer.put("/bureau/calendar/2072-01-01", ahead).await.invalid("date");
    let all = officer.get("/bureau/exports/calendar.csv?from=2000-01-01").await;
    assert!(String::from_utf8(all.bytes).unwrap().contains("2028-01-01"));
    for (table, at_least) in
        [("classes", 1), ("offers", 1), ("calendar", 1), ("plan_inputs", 5), ("messages", 0), ("exclusions", 0)]
    {
        let csv = officer.get(&format!("/bureau/exports/{table}.csv")).await;
        assert_eq!(csv.status, 200, "{table}");
        assert!(rows(&String::from_utf8(csv.bytes.clone()).unwrap()).len() >= at_least, "{table}");
        assert!(officer.get(&format!("/bureau/exports/{table}.xlsx")).await.bytes.starts_with(b"PK"), "{table}");
        if ["classes", "offers", "calendar"].contains(&table) {
            let path = format!("/bureau/imports/{table}?dry_run=true");
            let again = officer
                .send_bytes(reqwest::Method::POST, &path, Some(csv.bytes), &[("Content-Type", "text/csv")])
                .await
                .ok();
            assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{table}: {again}");
        }
    }
    officer.get("/bureau/exports/people.csv").await.problem(404, "NOT_FOUND");
    let carer = app.carer(place.centre.id).await;
    carer.get("/bureau/exports/offers.csv").await.problem(403, "FORBIDDEN");
}
