//! Staff in WeChat: a one-time invitation binds a WeChat account to a staff account, which then signs
//! in by it. One WeChat account, one staff account; it may be a guardian's too, at its own sign-in.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    AccountStatus, CentreId, FamilyId, SessionId, StaffId, former_bindings, staff, staff_bindings, staff_invitations,
};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    binding_dto::{StaffInvitationOut, WechatBoundOut},
    binding_store as store,
    dto::{SignedInOut, UserOut},
    entry::{self, Shown},
    extract::{Bureau, Desk, Staff},
    permissions, service, session,
    staff_dto::StaffStateOut,
    staff_store as rows,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::audit::{self, Actor},
    http::{Idempotency, Moment, Once, once},
    platform::{
        constraint::{Constraint, violated},
        crypto::{as_typed, typed_code},
        db::write_txn,
    },
    state::Ctx,
};

/// Where hashes of invitations live.
const INVITATION_PLACE: &str = "staff_invitations.code";
/// Where hashes of openids live: another place than the families', so that rows of the two don't compare.
const OPENID_PLACE: &str = "staff_bindings.openid";
/// Letters of an invitation: 54 bits.
const LETTERS: usize = 12;
/// How long an invitation works.
const INVITED_FOR: TimeDelta = TimeDelta::hours(48);

/// Who looks after accounts.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    /// The head of a centre, over its accounts.
    Manager(&'a Desk),
    /// The bureau, over all.
    Bureau(&'a Bureau),
}

impl Keeper<'_> {
    fn actor(&self) -> Actor {
        match self {
            Self::Manager(desk) => (*desk).into(),
            Self::Bureau(bureau) => (*bureau).into(),
        }
    }

    /// The account, if it is theirs to look after: another centre's isn't there.
    fn over(&self, row: Option<staff::Model>) -> Result<staff::Model> {
        let row = row.ok_or_else(|| Problem::new(Code::NotFound))?;
        match self {
            Self::Manager(desk) if row.centre_id != Some(desk.centre_id) => Err(Problem::new(Code::NotFound)),
            Self::Bureau(bureau) if !row.role.at_a_centre() => bureau.may(permissions::BUREAU_ACCOUNTS).map(|()| row),
            _ => Ok(row),
        }
    }
}

fn bound_already() -> Problem {
    Problem::new(Code::WechatAlreadyBound)
}

/// Makes an invitation; those before it end.
pub async fn invite(
    ctx: &Ctx,
    keeper: Keeper<'_>,
    idempotency: &Idempotency,
    id: StaffId,
) -> Result<Once<StaffInvitationOut>> {
    let (actor, now) = (keeper.actor(), ctx.clock.now());
    let code = typed_code(LETTERS);
    once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let row = keeper.over(rows::lock(txn, id).await?)?;
        if row.status != AccountStatus::Active {
            let text = Text::new("该账号已停用，请先重新启用。", "The account is closed; open it again first.");
            return Err(Problem::new(Code::WrongState).detail(text));
        }
        if store::is_bound(txn, id).await? {
            return Err(bound_already());
        }
        store::revoke_invitations(txn, id, now).await?;
        let invitation = staff_invitations::Model {
            id: ctx.clock.id(),
            staff_id: id,
            code_hash: ctx.keys.lookup_hash(INVITATION_PLACE, &code),
            made_by: actor.staff_id,
            created_at: now,
            expires_at: now + INVITED_FOR,
            used_at: None,
            revoked_at: None,
        };
        let out = StaffInvitationOut {
            id: invitation.id,
            staff_id: id,
            code: format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]),
            expires_at: Moment(invitation.expires_at),
        };
        store::insert_invitation(txn, invitation).await?;
        audit::record(ctx, txn, actor, "staff.wechat_invite", id.to_string(), json!({ "invitation": out.id })).await?;
        Ok(out)
    })
    .await
}

/// Binds the WeChat account that `code` is of to the invited staff account.
pub(super) async fn bind(ctx: &Ctx, code: &str, invitation: &str, password: String) -> Result<WechatBoundOut> {
    let now = ctx.clock.now();
    let invalid =
        || Problem::new(Code::InvitationInvalid).and_field("invitation", "invalid", Code::InvitationInvalid.text());
    let hash = ctx.keys.lookup_hash(INVITATION_PLACE, &as_typed(invitation));
    // Looked at first, so that a wrong invitation costs no call to WeChat.
    let id = store::invited(ctx.db.reader(), &hash, now).await?.ok_or_else(invalid)?;
    let account = rows::account(ctx.db.reader(), id).await?.ok_or_else(invalid)?;
    service::check_password(ctx, &account, password).await?;
    let openid = ctx.wechat.openid(code).await?;
    let openid_hash = ctx.keys.lookup_hash(OPENID_PLACE, &openid);
    write_txn(&ctx.db, async |txn| {
        let row = rows::lock(txn, id).await?.ok_or_else(invalid)?;
        if row.status != AccountStatus::Active {
            return Err(entry::account_closed());
        }
        if let Some(until) = row.locked_until.filter(|until| *until > now) {
            return Err(entry::locked(until, now));
        }
        if !store::use_invitation(txn, &hash, now).await? {
            return Err(invalid());
        }
        let binding = staff_bindings::Model { staff_id: id, openid_hash, bound_at: now };
        store::insert(txn, binding).await.map_err(|error| match violated(&error) {
            Some(Constraint::StaffOpenid | Constraint::StaffBinding) => bound_already(),
            _ => error.into(),
        })?;
        let actor = Actor { staff_id: id, centre_id: row.centre_id };
        audit::record(ctx, txn, actor, "staff.wechat_bind", id.to_string(), json!({})).await?;
        let user = UserOut { id: id.to_string(), role: row.role.into(), centre_id: row.centre_id };
        Ok(WechatBoundOut { user, bound_at: Moment(now) })
    })
    .await
}

/// Signs in as the staff account that the WeChat account is bound to.
pub(super) async fn sign_in(ctx: &Ctx, code: &str, otp: Option<&str>) -> Result<SignedInOut> {
    let openid = ctx.wechat.openid(code).await?;
    let hash = ctx.keys.lookup_hash(OPENID_PLACE, &openid);
    let bound = store::staff_of(ctx.db.reader(), &hash).await?;
    let id = bound.ok_or_else(|| Problem::new(Code::WechatNotBound))?;
    entry::enter(ctx, id, Shown::WeChat(&hash), otp).await
}

fn not_bound() -> Problem {
    let text = Text::new("该账号未绑定微信。", "The account is not bound to a WeChat account.");
    Problem::new(Code::WrongState).detail(text)
}

/// The staff member unbinds their own account. The present session goes on, all others end: the phone may
/// be lost.
pub(super) async fn unbind_own(ctx: &Ctx, staff: &Staff) -> Result<()> {
    let id = staff.staff_id;
    let ended = write_txn(&ctx.db, async |txn| {
        let row = rows::lock(txn, id).await?.ok_or_else(not_bound)?;
        ends(ctx, txn, &row).await?;
        if !store::remove(txn, id).await? {
            return Err(not_bound());
        }
        let now = ctx.clock.now();
        let ended = rows::end_sessions(txn, id, "staff.wechat_unbind", now, Some(staff.session_id)).await?;
        let detail = json!({ "sessions_ended": ended.len() });
        audit::record(ctx, txn, staff.into(), "staff.wechat_unbind", id.to_string(), detail).await?;
        Ok(ended)
    })
    .await?;
    for session in ended {
        session::forget(ctx, session).await;
    }
    Ok(())
}

/// Unbinds an account for its keeper: the phone is lost, so its sessions and invitations end too.
pub async fn unbind(
    ctx: &Ctx,
    keeper: Keeper<'_>,
    idempotency: &Idempotency,
    id: StaffId,
    reason: &str,
) -> Result<Once<StaffStateOut>> {
    let (actor, now) = (keeper.actor(), ctx.clock.now());
    let mut ended: Vec<SessionId> = Vec::new();
    let done = once(ctx, idempotency, &actor.staff_id.to_string(), async |txn| {
        let row = keeper.over(rows::lock(txn, id).await?)?;
        ends(ctx, txn, &row).await?;
        if !store::remove(txn, id).await? {
            return Err(not_bound());
        }
        store::revoke_invitations(txn, id, now).await?;
        ended = rows::end_sessions(txn, id, "staff.wechat_unbind", now, None).await?;
        let detail = json!({ "reason": reason, "sessions_ended": ended.len() });
        audit::record(ctx, txn, actor, "staff.wechat_unbind", id.to_string(), detail).await?;
        Ok(StaffStateOut {
            id,
            status: row.status,
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

/// Whether a family signs in with the WeChat account of somebody who works at a centre now, or did at any time since
/// an instant: what it says of that centre, the centre says of itself.
pub async fn worked_at(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    (family, centre): (FamilyId, CentreId),
    since: DateTime<Utc>,
) -> Result<bool> {
    let Some(openid) = service::openid_of(ctx, db, family).await? else { return Ok(false) };
    let hash = ctx.keys.lookup_hash(OPENID_PLACE, &openid);
    if let Some(id) = store::staff_of(db, &hash).await? {
        let row = rows::account(db, id).await?;
        if row.is_some_and(|row| row.centre_id == Some(centre) && row.status == AccountStatus::Active) {
            return Ok(true);
        }
    }
    Ok(store::was_bound(db, &hash, centre, since).await?)
}

/// What the WeChat account of a family that is being erased was bound to is forgotten.
pub async fn forget(ctx: &Ctx, db: &impl ConnectionTrait, family: FamilyId) -> Result<()> {
    let Some(openid) = service::openid_of(ctx, db, family).await? else { return Ok(()) };
    Ok(store::forget(db, &ctx.keys.lookup_hash(OPENID_PLACE, &openid)).await?)
}

/// Writes down until when somebody works at a centre in WeChat, in the transaction that ends it: unbinding, or
/// closing the account. One that was closed before ended then.
pub(super) async fn ends(ctx: &Ctx, db: &impl ConnectionTrait, row: &staff::Model) -> Result<()> {
    let (Some(centre), AccountStatus::Active) = (row.centre_id, row.status) else { return Ok(()) };
    let Some(binding) = store::binding(db, row.id).await? else { return Ok(()) };
    let staff_bindings::Model { staff_id, openid_hash, bound_at } = binding;
    let (id, ended_at) = (ctx.clock.id(), ctx.clock.now());
    let former = former_bindings::Model { id, staff_id, centre_id: centre, openid_hash, bound_at, ended_at };
    Ok(store::insert_former(db, former).await?)
}
