//! Handlers for the bureau.

use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, http::header::CONTENT_TYPE, post, web::Data};

use super::{
    dto::{ImportOut, ImportQuery, ImportTable},
    service,
    sheet::Kind,
};
use crate::{
    error::{Code, Problem, Result, Text},
    features::auth::Bureau,
    http::{Idempotency, Path, Query, Refusals, observe::Body, table},
    state::Ctx,
};

/// Download a template of an import as a table
///
/// The header, what each column takes, and an example; lines whose first cell begins with `# ` are notes.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("table" = ImportTable, Path, description = "What is to be imported")),
    responses((status = 200, description = "The template", body = String, content_type = table::CSV), Refusals))]
#[get("/bureau/imports/{table}/template.csv")]
pub(super) async fn read_template_csv(ctx: Data<Ctx>, _bureau: Bureau, of: Path<ImportTable>) -> Result<HttpResponse> {
    service::template(&ctx, of.0, Kind::Csv)
}

/// Download a template of an import as a workbook
///
/// The header, what each column takes, and an example; lines whose first cell begins with `# ` are notes.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    params(("table" = ImportTable, Path, description = "What is to be imported")),
    responses((status = 200, description = "The template", body = Vec<u8>, content_type = table::XLSX), Refusals))]
#[get("/bureau/imports/{table}/template.xlsx")]
pub(super) async fn read_template_xlsx(ctx: Data<Ctx>, _bureau: Bureau, of: Path<ImportTable>) -> Result<HttpResponse> {
    service::template(&ctx, of.0, Kind::Xlsx)
}

fn kind(req: &HttpRequest) -> Result<Kind> {
    let value = req.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    match value.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        table::XLSX => Ok(Kind::Xlsx),
        // What Excel on Windows calls a `.csv`.
        table::CSV | "application/csv" | "application/vnd.ms-excel" => Ok(Kind::Csv),
        _ => Err(Problem::new(Code::UnsupportedMediaType).detail(Text::new(
            "请上传 .xlsx 或 .csv 文件（Content-Type 与文件一致）。",
            "Send a workbook (.xlsx) or text/csv, and say which it is as the content type.",
        ))),
    }
}

/// Import a table
///
/// The file is the body: `.xlsx` (its first sheet that isn't hidden) or `.csv` (UTF-8 or GBK), as the content type says; at
/// most 2 000 rows and 4 MiB. The first row has the titles of the template, in any order; lines whose first
/// cell begins with `# ` are notes, counted in `notes`. Rows are found by their key (centres by name and township, classes by centre and
/// name, offers by class and form of care, carers by centre and name, days by date, communities by code):
/// what is new is entered, what differs is changed, an empty cell leaves what is there, and what isn't
/// named stays. All of it or nothing: every problem of every row is named by row and column
/// (`rows[3].托位数`), the first 500 of them, with how many more there are, and `problems` counts all. Errors of
/// the spreadsheet, numbers of more than 15 digits and formulas without a result are problems too,
/// as are rows that the spreadsheet hides, cells under no title, places far from all others of the district, and
/// fewer places or carers of a class than booked visits need. `dry_run=true` says the same and writes nothing. An import that was
/// given a word (`work`) is watched and called off under it.
#[utoipa::path(tag = "bureau", security(("bearer" = [])),
    request_body(content((String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
    params(("table" = ImportTable, Path, description = "What is imported"), ImportQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "8–64 visible characters; the same key and body get the first answer again")),
    responses((status = 200, description = "Imported, or what an import would do", body = ImportOut), Refusals))]
#[post("/bureau/imports/{table}")]
pub(super) async fn import_table(
    ctx: Data<Ctx>,
    bureau: Bureau,
    key: Idempotency,
    of: Path<ImportTable>,
    Query(query): Query<ImportQuery>,
    req: HttpRequest,
) -> Result<HttpResponse> {
    let kind = kind(&req)?;
    Ok(service::import(&ctx, &bureau, &key, of.0, query, kind, Body::of(&req).to_vec()).await?.respond(StatusCode::OK))
}
