use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::{CampaignStatus, Fen, FundCategory, FundSource};
use uuid::Uuid;

use super::*;
use crate::features::vouchers::campaign_dto::Availability;
use entity::{Band, Filed, class_rules, classes, vouchers};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn noon() -> DateTime<Utc> {
    "2026-03-02T04:00:00Z".parse().unwrap()
}

pub(in super::super) fn campaign() -> campaigns::Model {
    campaigns::Model {
        id: Uuid::nil().into(),
        name: "第一批".to_owned(),
        description: String::new(),
        quota: 10,
        claimed: 0,
        units_per_voucher: 15,
        face_value_fen: Fen(8000),
        claim_from: noon() - TimeDelta::days(1),
        claim_until: noon() + TimeDelta::days(1),
        valid_from: None,
        valid_until: None,
        valid_days: Some(30),
        min_age_months: Some(6),
        max_age_months: Some(18),
        first_time_only: true,
        all_centres: true,
        centre_kinds: None,
        offline_daily_units: None,
        fund_source: FundSource::District,
        fund_category: FundCategory::Publicity,
        status: CampaignStatus::Open,
        created_at: noon(),
        revoked_at: None,
        revoked_on: None,
    }
}

/// 18 months old on the day.
fn claimant() -> Claimant {
    Claimant { birth_date: day("2024-09-02"), in_township: true, has_one: false, served: false }
}

fn refused(campaign: &campaigns::Model, claimant: &Claimant) -> Option<Code> {
    claim_refusal(campaign, claimant, noon()).map(|problem| problem.code())
}

#[test]
fn a_claim_needs_an_open_campaign_in_its_window() {
    assert_eq!(refused(&campaign(), &claimant()), None);
    for status in [CampaignStatus::Draft, CampaignStatus::Paused, CampaignStatus::Closed] {
        assert_eq!(refused(&campaigns::Model { status, ..campaign() }, &claimant()), Some(Code::CampaignNotOpen));
    }
    let later = campaigns::Model { claim_from: noon() + TimeDelta::milliseconds(1), ..campaign() };
    let over = campaigns::Model { claim_until: noon(), ..campaign() };
    assert_eq!(refused(&later, &claimant()), Some(Code::CampaignNotOpen));
    assert_eq!(refused(&over, &claimant()), Some(Code::CampaignNotOpen));
}

#[test]
fn both_ends_of_the_age_band_are_included() {
    let aged = |birth: &str| refused(&campaign(), &Claimant { birth_date: day(birth), ..claimant() });
    assert_eq!(aged("2024-09-02"), None, "18 months");
    assert_eq!(aged("2024-08-03"), None, "18 months, a day before 19");
    assert_eq!(aged("2024-08-02"), Some(Code::NotEligible), "19 months");
    assert_eq!(aged("2025-09-02"), None, "6 months");
    assert_eq!(aged("2025-09-03"), Some(Code::NotEligible), "5 months");
}

#[test]
fn every_reason_is_given_at_once() {
    let all = Claimant { birth_date: day("2023-04-01"), in_township: false, has_one: false, served: true };
    let problem = claim_refusal(&campaign(), &all, noon()).unwrap();
    let facts = format!("{problem:?}");
    for word in ["township", "age", "first_time"] {
        assert!(facts.contains(&format!("\"{word}\"")), "{word}: {facts}");
    }
    let open_to_all = campaigns::Model { first_time_only: false, ..campaign() };
    assert_eq!(refused(&open_to_all, &Claimant { served: true, ..claimant() }), None);
}

#[test]
fn a_child_with_a_voucher_is_told_so_before_anything_about_the_rest() {
    let sold_out = campaigns::Model { claimed: 10, ..campaign() };
    assert_eq!(refused(&sold_out, &claimant()), Some(Code::CampaignSoldOut));
    assert_eq!(refused(&sold_out, &Claimant { has_one: true, served: true, ..claimant() }), Some(Code::ClaimLimit));
}

#[test]
fn days_of_validity_count_the_day_of_the_claim() {
    let today = day("2026-03-02");
    assert_eq!(validity(&campaign(), today), (today, day("2026-03-31")));
    let dates = campaigns::Model {
        valid_from: Some(day("2026-04-01")),
        valid_until: Some(day("2026-06-30")),
        valid_days: None,
        ..campaign()
    };
    assert_eq!(validity(&dates, today), (day("2026-04-01"), day("2026-06-30")));
}

fn voucher(status: VoucherStatus, valid_until: NaiveDate) -> vouchers::Model {
    vouchers::Model {
        id: Uuid::nil().into(),
        campaign_id: Uuid::nil().into(),
        family_id: Uuid::nil().into(),
        child_id: Uuid::nil().into(),
        first_time_family_id: None,
        units_total: 15,
        units_used: 3,
        valid_from: day("2026-03-01"),
        valid_until,
        status,
        claimed_at: noon(),
        revoked_at: None,
        reminded_at: None,
    }
}

#[test]
fn a_voucher_is_expired_the_day_after_its_last() {
    let today = day("2026-03-02");
    let yesterday = today - Days::new(1);
    let status = |stored, until, revoked_on| status_on(stored, until, revoked_on, today);
    assert_eq!(status(VoucherStatus::Active, today, None), VoucherStatus::Active);
    assert_eq!(status(VoucherStatus::Active, yesterday, None), VoucherStatus::Expired);
    assert_eq!(status(VoucherStatus::Revoked, yesterday, None), VoucherStatus::Revoked);
    let code = |v: vouchers::Model| {
        let status = status_on(v.status, v.valid_until, None, today);
        code_refusal(&v, status).map(|problem| problem.code())
    };
    assert_eq!(code(voucher(VoucherStatus::Active, today)), None);
    assert_eq!(code(voucher(VoucherStatus::Active, yesterday)), Some(Code::VoucherExpired));
    assert_eq!(code(voucher(VoucherStatus::Used, today)), Some(Code::VoucherExhausted));
    assert_eq!(code(voucher(VoucherStatus::Revoked, today)), Some(Code::VoucherRevoked));
}

#[test]
fn a_campaigns_revocation_takes_the_vouchers_that_were_still_good() {
    let (today, yesterday) = (day("2026-03-02"), day("2026-03-01"));
    let status = |stored, until, revoked_on| status_on(stored, until, Some(revoked_on), today);
    assert_eq!(status(VoucherStatus::Active, today, today), VoucherStatus::Revoked);
    assert_eq!(status(VoucherStatus::Active, yesterday, yesterday), VoucherStatus::Revoked);
    assert_eq!(status(VoucherStatus::Active, yesterday, today), VoucherStatus::Expired, "over before it was revoked");
    assert_eq!(status(VoucherStatus::Used, today, today), VoucherStatus::Used);
}

#[test]
fn a_campaigns_story_follows_its_state_its_window_and_what_is_left() {
    let at = |campaign: campaigns::Model| availability(&campaign, noon());
    assert_eq!(at(campaign()), Availability::Open);
    assert_eq!(at(campaigns::Model { claimed: 10, ..campaign() }), Availability::SoldOut);
    assert_eq!(at(campaigns::Model { status: CampaignStatus::Paused, ..campaign() }), Availability::Paused);
    assert_eq!(at(campaigns::Model { status: CampaignStatus::Closed, ..campaign() }), Availability::Ended);
    assert_eq!(at(campaigns::Model { claim_until: noon(), ..campaign() }), Availability::Ended);
    let later = noon() + TimeDelta::seconds(1);
    assert_eq!(at(campaigns::Model { claim_from: later, claimed: 10, ..campaign() }), Availability::Upcoming);
}

#[test]
fn a_redemption_is_checked_in_the_order_of_the_domain() {
    let today = day("2026-03-02");
    let earlier = RedeemedToday {
        at: "2026-03-02T00:12:00Z".parse().unwrap(),
        centre_id: Uuid::nil().into(),
        centre_name: "邻里托育点".to_owned(),
        here: true,
    };
    let good_centre = CentreToday {
        active: true,
        suspended: false,
        filed: Filed::Filed,
        inclusive_from: Some(day("2026-01-01")),
        inclusive_until: Some(today),
        in_campaign: true,
    };
    // Everything is wrong; put right one by one, the next refusal shows.
    let mut facts = Redeeming {
        status: VoucherStatus::Revoked,
        valid_from: day("2026-03-03"),
        valid_until: day("2026-03-01"),
        units_total: 1,
        units_used: 1,
        centre: CentreToday { in_campaign: false, ..good_centre },
        birth_date: day("2025-11-02"),
        class: None,
        earlier: Some(&earlier),
    };
    let code = |facts: &Redeeming<'_>| redemption_check(facts, today).map_err(|problem| problem.code());
    assert_eq!(code(&facts), Err(Code::VoucherRevoked));
    facts.status = VoucherStatus::Used;
    assert_eq!(code(&facts), Err(Code::VoucherNotStarted));
    facts.valid_from = today;
    assert_eq!(code(&facts), Err(Code::VoucherExpired));
    facts.valid_until = today;
    assert_eq!(code(&facts), Err(Code::CentreNotAllowed));
    facts.centre = CentreToday { filed: Filed::Revoked, ..good_centre };
    assert_eq!(code(&facts), Err(Code::CentreNotAllowed));
    facts.centre = CentreToday { inclusive_until: Some(day("2026-03-01")), ..good_centre };
    assert_eq!(code(&facts), Err(Code::CentreNotAllowed));
    facts.centre = CentreToday { suspended: true, ..good_centre };
    assert_eq!(code(&facts), Err(Code::CentreNotAllowed));
    facts.centre = good_centre;
    assert_eq!(code(&facts), Err(Code::AgeClassMismatch));
    facts.class = Some(Band::Infant);
    assert_eq!(code(&facts), Err(Code::AlreadyRedeemedToday));
    facts.earlier = None;
    assert_eq!(code(&facts), Err(Code::VoucherExhausted));
    facts.units_used = 0;
    assert_eq!(code(&facts), Ok(Band::Infant));
}

#[test]
fn a_second_scan_says_when_and_where_the_first_was() {
    let earlier = |here| RedeemedToday {
        at: "2026-03-02T00:12:00Z".parse().unwrap(),
        centre_id: Uuid::nil().into(),
        centre_name: "邻里托育点".to_owned(),
        here,
    };
    let here = format!("{:?}", redemptions::already_redeemed(&earlier(true)));
    assert!(here.contains("今天 08:12 已在本机构核销过"), "{here}");
    let there = format!("{:?}", redemptions::already_redeemed(&earlier(false)));
    assert!(there.contains("已在「邻里托育点」核销过"), "{there}");
}

#[test]
fn a_class_of_one_band_goes_before_a_mixed_one() {
    let rule = |band, min_months, max_months| class_rules::Model {
        band,
        valid_from: day("2020-01-01"),
        min_months,
        max_months,
        max_places: 10,
        per_carer: 5,
        source: String::new(),
    };
    let rules = [rule(Band::ToddlerSmall, 12, 24), rule(Band::Mixed, 18, 36), rule(Band::Infant, 6, 12)];
    let class = |band, active| classes::Model {
        id: Uuid::nil().into(),
        centre_id: Uuid::nil().into(),
        name: String::new(),
        band,
        places: 10,
        carers: 2,
        kept_full_day: 0,
        active,
    };
    let classes = [class(Band::Mixed, true), class(Band::ToddlerSmall, true), class(Band::Infant, false)];
    let fit = |birth: &str| fitting_class(&classes, &rules, 0, day(birth), day("2026-03-02"));
    assert_eq!(fit("2024-09-02"), Some(Band::ToddlerSmall));
    assert_eq!(fit("2024-02-02"), Some(Band::Mixed));
    assert_eq!(fit("2025-06-02"), None, "the infants' class is no longer run");
}
