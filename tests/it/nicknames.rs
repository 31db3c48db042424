//! What a child is called: the guardian's own words, unless moderation refuses them.

use entity::{ModerationStatus, VisitStatus, moderations};
use harness::{Answer, Client, FakeWeChat, Family, TestApp, day, people::child_body, wechat::TEXT};
use quanxiangtuo::features::moderation::service::check_due;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};

async fn judged(app: &TestApp) {
    let waiting = moderations::Column::Status.eq(ModerationStatus::Waiting);
    for _ in 0..400 {
        check_due(&app.ctx).await.unwrap();
        if moderations::Entity::find().filter(waiting.clone()).one(app.db()).await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("texts still wait");
}

async fn nicknames(officer: &Client, status: &str) -> Vec<Value> {
    let list = officer.get(&format!("/bureau/moderation?kind=nickname&status={status}")).await.ok();
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn staff_read_another_word_for_a_refused_nickname_until_the_child_is_called_otherwise() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let client = app.guardian("chen").await;
    let added = client.post("/me/children", child_body("违规词宝", app.born_months_ago(18))).await.created();
    let family = Family {
        client: client.clone(),
        family_id: client.user_id().parse().unwrap(),
        child_id: added["id"].as_str().unwrap().parse().unwrap(),
    };
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let (carer, officer) = (app.carer(place.centre.id).await, app.officer().await);
    let looked = async || {
        let path = format!("/desk/visits/{}/reveal", visit.id);
        carer.post(&path, json!({ "reason": "handover" })).await.ok()["name"].as_str().unwrap().to_owned()
    };
    let own = async || {
        let child = client.get("/me/children").await.ok()["items"][0].clone();
        (child["name"].as_str().unwrap().to_owned(), child["name_hidden"].as_bool().unwrap())
    };
    judged(&app).await;
    assert_eq!((looked().await, own().await), ("小朋友".to_owned(), ("违规词宝".to_owned(), true)));
    assert_eq!(nicknames(&officer, "hidden").await[0]["text"], "违规词宝");
    let today = carer.get("/desk/today").await.ok();
    let listed = today["items"][0]["child"]["name"].as_str().unwrap();
    assert!(listed.starts_with('小') && !listed.contains('违'), "{listed}");
    let voucher = app.voucher(&app.campaign().await, &family).await;
    let code = client.get(&format!("/vouchers/{}/code", voucher.id)).await.ok()["code"].clone();
    let scan = json!({ "code": code, "request_id": "nickname-scan-1" });
    assert_eq!(carer.post("/desk/redemptions", scan).await.created()["child"]["name"], "小*友");
    assert_eq!(carer.get("/desk/redemptions").await.ok()["items"][0]["child_name"], "小*友");

    // Another name is judged by itself.
    let path = format!("/me/children/{}", family.child());
    let renamed = client.patch(&path, json!({ "name": "小满" })).await.ok();
    assert_eq!((&renamed["name_hidden"], &renamed["name_status"]), (&json!(false), &json!("pending")));
    judged(&app).await;
    assert_eq!((looked().await, own().await.1), ("小满".to_owned(), false));
    let passed = nicknames(&officer, "passed").await;
    assert_eq!((passed.len(), &passed[0]["text"]), (1, &Value::Null), "a name in order concerns no officer");
    assert_eq!(nicknames(&officer, "stale").await[0]["text"], Value::Null);
    // The same name again asks for nothing.
    client.patch(&path, json!({ "name": "小满" })).await.ok();
    assert_eq!(app.count(moderations::Entity).await, 2);

    // One in doubt is not shown whole until an officer passes it; an officer may think otherwise later.
    client.patch(&path, json!({ "name": "待审词宝" })).await.ok();
    judged(&app).await;
    assert_eq!(looked().await, "小朋友");
    let doubtful = nicknames(&officer, "review").await;
    assert_eq!((&doubtful[0]["text"], &doubtful[0]["subject"]), (&json!("待审词宝"), &json!(family.child())));
    let verdict = |word: &str| format!("/bureau/moderation/{}/{word}", doubtful[0]["id"].as_str().unwrap());
    officer.post(&verdict("refuse"), json!({ "reason": "不当称呼" })).await.ok();
    assert_eq!((looked().await, own().await.1), ("小朋友".to_owned(), true));
    officer.post(&verdict("pass"), json!({ "reason": "复核后通过" })).await.ok();
    assert_eq!((looked().await, own().await.1), ("待审词宝".to_owned(), false));
}

#[tokio::test]
async fn a_name_that_waits_for_wechat_is_masked_in_lists_and_whole_for_nobody() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let app = TestApp::spawn_with(&settings).await;
    wechat.always(TEXT, Answer::HangUp);
    wechat.answer("code-1", Answer::Openid("o-lin"));
    let anyone = app.anonymous();
    let client = anyone.signed_in(&anyone.post("/auth/wechat", json!({ "code": "code-1" })).await);
    let added = client.post("/me/children", child_body("陈小满", app.born_months_ago(18))).await.created();
    assert_eq!((&added["name"], &added["name_status"]), (&json!("陈小满"), &json!("pending")));
    let family = Family {
        client: client.clone(),
        family_id: client.user_id().parse().unwrap(),
        child_id: added["id"].as_str().unwrap().parse().unwrap(),
    };
    let place = app.place().await;
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let carer = app.carer(place.centre.id).await;
    let looked = async || {
        let path = format!("/desk/visits/{}/reveal", visit.id);
        let name = carer.post(&path, json!({ "reason": "handover" })).await.ok()["name"].clone();
        let today = carer.get("/desk/today").await.ok();
        (name, today["items"][0]["child"]["name"].clone())
    };
    while wechat.came(TEXT) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(looked().await, (json!("小朋友"), json!("陈*满")));
    wechat.always(TEXT, Answer::Usual);
    app.clock.advance(chrono::TimeDelta::minutes(1));
    judged(&app).await;
    assert_eq!(looked().await, (json!("陈小满"), json!("陈*满")));
    // Called otherwise: nobody has looked at that name yet.
    wechat.always(TEXT, Answer::HangUp);
    client.patch(&format!("/me/children/{}", family.child()), json!({ "name": "陈大满" })).await.ok();
    assert_eq!(looked().await, (json!("小朋友"), json!("陈*满")));
}
