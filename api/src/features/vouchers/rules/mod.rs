//! Pure rules of claims and redemptions. What a campaign must be like is in [`super::draft`].

mod claims;
mod redemptions;

use chrono::NaiveDate;
use entity::{VoucherStatus, campaigns, vouchers};

pub use self::{claims::*, redemptions::*};
use crate::error::{Code, Problem, Text};

/// First and last day of a voucher claimed on `today`.
#[must_use]
pub fn validity(campaign: &campaigns::Model, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let days = u64::try_from(campaign.valid_days.unwrap_or(1) - 1).unwrap_or(0);
    let counted = today.checked_add_days(chrono::Days::new(days)).unwrap_or(today);
    (campaign.valid_from.unwrap_or(today), campaign.valid_until.unwrap_or(counted))
}

/// A voucher's status on `today`, from what is stored. One that was still good on the day its
/// campaign was revoked (`revoked_on`) is `revoked`; past its last day an active one is `expired`.
#[must_use]
pub fn status_on(
    stored: VoucherStatus,
    valid_until: NaiveDate,
    revoked_on: Option<NaiveDate>,
    today: NaiveDate,
) -> VoucherStatus {
    match stored {
        VoucherStatus::Active if revoked_on.is_some_and(|day| day <= valid_until) => VoucherStatus::Revoked,
        VoucherStatus::Active if valid_until < today => VoucherStatus::Expired,
        status => status,
    }
}

/// Why a voucher of this `status` has no code to show. Before its first day it has one: the desk
/// says so.
#[must_use]
pub fn code_refusal(voucher: &vouchers::Model, status: VoucherStatus) -> Option<Problem> {
    match status {
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

#[cfg(test)]
pub(super) mod tests;
