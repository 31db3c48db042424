//! The consoles: `/bureau` for officers, `/desk` for the staff of a centre; pages made on the server.
//!
//! Promises: a page shows what the API answers and does what the API does, through the same services, with the
//! same permissions (`PAGES` of the table); nothing comes from another host, and the Content-Security-Policy
//! lets nothing through; Chinese first, English by a switch; a page works without script, but for the camera.

mod assets;
mod bureau;
mod chart;
mod desk;
mod fields;
mod form;
mod listed;
mod refusal;
mod remembered;
mod shell;
mod sign_in;
mod table;
mod typed;
mod values;
mod view;

pub use remembered::Remembered;

use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
    },
    middleware::{Next, from_fn},
    web::{Data, ServiceConfig, scope},
};

use crate::{
    features::auth::cookie,
    http::{idempotency::DoneBefore, observe::Drawn},
    state::Ctx,
};

/// Only what this server itself serves, no frame around it, and the camera for the desk's scanner.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; media-src 'self' blob:; worker-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Registers the routes: pages for people, which `openapi.yaml` doesn't describe.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.app_data(Data::new(Drawn { areas: &["/bureau", "/desk"], draw: refusal::draw }))
        .service(scope("/console").configure(assets::routes))
        .service(scope("/bureau").wrap(from_fn(around)).configure(bureau::routes))
        .service(scope("/desk").wrap(from_fn(around)).configure(desk::routes));
}

/// Around every page: the sign-in goes on, and nothing foreign gets in.
async fn around(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = next.call(req).await?.map_into_boxed_body();
    let request = response.request().clone();
    let ctx = request.app_data::<Data<Ctx>>();
    if let Some(ctx) = ctx
        && !request.method().is_safe()
    {
        ctx.overview.forget().await;
    }
    if let Some(cookie) = ctx.and_then(|ctx| cookie::renewed(ctx, &request))
        && response.response().cookies().next().is_none()
    {
        // A cookie of ours can't fail to be written.
        let _ = response.response_mut().add_cookie(&cookie);
    }
    let language = shell::Shell::of(&request).language.tag();
    let headers = response.headers_mut();
    // Who sends a form again, back in the browser or after a lost answer, is told so.
    if DoneBefore::of(&request)
        && let Some(to) = headers.get(LOCATION).and_then(|to| to.to_str().ok())
        && let Some(to) = ["done=saved", "done=sent"].iter().find_map(|done| to.strip_suffix(done))
        && let Ok(to) = HeaderValue::from_str(&format!("{to}done=again"))
    {
        headers.insert(LOCATION, to);
    }
    // Not of a download: a table is as the API has it.
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language));
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
