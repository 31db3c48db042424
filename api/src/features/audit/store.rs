//! Queries about the audit log.

use chrono::{DateTime, Utc};
use entity::{AuditId, StaffId, audit_heads, audit_reasons, audit_rows, children};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, FromQueryResult, PaginatorTrait as _,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{CaseStatement, Expr, OnConflict},
};

use crate::platform::db::LockRows as _;

use audit_rows::{Column, Entity, Model};

/// Which rows a page shows.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) staff_id: Option<StaffId>,
    pub(super) action: Option<String>,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) before: Option<DateTime<Utc>>,
    pub(super) after: Option<AuditId>,
}

/// Rows, newest first.
pub(super) async fn page(db: &impl ConnectionTrait, filter: Filter, limit: u64) -> Result<Vec<Model>, DbErr> {
    let Filter { staff_id, action, from, before, after } = filter;
    let condition = sea_orm::Condition::all()
        .add_option(staff_id.map(|id| Column::StaffId.eq(id)))
        .add_option(action.map(|action| Column::Action.eq(action)))
        .add_option(from.map(|from| Column::At.gte(from)))
        .add_option(before.map(|before| Column::At.lt(before)))
        .add_option(after.map(|after| Column::Id.lt(after)));
    Entity::find().filter(condition).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Whether a row waits to be sealed.
pub(super) async fn any_unsealed(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let first = Entity::find().filter(Column::Seq.is_null()).order_by_asc(Column::Id).limit(1);
    first.select_only().column(Column::Id).into_tuple::<AuditId>().one(db).await.map(|row| row.is_some())
}

/// How many rows wait to be sealed.
pub(super) async fn count_unsealed(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    Entity::find().filter(Column::Seq.is_null()).count(db).await
}

/// The first row of the chain, locked until the transaction ends: only one sealer at a time goes on.
/// While there is none, the unique `seq` lets one win.
pub(super) async fn lock_chain(db: &impl ConnectionTrait) -> Result<Option<AuditId>, DbErr> {
    let first = Entity::find().filter(Column::Seq.eq(1)).lock_rows();
    first.select_only().column(Column::Id).into_tuple().one(db).await
}

/// The oldest unsealed rows, locked.
pub(super) async fn lock_unsealed(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Seq.is_null()).order_by_asc(Column::Id).limit(limit).lock_rows().all(db).await
}

/// The last sealed row.
pub(super) async fn last_sealed(db: &impl ConnectionTrait) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Seq.is_not_null()).order_by_desc(Column::Seq).limit(1).one(db).await
}

/// Seals rows in one statement; answers how many were still unsealed.
pub(super) async fn seal(db: &impl ConnectionTrait, links: Vec<(AuditId, i64, Vec<u8>)>) -> Result<u64, DbErr> {
    let (mut seqs, mut hashes) = (CaseStatement::new(), CaseStatement::new());
    let mut ids = Vec::with_capacity(links.len());
    for (id, seq, hash) in links {
        seqs = seqs.case(Column::Id.eq(id), Expr::value(seq));
        hashes = hashes.case(Column::Id.eq(id), Expr::value(hash));
        ids.push(id);
    }
    let done = Entity::update_many()
        .col_expr(Column::Seq, seqs.into())
        .col_expr(Column::Hash, hashes.into())
        .filter(Column::Id.is_in(ids))
        .filter(Column::Seq.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// The signed end of the chain.
pub(super) async fn head(db: &impl ConnectionTrait) -> Result<Option<audit_heads::Model>, DbErr> {
    audit_heads::Entity::find_by_id(1).one(db).await
}

/// Puts the signed end of the chain in place of the one before.
pub(super) async fn put_head(db: &impl ConnectionTrait, head: audit_heads::Model) -> Result<(), DbErr> {
    use audit_heads::Column::{Hash, Id, SealedAt, Seq, Signature};
    audit_heads::Entity::insert(audit_heads::ActiveModel::from(head))
        .on_conflict(OnConflict::column(Id).update_columns([Seq, Hash, SealedAt, Signature]).to_owned())
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Sealed rows after a place in the chain.
pub(super) async fn sealed_after(db: &impl ConnectionTrait, seq: i64, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Seq.gt(seq)).order_by_asc(Column::Seq).limit(limit).all(db).await
}

#[derive(FromQueryResult)]
struct Reasoned {
    #[sea_orm(nested)]
    reason: audit_reasons::Model,
    child_erased: bool,
}

/// Reasons of rows of the log, and whether their child is erased.
pub(super) async fn reasons(
    db: &impl ConnectionTrait,
    ids: Vec<AuditId>,
) -> Result<Vec<(audit_reasons::Model, bool)>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let erased = Expr::col((children::Entity, children::Column::ErasedAt)).is_not_null();
    let mut select =
        audit_reasons::Entity::find().filter(audit_reasons::Column::AuditId.is_in(ids)).expr_as(erased, "child_erased");
    QuerySelect::query(&mut select).inner_join(
        children::Entity,
        Expr::col((children::Entity, children::Column::Id))
            .equals((audit_reasons::Entity, audit_reasons::Column::ChildId)),
    );
    let rows: Vec<Reasoned> = select.into_model().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.reason, row.child_erased)).collect())
}
