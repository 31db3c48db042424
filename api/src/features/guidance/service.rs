//! Use cases of families; [`super::staff`] has those of the bureau and the desk. Locks are taken in one order: the
//! child with its family, then the request.

use chrono::Days;
use entity::{ChildId, FamilyId, GuidanceId, GuidanceStatus, NoticeKind, StaffId, guidance_requests};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{
    ADDRESS_PLACE, ANSWER_PLACE,
    dto::{GuidanceIn, GuidanceOut, GuidancePageQuery},
    rules,
    store::{self, Of},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        audit::{self, Actor},
        families::store::lock_child,
        notices::{self, Notice},
    },
    http::{
        Cursor, Idempotency, Moment, Once, Page, once,
        ratelimit::{GUIDANCE, limit},
    },
    platform::{clock::local, db::write_txn},
    state::Ctx,
};

pub(super) fn not_found() -> Problem {
    Problem::new(Code::NotFound)
}

/// Asks that somebody comes.
pub(super) async fn request(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    body: GuidanceIn,
) -> Result<Once<GuidanceOut>> {
    limit(ctx, &GUIDANCE, &family.to_string()).await?;
    let GuidanceIn { child_id, topic, wished_from, wished_until, half, address, agreed } = body;
    rules::wished(wished_from.0, wished_until.0, ctx.clock.today())?;
    if !agreed {
        let text = Text::new(
            "请同意将地址和咨询内容告知上门人员；上门结束或撤回后地址立即删除。",
            "Agree that the address and the topic are told to whoever comes; the address is deleted afterwards.",
        );
        return Err(Problem::new(Code::ConsentRequired).detail(text.clone()).and_field("agreed", "required", text));
    }
    let done = once(ctx, key, &family.to_string(), async |txn| {
        let child = lock_child(txn, family, child_id).await?.ok_or_else(|| {
            let text = Text::new("没有找到这个孩子，请重新选择。", "There is no such child of yours.");
            not_found().detail(text.clone()).and_field("child_id", "unknown", text)
        })?;
        if store::has_live(txn, child.id).await? {
            return Err(rules::has_one());
        }
        let row = guidance_requests::Model {
            id: ctx.clock.id(),
            family_id: family,
            child_id: child.id,
            topic,
            wished_from: wished_from.0,
            wished_until: wished_until.0,
            half,
            township: child.township,
            address_sealed: Some(ctx.keys.seal(ADDRESS_PLACE, address.as_bytes())),
            status: GuidanceStatus::Open,
            centre_id: None,
            staff_id: None,
            visit_on: None,
            assigned_at: None,
            answer_sealed: None,
            answered_by: None,
            created_at: ctx.clock.now(),
            ended_at: None,
        };
        store::insert(txn, row.clone()).await?;
        out(ctx, row)
    })
    .await?;
    if matches!(done, Once::First(_)) {
        ctx.metrics.event("guidance_requested");
    }
    Ok(done)
}

/// The family's requests, the latest first.
pub(super) async fn own(ctx: &Ctx, family: FamilyId, query: GuidancePageQuery) -> Result<Page<GuidanceOut>> {
    let GuidancePageQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let rows = store::of_family(ctx.db.reader(), family, after, limit.plus_one()).await?;
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, |row| out(ctx, row));
    Ok(Page { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// Nobody needs to come any more.
pub(super) async fn withdraw(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    id: GuidanceId,
) -> Result<Once<GuidanceOut>> {
    once(ctx, key, &family.to_string(), async |txn| {
        let (which, now) = ((id, Of::Family(family)), ctx.clock.now());
        let ended = store::end(txn, which, &rules::LIVE, GuidanceStatus::Withdrawn, None, now).await?;
        let row = store::own(txn, family, id).await?.ok_or_else(not_found)?;
        if ended { out(ctx, row) } else { Err(rules::not_so(&row)) }
    })
    .await
}

/// A family leaves, or takes a child away: nobody is to come any more.
pub async fn withdraw_live(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    family: FamilyId,
    child: Option<ChildId>,
) -> Result<()> {
    Ok(store::withdraw_live(db, family, child, ctx.clock.now()).await?)
}

/// A request that nobody came for within so many days after the last that was wished for ends by itself: no address
/// is kept for ever.
const LAPSES_AFTER: Days = Days::new(30);

/// Ends what lapsed, each with a word to the family.
pub async fn lapse(ctx: &Ctx) -> Result<()> {
    let before = ctx.clock.today() - LAPSES_AFTER;
    for id in store::to_lapse(ctx.db.reader(), before).await? {
        write_txn(&ctx.db, async |txn| {
            if !store::lapse(txn, id, before, ctx.clock.now()).await? {
                return Ok(());
            }
            let row = store::one(txn, id).await?.ok_or_else(not_found)?;
            let facts = json!({ "guidance_id": id, "lapsed": true, "date": local(row.created_at).date_naive(),
                "centre_name": "区民生保障局" });
            let (family, child, kind) = (row.family_id, Some(row.child_id), NoticeKind::GuidanceAnswered);
            notices::tell(ctx, txn, Notice { family, child, kind, subject: format!("{id}/lapsed"), facts }).await
        })
        .await?;
    }
    Ok(())
}

/// How many requests are late: the bureau looks after them.
pub async fn overdue(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_late(ctx.db.reader(), ctx.clock.today()).await?)
}

/// An account is closed: what it was named for is open again, and somebody else is to be named. How many.
pub async fn hand_back(ctx: &Ctx, txn: &DatabaseTransaction, by: Actor, staff: StaffId) -> Result<u64> {
    let back = store::hand_back(txn, staff).await?;
    for id in &back {
        audit::record(ctx, txn, by, "guidance.handed_back", id.to_string(), json!({ "from": staff })).await?;
    }
    Ok(back.len() as u64)
}

/// How many requests wait for the bureau.
pub async fn waiting(ctx: &Ctx) -> Result<u64> {
    Ok(store::count_open(ctx.db.reader()).await?)
}

/// A child is erased: what was answered about it goes.
pub async fn blank(db: &impl ConnectionTrait, child: ChildId) -> Result<()> {
    Ok(store::blank(db, child).await?)
}

pub(super) fn open(ctx: &Ctx, place: &str, sealed: Option<&[u8]>) -> Result<Option<String>> {
    Ok(sealed.map(|sealed| ctx.keys.open_text(place, sealed)).transpose()?)
}

fn out(ctx: &Ctx, row: guidance_requests::Model) -> Result<GuidanceOut> {
    Ok(GuidanceOut {
        id: row.id,
        child_id: row.child_id,
        topic: row.topic,
        wished_from: row.wished_from,
        wished_until: row.wished_until,
        half: row.half,
        township: row.township,
        address: open(ctx, ADDRESS_PLACE, row.address_sealed.as_deref())?,
        status: row.status,
        centre_name: row.centre_id.and_then(|id| ctx.catalogue.centre(id)).map(|plan| plan.row.name.clone()),
        visit_on: row.visit_on,
        answer: open(ctx, ANSWER_PLACE, row.answer_sealed.as_deref())?,
        created_at: Moment(row.created_at),
        ended_at: row.ended_at.map(Moment),
    })
}
