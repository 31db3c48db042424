//! Every refused scan is kept: what a centre asks about later, and what the bureau looks for
//! patterns in.

use chrono::Days;
use entity::{CentreId, MinuteOfDay, refused_scans};
use serde_json::json;

use super::{
    super::{
        refusal_dto::{RefusedScanOut, RefusedScansQuery},
        store::refusals as rows,
    },
    desk::Scan,
};
use crate::{
    error::{Code, Result},
    features::{audit, auth::Desk},
    http::{Cursor, Moment, Page},
    platform::{clock::instant_at, db::write_txn},
    state::Ctx,
};

/// Keeps a scan that was refused for `reason`.
pub(super) async fn keep(ctx: &Ctx, desk: &Desk, scan: &Scan, request_id: &str, reason: Code) -> Result<()> {
    let row = refused_scans::Model {
        id: ctx.clock.id(),
        centre_id: desk.centre_id,
        staff_id: desk.staff_id,
        device: scan.device.clone(),
        reason: reason.as_str().to_owned(),
        request_id: request_id.to_owned(),
        code_hash: scan.hash.clone(),
        manual: scan.manual,
        voucher_id: scan.voucher,
        at: scan.now,
    };
    write_txn(&ctx.db, async |txn| {
        let (id, detail) = (row.id.to_string(), json!({ "reason": row.reason, "voucher_id": row.voucher_id }));
        rows::insert(txn, row).await?;
        Ok(audit::record(ctx, txn, desk.into(), "redemption.refuse", id, detail).await?)
    })
    .await
}

/// Refused scans, newest first; of one centre for its desk.
pub async fn page(ctx: &Ctx, own: Option<CentreId>, query: &RefusedScansQuery) -> Result<Page<RefusedScanOut>> {
    let midnight = |date| instant_at(date, MinuteOfDay(0));
    let filter = rows::Filter {
        own,
        centre: query.centre_id,
        reason: query.reason.as_ref().map(|reason| reason.to_string()),
        from: query.from.map(|day| midnight(day.0)),
        before: query.to.map(|day| midnight(day.0 + Days::new(1))),
        after: query.cursor.as_ref().map(Cursor::unpack).transpose()?,
    };
    let found = rows::page(ctx.db.reader(), filter, query.limit).await?;
    Ok(Page::of(found, query.limit, |row| row.id, out))
}

fn out(row: refused_scans::Model) -> RefusedScanOut {
    let refused_scans::Model { id, centre_id, staff_id, device, reason, request_id, code_hash, manual, voucher_id, at } =
        row;
    let code_hash = data_encoding::HEXLOWER.encode(&code_hash);
    RefusedScanOut {
        id,
        centre_id,
        staff_id,
        device,
        at: Moment(at),
        reason,
        manual,
        voucher_id,
        request_id,
        code_hash,
    }
}
