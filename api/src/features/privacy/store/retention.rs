//! What is due by each rule: counted for the report, deleted in small batches.

use chrono::{DateTime, Utc};
use entity::{
    AccountStatus, FamilyId, bookings, calendar_feeds, children, data_looks, families, former_bindings,
    idempotency_keys, manual_codes, notices, pickup_codes, pickup_persons, rating_traces, refresh_tokens,
    refused_scans, served_marks, sessions,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{Alias, Condition, Expr, Func, Query, SelectStatement},
};

use super::super::rules::Rule;
use crate::platform::clock::local;

/// Rows deleted in one statement.
const BATCH: u64 = 500;

/// A table, its key, and which of its rows are due.
struct Due {
    table: &'static str,
    key: &'static str,
    condition: Condition,
}

fn all(part: Expr) -> Condition {
    Condition::all().add(part)
}

fn due(rule: Rule, before: DateTime<Utc>) -> Due {
    let of = |table, key, condition| Due { table, key, condition };
    match rule {
        Rule::InactiveAccounts => of("families", "id", inactive(before)),
        Rule::LeavingAccounts => {
            use families::Column::{EraseAt, ErasedAt};
            of("families", "id", all(EraseAt.lte(before)).add(ErasedAt.is_null()))
        }
        Rule::RemovedChildren => {
            use children::Column::{ErasedAt, RemovedAt};
            of("children", "id", all(RemovedAt.lte(before)).add(ErasedAt.is_null()))
        }
        Rule::Notices => of("notices", "id", all(notices::Column::At.lt(before))),
        Rule::RefusedScans => of("refused_scans", "id", all(refused_scans::Column::At.lt(before))),
        Rule::Sessions => of("sessions", "id", unused_sessions(before)),
        Rule::RefreshTokens => of("refresh_tokens", "hash", all(refresh_tokens::Column::ExpiresAt.lt(before))),
        // Each of its keys has three parts; rows of one account and route go together.
        Rule::Answers => of("idempotency_keys", "account", all(idempotency_keys::Column::CreatedAt.lt(before))),
        Rule::ManualCodes => of("manual_codes", "voucher_id", all(manual_codes::Column::ExpiresAt.lt(before))),
        Rule::PickupCodes => of("pickup_codes", "visit_id", all(pickup_codes::Column::ExpiresAt.lt(before))),
        Rule::PickupPersons => of("pickup_persons", "id", all(pickup_persons::Column::RemovedAt.lt(before))),
        Rule::CalendarFeeds => of("calendar_feeds", "id", all(calendar_feeds::Column::RevokedAt.lt(before))),
        Rule::Looks => of("data_looks", "id", all(data_looks::Column::At.lt(before))),
        Rule::RatingTraces => of("rating_traces", "rating_id", all(rating_traces::Column::At.lt(before))),
        Rule::FormerBindings => of("former_bindings", "id", all(former_bindings::Column::EndedAt.lt(before))),
        Rule::ServedMarks => of(
            "served_marks",
            "id",
            // Those that somebody came back to stay with the account.
            all(served_marks::Column::At.lt(before)).add(served_marks::Column::FamilyId.is_null()),
        ),
    }
}

/// Open accounts that were not seen since, neither by a sign-in nor by a booking.
fn inactive(before: DateTime<Utc>) -> Condition {
    use families::Column::{CreatedAt, Id, SeenOn, Status};
    let own = |column: families::Column| Expr::col((families::Entity, column));
    let signed_in = Query::select()
        .expr(Expr::val(1))
        .from(sessions::Entity)
        .and_where(Expr::col((sessions::Entity, sessions::Column::FamilyId)).equals((families::Entity, Id)))
        .and_where(Expr::col((sessions::Entity, sessions::Column::CreatedAt)).gte(before))
        .to_owned();
    let booked = Query::select()
        .expr(Expr::val(1))
        .from(bookings::Entity)
        .and_where(Expr::col((bookings::Entity, bookings::Column::FamilyId)).equals((families::Entity, Id)))
        .and_where(Expr::col((bookings::Entity, bookings::Column::UpdatedAt)).gte(before))
        .to_owned();
    all(own(Status).eq(AccountStatus::Active.as_str()))
        .add(own(CreatedAt).lt(before))
        .add(own(SeenOn).is_null().or(own(SeenOn).lt(local(before).date_naive())))
        .add(Expr::exists(signed_in).not())
        .add(Expr::exists(booked).not())
}

/// Sign-ins that no refresh token leads to any more; an access token lives for hours.
fn unused_sessions(before: DateTime<Utc>) -> Condition {
    let tokens = Query::select()
        .expr(Expr::val(1))
        .from(refresh_tokens::Entity)
        .and_where(
            Expr::col((refresh_tokens::Entity, refresh_tokens::Column::SessionId))
                .equals((sessions::Entity, sessions::Column::Id)),
        )
        .to_owned();
    all(Expr::col((sessions::Entity, sessions::Column::CreatedAt)).lt(before)).add(Expr::exists(tokens).not())
}

/// How many rows are due by a rule.
pub(in super::super) async fn count(
    db: &impl ConnectionTrait,
    rule: Rule,
    before: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let Due { table, key, condition } = due(rule, before);
    let select = Query::select()
        .expr_as(Func::count(Expr::col(Alias::new(key))), "n")
        .from(Alias::new(table))
        .cond_where(condition)
        .to_owned();
    let row = db.query_one(&select).await?;
    let n: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Deletes a batch of what is due by a rule that deletes; how many rows.
pub(in super::super) async fn delete(
    db: &impl ConnectionTrait,
    rule: Rule,
    before: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let Due { table, key, condition } = due(rule, before);
    let some: SelectStatement = Query::select()
        .column(Alias::new(key))
        .from(Alias::new(table))
        .cond_where(condition.clone())
        .limit(BATCH)
        .to_owned();
    // Again at the row: it may have come to life since.
    let delete = Query::delete()
        .from_table(Alias::new(table))
        .cond_where(condition.add(Expr::col(Alias::new(key)).in_subquery(some)))
        .to_owned();
    Ok(db.execute(&delete).await?.rows_affected())
}

/// Accounts that nobody used, the oldest first.
pub(in super::super) async fn inactive_families(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    most: u64,
) -> Result<Vec<FamilyId>, DbErr> {
    let rows = families::Entity::find().filter(inactive(before)).order_by_asc(families::Column::CreatedAt);
    rows.select_only().column(families::Column::Id).limit(most).into_tuple().all(db).await
}
