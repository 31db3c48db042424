//! Queries of signals about ratings.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{CentreId, FamilyId, RatingId, rating_traces, ratings};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Expr, Func, Query},
};

use super::store::MOST_ROWS;
use crate::features::ratings::rules::TIED;

/// When ratings were given, and of which centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: DateTime<Utc>,
    pub(super) before: DateTime<Utc>,
    pub(super) centre: Option<CentreId>,
}

/// A rating as signals see it.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Given {
    pub(super) id: RatingId,
    pub(super) centre_id: CentreId,
    pub(super) family_id: FamilyId,
    pub(super) created_at: DateTime<Utc>,
    pub(super) trace: Option<Vec<u8>>,
}

fn given(span: Span) -> Select<ratings::Entity> {
    use ratings::Column as C;
    let given = ratings::Entity::find()
        .select_only()
        .columns([C::Id, C::CentreId, C::FamilyId, C::CreatedAt])
        .filter(C::CreatedAt.gte(span.from))
        .filter(C::CreatedAt.lt(span.before));
    match span.centre {
        Some(centre) => given.filter(C::CentreId.eq(centre)),
        None => given,
    }
}

/// The ratings of centres that got at least `least`, by centre and time.
pub(super) async fn of_busy_centres(db: &impl ConnectionTrait, span: Span, least: u32) -> Result<Vec<Given>, DbErr> {
    use ratings::Column::{CentreId as Centre, CreatedAt, Id};
    let busy = given(span).select_only().column(Centre).group_by(Centre).having(Id.count().gte(least)).into_query();
    let rows = untraced(given(span)).filter(Centre.in_subquery(busy));
    rows.order_by_asc(Centre).order_by_asc(CreatedAt).limit(MOST_ROWS).into_model().all(db).await
}

fn untraced(select: Select<ratings::Entity>) -> Select<ratings::Entity> {
    select.expr_as(Expr::value(Option::<Vec<u8>>::None), "trace")
}

/// How many ratings some centres got in a time.
pub(super) async fn counts(
    db: &impl ConnectionTrait,
    centres: HashSet<CentreId>,
    from: DateTime<Utc>,
    before: DateTime<Utc>,
) -> Result<HashMap<CentreId, i64>, DbErr> {
    use ratings::Column::{CentreId as Centre, Id};
    let rows: Vec<(CentreId, i64)> = given(Span { from, before, centre: None })
        .select_only()
        .column(Centre)
        .column_as(Id.count(), "n")
        .filter(Centre.is_in(centres))
        .group_by(Centre)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The ratings that came from a device of at least `least` families, by device. A device is known by centre
/// and day only.
pub(super) async fn of_shared_devices(db: &impl ConnectionTrait, span: Span, least: u32) -> Result<Vec<Given>, DbErr> {
    use rating_traces::Column::{At, RatingId as Rating, Trace};
    let families = Func::count_distinct(Expr::col((ratings::Entity, ratings::Column::FamilyId)));
    let joined = || Expr::col((rating_traces::Entity, Rating)).equals((ratings::Entity, ratings::Column::Id));
    let shared = Query::select()
        .column((rating_traces::Entity, Trace))
        .from(rating_traces::Entity)
        .inner_join(ratings::Entity, joined())
        .and_where(Expr::col((rating_traces::Entity, At)).gte(span.from))
        .and_where(Expr::col((rating_traces::Entity, At)).lt(span.before))
        .group_by_col((rating_traces::Entity, Trace))
        .and_having(Expr::from(families).gte(least))
        .to_owned();
    let mut rows = given(span).column_as(Expr::col((rating_traces::Entity, Trace)), "trace");
    sea_orm::QuerySelect::query(&mut rows)
        .inner_join(rating_traces::Entity, joined())
        .and_where(Expr::col((rating_traces::Entity, Trace)).in_subquery(shared));
    let by_device = rows
        .order_by_asc(ratings::Column::CentreId)
        .order_by_asc(Expr::col((rating_traces::Entity, Trace)))
        .order_by_asc(ratings::Column::CreatedAt);
    by_device.limit(MOST_ROWS).into_model().all(db).await
}

/// The ratings of families tied to the centre, by centre and time.
pub(super) async fn of_staff(db: &impl ConnectionTrait, span: Span) -> Result<Vec<Given>, DbErr> {
    use ratings::Column::{CentreId as Centre, CreatedAt, ExcludedFor};
    let rows = untraced(given(span)).filter(ExcludedFor.eq(TIED));
    rows.order_by_asc(Centre).order_by_asc(CreatedAt).limit(MOST_ROWS).into_model().all(db).await
}
