//! Revoking a voucher, a campaign with all its vouchers, and a centre's right to redeem any: each
//! holds from the next scan on, for a scan reads the database.

use entity::{CampaignId, CentreId, VoucherId, VoucherStatus};
use serde_json::json;

use super::{
    super::{
        campaign_dto::BureauCampaignOut,
        revocation_dto::{SuspensionOut, VoucherRevokedOut},
        rules,
        store::{campaigns, centres, vouchers},
    },
    campaigns::read_in,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Reason},
        auth::Bureau,
        centres::store::touch,
    },
    http::{Idempotency, Moment, Once, once},
    state::Ctx,
};

/// Revokes a voucher that can still be used.
pub async fn revoke_voucher(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: VoucherId,
    reason: &str,
) -> Result<Once<VoucherRevokedOut>> {
    once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        let (now, today) = (ctx.clock.now(), ctx.clock.today());
        if !vouchers::revoke(txn, id, today, now).await? {
            let found = vouchers::with_revocation(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            let row = found.voucher;
            let status = rules::status_on(row.status, row.valid_until, found.revoked_on, today);
            let text = Text::new(
                format!("该体验券当前为“{}”，不能作废。", status.zh()),
                format!("The voucher is {status}; it can't be revoked."),
            );
            return Err(Problem::new(Code::WrongState).detail(text).fact("voucher_status", status));
        }
        let child = vouchers::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?.child_id;
        let (deed, reason) = (("voucher.revoke", id.to_string()), Reason { child, text: reason });
        audit::record_reasoned(ctx, txn, bureau.into(), deed, json!({}), reason).await?;
        Ok(VoucherRevokedOut { id, status: VoucherStatus::Revoked, revoked_at: Moment(now) })
    })
    .await
}

/// Revokes a campaign: nobody claims, and its vouchers that are still good are redeemed no more.
/// What was redeemed stays.
pub async fn revoke_campaign(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: CampaignId,
    reason: &str,
) -> Result<Once<BureauCampaignOut>> {
    let done = once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        if !campaigns::revoke(txn, id, ctx.clock.today(), ctx.clock.now()).await? {
            let row = campaigns::one(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            let text = if row.revoked_at.is_some() {
                Text::new("该批次已作废，无需再次操作。", "The campaign was revoked before.")
            } else {
                Text::new("草稿还没有发放，不需要作废。", "A draft has given out nothing: there is nothing to revoke.")
            };
            return Err(Problem::new(Code::WrongState).detail(text).fact("campaign_status", row.status));
        }
        let detail = json!({ "reason": reason });
        audit::record(ctx, txn, bureau.into(), "campaign.revoke", id.to_string(), detail).await?;
        read_in(ctx, txn, id).await
    })
    .await?;
    ctx.gate.changed(ctx, id).await;
    Ok(done)
}

/// Lets a centre redeem no vouchers, or lets it again.
pub async fn suspend_centre(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: CentreId,
    suspend: bool,
    reason: &str,
) -> Result<Once<SuspensionOut>> {
    once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        let now = ctx.clock.now();
        if !centres::suspend(txn, id, suspend.then_some(now)).await? {
            let suspended_at = centres::suspended_at(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            let text = if suspended_at.is_some() {
                Text::new("该机构的核销资格已被暂停。", "The centre's vouchers are suspended already.")
            } else {
                Text::new("该机构的核销资格没有被暂停。", "The centre's vouchers aren't suspended.")
            };
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        touch(txn, Some(id), now).await?;
        let action = if suspend { "centre.suspend_vouchers" } else { "centre.resume_vouchers" };
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), json!({ "reason": reason })).await?;
        Ok(SuspensionOut { centre_id: id, vouchers_suspended_at: suspend.then_some(Moment(now)) })
    })
    .await
}
