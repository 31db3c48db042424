//! Queries of the support of centres.

use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use entity::{
    CentreId, ChildId, ClassId, StatementStatus, SupportItem, SupportKind, SupportSheetId, classes, redemptions,
    support_child_months, support_numbers, support_rates, support_sheets, visits,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict, Query},
};

use super::rules::kind;
use crate::{features::settlement::four_eyes::four_eyes, http::Limit};
use support_sheets::{Column, Entity, Model};

four_eyes!(support_sheets);

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
    let frozen = Entity::find().filter(Column::Kind.eq(kind(item))).filter(Column::Status.eq(StatementStatus::Frozen));
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
    pub(super) differs: Option<bool>,
    pub(super) after: Option<SupportSheetId>,
}

/// Newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: Limit) -> Result<Vec<Model>, DbErr> {
    let Filter { kind, centre, month, status, differs, after } = filter;
    let condition = Condition::all()
        .add_option(kind.map(|kind| Column::Kind.eq(kind)))
        .add_option(centre.map(|id| Column::CentreId.eq(id)))
        .add_option(month.map(|month| Column::Month.eq(month)))
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(
            differs.map(|yes| if yes { Column::DiffersSince.is_not_null() } else { Column::DiffersSince.is_null() }),
        )
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

/// The frozen sheets whose figures a day of a child at a centre may be in: the centre's of the month, and of the
/// rest of the year, whose months run are counted from its beginning; and those of centres where the child was in
/// the month too.
pub(super) async fn frozen_with(
    db: &impl ConnectionTrait,
    centre: CentreId,
    child: ChildId,
    (month, last): (NaiveDate, NaiveDate),
) -> Result<Vec<Model>, DbErr> {
    let year_end = NaiveDate::from_ymd_opt(month.year(), 12, 31).unwrap_or(last);
    let visited = Query::select()
        .column(visits::Column::CentreId)
        .from(visits::Entity)
        .and_where(visits::Column::ChildId.eq(child))
        .and_where(visits::Column::Date.between(month, last))
        .to_owned();
    let redeemed = Query::select()
        .column(redemptions::Column::CentreId)
        .from(redemptions::Entity)
        .and_where(redemptions::Column::ChildId.eq(child))
        .and_where(redemptions::Column::ServiceDate.between(month, last))
        .to_owned();
    let there = Condition::any().add(Column::CentreId.in_subquery(visited)).add(Column::CentreId.in_subquery(redeemed));
    let here = Condition::all().add(Column::CentreId.eq(centre)).add(Column::Month.between(month, year_end));
    let there = Condition::all().add(Column::Month.eq(month)).add(there);
    Entity::find()
        .filter(Column::Status.eq(StatementStatus::Frozen))
        .filter(Condition::any().add(here).add(there))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Since when a frozen sheet doesn't agree with attendance, or that it does.
pub(super) async fn note_difference(
    db: &impl ConnectionTrait,
    id: SupportSheetId,
    since: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let row = Entity::update_many().col_expr(Column::DiffersSince, Expr::value(since));
    row.filter(Column::Id.eq(id)).exec(db).await.map(drop)
}

/// The frozen sheets that stopped to agree with attendance within a time.
pub(super) async fn differing(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::DiffersSince.gte(from))
        .filter(Column::DiffersSince.lt(before))
        .filter(Condition::all().add_option(centre.map(|id| Column::CentreId.eq(id))))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}
