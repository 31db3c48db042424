//! Use cases of sign-in.

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use entity::{AccountStatus, FamilyId, SessionId, StaffId, families, staff};
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use super::{
    dto::{Role, SignedInOut, UserOut},
    entry::{self, Shown},
    password, session,
    store::{self, Owner},
    token, unknown,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::privacy,
    http::Moment,
    platform::{
        clock::local,
        constraint::{Constraint, violated},
        crypto::{random_bytes, sha256},
        db::write_txn,
    },
    state::Ctx,
};

/// Where sealed openids live.
pub const OPENID_PLACE: &str = "families.openid";

/// Exchanges a code for the guardian's account, made at the first sign-in.
///
/// An account that waits to be erased is refused with `ACCOUNT_CLOSING`, or with `restore` opened again.
pub async fn sign_in_wechat(ctx: &Ctx, code: &str, restore: bool) -> Result<SignedInOut> {
    let openid = ctx.wechat.openid(code).await?;
    let hash = ctx.keys.lookup_hash(OPENID_PLACE, &openid);
    let mut family = match store::family_by_openid(ctx.db.reader(), &hash).await? {
        Some(family) => family,
        None => create_family(ctx, &hash, &openid).await?,
    };
    match family.erase_at {
        Some(at) if family.status != AccountStatus::Active && !restore => return Err(closing(at)),
        Some(_) if family.status != AccountStatus::Active => {
            if write_txn(&ctx.db, async |txn| store::restore(txn, family.id).await).await? {
                ctx.metrics.event("family_restored");
                family.status = AccountStatus::Active;
            } else {
                // Erased a moment ago: whoever comes now is somebody new.
                family = create_family(ctx, &hash, &openid).await?;
            }
        }
        _ => {}
    }
    if family.status != AccountStatus::Active {
        return Err(entry::account_closed());
    }
    let user = UserOut { id: family.id.to_string(), role: Role::Guardian, centre_id: None };
    begin_session(ctx, Owner::Family(family.id), user).await
}

/// The family of a WeChat account, if it is here and open: for what WeChat tells about it.
pub async fn family_of(ctx: &Ctx, db: &impl ConnectionTrait, openid: &str) -> Result<Option<FamilyId>> {
    let family = store::family_by_openid(db, &ctx.keys.lookup_hash(OPENID_PLACE, openid)).await?;
    Ok(family.filter(|family| family.status == AccountStatus::Active).map(|family| family.id))
}

/// The openid of a family, to speak to WeChat in its name.
pub async fn openid_of(ctx: &Ctx, db: &impl ConnectionTrait, id: FamilyId) -> Result<Option<String>> {
    let family = store::family(db, id).await?;
    Ok(family.map(|family| ctx.keys.open_text(OPENID_PLACE, &family.openid_sealed)).transpose()?)
}

async fn create_family(ctx: &Ctx, hash: &[u8], openid: &str) -> Result<families::Model> {
    let row = families::ActiveModel {
        id: Set(ctx.clock.id()),
        openid_hash: Set(hash.to_vec()),
        openid_sealed: Set(ctx.keys.seal(OPENID_PLACE, openid.as_bytes())),
        nickname_sealed: Set(None),
        township: Set(None),
        status: Set(AccountStatus::Active),
        created_at: Set(ctx.clock.now()),
        missed_on: Set(None),
        phone_sealed: Set(None),
        phone_hash: Set(None),
        phone_verified_at: Set(None),
        erase_at: Set(None),
        erased_at: Set(None),
        seen_on: Set(None),
    };
    let inserted = write_txn(&ctx.db, async |txn| {
        let id = row.id.clone().take();
        store::insert_family(txn, row).await?;
        match id {
            Some(id) => privacy::marks::attach(txn, &ctx.keys, hash, id).await,
            None => Ok(()),
        }
    })
    .await;
    match inserted {
        Ok(()) => ctx.metrics.event("family_created"),
        // Two phones of one guardian at once: the other was first.
        Err(error) if violated(&error) == Some(Constraint::FamilyOpenid) => {}
        Err(error) => return Err(error.into()),
    }
    // From the writer: on PostgreSQL the reader may be a replica that hasn't the row yet.
    store::family_by_openid(ctx.db.writer(), hash).await?.ok_or_else(|| Problem::internal("a family vanished"))
}

fn closing(at: DateTime<Utc>) -> Problem {
    let shown = local(at).format("%Y年%-m月%-d日 %H:%M");
    Problem::new(Code::AccountClosing)
        .detail(Text::new(
            format!("该账号正在注销，将于{shown}后删除；如需保留，请选择“恢复账号”。"),
            format!("This account is erased after {}; sign in with `restore` to keep it.", local(at).to_rfc3339()),
        ))
        .fact("erase_at", Moment(at))
}

/// Checks a staff member's password, then the second factor where one is on; repeated failures lock the
/// account for a while.
pub async fn sign_in_staff(ctx: &Ctx, username: &str, password: String, otp: Option<&str>) -> Result<SignedInOut> {
    let Some(staff) = store::staff_by_username(ctx.db.reader(), username).await? else {
        return Err(unknown::refused(ctx, username, password).await?);
    };
    let id = check_password(ctx, &staff, password).await?;
    entry::enter(ctx, id, Shown::Password, otp).await
}

/// Checks the password of an account; a wrong one is counted, and repeated ones lock it.
pub(super) async fn check_password(ctx: &Ctx, staff: &staff::Model, password: String) -> Result<StaffId> {
    let now = ctx.clock.now();
    if let Some(until) = staff.locked_until.filter(|until| *until > now) {
        return Err(entry::locked(until, now));
    }
    if !password::verify(password, Some(staff.password_hash.clone())).await? {
        let until = now + entry::LOCKED_FOR;
        write_txn(&ctx.db, async |txn| store::count_failure(txn, staff.id, entry::FAILURES, until).await).await?;
        ctx.metrics.event("sign_in_failed");
        return Err(Problem::new(Code::WrongCredentials));
    }
    Ok(staff.id)
}

async fn begin_session(ctx: &Ctx, owner: Owner, user: UserOut) -> Result<SignedInOut> {
    let (session, refresh) = write_txn(&ctx.db, async |txn| open_session(ctx, txn, owner).await).await?;
    signed_in(ctx, session, user, refresh)
}

/// A new session with its first refresh token.
pub(super) async fn open_session(ctx: &Ctx, txn: &impl ConnectionTrait, owner: Owner) -> Result<(SessionId, String)> {
    let session = ctx.clock.id();
    store::insert_session(txn, session, owner, ctx.clock.now()).await?;
    if let Owner::Family(id) = owner {
        store::seen(txn, id, ctx.clock.today()).await?;
    }
    Ok((session, next_refresh(ctx, txn, session).await?))
}

async fn next_refresh(ctx: &Ctx, txn: &impl ConnectionTrait, session: SessionId) -> Result<String> {
    let token = BASE64URL_NOPAD.encode(&random_bytes::<32>());
    let hash = sha256(&[token.as_bytes()]);
    store::insert_refresh(txn, hash, session, ctx.clock.now(), ctx.settings.refresh_token_days).await?;
    Ok(token)
}

pub(super) fn signed_in(ctx: &Ctx, session: SessionId, user: UserOut, refresh_token: String) -> Result<SignedInOut> {
    let minutes = ctx.settings.access_token_minutes;
    let access_token = token::issue(&ctx.keys, &user, session, ctx.clock.now(), minutes).map_err(Problem::internal)?;
    Ok(SignedInOut { access_token, token_type: "Bearer", expires_in: minutes * 60, refresh_token, user })
}

enum Refreshed {
    Next(SessionId, UserOut, String),
    /// Used before: stolen or sent twice; the session was revoked.
    Reused(SessionId),
    Refused,
}

/// Exchanges a refresh token for the next pair. A token used before ends the session: one of the
/// two who hold it is a thief.
pub async fn refresh(ctx: &Ctx, refresh_token: &str) -> Result<SignedInOut> {
    let now = ctx.clock.now();
    let hash = sha256(&[refresh_token.as_bytes()]);
    let outcome = write_txn(&ctx.db, async |txn| -> Result<Refreshed> {
        let first_use = store::use_refresh(txn, &hash, now).await?;
        let Some(row) = store::refresh_token(txn, &hash).await? else {
            return Ok(Refreshed::Refused);
        };
        let standing = store::session(txn, row.session_id).await?.filter(|s| s.revoked_at.is_none());
        let Some(session) = standing else {
            return Ok(Refreshed::Refused);
        };
        if !first_use {
            store::revoke(txn, session.id, "reuse", now).await?;
            return Ok(Refreshed::Reused(session.id));
        }
        if row.expires_at <= now {
            return Ok(Refreshed::Refused);
        }
        let user = match (session.family_id, session.staff_id) {
            (Some(id), _) => store::family(txn, id)
                .await?
                .filter(|f| f.status == AccountStatus::Active)
                .map(|f| UserOut { id: f.id.to_string(), role: Role::Guardian, centre_id: None }),
            (_, Some(id)) => store::staff(txn, id)
                .await?
                .filter(|s| s.status == AccountStatus::Active)
                .map(|s| UserOut { id: s.id.to_string(), role: s.role.into(), centre_id: s.centre_id }),
            _ => None,
        };
        let Some(user) = user else {
            return Ok(Refreshed::Refused);
        };
        if let Some(id) = session.family_id {
            store::seen(txn, id, ctx.clock.today()).await?;
        }
        let next = next_refresh(ctx, txn, session.id).await?;
        Ok(Refreshed::Next(session.id, user, next))
    })
    .await?;
    match outcome {
        Refreshed::Next(session, user, next) => signed_in(ctx, session, user, next),
        Refreshed::Reused(session) => {
            tracing::warn!(%session, "refresh token used twice: session revoked");
            ctx.metrics.event("refresh_reused");
            session::forget(ctx, session).await;
            Err(Problem::new(Code::NotSignedIn))
        }
        Refreshed::Refused => Err(Problem::new(Code::NotSignedIn)),
    }
}

/// Ends every sign-in of a family, in the transaction of what ends them; [`forget_all`] comes after it.
pub async fn end_sessions_of(txn: &impl ConnectionTrait, ctx: &Ctx, family: FamilyId) -> Result<Vec<SessionId>> {
    Ok(store::end_sessions(txn, family, "closed", ctx.clock.now()).await?)
}

/// Tells every replica that these sessions are over.
pub async fn forget_all(ctx: &Ctx, ended: Vec<SessionId>) {
    for id in ended {
        session::forget(ctx, id).await;
    }
}

/// Ends a session: its access and refresh tokens stop working at once.
pub async fn sign_out(ctx: &Ctx, session: SessionId) -> Result<()> {
    let now = ctx.clock.now();
    write_txn(&ctx.db, async |txn| store::revoke(txn, session, "logout", now).await).await?;
    session::forget(ctx, session).await;
    Ok(())
}
