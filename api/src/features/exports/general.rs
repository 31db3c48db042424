//! The audit log, accounts, communities, ratings and complaints as tables.

use actix_web::web::Data;
use entity::TextStatus;

use super::names::{Called, Ids, called};
use crate::{
    features::{
        audit::{
            self,
            dto::{AuditQuery, AuditRowOut},
        },
        auth::{
            self,
            staff_dto::{StaffOut, StaffQuery},
        },
        complaints::{
            self,
            dto::{BureauComplaintOut, BureauComplaintsQuery},
        },
        coverage::{
            self,
            dto::{CommunitiesQuery, CommunityOut},
        },
        ratings::{
            self,
            exclusion_dto::{BureauRatingOut, BureauRatingsQuery},
        },
    },
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const AUDIT: [&str; 12] = [
    "编号",
    "时间",
    "账号编号",
    "机构编号",
    "操作",
    "对象",
    "详情（JSON）",
    "理由",
    "链序号",
    "链摘要",
    "姓名",
    "机构",
];

/// All of the audit log, as far as the filters leave them.
pub(super) fn audit(ctx: Data<Ctx>, query: AuditQuery) -> Sheet<(AuditRowOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(AuditRowOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), AuditQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, audit::service::list(&ctx, query).await?, |row| Ids {
                centre: row.centre_id,
                staff: Some(row.staff_id),
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((AuditRowOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::moment(row.at),
            Cell::Text(row.staff_id.to_string()),
            Cell::id(row.centre_id),
            Cell::Text(row.action),
            Cell::Text(row.object),
            Cell::Text(row.detail.to_string()),
            Cell::maybe(row.reason.as_deref()),
            Cell::whole(row.seq),
            Cell::maybe(row.hash.as_deref()),
            called.staff,
            called.centre,
        ]
    };
    Pages { filename: "audit", header: &AUDIT, as_of, list, row }
}

const BUREAU_RATINGS: [&str; 13] = [
    "编号",
    "机构编号",
    "服务形式",
    "托育日期",
    "总评（1至5）",
    "文字",
    "文字状态",
    "剔除理由",
    "版本",
    "评价时间",
    "修改时间",
    "机构",
    "是否计入",
];

/// All of ratings, as far as the filters leave them.
pub(super) fn bureau_ratings(ctx: Data<Ctx>, query: BureauRatingsQuery) -> Sheet<(BureauRatingOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(BureauRatingOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauRatingsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, ratings::exclusions::ratings(&ctx, query).await?, |row| Ids {
                centre: Some(row.centre_id),
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((BureauRatingOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::text(row.care_type.zh()),
            Cell::date(Some(row.care_date)),
            Cell::Integer(row.level.into()),
            Cell::maybe(row.text.as_deref()),
            Cell::text(row.text_status.zh()),
            Cell::maybe(row.excluded_for.as_deref()),
            Cell::Integer(row.version.into()),
            Cell::moment(row.created_at),
            Cell::moment(row.updated_at),
            called.centre,
            Some(row.excluded_for.is_none()).into(),
        ]
    };
    Pages { filename: "ratings", header: &BUREAU_RATINGS, as_of, list, row }
}

const COMPLAINTS: [&str; 17] = [
    "编号",
    "机构编号",
    "机构",
    "来自评价",
    "状态",
    "应答复时间",
    "已逾期",
    "经办账号",
    "答复时间",
    "家长满意",
    "提交时间",
    "办结时间",
    "经办人",
    "内容",
    "评分",
    "答复",
    "答复人",
];

/// All of complaints, as far as the filters leave them.
pub(super) fn complaints(ctx: Data<Ctx>, query: BureauComplaintsQuery) -> Sheet<(BureauComplaintOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(BureauComplaintOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauComplaintsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, complaints::list_complaints(&ctx, query).await?, |row| Ids {
                staff: row.assigned_to,
                second: row.answered_by,
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((BureauComplaintOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::maybe(row.centre_name.as_deref()),
            Some(row.rating.is_some()).into(),
            Cell::text(row.status.zh()),
            Cell::moment(row.due_at),
            Some(row.overdue).into(),
            Cell::id(row.assigned_to),
            row.answered_at.map_or(Cell::Empty, Cell::moment),
            row.satisfied.into(),
            Cell::moment(row.created_at),
            row.closed_at.map_or(Cell::Empty, Cell::moment),
            called.staff,
            said(&row),
            row.rating.as_ref().map_or(Cell::Empty, |rating| Cell::Integer(rating.level.into())),
            Cell::maybe(row.answer.as_deref()),
            called.second,
        ]
    };
    Pages { filename: "complaints", header: &COMPLAINTS, as_of, list, row }
}

/// What the family wrote, as its page shows it, or what it wrote with the rating behind it.
fn said(row: &BureauComplaintOut) -> Cell {
    let hidden = row.text_status == Some(TextStatus::Hidden);
    let words = row.text.as_ref().map(|text| format!("{}{text}", if hidden { "〔审核未通过〕" } else { "" }));
    Cell::maybe(words.or_else(|| row.rating.as_ref()?.text.clone()).as_deref())
}

const STAFF: [&str; 10] =
    ["编号", "用户名", "姓名", "角色", "机构编号", "状态", "绑定微信", "动态验证码", "创建时间", "机构"];

/// All of accounts of staff, as far as the filters leave them.
pub(super) fn staff(ctx: Data<Ctx>, query: StaffQuery) -> Sheet<(StaffOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(StaffOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), StaffQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, auth::list_staff(&ctx, &query).await?, |row| Ids { centre: row.centre_id, ..Ids::default() })
                .await
        })
    });
    let row: fn((StaffOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.username),
            Cell::Text(row.name),
            Cell::text(row.role.zh()),
            Cell::id(row.centre_id),
            Cell::text(row.status.zh()),
            Some(row.wechat_bound).into(),
            Some(row.second_factor).into(),
            Cell::moment(row.created_at),
            called.centre,
        ]
    };
    Pages { filename: "staff", header: &STAFF, as_of, list, row }
}

const COMMUNITIES: [&str; 14] = [
    "编码",
    "名称",
    "乡镇",
    "类别",
    "农村口径",
    "常住人口（人）",
    "3岁以下（人）",
    "数据来源",
    "数据日期",
    "经度",
    "纬度",
    "坐标系",
    "是否覆盖",
    "撤并日期",
];

/// All of communities, as far as the filters leave them.
pub(super) fn communities(ctx: Data<Ctx>, query: CommunitiesQuery) -> Sheet<CommunityOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<CommunityOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), CommunitiesQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { coverage::service::communities::page(&ctx, &query).await })
    });
    let row: fn(CommunityOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.code),
            Cell::Text(row.name),
            Cell::Text(row.township),
            Cell::text(row.kind.zh()),
            Some(row.rural).into(),
            Cell::whole(row.residents.map(i64::from)),
            Cell::whole(row.under3.map(i64::from)),
            Cell::Text(row.source),
            Cell::date(Some(row.as_of.0)),
            Cell::Number((row.location.lng * 1e7).round() / 1e7),
            Cell::Number((row.location.lat * 1e7).round() / 1e7),
            Cell::text(row.location.coord.as_str()),
            row.coverage.map(|coverage| coverage.covered).into(),
            Cell::date(row.ended_on.map(|day| day.0)),
        ]
    };
    Pages { filename: "communities", header: &COMMUNITIES, as_of, list, row }
}
