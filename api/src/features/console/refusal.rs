//! A refusal as a page.

use std::borrow::Cow;

use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, ORIGIN, REFERER},
    },
    web::Data,
};
use askama::Template;

use super::{
    POLICY,
    shell::{Area, Shell, own, show},
};
use crate::{
    error::{Code, Problem, Result},
    features::auth::cookie::{CSRF_FIELD, has_word, is_ours},
    http::{
        idempotency::{FORM_FIELD, word_of_a_form},
        observe::Body,
    },
    state::Ctx,
};

/// A field of a form that was refused, as it was sent.
struct Sent {
    name: String,
    value: String,
    /// Empty: it goes along unseen.
    label: String,
    long: bool,
}

/// What people type, and what it is called where nobody knows from which page it comes.
const TYPED: &[(&str, bool, &str, &str)] = &[
    ("reason", true, "理由", "Reason"),
    ("text", true, "文字", "Text"),
    ("answer", true, "答复", "Answer"),
    ("description", true, "说明", "Description"),
    ("note", true, "说明", "Note"),
    ("name", false, "名称", "Name"),
    ("title", false, "标题", "Title"),
    ("place", false, "地点", "Place"),
    ("amount", false, "金额（元）", "Amount (yuan)"),
    ("value", false, "数值", "Value"),
    ("date", false, "日期", "Day"),
    ("source", false, "来源", "Source"),
    ("number", false, "编号", "Number"),
    ("party", false, "单位", "Party"),
    ("address", false, "地址", "Address"),
    ("phone", false, "电话", "Telephone"),
    ("intro", true, "简介", "Introduction"),
];

/// What is never shown again.
const SECRET: [&str; 3] = ["password", "otp", "code"];

/// What goes along with a sign-in, in bytes: a form takes little more. What is longer holds a file.
const MOST_KEPT: usize = 60_000;
/// What is longer isn't for people to read.
const MOST_IN_A_LINE: usize = 500;

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
    if !ours || fields.iter().any(|(name, _)| SECRET.contains(&&**name)) {
        return Vec::new();
    }
    fields.into_iter().filter(|(name, _)| ![CSRF_FIELD, FORM_FIELD].contains(&&**name)).collect()
}

/// What was typed, to be shown again: it isn't lost with the page. What was chosen of lists goes along as it was;
/// the page's own form has them.
fn shown(shell: &Shell, typed: Typed, wrong: impl Fn(&str) -> bool) -> Vec<Sent> {
    let sent = typed.into_iter().map(|(name, value)| {
        let known = TYPED.iter().find(|(known, ..)| *known == name);
        let label = known.map(|(_, _, zh, en)| shell.t(zh, en).to_owned());
        let label = label.or_else(|| wrong(&name).then(|| format!("{}{name}", shell.t("有误的一项：", "Wrong: "))));
        let long = known.is_some_and(|(_, long, ..)| *long) || value.contains('\n');
        Sent { name, value, label: label.unwrap_or_default(), long }
    });
    sent.collect()
}

/// The same where nobody knows any of it by a name: by the names that it was sent under.
fn shown_anyway(shell: &Shell, typed: Typed) -> Vec<Sent> {
    let mut sent = shown(shell, typed, |_| false);
    if sent.iter().all(|field| field.label.is_empty()) {
        for field in sent.iter_mut().filter(|field| field.value.len() <= MOST_IN_A_LINE) {
            field.name.clone_into(&mut field.label);
        }
    }
    sent
}

#[derive(Template)]
#[template(path = "console/refusal.html")]
struct RefusalPage<'a> {
    shell: Shell,
    title: &'a str,
    detail: &'a str,
    fields: Vec<(&'a str, Cow<'a, str>)>,
    code: &'a str,
    request_id: &'a str,
    back: Option<String>,
    action: &'a str,
    sent: Vec<Sent>,
    once: String,
    /// The sign-in is over, and begins anew here; with what was typed.
    ended: bool,
    next: &'a str,
    username: &'a str,
    second: bool,
    kept: &'a str,
    kept_to: &'a str,
}

/// Who isn't signed in goes to the sign-in and comes back; everything else is told. A form that comes too late
/// keeps what was typed: through the sign-in, or, where somebody signed in meanwhile, under the new word.
pub(super) fn draw(problem: &Problem, request_id: &str, req: &HttpRequest) -> HttpResponse {
    let shell = Shell::of(req);
    let out = problem.code() == Code::NotSignedIn;
    if out && req.method() == Method::GET {
        let next = form_urlencoded::byte_serialize(shell.here().as_bytes()).collect::<String>();
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
    let back = req.headers().get(REFERER).and_then(|value| value.to_str().ok());
    let back = back.and_then(|back| back.split_once("://")?.1.split_once('/')).map(|(_, path)| format!("/{path}"));
    let back = back.filter(|path| req.method() != Method::GET && own(Some(path), "") == path);
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
    let sent = if out {
        shown_anyway(&shell, typed)
    } else {
        let wrong = |name: &str| problem.faults(language).any(|(field, _)| field == name);
        let sent = shown(&shell, typed, wrong);
        if sent.iter().any(|field| !field.label.is_empty()) { sent } else { Vec::new() }
    };
    let home = shell.area.home();
    let page = RefusalPage {
        next: back.as_deref().unwrap_or(home),
        back: back.clone(),
        action: req.path(),
        sent,
        once: word_of_a_form(),
        title: &title,
        detail: &detail,
        fields: problem.faults(language).collect(),
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
struct KeptPage<'a> {
    shell: Shell,
    action: &'a str,
    sent: Vec<Sent>,
    once: String,
}

/// After the sign-in: the form that came too late, under the word of the new session. Nothing if it isn't one.
pub(super) fn kept(shell: Shell, to: &str, kept: &str) -> Option<Result<HttpResponse>> {
    let typed: Typed = serde_json::from_str(kept).ok()?;
    let home = shell.area.home();
    if typed.is_empty() || own(Some(to), "") != to || !to.starts_with(home) {
        return None;
    }
    let sent = shown_anyway(&shell, typed);
    Some(show(&KeptPage { action: to, sent, once: word_of_a_form(), shell }))
}
