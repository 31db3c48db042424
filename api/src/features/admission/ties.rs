//! Use cases of ties: families of a centre's staff and their relatives, whose answers don't count there.
//!
//! A family's own word counts at once. A centre's doesn't, or who runs a desk could silence every family that
//! is known to be unhappy (`domain.md`, Ratings: nobody deletes a low score): it needs a reason and an officer.

use chrono::NaiveDate;
use entity::{BookingId, CentreId, ChildId, FamilyId, MinuteOfDay, NoticeKind, TieId, TieStatus, centre_ties};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{
    tie_dto::{BureauTieOut, BureauTiesQuery, DeskTieIn, TieContestIn, TieDecisionIn, TieIn, TieOut, TiesOut},
    tie_store as store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor, Reason},
        auth::{Bureau, Desk},
        families::store as family_store,
        notices::{self, Notice},
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::clock::instant_at,
    state::Ctx,
};

fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

fn state(zh: &'static str, en: &'static str) -> Problem {
    Problem::new(Code::WrongState).detail(Text::new(zh, en))
}

fn by_centre(row: &centre_ties::Model) -> bool {
    row.declared_by != row.family_id.to_string()
}

fn out(row: &centre_ties::Model) -> TieOut {
    TieOut {
        id: row.id,
        centre_id: row.centre_id,
        tie: row.tie,
        by_centre: by_centre(row),
        status: row.status,
        reason: row.reason.clone(),
        contested: row.contest_open,
        since: Moment(row.since),
        ended_at: row.ended_at.map(Moment),
        decision: row.decision.clone(),
    }
}

/// The family's ties.
pub async fn of_family(ctx: &Ctx, family: FamilyId) -> Result<TiesOut> {
    let db = ctx.db.reader();
    let items = store::standing(db, family, None).await?.iter().map(out).collect();
    Ok(TiesOut { items, decided: store::decided_against(db, family).await?.iter().map(out).collect() })
}

fn row(ctx: &Ctx, (family_id, centre_id): (FamilyId, CentreId), tie: entity::Tie, by: String) -> centre_ties::Model {
    centre_ties::Model {
        id: ctx.clock.id(),
        family_id,
        centre_id,
        tie,
        declared_by: by,
        since: ctx.clock.now(),
        ended_at: None,
        status: TieStatus::Declared,
        reason: None,
        contest: None,
        contest_open: false,
        contested_at: None,
        decided_by: None,
        decided_at: None,
        decision: None,
    }
}

/// The family says what it is to a centre. What the centre told of stays beside it until an officer decides: the
/// family can take back its own word only.
pub async fn declare(ctx: &Ctx, family: FamilyId, idempotency: &Idempotency, body: TieIn) -> Result<Once<TieOut>> {
    if ctx.catalogue.centre(body.centre_id).is_none() {
        return Err(not_found());
    }
    once(ctx, idempotency, &family.to_string(), async |txn| {
        let row = row(ctx, (family, body.centre_id), body.tie, family.to_string());
        let (told, own) = present(txn, family, body.centre_id).await?;
        if let Some(confirmed) = told.filter(|told| told.status == TieStatus::Confirmed) {
            return Ok(out(&confirmed));
        }
        if let Some(own) = own {
            if own.tie == row.tie {
                return Ok(out(&own));
            }
            store::end(txn, own.id, TieStatus::Declared, ctx.clock.now()).await?;
        }
        store::insert(txn, row.clone()).await?;
        Ok(out(&row))
    })
    .await
}

/// The centre tells of a tie of the family of a booking. It counts once an officer confirms it; the family is
/// told.
pub async fn tie_booking(
    ctx: &Ctx,
    desk: &Desk,
    idempotency: &Idempotency,
    booking: BookingId,
    body: DeskTieIn,
) -> Result<Once<TieOut>> {
    let DeskTieIn { tie, reason } = body;
    once(ctx, idempotency, &desk.staff_id.to_string(), async |txn| {
        let booked = store::booking(txn, desk.centre_id, booking).await?.ok_or_else(not_found)?;
        idempotency.about(booked.family_id);
        let here = (booked.family_id, desk.centre_id);
        let (told, own) = present(txn, here.0, here.1).await?;
        if let Some(told) = told {
            // It waits, or was confirmed.
            if told.tie == tie {
                return Ok(out(&told));
            }
            may_tell_anew(&told)?;
            if !store::end(txn, told.id, TieStatus::Proposed, ctx.clock.now()).await? {
                return Err(not_so(&store::one(txn, told.id).await?.ok_or_else(not_found)?));
            }
        } else if let Some(own) = own {
            // The family's own word counts already.
            return Ok(out(&own));
        }
        let row = centre_ties::Model {
            status: TieStatus::Proposed,
            reason: Some(reason.to_string()),
            ..row(ctx, here, tie, desk.staff_id.to_string())
        };
        store::insert(txn, row.clone()).await?;
        tell(ctx, txn, NoticeKind::TieProposed, &row, Some(booked.child_id)).await?;
        let deed = ("booking.tie", booking.to_string());
        let because = Reason { child: booked.child_id, text: &reason };
        let detail = json!({ "tie": row.tie, "tie_id": row.id });
        audit::record_reasoned(ctx, txn, Actor::from(desk), deed, detail, because).await?;
        Ok(out(&row))
    })
    .await
}

/// What the centre told of may be told anew while nobody has said anything about it: a confirmed tie is the
/// bureau's, and what the family says against one isn't wiped away by another.
fn may_tell_anew(told: &centre_ties::Model) -> Result<()> {
    let text = match told {
        centre_ties::Model { status: TieStatus::Confirmed, .. } => Text::new(
            "该家庭的关系已由区民生保障局核实，如有变化请联系区民生保障局。",
            "The bureau confirmed what the family is: ask it to change that.",
        ),
        centre_ties::Model { contest_open: true, .. } => Text::new(
            "家长已对原登记提出异议，请等候区民生保障局核实后再登记。",
            "The family contests what you told of: the bureau looks at that first.",
        ),
        _ => return Ok(()),
    };
    Err(Problem::new(Code::WrongState).detail(text).fact("state", told.status))
}

/// What stands between a family and a centre: what the centre told of, and the family's own word. The family is
/// held, so that there is one of each at most.
async fn present(
    txn: &DatabaseTransaction,
    family: FamilyId,
    centre: CentreId,
) -> Result<(Option<centre_ties::Model>, Option<centre_ties::Model>)> {
    family_store::lock_family(txn, family).await?;
    let (mut told, mut own): (Vec<_>, Vec<_>) =
        store::standing(txn, family, Some(centre)).await?.into_iter().partition(by_centre);
    Ok((told.pop(), own.pop()))
}

/// Tells the family, with the officer's reason where there is one.
async fn tell(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    kind: NoticeKind,
    row: &centre_ties::Model,
    child: Option<ChildId>,
) -> Result<()> {
    let plan = ctx.catalogue.centre(row.centre_id);
    let facts = json!({
        "tie_id": row.id, "centre_id": row.centre_id, "date": ctx.clock.today(),
        "centre_name": plan.map(|plan| plan.row.name.clone()),
        "reason": row.decision, "contested": row.contest.is_some(),
    });
    let child = match child {
        Some(child) => Some(child),
        None => family_store::told_children(txn, vec![row.family_id]).await?.remove(&row.family_id),
    };
    let subject = row.id.to_string();
    notices::tell(ctx, txn, Notice { family: row.family_id, child, kind, subject, facts }).await
}

/// The family's tie, whoever told of it.
async fn own(db: &impl ConnectionTrait, family: FamilyId, id: TieId) -> Result<centre_ties::Model> {
    let found = store::standing(db, family, None).await?.into_iter().find(|tie| tie.id == id);
    found.ok_or_else(not_found)
}

/// The family's tie is over.
pub async fn end(ctx: &Ctx, family: FamilyId, id: TieId) -> Result<()> {
    if by_centre(&own(ctx.db.reader(), family, id).await?) {
        return Err(state(
            "该关系由机构登记，如有误请提出异议，由区民生保障局核实。",
            "The centre said so: contest it, and the bureau decides.",
        ));
    }
    if store::end(ctx.db.writer(), id, TieStatus::Declared, ctx.clock.now()).await? { Ok(()) } else { Err(not_found()) }
}

/// The family contests what a centre told of it; an officer decides.
pub async fn contest(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    id: TieId,
    body: TieContestIn,
) -> Result<Once<TieOut>> {
    once(ctx, key, &family.to_string(), async |txn| {
        if !by_centre(&own(txn, family, id).await?) {
            return Err(state("这是您自己申报的关系，可直接结束。", "You said so yourself: end it."));
        }
        if !store::contest(txn, id, &body.reason, ctx.clock.now()).await? {
            return Err(state("您的异议正在核实，请等候结果。", "What you said before is being looked at."));
        }
        Ok(out(&own(txn, family, id).await?))
    })
    .await
}

/// Whether answers of a family about care at a centre on a day stay out of its figures.
pub async fn tied(db: &impl ConnectionTrait, family: FamilyId, centre: CentreId, date: NaiveDate) -> Result<bool> {
    Ok(store::was_tied(db, family, centre, instant_at(date, MinuteOfDay(0))).await?)
}

/// A page of ties, for the bureau.
pub async fn page(ctx: &Ctx, query: BureauTiesQuery) -> Result<Page<BureauTieOut>> {
    let BureauTiesQuery { status, waiting, centre_id, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = store::Filter { status, waiting, centre: centre_id, after };
    let found = store::page(ctx.db.reader(), filter, limit.plus_one()).await?;
    Ok(Page::of(found, limit, |row| row.id, bureau_out))
}

/// A tie that a centre told of is so: it counts for what is rated from now on.
pub async fn confirm(ctx: &Ctx, bureau: &Bureau, key: &Idempotency, id: TieId) -> Result<Once<BureauTieOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let confirmed = store::confirm(txn, id, bureau.staff_id, ctx.clock.now()).await?;
        let row = store::one(txn, id).await?.ok_or_else(not_found)?;
        if !confirmed {
            return Err(not_so(&row));
        }
        key.about(row.family_id);
        tell(ctx, txn, NoticeKind::TieConfirmed, &row, None).await?;
        let detail = json!({ "centre_id": row.centre_id, "tie": row.tie, "contested": row.contest.is_some() });
        audit::record(ctx, txn, bureau.into(), "tie.confirm", id.to_string(), detail).await?;
        Ok(bureau_out(row))
    })
    .await
}

/// A tie that a centre told of isn't so (`refused`: as if it had never been, so that officers can count again
/// what it left out), or is so no longer. The family is told why.
pub async fn over(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    (id, refused): (TieId, bool),
    body: TieDecisionIn,
) -> Result<Once<BureauTieOut>> {
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        let done = (bureau.staff_id, ctx.clock.now(), &*body.reason);
        let ended = store::over(txn, id, refused, done).await?;
        let row = store::one(txn, id).await?.ok_or_else(not_found)?;
        if !ended {
            return Err(not_so(&row));
        }
        key.about(row.family_id);
        tell(ctx, txn, if refused { NoticeKind::TieRefused } else { NoticeKind::TieEnded }, &row, None).await?;
        let detail = json!({ "centre_id": row.centre_id, "tie": row.tie, "contested": row.contest.is_some() });
        let action = if refused { "tie.refuse" } else { "tie.end" };
        audit::record(ctx, txn, bureau.into(), action, id.to_string(), detail).await?;
        Ok(bureau_out(row))
    })
    .await
}

fn not_so(row: &centre_ties::Model) -> Problem {
    let problem = if row.ended_at.is_some() {
        state("该关系已结束，不能再处理。", "The tie is over.")
    } else if !by_centre(row) {
        state("这是家庭自己申报的关系，由家庭结束。", "The family said so itself, and ends it itself.")
    } else {
        state("该关系当前的状态不能这样处理，请刷新后查看。", "The tie isn't in a state for that.")
    };
    problem.fact("state", row.status)
}

fn bureau_out(row: centre_ties::Model) -> BureauTieOut {
    let waiting = row.ended_at.is_none()
        && (row.status == TieStatus::Proposed || (row.status == TieStatus::Confirmed && row.contest_open));
    BureauTieOut {
        id: row.id,
        centre_id: row.centre_id,
        tie: row.tie,
        status: row.status,
        waiting,
        declared_by: row.declared_by.parse().ok(),
        reason: row.reason,
        contest: row.contest,
        contested_at: row.contested_at.map(Moment),
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(Moment),
        decision: row.decision,
        since: Moment(row.since),
        ended_at: row.ended_at.map(Moment),
    }
}
