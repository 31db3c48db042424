//! Vouchers and redemptions as the bureau lists them.

use entity::redemptions;

use super::super::{
    list_dto::{BureauRedemptionOut, BureauRedemptionsQuery, BureauVoucherOut, BureauVouchersQuery},
    rules,
    store::lists as rows,
};
use crate::{
    error::{Problem, Result, Text},
    http::{Cursor, Moment, Page},
    state::Ctx,
};

/// Redemptions of every centre, newest first.
pub async fn redemptions(ctx: &Ctx, query: &BureauRedemptionsQuery) -> Result<Page<BureauRedemptionOut>> {
    if let (Some(from), Some(to)) = (query.from, query.to)
        && to.0 < from.0
    {
        let text = Text::new("结束日期不能早于开始日期。", "`to` lies before `from`.");
        return Err(Problem::field("to", "before_from", text));
    }
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::redemptions(ctx.db.reader(), query, after).await?;
    Ok(Page::of(found, query.limit, |row| row.id, redemption_out))
}

fn redemption_out(row: redemptions::Model) -> BureauRedemptionOut {
    BureauRedemptionOut {
        id: row.id,
        voucher_id: row.voucher_id,
        campaign_id: row.campaign_id,
        centre_id: row.centre_id,
        staff_id: row.staff_id,
        device: row.device,
        service_date: row.service_date,
        redeemed_at: Moment(row.redeemed_at),
        uploaded_at: row.uploaded_at.map(Moment),
        care_type: row.care_type,
        status: row.status,
        face_value_fen: row.face_value_fen,
        statement_id: row.statement_id,
    }
}

/// Vouchers of every family, newest first.
pub async fn vouchers(ctx: &Ctx, query: &BureauVouchersQuery) -> Result<Page<BureauVoucherOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let found = rows::vouchers(ctx.db.reader(), query.campaign_id, query.status, query.limit, after).await?;
    let today = ctx.clock.today();
    Ok(Page::of(
        found,
        query.limit,
        |row| row.voucher.id,
        |row| {
            let voucher = row.voucher;
            BureauVoucherOut {
                id: voucher.id,
                campaign_id: voucher.campaign_id,
                status: rules::status_on(voucher.status, voucher.valid_until, row.revoked_on, today),
                units_total: voucher.units_total,
                units_used: voucher.units_used,
                valid_from: voucher.valid_from,
                valid_until: voucher.valid_until,
                claimed_at: Moment(voucher.claimed_at),
                revoked_at: voucher.revoked_at.map(Moment),
            }
        },
    ))
}
