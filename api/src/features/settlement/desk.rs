//! Handlers for the desk: the centre's own frozen statements.

use actix_web::{HttpResponse, get, web::Data};
use entity::StatementId;

use super::{
    dto::{StatementDetailOut, StatementOut, StatementsQuery},
    service::statements,
};
use crate::{
    error::Result,
    features::auth::Desk,
    http::{Page, Path, Query, Refusals},
    state::Ctx,
};

/// List the centre's statements
///
/// The frozen ones, newest first.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(StatementsQuery), responses(
    (status = 200, description = "One page", body = Page<StatementOut>), Refusals))]
#[get("/desk/statements")]
pub(super) async fn list_own_statements(
    ctx: Data<Ctx>,
    desk: Desk,
    Query(query): Query<StatementsQuery>,
) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(statements::page(&ctx, &query, Some(desk.centre_id)).await?))
}

/// Read a statement of the centre
///
/// Once it is frozen, with its lines.
#[utoipa::path(tag = "desk", security(("bearer" = [])), params(("id" = StatementId, Path, description = "The statement")),
    responses((status = 200, description = "The statement", body = StatementDetailOut), Refusals))]
#[get("/desk/statements/{id}")]
pub(super) async fn read_own_statement(ctx: Data<Ctx>, desk: Desk, id: Path<StatementId>) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(statements::read(&ctx, id.0, Some(desk.centre_id)).await?))
}
