//! Handlers for the bureau: lists of vouchers and redemptions.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    list_dto::{BureauRedemptionOut, BureauRedemptionsQuery, BureauVoucherOut, BureauVouchersQuery},
    service::lists,
};
use crate::{
    error::Result,
    features::{
        auth::Bureau,
        exports::names::{Called, Ids, called},
    },
    http::{
        Moment, Page, Query, Refusals,
        table::{self, Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

/// List redemptions
///
/// Of every centre, newest first; filtered by centre, campaign, voucher, state, days of care.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRedemptionsQuery),
    responses((status = 200, description = "One page", body = Page<BureauRedemptionOut>), Refusals))]
#[get("/bureau/redemptions")]
pub(super) async fn list_all_redemptions(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRedemptionsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(lists::redemptions(&ctx, &query).await?))
}

/// Download redemptions as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRedemptionsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/redemptions.csv")]
pub(super) async fn list_all_redemptions_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRedemptionsQuery>,
) -> Result<HttpResponse> {
    redemptions_sheet(ctx, query).csv().await
}

/// Download redemptions as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRedemptionsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/redemptions.xlsx")]
pub(super) async fn list_all_redemptions_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRedemptionsQuery>,
) -> Result<HttpResponse> {
    redemptions_sheet(ctx, query).xlsx().await
}

/// List vouchers
///
/// Of every family, newest first, without names.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauVouchersQuery),
    responses((status = 200, description = "One page", body = Page<BureauVoucherOut>), Refusals))]
#[get("/bureau/vouchers")]
pub(super) async fn list_all_vouchers(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauVouchersQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(lists::vouchers(&ctx, &query).await?))
}

const REDEMPTIONS: [&str; 17] = [
    "核销编号",
    "体验券编号",
    "批次编号",
    "机构编号",
    "操作人编号",
    "设备",
    "托育日期",
    "核销时间",
    "离线上传时间",
    "服务形式",
    "状态",
    "金额（分）",
    "机构",
    "操作人",
    "批次",
    "金额（元）",
    "结算单",
];

/// All redemptions, as far as the filters leave them.
fn redemptions_sheet(ctx: Data<Ctx>, query: BureauRedemptionsQuery) -> Sheet<(BureauRedemptionOut, Called)> {
    let as_of = Moment(ctx.clock.now());
    let list: List<(BureauRedemptionOut, Called)> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauRedemptionsQuery { limit, cursor, ..query.clone() });
        Box::pin(async move {
            called(&ctx, lists::redemptions(&ctx, &query).await?, |row| Ids {
                centre: Some(row.centre_id),
                staff: Some(row.staff_id),
                campaign: Some(row.campaign_id),
                statement: row.statement_id,
                second: None,
            })
            .await
        })
    });
    let row: fn((BureauRedemptionOut, Called)) -> Vec<Cell> = |(row, called)| {
        vec![
            Cell::Text(row.id.to_string()),
            Cell::Text(row.voucher_id.to_string()),
            Cell::Text(row.campaign_id.to_string()),
            Cell::Text(row.centre_id.to_string()),
            Cell::Text(row.staff_id.to_string()),
            Cell::maybe(row.device.as_deref()),
            Cell::Text(row.service_date.to_string()),
            Cell::moment(row.redeemed_at),
            row.uploaded_at.map_or(Cell::Empty, Cell::moment),
            Cell::text(row.care_type.zh()),
            Cell::text(row.status.zh()),
            Cell::from(row.face_value_fen.0),
            called.centre,
            called.staff,
            called.campaign,
            Cell::yuan(Some(row.face_value_fen)),
            called.statement,
        ]
    };
    Pages { filename: "redemptions", header: &REDEMPTIONS, as_of, list, row }
}
