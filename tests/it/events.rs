//! Events: sign-up, waiting list and attendance.

use chrono::TimeDelta;
use entity::{ConsentPurpose, MessageStatus, SignupStatus, audit_rows, consents, event_signups, events, notices};
use harness::{Client, Family, TestApp, at_once, people::CONSENT_VERSION};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

/// An event of tomorrow for so many persons, published.
async fn event(officer: &Client, places: i32) -> String {
    published(officer, draft(officer, places).await).await
}

/// One that begins this evening.
async fn event_today(officer: &Client, places: i32) -> String {
    let id = draft(officer, places).await;
    let today = json!({ "starts_at": "2026-03-02T19:00:00+08:00", "ends_at": "2026-03-02T20:00:00+08:00",
        "signup_until": "2026-03-02T19:00:00+08:00" });
    officer.patch(&format!("/bureau/events/{id}"), today).await.ok();
    published(officer, id).await
}

async fn published(officer: &Client, id: String) -> String {
    officer.post(&format!("/bureau/events/{id}/publish"), json!({})).await.ok();
    id
}

async fn draft(officer: &Client, places: i32) -> String {
    let body = json!({
        "kind": "lecture", "title": "科学育儿讲座", "text": "请带上孩子的疫苗本。", "place": "洛阳镇文化站",
        "township": "洛阳镇", "places": places, "persons_max": 4,
        "starts_at": "2026-03-03T15:00:00+08:00", "ends_at": "2026-03-03T17:00:00+08:00",
    });
    officer.post("/bureau/events", body).await.created()["id"].as_str().unwrap().to_owned()
}

async fn sign_up(family: &Family, event: &str, persons: i32) -> Value {
    family.client.post(&format!("/events/{event}/signups"), json!({ "persons": persons })).await.created()
}

async fn standing(family: &Family) -> String {
    family.client.get("/me/signups").await.text("/items/0/status")
}

#[tokio::test]
async fn a_draft_is_not_shown_and_a_published_event_is_until_it_is_over() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let id = draft(&officer, 20).await;
    let anyone = app.anonymous();
    anyone.get(&format!("/events/{id}")).await.problem(404, "NOT_FOUND");
    assert_eq!(anyone.get("/events").await.ok()["items"], json!([]));
    officer.post(&format!("/bureau/events/{id}/publish"), json!({})).await.ok();
    officer.post(&format!("/bureau/events/{id}/publish"), json!({})).await.problem(409, "WRONG_STATE");
    let shown = anyone.get("/events?township=%E6%B4%9B%E9%98%B3%E9%95%87").await.ok();
    assert_eq!((&shown["items"][0]["id"], &shown["items"][0]["places_left"]), (&json!(id), &json!(20)));
    assert_eq!(anyone.get("/events?township=%E4%B8%9C%E5%9B%AD%E9%95%87").await.ok()["items"], json!([]));
    assert_eq!(anyone.get("/events?kind=family_day").await.ok()["items"], json!([]));
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(anyone.get("/events").await.ok()["items"], json!([]), "over");
    assert_eq!(app.officer().await.get("/bureau/events").await.ok()["items"][0]["id"], json!(id));
}

#[tokio::test]
async fn who_comes_too_late_waits_and_moves_up_in_order() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(4).await);
    let id = event(&officer, 5).await;
    let first = sign_up(&families[0], &id, 3).await;
    assert_eq!(
        (&first["status"], &first["number"], &first["event"]["places_left"]),
        (&json!("signed_up"), &json!(1), &json!(2))
    );
    assert_eq!(sign_up(&families[1], &id, 3).await["status"], "waiting", "three don't fit into two");
    assert_eq!(sign_up(&families[2], &id, 1).await["status"], "waiting", "nobody passes who waits");
    sign_up(&families[3], &id, 2).await;
    let twice = json!({ "persons": 1 });
    families[0].client.post(&format!("/events/{id}/signups"), twice).await.problem(409, "WRONG_STATE");

    let withdraw = format!("/me/signups/{}/withdraw", first["id"].as_str().unwrap());
    families[1].client.post(&withdraw, json!({})).await.problem(404, "NOT_FOUND");
    families[0].client.post(&withdraw, json!({})).await.ok();
    families[0].client.post(&withdraw, json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!([standing(&families[1]).await, standing(&families[2]).await], ["signed_up", "signed_up"]);
    assert_eq!(standing(&families[3]).await, "waiting", "one place is left for two");
    let again = sign_up(&families[0], &id, 1).await;
    assert_eq!((&again["id"], &again["number"], &again["status"]), (&first["id"], &json!(5), &json!("waiting")));

    let fewer = json!({ "places": 3 });
    let refused = officer.patch(&format!("/bureau/events/{id}"), fewer).await.problem(400, "INVALID_INPUT");
    assert_eq!(refused["errors"][0]["field"], "places");
    let more = officer.patch(&format!("/bureau/events/{id}"), json!({ "places": 7 })).await.ok();
    assert_eq!(more["places_left"], 0, "{more}");
    assert_eq!([standing(&families[3]).await, standing(&families[0]).await], ["signed_up", "signed_up"]);
}

#[tokio::test]
async fn no_event_has_more_persons_than_places_whoever_comes_at_once() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(24).await);
    let id = event(&officer, 10).await;
    let calls = families.iter().map(|family| {
        let (client, path) = (family.client.clone(), format!("/events/{id}/signups"));
        async move { client.post(&path, json!({ "persons": 1 })).await.created()["status"].clone() }
    });
    let came = at_once(calls).await;
    assert_eq!(came.iter().filter(|status| **status == "signed_up").count(), 10);
    let row = events::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.taken, row.last_number), (10, 24));
    // Everybody who is in goes; as many move up.
    let gone = families.iter().map(|family| {
        let client = family.client.clone();
        async move {
            let own = client.get("/me/signups").await.ok()["items"][0].clone();
            if own["status"] == "signed_up" {
                client.post(&format!("/me/signups/{}/withdraw", own["id"].as_str().unwrap()), json!({})).await.ok();
            }
        }
    });
    at_once(gone).await;
    let row = events::Entity::find().one(app.db()).await.unwrap().unwrap();
    let held = event_signups::Column::Status.eq(SignupStatus::SignedUp);
    let held = event_signups::Entity::find().filter(held).all(app.db()).await.unwrap();
    assert_eq!(row.taken, held.iter().map(|row| row.persons).sum::<i32>());
    assert!(row.taken <= 10);

    // Who has come has not withdrawn, whichever call is first: nobody else gets the place.
    let mut calls = Vec::new();
    for pair in families.chunks(2).take(8) {
        let id = event_today(&officer, 1).await;
        let own = sign_up(&pair[0], &id, 1).await;
        assert_eq!(sign_up(&pair[1], &id, 1).await["status"], "waiting");
        let withdraw = format!("/me/signups/{}/withdraw", own["id"].as_str().unwrap());
        calls.push((pair[0].client.clone(), withdraw));
        calls.push((officer.clone(), format!("/bureau/events/{id}/signups/1/attended")));
    }
    let replies = at_once(calls.iter().map(async |(client, path)| client.post(path, json!({})).await.status)).await;
    for both in replies.chunks(2) {
        assert!(matches!(both, [200, 409] | [409, 200]), "{replies:?}");
    }
    for event in events::Entity::find().filter(events::Column::Places.eq(1)).all(app.db()).await.unwrap() {
        let here = event_signups::Column::EventId.eq(event.id);
        let had = event_signups::Column::Status.is_in([SignupStatus::SignedUp, SignupStatus::Attended]);
        let had = event_signups::Entity::find().filter(here).filter(had).all(app.db()).await.unwrap();
        assert_eq!((had.len(), event.taken), (1, 1));
    }
}

#[tokio::test]
async fn an_event_that_is_to_come_cancelled_or_over_is_taken_for_what_it_is() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(3).await);
    let large = json!({ "persons": 3 });
    let (early, off) = (event(&officer, 2).await, event_today(&officer, 2).await);
    // More than the event holds would wait for ever, and everybody behind them.
    let refused = families[0].client.post(&format!("/events/{early}/signups"), large).await;
    assert_eq!(refused.problem(400, "INVALID_INPUT")["errors"][0]["field"], "persons");
    let mine = sign_up(&families[0], &early, 2).await;
    assert_eq!(sign_up(&families[1], &early, 2).await["status"], "waiting");
    sign_up(&families[0], &off, 1).await;
    let come = |event: &str| format!("/bureau/events/{event}/signups/1/attended");
    assert_eq!(officer.post(&come(&early), json!({})).await.problem(409, "WRONG_STATE")["reason"], "too_early");
    officer.post(&format!("/bureau/events/{off}/cancel"), json!({ "reason": "台风" })).await.ok();
    officer.post(&come(&off), json!({})).await.problem(409, "WRONG_STATE");

    app.clock.advance(TimeDelta::days(16));
    let (officer, first) = (app.officer().await, app.fresh(&families[0].client));
    let withdraw = format!("/me/signups/{}/withdraw", mine["id"].as_str().unwrap());
    first.post(&withdraw, json!({})).await.problem(409, "WRONG_STATE");
    let over = officer.patch(&format!("/bureau/events/{early}"), json!({ "places": 9 })).await;
    assert_eq!(over.problem(409, "WRONG_STATE")["reason"], "over");
    let waits = event_signups::Column::Status.eq(SignupStatus::Waiting);
    let waits = event_signups::Entity::find().filter(waits).all(app.db()).await.unwrap();
    assert_eq!(waits.len(), 1, "nobody is let in to what is over");
    // A list that was written on paper; what took place isn't cancelled.
    assert_eq!(officer.post(&come(&early), json!({})).await.ok()["status"], "attended");
    let cancel = officer.post(&format!("/bureau/events/{early}/cancel"), json!({ "reason": "下雨" })).await;
    assert_eq!(cancel.problem(409, "WRONG_STATE")["reason"], "attended");
}

#[tokio::test]
async fn who_no_longer_fits_into_a_smaller_event_holds_nobody_up() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(3).await);
    let id = event(&officer, 4).await;
    let first = sign_up(&families[0], &id, 2).await;
    assert_eq!(sign_up(&families[1], &id, 3).await["status"], "waiting");
    officer.patch(&format!("/bureau/events/{id}"), json!({ "places": 2 })).await.ok();
    assert_eq!(sign_up(&families[2], &id, 1).await["status"], "waiting");
    let withdraw = format!("/me/signups/{}/withdraw", first["id"].as_str().unwrap());
    families[0].client.post(&withdraw, json!({})).await.ok();
    assert_eq!([standing(&families[1]).await, standing(&families[2]).await], ["waiting", "signed_up"]);
}

#[tokio::test]
async fn officers_tick_off_numbers_and_learn_no_names() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(2).await);
    let id = event_today(&officer, 2).await;
    for family in &families {
        sign_up(family, &id, 2).await;
    }
    let list = officer.get(&format!("/bureau/events/{id}/signups")).await.ok();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains("fam_"), "{list}");
    let come = |number: i32| format!("/bureau/events/{id}/signups/{number}/attended");
    assert_eq!(officer.post(&come(1), json!({})).await.ok()["status"], "attended");
    officer.post(&come(1), json!({})).await.problem(409, "WRONG_STATE");
    officer.post(&come(2), json!({})).await.problem(409, "WRONG_STATE");
    officer.post(&come(3), json!({})).await.problem(404, "NOT_FOUND");
    let csv = officer.get(&format!("/bureau/events/{id}/signups.csv")).await;
    let csv = String::from_utf8_lossy(&csv.bytes).into_owned();
    assert!(csv.contains("已到场") && csv.contains("候补中"), "{csv}");
    // A mistyped number is taken back; who waits comes in once somebody else was missing.
    let door = |number: i32, what: &str| format!("/bureau/events/{id}/signups/{number}/{what}");
    officer.post(&door(2, "not-attended"), json!({})).await.problem(409, "WRONG_STATE");
    assert_eq!(officer.post(&door(1, "not-attended"), json!({})).await.ok()["status"], "signed_up");
    officer.post(&door(1, "no-show"), json!({})).await.problem(409, "WRONG_STATE");
    app.clock.advance(TimeDelta::hours(10) + TimeDelta::minutes(5));
    let officer = app.fresh(&officer);
    assert_eq!(officer.post(&door(2, "attended"), json!({})).await.problem(409, "WRONG_STATE")["reason"], "full");
    // Taken for missing, it comes late: its place is its own while nobody has it.
    for (what, status) in
        [("no-show", "withdrawn"), ("attended", "attended"), ("not-attended", "signed_up"), ("no-show", "withdrawn")]
    {
        assert_eq!(officer.post(&door(1, what), json!({})).await.ok()["status"], status);
    }
    assert_eq!(officer.post(&door(2, "attended"), json!({})).await.ok()["status"], "attended");
    assert_eq!(app.anonymous().get(&format!("/events/{id}")).await.ok()["places_left"], 0);
    for action in ["event.attended_undone", "event.no_show"] {
        let marked = audit_rows::Column::Action.eq(action);
        assert_eq!(audit_rows::Entity::find().filter(marked).all(app.db()).await.unwrap().len(), 2, "{action}");
    }
    let marked = audit_rows::Column::Action.eq("event.attended");
    assert_eq!(audit_rows::Entity::find().filter(marked).all(app.db()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn nobody_undoes_what_another_officer_changed_and_every_field_can_be() {
    let app = TestApp::spawn().await;
    let officer = app.officer().await;
    let path = format!("/bureau/events/{}", draft(&officer, 20).await);
    let seen = officer.get("/bureau/events").await.ok()["items"][0]["seen"].clone();
    let moved = officer.patch(&path, json!({ "place": "新地点二楼", "seen": seen })).await.ok();
    let stale = json!({ "place": "洛阳镇文化站", "title": "新名称", "seen": seen });
    let refused = officer.patch(&path, stale).await.problem(409, "WRONG_STATE");
    assert_eq!(refused["reason"], "changed");
    let all = json!({ "kind": "policy_talk", "township": null, "persons_max": 5, "seen": moved["seen"] });
    let now = officer.patch(&path, all).await.ok();
    assert_eq!((&now["kind"], &now["township"]), (&json!("policy_talk"), &json!(null)));
    assert_eq!((&now["persons_max"], &now["place"]), (&json!(5), &json!("新地点二楼")));
    officer.patch(&path, json!({ "township": "别处镇" })).await.invalid("township");
    let edits = audit_rows::Column::Action.eq("event.edit");
    let rows = audit_rows::Entity::find().filter(edits).all(app.db()).await.unwrap();
    let told = rows.iter().find(|row| row.detail["place"]["to"] == "新地点二楼").unwrap();
    assert_eq!(told.detail["place"]["from"], "洛阳镇文化站");
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn a_cancelled_event_says_why_and_takes_nobody() {
    let app = TestApp::spawn().await;
    let (officer, family) = (app.officer().await, app.a_family().await);
    let id = event(&officer, 2).await;
    officer.post(&format!("/bureau/events/{id}/cancel"), json!({ "reason": "台风" })).await.ok();
    assert_eq!(app.anonymous().get(&format!("/events/{id}")).await.text("/cancel_reason"), "台风");
    let body = json!({ "persons": 1 });
    family.client.post(&format!("/events/{id}/signups"), body).await.problem(409, "WRONG_STATE");
    let refused = officer.patch(&format!("/bureau/events/{id}"), json!({ "places": 9 })).await;
    refused.problem(409, "WRONG_STATE");
}

#[tokio::test]
async fn times_persons_and_names_that_cannot_be_are_told() {
    let app = TestApp::spawn().await;
    let (officer, family) = (app.officer().await, app.a_family().await);
    let good = json!({
        "kind": "family_day", "title": "亲子日", "text": "一起玩", "place": "公园", "places": 10,
        "starts_at": "2026-03-03T15:00:00+08:00", "ends_at": "2026-03-03T17:00:00+08:00",
    });
    for (field, value) in [
        ("ends_at", json!("2026-03-03T14:00:00+08:00")),
        ("signup_until", json!("2026-03-04T14:00:00+08:00")),
        ("starts_at", json!("2020-03-03T15:00:00+08:00")),
        ("township", json!("别的镇")),
        ("places", json!(0)),
        ("campaign_id", json!("cmp_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = officer.post("/bureau/events", body).await.problem(400, "INVALID_INPUT");
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let id = event(&officer, 9).await;
    let too_many = family.client.post(&format!("/events/{id}/signups"), json!({ "persons": 5 })).await;
    assert_eq!(too_many.problem(400, "INVALID_INPUT")["errors"][0]["field"], "persons");
    app.clock.advance(TimeDelta::hours(31));
    let late = app.a_family().await.client.post(&format!("/events/{id}/signups"), json!({ "persons": 1 })).await;
    late.problem(409, "WRONG_STATE");
}

#[tokio::test]
async fn a_family_that_leaves_gives_its_place_to_who_waits() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(2).await);
    let id = event(&officer, 2).await;
    sign_up(&families[0], &id, 2).await;
    assert_eq!(sign_up(&families[1], &id, 1).await["status"], "waiting");
    let export = families[0].client.get("/me/export").await.ok();
    assert_eq!(export["event_signups"][0]["persons"], 2);
    families[0].client.delete("/me?confirm=true").await.ok();
    assert_eq!(standing(&families[1]).await, "signed_up");
}

#[tokio::test]
async fn families_hear_that_the_list_let_them_in_that_it_was_moved_and_that_it_was_cancelled() {
    let template = ("wechat_templates", "event_moved:tpl-moved:thing1=title,thing2=centre,time3=when");
    let app = TestApp::spawn_with(&[template]).await;
    let (officer, families) = (app.officer().await, app.many_families(3).await);
    app.insert(consents::Model {
        id: app.id(),
        family_id: families[1].family_id,
        child_id: families[1].child_id,
        purpose: ConsentPurpose::Messages,
        version: CONSENT_VERSION.to_owned(),
        given_at: app.clock.now(),
        withdrawn_at: None,
    })
    .await;
    let id = event(&officer, 2).await;
    let first = sign_up(&families[0], &id, 2).await;
    sign_up(&families[1], &id, 2).await;
    families[0].client.post(&format!("/me/signups/{}/withdraw", first["id"].as_str().unwrap()), json!({})).await.ok();
    sign_up(&families[2], &id, 1).await;
    let told = async |family: &Family| {
        let list = family.client.get("/me/notices").await.ok()["items"].as_array().unwrap().clone();
        list.into_iter().map(|notice| (notice["kind"].clone(), notice["text"].clone())).collect::<Vec<_>>()
    };
    let let_in = told(&families[1]).await;
    let place =
        "您候补的活动“科学育儿讲座”有名额了，已为您报名：2026-03-03 15:00，洛阳镇文化站。如不能参加请及时取消。";
    assert_eq!(let_in, [(json!("event_place"), json!(place))]);

    // Another text tells nobody; another hour tells who comes and who waits.
    officer.patch(&format!("/bureau/events/{id}"), json!({ "text": "请带水杯。" })).await.ok();
    let later = json!({ "starts_at": "2026-03-04T15:00:00+08:00", "ends_at": "2026-03-04T17:00:00+08:00" });
    officer.patch(&format!("/bureau/events/{id}"), later).await.ok();
    let past = json!({ "starts_at": "2026-03-01T15:00:00+08:00" });
    officer.patch(&format!("/bureau/events/{id}"), past).await.invalid("starts_at");
    officer.post(&format!("/bureau/events/{id}/cancel"), json!({ "reason": "台风" })).await.ok();
    let kinds = async |family: &Family| told(family).await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(kinds(&families[1]).await, ["event_cancelled", "event_moved", "event_place"]);
    assert_eq!(kinds(&families[2]).await, ["event_cancelled", "event_moved"]);
    assert!(told(&families[0]).await.is_empty(), "who withdrew hears nothing more");
    assert!(told(&families[2]).await[0].1.as_str().unwrap().contains("原因：台风。"));
    // Also as WeChat messages, on the consent to messages about a child of the family.
    let moved = notices::Column::Kind.eq("event_moved");
    let moved = notices::Entity::find().filter(moved).all(app.db()).await.unwrap();
    let agreed = |row: &notices::Model| (row.family_id == families[1].family_id) == row.child_id.is_some();
    assert_eq!(moved.len(), 2);
    assert!(moved.iter().all(|row| agreed(row) && row.send_status == Some(MessageStatus::Waiting)), "{moved:?}");
}

#[tokio::test]
async fn an_event_that_took_place_stays_and_counts_the_vouchers_of_who_came() {
    let app = TestApp::spawn().await;
    let (officer, families) = (app.officer().await, app.many_families(3).await);
    let campaign = app.campaign().await;
    let id = event_today(&officer, 9).await;
    officer.patch(&format!("/bureau/events/{id}"), json!({ "campaign_id": campaign.id })).await.ok();
    for family in &families[..2] {
        sign_up(family, &id, 1).await;
    }
    app.clock.advance(TimeDelta::hours(10) + TimeDelta::minutes(30));
    let officer = app.officer().await;
    officer.post(&format!("/bureau/events/{id}/signups/1/attended"), json!({})).await.ok();
    // One who came, one who signed up and stayed away, one from home.
    for family in &families {
        let now = app.clock.now();
        app.voucher_with(&campaign, family, |row| row.claimed_at = now).await;
    }
    let event: entity::EventId = id.parse().unwrap();
    let standing = quanxiangtuo::features::events::signups::standing(&app.ctx, event).await.unwrap();
    assert_eq!(standing.vouchers, Some(1));
    let moved = json!({ "starts_at": "2026-12-01T19:00:00+08:00", "ends_at": "2026-12-01T20:00:00+08:00",
        "signup_until": "2026-12-01T19:00:00+08:00" });
    for reply in [
        officer.patch(&format!("/bureau/events/{id}"), moved).await,
        officer.post(&format!("/bureau/events/{id}/cancel"), json!({ "reason": "下雨" })).await,
    ] {
        assert_eq!(reply.problem(409, "WRONG_STATE")["reason"], "attended");
    }
}
