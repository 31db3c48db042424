//! The one middleware: reads the body, gives the request its id, turns refusals into
//! problem+json in the client's language, counts and logs. The log line holds the route's
//! template, never the path, the query or a body.

use std::ops::Deref;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{
            ACCEPT, ACCEPT_LANGUAGE, ALLOW, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    web::{Bytes, BytesMut, Data},
};
use futures_util::StreamExt as _;
use tracing::Instrument as _;

use super::ratelimit;
use crate::{
    error::{Code, Problem, Text},
    language::Language,
    platform::{clock::Stopwatch, crypto::random_bytes},
    state::Ctx,
};

/// Bodies larger than this are refused; little that we take is longer.
const MOST_BODY_BYTES: usize = 64 * 1024;
/// What is longer: maps of many communities, and tables.
const LARGE_BODIES: &[(&str, usize)] = &[
    ("/api/v1/bureau/imports/communities", 8 * 1024 * 1024),
    ("/api/v1/bureau/imports/centres", TABLE_BYTES),
    ("/api/v1/bureau/imports/classes", TABLE_BYTES),
    ("/api/v1/bureau/imports/offers", TABLE_BYTES),
    ("/api/v1/bureau/imports/carers", TABLE_BYTES),
    ("/api/v1/bureau/imports/calendar", TABLE_BYTES),
    ("/api/v1/bureau/imports/populations", TABLE_BYTES),
    ("/api/v1/bureau/imports/community_points", TABLE_BYTES),
    // The same tables in forms: with the other fields, and in base64.
    ("/bureau/imports", TABLE_BYTES + 16 * 1024),
    ("/bureau/imports/confirm", TABLE_BYTES / 3 * 4 + 16 * 1024),
];
/// Thousands of rows as a workbook.
const TABLE_BYTES: usize = 4 * 1024 * 1024;
/// A body that is refused is still read up to here, and thrown away: a client that is cut off while
/// it sends never sees why.
const MOST_DRAINED_BYTES: usize = 4 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The template of a request that was answered before it was routed, for its line and its count.
#[derive(Clone, Copy, Debug)]
pub struct Route(pub &'static str);

/// Draws a refusal for people: the problem, the request's id, and the request, which says in which language.
pub type Draw = fn(&Problem, &str, &HttpRequest) -> HttpResponse;

/// Where pages are, and what draws their refusals: those too that come before a request is routed.
#[derive(Clone, Copy)]
pub struct Drawn {
    /// The paths of pages, and all below them.
    pub areas: &'static [&'static str],
    /// What draws.
    pub draw: Draw,
}

impl Drawn {
    /// What draws the refusals of a path, if pages are served there.
    fn of(req: &HttpRequest) -> Option<Draw> {
        let Self { areas, draw } = ***req.app_data::<Data<Self>>()?;
        let path = req.path();
        let below = |area: &str| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // A table of the API that a page links to, and that a browser opens: people read why there is none.
        let table = path.starts_with("/api/v1/") && (path.ends_with(".csv") || path.ends_with(".xlsx"));
        let opened =
            || req.headers().get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"));
        (areas.iter().any(|area| below(area)) || (table && opened())).then_some(draw)
    }
}

/// The request's body, read before anything may answer: a server that answers before it has read
/// the body must close the connection.
#[derive(Clone, Default)]
pub struct Body(Bytes);

impl Body {
    /// The body of a request.
    #[must_use]
    pub fn of(req: &HttpRequest) -> Self {
        req.extensions().get::<Self>().cloned().unwrap_or_default()
    }
}

impl Body {
    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

impl Deref for Body {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Wraps every request; see the module.
pub async fn observe(
    mut req: ServiceRequest,
    next: impl AsyncFnOnce(ServiceRequest) -> Result<ServiceResponse<BoxBody>, Error>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let watch = Stopwatch::start();
    let request_id = request_id(&req);
    let language = language(req.headers());
    let ctx = req.app_data::<Data<Ctx>>().cloned();
    let span = tracing::info_span!("request", request_id = %text(&request_id));
    let mut response = async {
        match read_body(&mut req).await {
            Ok(()) => language.answering(next(req)).await,
            Err(problem) => Ok(req.error_response(problem)),
        }
    }
    .instrument(span.clone())
    .await?;
    if response.status().is_client_error() || response.status().is_server_error() {
        response = as_problem(response, language, text(&request_id));
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let answered_early = response.request().extensions().get::<Route>().copied();
    let matched = if answered_early.is_some() { None } else { response.request().match_pattern() };
    let route = answered_early.map_or_else(|| matched.as_deref().unwrap_or("unmatched"), |route| route.0);
    let (status, elapsed) = (response.status().as_u16(), watch.elapsed());
    let method = response.request().method().as_str();
    if let Some(ctx) = ctx {
        ctx.metrics.request(method, route, status, elapsed);
    }
    let ms = elapsed.as_secs_f64() * 1000.0;
    let _entered = span.enter();
    if status >= 500 {
        tracing::error!(method, route, status, ms, "answered");
    } else {
        tracing::info!(method, route, status, ms, "answered");
    }
    Ok(response)
}

/// The client's id if it is a plain word of 8 to 64 characters, else one of ours.
fn request_id(req: &ServiceRequest) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        (8..=64).contains(&id.len()) && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    let ours = || {
        let mut hex = [0; 24];
        data_encoding::HEXLOWER.encode_mut(&random_bytes::<12>(), &mut hex);
        // Letters and digits are what a header may hold.
        HeaderValue::from_bytes(&hex).unwrap_or_else(|_| HeaderValue::from_static("none"))
    };
    req.headers().get(REQUEST_ID).filter(plain).cloned().unwrap_or_else(ours)
}

/// A request's id as text.
fn text(request_id: &HeaderValue) -> &str {
    request_id.to_str().unwrap_or_default()
}

/// What the client wants to read.
#[must_use]
pub fn language(headers: &HeaderMap) -> Language {
    headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map_or(Language::Hans, Language::preferred)
}

/// Nobody else sends anything large.
fn may_be_signed_in(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE)
}

async fn read_body(req: &mut ServiceRequest) -> Result<(), Problem> {
    if matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let large = LARGE_BODIES.iter().find(|(path, _)| *path == req.path() && may_be_signed_in(req.headers()));
    let most = large.map_or(MOST_BODY_BYTES, |(_, most)| *most);
    let mut payload = req.take_payload();
    // A body that comes in one piece, as most do, isn't copied.
    let (mut first, mut more) = (Bytes::new(), BytesMut::new());
    let mut length = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::InvalidInput))?;
        length += chunk.len();
        if length > MOST_DRAINED_BYTES.max(2 * most) {
            break;
        }
        if length <= most {
            if first.is_empty() {
                first = chunk;
            } else {
                more.extend_from_slice(&chunk);
            }
        }
    }
    if length > most {
        return Err(too_large(most));
    }
    let body = if more.is_empty() { first } else { [&first[..], &more].concat().into() };
    req.extensions_mut().insert(Body(body));
    Ok(())
}

fn too_large(most: usize) -> Problem {
    let kib = most / 1024;
    let text = Text::new(
        format!("提交的内容过大，最多 {kib} KiB，请精简或分批提交。"),
        format!("The body is too large; at most {kib} KiB, send it in parts."),
    );
    Problem::new(Code::BodyTooLarge).detail(text).fact("most_bytes", most)
}

/// Renders a refusal. Failures that the framework answered itself get the problem of their status.
fn as_problem(response: ServiceResponse<BoxBody>, language: Language, request_id: &str) -> ServiceResponse<BoxBody> {
    let known = response.response().error().and_then(|e| e.as_error::<Problem>()).cloned();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if known.is_none() && matches!(content_type, "application/problem+json" | "application/json") {
        // A handler's own answer (`/readyz` says which part is away); the framework's are text.
        return response;
    }
    let problem = known.unwrap_or_else(|| Problem::new(Code::of_status(response.status())));
    let request = response.request().clone();
    let mut rendered = match Drawn::of(&request) {
        Some(draw) => draw(&problem, request_id, &request),
        None => problem.render(language, request_id),
    };
    for name in [&ALLOW, &ratelimit::POLICY, &ratelimit::LIMIT] {
        if let Some(value) = response.headers().get(name) {
            rendered.headers_mut().insert(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, rendered)
}
