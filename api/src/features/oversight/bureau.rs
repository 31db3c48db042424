//! Handlers for the bureau: signals and funnels.

use actix_web::{HttpResponse, get, web::Data};
use entity::CampaignId;

use super::{
    funnel_dto::{FunnelBy, FunnelOut, FunnelQuery, FunnelSteps},
    service,
    signal_dto::{SignalOut, SignalsQuery},
};
use crate::{
    error::Result,
    features::auth::Bureau,
    http::{
        Moment, Page, Path, Query, Refusals,
        table::{self, Cell, Table},
    },
    state::Ctx,
};

/// List signals
///
/// Flags for people to look at, never a punishment: scans at night, bursts on one device, one guardian
/// with vouchers for many children, redemptions without check-in, more redemptions than places; of ratings
/// many within a short time, several families' from one device, those of families tied to the staff;
/// frozen support sheets that no longer agree with attendance. The
/// thresholds are settings.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SignalsQuery),
    responses((status = 200, description = "One page", body = Page<SignalOut>), Refusals))]
#[get("/bureau/signals")]
pub(super) async fn list_signals(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SignalsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::signals(&ctx, &query).await?))
}

/// Download signals as a table
///
/// All signals of the range.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SignalsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/signals.csv")]
pub(super) async fn list_signals_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SignalsQuery>,
) -> Result<HttpResponse> {
    signals_table(&service::all_signals(&ctx, &query).await?, Moment(ctx.clock.now())).csv()
}

/// Download signals as a workbook
///
/// All signals of the range.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(SignalsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/signals.xlsx")]
pub(super) async fn list_signals_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<SignalsQuery>,
) -> Result<HttpResponse> {
    signals_table(&service::all_signals(&ctx, &query).await?, Moment(ctx.clock.now())).xlsx()
}

/// Read the funnel of a campaign
///
/// Issued, claimed, first used, fully used, enrolled within 60 days of the first use (the child was in
/// care to the end on a day that no voucher paid), and what each family that stayed has cost; by
/// township or by week of the claim.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CampaignId, Path, description = "The campaign"), FunnelQuery),
    responses((status = 200, description = "The funnel", body = FunnelOut), Refusals))]
#[get("/bureau/campaigns/{id}/funnel")]
pub(super) async fn read_funnel(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<FunnelQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(service::funnel(&ctx, id.0, query.by).await?))
}

/// Download the funnel as a table
///
/// A row for all, then a row for each group.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CampaignId, Path, description = "The campaign"), FunnelQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/campaigns/{id}/funnel.csv")]
pub(super) async fn read_funnel_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<FunnelQuery>,
) -> Result<HttpResponse> {
    funnel_table(&service::funnel(&ctx, id.0, query.by).await?).csv()
}

/// Download the funnel as a workbook
///
/// The same table as `funnel.csv`.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(("id" = CampaignId, Path, description = "The campaign"), FunnelQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/campaigns/{id}/funnel.xlsx")]
pub(super) async fn read_funnel_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    id: Path<CampaignId>,
    Query(query): Query<FunnelQuery>,
) -> Result<HttpResponse> {
    funnel_table(&service::funnel(&ctx, id.0, query.by).await?).xlsx()
}

const SIGNALS: [&str; 10] =
    ["类别", "机构编号", "机构名称", "家庭编号", "设备", "日期", "数量", "阈值", "说明", "相关评价"];
const FUNNEL: [&str; 9] = [
    "分组",
    "发放总数（张）",
    "已领取（张）",
    "已首次使用（张）",
    "已全部用完（张）",
    "60天内续托（张）",
    "续托家庭（户）",
    "核销金额（分）",
    "每户续托成本（分）",
];

fn signals_table(signals: &[SignalOut], as_of: Moment) -> Table<'static> {
    let text = |value: Option<String>| value.map_or(Cell::Empty, |text| Cell::text(&text));
    let rows = signals.iter().map(|signal| {
        vec![
            Cell::text(signal.kind.zh()),
            text(signal.centre_id.map(|id| id.to_string())),
            text(signal.centre_name.clone()),
            text(signal.family_id.map(|id| id.to_string())),
            text(signal.device.clone()),
            text(signal.date.map(|date| date.to_string())),
            signal.count.into(),
            signal.threshold.into(),
            Cell::text(&signal.detail),
            Cell::text(&signal.rating_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        ]
    });
    Table { filename: "signals".to_owned(), header: &SIGNALS, rows: rows.collect(), as_of }
}

fn funnel_table(funnel: &FunnelOut) -> Table<'static> {
    let row = |key: &str, issued: Cell, steps: &FunnelSteps| {
        vec![
            Cell::text(key),
            issued,
            steps.claimed.into(),
            steps.first_used.into(),
            steps.fully_used.into(),
            steps.enrolled.into(),
            steps.families_stayed.into(),
            steps.cost_fen.into(),
            steps.cost_per_family_fen.map_or(Cell::Empty, Cell::from),
        ]
    };
    let mut rows = vec![row("合计", funnel.issued.into(), &funnel.total)];
    rows.extend(funnel.groups.iter().map(|group| row(&group.key, Cell::Empty, &group.steps)));
    let by = match funnel.by {
        FunnelBy::Township => "township",
        FunnelBy::Week => "week",
    };
    let filename = format!("funnel_{}_{by}", funnel.campaign_id);
    Table { filename, header: &FUNNEL, rows, as_of: funnel.as_of }
}
