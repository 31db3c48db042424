//! Use cases of ratings.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CareType, CentreId, ChildId, ConsentPurpose, FamilyId, MinuteOfDay, ModeratedKind, RatingId, TextStatus,
    rating_traces, ratings,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    dto::{
        CentreRatingsOut, PublicRatingOut, RatingIn, RatingOut, RatingPatch, RatingSubIn, RatingSubOut, RatingsQuery,
    },
    replies, reversed,
    rules::{self, Occasion},
    store,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        admission,
        auth::bindings,
        centres, complaints, families,
        moderation::{self, service::Written},
    },
    http::{Cursor, Idempotency, Moment, Month, Once, Page, Paragraph, address::ClientDevice, once},
    platform::{
        clock::{instant_at, local},
        constraint::{Constraint, violated},
        db::write_txn,
    },
    state::Ctx,
};

/// Binds the sealed cursor of the public list to its use.
const CURSOR_PLACE: &str = "ratings.cursor";
/// Binds the hash of a device to its use.
const TRACE_PLACE: &str = "rating_traces.trace";
/// Enough to tell the devices of a centre and a day apart.
const TRACE_BYTES: usize = 8;

/// Whether what a family says of care on a day is the centre's own word: it works there or a relative does, or did
/// at any time since that day.
pub(super) async fn is_of_the_centre(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    (family, centre): (FamilyId, CentreId),
    date: NaiveDate,
) -> Result<bool> {
    Ok(admission::tied(txn, family, centre, date).await?
        || bindings::worked_at(ctx, txn, (family, centre), instant_at(date, MinuteOfDay(0))).await?)
}

/// Rates an occasion.
pub async fn rate(
    ctx: &Ctx,
    family: FamilyId,
    key: &Idempotency,
    device: &ClientDevice,
    body: RatingIn,
) -> Result<Once<RatingOut>> {
    let RatingIn { visit_id, redemption_id, level, sub, text } = body;
    let occasion = rules::occasion(visit_id, redemption_id)?;
    let RatingSubIn { environment, carers, meals, safety, communication } = sub.unwrap_or_default();
    let done = once(ctx, key, &family.to_string(), async |txn| {
        let cared = cared_for(txn, family, occasion).await?;
        still_agreed(txn, cared.child).await?;
        let tied = is_of_the_centre(ctx, txn, (family, cared.centre), cared.date).await?;
        let now = ctx.clock.now();
        let row = ratings::Model {
            id: ctx.clock.id(),
            family_id: family,
            child_id: cared.child,
            centre_id: cared.centre,
            visit_id,
            redemption_id,
            care_type: cared.care_type,
            care_date: cared.date,
            month: rules::period(cared.date),
            level: level.0,
            environment: environment.map(|level| level.0),
            carers: carers.map(|level| level.0),
            meals: meals.map(|level| level.0),
            safety: safety.map(|level| level.0),
            communication: communication.map(|level| level.0),
            text: text.map(Paragraph::into_inner),
            text_status: TextStatus::Pending,
            excluded_for: tied.then(|| rules::TIED.to_owned()),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        store::insert(txn, row.clone()).await.map_err(|error| match violated(&error) {
            Some(Constraint::RatingPerVisit | Constraint::RatingPerRedemption) => rules::rated_before(),
            _ => error.into(),
        })?;
        store::keep_trace(txn, trace(ctx, &row, device)).await?;
        counted(ctx, txn, &row, now).await?;
        if row.text.is_some() {
            moderation::submit(ctx, txn, written(&row)).await?;
        }
        complaints::follow(ctx, txn, None, &row).await?;
        Ok(rating_out(ctx, row, None))
    })
    .await?;
    if let Once::First(rating) = &done {
        shown_anew(ctx, rating.centre_id).await;
        ctx.metrics.event("rated");
    }
    Ok(done)
}

/// What the same device would give again at this centre on this day, and nowhere else: it can't be followed
/// from centre to centre or from day to day (`docs/decisions/personal-data.md`).
fn trace(ctx: &Ctx, row: &ratings::Model, device: &ClientDevice) -> rating_traces::Model {
    let day = local(row.created_at).date_naive();
    let mut trace = ctx.keys.lookup_hash(TRACE_PLACE, &format!("{} {day} {}", row.centre_id, device.0));
    trace.truncate(TRACE_BYTES);
    rating_traces::Model { rating_id: row.id, trace, at: row.created_at }
}

/// Changes a rating within its 30 days.
pub async fn change(ctx: &Ctx, family: FamilyId, id: RatingId, patch: RatingPatch) -> Result<RatingOut> {
    let (row, changed) = write_txn(&ctx.db, async |txn| {
        let before = store::lock_rating(txn, family, id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        let now = ctx.clock.now();
        rules::check_editable(before.created_at, now)?;
        rules::still_about_care(&before, reversed::has_care(txn, &before).await?)?;
        still_agreed(txn, before.child_id).await?;
        let Some(mut after) = rules::changed(&before, patch, now) else {
            return Ok((before, false));
        };
        // Who has come to work there since answers for the centre, whatever was said before.
        let of = (after.family_id, after.centre_id);
        if after.excluded_for.is_none() && is_of_the_centre(ctx, txn, of, after.care_date).await? {
            after.excluded_for = Some(rules::TIED.to_owned());
        }
        store::update(txn, after.clone()).await?;
        counted(ctx, txn, &after, now).await?;
        match (after.text == before.text, &after.text) {
            (true, _) => {}
            (false, Some(_)) => moderation::submit(ctx, txn, written(&after)).await?,
            (false, None) => moderation::withdraw(ctx, txn, ModeratedKind::Rating, after.id.0).await?,
        }
        complaints::follow(ctx, txn, Some(before.level), &after).await?;
        Ok::<_, Problem>((after, true))
    })
    .await?;
    if changed {
        shown_anew(ctx, row.centre_id).await;
    }
    let reply = replies::shown(ctx.db.reader(), vec![row.id]).await?.remove(&row.id);
    Ok(rating_out(ctx, row, reply))
}

fn written(row: &ratings::Model) -> Written {
    Written { kind: ModeratedKind::Rating, subject: row.id.0, version: row.version, family: Some(row.family_id) }
}

/// The texts of ratings, for moderation.
pub async fn texts(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<Vec<(RatingId, String)>> {
    Ok(store::texts(db, ids).await?)
}

/// Holds a rating, so that its text stays as it is.
pub async fn lock_text(db: &impl ConnectionTrait, id: RatingId) -> Result<()> {
    store::lock_any(db, id).await?;
    Ok(())
}

/// Shows or hides the text of a rating that is held. The score counts either way.
pub async fn show_text(db: &impl ConnectionTrait, id: RatingId, shown: bool) -> Result<()> {
    let status = if shown { TextStatus::Shown } else { TextStatus::Hidden };
    Ok(store::set_text_status(db, id, status).await?)
}

/// Ratings whose text waits although nobody looks at it, with their families.
pub async fn texts_without_moderation(db: &impl ConnectionTrait, most: u64) -> Result<Vec<(RatingId, FamilyId)>> {
    Ok(store::texts_without_moderation(db, most).await?)
}

/// The version of a rating whose text waits; it is held until the transaction ends.
pub async fn pending_version(db: &impl ConnectionTrait, id: RatingId) -> Result<Option<i32>> {
    let row = store::lock_any(db, id).await?;
    Ok(row.filter(|row| row.text.is_some() && row.text_status == TextStatus::Pending).map(|row| row.version))
}

/// The family's own ratings.
pub async fn own(ctx: &Ctx, family: FamilyId, query: RatingsQuery) -> Result<Page<RatingOut>> {
    let RatingsQuery { limit, cursor } = query;
    let after = cursor.map(|cursor| cursor.unpack()).transpose()?;
    let rows = store::of_family(ctx.db.reader(), family, after, limit.plus_one()).await?;
    let mut shown = replies::shown(ctx.db.reader(), rows.iter().map(|row| row.id).collect()).await?;
    Ok(Page::of(
        rows,
        limit,
        |row| row.id,
        |row| {
            let reply = shown.remove(&row.id);
            rating_out(ctx, row, reply)
        },
    ))
}

/// What anyone may read of a centre's ratings.
pub async fn of_centre(ctx: &Ctx, centre: CentreId, query: RatingsQuery) -> Result<CentreRatingsOut> {
    let RatingsQuery { limit, cursor } = query;
    let plan = ctx.catalogue.centre(centre).ok_or_else(|| Problem::new(Code::NotFound))?;
    let after = cursor.map(|cursor| open_cursor(ctx, CURSOR_PLACE, &cursor)).transpose()?;
    let rows = store::shown_of_centre(ctx.db.reader(), centre, after, limit.plus_one()).await?;
    let mut shown = replies::shown(ctx.db.reader(), rows.iter().map(|row| row.id).collect()).await?;
    let key = |row: &ratings::Model| seal_cursor(ctx, CURSOR_PLACE, &row.id);
    let Page { items, next_cursor } = Page::of(rows, limit, key, |row| {
        let reply = shown.remove(&row.id);
        public_out(row, reply)
    });
    Ok(CentreRatingsOut { rating: plan.rating.into(), items, next_cursor })
}

/// What the occasion says of the care.
struct Cared {
    child: ChildId,
    centre: CentreId,
    care_type: CareType,
    date: chrono::NaiveDate,
}

/// The occasion, if it is the family's and the child was really cared for.
async fn cared_for(txn: &DatabaseTransaction, family: FamilyId, occasion: Occasion) -> Result<Cared> {
    let unknown = |field: &'static str| {
        let text =
            Text::new("没有找到这次托育，请在“我的预约”或“我的体验券”中选择后再评价。", "No such care of yours.");
        Problem::new(Code::NotFound).detail(text.clone()).and_field(field, "unknown", text)
    };
    match occasion {
        Occasion::Visit(id) => {
            let visit = store::lock_visit(txn, family, id).await?.ok_or_else(|| unknown("visit_id"))?;
            rules::visit_happened(visit.status)?;
            Ok(Cared { child: visit.child_id, centre: visit.centre_id, care_type: visit.care_type, date: visit.date })
        }
        Occasion::Redemption(id) => {
            let day = store::lock_redemption(txn, family, id).await?.ok_or_else(|| unknown("redemption_id"))?;
            rules::redemption_happened(day.status)?;
            Ok(Cared { child: day.child_id, centre: day.centre_id, care_type: day.care_type, date: day.service_date })
        }
    }
}

/// A family that took its consent to `ratings` back rates no more, until it gives it again.
async fn still_agreed(txn: &DatabaseTransaction, child: ChildId) -> Result<()> {
    if !families::store::took_back(txn, child, ConsentPurpose::Ratings).await? {
        return Ok(());
    }
    let text = Text::new(
        "您已撤回“服务评价”的同意，请在“隐私”中重新同意后再评价。",
        "You withdrew your consent to `ratings`; give it again to rate.",
    );
    Err(Problem::new(Code::ConsentRequired).detail(text).fact("purpose", ConsentPurpose::Ratings))
}

/// Keeps the state as a version and raises the centre's version, whose card shows the figures.
pub(super) async fn counted(
    ctx: &Ctx,
    txn: &DatabaseTransaction,
    row: &ratings::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    store::keep_version(txn, ctx.clock.id(), row, at).await?;
    centres::store::touch(txn, Some(row.centre_id), at).await?;
    Ok(())
}

/// After the commit: the centre's card with the new figures. Should it fail, polling repairs it.
pub(super) async fn shown_anew(ctx: &Ctx, centre: CentreId) {
    if let Err(error) = ctx.catalogue.reload_centres(ctx.db.reader(), &ctx.clock, &[centre]).await {
        tracing::warn!(%error, "a rated centre can't be reloaded at once");
    }
}

/// A cursor of a list for others: what it holds is sealed, for an id tells when the family rated.
pub(super) fn seal_cursor(ctx: &Ctx, place: &str, key: &impl Serialize) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&ctx.keys.seal(place, &serde_json::to_vec(key).unwrap_or_default()))
}

pub(super) fn open_cursor<K: DeserializeOwned>(ctx: &Ctx, place: &str, cursor: &Cursor) -> Result<K> {
    let sealed: String = cursor.unpack()?;
    data_encoding::BASE64URL_NOPAD
        .decode(sealed.as_bytes())
        .ok()
        .and_then(|sealed| ctx.keys.open(place, &sealed).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(Cursor::invalid)
}

fn public_out(row: ratings::Model, reply: Option<String>) -> PublicRatingOut {
    PublicRatingOut {
        month: Month(row.month),
        level: row.level,
        sub: RatingSubOut::from(&row),
        text: row.text.unwrap_or_default(),
        reply,
    }
}

fn rating_out(ctx: &Ctx, row: ratings::Model, reply: Option<String>) -> RatingOut {
    RatingOut {
        id: row.id,
        centre_id: row.centre_id,
        centre_name: ctx.catalogue.centre(row.centre_id).map(|plan| plan.row.name.clone()),
        child_id: row.child_id,
        visit_id: row.visit_id,
        redemption_id: row.redemption_id,
        care_type: row.care_type,
        care_date: row.care_date,
        level: row.level,
        sub: RatingSubOut::from(&row),
        text: row.text,
        text_status: row.text_status,
        reply,
        editable_until: Moment(rules::editable_until(row.created_at)),
        created_at: Moment(row.created_at),
        updated_at: Moment(row.updated_at),
    }
}
