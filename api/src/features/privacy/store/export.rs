//! What a family's export reads: one page of a table at a time, in the order of ids.

use entity::{FamilyId, bookings, children, employer_families, entry_checks, pickup_codes, visits};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _, Select,
    sea_query::SelectStatement,
};
use uuid::Uuid;

/// Rows read at once.
pub(in super::super) const PAGE: u64 = 200;

/// A page of rows after an id.
pub(in super::super) async fn page<E: EntityTrait>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    id: E::Column,
    after: Option<Uuid>,
) -> Result<Vec<E::Model>, DbErr> {
    let rows = match after {
        Some(after) => rows.filter(id.gt(after)),
        None => rows,
    };
    rows.order_by_asc(id).limit(PAGE).all(db).await
}

/// The ids of the family's bookings.
pub(in super::super) fn booking_ids(family: FamilyId) -> SelectStatement {
    bookings::Entity::of_family(family).select_only().column(bookings::Column::Id).into_query()
}

/// The ids of the family's visits.
pub(in super::super) fn visit_ids(family: FamilyId) -> SelectStatement {
    visits::Entity::of_family(family).select_only().column(visits::Column::Id).into_query()
}

/// All entry checks of the family's children: one a child and centre.
pub(in super::super) async fn entry_checks(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<entry_checks::Model>, DbErr> {
    let own = children::Entity::find().filter(children::Column::FamilyId.eq(family));
    let own = own.select_only().column(children::Column::Id).into_query();
    entry_checks::Entity::find().filter(entry_checks::Column::ChildId.in_subquery(own)).all(db).await
}

/// Employers' centres: one row a centre.
pub(in super::super) async fn employers(
    db: &impl ConnectionTrait,
    family: FamilyId,
) -> Result<Vec<employer_families::Model>, DbErr> {
    employer_families::Entity::find().filter(employer_families::Column::FamilyId.eq(family)).all(db).await
}

/// Pick-up codes of the family's visits.
pub(in super::super) fn pickup_codes(family: FamilyId) -> Select<pickup_codes::Entity> {
    pickup_codes::Entity::find().filter(pickup_codes::Column::VisitId.in_subquery(visit_ids(family)))
}
