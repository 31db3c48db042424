//! Queries about what a centre offers.

use entity::{
    BookingStatus, CareType, CentreId, ClassId, ReductionKind, VisitStatus, bookings, centres, classes, fee_reductions,
    offers, visits,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait as _, QueryFilter, QueryOrder,
    sea_query::{OnConflict, Query},
};

use crate::platform::db::LockRows as _;

/// The centre's row, locked until the transaction ends.
pub async fn lock_centre(db: &impl ConnectionTrait, id: CentreId) -> Result<Option<centres::Model>, DbErr> {
    centres::Entity::find_by_id(id).lock_rows().one(db).await
}

pub(super) async fn update_centre(db: &impl ConnectionTrait, row: centres::ActiveModel) -> Result<(), DbErr> {
    centres::Entity::update(row).exec(db).await.map(drop)
}

/// Puts these reductions in place of those before.
pub(super) async fn put_reductions(
    db: &impl ConnectionTrait,
    centre: CentreId,
    reductions: &[(ReductionKind, i32)],
) -> Result<(), DbErr> {
    fee_reductions::Entity::delete_many().filter(fee_reductions::Column::CentreId.eq(centre)).exec(db).await?;
    if reductions.is_empty() {
        return Ok(());
    }
    let row = |(kind, percent): &(ReductionKind, i32)| fee_reductions::Model {
        centre_id: centre,
        kind: *kind,
        percent: *percent,
    };
    let rows = reductions.iter().map(row).map(fee_reductions::ActiveModel::from);
    fee_reductions::Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}

pub(super) async fn insert_class(db: &impl ConnectionTrait, class: classes::Model) -> Result<(), DbErr> {
    classes::Entity::insert(classes::ActiveModel::from(class)).exec_without_returning(db).await.map(drop)
}

pub(super) async fn close_class(db: &impl ConnectionTrait, id: ClassId) -> Result<(), DbErr> {
    let row = classes::ActiveModel { active: sea_orm::ActiveValue::Set(false), ..Default::default() };
    classes::Entity::update_many().set(row).filter(classes::Column::Id.eq(id)).exec(db).await.map(drop)
}

/// Days still to come, or going on, in a class.
pub(super) async fn days_to_come(db: &impl ConnectionTrait, class: ClassId) -> Result<u64, DbErr> {
    let live = Query::select()
        .column(bookings::Column::Id)
        .from(bookings::Entity)
        .and_where(bookings::Column::ClassId.eq(class))
        .and_where(bookings::Column::Status.is_in([BookingStatus::Pending, BookingStatus::Confirmed]))
        .to_owned();
    visits::Entity::find()
        .filter(visits::Column::ClassId.eq(class))
        .filter(visits::Column::BookingId.in_subquery(live))
        .filter(visits::Column::Status.is_in([VisitStatus::Expected, VisitStatus::InCare]))
        .count(db)
        .await
}

/// Every offer of a centre's open classes.
pub(super) async fn offers(db: &impl ConnectionTrait, classes: &[ClassId]) -> Result<Vec<offers::Model>, DbErr> {
    offers::Entity::find()
        .filter(offers::Column::ClassId.is_in(classes.iter().copied()))
        .order_by_asc(offers::Column::ClassId)
        .order_by_asc(offers::Column::CareType)
        .all(db)
        .await
}

/// Writes an offer of a class, or over the one that is there; as stored.
pub async fn put_offer(db: &impl ConnectionTrait, offer: offers::Model) -> Result<Option<offers::Model>, DbErr> {
    use offers::Column::{
        Active, CareType as Care, ClassId as Class, Confirmation, CutoffMinutes, HorizonDays, MealsFen, MinMinutes,
        NoticeMinutes, PriceFen, Unit,
    };
    let (class, care) = (offer.class_id, offer.care_type);
    let over = OnConflict::columns([Class, Care])
        .update_columns([
            Unit,
            PriceFen,
            MealsFen,
            MinMinutes,
            NoticeMinutes,
            HorizonDays,
            CutoffMinutes,
            Confirmation,
            Active,
        ])
        .to_owned();
    let row = offers::ActiveModel::from(offer);
    offers::Entity::insert(row).on_conflict(over).exec_without_returning(db).await?;
    one(db, class, care).await
}

async fn one(db: &impl ConnectionTrait, class: ClassId, care: CareType) -> Result<Option<offers::Model>, DbErr> {
    let found = offers::Entity::find().filter(offers::Column::ClassId.eq(class));
    found.filter(offers::Column::CareType.eq(care)).one(db).await
}
