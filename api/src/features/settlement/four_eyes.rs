//! The life of a paper that one officer checks and another freezes: each step is one conditional update, so
//! that of two who try the same one does it. Statements and support sheets live by it.

use chrono::{DateTime, Utc};
use entity::{StaffId, StatementStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait, QueryFilter as _, Value, sea_query::Expr,
};

/// The columns of such a table.
#[derive(Debug)]
pub struct Columns<C> {
    /// Its key.
    pub id: C,
    /// A [`StatementStatus`].
    pub status: C,
    /// Given when it is frozen.
    pub number: C,
    /// Of its figures.
    pub figures_sha256: C,
    /// Who checked it…
    pub checked_by: C,
    /// …and when.
    pub checked_at: C,
    /// Who froze it…
    pub frozen_by: C,
    /// …and when.
    pub frozen_at: C,
}

/// A table of such papers.
pub trait FourEyes: EntityTrait {
    /// Its columns.
    const COLUMNS: Columns<Self::Column>;
}

/// Implements [`FourEyes`] for a table whose columns have the usual names.
macro_rules! four_eyes {
    ($table:ident) => {
        impl $crate::features::settlement::four_eyes::FourEyes for entity::$table::Entity {
            const COLUMNS: $crate::features::settlement::four_eyes::Columns<entity::$table::Column> = {
                use entity::$table::Column;
                $crate::features::settlement::four_eyes::Columns {
                    id: Column::Id,
                    status: Column::Status,
                    number: Column::Number,
                    figures_sha256: Column::FiguresSha256,
                    checked_by: Column::CheckedBy,
                    checked_at: Column::CheckedAt,
                    frozen_by: Column::FrozenBy,
                    frozen_at: Column::FrozenAt,
                }
            };
        }
    };
}
pub(crate) use four_eyes;

/// Puts a new draft in place of one that isn't frozen; false if it is.
pub async fn redraft<E: FourEyes>(
    db: &impl ConnectionTrait,
    id: impl Into<Value> + Send,
    row: E::ActiveModel,
) -> Result<bool, DbErr>
where
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let done = E::update_many()
        .set(row.reset_all())
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::COLUMNS.status.ne(StatementStatus::Frozen))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes one away that isn't frozen; false if it is.
pub async fn discard<E: FourEyes>(db: &impl ConnectionTrait, id: impl Into<Value> + Send) -> Result<bool, DbErr> {
    let done = E::delete_many()
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::COLUMNS.status.ne(StatementStatus::Frozen))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Marks a draft with these figures as checked; false if it is no draft or has others.
pub async fn check<E: FourEyes>(
    db: &impl ConnectionTrait,
    id: impl Into<Value> + Send,
    figures_sha256: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = E::update_many()
        .col_expr(E::COLUMNS.status, Expr::value(StatementStatus::Checked.as_str()))
        .col_expr(E::COLUMNS.checked_by, Expr::value(by))
        .col_expr(E::COLUMNS.checked_at, Expr::value(now))
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::COLUMNS.status.eq(StatementStatus::Draft))
        .filter(E::COLUMNS.figures_sha256.eq(figures_sha256))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Freezes one that someone else checked; false if nobody did, or it is frozen.
pub async fn freeze<E: FourEyes>(
    db: &impl ConnectionTrait,
    id: impl Into<Value> + Send,
    number: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = E::update_many()
        .col_expr(E::COLUMNS.status, Expr::value(StatementStatus::Frozen.as_str()))
        .col_expr(E::COLUMNS.number, Expr::value(number))
        .col_expr(E::COLUMNS.frozen_by, Expr::value(by))
        .col_expr(E::COLUMNS.frozen_at, Expr::value(now))
        .filter(E::COLUMNS.id.eq(id))
        .filter(E::COLUMNS.status.eq(StatementStatus::Checked))
        .filter(E::COLUMNS.checked_by.ne(by))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}
