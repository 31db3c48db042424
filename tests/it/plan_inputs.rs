//! Figures of the plan that the bureau enters: versions, withdrawals, who may.

use harness::{TestApp, at_once, unknown_id};
use serde_json::{Value, json};

fn residents(value: i64, as_of: &str) -> Value {
    json!({ "code": "residents", "value": value, "as_of": as_of, "source": "2025年统计公报" })
}

/// What counts of a figure now.
async fn current(officer: &harness::Client, query: &str, code: &str) -> Value {
    let list = officer.get(&format!("/bureau/plan-inputs{query}")).await.ok();
    list["items"].as_array().unwrap().iter().find(|item| item["code"] == code).unwrap()["current"].clone()
}

#[tokio::test]
async fn a_figure_is_never_overwritten_and_a_wrong_one_is_withdrawn() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    assert_eq!(current(&officer, "", "residents").await, Value::Null);
    let first = officer.post("/bureau/plan-inputs", residents(250_000, "2024-12-31")).await.created();
    let second = officer.post("/bureau/plan-inputs", residents(2_540_000, "2025-12-31")).await.created();
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(2)));
    assert_eq!(current(&officer, "", "residents").await, second);
    assert_eq!(current(&officer, "?on=2025-06-30", "residents").await, first, "as of the day asked for");

    let path = format!("/bureau/plan-inputs/{}/withdraw", second["id"].as_str().unwrap());
    let gone = officer.post(&path, json!({ "reason": "多抄了一个零" })).await.ok();
    assert_eq!((&gone["value"], &gone["withdrawn_reason"]), (&json!(2_540_000), &json!("多抄了一个零")));
    officer.post(&path, json!({ "reason": "多抄了一个零" })).await.problem(409, "WRONG_STATE");
    assert_eq!(current(&officer, "", "residents").await, first);
    let third = officer.post("/bureau/plan-inputs", residents(254_000, "2025-12-31")).await.created();
    assert_eq!(third["version"], 3);

    let page = officer.get("/bureau/plan-inputs/residents/history?limit=2").await.ok();
    assert_eq!(page["items"], json!([third, gone]));
    let rest = format!("/bureau/plan-inputs/residents/history?cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(officer.get(&rest).await.ok()["items"], json!([first]));
    let actions = officer.get("/bureau/audit").await.ok();
    let actions: Vec<_> = actions["items"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect();
    assert_eq!(actions, ["plan_input.add", "plan_input.withdraw", "plan_input.add", "plan_input.add"]);
}

#[tokio::test]
async fn what_is_no_figure_is_refused_and_says_why() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let post = async |body: Value| officer.post("/bureau/plan-inputs", body).await;
    post(residents(-1, "2025-12-31")).await.invalid("value");
    post(residents(10_000_000_001, "2025-12-31")).await.invalid("value");
    post(residents(1, "2026-03-03")).await.invalid("as_of");
    post(json!({ "code": "gdp", "value": 1, "as_of": "2025-12-31", "source": "公报" })).await.invalid("code");
    post(json!({ "code": "residents", "value": 1, "as_of": "2025-12-31", "source": " " })).await.invalid("source");
    let rural = |township: Option<&str>, value: i64| json!({ "code": "rural_township", "township": township, "value": value, "as_of": "2025-12-31", "source": "区划" });
    post(rural(None, 1)).await.invalid("township");
    post(rural(Some("清源街道"), 1)).await.invalid("township");
    post(rural(Some("张坂镇"), 2)).await.invalid("value");
    let mut body = residents(1, "2025-12-31");
    body["township"] = json!("张坂镇");
    post(body).await.invalid("township");
    assert_eq!(post(rural(Some("张坂镇"), 1)).await.created()["township"], "张坂镇");
    // A part isn't more than its whole, whichever comes second.
    let of =
        |code: &str, value: i64, as_of: &str| json!({ "code": code, "value": value, "as_of": as_of, "source": "台账" });
    post(of("workplaces", 48, "2025-06-30")).await.created();
    let refused = post(of("workplaces_with_care", 9999, "2025-12-31")).await.problem(400, "INVALID_INPUT");
    assert_eq!(
        (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
        (&json!("value"), &json!("more_than_whole"))
    );
    post(of("workplaces_with_care", 5, "2025-12-31")).await.created();
    post(of("workplaces", 4, "2025-12-31")).await.invalid("value");
    // An older report that comes late holds on the days of the part, and a whole withdrawn leaves one before it.
    post(of("workplaces_with_care", 40, "2026-01-31")).await.created();
    post(of("workplaces", 30, "2026-01-15")).await.invalid("value");
    let more = post(of("workplaces", 100, "2026-02-10")).await.created();
    post(of("workplaces_with_care", 90, "2026-02-20")).await.created();
    let withdraw = format!("/bureau/plan-inputs/{}/withdraw", more["id"].as_str().unwrap());
    let refused = officer.post(&withdraw, json!({ "reason": "录错" })).await.problem(409, "WRONG_STATE");
    assert_eq!(refused["reason"], "part_above_whole");
    // Of two at once one is refused.
    let other = app.officer().await;
    let (whole, part) = tokio::join!(
        officer.post("/bureau/plan-inputs", of("carers", 10, "2026-01-31")),
        other.post("/bureau/plan-inputs", of("certified_carers", 40, "2026-01-31"))
    );
    assert!(whole.is_success() != part.is_success(), "{} {}", whole.status, part.status);
    let list = officer.get("/bureau/plan-inputs").await.ok();
    let stands_in = list["items"].as_array().unwrap().iter().filter(|item| item["stand_in"] == true).count();
    assert_eq!(stands_in, 6);
    let unknown = format!("/bureau/plan-inputs/{}/withdraw", unknown_id::<entity::PlanInputId>());
    officer.post(&unknown, json!({ "reason": "错" })).await.problem(404, "NOT_FOUND");
    officer.get("/bureau/plan-inputs/gdp/history").await.problem(404, "NOT_FOUND");
    let manager = app.manager(app.place().await.centre.id).await;
    manager.get("/bureau/plan-inputs").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn officers_at_once_never_make_one_version_twice() {
    let app = TestApp::spawn().await;
    let officers = [app.officer().await, app.officer().await];
    let replies = at_once((0..8).map(async |n| {
        let body = residents(250_000 + i64::from(n), "2025-12-31");
        officers[usize::try_from(n % 2).unwrap()].post("/bureau/plan-inputs", body).await
    }))
    .await;
    let mut versions: Vec<i64> = Vec::new();
    for reply in replies {
        match reply.status {
            201 => versions.push(reply.body["version"].as_i64().unwrap()),
            _ => drop(reply.problem(409, "WRONG_STATE")),
        }
    }
    versions.sort_unstable();
    let n = i64::try_from(versions.len()).unwrap();
    assert!(n > 0);
    assert_eq!(versions, (1..=n).collect::<Vec<_>>());
    assert_eq!(app.count(entity::plan_inputs::Entity).await, n);
}

#[tokio::test]
async fn the_same_entry_sent_again_is_one() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let first = officer.post_once("/bureau/plan-inputs", "residents-2025", residents(1, "2025-12-31")).await.created();
    let again = officer.post_once("/bureau/plan-inputs", "residents-2025", residents(1, "2025-12-31")).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first);
    assert_eq!(app.count(entity::plan_inputs::Entity).await, 1);
}
