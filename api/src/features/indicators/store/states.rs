//! What centres are, and what the journal says that they were.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{Band, CareType, CentreId, OfferUnit, centre_states, centres, classes, offers};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, FromQueryResult,
    QueryFilter as _, QueryOrder as _, QuerySelect,
    sea_query::{Alias, Expr, Func, OnConflict, Query},
};

use centre_states::{Column, Entity, Model};

/// Rows in one statement; SQLite takes at most 32 766 values.
const ROWS: usize = 1000;

#[derive(FromQueryResult)]
struct Places {
    centre_id: CentreId,
    band: Band,
    places: i64,
}

#[derive(FromQueryResult)]
struct Priced {
    centre_id: CentreId,
    unit: OfferUnit,
    n: i64,
    fen: i64,
}

/// Centres next to each other in the order of their ids: what is asked of all is asked of one part after the
/// other, so that it takes no more memory for a million than for a thousand.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Part {
    after: Option<CentreId>,
    last: CentreId,
}

impl Part {
    pub(super) fn holds(self, id: Expr) -> Condition {
        let after = self.after.map(|after| id.clone().gt(after));
        Condition::all().add(id.lte(self.last)).add_option(after)
    }
}

/// The centres after a part, or the first: all, or of those that changed since an instant and those that the
/// journal doesn't know.
pub(in super::super) async fn next_part(
    db: &impl ConnectionTrait,
    before: Option<Part>,
    since: Option<DateTime<Utc>>,
) -> Result<Option<Part>, DbErr> {
    use centres::Column::Id;
    let after = before.map(|part| part.last);
    let mut ids = centres::Entity::find().select_only().column(Id).filter(changed(since)).order_by_asc(Id);
    if let Some(after) = after {
        ids = ids.filter(Id.gt(after));
    }
    let ids: Vec<CentreId> = ids.limit(ROWS as u64).into_tuple().all(db).await?;
    Ok(ids.last().map(|last| Part { after, last: *last }))
}

/// Which centres: all, or those that changed since an instant and those that the journal doesn't know.
fn changed(since: Option<DateTime<Utc>>) -> Condition {
    let Some(since) = since else { return Condition::all() };
    let mut known = Query::select();
    known.column(Column::CentreId).from(Entity);
    Condition::any()
        .add(Expr::col((centres::Entity, centres::Column::ChangedAt)).gte(since))
        .add(Expr::col((centres::Entity, centres::Column::Id)).not_in_subquery(known))
}

/// What the centres of a part are now, by their rows, classes and offers; `since` is when each last changed.
pub(in super::super) async fn present(
    db: &impl ConnectionTrait,
    part: Part,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let wanted = || {
        let id = Expr::col((centres::Entity, centres::Column::Id));
        Condition::all().add(changed(since)).add(part.holds(id))
    };
    let rows = centres::Entity::find().filter(wanted()).order_by_asc(centres::Column::Id).all(db).await?;
    // The sum of BIGINT is NUMERIC on PostgreSQL.
    let sum = |column: Expr| Expr::from(Func::sum(column)).cast_as(Alias::new("bigint"));
    let class = |column: classes::Column| Expr::col((classes::Entity, column));
    let offer = |column: offers::Column| Expr::col((offers::Entity, column));
    let centre = Expr::col((centres::Entity, centres::Column::Id));
    let mut places = classes::Entity::find()
        .select_only()
        .column_as(class(classes::Column::CentreId), "centre_id")
        .column_as(class(classes::Column::Band), "band")
        .column_as(sum(class(classes::Column::Places)), "places")
        .filter(class(classes::Column::Active).eq(true))
        .filter(wanted())
        .group_by(class(classes::Column::CentreId))
        .group_by(class(classes::Column::Band));
    QuerySelect::query(&mut places).inner_join(centres::Entity, centre.clone().eq(class(classes::Column::CentreId)));
    let mut priced = offers::Entity::find()
        .select_only()
        .column_as(offer(offers::Column::CentreId), "centre_id")
        .column_as(offer(offers::Column::Unit), "unit")
        .column_as(Expr::from(Func::count(offer(offers::Column::Id))), "n")
        .column_as(sum(offer(offers::Column::PriceFen)), "fen")
        .filter(offer(offers::Column::Active).eq(true))
        .filter(class(classes::Column::Active).eq(true))
        .filter(offer(offers::Column::CareType).eq(CareType::FullDay.as_str()))
        .filter(wanted())
        .group_by(offer(offers::Column::CentreId))
        .group_by(offer(offers::Column::Unit));
    QuerySelect::query(&mut priced)
        .inner_join(classes::Entity, class(classes::Column::Id).eq(offer(offers::Column::ClassId)))
        .inner_join(centres::Entity, centre.eq(offer(offers::Column::CentreId)));
    let (places, priced): (Vec<Places>, Vec<Priced>) =
        (places.into_model().all(db).await?, priced.into_model().all(db).await?);
    let mut states: HashMap<CentreId, Model> = rows.iter().map(|row| (row.id, blank(row, now))).collect();
    for row in places {
        let Some(state) = states.get_mut(&row.centre_id) else { continue };
        let places = match row.band {
            Band::Infant => &mut state.infant,
            Band::ToddlerSmall => &mut state.toddler_small,
            Band::ToddlerBig => &mut state.toddler_big,
            Band::Mixed => &mut state.mixed,
            Band::Family => &mut state.family,
        };
        *places = i32::try_from(row.places).unwrap_or(i32::MAX);
    }
    for row in priced {
        let Some(state) = states.get_mut(&row.centre_id) else { continue };
        let n = i32::try_from(row.n).unwrap_or(i32::MAX);
        match row.unit {
            OfferUnit::Month => (state.month_offers, state.month_fen) = (n, row.fen),
            OfferUnit::Day => (state.day_offers, state.day_fen) = (n, row.fen),
            // Full-day care isn't priced by these.
            OfferUnit::HalfDay | OfferUnit::Hour => {}
        }
    }
    Ok(rows.iter().filter_map(|row| states.remove(&row.id)).collect())
}

/// A centre without classes.
fn blank(row: &centres::Model, now: DateTime<Utc>) -> Model {
    Model {
        centre_id: row.id,
        since: row.changed_at,
        kind: row.kind,
        ownership: row.ownership,
        township: row.township.clone(),
        filed: row.filed,
        active: row.active,
        inclusive_from: row.inclusive_from,
        inclusive_until: row.inclusive_until,
        medical_until: row.medical_until,
        infant: 0,
        toddler_small: 0,
        toddler_big: 0,
        mixed: 0,
        family: 0,
        day_offers: 0,
        month_offers: 0,
        day_fen: 0,
        month_fen: 0,
        recorded_at: now,
    }
}

/// What the journal said at an instant, `known_at`, that the centres of a part were before another, by id.
pub(in super::super) async fn at(
    db: &impl ConnectionTrait,
    part: Part,
    before: DateTime<Utc>,
    known_at: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let condition =
        Condition::all().add(Expr::col(Column::Since).lt(before)).add(Expr::col(Column::RecordedAt).lte(known_at));
    last_of(db, part, condition).await
}

/// What the journal says at an instant, `known_at`, of changes from one instant up to another, by centre and time.
pub(in super::super) async fn during(
    db: &impl ConnectionTrait,
    part: Part,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
    known_at: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let rows = Entity::find()
        .filter(part.holds(Expr::col(Column::CentreId)))
        .filter(Column::Since.gte(from))
        .filter(Column::Since.lt(before))
        .filter(Column::RecordedAt.lte(known_at));
    let rows = rows.order_by_asc(Column::CentreId).order_by_asc(Column::Since).order_by_asc(Column::RecordedAt);
    rows.all(db).await
}

/// When the centres of a part were entered.
pub(in super::super) async fn entered(
    db: &impl ConnectionTrait,
    part: Part,
) -> Result<HashMap<CentreId, DateTime<Utc>>, DbErr> {
    use centres::Column::{CreatedAt, Id};
    let rows = centres::Entity::find().select_only().columns([Id, CreatedAt]).filter(part.holds(Expr::col(Id)));
    Ok(rows.into_tuple::<(CentreId, DateTime<Utc>)>().all(db).await?.into_iter().collect())
}

/// The last row of every centre of a part.
pub(in super::super) async fn last(db: &impl ConnectionTrait, part: Part) -> Result<Vec<Model>, DbErr> {
    last_of(db, part, Condition::all()).await
}

async fn last_of(db: &impl ConnectionTrait, part: Part, condition: Condition) -> Result<Vec<Model>, DbErr> {
    let condition = condition.add(part.holds(Expr::col(Column::CentreId)));
    let mut last = Query::select();
    last.column(Column::CentreId)
        .expr(Expr::col(Column::Since).max())
        .from(Entity)
        .cond_where(condition.clone())
        .group_by_col(Column::CentreId);
    let key = Expr::tuple([Expr::col(Column::CentreId), Expr::col(Column::Since)]);
    let rows = Entity::find().filter(condition).filter(key.in_subquery(last));
    let rows = rows.order_by_asc(Column::CentreId).order_by_asc(Column::RecordedAt).all(db).await?;
    // Of those of one instant the one noticed last.
    let mut states: Vec<Model> = Vec::with_capacity(rows.len());
    for row in rows {
        match states.last_mut() {
            Some(last) if last.centre_id == row.centre_id => *last = row,
            _ => states.push(row),
        }
    }
    Ok(states)
}

/// What the journal says that one centre was before an instant.
pub async fn one_at(
    db: &impl ConnectionTrait,
    centre: CentreId,
    before: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::CentreId.eq(centre))
        .filter(Column::Since.lt(before))
        .order_by_desc(Column::Since)
        .order_by_desc(Column::RecordedAt)
        .one(db)
        .await
}

/// Whether a centre that was founded before an instant has no state of before it.
pub(in super::super) async fn any_unknown(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    known_at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let mut known = Query::select();
    known
        .column(Column::CentreId)
        .from(Entity)
        .and_where(Expr::col(Column::Since).lt(before))
        .and_where(Expr::col(Column::RecordedAt).lte(known_at));
    let unknown = centres::Entity::find()
        .filter(centres::Column::CreatedAt.lt(before))
        .filter(Expr::col(centres::Column::Id).not_in_subquery(known));
    let found: Option<CentreId> = unknown.select_only().column(centres::Column::Id).into_tuple().one(db).await?;
    Ok(found.is_some())
}

#[derive(FromQueryResult)]
struct Span {
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

/// When the journal begins, and when it was last written.
pub(in super::super) async fn span(db: &impl ConnectionTrait) -> Result<Option<(DateTime<Utc>, DateTime<Utc>)>, DbErr> {
    let select = Entity::find()
        .select_only()
        .column_as(Column::Since.min(), "first")
        .column_as(Column::RecordedAt.max(), "last");
    let row: Option<Span> = select.into_model().one(db).await?;
    Ok(row.and_then(|Span { first, last }| first.zip(last)))
}

/// Adds rows; nothing is ever changed, so that what was known at an instant stays known.
pub(in super::super) async fn put(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    let once = OnConflict::columns([Column::CentreId, Column::Since, Column::RecordedAt]).do_nothing().to_owned();
    for some in rows.chunks(ROWS) {
        let rows = some.iter().cloned().map(centre_states::ActiveModel::from);
        Entity::insert_many(rows).on_conflict(once.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Names of centres, and when they were entered.
pub(in super::super) async fn names(
    db: &impl ConnectionTrait,
    ids: &[CentreId],
) -> Result<Vec<(CentreId, String, DateTime<Utc>)>, DbErr> {
    use centres::Column::{CreatedAt, Id, Name};
    let rows = centres::Entity::find().select_only().columns([Id, Name, CreatedAt]);
    rows.filter(Id.is_in(ids.iter().copied())).into_tuple().all(db).await
}
