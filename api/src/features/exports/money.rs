//! Campaigns, vouchers, scans and money as tables.

use actix_web::web::Data;

use super::names::{Called, Ids, called};
use crate::{
    error::Code,
    features::{
        settlement::{
            self,
            dto::{AdjustmentOut, AdjustmentsQuery, UnsettledOut, UnsettledQuery},
        },
        vouchers::{
            self,
            campaign_dto::BureauCampaignOut,
            dto::VoucherPageQuery,
            list_dto::{BureauVoucherOut, BureauVouchersQuery},
            offline_dto::{OfflineConflictOut, OfflineConflictsQuery},
            refusal_dto::{RefusedScanOut, RefusedScansQuery},
        },
    },
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const BUREAU_CAMPAIGNS: [&str; 18] = [
    "编号",
    "名称",
    "状态",
    "发放量（张）",
    "已领（张）",
    "剩余（张）",
    "每张天数",
    "每天面值（元）",
    "已领（天）",
    "已用（天）",
    "未用（天）",
    "过期（天）",
    "作废（天）",
    "领取开始",
    "领取截止",
    "资金来源",
    "资金用途",
    "创建时间",
];

/// All of campaigns, as far as the filters leave them.
pub(super) fn bureau_campaigns(ctx: Data<Ctx>) -> Sheet<BureauCampaignOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<BureauCampaignOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), VoucherPageQuery { limit, cursor });
        Box::pin(async move { vouchers::list_campaigns(&ctx, &query).await })
    });
    let row: fn(BureauCampaignOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.name),
            Cell::text(row.status.zh()),
            Cell::Integer(row.quota.into()),
            Cell::Integer(row.claimed.into()),
            Cell::Integer(row.remaining.into()),
            Cell::Integer(row.units_per_voucher.into()),
            Cell::yuan(Some(row.face_value_fen)),
            Cell::Integer(row.units.claimed),
            Cell::Integer(row.units.used),
            Cell::Integer(row.units.unused),
            Cell::Integer(row.units.expired),
            Cell::Integer(row.units.revoked),
            Cell::moment(row.claim_from),
            Cell::moment(row.claim_until),
            Cell::text(row.fund_source.zh()),
            Cell::text(row.fund_category.zh()),
            Cell::moment(row.created_at),
        ]
    };
    Pages { filename: "campaigns", header: &BUREAU_CAMPAIGNS, as_of, list, row }
}

const ALL_VOUCHERS: [&str; 10] =
    ["编号", "批次编号", "状态", "总天数", "已用天数", "有效期起", "有效期止", "领取时间", "作废时间", "批次"];

/// All of vouchers, as far as the filters leave them.
pub(super) fn all_vouchers(ctx: Data<Ctx>, query: BureauVouchersQuery) -> Sheet<(BureauVoucherOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(BureauVoucherOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauVouchersQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, vouchers::list_vouchers(&ctx, &query).await?, |row| Ids {
                campaign: Some(row.campaign_id),
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((BureauVoucherOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.campaign_id.to_string()),
            Cell::text(row.status.zh()),
            Cell::Integer(row.units_total.into()),
            Cell::Integer(row.units_used.into()),
            Cell::date(Some(row.valid_from)),
            Cell::date(Some(row.valid_until)),
            Cell::moment(row.claimed_at),
            row.revoked_at.map_or(Cell::Empty, Cell::moment),
            called.campaign,
        ]
    };
    Pages { filename: "vouchers", header: &ALL_VOUCHERS, as_of, list, row }
}

const BUREAU_REFUSED_SCANS: [&str; 12] = [
    "编号",
    "机构编号",
    "账号编号",
    "设备",
    "时间",
    "原因代码",
    "手输码",
    "体验券",
    "请求号",
    "机构",
    "操作人",
    "原因",
];

/// What a code of ours tells people.
fn told(code: &str) -> Cell {
    Code::ALL.iter().find(|known| known.as_str() == code).map_or(Cell::Empty, |code| Cell::text(&code.text().zh))
}

/// All of refused scans, as far as the filters leave them.
pub(super) fn bureau_refused_scans(ctx: Data<Ctx>, query: RefusedScansQuery) -> Sheet<(RefusedScanOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(RefusedScanOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), RefusedScansQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, vouchers::list_refused_scans(&ctx, None, &query).await?, |row| Ids {
                centre: Some(row.centre_id),
                staff: Some(row.staff_id),
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((RefusedScanOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::Text(row.staff_id.to_string()),
            Cell::maybe(row.device.as_deref()),
            Cell::moment(row.at),
            Cell::text(&row.reason),
            Some(row.manual).into(),
            Cell::id(row.voucher_id),
            Cell::Text(row.request_id),
            called.centre,
            called.staff,
            told(&row.reason),
        ]
    };
    Pages { filename: "refused_scans", header: &BUREAU_REFUSED_SCANS, as_of, list, row }
}

const CONFLICTS: [&str; 15] = [
    "编号",
    "机构编号",
    "账号编号",
    "设备",
    "体验券",
    "原因代码",
    "托育日期",
    "扫码时间",
    "上传时间",
    "处理状态",
    "处理说明",
    "处理时间",
    "机构",
    "操作人",
    "原因",
];

/// All of conflicts of offline scans, as far as the filters leave them.
pub(super) fn conflicts(ctx: Data<Ctx>, query: OfflineConflictsQuery) -> Sheet<(OfflineConflictOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(OfflineConflictOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), OfflineConflictsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, vouchers::list_offline_conflicts(&ctx, None, &query).await?, |row| Ids {
                centre: Some(row.centre_id),
                staff: Some(row.staff_id),
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((OfflineConflictOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::Text(row.staff_id.to_string()),
            Cell::maybe(row.device.as_deref()),
            Cell::Text(row.voucher_id.to_string()),
            Cell::text(&row.reason),
            Cell::date(Some(row.service_date)),
            Cell::moment(row.scanned_at),
            Cell::moment(row.uploaded_at),
            Cell::text(row.status.zh()),
            Cell::maybe(row.note.as_deref()),
            row.resolved_at.map_or(Cell::Empty, Cell::moment),
            called.centre,
            called.staff,
            told(&row.reason),
        ]
    };
    Pages { filename: "offline_conflicts", header: &CONFLICTS, as_of, list, row }
}

const ADJUSTMENTS: [&str; 11] = [
    "编号",
    "机构编号",
    "核销记录",
    "金额（元）",
    "理由",
    "账号编号",
    "时间",
    "结算单编号",
    "机构",
    "经办人",
    "结算单文号",
];

/// All of adjustments, as far as the filters leave them.
pub(super) fn adjustments(ctx: Data<Ctx>, query: AdjustmentsQuery) -> Sheet<(AdjustmentOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(AdjustmentOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), AdjustmentsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, settlement::list_adjustments(&ctx, &query).await?, |row| Ids {
                centre: Some(row.centre_id),
                staff: Some(row.staff_id),
                statement: row.statement_id,
                ..Ids::default()
            })
            .await
        })
    });
    let row: fn((AdjustmentOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::id(row.redemption_id),
            Cell::yuan(Some(row.amount_fen)),
            Cell::Text(row.reason),
            Cell::Text(row.staff_id.to_string()),
            Cell::moment(row.created_at),
            Cell::id(row.statement_id),
            called.centre,
            called.staff,
            called.statement,
        ]
    };
    Pages { filename: "adjustments", header: &ADJUSTMENTS, as_of, list, row }
}

const UNSETTLED: [&str; 6] = ["机构编号", "机构", "核销（天）", "金额（元）", "结算单", "结算单状态"];

/// All of what isn't settled, as far as the filters leave them.
pub(super) fn unsettled(ctx: Data<Ctx>, query: UnsettledQuery) -> Sheet<UnsettledOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<UnsettledOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), UnsettledQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { settlement::list_unsettled(&ctx, &query).await })
    });
    let row: fn(UnsettledOut) -> Vec<Cell> = |row| {
        vec![
            Cell::Text(row.centre_id.to_string()),
            Cell::Text(row.centre_name),
            Cell::Integer(row.units),
            Cell::yuan(Some(row.amount_fen)),
            Cell::id(row.statement_id),
            Cell::maybe(row.statement_status.map(|status| status.zh())),
        ]
    };
    Pages { filename: "unsettled", header: &UNSETTLED, as_of, list, row }
}
