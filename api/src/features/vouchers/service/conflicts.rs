//! Conflicts of offline scans: listed for the centre, decided by the bureau.

use entity::{CentreId, ConflictStatus, OfflineConflictId, offline_conflicts};
use serde_json::json;

use super::super::{
    offline_dto::{ConflictDecision, ConflictResolveIn, OfflineConflictOut, OfflineConflictsQuery},
    store::{offline as store, vouchers},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Reason},
        auth::Bureau,
        settlement,
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    state::Ctx,
};

/// Conflicts, newest first; of one centre for its desk.
pub async fn page(ctx: &Ctx, own: Option<CentreId>, query: &OfflineConflictsQuery) -> Result<Page<OfflineConflictOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let centre = own.or(query.centre_id);
    let found = store::conflicts(ctx.db.reader(), centre, query.status, query.limit, after).await?;
    Ok(Page::of(found, query.limit, |row| row.id, out))
}

/// Decides an open conflict. If the centre is paid, an adjustment waits for its next statement; it is paid once for
/// a voucher and a day.
pub async fn resolve(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: OfflineConflictId,
    body: ConflictResolveIn,
) -> Result<Once<OfflineConflictOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let find = async || store::conflict(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound));
        let row = find().await?;
        let status = match body.decision {
            ConflictDecision::Pay => ConflictStatus::Paid,
            ConflictDecision::Dismiss => ConflictStatus::Dismissed,
        };
        if !store::resolve(txn, id, status, &body.note, bureau.staff_id, ctx.clock.now()).await? {
            let present = find().await?.status;
            let text = Text::new(
                format!("该冲突已处理为“{}”，不能再改。", present.zh()),
                format!("The conflict was decided before: {present}."),
            );
            return Err(Problem::new(Code::WrongState).detail(text).fact("state", present));
        }
        if status == ConflictStatus::Paid {
            if store::is_paid(txn, &row).await? {
                let text = Text::new(
                    "该机构当天已用这张券核销或已补付，不能重复支付；请改为不予补付。",
                    "The centre was paid for this voucher and day already: dismiss it.",
                );
                return Err(Problem::new(Code::WrongState).detail(text).fact("reason", "paid"));
            }
            let worth = store::face_value(txn, row.voucher_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
            // Without the note, which may name the child: a frozen statement holds this for good.
            let reason = format!("离线核销冲突补付（{}，{id}）", row.service_date);
            settlement::adjust(ctx, txn, bureau, row.centre_id, worth, reason).await?;
        }
        let detail = json!({ "decision": status });
        let child = vouchers::one(txn, row.voucher_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?.child_id;
        let (deed, reason) = (("offline_conflict.resolve", id.to_string()), Reason { child, text: &body.note });
        audit::record_reasoned(ctx, txn, bureau.into(), deed, detail, reason).await?;
        Ok(out(find().await?))
    })
    .await
}

fn out(row: offline_conflicts::Model) -> OfflineConflictOut {
    OfflineConflictOut {
        id: row.id,
        centre_id: row.centre_id,
        staff_id: row.staff_id,
        device: row.device,
        voucher_id: row.voucher_id,
        request_id: row.request_id,
        reason: row.reason,
        service_date: row.service_date,
        scanned_at: Moment(row.scanned_at),
        uploaded_at: Moment(row.uploaded_at),
        status: row.status,
        note: row.note,
        resolved_at: row.resolved_at.map(Moment),
    }
}
