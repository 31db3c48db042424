//! Builders of families and staff, and their personas.

use chrono::{Months, NaiveDate};
use entity::{
    AccountStatus, CentreId, ChildId, ConsentPurpose, FamilyId, Id, SessionId, StaffId, StaffRole, TextStatus,
    children, consents, families, sessions, staff,
};
use quanxiangtuo::features::{
    auth::{
        dto::{Role, UserOut},
        password, service, token,
    },
    families::service::NAME_PLACE,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{
    app::TestApp,
    backend::random_name,
    client::{Client, Reply},
};

/// The password of every staff account made here.
pub const PASSWORD: &str = "a-password-of-the-suite";
/// The version of the texts of consent.
pub const CONSENT_VERSION: &str = "2026-12";
/// Minutes that a token made here lives, so that a test may move the clock: those signed in over
/// the API live as long as the settings say.
const A_YEAR: u32 = 365 * 24 * 60;
/// The age of a child that is not said: it fits 托小班.
const MONTHS: u32 = 18;

/// A family with one child, signed in.
#[derive(Clone)]
pub struct Family {
    /// The guardian.
    pub client: Client,
    /// The account.
    pub family_id: FamilyId,
    /// Its child, 18 months old.
    pub child_id: ChildId,
}

impl Family {
    /// The child's id as the API writes it.
    #[must_use]
    pub fn child(&self) -> String {
        self.child_id.to_string()
    }
}

/// The body that adds a child under consent.
#[must_use]
pub fn child_body(name: &str, birth_date: NaiveDate) -> Value {
    json!({
        "name": name, "birth_date": birth_date, "township": "洛阳镇",
        "consent": { "version": CONSENT_VERSION, "purposes": ["booking", "ratings", "location"] },
    })
}

impl TestApp {
    /// The birth date of a child that is so many months old today.
    #[must_use]
    pub fn born_months_ago(&self, months: u32) -> NaiveDate {
        self.clock.today() - Months::new(months)
    }

    /// A guardian, signed in over the API with the sandbox code `dev:<name>`.
    pub async fn guardian(&self, name: &str) -> Client {
        let anonymous = self.anonymous();
        let reply = anonymous.post("/auth/wechat", json!({ "code": format!("dev:{name}") })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        anonymous.signed_in(&reply)
    }

    /// A guardian with a child of 18 months, both over the API.
    pub async fn family(&self, name: &str) -> Family {
        let client = self.guardian(name).await;
        let reply = client.post("/me/children", child_body("小米", self.born_months_ago(MONTHS))).await;
        let child_id = reply.id().parse().unwrap();
        let family_id = client.user_id().parse().unwrap();
        Family { client, family_id, child_id }
    }

    /// Another child of a family, over the API.
    pub async fn child(&self, guardian: &Client, birth_date: NaiveDate) -> ChildId {
        guardian.post("/me/children", child_body("小麦", birth_date)).await.id().parse().unwrap()
    }

    /// Many families with a child of 18 months each, signed in; inserted directly.
    pub async fn many_families(&self, n: usize) -> Vec<Family> {
        self.many_families_born(n, self.born_months_ago(MONTHS)).await
    }

    /// The same with a birth date.
    pub async fn many_families_born(&self, n: usize, birth_date: NaiveDate) -> Vec<Family> {
        let keys = &self.ctx.keys;
        let now = self.clock.now();
        let (mut accounts, mut kids, mut given, mut sessions, mut made) = (vec![], vec![], vec![], vec![], vec![]);
        for _ in 0..n {
            let (family_id, child_id, session_id): (FamilyId, ChildId, SessionId) = (self.id(), self.id(), self.id());
            let openid = format!("built-{}", random_name());
            accounts.push(families::Model {
                id: family_id,
                openid_hash: keys.lookup_hash(service::OPENID_PLACE, &openid),
                openid_sealed: keys.seal(service::OPENID_PLACE, openid.as_bytes()),
                nickname_sealed: None,
                township: None,
                status: AccountStatus::Active,
                created_at: now,
                missed_on: None,
                phone_sealed: None,
                phone_hash: None,
                phone_verified_at: None,
                erase_at: None,
                erased_at: None,
                seen_on: None,
            });
            kids.push(children::Model {
                id: child_id,
                family_id,
                name_sealed: keys.seal(NAME_PLACE, "小豆".as_bytes()),
                name_hash: None,
                legal_name_sealed: None,
                birth_date,
                township: "洛阳镇".to_owned(),
                third_child: false,
                special_family: false,
                disabled: false,
                created_at: now,
                removed_at: None,
                allergies_sealed: None,
                erased_at: None,
                name_version: 1,
                name_status: TextStatus::Shown,
            });
            for purpose in [ConsentPurpose::Booking, ConsentPurpose::Ratings] {
                given.push(consents::Model {
                    id: self.id(),
                    family_id,
                    child_id,
                    purpose,
                    version: CONSENT_VERSION.to_owned(),
                    given_at: now,
                    withdrawn_at: None,
                });
            }
            sessions.push(session(session_id, Some(family_id), None, now));
            let user = UserOut { id: family_id.to_string(), role: Role::Guardian, centre_id: None };
            made.push(Family { client: self.client_of(&user, session_id), family_id, child_id });
        }
        self.insert_all(accounts).await;
        self.insert_all(kids).await;
        self.insert_all(given).await;
        self.insert_all(sessions).await;
        made
    }

    /// One family with a child of 18 months, inserted directly.
    pub async fn a_family(&self) -> Family {
        self.many_families(1).await.remove(0)
    }

    /// A carer of a centre, signed in.
    pub async fn carer(&self, centre: CentreId) -> Client {
        self.staff_client(StaffRole::Carer, Some(centre)).await
    }

    /// The head of a centre, signed in.
    pub async fn manager(&self, centre: CentreId) -> Client {
        self.staff_client(StaffRole::Manager, Some(centre)).await
    }

    /// An officer of the bureau, signed in.
    pub async fn officer(&self) -> Client {
        self.staff_client(StaffRole::Officer, None).await
    }

    /// An administrator, signed in.
    pub async fn admin(&self) -> Client {
        self.staff_client(StaffRole::Admin, None).await
    }

    async fn staff_client(&self, role: StaffRole, centre_id: Option<CentreId>) -> Client {
        let row = self.staff(&format!("{role}-{}", random_name()), role, centre_id).await;
        self.session_of(&row).await
    }

    /// A session for a staff account, without its password.
    pub async fn session_of(&self, row: &staff::Model) -> Client {
        let id: SessionId = self.id();
        self.insert(session(id, None, Some(row.id), self.clock.now())).await;
        let user = UserOut { id: row.id.to_string(), role: row.role.into(), centre_id: row.centre_id };
        self.client_of(&user, id)
    }

    /// A staff account with the password [`PASSWORD`], hashed once a process.
    pub async fn staff(&self, username: &str, role: StaffRole, centre_id: Option<CentreId>) -> staff::Model {
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(|| async { password::hash(PASSWORD.to_owned()).await.unwrap() }).await;
        let id: StaffId = self.id();
        self.insert(staff::Model {
            id,
            username: username.to_owned(),
            password_hash: hash.clone(),
            role,
            centre_id,
            name_sealed: self.ctx.keys.seal("staff.name", "林老师".as_bytes()),
            status: AccountStatus::Active,
            failed_attempts: 0,
            locked_until: None,
            created_at: self.clock.now(),
        })
        .await
    }

    /// Signs in as staff over the API.
    pub async fn sign_in_staff(&self, username: &str, password: &str) -> Reply {
        self.anonymous().post("/auth/staff", json!({ "username": username, "password": password })).await
    }

    fn client_of(&self, user: &UserOut, session: SessionId) -> Client {
        let token = token::issue(&self.ctx.keys, user, session, self.clock.now(), A_YEAR).unwrap();
        self.anonymous().with_token(&token)
    }

    /// The same account with a token minted now, after the clock was moved past the old one.
    #[must_use]
    pub fn fresh(&self, client: &Client) -> Client {
        let issued = token::verify(&self.ctx.keys, client.token(), chrono::DateTime::UNIX_EPOCH);
        let claims = issued.unwrap_or_else(|| panic!("not a token of this application"));
        let user = UserOut { id: claims.sub, role: claims.role, centre_id: claims.ctr };
        let minutes = self.ctx.settings.access_token_minutes;
        let token = token::issue(&self.ctx.keys, &user, claims.sid, self.clock.now(), minutes).unwrap();
        client.with_token(&token)
    }
}

const fn session(
    id: SessionId,
    family_id: Option<FamilyId>,
    staff_id: Option<StaffId>,
    created_at: chrono::DateTime<chrono::Utc>,
) -> sessions::Model {
    sessions::Model { id, family_id, staff_id, created_at, revoked_at: None, revoked_for: None }
}

/// An id that nothing has.
#[must_use]
pub fn unknown_id<T: Id>() -> String {
    format!("{}_0192f0c18a7c7d10b1c2d3e4f5a6b7c8", T::PREFIX)
}
