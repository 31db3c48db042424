//! Lists on pages: page by page as they come; whole once a heading asks to sort them, a word is looked for or a
//! file is asked for, so that what is sorted, found or taken along is the list and not the page that happened to
//! be shown.

use super::{shell::Shell, table::FIND};
use crate::{
    error::{Problem, Result, Text},
    features::{
        admission::tie_dto::BureauTiesQuery,
        articles::dto::{ArticleVersionsQuery, BureauArticlesQuery},
        audit::dto::AuditQuery,
        auth::staff_dto::StaffQuery,
        complaints::dto::BureauComplaintsQuery,
        coverage::figures_dto::CoverageGapsQuery,
        events::dto::{BureauEventsQuery, BureauSignupsQuery},
        exchange::{
            dto::AccessKeysQuery,
            hooks::dto::{WebhookDeliveriesQuery, WebhooksQuery},
        },
        guidance::dto::{BureauGuidanceQuery, GuidancePageQuery},
        moderation::dto::ModerationQuery,
        notices::dto::MessagesQuery,
        oversight::signal_dto::SignalsQuery,
        plan_inputs::dto::PlanInputHistoryQuery,
        planning::dto::ConflictsQuery,
        ratings::exclusion_dto::{BureauRatingsQuery, RatingExclusionsQuery},
        registers::dto::{RecordsQuery, WarningsQuery},
        satisfaction::dto::SatisfactionMonthsQuery,
        settlement::dto::{AdjustmentsQuery, StatementsQuery, UnsettledQuery},
        support::dto::SupportSheetsQuery,
        vouchers::{
            dto::VoucherPageQuery,
            list_dto::{BureauRedemptionsQuery, BureauVouchersQuery},
            offline_dto::OfflineConflictsQuery,
            refusal_dto::RefusedScansQuery,
        },
        waitlist::dto::WaitlistQuery,
    },
    http::{Cursor, Limit, Page, table::MOST_XLSX_ROWS},
};

/// So many rows are held in memory to be sorted; what is longer is to be filtered first.
pub(super) const MOST_SORTED: usize = 2_000;
const AT_ONCE: Limit = Limit(100);

/// Rows of a list, and what is behind them.
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) rest: Rest,
}

/// What is behind the rows of a list.
pub(super) enum Rest {
    /// The next page, if there is one.
    Page(Option<String>),
    /// Nothing: these are all.
    Whole,
    /// The next page of a list that is too long to be sorted.
    TooLong(Option<String>),
}

/// A query that asks for a page.
pub(super) trait Paged: Clone {
    /// How many rows, and behind which.
    fn asked(&self) -> (Limit, Option<Cursor>);
    /// The same query for another page.
    fn of(&self, limit: Limit, cursor: Option<Cursor>) -> Self;
}

macro_rules! paged {
    ($($query:ty),* $(,)?) => {
        $(impl Paged for $query {
            fn asked(&self) -> (Limit, Option<Cursor>) {
                (self.limit, self.cursor.clone())
            }
            fn of(&self, limit: Limit, cursor: Option<Cursor>) -> Self {
                let mut query = self.clone();
                (query.limit, query.cursor) = (limit, cursor);
                query
            }
        })*
    };
}

paged! {
    AccessKeysQuery, AdjustmentsQuery, ArticleVersionsQuery, AuditQuery, BureauArticlesQuery, BureauComplaintsQuery,
    BureauEventsQuery, BureauGuidanceQuery, BureauRatingsQuery, BureauRedemptionsQuery, BureauSignupsQuery,
    BureauTiesQuery, SatisfactionMonthsQuery,
    BureauVouchersQuery, ConflictsQuery, CoverageGapsQuery, GuidancePageQuery, MessagesQuery, ModerationQuery,
    OfflineConflictsQuery, PlanInputHistoryQuery, RatingExclusionsQuery, RecordsQuery, RefusedScansQuery,
    SignalsQuery, StaffQuery, StatementsQuery, SupportSheetsQuery, UnsettledQuery, VoucherPageQuery,
    WaitlistQuery, WarningsQuery, WebhookDeliveriesQuery, WebhooksQuery,
}

impl Shell {
    /// A list as the page asks for it; `read` answers a query for a page of it.
    pub(super) async fn list<Q: Paged, T>(
        &self,
        query: &Q,
        read: impl AsyncFn(Q) -> Result<Page<T>>,
    ) -> Result<Listed<T>> {
        let (limit, cursor) = query.asked();
        self.pages(limit, cursor, async |limit, cursor| read(query.of(limit, cursor)).await).await
    }

    /// The same of whatever gives pages.
    pub(super) async fn pages<T>(
        &self,
        limit: Limit,
        cursor: Option<Cursor>,
        read: impl AsyncFn(Limit, Option<Cursor>) -> Result<Page<T>>,
    ) -> Result<Listed<T>> {
        if self.asked("as").is_some() {
            let items = whole(MOST_XLSX_ROWS, &read).await?.ok_or_else(too_many)?;
            return Ok(Listed { items, rest: Rest::Whole });
        }
        let sorted = ["sort", FIND].iter().any(|name| self.asked(name).is_some());
        if sorted && let Some(items) = whole(MOST_SORTED, &read).await? {
            return Ok(Listed { items, rest: Rest::Whole });
        }
        let page = read(limit, cursor).await?;
        let rest = if sorted { Rest::TooLong(page.next_cursor) } else { Rest::Page(page.next_cursor) };
        Ok(Listed { items: page.items, rest })
    }
}

fn too_many() -> Problem {
    let zh = format!("记录超过 {MOST_XLSX_ROWS} 条，请先筛选再下载。");
    let en = format!("More than {MOST_XLSX_ROWS} rows: filter first.");
    Problem::field("as", "too_many", Text::new(zh, en))
}

/// All rows, unless there are more than `most`.
async fn whole<T>(
    most: usize,
    read: &impl AsyncFn(Limit, Option<Cursor>) -> Result<Page<T>>,
) -> Result<Option<Vec<T>>> {
    let (mut items, mut cursor) = (Vec::new(), None);
    while items.len() < most {
        let page = read(AT_ONCE, cursor).await?;
        items.extend(page.items);
        match page.next_cursor {
            Some(next) => cursor = Some(Cursor::from(next)),
            None => return Ok(Some(items)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use askama::Template as _;

    use super::*;
    use crate::features::console::table::{Table, number};

    /// A page of the numbers up to `of`, downwards.
    fn numbers(of: usize, limit: Limit, cursor: Option<&Cursor>) -> Result<Page<usize>> {
        let first = cursor.map(Cursor::unpack).transpose()?.unwrap_or(of);
        let rows = (0..first).rev().take(limit.0 as usize + 1).collect();
        Ok(Page::of(rows, limit, |n: &usize| *n, |n| n))
    }

    /// A page of so many numbers.
    async fn html(path: &str, of: usize) -> String {
        let shell = Shell::of(&TestRequest::with_uri(path).to_http_request());
        let cursor = shell.asked("cursor").map(Cursor::from);
        let list = shell
            .pages(Limit(20), cursor, async |limit, cursor: Option<Cursor>| numbers(of, limit, cursor.as_ref()))
            .await
            .unwrap();
        let mut table = Table::new(&shell, "n", &["#n"]);
        for n in list.items {
            table.row(vec![number(i64::try_from(n).unwrap())]);
        }
        let mut table = table.rest(&shell, list.rest);
        table.sort_anyway(&shell, 'A');
        table.name_downloads(&shell, 0);
        table.render().unwrap()
    }

    /// What a page shows of so many numbers: its first, its last, how many, and where it goes on.
    async fn shown(path: &str, of: usize) -> (usize, usize, usize, Option<String>) {
        let html = html(path, of).await;
        let cells: Vec<usize> = html
            .split("<td class=\"n\">")
            .skip(1)
            .map(|cell| cell.split('<').next().unwrap().parse().unwrap())
            .collect();
        let next = html.split("rel=\"next\"").next().filter(|_| html.contains("rel=\"next\""));
        let next = next.and_then(|before| before.rsplit("href=\"").next()?.split('"').next().map(ToOwned::to_owned));
        (cells[0], cells[cells.len() - 1], cells.len(), next.map(|next| next.replace("&#38;", "&")))
    }

    #[actix_web::test]
    async fn a_list_comes_by_the_page_and_is_sorted_whole() {
        let (first, last, n, next) = shown("/bureau/x", 130).await;
        assert_eq!((first, last, n), (129, 110, 20));
        assert_eq!(shown(&next.unwrap(), 130).await.0, 109);
        let (first, last, n, next) = shown("/bureau/x?sort=A0&cursor=ignored", 130).await;
        assert_eq!((first, last, n), (0, 49, 50), "of all pages, not of the one that was shown");
        let (first, _, _, next) = shown(&next.unwrap(), 130).await;
        assert_eq!(first, 50);
        assert_eq!(shown(&next.unwrap(), 130).await, (100, 129, 30, None));
    }

    #[actix_web::test]
    async fn a_list_too_long_to_be_sorted_goes_on_by_the_page() {
        let of = MOST_SORTED + 30;
        let (first, last, n, next) = shown("/bureau/x?sort=A0", of).await;
        assert_eq!((first, last, n), (of - 1, of - 20, 20));
        let next = next.unwrap();
        assert!(!next.contains("sort="), "{next}");
        assert_eq!(shown(&next, of).await.0, of - 21);
        // What wasn't looked through isn't said to hold nothing, and its file is.
        let html = html("/bureau/x?find=7", of).await;
        assert!(html.contains("没有查找") && !html.contains("没有记录") && !html.contains("rel=\"next\""), "{html}");
        assert!(html.contains("find=7&#38;as=csv"), "{html}");
    }
}
