//! The directory as a table.

use actix_web::web::Data;

use super::{
    dto::{BureauCentreOut, BureauCentresQuery},
    service,
};
use crate::{
    http::{
        Moment,
        table::{Cell, List, Pages, Sheet},
    },
    state::Ctx,
};

const HEADER: [&str; 23] = [
    "名称",
    "类别",
    "性质",
    "乡镇",
    "地址",
    "经度",
    "纬度",
    "坐标系",
    "电话",
    "备案状态",
    "备案编号",
    "是否普惠",
    "普惠认定起",
    "普惠认定止",
    "普惠文号",
    "收费上限（元/月）",
    "泉台融合",
    "保险有效期至",
    "医育签约至",
    "托位（个）",
    "是否运营",
    "体验券核销",
    "简介",
];

/// All centres that the filters leave.
pub(super) fn centres(ctx: Data<Ctx>, query: BureauCentresQuery) -> Sheet<BureauCentreOut> {
    let as_of = Moment(ctx.clock.now());
    let list: List<BureauCentreOut> = Box::new(move |limit, cursor| {
        let (ctx, query) = (ctx.clone(), BureauCentresQuery { limit, cursor, ..query.clone() });
        Box::pin(async move { service::page(&ctx, &query).await })
    });
    let row: fn(BureauCentreOut) -> Vec<Cell> = row;
    Pages { filename: "centres", header: &HEADER, as_of, list, row }
}

fn row(centre: BureauCentreOut) -> Vec<Cell> {
    let round = |degrees: f64| Cell::Number((degrees * 1e7).round() / 1e7);
    vec![
        Cell::Text(centre.name),
        Cell::text(centre.kind.zh()),
        Cell::text(centre.ownership.zh()),
        Cell::Text(centre.township),
        Cell::Text(centre.address),
        round(centre.location.lng),
        round(centre.location.lat),
        Cell::text(centre.location.coord.as_str()),
        Cell::maybe(centre.phone.as_deref()),
        Cell::text(centre.filed.zh()),
        Cell::maybe(centre.filed_no.as_deref()),
        Some(centre.inclusive).into(),
        Cell::date(centre.inclusive_from),
        Cell::date(centre.inclusive_until),
        Cell::maybe(centre.inclusive_doc.as_deref()),
        Cell::yuan(centre.price_cap_fen),
        Some(centre.cross_strait).into(),
        Cell::date(centre.insured_until),
        Cell::date(centre.medical_until),
        Cell::Integer(centre.places),
        Some(centre.active).into(),
        Cell::text(if centre.vouchers_suspended { "暂停" } else { "正常" }),
        Cell::Text(centre.intro),
    ]
}
