//! The consoles' sign-in: what else is a bearer token, in a cookie that no script reads.
//!
//! Promises: it ends after a time without a call of a person (a page that refreshes itself is none), and with its session (sign-out, a closed account); a call
//! that changes something carries a second word that only our own pages know (`csrf` in a form, `X-CSRF-Token`
//! in a script's call), so that another site's page can't act through it. `SameSite=Lax` besides: a link from
//! outside opens a page, and sends nothing else.

use std::sync::Arc;

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    http::{
        Method,
        header::{CONTENT_TYPE, HeaderMap},
    },
};
use data_encoding::BASE64URL_NOPAD;
use entity::SessionId;
use subtle::ConstantTimeEq as _;

use super::{
    dto::{SignedInOut, UserOut},
    token::{self, Claims, ConsoleLife},
};
use crate::{
    config::AppEnv,
    error::{Problem, Result},
    http::{multipart, observe::Body},
    state::Ctx,
};

/// The form's field.
pub const CSRF_FIELD: &str = "csrf";
const CSRF_HEADER: &str = "X-CSRF-Token";
/// On what a page asks by itself, without anybody's doing.
const REFRESH_HEADER: &str = "X-Refresh";
const CSRF_PLACE: &str = "console.csrf";
const OURS_PLACE: &str = "console.csrf.ours";

/// `__Host-` in production: the browser takes it over TLS only, and from no other host.
fn name(ctx: &Ctx) -> &'static str {
    if ctx.settings.app_env == AppEnv::Production { "__Host-quanxiangtuo" } else { "quanxiangtuo" }
}

fn life(ctx: &Ctx) -> ConsoleLife {
    ConsoleLife { idle_minutes: ctx.settings.console_idle_minutes, hours: ctx.settings.console_hours }
}

fn cookie(ctx: &Ctx, value: String) -> Cookie<'static> {
    Cookie::build(name(ctx), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(ctx.settings.app_env == AppEnv::Production)
        .finish()
}

fn session_of(ctx: &Ctx, signed_in: &SignedInOut) -> Result<SessionId> {
    let of_api = token::verify(&ctx.keys, &signed_in.access_token, ctx.clock.now());
    Ok(of_api.ok_or_else(|| Problem::internal("no token"))?.sid)
}

/// The word for the forms of somebody who has just signed in.
pub fn csrf_of(ctx: &Ctx, signed_in: &SignedInOut) -> Result<String> {
    Ok(csrf(ctx, session_of(ctx, signed_in)?))
}

/// The cookie of somebody who has just signed in.
pub fn signed_in(ctx: &Ctx, signed_in: &SignedInOut) -> Result<Cookie<'static>> {
    let (now, session) = (ctx.clock.now(), session_of(ctx, signed_in)?);
    let user: &UserOut = &signed_in.user;
    let token = token::issue_console(&ctx.keys, user, session, now, life(ctx)).map_err(Problem::internal)?;
    Ok(cookie(ctx, token))
}

/// The cookie of a call with a later end, now and then. What a page asks by itself isn't somebody's doing, so it
/// puts off no end.
#[must_use]
pub fn renewed(ctx: &Ctx, req: &HttpRequest) -> Option<Cookie<'static>> {
    if req.headers().contains_key(REFRESH_HEADER) {
        return None;
    }
    held(ctx, req)?.renewed(&ctx.keys, ctx.clock.now(), life(ctx)).map(|token| cookie(ctx, token))
}

/// Takes the cookie away.
#[must_use]
pub fn removed(ctx: &Ctx) -> Cookie<'static> {
    let mut cookie = cookie(ctx, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// What the cookie of a request says, whatever the call.
#[must_use]
pub fn held(ctx: &Ctx, req: &HttpRequest) -> Option<Arc<Claims>> {
    let cookie = req.cookie(name(ctx))?;
    ctx.tokens.verify(&ctx.keys, cookie.value(), ctx.clock.now()).filter(|claims| claims.of_console())
}

/// What the cookie of a request says, if the call may be made with one.
pub(super) fn claims(ctx: &Ctx, req: &HttpRequest) -> Option<Arc<Claims>> {
    let claims = held(ctx, req)?;
    let safe = matches!(*req.method(), Method::GET | Method::HEAD);
    (safe || of_session(ctx, req, &claims)).then_some(claims)
}

/// Whether a call carries the word of the session that its cookie is of.
#[must_use]
pub fn has_word(ctx: &Ctx, req: &HttpRequest) -> bool {
    held(ctx, req).is_some_and(|claims| of_session(ctx, req, &claims))
}

fn of_session(ctx: &Ctx, req: &HttpRequest, claims: &Claims) -> bool {
    word(req).is_some_and(|word| is_word(ctx, claims.sid, &word))
}

/// The word that calls of a session's own pages carry. Its second half says that the first is ours, so that a form
/// of a session that is over is told from one that nobody here drew.
#[must_use]
pub fn csrf(ctx: &Ctx, session: SessionId) -> String {
    let of_session = BASE64URL_NOPAD.encode(&ctx.keys.lookup_hash(CSRF_PLACE, &session.to_string()));
    let ours = mark(ctx, &of_session);
    format!("{of_session}.{ours}")
}

fn mark(ctx: &Ctx, of_session: &str) -> String {
    BASE64URL_NOPAD.encode(&ctx.keys.lookup_hash(OURS_PLACE, of_session))
}

/// Whether a word was of a page of ours, of whatever session. It opens nothing.
#[must_use]
pub fn is_ours(ctx: &Ctx, word: &str) -> bool {
    word.split_once('.').is_some_and(|(of, ours)| mark(ctx, of).as_bytes().ct_eq(ours.as_bytes()).into())
}

fn is_word(ctx: &Ctx, session: SessionId, word: &str) -> bool {
    csrf(ctx, session).as_bytes().ct_eq(word.as_bytes()).into()
}

fn word(req: &HttpRequest) -> Option<String> {
    if let Some(word) = req.headers().get(CSRF_HEADER) {
        return word.to_str().ok().map(ToOwned::to_owned);
    }
    match mime(req.headers()) {
        "application/x-www-form-urlencoded" => {
            let body = Body::of(req);
            form_urlencoded::parse(&body).find(|(name, _)| name == CSRF_FIELD).map(|(_, word)| word.into_owned())
        }
        "multipart/form-data" => {
            let part = multipart::parts(req).into_iter().find(|part| part.name == CSRF_FIELD)?;
            String::from_utf8(part.value.into()).ok()
        }
        _ => None,
    }
}

fn mime(headers: &HeaderMap) -> &str {
    let mime = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    mime.split(';').next().unwrap_or_default().trim()
}
