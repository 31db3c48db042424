//! Staff accounts in the hands of the bureau: a lost or closed one stops at once on every replica.

use std::collections::HashMap;

use entity::{AccountStatus, SessionId, StaffId, staff};
use serde_json::json;

use super::{
    accounts::STAFF_NAME_PLACE,
    binding_store, bindings,
    extract::{Bureau, Staff},
    factor_store, permissions, session,
    staff_dto::{StaffOut, StaffQuery, StaffStateOut},
    staff_store as rows,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{audit, complaints, guidance},
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::db::write_txn,
    state::Ctx,
};

/// What is done to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// No sign-in any more, and every session ends.
    Close,
    /// It may sign in again; its old sessions stay ended.
    Reopen,
    /// Every session ends: the phone is lost, the account goes on.
    SignOut,
}

/// Accounts, newest first.
pub async fn page(ctx: &Ctx, query: &StaffQuery) -> Result<Page<StaffOut>> {
    let after = query.cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = rows::Filter { centre: query.centre_id, role: query.role, status: query.status, after };
    let found = rows::page(ctx.db.reader(), filter, query.limit).await?;
    let ids: Vec<StaffId> = found.iter().map(|row| row.id).collect();
    let bound = binding_store::bound(ctx.db.reader(), &ids).await?;
    let secured = factor_store::on(ctx.db.reader(), &ids).await?;
    let out = |row: staff::Model| {
        Ok(StaffOut {
            id: row.id,
            name: ctx.keys.open_text(STAFF_NAME_PLACE, &row.name_sealed)?,
            username: row.username,
            role: row.role,
            centre_id: row.centre_id,
            status: row.status,
            wechat_bound: bound.contains(&row.id),
            second_factor: secured.contains(&row.id),
            created_at: Moment(row.created_at),
        })
    };
    let page = Page::of(found, query.limit, |row| row.id, out);
    Ok(Page { items: page.items.into_iter().collect::<Result<_>>()?, next_cursor: page.next_cursor })
}

/// What some accounts are called, for colleagues of the bureau.
pub async fn names(ctx: &Ctx, ids: &[StaffId]) -> Result<HashMap<StaffId, String>> {
    let found = rows::some(ctx.db.reader(), ids).await?.into_iter();
    found.map(|row| Ok((row.id, ctx.keys.open_text(STAFF_NAME_PLACE, &row.name_sealed)?))).collect()
}

/// Closes an account, opens it again or signs it out everywhere. Officers do it for carers and
/// managers, administrators for all; nobody for themselves.
pub async fn change(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: StaffId,
    deed: Deed,
    reason: &str,
) -> Result<Once<StaffStateOut>> {
    let mut ended: Vec<SessionId> = Vec::new();
    let done = once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        let row = rows::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if !row.role.at_a_centre() {
            bureau.may(permissions::BUREAU_ACCOUNTS)?;
        }
        if deed == Deed::Close && id == bureau.staff_id {
            let text = Text::new("不能停用自己的账号，请由其他管理员操作。", "Nobody closes their own account.");
            return Err(Problem::new(Code::Forbidden).detail(text));
        }
        let (action, status) = match deed {
            Deed::Close => ("staff.close", AccountStatus::Closed),
            Deed::Reopen => ("staff.reopen", AccountStatus::Active),
            Deed::SignOut => ("staff.sign_out", row.status),
        };
        if deed != Deed::SignOut && row.status == status {
            let text =
                Text::new(format!("该账号当前已是“{}”。", status.zh()), format!("The account is {status} already."));
            return Err(Problem::new(Code::WrongState).detail(text).fact("state", status));
        }
        if deed == Deed::Close {
            bindings::ends(ctx, txn, &row).await?;
        }
        rows::set_status(txn, id, status).await?;
        if deed != Deed::Reopen {
            ended = rows::end_sessions(txn, id, action, ctx.clock.now(), None).await?;
        }
        // Who can't sign in any more answers nobody.
        let (complaints_handed_back, guidance_handed_back) = if deed == Deed::Close {
            let complaints = complaints::hand_back(ctx, txn, bureau.into(), id).await?;
            (complaints, guidance::hand_back(ctx, txn, bureau.into(), id).await?)
        } else {
            (0, 0)
        };
        let detail = json!({ "reason": reason, "sessions_ended": ended.len(),
            "complaints_handed_back": complaints_handed_back, "guidance_handed_back": guidance_handed_back });
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), detail).await?;
        let sessions_ended = ended.len() as u64;
        Ok(StaffStateOut { id, status, sessions_ended, complaints_handed_back, guidance_handed_back })
    })
    .await?;
    for session in ended {
        session::forget(ctx, session).await;
    }
    Ok(done)
}

/// Ends every sign-in of one's own account.
pub async fn sign_out_everywhere(ctx: &Ctx, staff: &Staff) -> Result<()> {
    let id = staff.staff_id;
    let ended = write_txn(&ctx.db, async |txn| -> Result<_> {
        let ended = rows::end_sessions(txn, id, "own", ctx.clock.now(), None).await?;
        let detail = json!({ "sessions_ended": ended.len() });
        audit::record(ctx, txn, staff.into(), "staff.sign_out_own", id.to_string(), detail).await?;
        Ok(ended)
    })
    .await?;
    for session in ended {
        session::forget(ctx, session).await;
    }
    Ok(())
}
