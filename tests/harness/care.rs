//! Builders of bookings, visits, campaigns and vouchers.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{
    BookingStatus, CampaignId, CampaignStatus, CareType, CentreId, ChildId, FamilyId, Fen, FundCategory, FundSource,
    MinuteOfDay, NoticeId, RedemptionStatus, StaffId, VisitStatus, VoucherStatus, bookings, campaign_centres,
    campaign_townships, campaigns, entry_checks, notices, redemptions, visits, vouchers,
};
use serde_json::{Value, json};

use crate::{app::TestApp, hm, people::Family, places::Place};

/// A campaign as the bureau sends it.
#[must_use]
pub fn campaign_body() -> Value {
    json!({
        "name": "2026年第一批托育体验券", "description": "每张券15天，首次入托家庭可领。", "quota": 10,
        "units_per_voucher": 15, "face_value_fen": 8000, "claim_from": "2026-03-01T00:00:00+08:00",
        "claim_until": "2026-06-01T00:00:00+08:00", "valid_days": 90, "first_time_only": false,
        "fund_source": "district", "fund_category": "publicity",
    })
}

/// A body with some members changed.
#[must_use]
pub fn with(mut body: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

impl TestApp {
    /// A confirmed booking with one visit, 08:00 to 17:00, in this state, inserted directly.
    pub async fn visit(&self, place: &Place, family: &Family, date: NaiveDate, status: VisitStatus) -> visits::Model {
        self.visit_with(place, family, date, status, |_| {}).await
    }

    /// The same with changes to the visit.
    pub async fn visit_with(
        &self,
        place: &Place,
        family: &Family,
        date: NaiveDate,
        status: VisitStatus,
        change: impl FnOnce(&mut visits::Model),
    ) -> visits::Model {
        let arrived = matches!(status, VisitStatus::InCare | VisitStatus::Left);
        let at = |minute: MinuteOfDay| quanxiangtuo::platform::clock::instant_at(date, minute);
        let mut visit = visits::Model {
            id: self.id(),
            booking_id: self.id(),
            family_id: family.family_id,
            child_id: family.child_id,
            centre_id: place.centre.id,
            class_id: place.class.id,
            care_type: CareType::FullDay,
            date,
            from_min: hm(8, 0),
            to_min: hm(17, 0),
            status,
            checked_in_at: arrived.then(|| at(hm(8, 5))),
            checked_out_at: (status == VisitStatus::Left).then(|| at(hm(16, 50))),
            amount_fen: None,
            with_voucher: None,
            late_told_at: None,
            collected_by_sealed: None,
            reminded_at: None,
            invited_at: None,
        };
        change(&mut visit);
        let now = self.clock.now();
        let over = matches!(status, VisitStatus::Left | VisitStatus::NoShow);
        self.insert(bookings::Model {
            id: visit.booking_id,
            family_id: visit.family_id,
            child_id: visit.child_id,
            centre_id: visit.centre_id,
            class_id: visit.class_id,
            care_type: visit.care_type,
            status: match status {
                VisitStatus::Cancelled => BookingStatus::Cancelled,
                _ if over => BookingStatus::Completed,
                _ => BookingStatus::Confirmed,
            },
            start_date: date,
            end_date: date,
            total_fen: Fen(8000),
            price_lines: json!([]),
            voucher_id: None,
            replaces_id: None,
            offer_until: None,
            confirm_by: None,
            cutoff_minutes: 120,
            reason: None,
            created_at: now,
            updated_at: now,
        })
        .await;
        self.insert(visit).await
    }

    /// A health check passed at a centre, today.
    pub async fn entry_check(&self, centre_id: CentreId, child_id: ChildId, staff_id: StaffId) {
        self.insert(entry_checks::Model {
            centre_id,
            child_id,
            passed_on: self.clock.today(),
            vaccinated: true,
            staff_id,
            recorded_at: self.clock.now(),
        })
        .await;
    }

    /// An open campaign: 100 vouchers of 15 units at 50 yuan, any filed inclusive centre, every
    /// township and age, district funds, used within 90 days of the claim.
    pub async fn campaign(&self) -> campaigns::Model {
        self.campaign_with(|_| {}).await
    }

    /// The same with changes.
    pub async fn campaign_with(&self, change: impl FnOnce(&mut campaigns::Model)) -> campaigns::Model {
        let now = self.clock.now();
        let mut row = campaigns::Model {
            id: self.id(),
            name: "测试体验券".to_owned(),
            description: "测试用的一批体验券。".to_owned(),
            quota: 100,
            claimed: 0,
            units_per_voucher: 15,
            face_value_fen: Fen(5000),
            claim_from: now - TimeDelta::days(1),
            claim_until: now + TimeDelta::days(60),
            valid_from: None,
            valid_until: None,
            valid_days: Some(90),
            min_age_months: None,
            max_age_months: None,
            first_time_only: false,
            all_centres: true,
            centre_kinds: None,
            offline_daily_units: None,
            fund_source: FundSource::District,
            fund_category: FundCategory::Publicity,
            status: CampaignStatus::Open,
            created_at: now,
            revoked_at: None,
            revoked_on: None,
        };
        change(&mut row);
        self.insert(row).await
    }

    /// Names a centre of a campaign that isn't for all (`all_centres = false`).
    pub async fn campaign_centre(&self, campaign_id: CampaignId, centre_id: CentreId) {
        self.insert(campaign_centres::Model { campaign_id, centre_id }).await;
    }

    /// Names a township of a campaign.
    pub async fn campaign_township(&self, campaign_id: CampaignId, township: &str) {
        self.insert(campaign_townships::Model { campaign_id, township: township.to_owned() }).await;
    }

    /// A voucher claimed now, inserted directly; the campaign's count goes with it.
    pub async fn voucher(&self, campaign: &campaigns::Model, family: &Family) -> vouchers::Model {
        self.voucher_with(campaign, family, |_| {}).await
    }

    /// The same with changes.
    pub async fn voucher_with(
        &self,
        campaign: &campaigns::Model,
        family: &Family,
        change: impl FnOnce(&mut vouchers::Model),
    ) -> vouchers::Model {
        use sea_orm::{ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, sea_query::Expr};
        let today = self.clock.today();
        let days = u64::try_from(campaign.valid_days.unwrap_or(90)).unwrap();
        let mut row = vouchers::Model {
            id: self.id(),
            campaign_id: campaign.id,
            family_id: family.family_id,
            child_id: family.child_id,
            first_time_family_id: campaign.first_time_only.then_some(family.family_id),
            units_total: campaign.units_per_voucher,
            units_used: 0,
            valid_from: campaign.valid_from.unwrap_or(today),
            valid_until: campaign.valid_until.unwrap_or(today + Days::new(days)),
            status: VoucherStatus::Active,
            claimed_at: self.clock.now(),
            revoked_at: None,
            reminded_at: None,
        };
        change(&mut row);
        campaigns::Entity::update_many()
            .col_expr(campaigns::Column::Claimed, Expr::col(campaigns::Column::Claimed).add(1))
            .filter(campaigns::Column::Id.eq(campaign.id))
            .exec(self.db())
            .await
            .unwrap();
        self.insert(row).await
    }

    /// A unit redeemed on a day, inserted directly; the voucher's count isn't touched.
    pub async fn redemption(
        &self,
        voucher: &vouchers::Model,
        centre_id: CentreId,
        service_date: NaiveDate,
        change: impl FnOnce(&mut redemptions::Model),
    ) -> redemptions::Model {
        let mut row = redemptions::Model {
            id: self.id(),
            voucher_id: voucher.id,
            campaign_id: voucher.campaign_id,
            family_id: voucher.family_id,
            child_id: voucher.child_id,
            centre_id,
            staff_id: self.id(),
            visit_id: None,
            care_type: CareType::FullDay,
            service_date,
            redeemed_at: self.clock.now(),
            request_id: String::new(),
            code_hash: vec![1],
            face_value_fen: Fen(5000),
            answer_sealed: vec![1],
            status: RedemptionStatus::Redeemed,
            device: None,
            statement_id: None,
            uploaded_at: None,
        };
        row.request_id = format!("built-{}", row.id);
        change(&mut row);
        self.insert(row).await
    }
}

/// A notice that is only in the family's list.
pub fn notice(id: NoticeId, family_id: FamilyId, subject: String, at: DateTime<Utc>) -> notices::Model {
    notices::Model {
        id,
        family_id,
        kind: "visit_tomorrow".to_owned(),
        subject,
        facts: json!({ "date": "2026-03-03" }),
        at,
        read_at: None,
        child_id: None,
        send_status: None,
        send_after: None,
        send_until: None,
        send_attempts: 0,
        send_error: None,
        sent_at: None,
    }
}
