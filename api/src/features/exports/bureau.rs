//! Handlers for the bureau. Each pair is its list's, without the pages.

use actix_web::{HttpResponse, get, web::Data};

use super::{general, money, ties};
use crate::{
    error::Result,
    features::{
        admission::tie_dto::BureauTiesQuery,
        audit::dto::AuditQuery,
        auth::{Bureau, staff_dto::StaffQuery},
        complaints::dto::BureauComplaintsQuery,
        coverage::dto::CommunitiesQuery,
        ratings::exclusion_dto::BureauRatingsQuery,
        settlement::dto::{AdjustmentsQuery, UnsettledQuery},
        vouchers::{
            dto::VoucherPageQuery, list_dto::BureauVouchersQuery, offline_dto::OfflineConflictsQuery,
            refusal_dto::RefusedScansQuery,
        },
    },
    http::{Query, Refusals, table},
    state::Ctx,
};

/// Download the audit log as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/audit.csv")]
pub(super) async fn list_audit_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse> {
    general::audit(ctx, query).csv().await
}

/// Download the audit log as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AuditQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/audit.xlsx")]
pub(super) async fn list_audit_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AuditQuery>,
) -> Result<HttpResponse> {
    general::audit(ctx, query).xlsx().await
}

/// Download campaigns as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(VoucherPageQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/campaigns.csv")]
pub(super) async fn list_bureau_campaigns_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(_query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    money::bureau_campaigns(ctx).csv().await
}

/// Download campaigns as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(VoucherPageQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/campaigns.xlsx")]
pub(super) async fn list_bureau_campaigns_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(_query): Query<VoucherPageQuery>,
) -> Result<HttpResponse> {
    money::bureau_campaigns(ctx).xlsx().await
}

/// Download vouchers as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauVouchersQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/vouchers.csv")]
pub(super) async fn list_all_vouchers_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauVouchersQuery>,
) -> Result<HttpResponse> {
    money::all_vouchers(ctx, query).csv().await
}

/// Download vouchers as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauVouchersQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/vouchers.xlsx")]
pub(super) async fn list_all_vouchers_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauVouchersQuery>,
) -> Result<HttpResponse> {
    money::all_vouchers(ctx, query).xlsx().await
}

/// Download refused scans as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RefusedScansQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/refused-scans.csv")]
pub(super) async fn list_bureau_refused_scans_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RefusedScansQuery>,
) -> Result<HttpResponse> {
    money::bureau_refused_scans(ctx, query).csv().await
}

/// Download refused scans as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(RefusedScansQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/refused-scans.xlsx")]
pub(super) async fn list_bureau_refused_scans_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<RefusedScansQuery>,
) -> Result<HttpResponse> {
    money::bureau_refused_scans(ctx, query).xlsx().await
}

/// Download conflicts of offline scans as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(OfflineConflictsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/offline-conflicts.csv")]
pub(super) async fn list_conflicts_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<OfflineConflictsQuery>,
) -> Result<HttpResponse> {
    money::conflicts(ctx, query).csv().await
}

/// Download conflicts of offline scans as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(OfflineConflictsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/offline-conflicts.xlsx")]
pub(super) async fn list_conflicts_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<OfflineConflictsQuery>,
) -> Result<HttpResponse> {
    money::conflicts(ctx, query).xlsx().await
}

/// Download ratings as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRatingsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/ratings.csv")]
pub(super) async fn list_bureau_ratings_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRatingsQuery>,
) -> Result<HttpResponse> {
    general::bureau_ratings(ctx, query).csv().await
}

/// Download ratings as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauRatingsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/ratings.xlsx")]
pub(super) async fn list_bureau_ratings_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauRatingsQuery>,
) -> Result<HttpResponse> {
    general::bureau_ratings(ctx, query).xlsx().await
}

/// Download ties of families to centres as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter. Not whose they are.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauTiesQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/ties.csv")]
pub(super) async fn list_bureau_ties_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauTiesQuery>,
) -> Result<HttpResponse> {
    ties::bureau_ties(ctx, query).csv().await
}

/// Download ties of families to centres as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter. Not whose they are.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauTiesQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/ties.xlsx")]
pub(super) async fn list_bureau_ties_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauTiesQuery>,
) -> Result<HttpResponse> {
    ties::bureau_ties(ctx, query).xlsx().await
}

/// Download complaints as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauComplaintsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/complaints.csv")]
pub(super) async fn list_complaints_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauComplaintsQuery>,
) -> Result<HttpResponse> {
    general::complaints(ctx, query).csv().await
}

/// Download complaints as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(BureauComplaintsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/complaints.xlsx")]
pub(super) async fn list_complaints_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<BureauComplaintsQuery>,
) -> Result<HttpResponse> {
    general::complaints(ctx, query).xlsx().await
}

/// Download accounts of staff as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StaffQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/staff.csv")]
pub(super) async fn list_staff_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StaffQuery>,
) -> Result<HttpResponse> {
    general::staff(ctx, query).csv().await
}

/// Download accounts of staff as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(StaffQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/staff.xlsx")]
pub(super) async fn list_staff_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<StaffQuery>,
) -> Result<HttpResponse> {
    general::staff(ctx, query).xlsx().await
}

/// Download adjustments as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AdjustmentsQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/adjustments.csv")]
pub(super) async fn list_adjustments_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AdjustmentsQuery>,
) -> Result<HttpResponse> {
    money::adjustments(ctx, query).csv().await
}

/// Download adjustments as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(AdjustmentsQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/adjustments.xlsx")]
pub(super) async fn list_adjustments_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<AdjustmentsQuery>,
) -> Result<HttpResponse> {
    money::adjustments(ctx, query).xlsx().await
}

/// Download what isn't settled as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(UnsettledQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/unsettled.csv")]
pub(super) async fn list_unsettled_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<UnsettledQuery>,
) -> Result<HttpResponse> {
    money::unsettled(ctx, query).csv().await
}

/// Download what isn't settled as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(UnsettledQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/unsettled.xlsx")]
pub(super) async fn list_unsettled_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<UnsettledQuery>,
) -> Result<HttpResponse> {
    money::unsettled(ctx, query).xlsx().await
}

/// Download communities as a table
///
/// All that the filters leave; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CommunitiesQuery),
    responses((status = 200, description = "The table", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/communities.csv")]
pub(super) async fn list_communities_csv(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CommunitiesQuery>,
) -> Result<HttpResponse> {
    general::communities(ctx, query).csv().await
}

/// Download communities as a workbook
///
/// All that the filters leave, 20 000 at most; `limit` and `cursor` don't matter.
#[utoipa::path(tag = "bureau", security(("bearer" = [])), params(CommunitiesQuery),
    responses((status = 200, description = "The workbook", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/communities.xlsx")]
pub(super) async fn list_communities_xlsx(
    ctx: Data<Ctx>,
    _bureau: Bureau,
    Query(query): Query<CommunitiesQuery>,
) -> Result<HttpResponse> {
    general::communities(ctx, query).xlsx().await
}
