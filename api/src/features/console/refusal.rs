//! A refusal as a page.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, LOCATION, REFERER},
    },
};
use askama::Template;

use super::{
    POLICY,
    shell::{Area, Shell, own},
};
use crate::{
    error::{Code, Problem},
    features::auth::cookie::CSRF_FIELD,
    http::{
        idempotency::{FORM_FIELD, word_of_a_form},
        observe::Body,
    },
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
];

/// What is never shown again.
const SECRET: [&str; 3] = ["password", "otp", "code"];

/// The form that was refused, with what was typed: it isn't lost with the page. What was chosen of lists goes
/// along as it was; the page's own form has them. Nothing of a form that isn't ours (`csrf`).
fn sent(shell: &Shell, req: &HttpRequest, problem: &Problem) -> Vec<Sent> {
    let body = Body::of(req);
    let fields: Vec<_> = form_urlencoded::parse(&body).into_owned().collect();
    let ours = fields.iter().any(|(name, word)| name == CSRF_FIELD && !word.is_empty() && *word == shell.csrf);
    if !ours || fields.iter().any(|(name, _)| SECRET.contains(&&**name)) {
        return Vec::new();
    }
    let wrong = |name: &str| problem.faults(shell.language).any(|(field, _)| field == name);
    let sent = fields.into_iter().filter(|(name, _)| ![CSRF_FIELD, FORM_FIELD].contains(&&**name));
    let sent: Vec<Sent> = sent
        .map(|(name, value)| {
            let known = TYPED.iter().find(|(known, ..)| *known == name);
            let label = known.map(|(_, _, zh, en)| shell.t(zh, en).to_owned());
            let label = label.or_else(|| wrong(&name).then(|| format!("{}{name}", shell.t("有误的一项：", "Wrong: "))));
            let long = known.is_some_and(|(_, long, ..)| *long) || value.contains('\n');
            Sent { name, value, label: label.unwrap_or_default(), long }
        })
        .collect();
    if sent.iter().any(|field| !field.label.is_empty()) { sent } else { Vec::new() }
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
}

/// Who isn't signed in goes to the sign-in and comes back; everything else is told.
pub(super) fn draw(problem: &Problem, request_id: &str, req: &HttpRequest) -> HttpResponse {
    let shell = Shell::of(req);
    if problem.code() == Code::NotSignedIn && req.method() == Method::GET {
        let next = form_urlencoded::byte_serialize(shell.here().as_bytes()).collect::<String>();
        let home = Area::of(req.path()).home();
        return HttpResponse::SeeOther()
            .insert_header((LOCATION, format!("{home}/sign-in?next={next}")))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish();
    }
    let language = shell.language;
    let title = problem.code().text();
    // Where the form was, if one was sent.
    let back = req.headers().get(REFERER).and_then(|value| value.to_str().ok());
    let back = back.and_then(|back| back.split_once("://")?.1.split_once('/')).map(|(_, path)| format!("/{path}"));
    let back = back.filter(|path| req.method() != Method::GET && own(Some(path), "") == path);
    let page = RefusalPage {
        back,
        action: req.path(),
        sent: sent(&shell, req, problem),
        once: word_of_a_form(),
        title: &title.in_language(language),
        detail: &problem.text().in_language(language),
        fields: problem.faults(language).collect(),
        code: problem.code().as_str(),
        request_id,
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
