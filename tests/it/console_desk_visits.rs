//! The desk's pages about one visit, the centre's own terms, and the end of a sign-in that nobody uses. Every
//! test begins on Monday 2 March 2026, 09:00.

use chrono::TimeDelta;
use entity::{StaffRole, VisitStatus, booking_events, centres, fee_reductions, redemptions, visits};
use harness::{Browser, Place, TestApp, day, form_of};
use sea_orm::EntityTrait as _;

async fn at_desk(app: &TestApp, place: &Place, role: StaffRole) -> Browser {
    let name = format!("{role}-at-the-desk");
    app.staff(&name, role, Some(place.centre.id)).await;
    let browser = Browser::at(app);
    browser.sign_in("/desk", &name).await;
    browser
}

async fn status(app: &TestApp, visit: &visits::Model) -> VisitStatus {
    visits::Entity::find_by_id(visit.id).one(app.db()).await.unwrap().unwrap().status
}

#[tokio::test]
async fn a_page_that_refreshes_itself_puts_off_no_end_of_a_sign_in() {
    let app = TestApp::spawn().await;
    let carer = at_desk(&app, &app.place().await, StaffRole::Carer).await;
    let by_itself = [("X-Refresh", "1")];
    app.clock.advance(TimeDelta::minutes(20));
    assert_eq!(carer.get_with("/desk", &by_itself).await.status, 200, "it still shows the day");
    app.clock.advance(TimeDelta::minutes(11));
    assert!(carer.get("/desk").await.sent().starts_with("/desk/sign-in"), "nobody was there for half an hour");
    // Somebody who does something stays.
    let busy = Browser::at(&app);
    busy.sign_in("/desk", "carer-at-the-desk").await;
    for _ in 0..3 {
        app.clock.advance(TimeDelta::minutes(20));
        assert_eq!(busy.get("/desk").await.status, 200);
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(busy.get_with("/desk", &by_itself).await.status, 200);
    }
}

#[tokio::test]
async fn a_child_is_checked_in_by_its_visits_code_and_a_mistake_is_put_right() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let carer = at_desk(&app, &place, StaffRole::Carer).await;
    let visit = app.visit(&place, &family, day("2026-03-02"), VisitStatus::Expected).await;
    let path = format!("/bookings/{}/visits/{}/code", visit.booking_id, visit.id);
    let code = family.client.get(&path).await.ok()["code"].as_str().unwrap().to_owned();
    let needed = carer.post("/desk/scan", &[("code", &code)]).await.expect(422);
    assert!(needed.contains("ENTRY_CHECK_REQUIRED"), "{needed}");
    let check = format!("/desk/children/{}/entry-check", family.child_id);
    carer.post(&check, &[("passed_on", "2026-02-27"), ("vaccinated", "true")]).await.sent();
    assert_eq!(carer.post("/desk/scan", &[("code", &code)]).await.sent(), "/desk/scan?done=checked-in");
    assert_eq!(status(&app, &visit).await, VisitStatus::InCare);

    // It was another child: expected again.
    let here = format!("/desk/visits/{}", visit.id);
    assert!(carer.get("/desk").await.expect(200).contains(&format!("href=\"{here}\"")));
    let correct = format!("{here}/corrections");
    let again = carer.post(&correct, &[("status", "no_show"), ("reason", "扫错了孩子")]).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"扫错了孩子\""), "{again}");
    let to = carer.post(&correct, &[("status", "expected"), ("reason", "扫错了孩子")]).await.sent();
    let page = carer.get(&to).await.expect(200);
    assert!(page.contains("扫错了孩子") && page.contains("<td>在园</td>"), "what was before: {page}");
    assert_eq!(status(&app, &visit).await, VisitStatus::Expected);
    assert!(app.count(booking_events::Entity).await >= 2);

    // A past day is the manager's to put right; another centre's visit is nobody's.
    let before = app.visit(&place, &app.a_family().await, day("2026-02-27"), VisitStatus::Left).await;
    let late = [("status", "no_show"), ("reason", "当天未到")];
    let correct = format!("/desk/visits/{}/corrections", before.id);
    assert!(carer.post(&correct, &late).await.expect(200).contains("role=\"alert\""));
    let manager = at_desk(&app, &place, StaffRole::Manager).await;
    manager.post(&correct, &late).await.sent();
    assert_eq!(status(&app, &before).await, VisitStatus::NoShow);
    let elsewhere = app.place().await;
    app.staff("elsewhere", StaffRole::Manager, Some(elsewhere.centre.id)).await;
    let other = Browser::at(&app);
    other.sign_in("/desk", "elsewhere").await;
    other.get(&here).await.expect(404);
    other.post(&format!("{here}/corrections"), &late).await.expect(404);
}

#[tokio::test]
async fn a_manager_sets_the_centres_own_terms_and_a_carer_reads_them() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let (carer, manager) =
        (at_desk(&app, &place, StaffRole::Carer).await, at_desk(&app, &place, StaffRole::Manager).await);
    let terms = [("phone", "0595-87551234"), ("intro", "有户外场地"), ("third_child", "20")];
    carer.post("/desk/centre", &terms).await.expect(403);
    let again = manager.post("/desk/centre", &[("phone", "0595-87551234"), ("disabled", "101")]).await.expect(200);
    assert!(again.contains("role=\"alert\"") && again.contains("value=\"101\""), "{again}");
    manager.post("/desk/centre", &terms).await.sent();
    let page = carer.get("/desk/centre").await.expect(200);
    assert!(page.contains("0595-87551234") && page.contains("有户外场地"), "{page}");
    assert!(page.contains("三孩") && !page.contains("class=\"fields\""), "carers read them");
    let row = centres::Entity::find_by_id(place.centre.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!(row.phone.as_deref(), Some("0595-87551234"));
    // A form that was drawn before somebody else's change doesn't undo it; what differs is told, and sent once more
    // it counts.
    let drawn = form_of(&manager.get("/desk/centre").await.expect(200), "/desk/centre");
    let send = async |drawn: &[(String, String)]| {
        let changed = drawn
            .iter()
            .filter(|(name, _)| name != "csrf")
            .map(|(name, value)| (name.as_str(), if name == "intro" { "有两处户外场地" } else { value.as_str() }));
        manager.post("/desk/centre", &changed.collect::<Vec<_>>()).await
    };
    manager.post("/desk/centre", &[("phone", "0595-87550000"), ("intro", "有户外场地")]).await.sent();
    let refused = send(&drawn).await.expect(200);
    assert!(refused.contains("刚被他人修改") && refused.contains("现为：0595-87550000"), "{refused}");
    let row = async || centres::Entity::find_by_id(place.centre.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((row().await.phone.as_deref(), &*row().await.intro), (Some("0595-87550000"), "有户外场地"));
    send(&form_of(&refused, "/desk/centre")).await.sent();
    assert_eq!((row().await.phone.as_deref(), &*row().await.intro), (Some("0595-87551234"), "有两处户外场地"));
    // Sent again after its answer was lost, it is done.
    send(&form_of(&refused, "/desk/centre")).await.sent();
    // An empty field takes it away.
    manager.post("/desk/centre", &[("intro", "有户外场地")]).await.sent();
    let row = centres::Entity::find_by_id(place.centre.id).one(app.db()).await.unwrap().unwrap();
    assert_eq!((row.phone, app.count(fee_reductions::Entity).await), (None, 0));
}

#[tokio::test]
async fn a_family_without_network_is_served_by_its_offline_code_at_the_desks_page() {
    let app = TestApp::spawn().await;
    let (place, family) = (app.place().await, app.a_family().await);
    let carer = at_desk(&app, &place, StaffRole::Carer).await;
    let campaign = app.campaign_with(|row| row.offline_daily_units = Some(5)).await;
    let voucher = app.voucher(&campaign, &family).await;
    let code = family.client.get(&format!("/vouchers/{}/offline-code", voucher.id)).await.text("/code");
    for _ in 0..2 {
        let page = carer.post("/desk/scan", &[("code", &code)]).await.expect(200);
        assert!(page.contains("核销成功") && page.contains("离线核销已入账"), "{page}");
    }
    assert_eq!(app.count(redemptions::Entity).await, 1, "sent twice it is one scan");
    let forged = format!("{}{}", &code[..code.len() - 1], if code.ends_with('A') { 'B' } else { 'A' });
    let refused = carer.post("/desk/scan", &[("code", &forged)]).await.html();
    assert!(refused.contains("离线核销未入账"), "{refused}");
    assert_eq!(app.count(redemptions::Entity).await, 1);
}
