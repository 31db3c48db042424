//! Leaving a rating out of the figures: a reason, two officers, and the versions to prove it.

use chrono::TimeDelta;
use entity::{
    ExclusionAction, ExclusionStatus, ModerationStatus, StaffRole, TextStatus, VisitStatus, moderations,
    rating_exclusions, ratings, staff,
};
use harness::{Client, Family, Place, TestApp, at_once, day, people::unknown_id};
use quanxiangtuo::features::{moderation::service::check_due, satisfaction::snapshots};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

const REASON: &str = "同一家庭受人请托，多次代评，经核实";

/// A centre with six answers of early March, the last of level 1; the ids of the ratings.
async fn rated(app: &TestApp) -> (Place, Vec<Family>, Vec<String>) {
    let (place, families) = (app.place().await, app.many_families(6).await);
    let mut ids = vec![];
    for (family, level) in families.iter().zip([5, 5, 4, 5, 5, 1]) {
        let visit = app.visit(&place, family, day("2026-03-02"), VisitStatus::Left).await;
        let body = json!({ "visit_id": visit.id, "level": level, "text": "写了一些字" });
        ids.push(family.client.post("/ratings", body).await.created()["id"].as_str().unwrap().to_owned());
    }
    (place, families, ids)
}

async fn overall(client: &Client) -> (i64, i64) {
    let overall = client.get("/bureau/satisfaction").await.ok()["overall"].clone();
    (overall["answers"].as_i64().unwrap(), overall["satisfied"].as_i64().unwrap())
}

async fn proposed(client: &Client, rating: &str, way: &str) -> String {
    let path = format!("/bureau/ratings/{rating}/{way}");
    client.post(&path, json!({ "reason": REASON })).await.created()["id"].as_str().unwrap().to_owned()
}

fn decision(id: &str, word: &str) -> String {
    format!("/bureau/ratings/exclusions/{id}/{word}")
}

#[tokio::test]
async fn a_rating_leaves_the_figures_by_two_officers_and_comes_back_the_same_way() {
    let app = TestApp::spawn().await;
    let (place, families, ids) = rated(&app).await;
    let (one, two) = (app.officer().await, app.admin().await);
    assert_eq!(overall(&one).await, (6, 5));
    let id = proposed(&one, &ids[5], "exclusions").await;
    assert_eq!(overall(&one).await, (6, 5), "a proposal changes nothing");
    one.post(&decision(&id, "confirm"), json!({})).await.problem(403, "FORBIDDEN");
    one.post(&decision(&id, "reject"), json!({})).await.problem(403, "FORBIDDEN");
    assert_eq!(overall(&one).await, (6, 5));

    let done = two.post(&decision(&id, "confirm"), json!({})).await.ok();
    assert_eq!((&done["status"], &done["action"]), (&json!("confirmed"), &json!("exclude")));
    assert_ne!(done["proposed_by"], done["decided_by"]);
    assert_eq!(overall(&one).await, (5, 5));
    let shown = app.anonymous().get(&format!("/centres/{}/ratings", place.id())).await.ok();
    assert_eq!(shown["rating"]["n"], 5, "the centre's card counts the same");
    two.post(&decision(&id, "confirm"), json!({})).await.problem(409, "WRONG_STATE");
    let mine = families[5].client.get("/ratings").await.ok();
    assert_eq!(mine["items"][0]["created_at"], mine["items"][0]["updated_at"], "the family changed nothing");

    let back = proposed(&two, &ids[5], "inclusions").await;
    one.post(&decision(&back, "confirm"), json!({})).await.ok();
    assert_eq!(overall(&one).await, (6, 5));
    let audit = two.get("/bureau/audit").await.ok();
    let deeds: Vec<&str> = audit["items"].as_array().unwrap().iter().map(|i| i["action"].as_str().unwrap()).collect();
    let wanted = ["confirm", "propose", "confirm", "propose"].map(|deed| format!("rating_exclusion.{deed}"));
    assert_eq!(deeds, wanted);
    assert_eq!(audit["items"][3]["reason"], REASON);
}

#[tokio::test]
async fn what_can_not_be_proposed_says_why() {
    let app = TestApp::spawn().await;
    let (_, _, ids) = rated(&app).await;
    let (one, two) = (app.officer().await, app.admin().await);
    let path = format!("/bureau/ratings/{}/exclusions", ids[0]);
    one.post(&path, json!({})).await.invalid("reason");
    one.post(&path, json!({ "reason": " " })).await.invalid("reason");
    let unknown = format!("/bureau/ratings/{}/exclusions", unknown_id::<entity::RatingId>());
    one.post(&unknown, json!({ "reason": REASON })).await.problem(404, "NOT_FOUND");
    let back = format!("/bureau/ratings/{}/inclusions", ids[0]);
    one.post(&back, json!({ "reason": REASON })).await.problem(409, "WRONG_STATE");
    let id = proposed(&one, &ids[0], "exclusions").await;
    two.post(&path, json!({ "reason": REASON })).await.problem(409, "WRONG_STATE");
    two.post(&decision(&id, "reject"), json!({})).await.ok();
    assert_eq!(overall(&one).await, (6, 5));
    // Rejected: it may be proposed again.
    let id = proposed(&two, &ids[0], "exclusions").await;
    one.post(&decision(&id, "confirm"), json!({})).await.ok();
    one.post(&path, json!({ "reason": REASON })).await.problem(409, "WRONG_STATE");
    let unknown = decision(&unknown_id::<entity::RatingExclusionId>(), "confirm");
    one.post(&unknown, json!({})).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn the_database_itself_refuses_one_officer_for_both_steps() {
    let app = TestApp::spawn().await;
    let (place, _, ids) = rated(&app).await;
    app.officer().await;
    let officer = staff::Entity::find().filter(staff::Column::CentreId.is_null()).one(app.db()).await.unwrap().unwrap();
    let row = |decided_by| rating_exclusions::Model {
        id: app.id(),
        rating_id: ids[0].parse().unwrap(),
        centre_id: place.centre.id,
        action: ExclusionAction::Exclude,
        reason: REASON.to_owned(),
        status: ExclusionStatus::Confirmed,
        proposed_by: officer.id,
        proposed_at: app.clock.now(),
        decided_by,
        decided_at: Some(app.clock.now()),
    };
    for decided_by in [Some(officer.id), None] {
        let insert = rating_exclusions::Entity::insert(rating_exclusions::ActiveModel::from(row(decided_by)));
        assert!(insert.exec_without_returning(app.db()).await.is_err());
    }
}

#[tokio::test]
async fn of_many_decisions_at_once_one_stands() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let (_, _, ids) = rated(&app).await;
    let (one, two, three) = (app.officer().await, app.admin().await, app.officer().await);
    let proposals = at_once([&one, &two, &three].map(|client| {
        let path = format!("/bureau/ratings/{}/exclusions", ids[5]);
        async move { client.post(&path, json!({ "reason": REASON })).await }
    }))
    .await;
    let made: Vec<&Value> = proposals.iter().filter(|reply| reply.status == 201).map(|reply| &reply.body).collect();
    assert_eq!(made.len(), 1, "one open proposal: {proposals:?}");
    let id = made[0]["id"].as_str().unwrap();
    let (confirm, reject) = (decision(id, "confirm"), decision(id, "reject"));
    let at = [two.at(&replica), three.at(&replica)];
    let calls = [(&one, &confirm), (&two, &reject), (&three, &confirm), (&at[0], &confirm), (&at[1], &reject)];
    let replies = at_once(calls.map(|(client, path)| client.post(path, json!({})))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    let states = app.officer().await.get("/bureau/ratings/exclusions").await.ok();
    let confirmed = states["items"][0]["status"] == "confirmed";
    assert_eq!(overall(&one).await.0, if confirmed { 5 } else { 6 });
}

#[tokio::test]
async fn a_closed_month_keeps_its_snapshot_and_shows_the_revised_figure_beside_it() {
    let app = TestApp::spawn().await;
    let (place, families, ids) = rated(&app).await;
    app.clock.advance(TimeDelta::days(30));
    snapshots::take_due(&app.ctx).await.unwrap();
    let (one, two) = (app.officer().await, app.admin().await);
    let month = || async { one.get("/bureau/satisfaction/months?month=2026-03").await.ok()["items"][0].clone() };
    let before = month().await;
    assert_eq!((&before["changed"], &before["centres"]), (&json!(false), &json!([])));
    assert_eq!((&before["taken"]["answers"], &before["taken"]["rate"]), (&json!(6), &json!(0.8333)));

    let id = proposed(&one, &ids[5], "exclusions").await;
    two.post(&decision(&id, "confirm"), json!({})).await.ok();
    let after = month().await;
    assert_eq!(after["taken"], before["taken"], "the snapshot stands");
    assert_eq!((&after["revised"]["answers"], &after["revised"]["rate"]), (&json!(5), &json!(1.0)));
    assert_eq!((&after["changed"], &after["centres"][0]["centre_id"]), (&json!(true), &json!(place.id())));
    // Officers see both beside each other, on a page and in a table.
    let table = String::from_utf8(one.get("/bureau/satisfaction/months.csv?month=2026-03").await.bytes).unwrap();
    let line = table.lines().nth(1).unwrap();
    assert!(line.starts_with("2026-03,") && line.contains(",6,5,0.8333,") && line.contains(",5,5,1,"), "{table}");
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let page = browser.get("/bureau/satisfaction/months").await.expect(200);
    assert!(["83.33%", "100.00%", "有修订", &*place.centre.name].iter().all(|words| page.contains(words)), "{page}");
    let report = browser.get("/bureau/satisfaction").await.expect(200);
    assert!(report.contains("href=\"/bureau/satisfaction/months\""), "{report}");
    let (n, broken) = snapshots::verify(app.db()).await.unwrap();
    assert!(n >= 1 && broken.is_empty(), "the versions still say what the snapshot says: {broken:?}");

    // Counted again it isn't a new answer: of two of one child in a month the later still counts.
    let visit = app.visit(&place, &families[5], day("2026-03-03"), VisitStatus::Left).await;
    let newer = app.fresh(&families[5].client);
    newer.post("/ratings", json!({ "visit_id": visit.id, "level": 4 })).await.created();
    let back = proposed(&two, &ids[5], "inclusions").await;
    one.post(&decision(&back, "confirm"), json!({})).await.ok();
    let again = month().await;
    assert_eq!((&again["revised"]["answers"], &again["revised"]["satisfied"]), (&json!(6), &json!(6)));
    // And what the versions say of this very instant is the same.
    use quanxiangtuo::features::satisfaction::{Answers, dto::SatisfactionQuery, service};
    let as_of = Answers::AsOf(app.clock.now());
    let recounted = service::report(&app.ctx, SatisfactionQuery::default(), as_of).await.unwrap();
    assert_eq!((recounted.overall.answers, recounted.overall.satisfied), (6, Some(6)));
}

#[tokio::test]
async fn the_bureau_finds_ratings_by_what_they_are_and_reads_no_text_before_moderation() {
    let app = TestApp::spawn().await;
    let (place, _, ids) = rated(&app).await;
    let (one, two) = (app.officer().await, app.admin().await);
    // However far moderation has come: the texts wait again.
    let waiting = moderations::Column::Status.eq(ModerationStatus::Waiting);
    while moderations::Entity::find().filter(waiting.clone()).one(app.db()).await.unwrap().is_some() {
        check_due(&app.ctx).await.unwrap();
    }
    let pending = Expr::value(TextStatus::Pending.as_str());
    ratings::Entity::update_many().col_expr(ratings::Column::TextStatus, pending).exec(app.db()).await.unwrap();
    let id = proposed(&one, &ids[5], "exclusions").await;
    two.post(&decision(&id, "confirm"), json!({})).await.ok();
    let found = |query: String| {
        let one = one.clone();
        async move { one.get(&format!("/bureau/ratings?{query}")).await.ok()["items"].as_array().unwrap().clone() }
    };
    assert_eq!(found("month=2026-03".to_owned()).await.len(), 6);
    assert_eq!(found("month=2026-02".to_owned()).await.len(), 0);
    assert_eq!(found(format!("centre_id={}&level=5", place.id())).await.len(), 4);
    assert_eq!(found("excluded=false".to_owned()).await.len(), 5);
    let out = found("excluded=true".to_owned()).await;
    assert_eq!((out.len(), &out[0]["id"], &out[0]["excluded_for"]), (1, &json!(ids[5]), &json!("by_officers")));
    assert_eq!((&out[0]["text"], &out[0]["text_status"]), (&json!(null), &json!("pending")));
    one.get("/bureau/ratings?level=6").await.invalid("level");

    let first = one.get("/bureau/ratings?limit=4").await.ok();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = one.get(&format!("/bureau/ratings?limit=4&cursor={cursor}")).await.ok();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (2, &json!(null)));
    let of = |query: &str| format!("/bureau/ratings/exclusions?{query}");
    assert_eq!(one.get(&of("status=proposed")).await.ok()["items"], json!([]));
    let about = one.get(&of(&format!("rating_id={}&centre_id={}", ids[5], place.id()))).await.ok();
    assert_eq!(about["items"][0]["reason"], REASON);
}
