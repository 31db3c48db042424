//! Sealed columns, row by row, whatever the table. The first byte of a sealed value is its key's id.

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait as _, QueryResult,
    sea_query::{Alias, Condition, Expr, Func, Order, Query},
};
use uuid::Uuid;

use super::super::tables::Sealed;

/// Rows sealed anew in one transaction.
pub(in super::super) const BATCH: u64 = 200;

/// The key of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Key {
    Uuid(Uuid),
    Texts(Vec<String>),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uuid(id) => write!(f, "{}", id.simple()),
            Self::Texts(parts) => f.write_str(&parts.join(" ")),
        }
    }
}

impl Key {
    /// The parts as values, in the order of the key's columns.
    fn parts(&self) -> Vec<Expr> {
        match self {
            Self::Uuid(id) => vec![Expr::value(*id)],
            Self::Texts(parts) => parts.iter().map(|part| Expr::value(part.clone())).collect(),
        }
    }
}

fn col(name: &'static str) -> Expr {
    Expr::col(Alias::new(name))
}

fn key_id(of: &Sealed) -> Expr {
    // Written out, not bound: a group is by the same expression as what is shown.
    let one = || Expr::Constant(1.into());
    Func::cust("SUBSTR").args([col(of.column), one(), one()]).into()
}

/// Rows after a key whose value is sealed with another key than `active`, in the order of keys.
pub(in super::super) async fn stale(
    db: &impl ConnectionTrait,
    of: &Sealed,
    active: u8,
    after: Option<&Key>,
) -> Result<Vec<(Key, Vec<u8>)>, DbErr> {
    let mut select = Query::select();
    select.columns(of.key.iter().map(|name| Alias::new(*name)));
    select
        .column(Alias::new(of.column))
        .from(Alias::new(of.table))
        .and_where(col(of.column).is_not_null())
        .and_where(key_id(of).ne(vec![active]))
        // An absent secret (a key derived from the settings) isn't sealed.
        .and_where(key_id(of).ne(Vec::<u8>::new()))
        .limit(BATCH);
    if let Some(after) = after {
        select.cond_where(later(of, after));
    }
    for name in of.key {
        select.order_by(Alias::new(*name), Order::Asc);
    }
    db.query_all(&select).await?.iter().map(|row| Ok((key(of, row)?, row.try_get("", of.column)?))).collect()
}

/// Keys after this one: the first parts are equal, the next is greater.
fn later(of: &Sealed, after: &Key) -> Condition {
    let parts = after.parts();
    (0..parts.len()).fold(Condition::any(), |any, at| {
        let mut same = Condition::all();
        for (name, part) in of.key.iter().zip(&parts).take(at) {
            same = same.add(col(name).eq(part.clone()));
        }
        any.add(same.add(col(of.key[at]).gt(parts[at].clone())))
    })
}

fn key(of: &Sealed, row: &QueryResult) -> Result<Key, DbErr> {
    if of.uuid {
        return Ok(Key::Uuid(row.try_get("", of.key[0])?));
    }
    Ok(Key::Texts(of.key.iter().map(|name| row.try_get("", name)).collect::<Result<_, _>>()?))
}

/// Puts a value in place of the one that was read; false if somebody wrote another meanwhile.
pub(in super::super) async fn replace(
    db: &impl ConnectionTrait,
    of: &Sealed,
    at: &Key,
    old: Vec<u8>,
    new: Vec<u8>,
) -> Result<bool, DbErr> {
    let mut update = Query::update();
    update.table(Alias::new(of.table)).value(Alias::new(of.column), new).and_where(col(of.column).eq(old));
    for (name, part) in of.key.iter().zip(at.parts()) {
        update.and_where(col(name).eq(part));
    }
    Ok(db.execute(&update).await?.rows_affected() == 1)
}

/// How many values of a column each key has sealed.
pub(in super::super) async fn by_key(db: &impl ConnectionTrait, of: &Sealed) -> Result<Vec<(u8, u64)>, DbErr> {
    let select = Query::select()
        .expr_as(key_id(of), "key_id")
        .expr_as(Func::count(col(of.column)), "n")
        .from(Alias::new(of.table))
        .and_where(col(of.column).is_not_null())
        .add_group_by([key_id(of)])
        .to_owned();
    let rows = db.query_all(&select).await?;
    let mut counted = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, n): (Vec<u8>, i64) = (row.try_get("", "key_id")?, row.try_get("", "n")?);
        if let [id] = id[..] {
            counted.push((id, u64::try_from(n).unwrap_or(0)));
        }
    }
    counted.sort_unstable();
    Ok(counted)
}
