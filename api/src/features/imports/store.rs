//! Queries of imports: what is there is read for a whole file at once.

use std::collections::HashMap;

use entity::{CareType, CentreId, ClassId, calendar_days, carers, centres, classes, offers};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::db::LockRows as _;

/// Values named in one statement.
const AT_ONCE: usize = 1_000;

/// The centres of these names, locked in the order of their ids until the transaction ends.
pub(super) async fn lock_centres(
    db: &impl ConnectionTrait,
    ids: &[CentreId],
) -> Result<HashMap<CentreId, centres::Model>, DbErr> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let rows = centres::Entity::find().filter(centres::Column::Id.is_in(some.iter().copied()));
        let rows = rows.order_by_asc(centres::Column::Id).lock_rows().all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// The ids of the centres of these names, with name and township, by id.
pub(super) async fn centres_named(
    db: &impl ConnectionTrait,
    names: &[&str],
) -> Result<Vec<(CentreId, String, String)>, DbErr> {
    use sea_orm::QuerySelect as _;
    let mut found = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let rows: Vec<(CentreId, String, String)> = centres::Entity::find()
            .select_only()
            .columns([centres::Column::Id, centres::Column::Name, centres::Column::Township])
            .filter(centres::Column::Name.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    found.sort_unstable();
    Ok(found)
}

/// The open classes of some centres, locked in the order of their ids.
pub(super) async fn lock_classes(db: &impl ConnectionTrait, ids: &[CentreId]) -> Result<Vec<classes::Model>, DbErr> {
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let rows = classes::Entity::find()
            .filter(classes::Column::CentreId.is_in(some.iter().copied()))
            .filter(classes::Column::Active.eq(true));
        found.extend(rows.order_by_asc(classes::Column::Id).lock_rows().all(db).await?);
    }
    Ok(found)
}

pub(super) async fn insert_class(db: &impl ConnectionTrait, class: classes::Model) -> Result<(), DbErr> {
    classes::Entity::insert(classes::ActiveModel::from(class)).exec_without_returning(db).await.map(drop)
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

/// Every offer of some classes.
pub(super) async fn offers(
    db: &impl ConnectionTrait,
    ids: &[ClassId],
) -> Result<HashMap<(ClassId, CareType), offers::Model>, DbErr> {
    let mut found = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let rows = offers::Entity::find().filter(offers::Column::ClassId.is_in(some.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|row| ((row.class_id, row.care_type), row)));
    }
    Ok(found)
}

/// Every carer of some centres, by centre and hash of the name.
pub(super) async fn carers(
    db: &impl ConnectionTrait,
    ids: &[CentreId],
) -> Result<HashMap<(CentreId, Vec<u8>), carers::Model>, DbErr> {
    let mut found = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        let rows = carers::Entity::find().filter(carers::Column::CentreId.is_in(some.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|row| ((row.centre_id, row.name_hash.clone()), row)));
    }
    Ok(found)
}

/// The calendar's days among these.
pub(super) async fn days(
    db: &impl ConnectionTrait,
    dates: &[chrono::NaiveDate],
) -> Result<Vec<calendar_days::Model>, DbErr> {
    let mut found = Vec::new();
    for some in dates.chunks(AT_ONCE) {
        let rows = calendar_days::Entity::find().filter(calendar_days::Column::Date.is_in(some.iter().copied()));
        found.extend(rows.all(db).await?);
    }
    Ok(found)
}
