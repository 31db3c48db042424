//! What the bureau and the desk do with requests.

use chrono::NaiveDate;
use entity::{GuidanceId, GuidanceStatus, NoticeKind, StaffId, children, guidance_requests};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde_json::json;

use super::{
    ADDRESS_PLACE, ANSWER_PLACE,
    dto::{
        BureauGuidanceQuery, GuidanceAnswerIn, GuidanceAssignIn, GuidanceOutcome, GuidancePageQuery, StaffGuidanceOut,
    },
    rules,
    service::{not_found, open},
    store::{self, Filter, Of},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        audit::{self, Actor},
        auth::{Bureau, Desk},
        complaints::rules::takes,
        families::{rules::age_months, service::masked_for_staff},
        notices::{self, Notice},
    },
    http::{Cursor, Idempotency, Moment, Once, Page, once},
    platform::clock::local,
    state::Ctx,
};

/// Who looks: the bureau reads where a family lives only of what it was named for itself.
#[derive(Clone, Copy, Debug)]
enum Eyes {
    Bureau(StaffId),
    Desk,
}

/// A page of the bureau's.
pub async fn page(ctx: &Ctx, me: StaffId, query: BureauGuidanceQuery) -> Result<Page<StaffGuidanceOut>> {
    let BureauGuidanceQuery { status, township, centre_id, overdue, limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let overdue = overdue.map(|late| (late, ctx.clock.today()));
    let filter = Filter { status, township: township.as_deref(), centre: centre_id, overdue, after };
    let rows = store::page(ctx.db.reader(), filter, limit.plus_one()).await?;
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, |row| row);
    Ok(Page { items: shown(ctx, ctx.db.reader(), Eyes::Bureau(me), items).await?, next_cursor })
}

/// A page of a centre's: what it was named for.
pub async fn desk_page(ctx: &Ctx, desk: &Desk, query: GuidancePageQuery) -> Result<Page<StaffGuidanceOut>> {
    let GuidancePageQuery { limit, cursor } = query;
    let after = cursor.as_ref().map(Cursor::unpack).transpose()?;
    let filter = Filter { centre: Some(desk.centre_id), after, ..Filter::default() };
    let rows = store::page(ctx.db.reader(), filter, limit.plus_one()).await?;
    let Page { items, next_cursor } = Page::of(rows, limit, |row| row.id, |row| row);
    Ok(Page { items: shown(ctx, ctx.db.reader(), Eyes::Desk, items).await?, next_cursor })
}

/// The visits that the centre has to make on a day; of today's also those of days past that nobody has answered.
pub async fn desk_visits(ctx: &Ctx, desk: &Desk, day: NaiveDate) -> Result<Vec<StaffGuidanceOut>> {
    let from = (day != ctx.clock.today()).then_some(day);
    let rows = store::visits_until(ctx.db.reader(), desk.centre_id, (from, day)).await?;
    shown(ctx, ctx.db.reader(), Eyes::Desk, rows).await
}

/// Names who comes and when; the family is told in the same transaction.
pub async fn assign(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: GuidanceId,
    body: GuidanceAssignIn,
) -> Result<Once<StaffGuidanceOut>> {
    rules::assigned(&body, ctx.clock.today())?;
    let GuidanceAssignIn { centre_id, staff_id, visit_on, handing_over, assigned_at, confirm } = body;
    if centre_id.is_some_and(|id| ctx.catalogue.centre(id).is_none()) {
        let text = Text::new("没有这个在营机构，请重新选择。", "There is no such centre in service.");
        return Err(Problem::field("centre_id", "unknown", text));
    }
    let from = assigned_at.filter(|_| handing_over).map(|at| at.0);
    once(ctx, key, &bureau.staff_id.to_string(), async |txn| {
        if let Some(staff) = staff_id {
            takes(store::lock_staff(txn, staff).await?.as_ref())?;
        }
        let asked = store::one(txn, id).await?.ok_or_else(not_found)?;
        if rules::LIVE.contains(&asked.status) {
            rules::within_wish(&asked, visit_on.0, confirm)?;
        }
        let to = (centre_id, staff_id, visit_on.0);
        let assigned = store::assign(txn, id, from, to, ctx.clock.now()).await?;
        let row = store::one(txn, id).await?.ok_or_else(not_found)?;
        if !assigned {
            return Err(rules::not_so(&row));
        }
        key.about(row.family_id);
        tell(ctx, txn, NoticeKind::GuidanceAssigned, &row, visit_on.0).await?;
        let detail = json!({ "centre_id": centre_id, "staff_id": staff_id, "visit_on": visit_on });
        audit::record(ctx, txn, bureau.into(), "guidance.assign", id.to_string(), detail).await?;
        one(ctx, txn, Eyes::Bureau(bureau.staff_id), row).await
    })
    .await
}

/// Ends a request with an answer of the bureau.
pub async fn answer(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    id: GuidanceId,
    body: GuidanceAnswerIn,
) -> Result<Once<StaffGuidanceOut>> {
    let (who, eyes) = (bureau.staff_id, Eyes::Bureau(bureau.staff_id));
    once(ctx, key, &who.to_string(), async |txn| {
        let row = end(ctx, txn, (id, Of::Anyone), (who, bureau.into()), &body).await?;
        key.about(row.family_id);
        one(ctx, txn, eyes, row).await
    })
    .await
}

/// Ends a request with an answer of the centre that it is assigned to.
pub async fn desk_answer(
    ctx: &Ctx,
    desk: &Desk,
    key: &Idempotency,
    id: GuidanceId,
    body: GuidanceAnswerIn,
) -> Result<Once<StaffGuidanceOut>> {
    once(ctx, key, &desk.staff_id.to_string(), async |txn| {
        let row = end(ctx, txn, (id, Of::Centre(desk.centre_id)), (desk.staff_id, desk.into()), &body).await?;
        key.about(row.family_id);
        one(ctx, txn, Eyes::Desk, row).await
    })
    .await
}

async fn end(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    (id, of): (GuidanceId, Of),
    (by, actor): (StaffId, Actor),
    body: &GuidanceAnswerIn,
) -> Result<guidance_requests::Model> {
    let GuidanceAnswerIn { outcome, text } = body;
    let theirs = |row: &guidance_requests::Model| match of {
        Of::Centre(centre) => row.centre_id == Some(centre),
        Of::Anyone | Of::Family(_) => true,
    };
    let row = store::one(txn, id).await?.filter(theirs).ok_or_else(not_found)?;
    rules::may_be_done(&row, *outcome, ctx.clock.today())?;
    let (to, action) = match outcome {
        GuidanceOutcome::Done => (GuidanceStatus::Done, "guidance.done"),
        GuidanceOutcome::Declined => (GuidanceStatus::Declined, "guidance.decline"),
    };
    let answer = Some((by, ctx.keys.seal(ANSWER_PLACE, text.as_bytes())));
    let from = rules::ends_from(*outcome, matches!(of, Of::Centre(_)));
    let ended = store::end(txn, (id, of), from, to, answer, ctx.clock.now()).await?;
    let row = store::one(txn, id).await?.ok_or_else(not_found)?;
    if !ended {
        return Err(rules::not_so(&row));
    }
    tell(ctx, txn, NoticeKind::GuidanceAnswered, &row, local(row.created_at).date_naive()).await?;
    audit::record(ctx, txn, actor, action, id.to_string(), json!({ "centre_id": row.centre_id })).await?;
    Ok(row)
}

async fn tell(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    kind: NoticeKind,
    row: &guidance_requests::Model,
    date: NaiveDate,
) -> Result<()> {
    let centre = row.centre_id.and_then(|id| ctx.catalogue.centre(id));
    let facts = json!({
        "guidance_id": row.id, "centre_id": row.centre_id, "date": date,
        "centre_name": centre.map_or_else(|| "区民生保障局".to_owned(), |plan| plan.row.name.clone()),
    });
    let (family, child) = (row.family_id, Some(row.child_id));
    // Another day, or others who come, is told again.
    let at = row.assigned_at.map_or(0, |at| at.timestamp_millis());
    notices::tell(ctx, txn, Notice { family, child, kind, subject: format!("{}/{at}", row.id), facts }).await
}

async fn one(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    eyes: Eyes,
    row: guidance_requests::Model,
) -> Result<StaffGuidanceOut> {
    shown(ctx, db, eyes, vec![row]).await?.pop().ok_or_else(not_found)
}

async fn shown(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    eyes: Eyes,
    rows: Vec<guidance_requests::Model>,
) -> Result<Vec<StaffGuidanceOut>> {
    let children = store::children(db, rows.iter().map(|row| row.child_id).collect()).await?;
    let show = |row: guidance_requests::Model| {
        let child = children.get(&row.child_id).ok_or_else(not_found)?;
        out(ctx, eyes, row, child)
    };
    rows.into_iter().map(show).collect()
}

fn out(ctx: &Ctx, eyes: Eyes, row: guidance_requests::Model, child: &children::Model) -> Result<StaffGuidanceOut> {
    let (named, name) = match eyes {
        Eyes::Bureau(me) => (row.staff_id == Some(me), None),
        Eyes::Desk => (true, Some(masked_for_staff(&ctx.keys, &child.name_sealed, child.name_status)?)),
    };
    let address = row.address_sealed.as_deref().filter(|_| named);
    let overdue = rules::overdue(&row, ctx.clock.today());
    Ok(StaffGuidanceOut {
        id: row.id,
        child_name: name,
        age_months: age_months(child.birth_date, ctx.clock.today()),
        topic: row.topic,
        wished_from: row.wished_from,
        wished_until: row.wished_until,
        half: row.half,
        township: row.township,
        address: open(ctx, ADDRESS_PLACE, address)?,
        status: row.status,
        overdue,
        centre_id: row.centre_id,
        centre_name: row.centre_id.and_then(|id| ctx.catalogue.centre(id)).map(|plan| plan.row.name.clone()),
        staff_id: row.staff_id,
        visit_on: row.visit_on,
        answer: open(ctx, ANSWER_PLACE, row.answer_sealed.as_deref())?,
        created_at: Moment(row.created_at),
        assigned_at: row.assigned_at.map(Moment),
        ended_at: row.ended_at.map(Moment),
    })
}
