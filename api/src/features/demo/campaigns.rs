//! The open campaign, and one of the past with its vouchers and redemptions.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use entity::{
    CampaignId, CampaignStatus, ChildId, Fen, Filed, FundCategory, FundSource, MinuteOfDay, RedemptionStatus,
    VoucherId, VoucherStatus, campaign_centres, campaigns, redemptions, visits, vouchers,
};

use super::{
    mint,
    people::{self, Past},
    site,
    sites::{self, SITES},
};
use crate::platform::{
    clock::instant_at,
    crypto::{Keyring, sha256},
};

/// What a centre is paid for a unit.
const FACE_VALUE: Fen = Fen(8000);
/// The past campaign's vouchers: units, and the days before today between which they were valid.
const PAST_UNITS: i32 = 5;
const PAST_VALID: (u64, u64) = (175, 60);

#[derive(Default)]
pub(super) struct Campaigns {
    pub(super) campaigns: Vec<campaigns::Model>,
    pub(super) centres: Vec<campaign_centres::Model>,
    pub(super) vouchers: Vec<vouchers::Model>,
    pub(super) redemptions: Vec<redemptions::Model>,
}

/// The campaigns; the past one was claimed by the families of the desk centre and redeemed there
/// on their days of care.
pub(super) fn rows(keys: &Keyring, today: NaiveDate, past: &[Past], care: &[visits::Model]) -> Campaigns {
    let day = |before: u64, hour: i32| instant_at(today - Days::new(before), MinuteOfDay::hm(hour, 0));
    let mut all = Campaigns::default();
    let (old_id, new_id): (CampaignId, CampaignId) = (
        mint::id(site::founded(), "campaign/past"),
        mint::id(site::founded() + chrono::TimeDelta::days(1), "campaign/open"),
    );
    let eligible = SITES.iter().filter(|s| s.filed == Filed::Filed && s.inclusive() && s.key != sites::OUTSIDE);
    for site in eligible {
        for campaign_id in [old_id, new_id] {
            all.centres.push(campaign_centres::Model { campaign_id, centre_id: site.id() });
        }
    }
    let mut used: HashMap<ChildId, i32> = HashMap::new();
    let (from, until) = (today - Days::new(PAST_VALID.0), today - Days::new(PAST_VALID.1));
    let desk = SITES.iter().find(|site| site.key == sites::DESK);
    for visit in care.iter().filter(|v| Some(v.centre_id) == desk.map(site::Site::id)) {
        let units = used.entry(visit.child_id).or_default();
        if visit.date < from || visit.date > until || *units >= PAST_UNITS {
            continue;
        }
        *units += 1;
        let redeemed_at = instant_at(visit.date, visit.from_min) + chrono::TimeDelta::minutes(5);
        let request_id = format!("demo-{}", visit.id.0.simple());
        all.redemptions.push(redemptions::Model {
            id: mint::id(redeemed_at, &request_id),
            voucher_id: voucher_id(visit.child_id, today),
            campaign_id: old_id,
            family_id: visit.family_id,
            child_id: visit.child_id,
            centre_id: visit.centre_id,
            staff_id: people::staff_id("carer"),
            visit_id: Some(visit.id),
            care_type: visit.care_type,
            service_date: visit.date,
            redeemed_at,
            // Nobody sends this again, so the answer is only a token.
            answer_sealed: keys.seal("redemptions.answer", b"{}"),
            code_hash: sha256(&[request_id.as_bytes()]),
            request_id,
            face_value_fen: FACE_VALUE,
            status: RedemptionStatus::Redeemed,
            device: None,
            statement_id: None,
            uploaded_at: None,
        });
    }
    for family in past.iter().filter(|p| p.site.key == sites::DESK) {
        let units_used = used.get(&family.child).copied().unwrap_or(0);
        all.vouchers.push(vouchers::Model {
            id: voucher_id(family.child, today),
            campaign_id: old_id,
            family_id: family.family,
            child_id: family.child,
            first_time_family_id: None,
            units_total: PAST_UNITS,
            units_used,
            valid_from: from,
            valid_until: until,
            status: if units_used == PAST_UNITS { VoucherStatus::Used } else { VoucherStatus::Active },
            claimed_at: day(PAST_VALID.0, 10),
            revoked_at: None,
            reminded_at: None,
        });
    }
    let open = campaigns::Model {
        id: new_id,
        name: "“泉享托”托育体验券（演示）".to_owned(),
        description:
            "面向全区6至36个月婴幼儿家庭，每名孩子可领1张，含15个免费托育日，在参与的普惠托育机构出示券码使用。"
                .to_owned(),
        quota: 500,
        claimed: 0,
        units_per_voucher: 15,
        face_value_fen: FACE_VALUE,
        claim_from: day(7, 9),
        claim_until: instant_at(today + Days::new(365), MinuteOfDay::hm(18, 0)),
        valid_from: None,
        valid_until: None,
        valid_days: Some(90),
        min_age_months: Some(6),
        max_age_months: Some(35),
        first_time_only: false,
        all_centres: false,
        centre_kinds: None,
        offline_daily_units: Some(10),
        fund_source: FundSource::District,
        fund_category: FundCategory::Publicity,
        status: CampaignStatus::Open,
        created_at: day(10, 9),
        revoked_at: None,
        revoked_on: None,
    };
    let closed = campaigns::Model {
        id: old_id,
        name: "“泉享托”托育体验券首批（演示，已结束）".to_owned(),
        description: "首批体验券，每张5个免费托育日，已停止发放。".to_owned(),
        quota: 60,
        claimed: i32::try_from(all.vouchers.len()).unwrap_or(0),
        units_per_voucher: PAST_UNITS,
        claim_from: day(PAST_VALID.0 + 5, 9),
        claim_until: day(PAST_VALID.1 + 30, 18),
        valid_from: Some(from),
        valid_until: Some(until),
        valid_days: None,
        status: CampaignStatus::Closed,
        created_at: day(PAST_VALID.0 + 10, 9),
        ..open.clone()
    };
    all.campaigns = vec![closed, open];
    all
}

fn voucher_id(child: ChildId, today: NaiveDate) -> VoucherId {
    let claimed_at = instant_at(today - Days::new(PAST_VALID.0), MinuteOfDay::hm(10, 0));
    mint::id(claimed_at, &format!("voucher/{child}"))
}
