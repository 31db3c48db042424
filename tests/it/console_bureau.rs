//! The bureau's console: signing in and out, and who may not.

use chrono::TimeDelta;
use entity::{StaffRole, calendar_days};
use harness::{Browser, TestApp, people::PASSWORD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// An authenticator app.
fn code(app: &TestApp, secret: &str) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&u64::try_from(app.clock.now().timestamp() / 30).unwrap().to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[hash.len() - 1] & 15);
    let bytes: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000)
}

const HOLIDAY: [(&str, &str); 3] = [("date", "2026-05-01"), ("kind", "holiday"), ("name", "劳动节")];

#[tokio::test]
async fn an_officer_signs_in_with_the_password_and_comes_back_to_where_they_wanted_to_go() {
    let app = TestApp::spawn().await;
    app.staff("chen", StaffRole::Officer, None).await;
    let browser = Browser::at(&app);
    let to = browser.get("/bureau/complaints?status=open").await.sent();
    assert_eq!(to, "/bureau/sign-in?next=%2Fbureau%2Fcomplaints%3Fstatus%3Dopen");
    browser.get(&to).await.expect(200);
    let sign_in = async |password: &str| {
        let fields = [("username", "chen"), ("password", password), ("next", "/bureau/complaints?status=open")];
        browser.post_raw("/bureau/sign-in", &fields, &[]).await
    };
    let wrong = sign_in("no-such-password").await;
    assert!(wrong.headers.get("set-cookie").is_none());
    let page = wrong.expect(200);
    assert!(page.contains("role=\"alert\"") && !page.contains("no-such-password"), "{page}");
    browser.get("/bureau").await.sent();

    let right = sign_in(PASSWORD).await;
    let cookie = right.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(right.sent(), "/bureau/complaints?status=open");
    browser.get("/bureau/complaints?status=open").await.expect(200);

    // Another site can't sign somebody in, nor send anybody elsewhere.
    let fields = [("username", "chen"), ("password", PASSWORD), ("next", "//evil.example")];
    let elsewhere = [("Sec-Fetch-Site", "cross-site")];
    Browser::at(&app).post_raw("/bureau/sign-in", &fields, &elsewhere).await.expect(403);
    assert_eq!(Browser::at(&app).post_raw("/bureau/sign-in", &fields, &[]).await.sent(), "/bureau");
}

#[tokio::test]
async fn the_second_factor_is_set_up_on_a_page_and_asked_for_at_the_sign_in() {
    let app = TestApp::spawn().await;
    let (browser, row) = app.at_bureau(StaffRole::Officer).await;
    browser.get("/bureau/account").await.expect(200);
    let shown = browser.post("/bureau/account/second-factor", &[]).await;
    let codes = |seen: &harness::Seen| {
        let codes = seen.texts().into_iter().filter(|(around, _)| around.last().is_some_and(|tag| tag == "code"));
        codes.map(|(_, text)| text).collect::<Vec<_>>()
    };
    let secret = codes(&shown).remove(0);
    assert!(shown.expect(200).contains("<svg class=\"qr\""));
    let wrong = browser.post("/bureau/account/confirm", &[("code", "000")]).await.expect(200);
    assert!(wrong.contains("role=\"alert\""), "{wrong}");
    let done = browser.post("/bureau/account/confirm", &[("code", &code(&app, &secret))]).await;
    let recovery = codes(&done);
    assert_eq!(recovery.len(), 10);
    done.expect(200);

    app.clock.advance(TimeDelta::seconds(60));
    let other = Browser::at(&app);
    let mut fields = vec![("username", &*row.username), ("password", PASSWORD)];
    let page = other.post_raw("/bureau/sign-in", &fields, &[]).await.expect(200);
    assert!(page.contains("name=\"otp\""), "{page}");
    other.get("/bureau").await.sent();
    fields.push(("otp", &recovery[0]));
    assert_eq!(other.post_raw("/bureau/sign-in", &fields, &[]).await.sent(), "/bureau");
    let page = other.get("/bureau/account").await.expect(200);
    assert!(page.contains("<dd>9</dd>"), "{page}");
    assert!(other.post("/bureau/account/turn-off", &[("code", &recovery[1])]).await.sent().ends_with("done=saved"));
    app.sign_in_staff(&row.username, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_sign_in_ends_after_half_an_hour_without_a_call_and_after_the_day() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    for _ in 0..3 {
        app.clock.advance(TimeDelta::minutes(20));
        browser.get("/bureau/calendar").await.expect(200);
    }
    app.clock.advance(TimeDelta::minutes(31));
    assert!(browser.get("/bureau/calendar").await.sent().starts_with("/bureau/sign-in"));
    let (busy, _) = app.at_bureau(StaffRole::Officer).await;
    let mut ended = false;
    for _ in 0..40 {
        app.clock.advance(TimeDelta::minutes(20));
        ended |= busy.get("/bureau/calendar").await.status == 303;
    }
    assert!(ended, "twelve hours are a day's work");
}

#[tokio::test]
async fn a_sign_out_ends_this_sign_in_and_one_everywhere_ends_all() {
    let app = TestApp::spawn().await;
    let (one, row) = app.at_bureau(StaffRole::Officer).await;
    let (two, three) = (Browser::at(&app), Browser::at(&app));
    two.sign_in("/bureau", &row.username).await;
    three.sign_in("/bureau", &row.username).await;
    let (stolen, old) = (Browser::at(&app), one.cookies());
    assert_eq!(one.post("/bureau/sign-out", &[]).await.sent(), "/bureau/sign-in");
    one.get("/bureau").await.sent();
    let (name, value) = old.split_once('=').unwrap();
    stolen.keep(name, value);
    assert!(stolen.get("/bureau").await.sent().starts_with("/bureau/sign-in"), "the old cookie is worthless");
    two.get("/bureau").await.expect(200);
    assert_eq!(two.post("/bureau/sign-out-everywhere", &[]).await.sent(), "/bureau/sign-in");
    assert!(three.get("/bureau").await.sent().starts_with("/bureau/sign-in"));
}

#[tokio::test]
async fn a_form_without_the_word_of_its_page_changes_nothing() {
    let app = TestApp::spawn().await;
    let (browser, _) = app.at_bureau(StaffRole::Officer).await;
    let (other, _) = app.at_bureau(StaffRole::Officer).await;
    browser.post_raw("/bureau/calendar", &HOLIDAY, &[]).await.expect(401);
    let page = other.get("/bureau/calendar").await.expect(200);
    let anothers = page.split_once("data-csrf=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let with = |word| HOLIDAY.into_iter().chain([("csrf", word)]).collect::<Vec<_>>();
    browser.post_raw("/bureau/calendar", &with(&anothers), &[]).await.expect(401);
    browser.post_raw("/bureau/calendar", &with(""), &[]).await.expect(401);
    assert_eq!(app.count(calendar_days::Entity).await, 0);
    browser.post("/bureau/calendar", &HOLIDAY).await.sent();
    assert_eq!(app.count(calendar_days::Entity).await, 1);
}

#[tokio::test]
async fn a_carer_is_refused_at_the_bureaus_pages_and_told_so() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let browser = Browser::at(&app);
    let fields = [("username", "lin"), ("password", PASSWORD), ("next", "/bureau/staff")];
    assert_eq!(browser.post_raw("/bureau/sign-in", &fields, &[]).await.sent(), "/desk");
    let page = browser.get("/bureau/staff").await.expect(403);
    assert!(page.contains("role=\"alert\"") && page.contains("FORBIDDEN"));
    browser.get("/bureau/no-such-page").await.expect(404);
}
