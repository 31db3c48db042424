//! The counting, set-based and by the database: one statement for the answers of all groups, one
//! for the care behind them.

use chrono::{DateTime, Months, NaiveDate, Utc};
use entity::{
    CentreId, RedemptionStatus, VisitStatus, centres, rating_versions, ratings, redemptions, satisfaction_snapshots,
    visits,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QueryResult, QuerySelect as _,
    sea_query::{
        Alias, CaseStatement, Expr, Func, IntoColumnRef, JoinType, OnConflict, Order, OverStatement as _, Query,
        SelectStatement, UnionType, WindowStatement,
    },
};

use super::dto::SatisfactionBy;
use crate::http::Month;

/// Which state of the ratings is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The ratings as they are.
    Present,
    /// The ratings as they stood at an instant, from their versions.
    AsOf(DateTime<Utc>),
}

/// The answers of a group.
#[derive(Debug)]
pub(super) struct AnswerRow {
    pub(super) key: String,
    pub(super) label: Option<String>,
    pub(super) answers: i64,
    pub(super) satisfied: i64,
    pub(super) total: i64,
}

/// The care of a group.
#[derive(Debug)]
pub(super) struct CareRow {
    pub(super) key: String,
    pub(super) label: Option<String>,
    pub(super) units: i64,
    pub(super) families: i64,
}

/// Answers per group; without `by` one row.
pub(super) async fn answers(
    db: &impl ConnectionTrait,
    source: Answers,
    (from, to): (Month, Month),
    by: Option<SatisfactionBy>,
) -> Result<Vec<AnswerRow>, DbErr> {
    let states = match source {
        Answers::Present => present(from, to),
        Answers::AsOf(instant) => as_of(from, to, instant),
    };
    let satisfied = CaseStatement::new().case(of("level").gte(4), 1).finally(0);
    let mut query = Query::select();
    query
        .expr_as(Func::count(of("child_id")), "answers")
        .expr_as(Func::sum(satisfied), "satisfied")
        .expr_as(Func::sum(of("level")), "total")
        .from_subquery(states, "facts")
        .and_where(of("nth").eq(1));
    group(&mut query, by);
    let rows = db.query_all(&query).await?;
    let row = |row: QueryResult| {
        let (key, label) = key(&row, by)?;
        Ok(AnswerRow {
            key,
            label,
            answers: row.try_get("", "answers")?,
            satisfied: row.try_get::<Option<i64>>("", "satisfied")?.unwrap_or(0),
            total: row.try_get::<Option<i64>>("", "total")?.unwrap_or(0),
        })
    };
    rows.into_iter().map(row).collect()
}

/// Care per group; without `by` one row.
pub(super) async fn care(
    db: &impl ConnectionTrait,
    (from, to): (Month, Month),
    by: Option<SatisfactionBy>,
) -> Result<Vec<CareRow>, DbErr> {
    // A child has one family, so that distinct rows are distinct (child, centre, month), and with
    // the form of care among the columns distinct within it.
    let by_type = by == Some(SatisfactionBy::CareType);
    let end = to.0.checked_add_months(Months::new(1)).unwrap_or(to.0);
    let mut units = Query::select();
    {
        use visits::{Column, Entity};
        units.columns([Column::FamilyId, Column::ChildId, Column::CentreId]);
        units.expr_as(month_text(Column::Date), "month_key").from(Entity);
        if by_type {
            units.column(Column::CareType);
        }
        units
            .and_where(Expr::col(Column::Status).eq(VisitStatus::Left.as_str()))
            .and_where(Expr::col(Column::Date).gte(from.0))
            .and_where(Expr::col(Column::Date).lt(end));
    }
    let mut days = Query::select();
    {
        use redemptions::{Column, Entity};
        days.columns([Column::FamilyId, Column::ChildId, Column::CentreId]);
        days.expr_as(month_text(Column::ServiceDate), "month_key").from(Entity);
        if by_type {
            days.column(Column::CareType);
        }
        days.and_where(Expr::col(Column::Status).eq(RedemptionStatus::Redeemed.as_str()))
            .and_where(Expr::col(Column::ServiceDate).gte(from.0))
            .and_where(Expr::col(Column::ServiceDate).lt(end));
    }
    // UNION, not UNION ALL: it leaves each row once.
    units.union(UnionType::Distinct, days);
    let mut query = Query::select();
    query
        .expr_as(Func::count(of("child_id")), "units")
        .expr_as(Func::count_distinct(of("family_id")), "families")
        .from_subquery(units, "facts");
    group(&mut query, by);
    let rows = db.query_all(&query).await?;
    let row = |row: QueryResult| {
        let (key, label) = key(&row, by)?;
        Ok(CareRow { key, label, units: row.try_get("", "units")?, families: row.try_get("", "families")? })
    };
    rows.into_iter().map(row).collect()
}

/// The ratings as they are, numbered from the latest within child, centre and month.
fn present(from: Month, to: Month) -> SelectStatement {
    use ratings::{Column, Entity};
    let mut query = Query::select();
    query
        .columns([Column::ChildId, Column::CentreId, Column::CareType, Column::Level])
        .expr_as(month_text(Column::Month), "month_key")
        .expr_window_as(
            Func::cust("ROW_NUMBER"),
            latest(
                [Column::ChildId, Column::CentreId, Column::Month].map(IntoColumnRef::into_column_ref),
                [Column::UpdatedAt, Column::Id].map(IntoColumnRef::into_column_ref),
            ),
            "nth",
        )
        .from(Entity)
        .and_where(Expr::col(Column::Month).between(from.0, to.0))
        .and_where(Expr::col(Column::ExcludedFor).is_null());
    query
}

/// The same from the versions up to an instant: of each rating its last version, then of these the
/// latest that was not excluded then.
fn as_of(from: Month, to: Month, instant: DateTime<Utc>) -> SelectStatement {
    use rating_versions::Column as V;
    use ratings::Column as R;
    let rating = |column: R| (ratings::Entity, column);
    let version = |column: V| (rating_versions::Entity, column);
    let mut states = Query::select();
    states
        .columns([rating(R::Id), rating(R::ChildId), rating(R::CentreId), rating(R::CareType)])
        .columns([version(V::Level), version(V::ExcludedFor)])
        // An exclusion begins a state, but is no new answer.
        .expr_as(Func::coalesce([Expr::col(version(V::AnsweredAt)), Expr::col(version(V::At))]), "at")
        .expr_as(month_text(rating(R::Month)), "month_key")
        .expr_window_as(
            Func::cust("ROW_NUMBER"),
            latest([version(V::RatingId).into_column_ref()], [version(V::Version).into_column_ref()]),
            "age",
        )
        .from(rating_versions::Entity)
        .inner_join(ratings::Entity, Expr::col(rating(R::Id)).equals(version(V::RatingId)))
        .and_where(Expr::col(rating(R::Month)).between(from.0, to.0))
        .and_where(Expr::col(version(V::At)).lte(instant));
    let state = |name: &'static str| ("states", name).into_column_ref();
    let mut query = Query::select();
    query
        .columns(["child_id", "centre_id", "care_type", "level", "month_key"].map(state))
        .expr_window_as(
            Func::cust("ROW_NUMBER"),
            latest(["child_id", "centre_id", "month_key"].map(state), ["at", "id"].map(state)),
            "nth",
        )
        .from_subquery(states, "states")
        .and_where(Expr::col(state("age")).eq(1))
        .and_where(Expr::col(state("excluded_for")).is_null());
    query
}

fn latest<const P: usize, const O: usize>(
    within: [sea_orm::sea_query::ColumnRef; P],
    by: [sea_orm::sea_query::ColumnRef; O],
) -> WindowStatement {
    let mut window = WindowStatement::new();
    for column in within {
        window.add_partition_by(Expr::col(column));
    }
    for column in by {
        window.order_by(column, Order::Desc);
    }
    window
}

/// `YYYY-MM` of a date: both databases write a date as text in ISO form.
fn month_text(date: impl IntoColumnRef) -> Expr {
    let text = Expr::col(date).cast_as(Alias::new("text"));
    Expr::from(Func::cust("SUBSTR").args([text, 1.into(), 7.into()]))
}

/// A column of the counted rows.
fn of(column: &'static str) -> Expr {
    Expr::col(("facts", column))
}

/// Adds the key (and a centre's name) of the groups.
fn group(query: &mut SelectStatement, by: Option<SatisfactionBy>) {
    use SatisfactionBy::{CareType, Centre, Kind, Month, Township};
    let Some(by) = by else { return };
    let centre = |column: centres::Column| (centres::Entity, column).into_column_ref();
    let key = match by {
        Centre => centre(centres::Column::Id),
        Township => centre(centres::Column::Township),
        Kind => centre(centres::Column::Kind),
        CareType => ("facts", "care_type").into_column_ref(),
        Month => ("facts", "month_key").into_column_ref(),
    };
    if matches!(by, Centre | Township | Kind) {
        query.join(
            JoinType::InnerJoin,
            centres::Entity,
            of("centre_id").equals((centres::Entity, centres::Column::Id)),
        );
    }
    query.expr_as(Expr::col(key.clone()), "key").group_by_col(key);
    if by == Centre {
        let name = centre(centres::Column::Name);
        query.expr_as(Expr::col(name.clone()), "label").group_by_col(name);
    }
}

fn key(row: &QueryResult, by: Option<SatisfactionBy>) -> Result<(String, Option<String>), DbErr> {
    Ok(match by {
        None => (String::new(), None),
        Some(SatisfactionBy::Centre) => {
            (row.try_get::<CentreId>("", "key")?.to_string(), Some(row.try_get("", "label")?))
        }
        Some(_) => (row.try_get("", "key")?, None),
    })
}

/// The months that have a snapshot.
pub(super) async fn snapshot_months(db: &impl ConnectionTrait) -> Result<Vec<NaiveDate>, DbErr> {
    let months = satisfaction_snapshots::Entity::find().select_only().column(satisfaction_snapshots::Column::Month);
    months.into_tuple().all(db).await
}

/// Every snapshot, the earliest month first.
pub(super) async fn snapshots(db: &impl ConnectionTrait) -> Result<Vec<satisfaction_snapshots::Model>, DbErr> {
    satisfaction_snapshots::Entity::find().order_by_asc(satisfaction_snapshots::Column::Month).all(db).await
}

/// Snapshots, the latest month first.
pub(super) async fn snapshot_page(
    db: &impl ConnectionTrait,
    month: Option<NaiveDate>,
    before: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<satisfaction_snapshots::Model>, DbErr> {
    use satisfaction_snapshots::Column;
    let condition = Condition::all()
        .add_option(month.map(|month| Column::Month.eq(month)))
        .add_option(before.map(|before| Column::Month.lt(before)));
    let found = satisfaction_snapshots::Entity::find().filter(condition).order_by_desc(Column::Month);
    found.limit(limit).all(db).await
}

/// Writes a snapshot, unless another replica did before.
pub(super) async fn insert_snapshot(
    db: &impl ConnectionTrait,
    row: satisfaction_snapshots::Model,
) -> Result<(), DbErr> {
    let once = OnConflict::column(satisfaction_snapshots::Column::Month).do_nothing().to_owned();
    satisfaction_snapshots::Entity::insert(satisfaction_snapshots::ActiveModel::from(row))
        .on_conflict(once)
        .exec_without_returning(db)
        .await
        .map(drop)
}
