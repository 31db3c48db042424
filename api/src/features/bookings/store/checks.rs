//! Queries about children at the desk: entry checks, vouchers held.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    BookingId, CentreId, ChildId, VisitStatus, VoucherStatus, bookings, children, entry_checks, visits, vouchers,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

/// Children of these families that hold an active voucher on a date, with units left.
pub(in super::super) async fn children_with_voucher(
    db: &impl ConnectionTrait,
    ids: &[ChildId],
    date: NaiveDate,
) -> Result<Vec<ChildId>, DbErr> {
    vouchers::Entity::find()
        .select_only()
        .column(vouchers::Column::ChildId)
        .filter(vouchers::Column::ChildId.is_in(ids.iter().copied()))
        .filter(vouchers::Column::Status.eq(VoucherStatus::Active))
        .filter(vouchers::Column::ValidFrom.lte(date))
        .filter(vouchers::Column::ValidUntil.gte(date))
        .filter(Expr::col(vouchers::Column::UnitsUsed).lt(Expr::col(vouchers::Column::UnitsTotal)))
        .distinct()
        .into_tuple()
        .all(db)
        .await
}

/// Entry checks of some children at some centres, and the last day each was in care there.
#[derive(Default)]
pub(in super::super) struct Checks {
    checks: HashMap<(CentreId, ChildId), entry_checks::Model>,
    last: HashMap<(CentreId, ChildId), NaiveDate>,
}

impl Checks {
    pub(in super::super) async fn load(
        db: &impl ConnectionTrait,
        centres: &[CentreId],
        children: &[ChildId],
    ) -> Result<Self, DbErr> {
        if children.is_empty() {
            return Ok(Self::default());
        }
        let checks = entry_checks::Entity::find()
            .filter(entry_checks::Column::ChildId.is_in(children.iter().copied()))
            .filter(entry_checks::Column::CentreId.is_in(centres.iter().copied()))
            .all(db)
            .await?;
        let checks: HashMap<_, _> =
            checks.into_iter().map(|check| ((check.centre_id, check.child_id), check)).collect();
        if checks.is_empty() {
            return Ok(Self { checks, ..Self::default() });
        }
        let last: Vec<(CentreId, ChildId, NaiveDate)> = visits::Entity::find()
            .select_only()
            .columns([visits::Column::CentreId, visits::Column::ChildId])
            .column_as(visits::Column::Date.max(), "last")
            .filter(visits::Column::ChildId.is_in(children.iter().copied()))
            .filter(visits::Column::CentreId.is_in(centres.iter().copied()))
            .filter(visits::Column::Status.is_in([VisitStatus::InCare, VisitStatus::Left]))
            .group_by(visits::Column::CentreId)
            .group_by(visits::Column::ChildId)
            .into_tuple()
            .all(db)
            .await?;
        Ok(Self { checks, last: last.into_iter().map(|(centre, child, day)| ((centre, child), day)).collect() })
    }

    pub(in super::super) fn of(
        &self,
        centre: CentreId,
        child: ChildId,
    ) -> (Option<(NaiveDate, bool)>, Option<NaiveDate>) {
        let check = self.checks.get(&(centre, child)).map(|check| (check.passed_on, check.vaccinated));
        (check, self.last.get(&(centre, child)).copied())
    }
}

/// Records a check, or replaces the one before.
pub(in super::super) async fn save_check(
    db: &impl ConnectionTrait,
    check: entry_checks::ActiveModel,
) -> Result<(), DbErr> {
    use entry_checks::Column::{CentreId, ChildId, PassedOn, RecordedAt, StaffId, Vaccinated};
    entry_checks::Entity::insert(check)
        .on_conflict(
            OnConflict::columns([CentreId, ChildId])
                .update_columns([PassedOn, Vaccinated, StaffId, RecordedAt])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Whether the child has or had a booking at the centre.
pub(in super::super) async fn knows_child(
    db: &impl ConnectionTrait,
    centre: CentreId,
    child: ChildId,
) -> Result<bool, DbErr> {
    let found: Option<BookingId> = bookings::Entity::of_centre(centre)
        .select_only()
        .column(bookings::Column::Id)
        .filter(bookings::Column::ChildId.eq(child))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

pub(in super::super) async fn children(
    db: &impl ConnectionTrait,
    ids: &[ChildId],
) -> Result<Vec<children::Model>, DbErr> {
    children::Entity::find().filter(children::Column::Id.is_in(ids.iter().copied())).all(db).await
}
