//! What a voucher named in a booking pays for.

use entity::{FamilyId, Filed, VoucherStatus};
use sea_orm::ConnectionTrait;

use super::{
    super::{
        dto::BookingIn,
        rules::{price::Cover, stays::Stay},
        store,
    },
    consider::not_found,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{centres::CentrePlan, vouchers::rules::status_on},
    state::Ctx,
};

/// What the voucher of the body pays for; refused where it can't pay for any of the days.
pub(super) async fn cover(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    family: FamilyId,
    body: &BookingIn,
    plan: &CentrePlan,
    stays: &[Stay],
) -> Result<Option<Cover>> {
    let Some(id) = body.voucher_id else { return Ok(None) };
    let (voucher, campaign) = store::voucher(db, family, id).await?.ok_or_else(|| {
        not_found("voucher_id", "没有找到这张体验券，请在“我的券”中核对。", "No such voucher of yours.")
    })?;
    if voucher.child_id != body.child_id {
        return Err(Problem::new(Code::VoucherInvalid)
            .detail(Text::new("该体验券属于另一个孩子，不能转让使用。", "The voucher belongs to another child.")));
    }
    let status = status_on(voucher.status, voucher.valid_until, campaign.revoked_on, ctx.clock.today());
    if status == VoucherStatus::Revoked {
        return Err(Problem::new(Code::VoucherRevoked));
    }
    let covers = |stay: &Stay| (voucher.valid_from..=voucher.valid_until).contains(&stay.date);
    if !stays.is_empty() && !stays.iter().any(covers) {
        let late = stays.iter().any(|stay| stay.date > voucher.valid_until);
        let code = if late { Code::VoucherExpired } else { Code::VoucherNotStarted };
        let (from, until) = (voucher.valid_from, voucher.valid_until);
        return Err(Problem::new(code).detail(Text::new(
            format!("该体验券的有效期为{from}至{until}，不含所选日期。"),
            format!("The voucher is valid from {from} to {until}, on none of these dates."),
        )));
    }
    let may_redeem = plan.row.filed == Filed::Filed
        && plan.row.inclusive_on(ctx.clock.today())
        && plan.row.vouchers_suspended_at.is_none()
        && campaign.centre_kinds.as_ref().is_none_or(|kinds| kinds.0.contains(&plan.row.kind));
    if !may_redeem || !(campaign.all_centres || store::campaign_names(db, campaign.id, plan.row.id).await?) {
        return Err(Problem::new(Code::CentreNotAllowed).detail(Text::new(
            "该体验券不适用于这家机构，请选择券面列出的机构，或不使用体验券预约。",
            "The voucher can't be used at this centre.",
        )));
    }
    let units_left =
        i64::from(voucher.units_total - voucher.units_used) - store::days_on_voucher(db, voucher.id).await?;
    if units_left <= 0 {
        return Err(Problem::new(Code::VoucherExhausted).detail(Text::new(
            "该体验券的天数已用完或已用于其他预约。",
            "All units are used or promised to bookings.",
        )));
    }
    let promised = match (stays.first(), stays.last()) {
        (Some(first), Some(last)) => store::days_promised(db, body.child_id, (first.date, last.date)).await?,
        _ => Vec::new(),
    };
    let (from, until) = (voucher.valid_from, voucher.valid_until);
    let cover = Cover { face_value: campaign.face_value_fen, units_left, from, until, promised };
    if !stays.is_empty() && !stays.iter().any(|stay| cover.covers(stay.date)) {
        return Err(Problem::new(Code::VoucherExhausted).detail(Text::new(
            "所选日期已有预约使用体验券（每个孩子每天限用一次），请改选其他日期，或不使用体验券预约。",
            "Another booking uses a voucher on these dates: one a child and day.",
        )));
    }
    Ok(Some(cover))
}
