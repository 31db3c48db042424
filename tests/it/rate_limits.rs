//! Rate limits: who is counted by what, what the headers say, and the same numbers on all replicas.

use harness::{Backend, Client, Reply, TestApp, at_once, backend};
use quanxiangtuo::http::ratelimit::{PUBLIC, READ, RULES, SCAN, SIGN_IN_ADDRESS, WRITE};
use reqwest::Method;
use serde_json::json;

async fn limited() -> TestApp {
    TestApp::spawn_with(&[("rate_limits", "on"), ("client_address_header", "X-Real-Ip")]).await
}

async fn from(client: &Client, address: &str, path: &str) -> Reply {
    client.send(Method::GET, path, None, &[("X-Real-Ip", address)]).await
}

/// How many of so many calls were let through.
async fn let_through(calls: impl IntoIterator<Item = impl Future<Output = Reply>>) -> u64 {
    let replies = at_once(calls).await;
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(reply.body["code"], "RATE_LIMITED", "{reply:?}");
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=61).contains(&wait), "{wait}");
    }
    replies.iter().filter(|reply| reply.status == 200).count() as u64
}

#[tokio::test]
async fn every_counted_answer_says_how_the_caller_stands() {
    let app = limited().await;
    let family = app.a_family().await;
    let reply = family.client.get("/me").await;
    assert_eq!(reply.header("ratelimit-policy"), Some("\"read\";q=600;w=60"));
    assert_eq!(reply.header("ratelimit"), Some("\"read\";r=599;t=60"));
    let reply = family.client.get("/vouchers").await;
    assert!(reply.header("ratelimit").unwrap().starts_with("\"read\";r=598;t="));
    let reply = family.client.post("/me/notices/read", json!({})).await;
    assert!(reply.header("ratelimit").unwrap().starts_with("\"write\";r=119;t="), "a refusal is counted too");
    let reply = app.anonymous().post("/auth/wechat", json!({ "code": "no" })).await;
    assert_eq!(reply.header("ratelimit-policy"), Some("\"public\";q=6000;w=60, \"sign-in\";q=60;w=60"));
    let reply = app.anonymous().get("/healthz").await;
    assert_eq!(reply.header("ratelimit"), None, "probes are not counted");
}

#[tokio::test]
async fn without_limits_nothing_is_counted() {
    let app = TestApp::spawn().await;
    let reply = app.anonymous().get("/campaigns").await;
    assert_eq!((reply.status, reply.header("ratelimit")), (200, None));
}

#[tokio::test]
async fn an_account_reads_so_often_and_no_more_and_another_one_is_not_concerned() {
    let app = limited().await;
    let families = app.many_families(2).await;
    let first = &families[0].client;
    let mut through = 0;
    for _ in 0..READ.most / 20 + 2 {
        through += let_through((0..20).map(|_| first.get("/me"))).await;
    }
    assert_eq!(through, READ.most);
    let refused = first.get("/me").await;
    assert!(refused.header("ratelimit").unwrap().starts_with("\"read\";r=0;t="));
    // Writes are another count; other families, and whoever is at the same address, go on.
    first.post("/me/notices/read", json!({})).await.invalid("until");
    families[1].client.get("/me").await.ok();
    app.anonymous().get("/campaigns").await.ok();
}

#[tokio::test]
async fn who_is_not_signed_in_is_counted_by_address_whatever_token_it_makes_up() {
    let app = limited().await;
    let anonymous = app.anonymous();
    let junk = |n: u64| anonymous.with_token(&format!("qxk_{n:043}"));
    let calls: Vec<u64> = (0..PUBLIC.most).collect();
    // In lots, so that the machine isn't asked for thousands of connections at once.
    for lot in calls.chunks(50) {
        at_once(lot.iter().map(async |n| from(&junk(*n), "2001:db8::1", "/centres").await.ok())).await;
    }
    from(&anonymous, "2001:db8::ffff", "/centres").await.problem(429, "RATE_LIMITED");
    from(&anonymous, "2001:db8:0:1::1", "/centres").await.ok();
    let family = app.a_family().await;
    from(&family.client, "2001:db8::1", "/centres").await.ok();
}

#[tokio::test]
async fn scans_of_a_member_of_staff_are_limited_tighter_than_its_writes() {
    const { assert!(SCAN.most < WRITE.most) };
    let app = limited().await;
    let place = app.place().await;
    let carer = app.carer(place.centre.id).await;
    let body = json!({ "code": "ABCD" });
    for _ in 0..SCAN.most {
        carer.post("/desk/redemptions/preview", body.clone()).await.problem(422, "VOUCHER_INVALID");
    }
    let refused = carer.post("/desk/redemptions", json!({ "code": "ABCD", "request_id": "desk-1-0001" })).await;
    let standing = refused.header("ratelimit").unwrap().to_owned();
    assert!(standing.contains("\"write\";r=59;") && standing.contains("\"scan\";r=0;"), "{standing}");
    refused.problem(429, "RATE_LIMITED");
    carer.get("/desk/today").await.ok();
}

#[tokio::test]
async fn replicas_share_the_numbers() {
    if backend() == Backend::Sqlite {
        // There the in-process store is for one process; `tests/run` runs this with Redis too.
        assert!(RULES.iter().any(|rule| rule.exact));
        return;
    }
    let one = limited().await;
    let family = one.a_family().await;
    let two = one.replica().await;
    // Exact: to the last one.
    let sign_in = async |app: &TestApp| app.anonymous().post("/auth/wechat", json!({ "code": "no" })).await;
    for n in 0..SIGN_IN_ADDRESS.most {
        sign_in(if n % 2 == 0 { &one } else { &two }).await.problem(422, "WX_CODE_INVALID");
    }
    sign_in(&one).await.problem(429, "RATE_LIMITED");
    sign_in(&two).await.problem(429, "RATE_LIMITED");
    // Nearby: each replica may let through a twentieth more.
    let clients = [family.client.clone(), family.client.at(&two)];
    let mut through = 0;
    for _ in 0..READ.most / 10 {
        for client in &clients {
            through += let_through((0..10).map(|_| client.get("/me"))).await;
        }
    }
    let most = READ.most + 2 * (READ.most / 20);
    assert!((READ.most..=most).contains(&through), "{through} of {} were let through", READ.most);
    // All at once: whoever outruns the store waits for it.
    let calls = (0..300).map(|n| clients[n % 2].post("/me/notices/read", json!({})));
    let through = at_once(calls).await.iter().filter(|reply| reply.status != 429).count() as u64;
    let most = WRITE.most + 2 * (WRITE.most / 20);
    assert!((WRITE.most..=most).contains(&through), "{through} of {} were let through", WRITE.most);
}
