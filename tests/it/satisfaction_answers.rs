//! What the bureau's figures answer to plain and to odd questions.

use entity::VisitStatus;
use harness::{TestApp, day};
use serde_json::json;

#[tokio::test]
async fn without_arguments_the_last_twelve_months_are_answered() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let report = officer.get("/bureau/satisfaction").await.ok();
    assert_eq!((&report["from"], &report["to"]), (&json!("2025-04"), &json!("2026-03")));
    assert_eq!((&report["target"], &report["groups"], &report["by"]), (&json!(0.9), &json!([]), &json!(null)));
    let overall = &report["overall"];
    assert_eq!((&overall["answers"], &overall["too_few"]), (&json!(0), &json!(true)));
    for name in ["rate", "mean", "interval", "met", "met_with_confidence", "response_rate"] {
        assert_eq!(overall[name], json!(null), "{name}");
    }
    let months = officer.get("/bureau/satisfaction?by=month").await.ok();
    assert_eq!(months["groups"].as_array().unwrap().len(), 12, "every month is listed");
    assert_eq!(months["groups"][0]["label"], "2025年4月");
    assert_eq!(officer.get("/bureau/satisfaction?by=kind").await.ok()["groups"][0]["label"], "党建+邻里中心托育点");
}

#[tokio::test]
async fn a_bad_range_names_its_field_and_only_the_bureau_asks() {
    let app = TestApp::spawn().await;
    let officer = app.admin().await;
    for (query, field) in [
        ("from=2026-13", "from"),
        ("from=2026-1", "from"),
        ("to=2026-03-01", "to"),
        ("from=2026-03&to=2026-02", "to"),
        ("from=2023-03&to=2026-03", "from"),
        ("by=weather", "by"),
        ("from=2026-04", "from"),
    ] {
        for path in ["/bureau/satisfaction", "/bureau/satisfaction.csv"] {
            officer.get(&format!("{path}?{query}")).await.invalid(field);
        }
    }
    officer.get("/bureau/satisfaction?from=2023-04&to=2026-03").await.ok();
    let place = app.place().await;
    for path in ["/bureau/satisfaction", "/bureau/satisfaction.csv"] {
        app.manager(place.centre.id).await.get(path).await.problem(403, "FORBIDDEN");
        app.a_family().await.client.get(path).await.problem(403, "FORBIDDEN");
        app.anonymous().get(path).await.problem(401, "NOT_SIGNED_IN");
    }
}

#[tokio::test]
async fn a_centre_whose_name_is_a_formula_is_only_text_in_the_table() {
    let app = TestApp::spawn().await;
    let place = app.place_with(15, 3, |row| row.name = "=HYPERLINK(\"x\"),\"小\"".to_owned()).await;
    let family = app.a_family().await;
    app.visit(&place, &family, app.clock.today(), VisitStatus::Left).await;
    let reply = app.officer().await.get("/bureau/satisfaction.csv?by=centre").await;
    let text = String::from_utf8(reply.bytes).unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let row = table.records().map(Result::unwrap).nth(1).unwrap();
    assert_eq!(&row[1], "'=HYPERLINK(\"x\"),\"小\"");
}

#[tokio::test]
async fn a_sub_score_is_counted_among_the_answers_that_gave_it_and_a_trend_has_two_years() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let families = app.many_families(5).await;
    let environment = [5, 5, 4, 3, 2];
    for (n, family) in families.iter().enumerate() {
        let visit = app.visit(&place, family, day("2026-02-02"), VisitStatus::Left).await;
        let mut sub = json!({ "environment": environment[n], "safety": 5 });
        if n > 0 {
            sub["meals"] = json!(1);
        }
        family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5, "sub": sub })).await.created();
    }
    app.visit(&place, &families[0], day("2024-04-01"), VisitStatus::Left).await;
    let officer = app.officer().await;
    let report = officer.get("/bureau/satisfaction?by=centre").await.ok();
    assert_eq!(report["overall"]["sub"], report["groups"][0]["sub"]);
    let sub = &report["overall"]["sub"];
    // 3 of 5, (5 + 5 + 4 + 3 + 2) ÷ 5.
    let figures = ["answers", "satisfied", "rate", "mean", "met"].map(|name| &sub["environment"][name]);
    assert_eq!(figures, [&json!(5), &json!(3), &json!(0.6), &json!(3.8), &json!(false)]);
    // Four answers are too few for a figure, none too.
    let figures = ["answers", "satisfied", "too_few", "rate", "mean"].map(|name| &sub["meals"][name]);
    assert_eq!(figures, [&json!(4), &json!(null), &json!(true), &json!(null), &json!(null)]);
    assert_eq!((&sub["carers"]["answers"], &sub["carers"]["rate"]), (&json!(0), &json!(null)));
    assert_eq!((&sub["safety"]["rate"], &sub["safety"]["mean"]), (&json!(1.0), &json!(5.0)));

    let scores = officer.get("/bureau/satisfaction?by=sub_score").await.ok();
    let group = &scores["groups"][0];
    assert_eq!((&group["key"], &group["label"], &group["rate"]), (&json!("environment"), &json!("环境"), &json!(0.6)));
    assert_eq!(
        (&group["families_served"], &group["response_rate"], &group["sub"]),
        (&json!(5), &json!(1.0), &json!(null))
    );
    assert_eq!(scores["overall"], report["overall"]);

    let trend = officer.get("/bureau/satisfaction?from=2024-04&to=2026-03&by=month").await.ok();
    let months = trend["groups"].as_array().unwrap();
    let key = |n: usize| (months[n]["key"].as_str().unwrap(), months[n]["families_served"].as_i64().unwrap());
    assert_eq!((months.len(), key(0), key(1), key(22)), (24, ("2024-04", 1), ("2024-05", 0), ("2026-02", 5)));
    assert_eq!((&months[22]["rate"], &trend["overall"]["families_served"]), (&json!(1.0), &json!(5)));
}
