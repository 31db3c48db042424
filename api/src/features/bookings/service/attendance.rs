//! How well a family keeps its bookings.

use chrono::{Days, NaiveDate};
use entity::FamilyId;
use sea_orm::ConnectionTrait;

use super::super::{dto::AttendanceOut, store};
use crate::{error::Result, state::Ctx};

/// What a family missed of late, and whether it therefore books by request only.
pub(super) async fn of(db: &impl ConnectionTrait, ctx: &Ctx, family: FamilyId) -> Result<AttendanceOut> {
    let since = since(ctx);
    let (no_shows, late_absences) = store::missed(db, family, since).await?;
    let most = i64::from(ctx.settings.request_only_after);
    Ok(AttendanceOut {
        since,
        no_shows,
        late_absences,
        most,
        request_only: most > 0 && no_shows + late_absences >= most,
    })
}

/// Whether the family books by request only; `missed_on` is the last day it missed.
pub(super) async fn request_only(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    family: FamilyId,
    missed_on: Option<NaiveDate>,
) -> Result<bool> {
    Ok(missed_lately(ctx, missed_on) && of(db, ctx, family).await?.request_only)
}

/// Whether a family that missed a day last on `missed_on` may have missed too many.
pub(super) fn missed_lately(ctx: &Ctx, missed_on: Option<NaiveDate>) -> bool {
    let since = since(ctx);
    missed_on.is_some_and(|day| since <= day)
}

fn since(ctx: &Ctx) -> NaiveDate {
    ctx.clock.today() - Days::new(u64::from(ctx.settings.attendance_days))
}

/// The family's attendance, for the family.
pub async fn attendance(ctx: &Ctx, family: FamilyId) -> Result<AttendanceOut> {
    of(ctx.db.reader(), ctx, family).await
}
