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
use crate::error::{Code, Problem};

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
}

/// Who isn't signed in goes to the sign-in and comes back; everything else is told.
pub(super) fn draw(problem: &Problem, _: bool, request_id: &str, req: &HttpRequest) -> HttpResponse {
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
