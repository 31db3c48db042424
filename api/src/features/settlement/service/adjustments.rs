//! Adjustments: what was frozen wrongly is made good in a later statement.

use entity::{CentreId, Fen, adjustments};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::super::{
    dto::{AdjustmentIn, AdjustmentOut, AdjustmentsQuery},
    store::{adjustments as store, statements},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, auth::Bureau},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::constraint::{Constraint, violated},
    state::Ctx,
};

/// 1 million yuan: beyond it someone mistyped.
const MOST_FEN: i64 = 100_000_000;

/// Makes an adjustment.
pub async fn add(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, body: AdjustmentIn) -> Result<Once<AdjustmentOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let AdjustmentIn { redemption_id, centre_id, amount_fen, reason } = body;
        let (centre_id, amount) = match (redemption_id, centre_id) {
            (Some(id), None) => {
                let row = store::redemption(txn, id).await?.ok_or_else(|| unknown("redemption_id"))?;
                let Fen(worth) = row.face_value_fen;
                if row.statement_id.is_none() {
                    let text = Text::new(
                        "这次核销还没有进入已定稿的结算单，请直接撤销核销，不需要调整。",
                        "No frozen statement holds this redemption: reverse it instead.",
                    );
                    return Err(Problem::new(Code::WrongState).detail(text).fact("state", row.status));
                }
                if row.status == entity::RedemptionStatus::Reversed {
                    let text = Text::new("这次核销已撤销，无需调整。", "The redemption was reversed before.");
                    return Err(Problem::new(Code::WrongState).detail(text).fact("state", row.status));
                }
                (row.centre_id, checked(amount_fen.unwrap_or(-worth), -worth, -1)?)
            }
            (None, Some(id)) => {
                statements::centre_name(txn, id).await?.ok_or_else(|| unknown("centre_id"))?;
                (id, checked(amount_fen.unwrap_or(0), -MOST_FEN, MOST_FEN)?)
            }
            _ => {
                let text = Text::new(
                    "redemption_id 与 centre_id 必须且只能填一个。",
                    "Give either redemption_id or centre_id.",
                );
                return Err(Problem::field("redemption_id", "conflict", text));
            }
        };
        let row = adjustments::Model { redemption_id, ..waiting(ctx, bureau, centre_id, amount, reason.into_inner()) };
        store::insert(txn, row.clone()).await.map_err(|error| match violated(&error) {
            Some(Constraint::AdjustmentOfRedemption) => {
                let text = Text::new("这次核销已调整过一次。", "The redemption was adjusted before.");
                Problem::new(Code::WrongState).detail(text)
            }
            _ => error.into(),
        })?;
        let detail = json!({ "centre_id": centre_id, "redemption_id": redemption_id, "amount_fen": amount });
        audit::record(ctx, txn, bureau.into(), "adjustment.add", row.id.to_string(), detail).await?;
        Ok(out(row))
    })
    .await
}

/// An adjustment of a centre that waits for its next statement.
pub async fn adjust(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    bureau: &Bureau,
    centre_id: CentreId,
    amount: Fen,
    reason: String,
) -> Result<()> {
    if amount == Fen(0) {
        return Ok(());
    }
    let row = waiting(ctx, bureau, centre_id, amount, reason);
    let (id, detail) = (row.id.to_string(), json!({ "centre_id": centre_id, "amount_fen": amount }));
    store::insert(txn, row).await?;
    Ok(audit::record(ctx, txn, bureau.into(), "adjustment.add", id, detail).await?)
}

fn waiting(ctx: &Ctx, bureau: &Bureau, centre_id: CentreId, amount_fen: Fen, reason: String) -> adjustments::Model {
    adjustments::Model {
        id: ctx.clock.id(),
        centre_id,
        redemption_id: None,
        amount_fen,
        reason,
        staff_id: bureau.staff_id,
        created_at: ctx.clock.now(),
        statement_id: None,
    }
}

fn checked(amount: i64, least: i64, most: i64) -> Result<Fen> {
    if amount == 0 || !(least..=most).contains(&amount) {
        let text = Text::new(
            format!("amount_fen 须为 {least} 到 {most} 之间的非零整数（分）。"),
            format!("amount_fen takes {least} to {most} fen, not 0."),
        );
        return Err(Problem::field("amount_fen", "out_of_range", text));
    }
    Ok(Fen(amount))
}

fn unknown(field: &'static str) -> Problem {
    let text = Text::new("没有找到对应的记录，请核对编号。", "There is nothing with this id.");
    Problem::new(Code::NotFound).and_field(field, "unknown", text)
}

/// Adjustments, newest first.
pub async fn page(ctx: &Ctx, query: &AdjustmentsQuery) -> Result<Page<AdjustmentOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = store::page(ctx.db.reader(), query.centre_id, query.pending, query.limit, after).await?;
    Ok(Page::of(found, query.limit, |row| row.id, out))
}

fn out(row: adjustments::Model) -> AdjustmentOut {
    let adjustments::Model { id, centre_id, redemption_id, amount_fen, reason, staff_id, created_at, statement_id } =
        row;
    let created_at = Moment(created_at);
    AdjustmentOut { id, centre_id, redemption_id, amount_fen, reason, staff_id, created_at, statement_id }
}
