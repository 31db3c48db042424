//! A centre's replies. Each is written under its rating's lock, which also holds it for moderation.

use std::collections::{HashMap, HashSet};

use entity::{CentreId, ChildId, ModeratedKind, RatingAliasId, RatingId, TextStatus, rating_replies, ratings};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    dto::RatingSubOut,
    reply_dto::{DeskRatingOut, DeskRatingsQuery, ReplyOut},
    reply_store::{self as rows, Place},
    service::{open_cursor, seal_cursor},
};
use crate::{
    error::{Code, Problem, Result},
    features::{
        audit,
        auth::Desk,
        moderation::{self, service::Written},
    },
    http::{Moment, Month, Page},
    platform::{crypto::Keyring, db::write_txn},
    state::Ctx,
};

/// What aliases of ratings are bound to.
const ALIAS_PLACE: &str = "ratings.alias";
/// Binds the sealed cursor of the desk's list to its use.
const CURSOR_PLACE: &str = "ratings.desk_cursor";

/// The name of a rating at its centre's desk.
#[must_use]
pub fn alias(keys: &Keyring, id: RatingId) -> RatingAliasId {
    RatingAliasId(keys.alias(ALIAS_PLACE, id.0))
}

/// A page of the centre's ratings.
pub async fn page(ctx: &Ctx, centre: CentreId, query: DeskRatingsQuery) -> Result<Page<DeskRatingOut>> {
    let DeskRatingsQuery { month, limit, cursor } = query;
    let after: Option<Place> = cursor.map(|cursor| open_cursor(ctx, CURSOR_PLACE, &cursor)).transpose()?;
    let db = ctx.db.reader();
    let found = rows::of_centre(db, centre, month.map(|month| month.0), after, limit.plus_one()).await?;
    let replies = by_rating(db, found.iter().map(|row| row.id).collect()).await?;
    let agreed = rows::agreed(db, found.iter().map(|row| row.child_id).collect()).await?;
    let key = |row: &ratings::Model| seal_cursor(ctx, CURSOR_PLACE, &(row.month, row.level, row.id));
    Ok(Page::of(found, limit, key, |row| {
        let reply = replies.get(&row.id);
        out(ctx, &row, reply, &agreed)
    }))
}

/// Puts a reply in the place of what is there, or takes it away; where that is so already, nothing
/// happens.
pub async fn write(ctx: &Ctx, desk: &Desk, id: RatingAliasId, text: Option<String>) -> Result<DeskRatingOut> {
    let id = RatingId(ctx.keys.unalias(ALIAS_PLACE, id.0));
    write_txn(&ctx.db, async |txn| {
        let rating = rows::lock_of_centre(txn, desk.centre_id, id).await?;
        let rating = rating.ok_or_else(|| Problem::new(Code::NotFound))?;
        let before = rows::one(txn, id).await?;
        let agreed = rows::agreed(txn, vec![rating.child_id]).await?;
        if before.as_ref().and_then(|row| row.text.as_ref()) == text.as_ref() {
            return Ok(out(ctx, &rating, before.as_ref(), &agreed));
        }
        let now = ctx.clock.now();
        let row = rating_replies::Model {
            rating_id: id,
            centre_id: desk.centre_id,
            staff_id: desk.staff_id,
            text,
            text_status: TextStatus::Pending,
            version: before.as_ref().map_or(0, |row| row.version) + 1,
            created_at: before.as_ref().map_or(now, |row| row.created_at),
            updated_at: now,
        };
        let there = before.is_some();
        rows::put(txn, row.clone(), there).await?;
        let action = if row.text.is_some() {
            // Staff have no openid here in whose name WeChat could be asked: an officer decides.
            let written = Written { kind: ModeratedKind::Reply, subject: id.0, version: row.version, family: None };
            moderation::submit(ctx, txn, written).await?;
            "reply.write"
        } else {
            moderation::withdraw(ctx, txn, ModeratedKind::Reply, id.0).await?;
            "reply.withdraw"
        };
        audit::record(ctx, txn, desk.into(), action, id.to_string(), json!({ "version": row.version })).await?;
        Ok(out(ctx, &rating, Some(&row), &agreed))
    })
    .await
}

/// The replies to these ratings that are there.
async fn by_rating(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<HashMap<RatingId, rating_replies::Model>> {
    Ok(rows::of_ratings(db, ids).await?.into_iter().map(|row| (row.rating_id, row)).collect())
}

/// The texts of replies that anyone may read, by rating.
pub async fn shown(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<HashMap<RatingId, String>> {
    let found = by_rating(db, ids).await?.into_iter();
    let shown = found.filter(|(_, row)| row.text_status == TextStatus::Shown);
    Ok(shown.filter_map(|(id, row)| Some((id, row.text?))).collect())
}

/// The texts of replies, for moderation.
pub async fn texts(db: &impl ConnectionTrait, ids: Vec<RatingId>) -> Result<Vec<(RatingId, String)>> {
    Ok(by_rating(db, ids).await?.into_iter().filter_map(|(id, row)| Some((id, row.text?))).collect())
}

/// Shows or hides a reply whose rating is held.
pub async fn show_text(db: &impl ConnectionTrait, id: RatingId, shown: bool) -> Result<()> {
    let status = if shown { TextStatus::Shown } else { TextStatus::Hidden };
    Ok(rows::set_text_status(db, id, status).await?)
}

fn out(
    ctx: &Ctx,
    row: &ratings::Model,
    reply: Option<&rating_replies::Model>,
    agreed: &HashSet<ChildId>,
) -> DeskRatingOut {
    let readable = row.text_status == TextStatus::Shown && agreed.contains(&row.child_id);
    DeskRatingOut {
        id: alias(&ctx.keys, row.id),
        month: Month(row.month),
        level: row.level,
        sub: RatingSubOut::from(row),
        text: row.text.clone().filter(|_| readable),
        reply: reply.and_then(|reply| {
            Some(ReplyOut {
                text: reply.text.clone()?,
                text_status: reply.text_status,
                updated_at: Moment(reply.updated_at),
            })
        }),
    }
}
