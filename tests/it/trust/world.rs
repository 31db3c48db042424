//! Two sides that know nothing of each other: each a centre with its staff and a family with
//! everything that a family can have there.

use chrono::{Days, Months};
use entity::{
    NoticeId, StaffRole, VisitStatus, campaigns, employer_codes, employer_families, fund_rules, moderations, notices,
    offline_conflicts, webhook_deliveries,
};
use harness::{Client, Family, Place, TestApp, backend::random_name, day};
use quanxiangtuo::features::{auth::dto::Role, ratings::replies};
use serde_json::json;

use super::operations::Ids;

/// What belongs to the bureau and to everyone.
pub struct Bureau {
    pub officer: Client,
    pub admin: Client,
    second: Client,
    campaign: campaigns::Model,
    rule: String,
    community: String,
    input: String,
}

impl Bureau {
    pub async fn new(app: &TestApp) -> Self {
        let rule = app
            .insert(fund_rules::Model {
                id: app.id(),
                fund_source: entity::FundSource::Township,
                fund_category: entity::FundCategory::Construction,
                valid_from: day("2026-01-01"),
                valid_until: None,
                clause: "不得用于基建。".to_owned(),
                document: "测试文件第一条".to_owned(),
            })
            .await;
        let officer = app.officer().await;
        let properties = json!({ "code": "trust-1", "name": "信任社区", "township": "洛阳镇", "kind": "urban",
            "source": "测试", "as_of": "2026-01-01" });
        let feature = json!({ "type": "Feature", "properties": properties,
            "geometry": { "type": "Point", "coordinates": [118.79, 24.89] } });
        let map = json!({ "type": "FeatureCollection", "features": [feature] });
        officer.post("/bureau/imports/communities", map).await.ok();
        let community = officer.get("/bureau/communities").await.text("/items/0/id");
        let input = json!({ "code": "residents", "value": 250_000, "as_of": "2025-12-31", "source": "测试" });
        let input = officer.post("/bureau/plan-inputs", input).await.id();
        Self {
            officer,
            community,
            input,
            admin: app.admin().await,
            second: app.officer().await,
            campaign: app.campaign_with(|row| row.offline_daily_units = Some(5)).await,
            rule: rule.id.to_string(),
        }
    }
}

/// A centre and a family of it.
pub struct Side {
    pub place: Place,
    pub family: Family,
    pub carer: Client,
    pub manager: Client,
    /// An id of each kind: this side's, or one that is everyone's.
    pub ids: Ids,
    /// What only this side may read: ids, and names that occur nowhere else.
    pub marks: Vec<String>,
}

impl Side {
    /// With rows of every kind that a path or a body can name.
    pub async fn new(app: &TestApp, bureau: &Bureau) -> Self {
        let today = app.clock.today();
        let place = app.place_with(1, 1, |_| {}).await;
        let centre = place.centre.id;
        let family = app.a_family().await;
        let staff = app.staff(&format!("trust-{}", random_name()), StaffRole::Carer, Some(centre)).await;
        let (carer, manager) = (app.session_of(&staff).await, app.manager(centre).await);

        let visit = app.visit(&place, &family, today, VisitStatus::Expected).await;
        let cared_for = app.visit(&place, &family, today - Days::new(3), VisitStatus::Left).await;
        let rating = family.client.post("/ratings", json!({ "visit_id": cared_for.id, "level": 4 })).await.created();
        // The one place is taken, so that the family can wait for it.
        app.visit(&place, &app.a_family().await, day("2026-03-05"), VisitStatus::Expected).await;
        let wish = json!({ "child_id": family.child_id, "centre_id": centre, "care_type": "full_day",
            "start_date": "2026-03-05", "end_date": "2026-03-05" });
        let waits = family.client.post("/waitlist", wish).await.created();

        let voucher = app.voucher_with(&bureau.campaign, &family, |row| row.units_used = 1).await;
        let redemption = app.redemption(&voucher, centre, today - Months::new(1), |_| {}).await;
        let month = json!({ "centre_id": centre, "month": "2026-02" });
        let statement = bureau.officer.post("/bureau/statements", month).await.created()["id"].clone();
        let statement = statement.as_str().unwrap().to_owned();
        bureau.officer.post(&format!("/bureau/statements/{statement}/check"), json!({})).await.ok();
        bureau.second.post(&format!("/bureau/statements/{statement}/freeze"), json!({})).await.ok();

        let sheet = json!({ "kind": "incentive", "centre_id": centre, "month": "2026-02", "fund_source": "district" });
        let sheet = bureau.officer.post("/bureau/support-sheets", sheet).await.id();

        let name = format!("植{}", random_name());
        let person = json!({ "name": name, "relation": "外婆" });
        let person = family.client.post("/me/pickup-persons", person).await.created();
        let tie = json!({ "centre_id": centre, "tie": "relative" });
        let tie = family.client.post("/me/ties", tie).await.created();
        let code = app
            .insert(employer_codes::Model {
                id: app.id(),
                centre_id: centre,
                label: "某公司".to_owned(),
                code_hash: random_name().into_bytes(),
                valid_until: day("2026-12-31"),
                families_max: 200,
                families: 1,
                staff_id: staff.id,
                created_at: app.clock.now(),
                revoked_at: None,
            })
            .await;
        let proven = employer_families::Model {
            family_id: family.family_id,
            centre_id: centre,
            code_id: code.id,
            since: app.clock.now(),
        };
        app.insert(proven).await;
        let conflict = app
            .insert(offline_conflicts::Model {
                id: app.id(),
                centre_id: centre,
                staff_id: staff.id,
                device: None,
                voucher_id: voucher.id,
                request_id: format!("trust-{}", random_name()),
                code_hash: random_name().into_bytes(),
                reason: "VOUCHER_REVOKED".to_owned(),
                service_date: today,
                scanned_at: app.clock.now(),
                uploaded_at: app.clock.now(),
                status: entity::ConflictStatus::Open,
                note: None,
                resolved_by: None,
                resolved_at: None,
            })
            .await;
        let notice: NoticeId = app.id();
        let told = harness::care::notice(notice, family.family_id, visit.booking_id.to_string(), app.clock.now());
        app.insert(notices::Model {
            facts: json!({ "centre": place.centre.name, "booking_id": visit.booking_id }),
            ..told
        })
        .await;

        let propose = format!("/bureau/ratings/{}/exclusions", rating["id"].as_str().unwrap());
        let exclusion = bureau.officer.post(&propose, json!({ "reason": "重复评价" })).await.created();
        let key =
            json!({ "label": "园所软件", "scopes": ["bookings:read"], "expires_at": "2026-06-01T00:00:00+08:00" });
        let key = manager.post("/desk/access-keys", key).await.created();
        let hook = json!({ "url": "http://127.0.0.1:9/none", "events": ["booking.confirmed"] });
        let hook = manager.post("/desk/webhooks", hook).await.created();
        let delivery = app
            .insert(webhook_deliveries::Model {
                id: app.id(),
                webhook_id: hook["id"].as_str().unwrap().parse().unwrap(),
                event_id: visit.booking_id.0,
                event: "booking.confirmed".to_owned(),
                payload: "{}".to_owned(),
                status: entity::DeliveryStatus::Dead,
                attempts: 11,
                next_at: app.clock.now(),
                lease_until: None,
                last_status: None,
                last_error: None,
                created_at: app.clock.now(),
                delivered_at: None,
            })
            .await;
        let verdict = app
            .insert(moderations::Model {
                id: app.id(),
                kind: entity::ModeratedKind::Nickname,
                subject_id: family.child_id.0,
                version: 1,
                family_id: Some(family.family_id),
                status: entity::ModerationStatus::Hidden,
                attempts: 1,
                next_at: app.clock.now(),
                label: None,
                staff_id: None,
                reason: None,
                created_at: app.clock.now(),
                decided_at: Some(app.clock.now()),
            })
            .await;

        let tomorrow = json!({ "kind": "lecture", "title": "讲座", "text": "讲座", "place": "文化站", "places": 9,
            "starts_at": "2026-03-03T15:00:00+08:00", "ends_at": "2026-03-03T17:00:00+08:00" });
        let event = bureau.officer.post("/bureau/events", tomorrow).await.created()["id"].clone();
        let event = event.as_str().unwrap().to_owned();
        bureau.officer.post(&format!("/bureau/events/{event}/publish"), json!({})).await.ok();
        let signup = family.client.post(&format!("/events/{event}/signups"), json!({ "persons": 1 })).await.created();

        let asked = json!({ "child_id": family.child(), "topic": "sleep", "wished_from": "2026-03-04",
            "wished_until": "2026-03-20", "address": "文化站旁", "agreed": true });
        let asked = family.client.post("/me/guidance", asked).await.created();
        let to = json!({ "centre_id": centre, "visit_on": "2026-03-02", "confirm": true });
        let path = format!("/bureau/guidance/{}/assign", asked["id"].as_str().unwrap());
        bureau.officer.post(&path, to).await.ok();

        let article = json!({ "kind": "policy", "title": "普惠托育", "text": "第一段" });
        let article = bureau.officer.post("/bureau/articles", article).await.created();
        bureau
            .officer
            .post(&format!("/bureau/articles/{}/publish", article["id"].as_str().unwrap()), json!({}))
            .await
            .ok();

        let complaint = json!({ "centre_id": centre, "text": "没有户外活动" });
        let complaint = family.client.post("/complaints", complaint).await.created();
        let alias = replies::alias(&app.ctx.keys, rating["id"].as_str().unwrap().parse().unwrap());

        let record = json!({ "kind": "device", "item": "video", "quantity": 4 });
        let record = bureau.officer.post(&format!("/bureau/centres/{centre}/records"), record).await.created();
        let listed = json!({ "name": format!("师{}", random_name()), "certificate": "none" });
        let listed = bureau.officer.post(&format!("/bureau/centres/{centre}/carers"), listed).await.created();
        let path = format!("/bureau/carers/{}/trainings", listed["id"].as_str().unwrap());
        let training = json!({ "held_on": "2026-01-18", "hours": 8, "topic": "急救" });
        let training = bureau.officer.post(&path, training).await.created();

        let text = |value: &serde_json::Value| value["id"].as_str().unwrap().to_owned();
        let ids = Ids::from([
            ("fam", family.family_id.to_string()),
            ("chd", family.child()),
            ("bkg", visit.booking_id.to_string()),
            ("vis", visit.id.to_string()),
            ("vch", voucher.id.to_string()),
            ("rdm", redemption.id.to_string()),
            ("wtl", text(&waits)),
            ("pup", text(&person)),
            ("tie", text(&tie)),
            ("rtg", text(&rating)),
            ("rta", alias.to_string()),
            ("cpl", text(&complaint)),
            ("ntc", notice.to_string()),
            ("cls", place.class_id()),
            ("emc", code.id.to_string()),
            ("stm", statement),
            ("sup", sheet),
            ("ofc", conflict.id.to_string()),
            ("ctr", place.id()),
            ("cmp", bureau.campaign.id.to_string()),
            ("stf", staff.id.to_string()),
            ("fru", bureau.rule.clone()),
            ("com", bureau.community.clone()),
            ("pin", bureau.input.clone()),
            ("rex", text(&exclusion)),
            ("axk", text(&key)),
            ("whk", text(&hook)),
            ("whd", delivery.id.to_string()),
            ("mdr", verdict.id.to_string()),
            ("evt", event),
            ("art", text(&article)),
            ("gdr", text(&asked)),
            ("sgn", text(&signup)),
            ("rec", text(&record)),
            ("crr", text(&listed)),
            ("trn", text(&training)),
        ]);
        // Whoever searches reads the names of centres and classes; the last are the bureau's.
        let open = ["art", "cls", "com", "ctr", "cmp", "evt", "fru", "mdr", "pin", "rex", "sup", "trn"];
        let marks = ids.iter().filter(|(prefix, _)| !open.contains(prefix)).map(|(_, id)| id.clone());
        let marks = marks.chain([name, cared_for.id.to_string(), cared_for.booking_id.to_string()]).collect();
        Self { place, family, carer, manager, ids, marks }
    }

    /// Its persona of a role; the bureau's for the bureau's.
    pub fn client<'a>(&'a self, bureau: &'a Bureau, role: Role) -> &'a Client {
        match role {
            Role::Guardian => &self.family.client,
            Role::Carer => &self.carer,
            Role::Manager => &self.manager,
            Role::Officer => &bureau.officer,
            Role::Admin => &bureau.admin,
        }
    }

    /// What of this side an answer tells.
    pub fn told_in(&self, reply: &harness::Reply) -> Option<&str> {
        let text = String::from_utf8_lossy(&reply.bytes);
        self.marks.iter().map(String::as_str).find(|mark| text.contains(mark))
    }
}
