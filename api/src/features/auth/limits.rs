//! Counts every call: by account if its token is ours, else by address. Whoever has a public address
//! in common with many is told apart as soon as it signs in. What costs more than a read or a write
//! (sign-in, claim, scan, code, phone) is counted once more where it is done; the table is
//! [`crate::http::ratelimit`].

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage as _,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    web::Data,
};

use super::{extract, token::Claims};
use crate::{
    config::Switch,
    error::Result,
    http::{
        address::ClientAddress,
        ratelimit::{self, nearby},
    },
    state::Ctx,
};

/// What is counted; probes and documents are not.
const COUNTED: &str = "/api/v1/";

/// The token of a request as it was checked here, so that nobody checks it again.
#[derive(Clone, Default)]
pub(super) struct Checked(pub(super) Option<Arc<Claims>>);

/// Counts, refuses what is too much, and says how the caller stands.
pub async fn counted(
    req: ServiceRequest,
    next: impl AsyncFnOnce(ServiceRequest) -> Result<ServiceResponse<BoxBody>, Error>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let ctx = req.app_data::<Data<Ctx>>().cloned();
    let Some(ctx) = ctx.filter(|ctx| ctx.settings.rate_limits == Switch::On && req.path().starts_with(COUNTED)) else {
        return next(req).await;
    };
    let (answer, counted) = ratelimit::watched(async {
        match count(&ctx, &req).await {
            Ok(()) => next(req).await,
            Err(problem) => Ok(req.error_response(problem)),
        }
    })
    .await;
    let mut response = answer?;
    ratelimit::say(response.headers_mut(), &counted);
    Ok(response)
}

async fn count(ctx: &Ctx, req: &ServiceRequest) -> Result<()> {
    let claims = extract::claims(ctx, req.request()).ok();
    let outcome = match &claims {
        None => nearby(ctx, &ratelimit::PUBLIC, &ClientAddress::of(req.request()).0).await,
        Some(claims) if matches!(*req.method(), Method::GET | Method::HEAD) => {
            nearby(ctx, &ratelimit::READ, &claims.sub).await
        }
        Some(claims) => nearby(ctx, &ratelimit::WRITE, &claims.sub).await,
    };
    req.extensions_mut().insert(Checked(claims));
    outcome
}
