//! JSON bodies. Failures name the field and say in both languages what is wrong.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE};
use serde::de::DeserializeOwned;

use super::{observe::Body, values::Object};
use crate::error::{Code, Problem, Text};

/// The body, parsed. An absent body is taken as `{}`, so that an action without arguments needs
/// none.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(req).map(Self))
    }
}

fn parse<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, Problem> {
    let body = Body::of(req);
    let bytes: &[u8] = if body.is_empty() { b"{}" } else { &body };
    if !body.is_empty() && !is_json(req) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer).map_err(|e| {
        if matches!(e.inner().classify(), serde_json::error::Category::Data) {
            field_problem(&e.path().to_string(), &e.inner().to_string())
        } else {
            Problem::field(
                "body",
                "malformed",
                Text::new("请求内容不是有效的 JSON。", format!("The body is not valid JSON: {}.", e.inner())),
            )
        }
    })?;
    deserializer.end().map_err(|_| {
        Problem::field(
            "body",
            "malformed",
            Text::new("请求内容不是有效的 JSON。", "The body holds more than one JSON value."),
        )
    })?;
    Ok(value)
}

fn is_json(req: &HttpRequest) -> bool {
    let value = req.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    value.split(';').next().is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

/// Turns a serde message into the field at fault and its texts.
pub(crate) fn field_problem(path: &str, message: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let path = if path == "." || path == "?" { "" } else { path };
    if let Some(mut parts) = message.strip_prefix('@').map(|coded| coded.splitn(3, '|')) {
        let (code, zh, en) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let code = CODED.iter().find(|known| **known == code).copied().unwrap_or("invalid");
        return Problem::field(path, code, Text::new(format!("{path}：{zh}"), format!("{path}: {en}")));
    }
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return Problem::field(
            &path,
            "missing",
            Text::new(format!("缺少必填项 {path}。"), format!("{path} is required.")),
        );
    }
    if let Some(name) = message.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
        return Problem::field(
            name,
            "repeated",
            Text::new(format!("{name} 只能填写一次。"), format!("{name} may be given only once.")),
        );
    }
    let (code, zh) = if message.starts_with("unknown variant") || message.starts_with("expected one of") {
        ("unknown_value", "不是可选的值")
    } else if message.starts_with("invalid type") {
        ("wrong_type", "类型不正确")
    } else {
        ("invalid", "格式不正确")
    };
    let path = if path.is_empty() { "body" } else { path };
    let expected = without_value(message);
    Problem::field(path, code, Text::new(format!("{path} {zh}。"), format!("{path}: {expected}.")))
}

/// Serde's messages repeat the value that didn't fit; what was expected says enough.
fn without_value(message: &str) -> String {
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None if message.starts_with("expected ") => message.to_owned(),
        None => "the value doesn't fit".to_owned(),
    }
}

/// The words that parsed values may answer with.
const CODED: &[&str] =
    &["control_character", "empty", "too_long", "not_a_date", "not_a_month", "not_an_instant", "out_of_range"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_does_not_fit_is_not_repeated() {
        let of = |message: &str| field_problem("name", message).text().en.to_string();
        assert_eq!(of("invalid type: string \"陈小米, expected 1\", expected a map"), "name: expected a map.");
        assert_eq!(of("unknown variant `陈小米`, expected `a` or `b`"), "name: expected `a` or `b`.");
        assert_eq!(of("invalid digit found in 13900001234"), "name: the value doesn't fit.");
        assert_eq!(
            of("expected a time of day HH:MM, 00:00 to 24:00"),
            "name: expected a time of day HH:MM, 00:00 to 24:00."
        );
    }
}
