//! Looking for a text within texts of the database.

use sea_orm::{
    ExprTrait,
    sea_query::{Expr, Func, IntoColumnRef, LikeExpr},
};

/// Finds a text anywhere in a column, whatever it is made of; ASCII letters in either case.
pub fn contains(column: impl IntoColumnRef, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    ExprTrait::like(Expr::expr(Func::lower(Expr::col(column))), LikeExpr::new(pattern).escape('\\'))
}
