//! Tests of trust, made from `openapi.yaml`: every operation is called without a valid token, as every
//! role that may not, and with the ids of another family and another centre. Nobody gets anything.
//!
//! A new operation takes part by itself. It fails here until the table knows who may call it
//! (`x-roles`), until [`world::Side`] makes a row for a new kind of id, and
//! until [`operations`] can make a body of it; each failure says what to add.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use entity::{AccountStatus, SessionId, StaffId, StaffRole, families, staff};
use harness::{Client, Reply, TestApp, backend::random_name};
use quanxiangtuo::{
    features::auth::{
        dto::{Role, UserOut},
        token,
    },
    platform::crypto::Keyring,
};
use reqwest::Method;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};
use serde_json::{Value, json};

pub mod operations;
pub mod world;

use operations::{Ids, OWNED, Operation, ROLES, with_query};
use world::{Bureau, Side};

/// Another's id in a body that isn't answered 404: operation, member, status and code instead.
const TOLD_OTHERWISE: &[(&str, &str, u16, Option<&str>)] = &[
    // Who waits names no voucher: nobody looks at whose it is.
    ("join_waitlist", "voucher_id", 400, Some("INVALID_INPUT")),
    // An id is a point in time here, whether there is such a notice or not; only own ones are marked.
    ("mark_notices_read", "until", 204, None),
];

/// Lists everything that is wrong, not only the first.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

async fn call(client: &Client, operation: &Operation, ids: &Ids) -> Reply {
    client.send(operation.method.clone(), &operation.path(ids), operation.body(ids), &[]).await
}

fn shown(operation: &Operation, who: &str, reply: &Reply) -> String {
    let code = reply.code().unwrap_or("-");
    format!(
        "{} {} ({}) {who}: {} {code} {}",
        operation.method, operation.template, operation.id, reply.status, reply.body
    )
}

#[test]
fn every_operation_says_who_may_call_it() {
    let secured = Operation::secured();
    assert!(secured.len() > 100);
    for operation in &secured {
        let roles = operation.roles.as_ref().unwrap();
        assert!(!roles.is_empty(), "{}: nobody may call it", operation.id);
    }
    for role in ROLES {
        assert!(secured.iter().any(|operation| !operation.allows(role)), "{role:?} may call everything");
    }
}

/// A token that is no longer or never was one of ours.
struct Bad {
    what: String,
    client: Client,
}

/// An account of a role, with a session that stands.
struct Account {
    user: UserOut,
    client: Client,
    session: SessionId,
}

/// Signs in over the API, as people do.
async fn account(app: &TestApp, side: &Side, role: Role) -> Account {
    let client = match role {
        Role::Guardian => app.guardian(&format!("trust-{}", random_name())).await,
        _ => {
            let role = serde_json::from_value::<StaffRole>(json!(role)).unwrap();
            let at = matches!(role, StaffRole::Carer | StaffRole::Manager).then_some(side.place.centre.id);
            let row = app.staff(&format!("trust-{}", random_name()), role, at).await;
            let reply = app.sign_in_staff(&row.username, harness::people::PASSWORD).await;
            app.anonymous().signed_in(&reply)
        }
    };
    let claims = token::verify(&app.ctx.keys, client.token(), DateTime::UNIX_EPOCH).unwrap();
    let user = UserOut { id: claims.sub, role: claims.role, centre_id: claims.ctr };
    Account { user, client, session: claims.sid }
}

/// Everything that a role might hold and must not get in with.
async fn bad_tokens(app: &TestApp, side: &Side, role: Role) -> Vec<Bad> {
    let now = app.clock.now();
    let good = account(app, side, role).await;
    let issued = |keys: &Keyring, session: SessionId, at: DateTime<Utc>| {
        app.anonymous().with_token(&token::issue(keys, &good.user, session, at, 30).unwrap())
    };
    let [header, claims, signature] = good.client.token().split('.').collect::<Vec<_>>()[..] else { unreachable!() };
    let raw = |token: String| app.anonymous().with_token(&token);

    let signed_out = account(app, side, role).await.client;
    signed_out.post("/auth/logout", Value::Null).await.no_content();
    let closed = account(app, side, role).await;
    close(app, &closed.user).await;
    let elsewhere = Keyring::parse(
        &format!("0:{}", data_encoding::BASE64.encode(&[7; 32])),
        &data_encoding::BASE64.encode(&[8; 32]),
    );
    let mut raised: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
    raised["jti"] = json!("another");
    let raised = BASE64URL_NOPAD.encode(raised.to_string().as_bytes());
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT","kid":"0"}"#);
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let all = [
        ("an expired token", issued(&app.ctx.keys, good.session, now - TimeDelta::minutes(31))),
        ("a token of another installation", issued(&elsewhere.unwrap(), good.session, now)),
        ("a session that isn't there", issued(&app.ctx.keys, app.id(), now)),
        ("claims that were changed", raw(format!("{header}.{raised}.{signature}"))),
        ("a signature that was changed", raw(format!("{header}.{claims}.{flipped}{}", &signature[1..]))),
        ("a cut-off token", raw(format!("{header}.{claims}"))),
        ("no algorithm", raw(format!("{none}.{claims}."))),
        ("the refresh token", raw(good.client.refresh_token().to_owned())),
        ("a signed-out token", signed_out),
        ("a closed account", closed.client),
    ];
    all.map(|(what, client)| Bad { what: format!("{what} of a {role:?}"), client }).into()
}

async fn close(app: &TestApp, user: &UserOut) {
    let closed = Expr::value(AccountStatus::Closed);
    let done = match user.role {
        Role::Guardian => {
            let id: entity::FamilyId = user.id.parse().unwrap();
            let of = families::Column::Id.eq(id);
            families::Entity::update_many().col_expr(families::Column::Status, closed).filter(of).exec(app.db()).await
        }
        _ => {
            let id: StaffId = user.id.parse().unwrap();
            let of = staff::Column::Id.eq(id);
            staff::Entity::update_many().col_expr(staff::Column::Status, closed).filter(of).exec(app.db()).await
        }
    };
    assert_eq!(done.unwrap().rows_affected, 1);
}

#[tokio::test]
async fn every_operation_answers_401_to_whoever_has_no_live_token() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let side = Side::new(&app, &bureau).await;
    let mut bad = vec![];
    for role in ROLES {
        bad.push((role, bad_tokens(&app, &side, role).await));
    }
    let anonymous = app.anonymous();
    let garbage = [
        ("a word", "Bearer planted"),
        ("another scheme", "Basic cGxhbnRlZDpwbGFudGVk"),
        ("no scheme", "planted"),
        ("no token", "Bearer "),
    ];
    let mut complaints = vec![];
    for operation in Operation::all() {
        let (path, body) = (operation.path(&side.ids), operation.body(&side.ids));
        let secured = operation.roles.is_some();
        let mut judge = |who: &str, reply: &Reply| {
            let refused = reply.status == 401 && reply.code() == Some("NOT_SIGNED_IN");
            // A public operation doesn't look at the token.
            let right = if secured { refused } else { !matches!(reply.status, 403 | 500..) };
            if !right || side.told_in(reply).is_some() {
                complaints.push(shown(&operation, who, reply));
            }
        };
        judge("nobody", &call(&anonymous, &operation, &side.ids).await);
        for (what, header) in garbage {
            let headers = [("Authorization", header)];
            judge(what, &anonymous.send(operation.method.clone(), &path, body.clone(), &headers).await);
        }
        // Whoever has another role is told that first: what its session is doesn't matter.
        for Bad { what, client } in bad.iter().filter(|(role, _)| operation.allows(*role)).flat_map(|(_, all)| all) {
            judge(what, &call(client, &operation, &side.ids).await);
        }
    }
    assert_none(&complaints);
}

#[tokio::test]
async fn every_operation_answers_403_to_every_role_that_may_not_call_it() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let side = Side::new(&app, &bureau).await;
    let mut complaints = vec![];
    for operation in Operation::secured() {
        for role in ROLES.into_iter().filter(|role| !operation.allows(*role)) {
            let reply = call(side.client(&bureau, role), &operation, &side.ids).await;
            if reply.status != 403 || reply.code() != Some("FORBIDDEN") || side.told_in(&reply).is_some() {
                complaints.push(shown(&operation, &format!("{role:?}"), &reply));
            }
        }
    }
    assert_none(&complaints);
}

#[tokio::test]
async fn operations_of_access_keys_answer_401_to_people() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let side = Side::new(&app, &bureau).await;
    let keyed = Operation::keyed();
    assert!(!keyed.is_empty());
    let mut complaints = vec![];
    for operation in keyed {
        let people = ROLES.map(|role| (format!("{role:?}"), side.client(&bureau, role).clone()));
        for (who, client) in people.into_iter().chain([("nobody".to_owned(), app.anonymous())]) {
            let reply = call(&client, &operation, &side.ids).await;
            if reply.status != 401 || reply.code() != Some("NOT_SIGNED_IN") || side.told_in(&reply).is_some() {
                complaints.push(shown(&operation, &who, &reply));
            }
        }
    }
    assert_none(&complaints);
}

/// Whether an id in the path belongs to one family or centre, and so is hidden from all others.
fn owned_path(operation: &Operation) -> bool {
    let desk_or_family = [Role::Guardian, Role::Carer, Role::Manager].into_iter().any(|role| operation.allows(role));
    let secured = operation.roles.is_some();
    // A centre is public, that one of its employer's families is one isn't.
    let own = |prefix: &&str| OWNED.contains(prefix) || operation.id == "leave_employer";
    secured && desk_or_family && operation.path_ids().iter().any(own)
}

#[tokio::test]
async fn every_operation_hides_what_belongs_to_another_family_or_centre() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let stranger = Side::new(&app, &bureau).await;
    let own_place = app.place().await;
    // Of no family: no rows of its own can hide that another's are shown.
    let newcomer = app.guardian("newcomer").await;
    let newcomers = [app.carer(own_place.centre.id).await, app.manager(own_place.centre.id).await];
    let mut theirs = Side::new(&app, &bureau).await;
    let mut complaints = vec![];
    let mut tried = 0;
    for operation in Operation::all().into_iter().filter(owned_path) {
        let strangers = [
            (Role::Guardian, &stranger.family.client),
            (Role::Guardian, &newcomer),
            (Role::Carer, &stranger.carer),
            (Role::Manager, &stranger.manager),
            (Role::Carer, &newcomers[0]),
            (Role::Manager, &newcomers[1]),
        ];
        for (role, client) in strangers.into_iter().filter(|(role, _)| operation.allows(*role)) {
            let reply = call(client, &operation, &theirs.ids).await;
            if reply.status != 404 || reply.code() != Some("NOT_FOUND") || theirs.told_in(&reply).is_some() {
                complaints.push(shown(&operation, &format!("a foreign {role:?}"), &reply));
            }
            tried += 1;
        }
        // The ids are real, and nothing has become of them: their owner is answered.
        let owner =
            [Role::Manager, Role::Carer, Role::Guardian].into_iter().find(|role| operation.allows(*role)).unwrap();
        let reply = call(theirs.client(&bureau, owner), &operation, &theirs.ids).await;
        if matches!(reply.status, 401 | 403 | 404 | 500..) {
            complaints.push(shown(&operation, &format!("its owner, a {owner:?}"), &reply));
        }
        if operation.method != Method::GET {
            theirs = Side::new(&app, &bureau).await;
        }
    }
    assert!(tried > 80, "only {tried} calls");
    assert_none(&complaints);
}

#[tokio::test]
async fn no_body_reaches_what_belongs_to_another_family_or_centre() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let (stranger, theirs) = (Side::new(&app, &bureau).await, Side::new(&app, &bureau).await);
    let mut complaints = vec![];
    let mut tried = 0;
    for operation in Operation::secured() {
        for (member, prefix) in operation.owned_in_body() {
            for role in [Role::Guardian, Role::Carer, Role::Manager].into_iter().filter(|role| operation.allows(*role))
            {
                // All else is the caller's own.
                let mut body = operation.body(&stranger.ids).unwrap();
                body[member] = json!(theirs.ids[prefix]);
                let path = operation.path(&stranger.ids);
                let client = stranger.client(&bureau, role);
                let reply = client.send(operation.method.clone(), &path, Some(body), &[]).await;
                let told = TOLD_OTHERWISE.iter().find(|(id, of, ..)| (*id, *of) == (operation.id, member));
                let expected = told.map_or((404, Some("NOT_FOUND")), |(_, _, status, code)| (*status, *code));
                if (reply.status, reply.code()) != expected || theirs.told_in(&reply).is_some() {
                    complaints.push(shown(&operation, &format!("with another's `{member}`, as a {role:?}"), &reply));
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 8, "only {tried} calls");
    assert_none(&complaints);
}

#[tokio::test]
async fn no_list_and_no_filter_shows_what_belongs_to_another_family_or_centre() {
    let app = TestApp::spawn().await;
    let bureau = Bureau::new(&app).await;
    let (stranger, theirs) = (Side::new(&app, &bureau).await, Side::new(&app, &bureau).await);
    let anonymous = app.anonymous();
    let mut complaints = vec![];
    let mut unseen: Vec<&str> = theirs.marks.iter().map(String::as_str).collect();
    for operation in Operation::all().into_iter().filter(|operation| operation.method == Method::GET) {
        let desk_or_family = [Role::Guardian, Role::Carer, Role::Manager].into_iter();
        let mut paths = vec![operation.path(&stranger.ids)];
        if !operation.path_ids().iter().any(|prefix| OWNED.contains(prefix)) {
            paths.push(operation.path(&theirs.ids));
        }
        for (name, prefix) in operation.query_ids() {
            paths.push(with_query(&operation.path(&stranger.ids), name, &theirs.ids[prefix]));
        }
        let secured = operation.roles.is_some();
        let callers = if secured { vec![] } else { vec![&anonymous] };
        let roles = desk_or_family.clone().filter(|role| operation.allows(*role));
        let callers = callers.into_iter().chain(roles.map(|role| stranger.client(&bureau, role)));
        for client in callers {
            for path in &paths {
                let reply = client.get(path).await;
                if reply.status >= 500 || theirs.told_in(&reply).is_some() {
                    complaints.push(shown(&operation, path, &reply));
                }
            }
        }
        // What an answer could tell is what its owner reads.
        for role in desk_or_family.filter(|role| secured && operation.allows(*role)) {
            let reply = theirs.client(&bureau, role).get(&operation.path(&theirs.ids)).await;
            let text = String::from_utf8_lossy(&reply.bytes).into_owned();
            unseen.retain(|mark| !text.contains(mark));
        }
    }
    assert_none(&complaints);
    assert!(unseen.is_empty(), "no reading shows these even to their owner, so they prove nothing: {unseen:?}");
}
