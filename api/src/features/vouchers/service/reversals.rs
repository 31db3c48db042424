//! Reversals: a mistake at the desk is undone by a second row, and the unit returns.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{CentreId, RedemptionId, RedemptionStatus, redemption_reversals, redemptions};
use serde_json::json;

use super::super::{
    reversal_dto::ReversalOut,
    store::{redemptions as rows, vouchers},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor, Reason},
        ratings::reversed,
        support,
    },
    http::{Idempotency, Moment, Once, once},
    platform::clock::local,
    state::Ctx,
};

/// How long a centre may reverse its own redemptions; the bureau may later (`domain.md`, Vouchers).
pub const CENTRE_MAY_REVERSE: TimeDelta = TimeDelta::minutes(30);

/// Reverses a redemption. A centre (`actor.centre_id`) finds only its own, and only for half an hour. What the
/// family said of that day leaves the figures with it.
pub async fn reverse(
    ctx: &Ctx,
    actor: Actor,
    idempotency: &Idempotency,
    id: RedemptionId,
    reason: &str,
) -> Result<Once<ReversalOut>> {
    let mut unrated = None;
    let done = once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let row = rows::one(txn, id, actor.centre_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let now = ctx.clock.now();
        check_in_time(&row, actor.centre_id, now)?;
        let reversal = redemption_reversals::Model {
            id: ctx.clock.id(),
            redemption_id: id,
            staff_id: actor.staff_id,
            centre_id: actor.centre_id,
            reason: reason.to_owned(),
            reversed_at: now,
        };
        let reversal_id = reversal.id;
        if !rows::reverse(txn, reversal).await? {
            let now = rows::one(txn, id, actor.centre_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            if now.status == RedemptionStatus::Redeemed {
                let text = Text::new(
                    "这次核销已进入定稿的结算单，不能撤销；请由区民生保障局新增调整，计入下一期。",
                    "A frozen statement holds this redemption: the bureau makes an adjustment instead.",
                );
                return Err(Problem::new(Code::StatementFrozen).detail(text).fact("statement_id", now.statement_id));
            }
            let text = Text::new("这次核销已撤销，无需再次操作。", "The redemption was reversed before.");
            return Err(Problem::new(Code::WrongState).detail(text).fact("state", RedemptionStatus::Reversed));
        }
        if reversed::without_care(ctx, txn, &row, actor.centre_id.is_some()).await? {
            unrated = Some(row.clone());
        }
        if !vouchers::give_one_back(txn, row.voucher_id).await? {
            return Err(Problem::internal("a redeemed unit isn't among the voucher's used ones"));
        }
        support::attendance_changed(ctx, txn, (row.centre_id, row.child_id), row.service_date).await?;
        let voucher = vouchers::one(txn, row.voucher_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let detail = json!({ "voucher_id": row.voucher_id, "service_date": row.service_date });
        let (deed, reason) = (("redemption.reverse", id.to_string()), Reason { child: row.child_id, text: reason });
        audit::record_reasoned(ctx, txn, actor, deed, detail, reason).await?;
        let units_left = voucher.units_total - voucher.units_used;
        Ok(ReversalOut {
            id: reversal_id,
            redemption_id: id,
            voucher_id: row.voucher_id,
            units_left,
            reversed_at: Moment(now),
            message: format!("已撤销 {} 的核销，体验券还剩{units_left}天。", row.service_date),
        })
    })
    .await?;
    if let Some(day) = unrated {
        reversed::shown(ctx, &day).await;
    }
    Ok(done)
}

fn check_in_time(row: &redemptions::Model, centre: Option<CentreId>, now: DateTime<Utc>) -> Result<()> {
    // A scan made without network can be seen to be wrong only once it is uploaded.
    let until = row.uploaded_at.unwrap_or(row.redeemed_at) + CENTRE_MAY_REVERSE;
    if centre.is_none() || now < until || row.status == RedemptionStatus::Reversed {
        return Ok(());
    }
    let shown = local(until).format("%H:%M");
    let text = Text::new(
        format!("机构只能在核销后30分钟内撤销（{shown} 前），请联系区民生保障局处理。"),
        format!("A centre may reverse within 30 minutes (until {shown}); ask the bureau."),
    );
    Err(Problem::new(Code::CancelWindowClosed).detail(text).fact("until", Moment(until)))
}
