//! Pure rules of claims and redemptions. What a campaign must be like is in [`super::draft`].

use chrono::{DateTime, NaiveDate, Utc};
use entity::{Band, CampaignStatus, CentreId, Filed, VoucherStatus, campaigns, class_rules, classes, vouchers};
use serde::Serialize;

use crate::{
    error::{Code, Problem, Text},
    features::{
        centres::rules::{age_fits, class_rule},
        families::rules::age_months,
    },
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

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    detail: String,
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

fn not_open(campaign: &campaigns::Model, now: DateTime<Utc>) -> Option<Problem> {
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

fn reasons(campaign: &campaigns::Model, claimant: &Claimant, today: NaiveDate) -> Vec<Reason> {
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

/// First and last day of a voucher claimed on `today`.
#[must_use]
pub fn validity(campaign: &campaigns::Model, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let days = u64::try_from(campaign.valid_days.unwrap_or(1) - 1).unwrap_or(0);
    let counted = today.checked_add_days(chrono::Days::new(days)).unwrap_or(today);
    (campaign.valid_from.unwrap_or(today), campaign.valid_until.unwrap_or(counted))
}

/// A voucher's status on `today`: past its last day an active one is `expired`.
#[must_use]
pub fn status_on(voucher: &vouchers::Model, today: NaiveDate) -> VoucherStatus {
    match voucher.status {
        VoucherStatus::Active if voucher.valid_until < today => VoucherStatus::Expired,
        status => status,
    }
}

/// Why a voucher has no code to show on `today`. Before its first day it has one: the desk says so.
#[must_use]
pub fn code_refusal(voucher: &vouchers::Model, today: NaiveDate) -> Option<Problem> {
    match status_on(voucher, today) {
        VoucherStatus::Active => None,
        VoucherStatus::Revoked => Some(Problem::new(Code::VoucherRevoked)),
        VoucherStatus::Expired => Some(expired(voucher.valid_until)),
        VoucherStatus::Used => Some(exhausted(voucher.units_total)),
    }
}

fn expired(until: NaiveDate) -> Problem {
    let text = Text::new(
        format!("该体验券已于{}到期，不能再使用。", until.format("%Y年%-m月%-d日")),
        format!("The voucher was valid until {until}."),
    );
    Problem::new(Code::VoucherExpired).detail(text).fact("valid_until", until)
}

fn exhausted(total: i32) -> Problem {
    let text =
        Text::new(format!("该体验券的{total}天已全部用完。"), format!("All {total} units of the voucher are used."));
    Problem::new(Code::VoucherExhausted).detail(text).fact("units_total", total)
}

/// What decides whether a centre may redeem, from its stored row.
#[derive(Clone, Copy, Debug)]
pub struct CentreToday {
    /// In operation.
    pub active: bool,
    /// Registration.
    pub filed: Filed,
    /// First day of recognition as inclusive.
    pub inclusive_from: Option<NaiveDate>,
    /// Last day, if it ends.
    pub inclusive_until: Option<NaiveDate>,
    /// The campaign is for every centre, or names this one.
    pub in_campaign: bool,
}

/// The redemption that a child had today.
#[derive(Clone, Debug)]
pub struct RedeemedToday {
    /// When.
    pub at: DateTime<Utc>,
    /// Where.
    pub centre_id: CentreId,
    /// The centre's name.
    pub centre_name: String,
    /// Whether it is the centre that asks.
    pub here: bool,
}

/// Everything that decides a redemption once the code was read.
#[derive(Clone, Debug)]
pub struct Redeeming<'a> {
    /// As stored.
    pub status: VoucherStatus,
    /// First day of use.
    pub valid_from: NaiveDate,
    /// Last day of use.
    pub valid_until: NaiveDate,
    /// Care days in all.
    pub units_total: i32,
    /// Care days used.
    pub units_used: i32,
    /// The desk's centre.
    pub centre: CentreToday,
    /// Decides the class.
    pub birth_date: NaiveDate,
    /// A class here that fits the child's age.
    pub class: Option<Band>,
    /// What was redeemed for the child today.
    pub earlier: Option<&'a RedeemedToday>,
}

/// Why this redemption is refused today, in the order of `domain.md`, or the class it is for.
pub fn redemption_check(facts: &Redeeming<'_>, today: NaiveDate) -> Result<Band, Problem> {
    if facts.status == VoucherStatus::Revoked {
        return Err(Problem::new(Code::VoucherRevoked));
    }
    if today < facts.valid_from {
        let text = Text::new(
            format!("该体验券自{}起可使用，请届时再来。", facts.valid_from.format("%Y年%-m月%-d日")),
            format!("The voucher is valid from {}.", facts.valid_from),
        );
        return Err(Problem::new(Code::VoucherNotStarted).detail(text).fact("valid_from", facts.valid_from));
    }
    if facts.valid_until < today {
        return Err(expired(facts.valid_until));
    }
    if let Some(refusal) = centre_refusal(&facts.centre, today) {
        return Err(refusal);
    }
    let Some(class) = facts.class else {
        let age = age_months(facts.birth_date, today);
        let text = Text::new(
            format!("孩子现在{age}个月，本机构没有适合该月龄的班级，不能核销。"),
            format!("No class here takes a child of {age} months."),
        );
        return Err(Problem::new(Code::AgeClassMismatch).detail(text).fact("age_months", age));
    };
    if let Some(earlier) = facts.earlier {
        return Err(already_redeemed(earlier));
    }
    if facts.units_used >= facts.units_total {
        return Err(exhausted(facts.units_total));
    }
    Ok(class)
}

fn centre_refusal(centre: &CentreToday, today: NaiveDate) -> Option<Problem> {
    let inclusive = centre.inclusive_from.is_some_and(|from| from <= today)
        && centre.inclusive_until.is_none_or(|until| today <= until);
    let (reason, zh, en) = if !centre.in_campaign {
        (
            "not_in_campaign",
            "本机构不在该批次体验券的适用范围内，不能核销，请告知家长可用的机构。",
            "This centre isn't one of the campaign's.",
        )
    } else if !centre.active || centre.filed != Filed::Filed {
        ("not_filed", "本机构当前未完成备案，不能核销体验券，请联系区民生保障局。", "This centre isn't filed today.")
    } else if !inclusive {
        (
            "not_inclusive",
            "本机构今天不在普惠认定有效期内，不能核销体验券，请联系区民生保障局。",
            "This centre isn't recognised as inclusive today.",
        )
    } else {
        return None;
    };
    Some(Problem::new(Code::CentreNotAllowed).detail(Text::new(zh, en)).fact("reason", reason))
}

fn already_redeemed(earlier: &RedeemedToday) -> Problem {
    let time = local(earlier.at).format("%H:%M");
    let text = if earlier.here {
        Text::new(
            format!("该儿童今天 {time} 已在本机构核销过，无需重复核销。"),
            format!("Already redeemed today at {time}, at this centre."),
        )
    } else {
        Text::new(
            format!("该儿童今天 {time} 已在「{}」核销过，每天只能核销一次。", earlier.centre_name),
            format!("Already redeemed today at {time}, at another centre."),
        )
    };
    Problem::new(Code::AlreadyRedeemedToday)
        .detail(text)
        .fact("redeemed_at", Moment(earlier.at))
        .fact("centre_id", earlier.centre_id)
        .fact("centre_name", &earlier.centre_name)
}

/// The class of a centre that takes a child born on `birth` on `day`; one of a single band goes
/// before a mixed one.
#[must_use]
pub fn fitting_class(
    classes: &[classes::Model],
    rules: &[class_rules::Model],
    grace: i32,
    birth: NaiveDate,
    day: NaiveDate,
) -> Option<Band> {
    let fits = |band| class_rule(rules, band, day).is_some_and(|rule| age_fits(rule, grace, birth, day));
    classes.iter().filter(|class| class.active).map(|class| class.band).filter(|band| fits(*band)).min()
}

#[cfg(test)]
mod tests;
