//! Queries about ratings for their centre, and about its replies.

use std::collections::HashSet;

use chrono::NaiveDate;
use entity::{CentreId, ChildId, ConsentPurpose, RatingId, TextStatus, consents, rating_replies, ratings};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};

use crate::platform::db::LockRows as _;

/// Where a rating stands in the desk's list: month, level, id.
pub(super) type Place = (NaiveDate, i32, RatingId);

/// The centre's ratings that count.
fn counted(centre: CentreId) -> Select<ratings::Entity> {
    ratings::Entity::find().filter(ratings::Column::CentreId.eq(centre)).filter(ratings::Column::ExcludedFor.is_null())
}

/// The newest month first, in it the lowest level first.
pub(super) async fn of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    month: Option<NaiveDate>,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<ratings::Model>, DbErr> {
    use ratings::Column::{Id, Level, Month};
    let later = after.map(|(month, level, id)| {
        let in_level = Condition::all().add(Level.eq(level)).add(Id.gt(id));
        let in_month = Condition::all().add(Month.eq(month)).add(Condition::any().add(Level.gt(level)).add(in_level));
        Condition::any().add(Month.lt(month)).add(in_month)
    });
    let condition = Condition::all().add_option(month.map(|month| Month.eq(month))).add_option(later);
    let rows = counted(centre).filter(condition).order_by_desc(Month).order_by_asc(Level).order_by_asc(Id);
    rows.limit(limit).all(db).await
}

/// A counted rating of the centre, locked until the transaction ends.
pub(super) async fn lock_of_centre(
    db: &impl ConnectionTrait,
    centre: CentreId,
    id: RatingId,
) -> Result<Option<ratings::Model>, DbErr> {
    counted(centre).filter(ratings::Column::Id.eq(id)).lock_rows().one(db).await
}

/// Which of these children's guardians agree that texts are shown.
pub(super) async fn agreed(db: &impl ConnectionTrait, children: Vec<ChildId>) -> Result<HashSet<ChildId>, DbErr> {
    let ids: Vec<ChildId> = consents::Entity::find()
        .select_only()
        .column(consents::Column::ChildId)
        .filter(consents::Column::ChildId.is_in(children))
        .filter(consents::Column::Purpose.eq(ConsentPurpose::Ratings))
        .filter(consents::Column::WithdrawnAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// The reply to a rating.
pub(super) async fn one(db: &impl ConnectionTrait, id: RatingId) -> Result<Option<rating_replies::Model>, DbErr> {
    rating_replies::Entity::find_by_id(id).one(db).await
}

/// The replies to these ratings.
pub(super) async fn of_ratings(
    db: &impl ConnectionTrait,
    ids: Vec<RatingId>,
) -> Result<Vec<rating_replies::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    rating_replies::Entity::find().filter(rating_replies::Column::RatingId.is_in(ids)).all(db).await
}

/// Stores a reply: a new row, or over the one that is there.
pub(super) async fn put(db: &impl ConnectionTrait, row: rating_replies::Model, there: bool) -> Result<(), DbErr> {
    use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};
    let row = row.into_active_model().reset_all();
    if there {
        rating_replies::Entity::update(row).exec(db).await.map(drop)
    } else {
        rating_replies::Entity::insert(row).exec_without_returning(db).await.map(drop)
    }
}

/// Whether others may read a reply.
pub(super) async fn set_text_status(db: &impl ConnectionTrait, id: RatingId, status: TextStatus) -> Result<(), DbErr> {
    rating_replies::Entity::update_many()
        .col_expr(rating_replies::Column::TextStatus, Expr::value(status.as_str()))
        .filter(rating_replies::Column::RatingId.eq(id))
        .exec(db)
        .await
        .map(drop)
}
