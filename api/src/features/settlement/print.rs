//! A statement as a page to print and sign.

use askama::Template;

use super::dto::{StatementDetailOut, month_zh};
use crate::{
    error::{Problem, Result},
    http::Moment,
    platform::clock::local,
};

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementPage<'a> {
    detail: &'a StatementDetailOut,
    month: String,
    drafted: String,
    checked: String,
    frozen: String,
}

/// Fen as yuan with two places.
pub fn yuan(fen: impl std::borrow::Borrow<i64>) -> String {
    let fen = *fen.borrow();
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

/// The page.
pub(super) fn page(detail: &StatementDetailOut) -> Result<String> {
    let when = |at: Option<Moment>| at.map_or_else(String::new, |at| local(at.0).format("%Y-%m-%d %H:%M").to_string());
    let statement = &detail.statement;
    let page = StatementPage {
        month: month_zh(statement.month.0),
        drafted: when(Some(statement.drafted_at)),
        checked: when(statement.checked_at),
        frozen: when(statement.frozen_at),
        detail,
    };
    page.render().map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::yuan;

    #[test]
    fn fen_are_shown_as_yuan_with_two_places() {
        assert_eq!([yuan(0), yuan(5), yuan(8000), yuan(-12_345)], ["0.00", "0.05", "80.00", "-123.45"]);
    }
}
