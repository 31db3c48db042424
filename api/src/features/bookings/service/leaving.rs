//! A family, or one of its children, leaves: everything still to come is called off at once, whatever
//! the cut-off, so that the places go to others.

use chrono::NaiveDate;
use entity::{BookingId, BookingStatus, ChildId, ClassId, FamilyId, VisitStatus, bookings, visits};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    super::{rules::life, store},
    days::{self, CallOff},
    event, nobody_in_care,
};
use crate::{
    error::Result,
    platform::clock::{instant_at, local},
    state::Ctx,
};

/// What was given back.
#[derive(Debug, Default)]
pub struct GivenBack {
    /// Bookings of which something was called off.
    pub bookings: u64,
    places: Vec<(ClassId, NaiveDate)>,
}

impl GivenBack {
    /// After the commit: the next search sees it.
    pub fn forget_places(&self, ctx: &Ctx) {
        for (class, date) in &self.places {
            ctx.free_places.forget(*class, [*date]);
        }
    }
}

/// The family's bookings that hold places, of one child or of all.
pub async fn live_of(db: &impl ConnectionTrait, family: FamilyId, child: Option<ChildId>) -> Result<Vec<BookingId>> {
    Ok(store::live_of(db, family, child).await?)
}

/// Calls off what of these bookings is still to come. They are locked in their order; whoever books for
/// the family meanwhile must be kept out by the caller, who asks [`live_of`] again under the family's
/// lock.
pub async fn call_off_all(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    ids: &[BookingId],
) -> Result<GivenBack> {
    let mut given = GivenBack::default();
    for &id in ids {
        let Some(row) = store::lock(txn, bookings::Entity::of_family(family), id).await? else { continue };
        let now = ctx.clock.now();
        if !store::LIVE.contains(&life::shown(&row, now)) {
            continue;
        }
        let visits = store::visits(txn, &[id]).await?;
        // A day of the past that nobody closed must not hold a family for ever.
        let today = local(now).date_naive();
        let recent: Vec<visits::Model> = visits.iter().filter(|visit| visit.date >= today).cloned().collect();
        nobody_in_care(&recent)?;
        let coming = |visit: &&visits::Model| {
            visit.status == VisitStatus::Expected && instant_at(visit.date, visit.from_min) > now
        };
        let coming: Vec<visits::Model> = visits.iter().filter(coming).cloned().collect();
        let until = life::can_cancel_until(&row, &visits);
        if row.status == BookingStatus::Pending || until.is_some_and(|until| now <= until) {
            cancel(txn, ctx, family, row, &visits).await?;
        } else if coming.is_empty() {
            continue;
        } else {
            days_off(txn, ctx, family, row, &coming).await?;
        }
        given.bookings += 1;
        given.places.extend(coming.iter().map(|visit| (visit.class_id, visit.date)));
    }
    Ok(given)
}

async fn cancel(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    mut row: bookings::Model,
    visits: &[visits::Model],
) -> Result<()> {
    let (now, to) = (ctx.clock.now(), BookingStatus::Cancelled);
    if store::move_booking(txn, row.id, &store::LIVE, to, None, now).await? {
        store::insert_event(txn, event(ctx, row.id, None, family.to_string(), to.as_str(), None)).await?;
        (row.status, row.updated_at) = (to, now);
        days::give_back(txn, ctx, row, visits).await?;
    }
    Ok(())
}

/// Too late to cancel the whole: each day for itself, those after their cut-off as told absences.
async fn days_off(
    txn: &DatabaseTransaction,
    ctx: &Ctx,
    family: FamilyId,
    mut row: bookings::Model,
    coming: &[visits::Model],
) -> Result<()> {
    for visit in coming {
        let late = ctx.clock.now() > life::cutoff(&row, visit);
        let to = if late { VisitStatus::Absent } else { VisitStatus::Cancelled };
        let how = CallOff { visit: visit.id, to, actor: family.to_string(), reason: None };
        let visits = store::visits(txn, &[row.id]).await?;
        row = days::call_off(txn, ctx, row, visits, how).await?;
    }
    Ok(())
}
