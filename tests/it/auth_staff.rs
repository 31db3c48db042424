//! Staff accounts in the hands of the bureau.

use entity::{StaffRole, audit_rows};
use harness::{Backend, TestApp, backend, people::PASSWORD, unknown_id};
use sea_orm::EntityTrait as _;
use serde_json::json;

#[tokio::test]
async fn a_closed_account_stops_at_once_on_every_replica_and_signs_in_no_more() {
    let app = TestApp::spawn().await;
    let replica = app.replica().await;
    let place = app.place().await;
    let row = app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let signed = app.sign_in_staff("lin", PASSWORD).await;
    let carer = app.anonymous().signed_in(&signed);
    let officer = app.officer().await;
    carer.get("/desk/redemptions").await.ok();
    // On SQLite the in-process stores aren't shared: there a second replica isn't allowed.
    let everywhere = if backend() == Backend::Postgres { vec![&app, &replica] } else { vec![&app] };
    for at in &everywhere {
        carer.at(at).get("/desk/redemptions").await.ok();
    }

    let why = json!({ "reason": "已离职" });
    let path = format!("/bureau/staff/{}", row.id);
    carer.post(&format!("{path}/close"), why.clone()).await.problem(403, "FORBIDDEN");
    let closed = officer.post(&format!("{path}/close"), why.clone()).await.ok();
    assert_eq!((&closed["status"], &closed["sessions_ended"]), (&json!("closed"), &json!(1)));
    for at in &everywhere {
        carer.at(at).get("/desk/redemptions").await.problem(401, "NOT_SIGNED_IN");
    }
    carer.post("/auth/refresh", json!({ "refresh_token": carer.refresh_token() })).await.problem(401, "NOT_SIGNED_IN");
    app.sign_in_staff("lin", PASSWORD).await.problem(403, "FORBIDDEN");
    officer.post(&format!("{path}/close"), why.clone()).await.problem(409, "WRONG_STATE");
    assert_eq!(officer.get("/bureau/staff?status=closed").await.ok()["items"][0]["username"], "lin");

    officer.post(&format!("{path}/reopen"), why.clone()).await.ok();
    carer.get("/desk/redemptions").await.problem(401, "NOT_SIGNED_IN");
    let again = app.sign_in_staff("lin", PASSWORD).await;
    app.anonymous().signed_in(&again).get("/desk/redemptions").await.ok();
    let rows = audit_rows::Entity::find().all(app.db()).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(actions, ["staff.close", "staff.reopen"]);
}

#[tokio::test]
async fn a_lost_phone_is_signed_out_and_the_account_goes_on() {
    let app = TestApp::spawn().await;
    let place = app.place().await;
    let row = app.staff("lin", StaffRole::Carer, Some(place.centre.id)).await;
    let lost = app.session_of(&row).await;
    lost.get("/desk/redemptions").await.ok();
    let path = format!("/bureau/staff/{}/sign-out", row.id);
    let done = app.officer().await.post(&path, json!({ "reason": "手机遗失" })).await.ok();
    assert_eq!((&done["status"], &done["sessions_ended"]), (&json!("active"), &json!(1)));
    lost.get("/desk/redemptions").await.problem(401, "NOT_SIGNED_IN");
    assert_eq!(app.sign_in_staff("lin", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn officers_touch_no_account_of_the_bureau_and_nobody_closes_their_own() {
    let app = TestApp::spawn().await;
    let (officer, admin_row) = (app.officer().await, app.staff("root", StaffRole::Admin, None).await);
    let other = app.staff("wang", StaffRole::Officer, None).await;
    let admin = app.session_of(&admin_row).await;
    let why = json!({ "reason": "岗位调整" });
    officer.post(&format!("/bureau/staff/{}/close", other.id), why.clone()).await.problem(403, "FORBIDDEN");
    admin.post(&format!("/bureau/staff/{}/close", admin_row.id), why.clone()).await.problem(403, "FORBIDDEN");
    admin.post(&format!("/bureau/staff/{}/close", other.id), why.clone()).await.ok();
    admin
        .post(&format!("/bureau/staff/{}/close", unknown_id::<entity::StaffId>()), why)
        .await
        .problem(404, "NOT_FOUND");
    let family = app.a_family().await;
    family.client.get("/bureau/staff").await.problem(403, "FORBIDDEN");
}
