//! Queries about ways between centres and communities, and about what is to be reckoned.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{CentreId, CommunityId, centres, communities, coverage_centres, coverage_state, coverage_ways};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    sea_query::{Alias, Expr, Func, OnConflict, SimpleExpr},
};
use uuid::Uuid;

use super::super::rules::{Centre, Ways};

const ROWS: usize = 500;

fn active() -> Select<centres::Entity> {
    use centres::Column::{Active, Admits, Filed, Id, InclusiveFrom, InclusiveUntil, Kind, Lat, Lng, Name};
    centres::Entity::find()
        .select_only()
        .columns([Id, Name, Kind, Filed, Admits, InclusiveFrom, InclusiveUntil, Lng, Lat])
        .filter(Active.eq(true))
}

/// Active centres.
pub(in super::super) async fn centres(db: &impl ConnectionTrait) -> Result<Vec<Centre>, DbErr> {
    active().into_model().all(db).await
}

/// The next active centres by id: a country's are not held in memory at once.
pub(in super::super) async fn centres_after(
    db: &impl ConnectionTrait,
    after: Option<CentreId>,
) -> Result<Vec<Centre>, DbErr> {
    let mut next = active().order_by_asc(centres::Column::Id).limit(ROWS as u64);
    if let Some(after) = after {
        next = next.filter(centres::Column::Id.gt(after));
    }
    next.into_model().all(db).await
}

/// Whether there is anything to reckon, or that was reckoned once.
pub(in super::super) async fn any(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let community = communities::Entity::find().limit(1).one(db).await?;
    Ok(community.is_some() || coverage_centres::Entity::find().limit(1).one(db).await?.is_some())
}

/// A sum or count as a whole number on either database; 0 of nothing.
fn whole(of: SimpleExpr) -> SimpleExpr {
    Expr::expr(Func::coalesce([of, Expr::value(0)])).cast_as(Alias::new("bigint"))
}

#[derive(FromQueryResult)]
struct Marks {
    n: i64,
    versions: i64,
}

/// What tells that communities or centres changed: how many there are and the sums of their versions.
/// Every change raises a version and nothing is ever deleted, so both only rise, as long as those that have
/// closed or ended count too: no two changes make up for each other. A latest time of change would miss a
/// transaction that commits late.
pub(in super::super) async fn marks(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let marks = |found: Option<Marks>| found.map_or((0, 0), |marks| (marks.n, marks.versions));
    let communities = communities::Entity::find()
        .select_only()
        .column_as(whole(communities::Column::Id.count()), "n")
        .column_as(whole(communities::Column::Version.sum()), "versions")
        .into_model::<Marks>()
        .one(db)
        .await?;
    let centres = centres::Entity::find()
        .select_only()
        .column_as(whole(centres::Column::Id.count()), "n")
        .column_as(whole(centres::Column::Version.sum()), "versions")
        .into_model::<Marks>()
        .one(db)
        .await?;
    let ((communities, states), (centres, versions)) = (marks(communities), marks(centres));
    Ok(format!("{communities}.{states}/{centres}.{versions}"))
}

/// The centres whose ways were reckoned, and whether they are to be asked for again because the engine
/// didn't answer.
pub(in super::super) async fn reckoned(db: &impl ConnectionTrait) -> Result<HashMap<CentreId, bool>, DbErr> {
    use coverage_centres::Column::{AgainAt, CentreId as Id, ComputedAt};
    let rows: Vec<(CentreId, Option<DateTime<Utc>>)> = coverage_centres::Entity::find()
        .select_only()
        .columns([Id, AgainAt])
        .filter(ComputedAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(centre, again_at)| (centre, again_at.is_some())).collect())
}

/// What the ways were last wholly reckoned from, and when.
#[derive(Clone, Debug)]
pub(in super::super) struct State {
    /// The gate and the round; see [`State::gate`] and [`State::round`].
    kept: String,
    /// When they were, or since when they are to be reckoned anew.
    at: DateTime<Utc>,
}

impl State {
    /// The marks and settings that the ways were wholly reckoned from; nothing since all were forgotten.
    pub(in super::super) fn gate(&self) -> &str {
        self.kept.rsplit_once(ROUND).map_or(self.kept.as_str(), |(gate, _)| gate)
    }

    /// Which order to find all anew was the last: what anybody learnt of ways in a former round counts no
    /// more. Empty before the first.
    pub(in super::super) fn round(&self) -> &str {
        self.kept.rsplit_once(ROUND).map_or("", |(_, round)| round)
    }

    /// When all were reckoned; not while they are reckoned anew.
    pub(in super::super) fn computed_at(&self) -> Option<DateTime<Utc>> {
        (!self.gate().is_empty()).then_some(self.at)
    }
}

/// Between gate and round, in neither of them.
const ROUND: char = '#';

/// See [`State`]; none before the first sweep.
pub(in super::super) async fn state(db: &impl ConnectionTrait) -> Result<Option<State>, DbErr> {
    let row = coverage_state::Entity::find_by_id(1).one(db).await?;
    Ok(row.map(|row| State { kept: row.gate, at: row.computed_at }))
}

/// Says what the ways are wholly reckoned from; false if that isn't what was seen before the sweep began,
/// for then all are to be found anew, or another replica was faster.
pub(in super::super) async fn put_state(
    db: &impl ConnectionTrait,
    seen: Option<&State>,
    gate: &str,
    computed_at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use coverage_state::Column::{ComputedAt, Gate, Id};
    let gate = format!("{gate}{ROUND}{}", seen.map_or("", State::round));
    let Some(seen) = seen else {
        let row = coverage_state::ActiveModel::from(coverage_state::Model { id: 1, gate, computed_at });
        let inserted =
            coverage_state::Entity::insert(row).on_conflict_do_nothing_on([Id]).exec_without_returning(db).await?;
        return Ok(matches!(inserted, sea_orm::TryInsertResult::Inserted(1)));
    };
    let done = coverage_state::Entity::update_many()
        .col_expr(Gate, Expr::value(gate))
        .col_expr(ComputedAt, Expr::value(computed_at))
        .filter(Gate.eq(&seen.kept))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// How far each centre is.
pub(in super::super) async fn done(
    db: &impl ConnectionTrait,
) -> Result<HashMap<CentreId, coverage_centres::Model>, DbErr> {
    let rows = coverage_centres::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.centre_id, row)).collect())
}

/// Whether an engine that was away is to be asked again.
pub(in super::super) async fn any_again(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    // Of a centre that has closed nothing is asked.
    let active = centres::Entity::find().select_only().column(centres::Column::Id);
    let active = active.filter(centres::Column::Active.eq(true)).into_query();
    let again = coverage_centres::Entity::find()
        .filter(coverage_centres::Column::AgainAt.lte(now))
        .filter(coverage_centres::Column::CentreId.in_subquery(active));
    Ok(again.limit(1).one(db).await?.is_some())
}

/// Claims a centre that was seen at a revision until a lease ends; false if another replica has it or had
/// it since.
pub(in super::super) async fn claim(
    db: &impl ConnectionTrait,
    centre: CentreId,
    seen: Option<i32>,
    now: DateTime<Utc>,
    lease_end: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use coverage_centres::Column::{CentreId as Id, LeasedUntil, Revision};
    let Some(seen) = seen else {
        let row = coverage_centres::ActiveModel {
            centre_id: Set(centre),
            inputs: Set(Vec::new()),
            revision: Set(1),
            leased_until: Set(Some(lease_end)),
            again_at: Set(None),
            computed_at: Set(None),
        };
        let inserted =
            coverage_centres::Entity::insert(row).on_conflict_do_nothing_on([Id]).exec_without_returning(db).await?;
        return Ok(matches!(inserted, sea_orm::TryInsertResult::Inserted(1)));
    };
    let done = coverage_centres::Entity::update_many()
        .col_expr(Revision, Expr::value(seen + 1))
        .col_expr(LeasedUntil, Expr::value(lease_end))
        .filter(Id.eq(centre))
        .filter(Revision.eq(seen))
        .filter(LeasedUntil.is_null().or(LeasedUntil.lte(now)))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Ends a claim with what was reckoned; false if it was overtaken. The revision rises again: whoever saw
/// the centre while it was claimed must not take it for due.
pub(in super::super) async fn finish(
    db: &impl ConnectionTrait,
    centre: CentreId,
    revision: i32,
    inputs: Vec<u8>,
    now: DateTime<Utc>,
    again_at: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    use coverage_centres::Column::{AgainAt, CentreId as Id, ComputedAt, Inputs, LeasedUntil, Revision};
    let done = coverage_centres::Entity::update_many()
        .col_expr(Revision, Expr::value(revision + 1))
        .col_expr(Inputs, Expr::value(inputs))
        .col_expr(ComputedAt, Expr::value(now))
        .col_expr(AgainAt, Expr::value(again_at))
        .col_expr(LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Id.eq(centre))
        .filter(Revision.eq(revision))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Begins another round: makes every centre due; who is at one is overtaken, and so is a sweep that is under
/// way. How many there are.
pub(in super::super) async fn forget(db: &impl ConnectionTrait, round: Uuid, now: DateTime<Utc>) -> Result<u64, DbErr> {
    use coverage_centres::Column::{AgainAt, Inputs, LeasedUntil, Revision};
    use coverage_state::Column::{ComputedAt, Gate, Id};
    let done = coverage_centres::Entity::update_many()
        .col_expr(Inputs, Expr::value(Vec::<u8>::new()))
        .col_expr(Revision, Expr::col(Revision).add(1))
        .col_expr(AgainAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .exec(db)
        .await?;
    let gate = format!("{ROUND}{}", round.simple());
    let row = coverage_state::ActiveModel::from(coverage_state::Model { id: 1, gate, computed_at: now });
    let over = OnConflict::column(Id).update_columns([Gate, ComputedAt]).to_owned();
    coverage_state::Entity::insert(row).on_conflict(over).exec_without_returning(db).await?;
    Ok(done.rows_affected)
}

/// Puts a centre's ways in place of the former ones.
pub(in super::super) async fn replace(
    db: &impl ConnectionTrait,
    centre: CentreId,
    rows: Vec<coverage_ways::Model>,
) -> Result<(), DbErr> {
    let former = coverage_ways::Entity::delete_many().filter(coverage_ways::Column::CentreId.eq(centre));
    former.exec(db).await?;
    for some in rows.chunks(ROWS) {
        let rows = some.iter().cloned().map(coverage_ways::ActiveModel::from);
        coverage_ways::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// All ways, with the shape that they were reckoned for.
pub(in super::super) async fn all(
    db: &impl ConnectionTrait,
) -> Result<impl Iterator<Item = (CommunityId, i32, Ways)>, DbErr> {
    let rows = coverage_ways::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| {
        let (pairs, _) = row.seconds.as_chunks::<2>();
        let seconds = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        (row.community_id, row.shape, Ways { centre: row.centre_id, seconds, estimated: row.estimated })
    }))
}
