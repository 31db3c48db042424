//! A support sheet as a page to print and sign.

use askama::Template;

use super::dto::SupportSheetDetailOut;
use crate::{
    error::{Problem, Result},
    features::settlement::{dto::month_zh, yuan},
    http::Moment,
    platform::clock::local,
};

#[derive(Template)]
#[template(path = "support_sheet.html")]
struct SheetPage<'a> {
    detail: &'a SupportSheetDetailOut,
    month: String,
    drafted: String,
    checked: String,
    frozen: String,
}

/// The page.
pub(super) fn page(detail: &SupportSheetDetailOut) -> Result<String> {
    let when = |at: Option<Moment>| at.map_or_else(String::new, |at| local(at.0).format("%Y-%m-%d %H:%M").to_string());
    let sheet = &detail.sheet;
    let page = SheetPage {
        month: month_zh(sheet.month.0),
        drafted: when(Some(sheet.drafted_at)),
        checked: when(sheet.checked_at),
        frozen: when(sheet.frozen_at),
        detail,
    };
    page.render().map_err(Problem::internal)
}
