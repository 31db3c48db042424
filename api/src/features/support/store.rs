//! Queries of the support of centres.

use chrono::{Datelike as _, NaiveDate};
use entity::{
    Band, CareType, CentreId, ChildId, ClassId, Filed, ReductionKind, StatementStatus, SupportItem, SupportKind,
    SupportSheetId, VisitStatus, centres, children, classes, fee_reductions, support_numbers, support_rates,
    support_sheets, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, Func, OnConflict},
};

use super::rules::Attendance;
use crate::{features::settlement::four_eyes::four_eyes, http::Limit};
use support_sheets::{Column, Entity, Model};

four_eyes!(support_sheets);

/// Forms of care whose days make a child-month (assumption: who comes by the hour isn't enrolled).
const FORMS: [CareType; 2] = [CareType::FullDay, CareType::HalfDay];

#[derive(FromQueryResult)]
struct Row {
    child_id: ChildId,
    class_id: ClassId,
    band: Band,
    birth_date: NaiveDate,
    days: i64,
}

/// Days of each child in each class of a centre, checked out, from a day up to another.
pub(super) async fn attendance(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Attendance>, DbErr> {
    let visit = |column: visits::Column| Expr::col((visits::Entity, column));
    let mut select = visits::Entity::find()
        .select_only()
        .column_as(visit(visits::Column::ChildId), "child_id")
        .column_as(visit(visits::Column::ClassId), "class_id")
        .column_as(Expr::col((classes::Entity, classes::Column::Band)), "band")
        .column_as(Expr::col((children::Entity, children::Column::BirthDate)), "birth_date")
        .column_as(Expr::from(Func::count_distinct(visit(visits::Column::Date))), "days")
        .filter(visit(visits::Column::CentreId).eq(centre))
        .filter(visit(visits::Column::Date).between(from, to))
        .filter(visit(visits::Column::Status).eq(VisitStatus::Left.as_str()))
        .filter(visit(visits::Column::CareType).is_in(FORMS.map(CareType::as_str)));
    QuerySelect::query(&mut select)
        .inner_join(
            classes::Entity,
            Expr::col((classes::Entity, classes::Column::Id)).equals((visits::Entity, visits::Column::ClassId)),
        )
        .inner_join(
            children::Entity,
            Expr::col((children::Entity, children::Column::Id)).equals((visits::Entity, visits::Column::ChildId)),
        )
        .add_group_by([
            visit(visits::Column::ChildId),
            visit(visits::Column::ClassId),
            Expr::col((classes::Entity, classes::Column::Band)),
            Expr::col((children::Entity, children::Column::BirthDate)),
        ]);
    let rows: Vec<Row> = select.into_model().all(db).await?;
    let row =
        |Row { child_id, class_id, band, birth_date, days }| Attendance { child_id, class_id, band, birth_date, days };
    Ok(rows.into_iter().map(row).collect())
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

/// Families in care that declared a ground on which the centre reduces fees.
pub(super) async fn reductions(
    db: &impl ConnectionTrait,
    centre: CentreId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(ReductionKind, i64)>, DbErr> {
    let given = fee_reductions::Entity::find().filter(fee_reductions::Column::CentreId.eq(centre));
    let mut counted = Vec::new();
    for row in given.order_by_asc(fee_reductions::Column::Kind).all(db).await? {
        let declared = match row.kind {
            ReductionKind::ThirdChild => children::Column::ThirdChild,
            ReductionKind::SpecialFamily => children::Column::SpecialFamily,
            ReductionKind::Disabled => children::Column::Disabled,
        };
        let mut select = visits::Entity::of_centre(centre)
            .select_only()
            .column_as(
                Expr::from(Func::count_distinct(Expr::col((visits::Entity, visits::Column::FamilyId)))),
                "families",
            )
            .filter(visits::Column::Date.between(from, to))
            .filter(visits::Column::Status.eq(VisitStatus::Left))
            .filter(Expr::col((children::Entity, declared)).eq(true));
        QuerySelect::query(&mut select).inner_join(
            children::Entity,
            Expr::col((children::Entity, children::Column::Id)).equals((visits::Entity, visits::Column::ChildId)),
        );
        let families: Option<i64> = select.into_tuple().one(db).await?;
        counted.push((row.kind, families.unwrap_or(0)));
    }
    Ok(counted)
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
