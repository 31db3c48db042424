//! The second factor of staff who decide: an authenticator app (TOTP) and ten recovery codes.
//!
//! A code serves once: the step that was taken is kept, and only a later one is taken after it.

use chrono::{DateTime, Utc};
use entity::{AccountStatus, SessionId, StaffId, recovery_codes, second_factors};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::{
    binding_store, bindings, entry,
    extract::{Bureau, Staff},
    factor_dto::{RecoveryCodesOut, SecondFactorOut, SecondFactorSecretOut},
    factor_store as store, session,
    staff_dto::StaffStateOut,
    staff_store as rows, store as accounts, totp,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::audit,
    http::{Idempotency, Once, once},
    platform::{
        crypto::{as_typed, random_bytes, typed_code},
        db::write_txn,
    },
    state::Ctx,
};

/// Where sealed secrets live.
const SECRET_PLACE: &str = "second_factors.secret";
/// Where hashes of recovery codes live.
const RECOVERY_PLACE: &str = "recovery_codes.code";
/// Bytes of a secret (RFC 4226, 4: 160 bits are recommended).
const SECRET: usize = 20;
/// How many recovery codes are handed out.
const RECOVERY_CODES: usize = 10;
/// Their letters.
const RECOVERY_LENGTH: usize = 10;

/// What a typed code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// The right one, or none is needed.
    Passed,
    /// None was given.
    Missing,
    /// A wrong or used one.
    Wrong,
}

/// Checks and uses up a code, in the transaction that lets in or turns off; whoever calls holds the
/// account's row.
pub(super) async fn check(ctx: &Ctx, txn: &DatabaseTransaction, id: StaffId, typed: Option<&str>) -> Result<Second> {
    let Some(factor) = store::factor(txn, id).await?.filter(|factor| factor.confirmed_at.is_some()) else {
        return Ok(Second::Passed);
    };
    let Some(typed) = typed.map(as_typed) else {
        return Ok(Second::Missing);
    };
    let now = ctx.clock.now();
    let taken = if typed.len() == totp::DIGITS {
        let secret = ctx.keys.open(SECRET_PLACE, &factor.secret_sealed)?;
        match totp::matching(&secret, &typed, now) {
            Some(step) => store::take_step(txn, id, step).await?,
            None => false,
        }
    } else {
        store::use_recovery(txn, id, recovery_hash(ctx, id, &typed), now).await?
    };
    Ok(if taken { Second::Passed } else { Second::Wrong })
}

fn recovery_hash(ctx: &Ctx, id: StaffId, code: &str) -> Vec<u8> {
    ctx.keys.lookup_hash(RECOVERY_PLACE, &format!("{id}\0{code}"))
}

/// Whether it is on.
pub async fn state(ctx: &Ctx, staff: &Staff) -> Result<SecondFactorOut> {
    staff.decides()?;
    let factor = store::factor(ctx.db.reader(), staff.staff_id).await?;
    let on = factor.is_some_and(|factor| factor.confirmed_at.is_some());
    let left = if on { store::recovery_left(ctx.db.reader(), staff.staff_id).await? } else { 0 };
    Ok(SecondFactorOut { on, recovery_codes_left: left })
}

fn on_already() -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(
        "二次验证已开启；如需更换验证器，请先关闭再重新开启。",
        "The second factor is on; turn it off before you set up another.",
    ))
}

/// Makes a secret; it is in force once a code of it is confirmed.
pub async fn begin(ctx: &Ctx, staff: &Staff, key: &Idempotency) -> Result<Once<SecondFactorSecretOut>> {
    staff.decides()?;
    let (id, secret) = (staff.staff_id, random_bytes::<SECRET>());
    let row = second_factors::Model {
        staff_id: id,
        secret_sealed: ctx.keys.seal(SECRET_PLACE, &secret),
        confirmed_at: None,
        last_step: 0,
        created_at: ctx.clock.now(),
    };
    once(ctx, key, &id.to_string(), async |txn| {
        let account = rows::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotSignedIn))?;
        if store::factor(txn, id).await?.is_some_and(|factor| factor.confirmed_at.is_some()) {
            return Err(on_already());
        }
        store::remove(txn, id).await?;
        store::insert(txn, row).await?;
        audit::record(ctx, txn, staff.into(), "second_factor.begin", id.to_string(), json!({})).await?;
        let otpauth_url = totp::url(&account.username, &secret);
        Ok(SecondFactorSecretOut { secret: totp::written(&secret), otpauth_url })
    })
    .await
}

/// Puts it in force: the app shows the right code. Answers the recovery codes, once.
pub async fn confirm(ctx: &Ctx, staff: &Staff, key: &Idempotency, typed: &str) -> Result<Once<RecoveryCodesOut>> {
    staff.decides()?;
    let (id, now, typed) = (staff.staff_id, ctx.clock.now(), as_typed(typed));
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| typed_code(RECOVERY_LENGTH)).collect();
    let mut ended: Vec<SessionId> = Vec::new();
    let done = once(ctx, key, &id.to_string(), async |txn| {
        rows::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotSignedIn))?;
        let Some(factor) = store::factor(txn, id).await? else {
            let text = Text::new("请先申请开启二次验证。", "Ask for a secret first.");
            return Err(Problem::new(Code::WrongState).detail(text));
        };
        if factor.confirmed_at.is_some() {
            return Err(on_already());
        }
        let secret = ctx.keys.open(SECRET_PLACE, &factor.secret_sealed)?;
        let step = totp::matching(&secret, &typed, now).ok_or_else(|| wrong("code"))?;
        store::confirm(txn, id, step, now).await?;
        let hashes = codes.iter().map(|code| recovery_codes::Model {
            staff_id: id,
            code_hash: recovery_hash(ctx, id, code),
            used_at: None,
        });
        store::insert_recovery(txn, hashes.collect()).await?;
        // Whoever signed in without it signs in again.
        ended = rows::end_sessions(txn, id, "second_factor.on", now, Some(staff.session_id)).await?;
        let detail = json!({ "sessions_ended": ended.len() });
        audit::record(ctx, txn, staff.into(), "second_factor.on", id.to_string(), detail).await?;
        let recovery_codes = codes.iter().map(|code| format!("{}-{}", &code[..5], &code[5..])).collect();
        Ok(RecoveryCodesOut { recovery_codes })
    })
    .await?;
    for session in ended {
        session::forget(ctx, session).await;
    }
    Ok(done)
}

fn wrong(field: &str) -> Problem {
    let text = Code::SecondFactorInvalid.text();
    Problem::new(Code::SecondFactorInvalid).and_field(field, "invalid", text)
}

/// Turns it off, with a code of it. Wrong codes lock the account as wrong passwords do.
pub async fn turn_off(ctx: &Ctx, staff: &Staff, typed: &str) -> Result<()> {
    staff.decides()?;
    let (id, now) = (staff.staff_id, ctx.clock.now());
    let problem = write_txn(&ctx.db, async |txn| -> Result<Option<Problem>> {
        let account = rows::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotSignedIn))?;
        if let Some(until) = account.locked_until.filter(|until| *until > now) {
            return Ok(Some(entry::locked(until, now)));
        }
        if store::factor(txn, id).await?.is_none_or(|factor| factor.confirmed_at.is_none()) {
            return Ok(Some(off_already()));
        }
        if check(ctx, txn, id, Some(typed)).await? != Second::Passed {
            accounts::count_failure(txn, id, entry::FAILURES, now + entry::LOCKED_FOR).await?;
            return Ok(Some(wrong("code")));
        }
        store::remove(txn, id).await?;
        audit::record(ctx, txn, staff.into(), "second_factor.off", id.to_string(), json!({})).await?;
        Ok(None)
    })
    .await?;
    problem.map_or(Ok(()), Err)
}

fn off_already() -> Problem {
    let text = Text::new("该账号未开启二次验证。", "The second factor is not on.");
    Problem::new(Code::WrongState).detail(text)
}

/// An administrator takes another's second factor away, for a lost phone: its sessions end too.
pub async fn reset(
    ctx: &Ctx,
    bureau: &Bureau,
    idempotency: &Idempotency,
    id: StaffId,
    reason: &str,
) -> Result<Once<StaffStateOut>> {
    let mut ended: Vec<SessionId> = Vec::new();
    let now: DateTime<Utc> = ctx.clock.now();
    let done = once(ctx, idempotency, &bureau.staff_id.to_string(), async |txn| {
        if id == bureau.staff_id {
            let text =
                Text::new("不能重置自己的二次验证，请由其他管理员操作。", "Another administrator must reset yours.");
            return Err(Problem::new(Code::Forbidden).detail(text));
        }
        let row = rows::lock(txn, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if !store::remove(txn, id).await? {
            return Err(off_already());
        }
        // The phone is lost, and WeChat on it would now sign in by itself.
        bindings::ends(ctx, txn, &row).await?;
        let unbound = binding_store::remove(txn, id).await?;
        binding_store::revoke_invitations(txn, id, now).await?;
        // Whoever lost it may have locked the account by trying.
        super::store::forget_failures(txn, id).await?;
        ended = rows::end_sessions(txn, id, "second_factor.reset", now, None).await?;
        let detail = json!({ "reason": reason, "sessions_ended": ended.len(), "wechat_unbound": unbound });
        audit::record(ctx, txn, bureau.into(), "second_factor.reset", id.to_string(), detail).await?;
        let status: AccountStatus = row.status;
        Ok(StaffStateOut {
            id,
            status,
            sessions_ended: ended.len() as u64,
            complaints_handed_back: 0,
            guidance_handed_back: 0,
        })
    })
    .await?;
    for session in ended {
        session::forget(ctx, session).await;
    }
    Ok(done)
}
