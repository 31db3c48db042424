//! What needs somebody today, with how many and where.
//!
//! A subject more is a line more of [`of_today`].

use chrono::{Days, Months, NaiveDate};
use entity::{ComplaintStatus, ConflictStatus, ExclusionStatus, MessageStatus, StatementStatus};

use super::super::{
    shell::Shell,
    table::{Cell, Table, link},
};
use crate::{
    error::Result,
    features::{
        admission::{tie_dto::BureauTiesQuery, ties},
        complaints::{dto::BureauComplaintsQuery, service as complaints},
        guidance,
        moderation::{dto::ModerationQuery, service as moderation},
        notices::{dto::MessagesQuery, sending},
        oversight::{service as oversight, signal_dto::SignalsQuery},
        ratings::{exclusion_dto::RatingExclusionsQuery, exclusions},
        registers::{dto::WarningsQuery, service::warnings},
        settlement::{
            dto::{StatementsQuery, UnsettledQuery},
            service::statements,
        },
        support::{dto::SupportSheetsQuery, service as support},
        vouchers::{offline_dto::OfflineConflictsQuery, service::conflicts},
    },
    http::{Day, Limit, Month, Page},
    state::Ctx,
};

/// Counted up to here; more is shown as so many and more.
const MOST: Limit = Limit(100);
/// Months back whose units are looked for.
const MONTHS: u32 = 3;
/// Days of signals.
pub(super) const DAYS: u64 = 30;

struct Counted {
    n: usize,
    more: bool,
}

impl<T> From<Page<T>> for Counted {
    fn from(page: Page<T>) -> Self {
        Self { n: page.items.len(), more: page.next_cursor.is_some() }
    }
}

impl From<usize> for Counted {
    fn from(n: usize) -> Self {
        Self { n, more: false }
    }
}

async fn complaints_of(ctx: &Ctx, status: Option<ComplaintStatus>, overdue: Option<bool>) -> Result<Counted> {
    let query = BureauComplaintsQuery { status, centre_id: None, overdue, limit: MOST, cursor: None };
    Ok(complaints::page(ctx, query).await?.into())
}

async fn statements_of(ctx: &Ctx, status: StatementStatus) -> Result<Counted> {
    let query = StatementsQuery { month: None, centre_id: None, status: Some(status), limit: MOST, cursor: None };
    Ok(statements::page(ctx, &query, None).await?.into())
}

/// Every subject, what is to be done first.
pub(super) async fn of_today(ctx: &Ctx, shell: &Shell) -> Result<Table> {
    let today = ctx.clock.today();
    let mut table = Table::new(
        shell,
        shell.t("今日待办", "What needs attention today"),
        &[shell.t("事项", "What"), shell.t("#数量", "#How many")],
    );
    let mut line = |zh: &str, en: &str, href: &str, counted: Counted| {
        if counted.n > 0 {
            let many = format!("{}{}", counted.n, if counted.more { "+" } else { "" });
            table.row(vec![link(shell.t(zh, en), href), Cell::Number(many)]);
        }
    };
    line(
        "投诉已超期",
        "Complaints overdue",
        "/bureau/complaints?overdue=true",
        complaints_of(ctx, None, Some(true)).await?,
    );
    let open = complaints_of(ctx, Some(ComplaintStatus::Open), None).await?;
    line("投诉待受理", "Complaints nobody has taken", "/bureau/complaints?status=open", open);
    let late = usize::try_from(guidance::overdue(ctx).await?).unwrap_or(usize::MAX);
    line("入户指导已逾期", "Guidance at home that is late", "/bureau/guidance?overdue=true", late.into());
    let asked = usize::try_from(guidance::waiting(ctx).await?).unwrap_or(usize::MAX);
    line("入户指导待安排", "Guidance at home to assign", "/bureau/guidance?status=open", asked.into());
    let query = ModerationQuery { status: None, kind: None, limit: MOST, cursor: None };
    let texts = moderation::page(ctx, query).await?;
    line("文字待人工审核", "Texts waiting for moderation", "/bureau/moderation", texts.into());
    let query = RatingExclusionsQuery {
        status: Some(ExclusionStatus::Proposed),
        rating_id: None,
        centre_id: None,
        limit: MOST,
        cursor: None,
    };
    let second = exclusions::page(ctx, query).await?;
    line(
        "评价剔除待第二人复核",
        "Exclusions waiting for a second officer",
        "/bureau/ratings/exclusions?status=proposed",
        second.into(),
    );
    let query = BureauTiesQuery { status: None, waiting: Some(true), centre_id: None, limit: MOST, cursor: None };
    let told = ties::page(ctx, query).await?;
    line(
        "机构登记的亲属关系待核实",
        "Ties that centres told of, to verify",
        "/bureau/ratings/ties?waiting=true",
        told.into(),
    );
    let drafts = statements_of(ctx, StatementStatus::Draft).await?;
    line("结算单待复核", "Statements to check", "/bureau/statements?status=draft", drafts);
    let checked = statements_of(ctx, StatementStatus::Checked).await?;
    line("结算单待定稿", "Statements to freeze", "/bureau/statements?status=checked", checked);
    let query = SupportSheetsQuery { differs: Some(true), limit: MOST, ..SupportSheetsQuery::default() };
    let differing = support::page(ctx, &query).await?;
    line(
        "定稿的补助单与签到不符",
        "Frozen support sheets that no longer agree with attendance",
        "/bureau/support?differs=true",
        differing.into(),
    );
    for month in months_before(today) {
        let query = UnsettledQuery { month, limit: MOST, cursor: None };
        let centres = statements::unsettled(ctx, &query).await?;
        let (zh, en) = (format!("{month} 未结算的机构"), format!("Centres unsettled in {month}"));
        line(&zh, &en, &format!("/bureau/statements?unsettled={month}"), centres.into());
    }
    let first = Month(Month::of(today).0 - Months::new(MONTHS));
    if let Some((month, units)) = statements::unsettled_before(ctx, first).await? {
        let (zh, en) =
            (format!("{month} 起更早月份未结算的天数"), format!("Days unsettled from {month} on, before those"));
        let units = usize::try_from(units).unwrap_or(usize::MAX);
        line(&zh, &en, &format!("/bureau/statements?unsettled={month}"), units.into());
    }
    for (status, zh, en) in [
        (StatementStatus::Draft, "补助表待复核", "Support sheets to check"),
        (StatementStatus::Checked, "补助表待定稿", "Support sheets to freeze"),
    ] {
        let query = SupportSheetsQuery {
            kind: None,
            month: None,
            centre_id: None,
            status: Some(status),
            differs: None,
            limit: MOST,
            cursor: None,
        };
        let sheets = support::page(ctx, &query).await?;
        line(zh, en, &format!("/bureau/support?status={status}"), sheets.into());
    }
    let query =
        OfflineConflictsQuery { status: Some(ConflictStatus::Open), centre_id: None, limit: MOST, cursor: None };
    let offline = conflicts::page(ctx, None, &query).await?;
    line("离线核销冲突待处理", "Offline conflicts to decide", "/bureau/conflicts?status=open", offline.into());
    let query = WarningsQuery { limit: MOST, ..WarningsQuery::default() };
    let ending = warnings::page(ctx, &query).await?;
    line("机构台账到期或应办事项", "What runs out or is due at centres", "/bureau/registers", ending.into());
    let query = SignalsQuery {
        from: Day(today - Days::new(DAYS)),
        to: Day(today),
        kind: None,
        centre_id: None,
        limit: MOST,
        cursor: None,
    };
    let signals = oversight::all_signals(ctx, &query).await?;
    line("近30天异常提示", "Signals of the last 30 days", "/bureau/signals", signals.len().into());
    let query = MessagesQuery { status: Some(MessageStatus::Dead), kind: None, limit: MOST, cursor: None };
    let dead = sending::page(ctx, &query).await?;
    line("消息发送失败", "Messages that could not be sent", "/bureau/messages?status=dead", dead.into());
    let held = usize::try_from(sending::misconfigured(ctx).await?).unwrap_or(usize::MAX);
    line(
        "消息因微信配置错误而滞留",
        "Messages that wait for WeChat's settings",
        "/bureau/messages?status=waiting",
        held.into(),
    );
    shell.t("今天没有待办事项。", "Nothing today.").clone_into(&mut table.empty);
    Ok(table)
}

/// The months that are over, the latest first.
fn months_before(today: NaiveDate) -> impl Iterator<Item = Month> {
    let this = Month::of(today).0;
    (1..=MONTHS).filter_map(move |back| this.checked_sub_months(Months::new(back)).map(Month))
}
