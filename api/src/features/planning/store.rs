//! Queries about plans.

use chrono::NaiveDate;
use entity::{CentreId, ClassId, VisitStatus, calendar_days, centre_days, centre_weeks, classes, rosters, visits};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use crate::platform::db::LockRows as _;

/// The active classes of a centre, or of all, locked until the transaction ends.
pub(super) async fn lock_classes(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
) -> Result<Vec<classes::Model>, DbErr> {
    let rows = classes::Entity::find().filter(classes::Column::Active.eq(true)).order_by_asc(classes::Column::Id);
    match centre {
        Some(centre) => rows.filter(classes::Column::CentreId.eq(centre)).lock_rows().all(db).await,
        None => rows.lock_rows().all(db).await,
    }
}

/// Visits that hold places from one date to another, of a centre or of all.
pub(super) async fn holding(
    db: &impl ConnectionTrait,
    centre: Option<CentreId>,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<visits::Model>, DbErr> {
    let rows = visits::Entity::find()
        .filter(visits::Column::Date.between(from, to))
        .filter(visits::Column::Status.is_in(VisitStatus::HOLDING))
        .order_by_asc(visits::Column::Date)
        .order_by_desc(visits::Column::Id);
    match centre {
        Some(centre) => rows.filter(visits::Column::CentreId.eq(centre)).all(db).await,
        None => rows.all(db).await,
    }
}

pub(super) async fn days(
    db: &impl ConnectionTrait,
    centre: CentreId,
    from: NaiveDate,
) -> Result<Vec<centre_days::Model>, DbErr> {
    centre_days::Entity::find()
        .filter(centre_days::Column::CentreId.eq(centre))
        .filter(centre_days::Column::Date.gte(from))
        .order_by_asc(centre_days::Column::Date)
        .all(db)
        .await
}

pub(super) async fn put_day(db: &impl ConnectionTrait, day: centre_days::Model) -> Result<(), DbErr> {
    use centre_days::Column::{CentreId, Closes, Date, Opens, Reason};
    let over = OnConflict::columns([CentreId, Date]).update_columns([Opens, Closes, Reason]).to_owned();
    let row = centre_days::ActiveModel::from(day);
    centre_days::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

pub(super) async fn clear_day(db: &impl ConnectionTrait, centre: CentreId, date: NaiveDate) -> Result<bool, DbErr> {
    Ok(centre_days::Entity::delete_by_id((centre, date)).exec(db).await?.rows_affected == 1)
}

pub(super) async fn put_week(db: &impl ConnectionTrait, week: centre_weeks::Model) -> Result<(), DbErr> {
    use centre_weeks::Column::{AfternoonFrom, AfternoonTo, CentreId, Hours, MorningFrom, MorningTo, ValidFrom};
    let over = OnConflict::columns([CentreId, ValidFrom])
        .update_columns([Hours, MorningFrom, MorningTo, AfternoonFrom, AfternoonTo])
        .to_owned();
    let row = centre_weeks::ActiveModel::from(week);
    centre_weeks::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

pub(super) async fn clear_week(db: &impl ConnectionTrait, centre: CentreId, from: NaiveDate) -> Result<bool, DbErr> {
    Ok(centre_weeks::Entity::delete_by_id((centre, from)).exec(db).await?.rows_affected == 1)
}

pub(super) async fn calendar(
    db: &impl ConnectionTrait,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<calendar_days::Model>, DbErr> {
    calendar_days::Entity::find()
        .filter(calendar_days::Column::Date.between(from, to))
        .order_by_asc(calendar_days::Column::Date)
        .all(db)
        .await
}

/// The same of a range whose ends may be open.
pub(super) async fn calendar_between(
    db: &impl ConnectionTrait,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Vec<calendar_days::Model>, DbErr> {
    let range = Condition::all()
        .add_option(from.map(|from| calendar_days::Column::Date.gte(from)))
        .add_option(to.map(|to| calendar_days::Column::Date.lte(to)));
    calendar_days::Entity::find().filter(range).order_by_asc(calendar_days::Column::Date).all(db).await
}

pub(super) async fn put_calendar(db: &impl ConnectionTrait, day: calendar_days::Model) -> Result<(), DbErr> {
    use calendar_days::Column::{Date, Kind, Name, WorksAs};
    let over = OnConflict::column(Date).update_columns([Kind, WorksAs, Name]).to_owned();
    let row = calendar_days::ActiveModel::from(day);
    calendar_days::Entity::insert(row).on_conflict(over).exec_without_returning(db).await.map(drop)
}

pub(super) async fn clear_calendar(db: &impl ConnectionTrait, date: NaiveDate) -> Result<bool, DbErr> {
    Ok(calendar_days::Entity::delete_by_id(date).exec(db).await?.rows_affected == 1)
}

pub(super) async fn put_class(db: &impl ConnectionTrait, class: &classes::Model) -> Result<(), DbErr> {
    let row = classes::ActiveModel {
        places: Set(class.places),
        carers: Set(class.carers),
        kept_full_day: Set(class.kept_full_day),
        ..Default::default()
    };
    classes::Entity::update_many().set(row).filter(classes::Column::Id.eq(class.id)).exec(db).await.map(drop)
}

pub(super) async fn put_roster(
    db: &impl ConnectionTrait,
    class: ClassId,
    date: NaiveDate,
    lines: Vec<rosters::Model>,
) -> Result<(), DbErr> {
    rosters::Entity::delete_many()
        .filter(rosters::Column::ClassId.eq(class))
        .filter(rosters::Column::Date.eq(date))
        .exec(db)
        .await?;
    if lines.is_empty() {
        return Ok(());
    }
    let rows = lines.into_iter().map(rosters::ActiveModel::from);
    rosters::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}
