//! Calls to WeChat: the shared token, what failures ask of us, the breaker.

use std::time::Duration;

use chrono::TimeDelta;
use harness::{
    Answer, Backend, FakeWeChat, TestApp, at_once, backend,
    wechat::{CODE, MESSAGE, SESSION, TEXT, TOKEN},
};
use quanxiangtuo::platform::wechat::{Call, Class, Message, Sent, Suggest, TextCheck, WeChatError};
use serde_json::json;

/// Nothing listens there.
const NOWHERE: &str = "redis://127.0.0.1:1/0";

async fn app_with(wechat: &FakeWeChat, more: &[(&str, &str)]) -> TestApp {
    let settings = wechat.settings();
    let mut changes: Vec<(&str, &str)> = more.to_vec();
    changes.extend(settings.iter().map(|(key, value)| (*key, value.as_str())));
    TestApp::spawn_with(&changes).await
}

async fn check(app: &TestApp, text: &str) -> Result<TextCheck, WeChatError> {
    app.ctx.wechat.check_text(&app.ctx.kv, "openid-1", text).await
}

const PASS: Result<TextCheck, WeChatError> = Ok(TextCheck::Judged(Suggest::Pass, 100));

/// Processes that don't share a store: on SQLite each replica has its own.
fn stores(replicas: u32) -> u32 {
    if backend() == Backend::Postgres { 1 } else { replicas }
}

/// A replica that shares the application's store; on SQLite that is the application itself.
fn sharing<'a>(app: &'a TestApp, replica: &'a TestApp) -> &'a TestApp {
    if stores(2) == 1 { replica } else { app }
}

#[tokio::test]
async fn two_replicas_at_once_ask_for_the_token_once() {
    let wechat = FakeWeChat::start().await;
    wechat.always(TOKEN, Answer::Slow(Duration::from_millis(300), Box::new(Answer::Usual)));
    let app = app_with(&wechat, &[]).await;
    let replica = app.replica().await;
    let calls = (0..32).map(|i| check(if i % 2 == 0 { &app } else { &replica }, "好"));
    assert!(at_once(calls).await.into_iter().all(|outcome| outcome == PASS));
    assert_eq!(wechat.tokens(), stores(2), "the check at start-up and all calls share one token");

    // The same when the token ends under all of them: nobody forces a new one, for the plain request
    // gives another one than the refused.
    wechat.end_token();
    let calls = (0..32).map(|i| check(if i % 2 == 0 { &app } else { &replica }, "好"));
    assert!(at_once(calls).await.into_iter().all(|outcome| outcome == PASS));
    assert_eq!((wechat.tokens(), wechat.forced()), (2 * stores(2), 0));
    assert_eq!(wechat.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_forced_refresh_is_made_once_and_never_in_a_loop() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    assert_eq!(check(&app, "好").await, PASS);
    wechat.spoil_token();
    let replies = at_once((0..8).map(|_| check(&app, "好"))).await;
    assert!(replies.into_iter().all(|outcome| outcome == PASS));
    assert_eq!(wechat.forced(), 1);
    // Spoilt again within the minute: refused, not forced, told as ours to mend, and WeChat is not asked
    // for the token at every call.
    wechat.spoil_token();
    let before = wechat.tokens();
    for _ in 0..5 {
        let error = check(&app, "好").await.unwrap_err();
        assert_eq!((error.class, error.errcode), (Class::Configuration, 40001));
    }
    assert_eq!((wechat.forced(), wechat.tokens() - before), (1, 1));
    assert_eq!(app.ctx.wechat.faults(), [(Call::Token, 40001)]);
}

#[tokio::test]
async fn tokens_that_are_never_taken_are_forced_ever_more_rarely_over_all_replicas() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let replica = app.replica().await;
    assert_eq!(check(&app, "好").await, PASS);
    // The check that each makes by itself at its start would be counted below.
    for of in [&app, &replica] {
        let checked = || {
            let text = String::from_utf8(of.ctx.metrics.render(of.ctx.db.pool_use()).unwrap()).unwrap();
            text.lines().any(|line| line.contains("job_runs_total{") && line.contains("wechat_check"))
        };
        while !checked() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    wechat.refuse_tokens(true);
    let other = sharing(&app, &replica);
    let try_all = async || {
        for of in [&app, other, &app, other] {
            assert_eq!(check(of, "好").await.unwrap_err().class, Class::Configuration);
        }
        wechat.forced()
    };
    assert_eq!(try_all().await, 1);
    let mut forced = Vec::new();
    for minutes in [0, 1, 1, 5, 1, 30, 1, 60, 61, 61] {
        app.clock.advance(TimeDelta::minutes(minutes) + TimeDelta::seconds(1));
        let before = wechat.tokens();
        forced.push(try_all().await);
        assert!(wechat.tokens() - before <= 3, "a plain request, a forced one, a plain one for the new token");
    }
    assert_eq!(forced, [1, 2, 2, 3, 3, 4, 4, 4, 5, 5]);
    let ready = app.anonymous().get("/readyz").await.ok();
    assert_eq!((&ready["status"], &ready["parts"]["wechat"]), (&json!("degraded"), &json!("misconfigured")));
    // However long it lasts, a day has a budget.
    for _ in 0..9 {
        app.clock.advance(TimeDelta::minutes(121));
        try_all().await;
    }
    assert_eq!(wechat.forced(), 10);
    wechat.refuse_tokens(false);
    assert_eq!(check(&app, "好").await, PASS);
    assert_eq!(app.anonymous().get("/readyz").await.ok()["parts"]["wechat"], "ok");
}

#[tokio::test]
async fn a_slow_wechat_has_one_refresher_at_a_time() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let replica = app.replica().await;
    for of in [&app, &replica] {
        assert_eq!(check(of, "好").await, PASS);
    }
    wechat.at_once(TOKEN);
    wechat.spoil_token();
    wechat.always(TOKEN, Answer::Slow(Duration::from_millis(4500), Box::new(Answer::Usual)));
    let other = sharing(&app, &replica);
    // Plain and forced take nine seconds; the other replica tries all the while.
    let before = wechat.came(TOKEN);
    let (first, ()) = futures_util::future::join(check(&app, "好"), async {
        while wechat.came(TOKEN) == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..3 {
            let _ = check(other, "好").await;
        }
    })
    .await;
    assert_eq!(first, PASS);
    assert_eq!(wechat.at_once(TOKEN), 1);
    assert_eq!(check(other, "好").await, PASS);
    assert_eq!(wechat.forced(), 1);
}

#[tokio::test]
async fn without_the_store_calls_go_on_with_a_token_of_the_process() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[("redis_url", NOWHERE)]).await;
    for _ in 0..3 {
        assert_eq!(check(&app, "好").await, PASS);
    }
    assert_eq!(wechat.tokens(), 1);
    // Another token is found by a plain request. A new one is forced by nobody: without lock and count
    // replicas would end each other's tokens in turn.
    wechat.end_token();
    assert_eq!(check(&app, "好").await, PASS);
    wechat.spoil_token();
    for _ in 0..3 {
        assert_eq!(check(&app, "好").await.unwrap_err().class, Class::Configuration);
    }
    assert_eq!((wechat.tokens(), wechat.forced()), (3, 0));
}

#[tokio::test]
async fn a_wechat_that_fails_is_left_alone_for_a_while_and_only_in_that_call() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let sign_in = async |code: &str| app.anonymous().post("/auth/wechat", json!({ "code": code })).await;
    wechat.always(SESSION, Answer::HangUp);
    for _ in 0..5 {
        sign_in("code").await.problem(503, "WX_BUSY");
    }
    let asked = wechat.calls().len();
    let held_back = sign_in("code").await;
    let after: i64 = held_back.header("retry-after").unwrap().parse().unwrap();
    held_back.problem(503, "WX_BUSY");
    assert!((1..=10).contains(&after), "{after}");
    assert_eq!(wechat.calls().len(), asked, "the sixth never reached it");
    assert_eq!(app.ctx.wechat.held_back(), [Call::Session]);
    let metrics = String::from_utf8(app.anonymous().get("/metrics").await.bytes).unwrap();
    assert!(metrics.contains(r#"wechat_calls_troubled{call="session",trouble="held_back"} 1"#), "{metrics}");
    assert_eq!(check(&app, "好").await, PASS, "other calls go on");

    // The time is up: one is let through, and fails.
    app.clock.advance(TimeDelta::seconds(after));
    sign_in("code").await.problem(503, "WX_BUSY");
    sign_in("code").await.problem(503, "WX_BUSY");
    assert_eq!(wechat.calls().len(), asked + 1);
    // The next one is answered: closed.
    wechat.always(SESSION, Answer::Usual);
    wechat.answer("good", Answer::Openid("o-good"));
    wechat.answer("better", Answer::Openid("o-better"));
    app.clock.advance(TimeDelta::seconds(11));
    sign_in("good").await.ok();
    sign_in("better").await.ok();
}

#[tokio::test]
async fn a_user_whom_wechat_counts_over_a_limit_keeps_nobody_else_out() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let sign_in = async |code: &str| app.anonymous().post("/auth/wechat", json!({ "code": code })).await;
    for n in 0..8 {
        let code = format!("eager-{n}");
        wechat.answer(&code, Answer::Error(45011, "api minute-quota reach limit mustslower retry next minute"));
        let refused = sign_in(&code).await;
        assert_eq!(refused.header("retry-after"), Some("60"));
        refused.problem(503, "WX_BUSY");
    }
    assert!(app.ctx.wechat.held_back().is_empty());
    wechat.answer("other", Answer::Openid("o-other"));
    sign_in("other").await.ok();
}

#[tokio::test]
async fn settings_that_wechat_refuses_are_shown_until_they_are_mended() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[("wechat_secret", "wrong")]).await;
    while app.ctx.wechat.faults().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.ctx.wechat.faults(), [(Call::Token, 40125)]);
    let ready = app.anonymous().get("/readyz").await.ok();
    assert_eq!((&ready["status"], &ready["parts"]["wechat"]), (&json!("degraded"), &json!("misconfigured")));
    let metrics = String::from_utf8(app.anonymous().get("/metrics").await.bytes).unwrap();
    assert!(metrics.contains(r#"wechat_calls_troubled{call="token",trouble="misconfigured"} 1"#), "{metrics}");

    let good = app_with(&wechat, &[]).await;
    let send = async |template_id: &str| {
        let fields = [("thing1".to_owned(), "甲园".to_owned())];
        let message = Message { openid: "o-1", template_id, page: "pages/index", fields: &fields };
        good.ctx.wechat.send(&good.ctx.kv, &message).await
    };
    assert_eq!(check(&good, "好").await, PASS);
    assert_eq!(good.anonymous().get("/readyz").await.ok()["parts"]["wechat"], "ok");
    wechat.next(TEXT, Answer::Error(48001, "api unauthorized"));
    assert_eq!(check(&good, "好").await.unwrap_err().class, Class::Configuration);
    assert_eq!(good.ctx.wechat.faults(), [(Call::Text, 48001)]);
    assert_eq!(check(&good, "好").await, PASS);
    assert!(good.ctx.wechat.faults().is_empty());
    // Another template's success mends nothing; nor does a failure that isn't about the settings.
    wechat.next(MESSAGE, Answer::Error(40037, "invalid template_id"));
    assert_eq!(send("t-bad").await.unwrap_err().class, Class::Configuration);
    assert_eq!(send("t-good").await, Ok(Sent::Taken));
    wechat.next(MESSAGE, Answer::Error(43101, "user refuse to accept the msg"));
    assert_eq!(send("t-bad").await, Ok(Sent::NoCredit));
    assert_eq!(good.ctx.wechat.faults(), [(Call::Message, 40037)]);
    assert_eq!(good.anonymous().get("/readyz").await.ok()["parts"]["wechat"], "misconfigured");
    assert_eq!(send("t-bad").await, Ok(Sent::Taken));
    assert!(good.ctx.wechat.faults().is_empty());
}

#[tokio::test]
async fn a_text_is_judged_whatever_shape_its_label_has() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    assert_eq!(check(&app, "老师很好").await, PASS);
    let sent = &wechat.texts()[0];
    assert_eq!((&sent["version"], &sent["scene"], &sent["openid"]), (&json!(2), &json!(2), &json!("openid-1")));
    let judged = |suggest: &str, label| {
        Answer::Json(json!({ "errcode": 0, "errmsg": "ok",
        "result": { "suggest": suggest, "label": label }, "detail": [], "trace_id": "t" }))
    };
    wechat.next(TEXT, judged("review", json!("10001")));
    wechat.next(TEXT, judged("risky", json!(20012)));
    assert_eq!(check(&app, "广告").await, Ok(TextCheck::Judged(Suggest::Review, 10001)));
    assert_eq!(check(&app, "坏话").await, Ok(TextCheck::Judged(Suggest::Risky, 20012)));
    wechat.next(TEXT, Answer::Error(61010, "code is expired"));
    assert_eq!(check(&app, "好").await, Ok(TextCheck::NotHereLately));
    assert_eq!(check(&app, &"好".repeat(2501)).await.unwrap_err().class, Class::Caller);
    assert_eq!(wechat.texts().len(), 1, "a text that is too long isn't sent");
    for answer in [
        Answer::Flood(200_000),
        Answer::Page("<html>502 Bad Gateway</html>"),
        Answer::HangUpInTheMiddle,
        Answer::Error(45009, "reach max api daily quota limit"),
    ] {
        wechat.next(TEXT, answer);
        assert_eq!(check(&app, "好").await.unwrap_err().class, Class::Limited);
    }
    assert_eq!(wechat.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_message_without_credit_is_an_outcome_and_a_bad_field_is_named() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let fields = [("thing1".to_owned(), "甲园".to_owned())];
    let message = Message { openid: "o-1", template_id: "t-1", page: "pages/index", fields: &fields };
    let send = async || app.ctx.wechat.send(&app.ctx.kv, &message).await;
    assert_eq!(send().await, Ok(Sent::Taken));
    let sent = &wechat.messages()[0];
    assert_eq!((&sent["touser"], &sent["data"]["thing1"]["value"]), (&json!("o-1"), &json!("甲园")));
    wechat.next(MESSAGE, Answer::Error(43101, "user refuse to accept the msg"));
    assert_eq!(send().await, Ok(Sent::NoCredit));
    assert!(app.ctx.wechat.faults().is_empty());
    wechat.next(MESSAGE, Answer::Error(47003, "argument invalid! data.thing1.value invalid"));
    let error = send().await.unwrap_err();
    assert_eq!((error.class, error.field.as_deref()), (Class::Caller, Some("thing1")));
    assert_eq!(error.brief(), "caller 47003 thing1");
    wechat.next(MESSAGE, Answer::Error(43107, "subscribe message capability banned"));
    assert_eq!(send().await.unwrap_err().class, Class::Policy);
    wechat.next(MESSAGE, Answer::Error(40037, "invalid template_id"));
    assert_eq!(send().await.unwrap_err().class, Class::Configuration);
}

#[tokio::test]
async fn a_code_that_is_no_picture_is_no_code() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let code = async |scene: &str| app.ctx.wechat.mini_program_code(&app.ctx.kv, "pages/x", scene, 430).await.unwrap();
    assert!(code("a=1&b=2").await.is_ok());
    assert_eq!(code("含中文").await.unwrap_err().class, Class::Caller);
    wechat.next(CODE, Answer::Page("<html>502 Bad Gateway</html>"));
    assert_eq!(code("a").await.unwrap_err().class, Class::Limited);
    assert_eq!(wechat.codes().len(), 1);
    assert_eq!(wechat.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_that_proves_nothing_is_no_answer_whatever_its_status() {
    let wechat = FakeWeChat::start().await;
    let app = app_with(&wechat, &[]).await;
    let fields = [("thing1".to_owned(), "甲园".to_owned())];
    let message = Message { openid: "o-1", template_id: "t-1", page: "pages/index", fields: &fields };
    let send = async || app.ctx.wechat.send(&app.ctx.kv, &message).await;
    let ok = Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "openid": "o-1" }));
    let answers = [
        Answer::Status(502, Box::new(Answer::Json(json!({ "message": "bad gateway" })))),
        Answer::Status(500, Box::new(ok.clone())),
        Answer::Status(302, Box::new(ok.clone())),
        Answer::Json(json!({})),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        wechat.next(MESSAGE, answer.clone());
        let error = send().await.unwrap_err();
        assert_eq!((error.class, error.errcode), (Class::Limited, 0), "{answer:?}");
        let code = format!("code-{n}");
        wechat.answer(&code, answer);
        app.anonymous().post("/auth/wechat", json!({ "code": code })).await.problem(503, "WX_BUSY");
        assert!(send().await.is_ok(), "closes the breaker again");
    }
    wechat.next(CODE, Answer::Status(500, Box::new(Answer::Picture)));
    let code = app.ctx.wechat.mini_program_code(&app.ctx.kv, "pages/x", "a=1", 430).await.unwrap();
    assert_eq!(code.unwrap_err().class, Class::Limited);
    wechat.next(TEXT, Answer::Status(500, Box::new(Answer::Usual)));
    assert_eq!(check(&app, "好").await.unwrap_err().class, Class::Limited);
}
