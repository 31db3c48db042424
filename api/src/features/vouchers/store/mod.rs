//! Queries of campaigns, vouchers and redemptions.

pub(super) mod campaigns;
pub(super) mod centres;
pub(super) mod facts;
pub(super) mod funds;
pub(super) mod lists;
pub(super) mod offline;
pub(super) mod redemptions;
pub(super) mod refusals;
pub(super) mod stories;
pub(super) mod vouchers;

use sea_orm::sea_query::{Expr, ExprTrait as _, SelectStatement};

/// Adds columns of one table under their own or other names.
macro_rules! columns {
    ($select:expr, $table:expr, $columns:path, { $($column:ident as $alias:literal),* $(,)? }) => {{
        use $columns as C;
        $($select.expr_as(sea_orm::sea_query::Expr::col(($table, C::$column)), $alias);)*
    }};
}
pub(super) use columns;

/// `EXISTS (select)` as a column of 0 or 1: both databases read it as a truth value.
fn exists(select: SelectStatement) -> Expr {
    Expr::exists(select)
}

/// Two columns are the same.
fn same(a: impl sea_orm::sea_query::IntoColumnRef, b: impl sea_orm::sea_query::IntoColumnRef) -> Expr {
    Expr::col(a).equals(b)
}
