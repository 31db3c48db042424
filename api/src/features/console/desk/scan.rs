//! Voucher codes: look, redeem, take back; a visit's own code: check in. The page's script does the same through the API's own calls, with
//! the camera, and goes on by itself after a lost network (`assets/scan.js`).

use actix_web::{HttpResponse, get, post, web::Data};
use askama::Template;
use entity::{RedemptionId, RedemptionStatus};
use serde::Deserialize;
use serde_json::Value;

use super::super::{
    form::Form,
    shell::{Shell, see, show},
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::{
        auth::Desk,
        bookings::service as bookings,
        vouchers::{
            dto::{RedemptionIn, RedemptionLineOut, RedemptionPreviewOut, RedemptionsQuery},
            offline_dto::{OfflineScanIn, OfflineUploadIn},
            service::{desk as service, offline, reversals},
        },
    },
    http::{Day, Idempotency, Limit, Line, Moment, Paragraph, Path},
    platform::{
        clock::local,
        crypto::{random_bytes, sha256},
    },
    state::Ctx,
};

/// Redemptions that stand below the scanner.
const LAST: u32 = 10;

/// As long as none of the others: `O`, a key's id, 90 bytes.
fn is_offline_code(code: &str) -> bool {
    code.len() > 120 && code.starts_with(['O', 'o'])
}

/// What the last form came to.
enum Shown {
    Nothing,
    Preview(Box<RedemptionPreviewOut>, Line<200>),
    Redeemed(String, i64),
}

#[derive(Template)]
#[template(path = "console/desk/scan.html")]
struct ScanPage {
    shell: Shell,
    shown: Shown,
    request_id: String,
    last: Vec<(RedemptionLineOut, String, bool)>,
}

async fn page(ctx: &Ctx, shell: Shell, desk: &Desk, shown: Shown) -> Result<HttpResponse> {
    let query = RedemptionsQuery { date: Some(Day(ctx.clock.today())), limit: Limit(LAST), cursor: None };
    let now = ctx.clock.now();
    let line = |line: RedemptionLineOut| {
        let open =
            line.status == RedemptionStatus::Redeemed && now - line.redeemed_at.0 < reversals::CENTRE_MAY_REVERSE;
        let at = local(line.redeemed_at.0).format("%H:%M").to_string();
        (line, at, open)
    };
    let last = service::page(ctx, desk, &query).await?.items.into_iter().map(line).collect();
    let request_id = data_encoding::HEXLOWER.encode(&random_bytes::<16>());
    show(&ScanPage { shell, shown, request_id, last })
}

#[get("/scan")]
pub(super) async fn desk_scan(ctx: Data<Ctx>, shell: Shell, desk: Desk) -> Result<HttpResponse> {
    page(&ctx, shell, &desk, Shown::Nothing).await
}

#[derive(Deserialize)]
pub(super) struct PreviewForm {
    code: Line<200>,
}

/// A visit's own code checks the child in; a voucher's is looked at.
#[post("/scan")]
pub(super) async fn desk_scan_preview(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    key: Idempotency,
    Form(form): Form<PreviewForm>,
) -> Result<HttpResponse> {
    if bookings::is_visit_code(&form.code) {
        bookings::check_in_by_code(&ctx, &desk, &key, &form.code).await?;
        return Ok(see("/desk/scan", "checked-in"));
    }
    if is_offline_code(&form.code) {
        return offline_code(&ctx, shell, &desk, form.code).await;
    }
    let preview = service::preview(&ctx, &desk, &form.code).await?;
    page(&ctx, shell, &desk, Shown::Preview(Box::new(preview), form.code)).await
}

/// Takes a family's code for a desk without network: it is redeemed at once, or the bureau decides. Sent twice on a
/// day it is one scan.
async fn offline_code(ctx: &Ctx, shell: Shell, desk: &Desk, code: Line<200>) -> Result<HttpResponse> {
    let now = ctx.clock.now();
    let digest = sha256(&[code.as_bytes(), local(now).date_naive().to_string().as_bytes()]);
    let request_id = data_encoding::HEXLOWER.encode(&digest[..16]);
    let request_id = serde_json::from_value(request_id.into()).map_err(Problem::internal)?;
    let scan = OfflineScanIn { code, scanned_at: Moment(now), request_id, device: None };
    let done = offline::upload(ctx, desk, OfflineUploadIn { scans: vec![scan] }).await?;
    let Some(result) = done.results.into_iter().next() else { return Err(Problem::internal("a scan got lost")) };
    let Some(redemption) = result.redemption else {
        let text = Text::new(result.message, "The offline code was not redeemed; the bureau decides.");
        return Err(Problem::new(Code::WrongState).detail(text));
    };
    let left = redemption["units_left"].as_i64().unwrap_or_default();
    page(ctx, shell, desk, Shown::Redeemed(result.message, left)).await
}

#[derive(Deserialize)]
pub(super) struct RedeemForm {
    code: Line<200>,
    request_id: Line<64>,
}

#[post("/scan/redeem")]
pub(super) async fn desk_scan_redeem(
    ctx: Data<Ctx>,
    shell: Shell,
    desk: Desk,
    Form(RedeemForm { code, request_id }): Form<RedeemForm>,
) -> Result<HttpResponse> {
    let answer = service::redeem(&ctx, &desk, RedemptionIn { code, request_id, device: None }).await?;
    let answer: Value = serde_json::from_slice(&answer.body).map_err(Problem::internal)?;
    let message = answer["message"].as_str().unwrap_or_default().to_owned();
    let left = answer["units_left"].as_i64().unwrap_or_default();
    page(&ctx, shell, &desk, Shown::Redeemed(message, left)).await
}

#[derive(Deserialize)]
pub(super) struct ReverseForm {
    reason: Paragraph<200>,
}

#[post("/redemptions/{id}/reverse")]
pub(super) async fn desk_redemption_reverse(
    ctx: Data<Ctx>,
    desk: Desk,
    key: Idempotency,
    id: Path<RedemptionId>,
    Form(form): Form<ReverseForm>,
) -> Result<HttpResponse> {
    reversals::reverse(&ctx, (&desk).into(), &key, id.0, &form.reason).await?;
    Ok(see("/desk/scan", "saved"))
}
