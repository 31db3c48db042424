//! Staff in WeChat: invitations, binding, sign-in, unbinding.

use chrono::TimeDelta;
use entity::{
    AccountStatus, RatingId, StaffRole, VisitStatus, audit_rows, former_bindings, ratings, staff, staff_bindings,
};
use harness::{Answer, Client, FakeWeChat, Place, Reply, TestApp, at_once, day, people::PASSWORD, unknown_id};
use quanxiangtuo::features::privacy::service::erasure::erase_due;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, sea_query::Expr};
use serde_json::json;

async fn invitation(manager: &Client, row: &staff::Model) -> String {
    manager.post(&format!("/desk/staff/{}/invitations", row.id), json!({})).await.text("/code")
}

async fn bind(app: &TestApp, wechat: &str, code: &str) -> Reply {
    let body = json!({ "code": format!("dev:{wechat}"), "invitation": code, "password": PASSWORD });
    app.anonymous().post("/auth/wechat/bind", body).await
}

async fn sign_in(app: &TestApp, wechat: &str) -> Reply {
    app.anonymous().post("/auth/wechat/staff", json!({ "code": format!("dev:{wechat}") })).await
}

async fn carer(app: &TestApp, place: &Place, name: &str) -> staff::Model {
    app.staff(name, StaffRole::Carer, Some(place.centre.id)).await
}

async fn actions(app: &TestApp) -> Vec<String> {
    let rows = audit_rows::Entity::find().order_by_asc(audit_rows::Column::Id).all(app.db()).await.unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

#[tokio::test]
async fn an_invited_carer_binds_once_and_works_at_the_desk_from_wechat() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    sign_in(&app, "teacher").await.problem(422, "WECHAT_NOT_BOUND");
    let code = invitation(&manager, &row).await;
    let bound = bind(&app, "teacher", &code.to_lowercase().replace('-', " ")).await.ok();
    assert_eq!((&bound["user"]["id"], &bound["user"]["role"]), (&json!(row.id), &json!("carer")));
    bind(&app, "another", &code).await.problem(422, "INVITATION_INVALID");

    let reply = sign_in(&app, "teacher").await;
    let desk = app.anonymous().signed_in(&reply);
    assert_eq!(reply.clone().ok()["user"]["centre_id"], json!(place.centre.id));
    desk.get("/desk/redemptions").await.ok();
    desk.post("/auth/refresh", json!({ "refresh_token": desk.refresh_token() })).await.ok();
    // The same WeChat account is a parent's too.
    let parent = app.guardian("teacher").await;
    parent.get("/me").await.ok();
    parent.get("/desk/redemptions").await.problem(403, "FORBIDDEN");
    let listed = manager.get("/desk/staff?role=carer").await.ok();
    assert_eq!((&listed["items"][0]["username"], &listed["items"][0]["wechat_bound"]), (&json!("lin"), &json!(true)));
    manager.post(&format!("/desk/staff/{}/invitations", row.id), json!({})).await.problem(409, "WECHAT_ALREADY_BOUND");
    assert_eq!(actions(&app).await, ["staff.wechat_invite", "staff.wechat_bind"]);
}

#[tokio::test]
async fn what_a_carer_says_as_a_parent_of_the_own_centre_does_not_count() {
    let app = TestApp::spawn().await;
    let (own, other) = (app.place().await, app.place().await);
    let row = carer(&app, &own, "lin").await;
    let manager = app.manager(own.centre.id).await;
    let code = invitation(&manager, &row).await;
    bind(&app, "teacher", &code).await.ok();
    let (parent, neighbour) = (app.family("teacher").await, app.family("neighbour").await);
    for (family, place, counts) in [(&parent, &own, false), (&parent, &other, true), (&neighbour, &own, true)] {
        let visit = app.visit(place, family, app.clock.today(), VisitStatus::Left).await;
        let rated = family.client.post("/ratings", json!({ "visit_id": visit.id, "level": 5 })).await.id();
        let row = ratings::Entity::find_by_id(rated.parse::<RatingId>().unwrap()).one(app.db()).await.unwrap().unwrap();
        assert_eq!(row.excluded_for.is_none(), counts, "{row:?}");
        if !counts {
            let include = format!("/bureau/ratings/{}/inclusions", row.id);
            app.officer().await.post(&include, json!({ "reason": "本人要求" })).await.problem(409, "WRONG_STATE");
        }
    }
    // Nor once it is unbound, of care up to that day. Of care after it, it does; but an edit asks the rule again.
    let rate = async |date: &str| {
        let visit = app.visit(&own, &parent, day(date), VisitStatus::Left).await;
        let body = json!({ "visit_id": visit.id, "level": 5 });
        app.fresh(&parent.client).post("/ratings", body).await.id()
    };
    let counts = async |id: &str| {
        let found = ratings::Entity::find_by_id(id.parse::<RatingId>().unwrap()).one(app.db()).await.unwrap();
        found.unwrap().excluded_for.is_none()
    };
    let officer = app.officer().await;
    manager.post(&format!("/desk/staff/{}/wechat/unbind", row.id), json!({ "reason": "换手机" })).await.ok();
    assert!(!counts(&rate("2026-03-01").await).await, "she worked there on that day");
    app.clock.advance(TimeDelta::days(2));
    let after = rate("2026-03-03").await;
    assert!(counts(&after).await);
    let code = invitation(&app.fresh(&manager), &row).await;
    bind(&app, "teacher", &code).await.ok();
    assert!(counts(&after).await, "what was said before stays");
    app.fresh(&parent.client).patch(&format!("/ratings/{after}"), json!({ "level": 4 })).await.ok();
    assert!(!counts(&after).await);
    // An account that is closed ends it as well.
    let close = format!("/bureau/staff/{}/close", row.id);
    app.fresh(&officer).post(&close, json!({ "reason": "离职" })).await.ok();
    assert!(!counts(&rate("2026-03-04").await).await);
    app.clock.advance(TimeDelta::days(2));
    assert!(counts(&rate("2026-03-05").await).await);
    let kept = former_bindings::Entity::find().all(app.db()).await.unwrap();
    assert!(kept.len() == 2 && kept.iter().all(|row| row.openid_hash.len() == 32), "{kept:?}");
    // It is forgotten with the family's account.
    app.fresh(&parent.client).delete("/me?confirm=true").await.ok();
    app.clock.advance(TimeDelta::days(16));
    erase_due(&app.ctx).await.unwrap();
    assert_eq!(app.count(former_bindings::Entity).await, 0);
}

#[tokio::test]
async fn an_invitation_lives_48_hours_and_ends_with_the_next_one() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    let first = invitation(&manager, &row).await;
    let second = invitation(&manager, &row).await;
    bind(&app, "teacher", &first).await.problem(422, "INVITATION_INVALID");
    app.clock.advance(TimeDelta::hours(48));
    bind(&app, "teacher", &second).await.problem(422, "INVITATION_INVALID");
    let third = invitation(&app.fresh(&manager), &row).await;
    app.clock.advance(TimeDelta::hours(48) - TimeDelta::seconds(20));
    bind(&app, "teacher", &third).await.ok();
    bind(&app, "teacher", "no such code").await.problem(422, "INVITATION_INVALID");
    let path = format!("/desk/staff/{}/invitations", carer(&app, &place, "wang").await.id);
    let manager = app.fresh(&manager);
    let answer = manager.post_once(&path, "invite-key-1", json!({})).await.created();
    assert_eq!(manager.post_once(&path, "invite-key-1", json!({})).await.created(), answer);
}

#[tokio::test]
async fn one_wechat_account_and_one_staff_account_whoever_comes_first() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    // One WeChat account, two invitations at once.
    let (a, b) = (carer(&app, &place, "a").await, carer(&app, &place, "b").await);
    let (code_a, code_b) = (invitation(&manager, &a).await, invitation(&manager, &b).await);
    let replies = at_once([bind(&app, "one", &code_a), bind(&replica, "one", &code_b)]).await;
    let won: Vec<_> = replies.iter().map(|reply| (reply.status, reply.code().unwrap_or("").to_owned())).collect();
    assert!(won.contains(&(200, String::new())) && won.contains(&(409, "WECHAT_ALREADY_BOUND".to_owned())), "{won:?}");
    assert_eq!(app.count(staff_bindings::Entity).await, 1);
    // The loser's invitation was not used up.
    let loser = if replies[0].status == 200 { &code_b } else { &code_a };
    bind(&app, "two", loser).await.ok();
    // One invitation, many WeChat accounts at once.
    let c = carer(&app, &place, "c").await;
    let code = invitation(&manager, &c).await;
    let names: Vec<String> = (0..6).map(|n| format!("many-{n}")).collect();
    let replies = at_once(names.iter().map(|name| bind(&app, name, &code))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    for reply in replies.into_iter().filter(|reply| reply.status != 200) {
        reply.problem(422, "INVITATION_INVALID");
    }
    assert_eq!(app.count(staff_bindings::Entity).await, 3);
}

#[tokio::test]
async fn a_lost_phone_is_unbound_and_its_sessions_end() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    bind(&app, "teacher", &invitation(&manager, &row).await).await.ok();
    let lost = app.anonymous().signed_in(&sign_in(&app, "teacher").await);
    lost.get("/desk/redemptions").await.ok();
    let path = format!("/desk/staff/{}/wechat/unbind", row.id);
    let done = manager.post(&path, json!({ "reason": "手机遗失" })).await.ok();
    assert_eq!(done["sessions_ended"], 1);
    lost.get("/desk/redemptions").await.problem(401, "NOT_SIGNED_IN");
    sign_in(&app, "teacher").await.problem(422, "WECHAT_NOT_BOUND");
    manager.post(&path, json!({ "reason": "手机遗失" })).await.problem(409, "WRONG_STATE");
    // The bureau does it too, and the person themself without losing the present session.
    bind(&app, "teacher", &invitation(&manager, &row).await).await.ok();
    let officer = app.officer().await;
    officer.post(&format!("/bureau/staff/{}/wechat/unbind", row.id), json!({ "reason": "手机遗失" })).await.ok();
    bind(&app, "new-phone", &invitation(&manager, &row).await).await.ok();
    let own = app.anonymous().signed_in(&sign_in(&app, "new-phone").await);
    own.delete("/auth/wechat/bind").await.no_content();
    own.get("/desk/redemptions").await.ok();
    own.delete("/auth/wechat/bind").await.problem(409, "WRONG_STATE");
    assert_eq!(app.count(staff_bindings::Entity).await, 0);
    let unbound = actions(&app).await.into_iter().filter(|action| action == "staff.wechat_unbind").count();
    assert_eq!(unbound, 3);
}

#[tokio::test]
async fn a_closed_or_locked_account_neither_binds_nor_signs_in() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    let code = invitation(&manager, &row).await;
    let set = async |column: staff::Column, value: Expr| {
        staff::Entity::update_many()
            .col_expr(column, value)
            .filter(staff::Column::Id.eq(row.id))
            .exec(app.db())
            .await
            .unwrap();
    };
    let until = app.clock.now() + TimeDelta::minutes(15);
    set(staff::Column::LockedUntil, Expr::value(until)).await;
    assert!(bind(&app, "teacher", &code).await.header("retry-after").is_some());
    set(staff::Column::LockedUntil, Expr::value(None::<chrono::DateTime<chrono::Utc>>)).await;
    set(staff::Column::Status, Expr::value(AccountStatus::Closed.as_str())).await;
    bind(&app, "teacher", &code).await.problem(403, "FORBIDDEN");
    manager.post(&format!("/desk/staff/{}/invitations", row.id), json!({})).await.problem(409, "WRONG_STATE");
    set(staff::Column::Status, Expr::value(AccountStatus::Active.as_str())).await;
    bind(&app, "teacher", &code).await.ok();
    set(staff::Column::Status, Expr::value(AccountStatus::Closed.as_str())).await;
    sign_in(&app, "teacher").await.problem(403, "FORBIDDEN");
    set(staff::Column::Status, Expr::value(AccountStatus::Active.as_str())).await;
    set(staff::Column::LockedUntil, Expr::value(until)).await;
    sign_in(&app, "teacher").await.problem(429, "ACCOUNT_LOCKED");
    app.clock.advance(TimeDelta::minutes(15));
    sign_in(&app, "teacher").await.ok();
}

#[tokio::test]
async fn managers_keep_their_own_centre_and_only_administrators_invite_for_the_bureau() {
    let app = TestApp::spawn().await;
    let (place, other) = (app.place().await, app.place().await);
    let manager = app.manager(place.centre.id).await;
    let (own, foreign) = (carer(&app, &place, "own").await, carer(&app, &other, "foreign").await);
    let officer_row = app.staff("wang", StaffRole::Officer, None).await;
    let why = json!({ "reason": "手机遗失" });
    for id in [foreign.id.to_string(), officer_row.id.to_string(), unknown_id::<entity::StaffId>()] {
        manager.post(&format!("/desk/staff/{id}/invitations"), json!({})).await.problem(404, "NOT_FOUND");
        manager.post(&format!("/desk/staff/{id}/wechat/unbind"), why.clone()).await.problem(404, "NOT_FOUND");
    }
    let carer = app.session_of(&own).await;
    carer.post(&format!("/desk/staff/{}/invitations", own.id), json!({})).await.problem(403, "FORBIDDEN");
    carer.get("/desk/staff").await.problem(403, "FORBIDDEN");
    let names: Vec<_> = manager.get("/desk/staff").await.ok()["items"].as_array().unwrap().clone();
    assert!(names.iter().all(|item| item["centre_id"] == json!(place.centre.id)) && names.len() == 2);
    let (officer, admin) = (app.officer().await, app.admin().await);
    for id in [own.id, officer_row.id] {
        officer.post(&format!("/bureau/staff/{id}/invitations"), json!({})).await.problem(403, "FORBIDDEN");
    }
    officer.post(&format!("/bureau/staff/{}/wechat/unbind", officer_row.id), why).await.problem(403, "FORBIDDEN");
    let code = admin.post(&format!("/bureau/staff/{}/invitations", officer_row.id), json!({})).await.text("/code");
    bind(&app, "officer-wang", &code).await.ok();
    let wang = app.anonymous().signed_in(&sign_in(&app, "officer-wang").await);
    wang.get("/bureau/staff").await.ok();
    let family = app.a_family().await;
    family.client.delete("/auth/wechat/bind").await.problem(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_code_is_wechats_and_the_openid_is_not_kept() {
    let wechat = FakeWeChat::start().await;
    let settings = wechat.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let app = TestApp::spawn_with(&settings).await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    let code = invitation(&manager, &row).await;
    let bind = async |wx: &str, invitation: &str| {
        app.anonymous()
            .post("/auth/wechat/bind", json!({ "code": wx, "invitation": invitation, "password": PASSWORD }))
            .await
    };
    bind("c1", "34679ACDEFGH").await.problem(422, "INVITATION_INVALID");
    assert!(wechat.calls().is_empty(), "a wrong invitation costs no call");
    bind("c1", &code).await.problem(422, "WX_CODE_INVALID");
    wechat.answer("c2", Answer::HangUp);
    bind("c2", &code).await.problem(503, "WX_BUSY");
    wechat.answer("c3", Answer::Openid("o-teacher"));
    bind("c3", &code).await.ok();
    wechat.answer("c4", Answer::Openid("o-teacher"));
    app.anonymous().post("/auth/wechat/staff", json!({ "code": "c4" })).await.ok();
    let stored = staff_bindings::Entity::find().one(app.db()).await.unwrap().unwrap();
    assert_eq!(stored.openid_hash.len(), 32);
    assert_ne!(stored.openid_hash, app.ctx.keys.lookup_hash("families.openid", "o-teacher"));
    assert_eq!(wechat.faults(), Vec::<String>::new());
    assert_eq!(app.sign_in_staff("lin", PASSWORD).await.status, 200, "the password works as before");
}

#[tokio::test]
async fn guesses_of_invitations_are_limited() {
    let app = TestApp::spawn_with(&[("rate_limits", "on")]).await;
    let replies = at_once((0..12).map(|_| bind(&app, "x", "34679ACDEFGH"))).await;
    assert_eq!(replies.iter().filter(|reply| reply.code() == Some("RATE_LIMITED")).count(), 2);
}

/// Whoever makes an invitation knows its code; the password they don't know.
#[tokio::test]
async fn an_invitation_alone_binds_nobody_to_an_account() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let manager = app.manager(place.centre.id).await;
    let row = carer(&app, &place, "lin").await;
    let code = invitation(&manager, &row).await;
    let own = json!({ "code": "dev:managers-own", "invitation": code, "password": "a guess of the manager's" });
    app.anonymous().post("/auth/wechat/bind", own).await.problem(401, "WRONG_CREDENTIALS");
    assert_eq!(app.count(staff_bindings::Entity).await, 0);
    assert_eq!(staff::Entity::find_by_id(row.id).one(app.db()).await.unwrap().unwrap().failed_attempts, 1);
    bind(&app, "teacher", &code).await.ok();
    // Who unbinds their own phone keeps the session they do it in, and no other.
    let phone = app.anonymous().signed_in(&sign_in(&app, "teacher").await);
    let desk = app.anonymous().signed_in(&app.sign_in_staff("lin", PASSWORD).await);
    desk.delete("/auth/wechat/bind").await.no_content();
    desk.get("/desk/redemptions").await.ok();
    phone.get("/desk/redemptions").await.problem(401, "NOT_SIGNED_IN");
}
