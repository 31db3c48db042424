//! Tables without filters: what centres offer, the calendar, the plan's figures, messages, exclusions, rates and
//! rules. Classes and offers have the columns of their imports, so that a table that went out comes in again.

use actix_web::{HttpResponse, get, web::Data};
use entity::{Fen, classes, offers};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::names::{Called, Ids, called};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        centres::{
            CentrePlan,
            all::{AllQuery, all},
        },
        notices::{
            dto::{MessageOut, MessagesQuery},
            sending,
        },
        plan_inputs::{self, dto::PlanInputsQuery},
        planning::{self, dto::CalendarQuery},
        ratings::{
            exclusion_dto::{RatingExclusionOut, RatingExclusionsQuery},
            exclusions,
        },
        support::{self, dto::SupportRateOut},
        vouchers::{fund_dto::FundRuleOut, service::funds},
    },
    http::{
        Day, Moment, Page, Path, Query, Refusals,
        table::{self, Cell, List, Pages, Sheet, Table},
    },
    state::Ctx,
};

/// What goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportTable {
    /// Classes of the centres in service.
    Classes,
    /// Their offers.
    Offers,
    /// Holidays and swapped working days of the year to come.
    Calendar,
    /// Figures of the plan, each with the version that counts.
    PlanInputs,
    /// Notices as WeChat messages, without what they say.
    Messages,
    /// Proposals to leave ratings out of the figures, or to count them again.
    Exclusions,
    /// Every rate of support.
    SupportRates,
    /// What money may not pay for.
    FundRules,
}

/// Which days of the calendar; of other tables they don't matter.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Days of the calendar from this one on; absent, with `to` absent too: from today.
    #[param(value_type = Option<Day>)]
    pub from: Option<Day>,
    /// Until this one; absent, with `from` absent too: a year ahead.
    #[param(value_type = Option<Day>)]
    pub to: Option<Day>,
}

/// Download another of the bureau's tables
///
/// Whole: classes, offers, calendar, figures of the plan, messages, exclusions, rates of support, rules of funds.
/// Classes and offers have the columns of their imports. The calendar is of the year to come, or of `from` to `to`,
/// past days too.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("table" = inline(ExportTable), Path, description = "Which table"), ExportQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/exports/{table}.csv")]
pub(super) async fn export_table_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    of: Path<ExportTable>,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse> {
    match of.0 {
        ExportTable::Classes => all_classes(ctx).csv().await,
        ExportTable::Offers => all_offers(ctx).csv().await,
        ExportTable::Calendar => calendar(&ctx, query).await?.csv(),
        ExportTable::PlanInputs => figures(&ctx).await?.csv(),
        ExportTable::Messages => messages(ctx).csv().await,
        ExportTable::Exclusions => proposals(ctx).csv().await,
        ExportTable::SupportRates => rates(&ctx).await?.csv(),
        ExportTable::FundRules => fund_rules(&ctx).await?.csv(),
    }
}

/// Download another of the bureau's tables as a workbook
///
/// The same as `.csv`, 20 000 rows at most.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("table" = inline(ExportTable), Path, description = "Which table"), ExportQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/exports/{table}.xlsx")]
pub(super) async fn export_table_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    of: Path<ExportTable>,
    Query(query): Query<ExportQuery>,
) -> Result<HttpResponse> {
    match of.0 {
        ExportTable::Classes => all_classes(ctx).xlsx().await,
        ExportTable::Offers => all_offers(ctx).xlsx().await,
        ExportTable::Calendar => calendar(&ctx, query).await?.xlsx(),
        ExportTable::PlanInputs => figures(&ctx).await?.xlsx(),
        ExportTable::Messages => messages(ctx).xlsx().await,
        ExportTable::Exclusions => proposals(ctx).xlsx().await,
        ExportTable::SupportRates => rates(&ctx).await?.xlsx(),
        ExportTable::FundRules => fund_rules(&ctx).await?.xlsx(),
    }
}

/// What centres have, page of centres by page of centres.
fn of_centres<T: 'static>(ctx: Data<Ctx>, of: fn(&CentrePlan) -> Vec<T>) -> List<T> {
    Box::new(move |limit, cursor| {
        let ctx = ctx.clone();
        Box::pin(async move {
            let page = all(&ctx, &AllQuery { limit, cursor, ..AllQuery::default() })?;
            let items = page.items.iter().flat_map(|plan| of(plan)).collect();
            Ok(Page { items, next_cursor: page.next_cursor })
        })
    })
}

/// A centre's name and township, as the imports name it.
type Named<T> = (String, String, T);

const CLASSES: [&str; 7] = ["机构名称", "乡镇", "班级名称", "年龄段", "托位数", "保育人员数", "全日托保留托位"];

fn all_classes(ctx: Data<Ctx>) -> Sheet<Named<classes::Model>> {
    let as_of = Moment(ctx.clock.now());
    let list = of_centres(ctx, |plan| {
        let named = |class: &classes::Model| (plan.row.name.clone(), plan.row.township.clone(), class.clone());
        plan.classes.iter().map(named).collect()
    });
    let row: fn(Named<classes::Model>) -> Vec<Cell> = |(centre, township, class)| {
        vec![
            Cell::Text(centre),
            Cell::Text(township),
            Cell::Text(class.name),
            Cell::text(class.band.zh()),
            Cell::Integer(class.places.into()),
            Cell::Integer(class.carers.into()),
            Cell::Integer(class.kept_full_day.into()),
        ]
    };
    Pages { filename: "classes", header: &CLASSES, as_of, list, row }
}

const OFFERS: [&str; 13] = [
    "机构名称",
    "乡镇",
    "班级名称",
    "服务形式",
    "计价单位",
    "价格（元）",
    "餐费（元/天）",
    "最短时长（分钟）",
    "提前预约（分钟）",
    "可预约天数",
    "取消截止（分钟）",
    "确认方式",
    "是否可约",
];

fn all_offers(ctx: Data<Ctx>) -> Sheet<Named<(String, offers::Model)>> {
    let as_of = Moment(ctx.clock.now());
    let list = of_centres(ctx, |plan| {
        let named = |offer: &offers::Model| {
            let class = plan.class(offer.class_id)?.name.clone();
            Some((plan.row.name.clone(), plan.row.township.clone(), (class, offer.clone())))
        };
        plan.offers.iter().filter_map(named).collect()
    });
    let row: fn(Named<(String, offers::Model)>) -> Vec<Cell> = |(centre, township, (class, offer))| {
        let hourly = offer.care_type == entity::CareType::Hourly;
        vec![
            Cell::Text(centre),
            Cell::Text(township),
            Cell::Text(class),
            Cell::text(offer.care_type.zh()),
            Cell::text(offer.unit.zh()),
            yuan(offer.price_fen),
            yuan(offer.meals_fen),
            if hourly { Cell::Integer(offer.min_minutes.into()) } else { Cell::Empty },
            Cell::Integer(offer.notice_minutes.into()),
            Cell::Integer(offer.horizon_days.into()),
            Cell::Integer(offer.cutoff_minutes.into()),
            Cell::text(offer.confirmation.zh()),
            Some(offer.active).into(),
        ]
    };
    Pages { filename: "offers", header: &OFFERS, as_of, list, row }
}

fn yuan(fen: Fen) -> Cell {
    Cell::yuan(Some(fen))
}

async fn calendar(ctx: &Ctx, ExportQuery { from, to }: ExportQuery) -> Result<Table<'static>> {
    const HEADER: [&str; 4] = ["日期", "类型", "名称", "按星期几开放"];
    let days = match (from, to) {
        (None, None) => planning::service::calendar(ctx, &CalendarQuery { from, to }).await?,
        _ => planning::service::calendar_between(ctx, from, to).await?,
    };
    let row = |day: planning::dto::CalendarDayOut| {
        vec![
            Cell::date(Some(day.date)),
            Cell::text(day.kind.zh()),
            Cell::Text(day.name),
            Cell::whole(day.works_as.map(Into::into)),
        ]
    };
    let rows = days.items.into_iter().map(row).collect();
    Ok(Table { filename: "calendar".to_owned(), header: &HEADER, rows, as_of: Moment(ctx.clock.now()) })
}

async fn figures(ctx: &Ctx) -> Result<Table<'static>> {
    const HEADER: [&str; 9] = ["代码", "名称", "单位", "乡镇", "数值", "数据日期", "数据来源", "版本", "录入时间"];
    let figures = plan_inputs::service::list(ctx, &PlanInputsQuery { on: None }).await?;
    let row = |figure: plan_inputs::dto::PlanInputKindOut| {
        let current = figure.current.as_ref();
        vec![
            Cell::Text(figure.code.to_string()),
            Cell::text(figure.name),
            Cell::text(figure.unit),
            Cell::maybe(figure.township.as_deref()),
            Cell::whole(current.map(|version| version.value)),
            Cell::date(current.map(|version| version.as_of.0)),
            Cell::maybe(current.map(|version| version.source.as_str())),
            Cell::whole(current.map(|version| version.version.into())),
            current.map_or(Cell::Empty, |version| Cell::moment(version.created_at)),
        ]
    };
    let rows = figures.items.into_iter().map(row).collect();
    Ok(Table { filename: "plan_inputs".to_owned(), header: &HEADER, rows, as_of: Moment(ctx.clock.now()) })
}

const MESSAGES: [&str; 8] = ["编号", "类型", "状态", "写入时间", "尝试次数", "下次尝试", "发送时间", "失败原因"];

fn messages(ctx: Data<Ctx>) -> Sheet<MessageOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<MessageOut> = Box::new(move |limit, cursor| {
        let ctx = ctx.clone();
        let query = MessagesQuery { status: None, kind: None, limit, cursor };
        Box::pin(async move { sending::page(&ctx, &query).await })
    });
    let row: fn(MessageOut) -> Vec<Cell> = |message| {
        vec![
            Cell::Text(message.id.to_string()),
            Cell::Text(message.kind.to_string()),
            Cell::text(message.status.zh()),
            Cell::moment(message.written_at),
            Cell::Integer(message.attempts.into()),
            message.next_attempt_at.map_or(Cell::Empty, Cell::moment),
            message.sent_at.map_or(Cell::Empty, Cell::moment),
            Cell::maybe(message.error.as_deref()),
        ]
    };
    Pages { filename: "messages", header: &MESSAGES, as_of, list, row }
}

const EXCLUSIONS: [&str; 13] = [
    "编号",
    "评价编号",
    "机构编号",
    "提议",
    "理由",
    "状态",
    "提议人编号",
    "提议时间",
    "复核人编号",
    "复核时间",
    "机构",
    "提议人",
    "复核人",
];

fn proposals(ctx: Data<Ctx>) -> Sheet<(RatingExclusionOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(RatingExclusionOut, Called)> = Box::new(move |limit, cursor| {
        let ctx = ctx.clone();
        let query = RatingExclusionsQuery { status: None, rating_id: None, centre_id: None, limit, cursor };
        Box::pin(async move {
            called(&ctx, exclusions::page(&ctx, query).await?, |row| Ids {
                centre: Some(row.centre_id),
                staff: Some(row.proposed_by),
                second: row.decided_by,
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((RatingExclusionOut, Called)) -> Vec<Cell> = |(proposal, called)| {
        vec![
            Cell::Text(proposal.id.to_string()),
            Cell::Text(proposal.rating_id.to_string()),
            Cell::Text(proposal.centre_id.to_string()),
            Cell::text(proposal.action.zh()),
            Cell::Text(proposal.reason),
            Cell::text(proposal.status.zh()),
            Cell::Text(proposal.proposed_by.to_string()),
            Cell::moment(proposal.proposed_at),
            Cell::id(proposal.decided_by),
            proposal.decided_at.map_or(Cell::Empty, Cell::moment),
            called.centre,
            called.staff,
            called.second,
        ]
    };
    Pages { filename: "exclusions", header: &EXCLUSIONS, as_of, list, row }
}

async fn rates(ctx: &Ctx) -> Result<Table<'static>> {
    const HEADER: [&str; 8] = ["编号", "项目", "起始日", "标准（元）", "上限（元）", "计至月龄", "依据", "设定账号"];
    let row = |rate: SupportRateOut| {
        vec![
            Cell::Text(rate.id.to_string()),
            Cell::text(rate.item.zh()),
            Cell::date(Some(rate.valid_from.0)),
            yuan(rate.rate_fen),
            Cell::yuan(rate.cap_fen),
            Cell::whole(rate.through_months.map(Into::into)),
            Cell::Text(rate.source),
            Cell::id(rate.staff_id),
        ]
    };
    let rows = support::service::rates(ctx).await?.items.into_iter().map(row).collect();
    Ok(Table { filename: "support_rates".to_owned(), header: &HEADER, rows, as_of: Moment(ctx.clock.now()) })
}

async fn fund_rules(ctx: &Ctx) -> Result<Table<'static>> {
    const HEADER: [&str; 8] = ["编号", "资金来源", "不得用于", "条款", "文件", "起始日", "截止日", "是否有效"];
    let row = |rule: FundRuleOut| {
        vec![
            Cell::Text(rule.id.to_string()),
            Cell::text(rule.fund_source.zh()),
            Cell::text(rule.fund_category.zh()),
            Cell::Text(rule.clause),
            Cell::Text(rule.document),
            Cell::date(Some(rule.valid_from)),
            Cell::date(rule.valid_until),
            Some(rule.in_force).into(),
        ]
    };
    let rows = funds::list(ctx).await?.items.into_iter().map(row).collect();
    Ok(Table { filename: "fund_rules".to_owned(), header: &HEADER, rows, as_of: Moment(ctx.clock.now()) })
}
