//! Queries of what children were where, and what a centre was.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::{
    Band, CareType, CentreId, ChildId, ClassId, FamilyId, RedemptionStatus, VisitStatus, bookings, centres, children,
    classes, redemptions, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};

use super::rules::{Attendance, Unit};

/// Forms of care whose days make a child-month (assumption: who comes by the hour isn't enrolled).
const FORMS: [CareType; 2] = [CareType::FullDay, CareType::HalfDay];

type Span = (NaiveDate, NaiveDate);

fn visit(column: visits::Column) -> Expr {
    Expr::col((visits::Entity, column))
}

fn unit(column: redemptions::Column) -> Expr {
    Expr::col((redemptions::Entity, column))
}

/// Visits that ended and count for child-months.
fn ended((from, to): Span) -> Condition {
    Condition::all()
        .add(visit(visits::Column::Date).between(from, to))
        .add(visit(visits::Column::Status).eq(VisitStatus::Left.as_str()))
        .add(visit(visits::Column::CareType).is_in(FORMS.map(CareType::as_str)))
}

/// Redeemed days, not reversed, that count for child-months.
fn redeemed((from, to): Span) -> Condition {
    Condition::all()
        .add(unit(redemptions::Column::ServiceDate).between(from, to))
        .add(unit(redemptions::Column::Status).eq(RedemptionStatus::Redeemed.as_str()))
        .add(unit(redemptions::Column::CareType).is_in(FORMS.map(CareType::as_str)))
}

/// Whether a child was at a centre on a day that counts.
fn was_here(centre: CentreId, span: Span, child: Expr) -> Condition {
    let of = |select: &mut SelectStatement| select.to_owned();
    let visitors = of(Query::select()
        .column(visits::Column::ChildId)
        .from(visits::Entity)
        .cond_where(ended(span))
        .and_where(visit(visits::Column::CentreId).eq(centre)));
    let redeemers = of(Query::select()
        .column(redemptions::Column::ChildId)
        .from(redemptions::Entity)
        .cond_where(redeemed(span))
        .and_where(unit(redemptions::Column::CentreId).eq(centre)));
    Condition::any().add(child.clone().in_subquery(visitors)).add(child.in_subquery(redeemers))
}

#[derive(FromQueryResult)]
struct Row {
    centre_id: CentreId,
    child_id: ChildId,
    class_id: ClassId,
    band: Band,
    birth_date: NaiveDate,
    date: NaiveDate,
}

/// Days in care, checked out, from a day up to another, of the children that were at a centre; at other
/// centres too.
pub(super) async fn attendance(
    db: &impl ConnectionTrait,
    centre: CentreId,
    span: Span,
) -> Result<Vec<(CentreId, Attendance)>, DbErr> {
    let mut select = visits::Entity::find()
        .select_only()
        .column_as(visit(visits::Column::CentreId), "centre_id")
        .column_as(visit(visits::Column::ChildId), "child_id")
        .column_as(visit(visits::Column::ClassId), "class_id")
        .column_as(Expr::col((classes::Entity, classes::Column::Band)), "band")
        .column_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .column_as(visit(visits::Column::Date), "date")
        .filter(ended(span))
        .filter(was_here(centre, span, visit(visits::Column::ChildId)));
    QuerySelect::query(&mut select)
        .inner_join(
            classes::Entity,
            Expr::col((classes::Entity, classes::Column::Id)).equals((visits::Entity, visits::Column::ClassId)),
        )
        .inner_join(
            children::Entity,
            Expr::col((children::Entity, children::Column::Id)).equals((visits::Entity, visits::Column::ChildId)),
        );
    let rows: Vec<Row> = select.into_model().all(db).await?;
    let row = |Row { centre_id, child_id, class_id, band, birth_date, date }| {
        (centre_id, Attendance { child_id, class_id, band, birth_date, date })
    };
    Ok(rows.into_iter().map(row).collect())
}

#[derive(FromQueryResult)]
struct UnitRow {
    centre_id: CentreId,
    child_id: ChildId,
    birth_date: NaiveDate,
    date: NaiveDate,
    class_id: Option<ClassId>,
    band: Option<Band>,
}

/// Redeemed days of the same children.
pub(super) async fn units(
    db: &impl ConnectionTrait,
    centre: CentreId,
    span: Span,
) -> Result<Vec<(CentreId, Unit)>, DbErr> {
    let mut select = redemptions::Entity::find()
        .select_only()
        .column_as(unit(redemptions::Column::CentreId), "centre_id")
        .column_as(unit(redemptions::Column::ChildId), "child_id")
        .column_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .column_as(unit(redemptions::Column::ServiceDate), "date")
        .column_as(visit(visits::Column::ClassId), "class_id")
        .column_as(Expr::col((classes::Entity, classes::Column::Band)), "band")
        .filter(redeemed(span))
        .filter(was_here(centre, span, unit(redemptions::Column::ChildId)));
    QuerySelect::query(&mut select)
        .inner_join(
            children::Entity,
            Expr::col((children::Entity, children::Column::Id))
                .equals((redemptions::Entity, redemptions::Column::ChildId)),
        )
        .left_join(
            visits::Entity,
            visit(visits::Column::Id).equals((redemptions::Entity, redemptions::Column::VisitId)),
        )
        .left_join(
            classes::Entity,
            Expr::col((classes::Entity, classes::Column::Id)).equals((visits::Entity, visits::Column::ClassId)),
        );
    let rows: Vec<UnitRow> = select.into_model().all(db).await?;
    let row = |UnitRow { centre_id, child_id, birth_date, date, class_id, band }| {
        (centre_id, Unit { child_id, birth_date, date, class: class_id.zip(band) })
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The classes of some centres, closed ones too.
pub(super) async fn classes_of(
    db: &impl ConnectionTrait,
    centres: impl IntoIterator<Item = CentreId>,
) -> Result<Vec<classes::Model>, DbErr> {
    classes::Entity::find().filter(classes::Column::CentreId.is_in(centres)).all(db).await
}

fn cared_for((from, to): Span, centre: CentreId) -> (Condition, Condition) {
    let visited = Condition::all()
        .add(visits::Column::CentreId.eq(centre))
        .add(visits::Column::Date.between(from, to))
        .add(visits::Column::Status.eq(VisitStatus::Left));
    let redeemed = Condition::all()
        .add(redemptions::Column::CentreId.eq(centre))
        .add(redemptions::Column::ServiceDate.between(from, to))
        .add(redemptions::Column::Status.eq(RedemptionStatus::Redeemed));
    (visited, redeemed)
}

/// The days on which a centre cared for somebody, in any form; by voucher too, if `units`.
pub(super) async fn days_run(
    db: &impl ConnectionTrait,
    centre: CentreId,
    span: Span,
    units: bool,
) -> Result<BTreeSet<NaiveDate>, DbErr> {
    let (visited, redeemed) = cared_for(span, centre);
    let days = visits::Entity::find().select_only().distinct().column(visits::Column::Date).filter(visited);
    let mut found: BTreeSet<NaiveDate> = days.into_tuple::<NaiveDate>().all(db).await?.into_iter().collect();
    if units {
        let service_date = redemptions::Column::ServiceDate;
        let days = redemptions::Entity::find().select_only().distinct().column(service_date).filter(redeemed);
        found.extend(days.into_tuple::<NaiveDate>().all(db).await?);
    }
    Ok(found)
}

/// How many children a centre cared for, in any form.
pub(super) async fn children_in_care(db: &impl ConnectionTrait, centre: CentreId, span: Span) -> Result<i64, DbErr> {
    let (visited, redeemed) = cared_for(span, centre);
    let ids = visits::Entity::find().select_only().distinct().column(visits::Column::ChildId).filter(visited);
    let mut found: BTreeSet<ChildId> = ids.into_tuple::<ChildId>().all(db).await?.into_iter().collect();
    let child = redemptions::Column::ChildId;
    let ids = redemptions::Entity::find().select_only().distinct().column(child).filter(redeemed);
    found.extend(ids.into_tuple::<ChildId>().all(db).await?);
    Ok(found.len() as i64)
}

/// The prices of the bookings by which a centre cared for somebody, with the family and child of each.
pub(super) async fn prices(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): Span,
) -> Result<Vec<(FamilyId, ChildId, serde_json::Value)>, DbErr> {
    use bookings::Column::{ChildId as Child, FamilyId as Family, Id, PriceLines};
    let came = Query::select()
        .column(visits::Column::BookingId)
        .from(visits::Entity)
        .and_where(visits::Column::CentreId.eq(centre))
        .and_where(visits::Column::Date.between(from, to))
        .and_where(visits::Column::Status.eq(VisitStatus::Left))
        .to_owned();
    let rows = bookings::Entity::of_centre(centre).select_only().columns([Family, Child, PriceLines]);
    rows.filter(Id.in_subquery(came)).into_tuple().all(db).await
}

/// A centre's row; nothing if there is no such centre.
pub(super) async fn centre(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<centres::Model>, DbErr> {
    centres::Entity::find_by_id(id).one(db).await
}
