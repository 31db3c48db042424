//! What may be redeemed today, where, and for which class.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{Band, CentreId, Filed, VoucherStatus, class_rules, classes};

use super::{exhausted, expired};
use crate::{
    error::{Code, Problem, Text},
    features::{
        centres::rules::{age_fits, class_rule},
        families::rules::age_months,
    },
    http::Moment,
    platform::clock::local,
};

/// What decides whether a centre may redeem, from its stored row.
#[derive(Clone, Copy, Debug)]
pub struct CentreToday {
    /// In operation.
    pub active: bool,
    /// The bureau lets it redeem no vouchers for now.
    pub suspended: bool,
    /// Registration.
    pub filed: Filed,
    /// First day of recognition as inclusive.
    pub inclusive_from: Option<NaiveDate>,
    /// Last day, if it ends.
    pub inclusive_until: Option<NaiveDate>,
    /// The campaign is for every centre, or for this kind, or names this one.
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
    /// As stored, or `revoked` with its campaign.
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
    } else if centre.suspended {
        (
            "suspended",
            "本机构的体验券核销资格已被暂停，不能核销，请联系区民生保障局。",
            "The bureau has suspended vouchers at this centre.",
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

pub(super) fn already_redeemed(earlier: &RedeemedToday) -> Problem {
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
        .keeping(earlier.centre_name.clone())
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
