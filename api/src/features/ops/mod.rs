//! For operators, at the root: alive, ready, metrics, the API document.

pub mod jobs;

use crate::http::Registry;
use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::{Problem, Result},
    openapi,
    platform::{walking::EngineState, wechat::Call},
    state::Ctx,
};

/// Registers the routes.
pub fn routes(cfg: &mut impl Registry) {
    cfg.service(healthz).service(readyz).service(metrics).service(document);
}

/// What a check found.
#[derive(Serialize, ToSchema)]
pub struct HealthOut {
    /// `ok`, `degraded` (it serves, but `parts` says what only we can mend) or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
    /// Present at `/readyz`: each part and whether it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<PartsOut>,
}

/// The parts a replica needs.
#[derive(Serialize, ToSchema)]
pub struct PartsOut {
    /// The database.
    database: bool,
    /// The key-value store (always true in process).
    kv: bool,
    /// `misconfigured`: WeChat refuses our appid, secret, address, template or page; the log says which.
    /// The replica stays ready, for the desk and those signed in need no WeChat.
    wechat: WeChatPartOut,
    /// The routing engine. While it is `away` ways are estimated, and say so.
    walking: EngineState,
}

/// How WeChat takes our calls.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeChatPartOut {
    /// No WeChat: the demonstration.
    Sandbox,
    /// Nothing is known against it.
    Ok,
    /// It refuses our settings.
    Misconfigured,
}

/// Is the process alive?
///
/// Touches nothing; restart the process when it doesn't answer.
#[utoipa::path(tag = "ops", responses((status = 200, description = "Alive", body = HealthOut)))]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(HealthOut { status: "ok", parts: None })
}

/// Can the process serve?
///
/// The database answers; send no traffic while it is 503. `degraded`: it serves, but Redis is away, which
/// makes it slower and never wrong, WeChat refuses our settings, or the routing engine is away.
#[utoipa::path(tag = "ops", responses(
    (status = 200, description = "Ready", body = HealthOut),
    (status = 503, description = "Not ready; `parts` says why", body = HealthOut)))]
#[get("/readyz")]
async fn readyz(ctx: Data<Ctx>) -> HttpResponse {
    let database = ctx.db.reader().ping().await.is_ok();
    let kv = ctx.kv.ping().await.is_ok();
    let wechat = if ctx.wechat.is_sandbox() {
        WeChatPartOut::Sandbox
    } else if ctx.wechat.faults().is_empty() {
        WeChatPartOut::Ok
    } else {
        WeChatPartOut::Misconfigured
    };
    let walking = ctx.walking.state().await;
    let troubled = !kv || wechat == WeChatPartOut::Misconfigured || walking == EngineState::Away;
    let status = match (database, troubled) {
        (false, _) => "unavailable",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let body = HealthOut { status, parts: Some(PartsOut { database, kv, wechat, walking }) };
    if database { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}

/// Read the metrics
///
/// Prometheus text: requests by route and status with a latency histogram, pool use, domain events.
#[utoipa::path(tag = "ops", responses((status = 200, description = "Metrics", body = String, content_type = "text/plain")))]
#[get("/metrics")]
async fn metrics(ctx: Data<Ctx>) -> Result<HttpResponse> {
    for call in Call::ALL {
        let faulty = ctx.wechat.faults().iter().any(|(at_fault, _)| *at_fault == call);
        ctx.metrics.wechat(call.as_str(), faulty, ctx.wechat.held_back().contains(&call));
    }
    ctx.metrics.ways_held_back(ctx.walking.is_held_back());
    let text = ctx.metrics.render(ctx.db.pool_use()).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}

/// Read the API document
///
/// OpenAPI 3.1, the file committed with the code.
#[utoipa::path(tag = "ops", responses((status = 200, description = "This document", body = String, content_type = "application/yaml")))]
#[get("/openapi.yaml")]
async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/yaml").body(openapi::COMMITTED)
}
