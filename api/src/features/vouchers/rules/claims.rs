//! Who may claim, and when.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CampaignStatus, campaigns};
use serde::Serialize;

use crate::{
    error::{Code, Problem, Text},
    features::{families::rules::age_months, vouchers::campaign_dto::Availability},
    http::Moment,
    platform::clock::local,
};

/// What decides a claim, beside the campaign itself.
#[derive(Clone, Copy, Debug)]
pub struct Claimant {
    /// Decides the age band.
    pub birth_date: NaiveDate,
    /// Whether the campaign is for the child's township.
    pub in_township: bool,
    /// Whether the child has a voucher of this campaign.
    pub has_one: bool,
    /// Whether the family was served before: a checked-out visit, a redemption, or a voucher of a
    /// first-time campaign.
    pub served: bool,
}

/// Why a family may not claim.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Reason {
    /// `township`, `age` or `first_time`.
    #[schema(value_type = String, example = "age")]
    pub code: &'static str,
    /// In words.
    #[schema(example = "孩子现在20个月，本批次限6至18个月")]
    pub detail: String,
}

/// Why this claim is refused now, if it is. Every reason of `NOT_ELIGIBLE` is given at once.
#[must_use]
pub fn claim_refusal(campaign: &campaigns::Model, claimant: &Claimant, now: DateTime<Utc>) -> Option<Problem> {
    if let Some(refusal) = not_open(campaign, now) {
        return Some(refusal);
    }
    if claimant.has_one {
        return Some(Problem::new(Code::ClaimLimit));
    }
    let reasons = reasons(campaign, claimant, local(now).date_naive());
    if let Some(first) = reasons.first() {
        let zh = reasons.iter().map(|r| r.detail.as_str()).collect::<Vec<_>>().join("；");
        let words = reasons.iter().map(|r| r.code).collect::<Vec<_>>().join(", ");
        tracing::debug!(reason = first.code, "claim not eligible");
        let text = Text::new(format!("暂不符合领取条件：{zh}。"), format!("The conditions aren't met: {words}."));
        return Some(Problem::new(Code::NotEligible).detail(text).fact("reasons", reasons));
    }
    (campaign.claimed >= campaign.quota).then(|| Problem::new(Code::CampaignSoldOut))
}

/// Where a campaign stands for families at `now`.
#[must_use]
pub fn availability(campaign: &campaigns::Model, now: DateTime<Utc>) -> Availability {
    match campaign.status {
        CampaignStatus::Draft | CampaignStatus::Closed => Availability::Ended,
        _ if over(campaign, now).is_some() => Availability::Ended,
        CampaignStatus::Paused => Availability::Paused,
        CampaignStatus::Open if now < campaign.claim_from => Availability::Upcoming,
        CampaignStatus::Open if campaign.claimed >= campaign.quota => Availability::SoldOut,
        CampaignStatus::Open => Availability::Open,
    }
}

/// Why a campaign can't be opened any more, for the bureau; its time is over.
#[must_use]
pub fn over(campaign: &campaigns::Model, now: DateTime<Utc>) -> Option<Text> {
    let ended = campaign.valid_until.filter(|until| *until < local(now).date_naive());
    (now >= campaign.claim_until || ended.is_some()).then(|| {
        Text::new(
            "该批次的领取时间或有效期已过，不能开放，请新建批次。",
            "The time to claim, or the validity, is over: make a new campaign.",
        )
    })
}

/// Why nobody can claim at `now`, sold out apart.
pub fn not_open(campaign: &campaigns::Model, now: DateTime<Utc>) -> Option<Problem> {
    let at = |instant| local(instant).format("%Y年%-m月%-d日 %H:%M");
    let text = match campaign.status {
        CampaignStatus::Open if now < campaign.claim_from => Text::new(
            format!("该批次体验券将于{}开始领取，请届时再来。", at(campaign.claim_from)),
            "Claims haven't begun yet.",
        ),
        CampaignStatus::Open if now >= campaign.claim_until => Text::new(
            format!("该批次体验券的领取已于{}截止，请关注下一批。", at(campaign.claim_until)),
            "Claims have ended.",
        ),
        CampaignStatus::Open => match campaign.valid_until {
            Some(until) if until < local(now).date_naive() => Text::new(
                format!("该批次体验券的有效期已于{until}结束，请关注下一批。"),
                "The vouchers of this campaign are no longer valid.",
            ),
            _ => return None,
        },
        CampaignStatus::Paused => {
            Text::new("该批次体验券暂停领取，请稍后再来。", "This campaign is paused; come back later.")
        }
        _ => Text::new("该批次体验券已结束领取，请关注下一批。", "This campaign is closed."),
    };
    Some(
        Problem::new(Code::CampaignNotOpen)
            .detail(text)
            .fact("campaign_status", campaign.status)
            .fact("claim_from", Moment(campaign.claim_from))
            .fact("claim_until", Moment(campaign.claim_until)),
    )
}

/// Every reason why this claimant isn't one of the campaign's.
#[must_use]
pub fn reasons(campaign: &campaigns::Model, claimant: &Claimant, today: NaiveDate) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !claimant.in_township {
        reasons
            .push(Reason { code: "township", detail: "孩子所在乡镇不在本批次的发放范围".to_owned() });
    }
    let age = age_months(claimant.birth_date, today);
    let (least, most) = (campaign.min_age_months, campaign.max_age_months);
    if least.is_some_and(|least| age < least) || most.is_some_and(|most| age > most) {
        let band = match (least, most) {
            (Some(least), Some(most)) => format!("{least}至{most}个月"),
            (Some(least), None) => format!("满{least}个月"),
            (None, most) => format!("不超过{}个月", most.unwrap_or_default()),
        };
        reasons.push(Reason { code: "age", detail: format!("孩子现在{age}个月，本批次限{band}") });
    }
    if campaign.first_time_only && claimant.served {
        reasons.push(Reason {
            code: "first_time",
            detail: "本批次限首次入托家庭，您家已有托育记录或已领取过首次体验券".to_owned(),
        });
    }
    reasons
}
