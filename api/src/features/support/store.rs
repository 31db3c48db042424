//! Queries of the support of centres.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate};
use entity::{
    Band, CareType, CentreId, ChildId, ClassId, FamilyId, Filed, StatementStatus, SupportItem, SupportKind,
    SupportSheetId, VisitStatus, bookings, centres, children, classes, support_child_months, support_numbers,
    support_rates, support_sheets, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};

use super::rules::Attendance;
use crate::{features::settlement::four_eyes::four_eyes, http::Limit};
use support_sheets::{Column, Entity, Model};

four_eyes!(support_sheets);

/// Forms of care whose days make a child-month (assumption: who comes by the hour isn't enrolled).
const FORMS: [CareType; 2] = [CareType::FullDay, CareType::HalfDay];

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
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(CentreId, Attendance)>, DbErr> {
    let visit = |column: visits::Column| Expr::col((visits::Entity, column));
    let counts = Condition::all()
        .add(visit(visits::Column::Date).between(from, to))
        .add(visit(visits::Column::Status).eq(VisitStatus::Left.as_str()))
        .add(visit(visits::Column::CareType).is_in(FORMS.map(CareType::as_str)));
    let were_here = Query::select()
        .column(visits::Column::ChildId)
        .from(visits::Entity)
        .cond_where(counts.clone())
        .and_where(visit(visits::Column::CentreId).eq(centre))
        .to_owned();
    let mut select = visits::Entity::find()
        .select_only()
        .column_as(visit(visits::Column::CentreId), "centre_id")
        .column_as(visit(visits::Column::ChildId), "child_id")
        .column_as(visit(visits::Column::ClassId), "class_id")
        .column_as(Expr::col((classes::Entity, classes::Column::Band)), "band")
        .column_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .column_as(visit(visits::Column::Date), "date")
        .filter(counts)
        .filter(visit(visits::Column::ChildId).in_subquery(were_here));
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

/// Which sheet a child's month was paid by, for those of a month among these.
pub(super) async fn paid_by(
    db: &impl ConnectionTrait,
    month: NaiveDate,
    ids: impl IntoIterator<Item = ChildId>,
) -> Result<HashMap<ChildId, SupportSheetId>, DbErr> {
    use support_child_months::Column::{ChildId as Child, Month, SheetId};
    let ids: Vec<ChildId> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for some in ids.chunks(1_000) {
        let rows: Vec<(ChildId, SupportSheetId)> = support_child_months::Entity::find()
            .select_only()
            .columns([Child, SheetId])
            .filter(Month.eq(month))
            .filter(Child.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Keeps which children's months a sheet pays for, in the order of their ids.
pub(super) async fn keep_paid(
    db: &impl ConnectionTrait,
    sheet: SupportSheetId,
    month: NaiveDate,
    ids: Vec<ChildId>,
) -> Result<(), DbErr> {
    let row = |child_id| support_child_months::Model { month, child_id, sheet_id: sheet };
    for some in ids.chunks(1_000) {
        let rows = some.iter().copied().map(row).map(support_child_months::ActiveModel::from);
        support_child_months::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Which of some centres have a frozen incentive of a month.
pub(super) async fn frozen_among(
    db: &impl ConnectionTrait,
    month: NaiveDate,
    centres: &[CentreId],
) -> Result<Vec<CentreId>, DbErr> {
    if centres.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .select_only()
        .column(Column::CentreId)
        .filter(Column::Kind.eq(SupportKind::Incentive))
        .filter(Column::Month.eq(month))
        .filter(Column::Status.eq(StatementStatus::Frozen))
        .filter(Column::CentreId.is_in(centres.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// The days on which a centre cared for somebody, in any form.
pub(super) async fn days_run(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<NaiveDate>, DbErr> {
    visits::Entity::of_centre(centre)
        .select_only()
        .distinct()
        .column(visits::Column::Date)
        .filter(visits::Column::Date.between(from, to))
        .filter(visits::Column::Status.eq(VisitStatus::Left))
        .into_tuple()
        .all(db)
        .await
}

/// The prices of the bookings by which a centre cared for somebody, with the family of each.
pub(super) async fn prices(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(FamilyId, serde_json::Value)>, DbErr> {
    use bookings::Column::{FamilyId as Family, Id, PriceLines};
    let came = Query::select()
        .column(visits::Column::BookingId)
        .from(visits::Entity)
        .and_where(visits::Column::CentreId.eq(centre))
        .and_where(visits::Column::Date.between(from, to))
        .and_where(visits::Column::Status.eq(VisitStatus::Left))
        .to_owned();
    let rows = bookings::Entity::of_centre(centre).select_only().columns([Family, PriceLines]);
    rows.filter(Id.in_subquery(came)).into_tuple().all(db).await
}

/// A centre's name and registration; nothing if there is no such centre.
pub(super) async fn centre(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<(String, Filed)>, DbErr> {
    use centres::Column::{Filed as Registration, Name};
    centres::Entity::find_by_id(id).select_only().columns([Name, Registration]).into_tuple().one(db).await
}

/// Names of a centre's classes.
pub(super) async fn class_names(db: &impl ConnectionTrait, centre: CentreId) -> Result<Vec<(ClassId, String)>, DbErr> {
    use classes::Column::{CentreId as Centre, Id, Name};
    let rows = classes::Entity::find().select_only().columns([Id, Name]).filter(Centre.eq(centre));
    rows.into_tuple().all(db).await
}

/// Every rate, by item, the newest first.
pub(super) async fn rates(db: &impl ConnectionTrait) -> Result<Vec<support_rates::Model>, DbErr> {
    use support_rates::Column::{Item, ValidFrom};
    support_rates::Entity::find().order_by_asc(Item).order_by_desc(ValidFrom).all(db).await
}

pub(super) async fn insert_rate(db: &impl ConnectionTrait, row: support_rates::Model) -> Result<(), DbErr> {
    support_rates::Entity::insert(support_rates::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// Whether an item has a frozen sheet of a month from this one on.
pub(super) async fn is_frozen_from(
    db: &impl ConnectionTrait,
    item: SupportItem,
    month: NaiveDate,
) -> Result<bool, DbErr> {
    let kind = match item {
        SupportItem::Infant | SupportItem::ToddlerSmall | SupportItem::Mixed => SupportKind::Incentive,
        SupportItem::Operating => SupportKind::Operating,
        SupportItem::Rent => SupportKind::Rent,
    };
    let frozen = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::Status.eq(StatementStatus::Frozen));
    let found: Option<SupportSheetId> =
        frozen.filter(Column::Month.gte(month)).select_only().column(Column::Id).into_tuple().one(db).await?;
    Ok(found.is_some())
}

/// Which sheets a page shows.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) kind: Option<SupportKind>,
    pub(super) centre: Option<CentreId>,
    pub(super) month: Option<NaiveDate>,
    pub(super) status: Option<StatementStatus>,
    pub(super) after: Option<SupportSheetId>,
}

/// Newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: Limit) -> Result<Vec<Model>, DbErr> {
    let Filter { kind, centre, month, status, after } = filter;
    let condition = Condition::all()
        .add_option(kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(month.map(|month| Column::Month.eq(month)))
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit.plus_one()).all(db).await
}

pub(super) async fn one(db: &impl ConnectionTrait, id: SupportSheetId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub(super) async fn of_month(
    db: &impl ConnectionTrait,
    kind: SupportKind,
    centre: CentreId,
    month: NaiveDate,
) -> Result<Option<Model>, DbErr> {
    let of = Entity::find().filter(Column::Kind.eq(kind)).filter(Column::CentreId.eq(centre));
    of.filter(Column::Month.eq(month)).one(db).await
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(support_sheets::ActiveModel::from(row)).exec_without_returning(db).await.map(drop)
}

/// The next number of a series. Whoever takes one holds its row until it commits, and gives the number back
/// by rolling back: no gaps.
pub(super) async fn next_number(
    db: &impl ConnectionTrait,
    kind: SupportKind,
    today: NaiveDate,
) -> Result<String, DbErr> {
    use support_numbers::Column::{Last, Series, Year};
    let (series, year) = (kind.to_string(), today.year());
    let first = support_numbers::Model { series: series.clone(), year, last: 1 };
    let next = Expr::col((support_numbers::Entity, Last)).add(1);
    support_numbers::Entity::insert(support_numbers::ActiveModel::from(first))
        .on_conflict(OnConflict::columns([Series, Year]).value(Last, next).to_owned())
        .exec_without_returning(db)
        .await?;
    let row = support_numbers::Entity::find_by_id((series.clone(), year)).one(db).await?;
    let last = row.ok_or_else(|| DbErr::RecordNotFound("support number".to_owned()))?.last;
    Ok(format!("{series}-{year}-{last:04}"))
}
