//! A refusal as a page.

use std::borrow::Cow;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, ORIGIN},
    },
    web::Data,
};
use askama::Template;

use super::{
    POLICY,
    fields::Fields,
    shell::{Area, Shell, former, own, show},
    typed::{self, As},
};
use crate::{
    error::{Code, Problem, Result},
    features::auth::cookie::{CSRF_FIELD, has_word, is_ours},
    http::{idempotency::FORM_FIELD, observe::Body},
    state::Ctx,
};

/// What is never shown again.
fn is_secret(path: &str, name: &str) -> bool {
    // Of plan inputs it is the figure's.
    matches!(name, "password" | "otp") || (name == "code" && !path.starts_with("/bureau/plan-inputs"))
}

/// What goes along with a sign-in, in bytes: a form takes little more. What is longer holds a file.
const MOST_KEPT: usize = 60_000;

/// Whether a form comes from our own pages, as the browser says; some browsers don't.
pub(super) fn from_here(req: &HttpRequest) -> Option<bool> {
    let header = |name: HeaderName| req.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return Some(matches!(site, "same-origin" | "none"));
    }
    // `null` is of nobody.
    let host = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_ascii_lowercase());
    let ours = req.connection_info().host().to_ascii_lowercase();
    header(ORIGIN).map(|origin| host(origin) == Some(ours))
}

/// What was typed into a form, and what went along.
type Typed = Vec<(String, String)>;

/// The fields of the form that was refused: none of a form that isn't ours (by its word, which may be of a session
/// that is over, and by what the browser says), or that holds a secret.
fn typed(ctx: &Ctx, req: &HttpRequest) -> Typed {
    if req.content_type() != "application/x-www-form-urlencoded" || from_here(req) == Some(false) {
        return Vec::new();
    }
    let body = Body::of(req);
    if body.len() > MOST_KEPT {
        return Vec::new();
    }
    let fields: Typed = form_urlencoded::parse(&body).into_owned().collect();
    let ours = fields.iter().any(|(name, word)| name == CSRF_FIELD && is_ours(ctx, word));
    if !ours || fields.iter().any(|(name, _)| is_secret(req.path(), name)) {
        return Vec::new();
    }
    fields.into_iter().filter(|(name, _)| ![CSRF_FIELD, FORM_FIELD].contains(&&**name)).collect()
}

#[derive(Template)]
#[template(path = "console/refusal.html")]
struct RefusalPage<'a> {
    shell: Shell,
    title: &'a str,
    detail: &'a str,
    /// What is wrong, by what each field is called.
    fields: Vec<(String, Cow<'a, str>)>,
    code: &'a str,
    request_id: &'a str,
    back: Option<String>,
    /// The form again, as it was sent.
    form: Option<Fields>,
    /// The same to be read, while nobody is signed in.
    sent: Vec<(String, String)>,
    /// What was sent held a file, which no page keeps.
    file: bool,
    /// The sign-in is over, and begins anew here; with what was typed.
    ended: bool,
    next: &'a str,
    username: &'a str,
    second: bool,
    kept: &'a str,
    kept_to: &'a str,
}

/// The page that a filter was refused of, without what was wrong with it.
fn unfiltered(problem: &Problem, shell: &Shell) -> Option<String> {
    let without: Vec<(&str, &str)> = problem.faults(shell.language).map(|(field, _)| (field, "")).collect();
    Some(shell.with(&without)).filter(|there| !without.is_empty() && *there != shell.here())
}

/// Who isn't signed in goes to the sign-in and comes back; everything else is told. A form that comes too late
/// keeps what was typed: through the sign-in, or, where somebody signed in meanwhile, under the new word.
pub(super) fn draw(problem: &Problem, request_id: &str, req: &HttpRequest) -> HttpResponse {
    let shell = Shell::of(req);
    // Nobody's large body is read: what comes after the end of the sign-in isn't too large for who signs in.
    let unread = problem.code() == Code::BodyTooLarge && shell.role.is_none();
    let signed_out = Problem::new(Code::NotSignedIn);
    let problem = if unread { &signed_out } else { problem };
    let out = problem.code() == Code::NotSignedIn;
    if out && req.method() == Method::GET {
        // To the page of a table, not to its file.
        let here = if req.path().starts_with("/api/") { former(req) } else { Some(shell.here()) };
        let here = here.unwrap_or_else(|| Area::of(req.path()).home().to_owned());
        let next = form_urlencoded::byte_serialize(here.as_bytes()).collect::<String>();
        let home = Area::of(req.path()).home();
        return HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("{home}/sign-in?next={next}")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish();
    }
    let language = shell.language;
    let (title, detail) = (problem.code().text(), problem.text().in_language(language));
    let title = title.in_language(language);
    // Where the form was, if one was sent.
    let file = req.path().starts_with("/api/");
    let back = if file || req.method() != Method::GET { former(req) } else { unfiltered(problem, &shell) };
    let ctx = req.app_data::<Data<Ctx>>();
    let typed = ctx.map(|ctx| typed(ctx, req)).unwrap_or_default();
    // Somebody is signed in, and the page was of another sign-in.
    let stale = out && shell.role.is_some() && ctx.is_some_and(|ctx| !has_word(ctx, req));
    let ended = out && !stale;
    let shell = if ended { shell.without_sign_in() } else { shell };
    let t = |zh, en| shell.t(zh, en).to_owned();
    let (title, detail) = match (stale, ended) {
        (true, _) => (
            t("页面已过期", "The page is out of date"),
            t(
                "这个页面是上次登录时打开的，没有提交成功。请核对下面的内容后重新提交；下面没有内容的，请返回刷新页面后再试。",
                "The page was opened under another sign-in, and nothing was done. Look through what stands below and send \
                 it again; where nothing does, go back, load the page anew and try again.",
            ),
        ),
        (_, true) if !typed.is_empty() => (
            title.into_owned(),
            t(
                "登录已结束，没有提交成功。请在这里重新登录，您填写的内容会保留，登录后核对提交即可。",
                "The sign-in is over, and nothing was done. Sign in here: what you typed is kept, to be sent then.",
            ),
        ),
        _ => (title.into_owned(), detail.into_owned()),
    };
    let kept =
        if ended && !typed.is_empty() { serde_json::to_string(&typed).unwrap_or_default() } else { String::new() };
    let sent = ctx.filter(|_| ended).map(|ctx| typed::read(ctx, &shell, req.path(), &typed)).unwrap_or_default();
    let form = ctx.filter(|_| !ended && !typed.is_empty());
    let form = form.and_then(|ctx| typed::form(ctx, &shell, req.path(), &typed, Some(problem)));
    let file = ended && (unread || req.content_type() == "multipart/form-data" || Body::of(req).len() > MOST_KEPT);
    let fields = problem.faults(language).map(|(field, text)| {
        let called = typed::called(&shell, field).map(|(label, _)| label).filter(|label| !label.is_empty());
        (called.unwrap_or_else(|| field.to_owned()), text)
    });
    let home = shell.area.home();
    let page = RefusalPage {
        next: back.as_deref().unwrap_or(home),
        back: back.clone(),
        form,
        sent,
        file,
        title: &title,
        detail: &detail,
        fields: fields.collect(),
        code: problem.code().as_str(),
        request_id,
        ended,
        username: "",
        second: false,
        kept: &kept,
        kept_to: req.path(),
        shell,
    };
    let body = page.render().unwrap_or_default();
    HttpResponse::build(problem.code().status())
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .body(body)
}

#[derive(Template)]
#[template(path = "console/kept.html")]
struct KeptPage {
    shell: Shell,
    form: Fields,
}

/// After the sign-in: the form that came too late, under the word of the new session. Nothing if it isn't one.
pub(super) fn kept(ctx: &Ctx, shell: Shell, to: &str, kept: &str) -> Option<Result<HttpResponse>> {
    let typed: Typed = serde_json::from_str(kept).ok()?;
    let home = shell.area.home();
    if typed.is_empty() || own(Some(to), "") != to || !to.starts_with(home) {
        return None;
    }
    // Of nothing to be read there is still the button.
    let unseen = || {
        let form = Fields::post(&shell, to, shell.t("继续提交", "Send it now"));
        typed.iter().fold(form, |form, (name, value)| form.sent(name.clone(), "", As::Unseen, value.clone()))
    };
    let form = typed::form(ctx, &shell, to, &typed, None).unwrap_or_else(unseen);
    Some(show(&KeptPage { form, shell }))
}
