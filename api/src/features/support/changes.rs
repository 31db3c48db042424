//! Frozen sheets whose attendance is put right afterwards: they stay as they are, and are marked.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{CentreId, ChildId, support_sheets};
use sea_orm::ConnectionTrait;

use super::{service, store};
use crate::{error::Result, features::settlement::rules::span, http::Month, state::Ctx};

/// Looks whether the frozen sheets that a day of a child may be in still agree with attendance, and keeps since
/// when they don't; in the transaction that changed the day. Nothing is asked of a month that isn't over: it has
/// no sheet.
pub async fn attendance_changed(
    ctx: &Ctx,
    txn: &impl ConnectionTrait,
    (centre, child): (CentreId, ChildId),
    day: NaiveDate,
) -> Result<()> {
    let (first, next) = span(Month::of(day));
    if ctx.clock.today() < next {
        return Ok(());
    }
    for row in store::frozen_with(txn, centre, child, (first, next.pred_opt().unwrap_or(first))).await? {
        let agrees = service::agrees(ctx, txn, &row).await?;
        let since = if agrees { None } else { row.differs_since.or(Some(ctx.clock.now())) };
        if since != row.differs_since {
            store::note_difference(txn, row.id, since).await?;
        }
    }
    Ok(())
}

/// The frozen sheets that stopped to agree with attendance within a time.
pub async fn differing(
    ctx: &Ctx,
    centre: Option<CentreId>,
    within: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<support_sheets::Model>> {
    Ok(store::differing(ctx.db.reader(), centre, within).await?)
}
