//! The figures' reads: of the roll-ups, or of the versions of the ratings, and always by the database.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    CentreId, centres, rating_versions, ratings, satisfaction_answers, satisfaction_care, satisfaction_centre_families,
    satisfaction_families, satisfaction_snapshots,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QueryResult, QuerySelect as _,
    sea_query::{
        Alias, CaseStatement, Expr, Func, IntoColumnRef, JoinType, OnConflict, Order, OverStatement as _, Query,
        SelectStatement, WindowStatement,
    },
};

use super::{
    dto::SatisfactionBy,
    rollups::counts::{ANY, Dimension},
    rules::{Counts, SCORES, TALLIES},
};
use crate::http::Month;

/// Which state of the ratings is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// The ratings as they are.
    Present,
    /// The ratings as they stood at an instant, from their versions.
    AsOf(DateTime<Utc>),
}

/// What was counted of a group: its answers, its care or its families; the rest is 0.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: String,
    pub(super) label: Option<String>,
    pub(super) counts: Counts,
}

/// Answers per group; without `by` one row. As they are: from the roll-ups.
pub(super) async fn answers(
    db: &impl ConnectionTrait,
    source: Answers,
    (from, to): (Month, Month),
    by: Option<SatisfactionBy>,
) -> Result<Vec<Row>, DbErr> {
    let mut query = Query::select();
    match source {
        Answers::Present => {
            query.from_as(satisfaction_answers::Entity, "facts");
            for name in TALLIES {
                query.expr_as(Func::sum(of(name)), name);
            }
            rolled_up(&mut query, (from, to), by);
        }
        Answers::AsOf(instant) => {
            query.from_subquery(as_of(from, to, instant), "facts").and_where(of("nth").eq(1));
            tally(&mut query);
            group(&mut query, by, "care_type", "month_key");
        }
    }
    let rows = db.query_all(&query).await?;
    let row = |row: QueryResult| {
        let (key, label) = key(&row, by)?;
        Ok(Row { key, label, counts: tallied(&row)? })
    };
    let rows: Vec<Row> = rows.into_iter().map(row).collect::<Result<_, DbErr>>()?;
    Ok(rows.into_iter().filter(|row| by.is_none() || row.counts.answers > 0).collect())
}

/// What was counted under the names of [`TALLIES`].
pub(super) fn tallied(row: &QueryResult) -> Result<Counts, DbErr> {
    let mut n = [0; TALLIES.len()];
    for (n, name) in n.iter_mut().zip(TALLIES) {
        *n = row.try_get::<Option<i64>>("", name)?.unwrap_or(0);
    }
    Ok(Counts::of(n))
}

/// Distinct (child, centre, month) with care per group; without `by` one row.
pub(super) async fn care(
    db: &impl ConnectionTrait,
    range: (Month, Month),
    by: Option<SatisfactionBy>,
) -> Result<Vec<Row>, DbErr> {
    let mut query = Query::select();
    query.from_as(satisfaction_care::Entity, "facts").expr_as(Func::sum(of("units")), "n");
    rolled_up(&mut query, range, by);
    numbers(db, &query, by, |units| Counts { units, ..Counts::default() }).await
}

/// Distinct families with care per group; without `by` one row.
///
/// A family counts in the first month of the range in which the group served it: where the last time
/// before lies before the range.
pub(super) async fn families(
    db: &impl ConnectionTrait,
    (from, to): (Month, Month),
    by: Option<SatisfactionBy>,
) -> Result<Vec<Row>, DbErr> {
    use SatisfactionBy::{CareType, Centre, Kind, Month as ByMonth, SubScore, Township};
    let mut query = Query::select();
    query.expr_as(Func::sum(of("families")), "n").and_where(of("month").between(from.to_string(), to.to_string()));
    // Within a month every family counts once, whenever it came before.
    if by != Some(ByMonth) {
        query.and_where(of("last").lt(from.to_string()));
    }
    if by == Some(Centre) {
        query.from_as(satisfaction_centre_families::Entity, "facts");
        group(&mut query, by, "", "");
    } else {
        let dimension = match by {
            Some(Township) => Dimension::Township,
            Some(Kind) => Dimension::Kind,
            Some(CareType) => Dimension::CareType,
            None | Some(Centre | ByMonth | SubScore) => Dimension::All,
        };
        query.from_as(satisfaction_families::Entity, "facts").and_where(of("dimension").eq(dimension.word()));
        if by.is_some() {
            let key = ("facts", if by == Some(ByMonth) { "month" } else { "key" });
            query.expr_as(Expr::col(key), "key").group_by_col(key);
        }
    }
    numbers(db, &query, by, |families| Counts { families, ..Counts::default() }).await
}

async fn numbers(
    db: &impl ConnectionTrait,
    query: &SelectStatement,
    by: Option<SatisfactionBy>,
    counts: impl Fn(i64) -> Counts,
) -> Result<Vec<Row>, DbErr> {
    let mut found = Vec::new();
    for row in db.query_all(query).await? {
        let n = row.try_get::<Option<i64>>("", "n")?.unwrap_or(0);
        if n > 0 {
            let (key, label) = key(&row, by)?;
            found.push(Row { key, label, counts: counts(n) });
        }
    }
    Ok(found)
}

/// The months and groups of a roll-up.
fn rolled_up(query: &mut SelectStatement, (from, to): (Month, Month), by: Option<SatisfactionBy>) {
    let form = of("form");
    query
        .and_where(of("month").between(from.to_string(), to.to_string()))
        .and_where(if by == Some(SatisfactionBy::CareType) { form.ne(ANY) } else { form.eq(ANY) });
    group(query, by, "form", "month");
}

/// Adds what is counted of single answers (`facts`), under the names of [`TALLIES`].
pub(super) fn tally(query: &mut SelectStatement) {
    let ones = |condition: Expr| Func::sum(CaseStatement::new().case(condition, 1).finally(0));
    for (level, name) in (1..).zip(&TALLIES[..5]) {
        query.expr_as(ones(of("level").eq(level)), *name);
    }
    for (score, names) in SCORES.iter().zip(TALLIES[5..].chunks_exact(3)) {
        query
            .expr_as(Func::count(of(score)), names[0])
            .expr_as(ones(of(score).gte(4)), names[1])
            .expr_as(Func::coalesce([Expr::from(Func::sum(of(score))), 0.into()]), names[2]);
    }
}

/// The ratings as they are, numbered from the latest within child, centre and month.
pub(super) fn present(which: Condition) -> SelectStatement {
    use ratings::{Column, Entity};
    let mut query = Query::select();
    query
        .columns([Column::ChildId, Column::CentreId, Column::CareType, Column::Level])
        .columns(SCORES)
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
        .cond_where(which)
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
        .columns(SCORES.map(|score| (rating_versions::Entity, score)))
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
        .columns(SCORES.map(state))
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
pub(super) fn month_text(date: impl IntoColumnRef) -> Expr {
    let text = Expr::col(date).cast_as(Alias::new("text"));
    Expr::from(Func::cust("SUBSTR").args([text, 1.into(), 7.into()]))
}

/// A column of the counted rows.
pub(super) fn of(column: &'static str) -> Expr {
    Expr::col(("facts", column))
}

/// Adds the key (and a centre's name) of the groups; the form of care and the month are in these columns.
fn group(query: &mut SelectStatement, by: Option<SatisfactionBy>, form: &'static str, month: &'static str) {
    use SatisfactionBy::{CareType, Centre, Kind, Month, SubScore, Township};
    let Some(by) = by.filter(|by| *by != SubScore) else { return };
    let centre = |column: centres::Column| (centres::Entity, column).into_column_ref();
    let key = match by {
        Centre => centre(centres::Column::Id),
        Township => centre(centres::Column::Township),
        Kind => centre(centres::Column::Kind),
        CareType | SubScore => ("facts", form).into_column_ref(),
        Month => ("facts", month).into_column_ref(),
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
