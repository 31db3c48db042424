//! Message push, and the ledger of credits that it feeds.

use entity::{CreditKind, credit_entries, message_credits, push_events};
use harness::{
    TestApp, at_once,
    push::{self, PLAIN, SECURE, TOKEN, encrypt, event, signature},
    wechat::APPID,
};
use proptest::prelude::*;
use quanxiangtuo::platform::wechat_push::{Push, PushKeys, parse};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};

const TEMPLATE: &str = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc";

fn popup(openid: &str, created: i64, status: &str) -> String {
    let entry = json!({ "TemplateId": TEMPLATE, "SubscribeStatusString": status, "PopupScene": "0" });
    event(openid, "subscribe_msg_popup_event", created, &entry)
}

fn sent(openid: &str, created: i64, message: &str, code: &str) -> String {
    let entry = json!({ "TemplateId": TEMPLATE, "MsgID": message, "ErrorCode": code, "ErrorStatus": "success" });
    event(openid, "subscribe_msg_sent_event", created, &entry)
}

fn is_success(reply: &harness::Reply) -> bool {
    reply.status == 200 && reply.bytes == b"success"
}

#[tokio::test]
async fn without_a_token_the_address_is_not_there() {
    let app = TestApp::spawn().await;
    app.push(&app.plain_push("{}", "n")).await.problem(404, "NOT_FOUND");
    let path = "/wechat/push?signature=x&timestamp=1&nonce=2&echostr=3";
    app.anonymous().get(path).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn the_address_is_verified_by_its_echo() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let time = app.clock.now().timestamp().to_string();
    let signed = signature(&[TOKEN, &time, "42"]);
    let verify = |signed: &str, time: &str| {
        format!("/wechat/push?signature={signed}&timestamp={time}&nonce=42&echostr=4375120948345356249")
    };
    let reply = app.anonymous().get(&verify(&signed, &time)).await;
    assert_eq!((reply.status, &reply.bytes[..]), (200, &b"4375120948345356249"[..]));
    assert!(reply.header("content-type").unwrap().starts_with("text/plain"));
    app.anonymous().get(&verify(&signed.replace(['0', '1'], "2"), &time)).await.problem(403, "FORBIDDEN");
    let old = (app.clock.now().timestamp() - 301).to_string();
    app.anonymous().get(&verify(&signature(&[TOKEN, &old, "42"]), &old)).await.problem(403, "FORBIDDEN");
    app.anonymous().get("/wechat/push?timestamp=1&nonce=2&echostr=3").await.invalid("signature");
    // Sent again it is answered again, but its signature serves no other echo and no message.
    assert_eq!(app.anonymous().get(&verify(&signed, &time)).await.status, 200);
    let other = verify(&signed, &time).replace("echostr=4", "echostr=5");
    app.anonymous().get(&other).await.problem(403, "FORBIDDEN");
    let guardian = app.guardian("lin").await;
    let forged = push::Pushed {
        query: vec![("signature", signed.clone()), ("timestamp", time.clone()), ("nonce", "42".to_owned())],
        body: popup("sandbox-lin", 1, "accept"),
    };
    app.push(&forged).await.problem(403, "FORBIDDEN");
    app.replica().await.push(&forged).await.problem(403, "FORBIDDEN");
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn one_signature_serves_once_however_its_parts_are_cut() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let guardian = app.guardian("lin").await;
    let now = app.clock.now().timestamp();
    let first = app.plain_push(&popup("sandbox-lin", now, "accept"), "00");
    assert!(is_success(&app.push(&first).await));
    // The parts are sorted and joined, so the signature fits a time with a leading zero as well.
    let (time, nonce) = (format!("0{now}"), "0".to_owned());
    let signed = signature(&[TOKEN, &time, &nonce]);
    assert_eq!(signed, first.query[0].1);
    let query = vec![("signature", signed), ("timestamp", time), ("nonce", nonce)];
    let forged = push::Pushed { query, body: popup("sandbox-lin", now + 1, "accept") };
    app.push(&forged).await.problem(403, "FORBIDDEN");
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 1);
}

#[tokio::test]
async fn consents_refusals_and_sent_messages_make_the_ledger() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let guardian = app.guardian("lin").await;
    let (openid, now) = ("sandbox-lin", app.clock.now().timestamp());
    let mut nonce = 0;
    let mut push = async |message: String| {
        nonce += 1;
        let reply = app.push(&app.plain_push(&message, &nonce.to_string())).await;
        assert!(is_success(&reply), "{reply:?}");
        guardian.get("/me/message-credits").await.ok()["items"].clone()
    };
    assert_eq!(push(popup(openid, now, "accept")).await[0]["balance"], 1);
    assert_eq!(push(popup(openid, now + 1, "accept")).await[0]["balance"], 2);
    assert_eq!(push(popup(openid, now + 2, "reject")).await[0]["balance"], 2);
    assert_eq!(push(sent(openid, now + 3, "1001", "0")).await[0]["balance"], 1);
    // WeChat says so again, at another time: the message is spent already.
    assert_eq!(push(sent(openid, now + 4, "1001", "0")).await[0]["balance"], 1);
    assert_eq!(push(sent(openid, now + 5, "1002", "500")).await[0]["balance"], 1);
    assert_eq!(push(sent(openid, now + 6, "1003", "43101")).await[0]["balance"], 0);
    assert_eq!(push(sent(openid, now + 7, "1004", "0")).await[0]["balance"], 0);
    assert_eq!(push(popup(openid, now + 8, "accept")).await[0]["blocked_at"], Value::Null);
    let list = json!([{ "TemplateId": TEMPLATE, "SubscribeStatusString": "reject" },
        { "TemplateId": "another", "SubscribeStatusString": "reject" }]);
    let after = push(event(openid, "subscribe_msg_change_event", now + 9, &list)).await;
    assert_eq!((&after[0]["balance"], &after[1]["balance"]), (&json!(0), &json!(0)));
    assert!(after[0]["blocked_at"].is_string() && after[1]["template_id"] == "another");
    let kinds: Vec<_> = credit_entries::Entity::find()
        .order_by_asc(credit_entries::Column::Id)
        .all(app.db())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.kind)
        .collect();
    use CreditKind::{Blocked, Failed, Granted, Refused, Spent};
    assert_eq!(kinds, [Granted, Granted, Refused, Spent, Failed, Failed, Spent, Granted, Blocked, Blocked]);
    let page = guardian.get("/me/message-credits?limit=1").await.ok();
    let next = format!("/me/message-credits?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(guardian.get(&next).await.ok()["items"][0]["template_id"], "another");
    let other = app.guardian("wang").await;
    assert_eq!(other.get("/me/message-credits").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn events_that_overtake_each_other_come_to_the_same_balance() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let (guardian, now) = (app.guardian("lin").await, app.clock.now().timestamp());
    let events = [
        sent("sandbox-lin", now - 10, "1001", "0"),
        popup("sandbox-lin", now - 5, "accept"),
        popup("sandbox-lin", now - 20, "accept"),
        sent("sandbox-lin", now - 8, "1002", "43101"),
        popup("sandbox-lin", now - 15, "accept"),
    ];
    let mut balances = Vec::new();
    for (n, event) in events.iter().enumerate() {
        assert!(is_success(&app.push(&app.plain_push(event, &n.to_string())).await));
        balances.push(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"].as_i64().unwrap());
    }
    // accept, accept, sent, refused, accept.
    assert_eq!(balances, [0, 1, 1, 1, 1]);
}

#[tokio::test]
async fn an_encrypted_push_is_opened_and_a_plain_or_foreign_one_refused() {
    let wechat = harness::FakeWeChat::start().await;
    let base = wechat.settings()[0].1.clone();
    let settings: Vec<_> = SECURE.iter().copied().filter(|(key, _)| *key != "wechat_base_url").collect();
    let app = TestApp::spawn_with(&[&settings[..], &[("wechat_base_url", base.as_str())]].concat()).await;
    wechat.answer("code-1", harness::Answer::Openid("o-lin"));
    let anyone = app.anonymous();
    let guardian = anyone.signed_in(&anyone.post("/auth/wechat", json!({ "code": "code-1" })).await);
    let message = popup("o-lin", app.clock.now().timestamp(), "accept");

    let plain = app.plain_push(&message, "n1");
    app.push(&plain).await.problem(403, "FORBIDDEN");
    // The compatible mode: what isn't signed beside the encrypted message isn't read.
    let mut both = app.secure_push(&popup("o-lin", 1, "reject"), "n2");
    let mut body: Value = serde_json::from_str(&both.body).unwrap();
    body.as_object_mut().unwrap().extend(serde_json::from_str::<serde_json::Map<_, _>>(&message).unwrap());
    both.body = body.to_string();
    assert!(is_success(&app.push(&both).await));
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 0);

    let good = app.secure_push(&message, "n3");
    let mut wrong = good.clone();
    wrong.query.iter_mut().filter(|(name, _)| *name == "msg_signature").for_each(|(_, v)| *v = good.query[0].1.clone());
    app.push(&wrong).await.problem(403, "FORBIDDEN");
    let mut foreign = good.clone();
    let encrypted = encrypt(&message, "wx5823bf96d3bd56c7");
    foreign.body = json!({ "Encrypt": encrypted }).to_string();
    let signed = signature(&[TOKEN, &good.query[1].1, "n3", &encrypted]);
    foreign.query.iter_mut().filter(|(name, _)| *name == "msg_signature").for_each(|(_, v)| v.clone_from(&signed));
    app.push(&foreign).await.problem(403, "FORBIDDEN");
    assert!(is_success(&app.push(&good).await));
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 1);
    let xml = format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
        encrypt(&popup("o-lin", 2, "accept"), APPID)
    );
    let encrypted = parse(xml.as_bytes()).unwrap()["Encrypt"].as_str().unwrap().to_owned();
    let mut in_xml = good.clone();
    let signed = signature(&[TOKEN, &good.query[1].1, "n3", &encrypted]);
    in_xml.query.iter_mut().filter(|(name, _)| *name == "msg_signature").for_each(|(_, v)| v.clone_from(&signed));
    in_xml.body = xml;
    assert!(is_success(&app.push(&in_xml).await));
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 2);
}

#[tokio::test]
async fn a_push_sent_again_does_nothing_again_and_its_nonce_serves_no_other() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let replica = app.replica().await;
    let guardian = app.guardian("lin").await;
    let message = popup("sandbox-lin", app.clock.now().timestamp(), "accept");
    let first = app.plain_push(&message, "n1");
    assert!(is_success(&app.push(&first).await));
    assert!(is_success(&app.push(&first).await));
    assert!(is_success(&replica.push(&first).await));
    // WeChat repeats a message under another nonce.
    let second = app.plain_push(&message, "n2");
    assert!(is_success(&app.push(&second).await));
    // Each of the nonces was for this message only, on every replica: the signature would fit.
    for push in [&first, &second] {
        let forged = push::Pushed { body: popup("sandbox-lin", 1, "accept"), ..push.clone() };
        replica.push(&forged).await.problem(403, "FORBIDDEN");
    }
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 1);
    app.clock.advance(chrono::TimeDelta::seconds(301));
    app.push(&first).await.problem(403, "FORBIDDEN");
    assert_eq!(app.count(credit_entries::Entity).await, 1);
}

#[tokio::test]
async fn many_pushes_at_once_lose_no_credit_and_enter_none_twice() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let replica = app.replica().await;
    let guardian = app.guardian("lin").await;
    let now = app.clock.now().timestamp();
    let pushes: Vec<_> =
        (0..10).map(|n| app.plain_push(&popup("sandbox-lin", now + n, "accept"), &n.to_string())).collect();
    let calls = pushes.iter().flat_map(|push| [app.push(push), replica.push(push), app.push(push)]);
    for reply in at_once(calls).await {
        assert!(is_success(&reply), "{reply:?}");
    }
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 10);
    assert_eq!(app.count(credit_entries::Entity).await, 10);
    assert_eq!(app.count(push_events::Entity).await, 10);
    // One message told many times at once.
    let calls: Vec<_> =
        (0..6).map(|n| app.plain_push(&sent("sandbox-lin", now + n, "77", "0"), &format!("s{n}"))).collect();
    for reply in at_once(calls.iter().map(|push| app.push(push))).await {
        assert!(is_success(&reply), "{reply:?}");
    }
    assert_eq!(guardian.get("/me/message-credits").await.ok()["items"][0]["balance"], 9);
}

#[tokio::test]
async fn what_is_unknown_is_answered_success_and_what_is_no_message_is_refused() {
    let app = TestApp::spawn_with(&PLAIN).await;
    let stranger = popup("o-never-here", app.clock.now().timestamp(), "accept");
    let known = [
        stranger.as_str(),
        r#"{"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#,
        r#"{"MsgType":"text","Content":"x","FromUserName":"o"}"#,
        "<xml><MsgType><![CDATA[event]]></MsgType><Event>wxa_media_check</Event></xml>",
        "{}",
    ];
    for (n, message) in known.iter().enumerate() {
        assert!(is_success(&app.push(&app.plain_push(message, &format!("k{n}"))).await), "{message}");
    }
    assert_eq!(app.count(message_credits::Entity).await, 0);
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    for (n, message) in ["", "[]", "x", "<xml>", "<!DOCTYPE a><xml><a>1</a></xml>", &deep].iter().enumerate() {
        app.push(&app.plain_push(message, &format!("b{n}"))).await.invalid("body");
    }
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(70_000));
    app.push(&app.plain_push(&large, "l")).await.problem(413, "BODY_TOO_LARGE");
    let mut late = app.plain_push("{}", "t");
    late.query[1].1 = "99999999999999999999".to_owned();
    app.push(&late).await.problem(403, "FORBIDDEN");
}

proptest! {
    #[test]
    fn no_push_makes_the_parser_panic(
        body in prop::collection::vec(any::<u8>(), 0..300),
        text in "[<>&;/!\\[\\]a-z{}:\" ]{0,200}",
        encrypted in "[A-Za-z0-9+/=]{0,120}",
    ) {
        let _ = parse(&body);
        let _ = parse(text.as_bytes());
        let _ = parse(format!("<xml>{text}</xml>").as_bytes());
        // Signed, so that what was decrypted is looked at.
        let keys = PushKeys::new(TOKEN, push::AES_KEY, APPID).unwrap();
        for encrypted in [encrypted, data_encoding::BASE64.encode(&body)] {
            let body = json!({ "Encrypt": encrypted }).to_string();
            let signed = signature(&[TOKEN, "1000", "n", &encrypted]);
            let push = Push { signature: "", msg_signature: &signed, timestamp: "1000", nonce: "n", body: body.as_bytes() };
            let now = chrono::DateTime::from_timestamp(1000, 0).unwrap();
            prop_assert!(keys.receive(&push, now).is_err());
        }
    }
}
