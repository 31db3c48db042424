//! Personas: whoever calls, their answers, and the checks of answers.

use std::fmt::Write as _;

use quanxiangtuo::error::Code;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::Value;

use crate::{app::TestApp, contract};

/// Paths at the root; all others are below `/api/v1`.
const AT_ROOT: &[&str] = &["/healthz", "/readyz", "/metrics", "/openapi.yaml", "/docs", "/map", "/api"];

/// Someone who calls the API.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    refresh_token: Option<String>,
    user: Value,
    language: Option<&'static str>,
    checked: bool,
}

impl Client {
    /// Not signed in.
    #[must_use]
    pub const fn new(http: reqwest::Client, base: String) -> Self {
        Self { http, base, token: None, refresh_token: None, user: Value::Null, language: None, checked: true }
    }

    /// The same caller with this access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// As the answer of a sign-in or refresh says.
    #[must_use]
    pub fn signed_in(&self, reply: &Reply) -> Self {
        Self {
            token: Some(reply.text("/access_token")),
            refresh_token: Some(reply.text("/refresh_token")),
            user: reply.body["user"].clone(),
            ..self.clone()
        }
    }

    /// The same caller, reading English.
    #[must_use]
    pub fn english(&self) -> Self {
        Self { language: Some("en"), ..self.clone() }
    }

    /// The same caller at another replica.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self { base: app.url(), ..self.clone() }
    }

    /// The same caller at another address.
    #[must_use]
    pub fn at_url(&self, url: &str) -> Self {
        Self { base: url.to_owned(), ..self.clone() }
    }

    /// Without the check against `openapi.yaml`, for routes and methods that don't exist.
    #[must_use]
    pub fn unchecked(&self) -> Self {
        Self { checked: false, ..self.clone() }
    }

    /// The access token.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_else(|| panic!("not signed in"))
    }

    /// The refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> &str {
        self.refresh_token.as_deref().unwrap_or_else(|| panic!("not signed in over the API"))
    }

    /// The id that the sign-in gave.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.user["id"].as_str().unwrap_or_else(|| panic!("not signed in over the API"))
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, &[]).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    /// POST with an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body), &[("Idempotency-Key", key)]).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// DELETE with a JSON body.
    pub async fn delete_with(&self, path: &str, body: Value) -> Reply {
        self.send(Method::DELETE, path, Some(body), &[]).await
    }

    /// Any method, body and headers.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![];
        if body.is_some() {
            all.push(("Content-Type", "application/json"));
        }
        all.extend_from_slice(headers);
        let bytes = body.map(|body| serde_json::to_vec(&body).unwrap());
        self.send_bytes(method, path, bytes, &all).await
    }

    /// POST with a JSON body to a server that may die meanwhile: nothing if no answer came.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<(u16, HeaderMap, Vec<u8>)> {
        let url = format!("{}/api/v1{path}", self.base);
        let response = self.http.post(url).bearer_auth(self.token()).json(body).send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Some((status, headers, response.bytes().await.ok()?.to_vec()))
    }

    /// A body as it is, right or wrong; nothing is added to the headers but the token and the
    /// language.
    pub async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let at_root = AT_ROOT.iter().any(|root| path.starts_with(root));
        let path = if at_root { path.to_owned() } else { format!("/api/v1{path}") };
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(language) = self.language {
            request = request.header("Accept-Language", language);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let call = format!("{method} {path}");
        let response = request.send().await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap_or_else(|error| panic!("{call}: {error:?}")).to_vec();
        let is_json = content_type(&headers).is_some_and(|t| t.ends_with("json"));
        let body = if is_json {
            serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{call}: not JSON: {error}"))
        } else {
            Value::Null
        };
        let reply = Reply { call, status: status.as_u16(), headers, body, bytes };
        if self.checked {
            contract::check(&method, path.split('?').next().unwrap_or(&path), &reply);
        }
        reply
    }
}

/// The type of a body without its parameters.
#[must_use]
pub fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    call: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body if it is JSON, else null.
    pub body: Value,
    /// The body as sent.
    pub bytes: Vec<u8>,
}

impl Reply {
    fn shown(&self) -> String {
        let mut text = format!("{} answered {}", self.call, self.status);
        if self.body.is_null() {
            let _ = write!(text, " with {:.2000}", String::from_utf8_lossy(&self.bytes));
        } else {
            let _ = write!(text, " with {:#}", self.body);
        }
        text
    }

    /// Asserts the status and gives the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert!(self.status == status, "expected {status}, but {}", self.shown());
        self.body
    }

    /// 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200)
    }

    /// 201.
    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201)
    }

    /// 204.
    #[track_caller]
    pub fn no_content(self) {
        self.expect(204);
    }

    /// A refusal with this status and code; gives the problem.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert!(self.status == status && self.body["code"] == code, "expected {status} {code}, but {}", self.shown());
        assert_eq!(content_type(&self.headers).as_deref(), Some("application/problem+json"), "{}", self.shown());
        self.body
    }

    /// `INVALID_INPUT` at this field; gives the problem.
    #[track_caller]
    pub fn invalid(self, field: &str) -> Value {
        let fields: Vec<&str> =
            self.body["errors"].as_array().into_iter().flatten().filter_map(|e| e["field"].as_str()).collect();
        assert!(fields.contains(&field), "expected the field {field} to be refused, but {}", self.shown());
        self.problem(400, "INVALID_INPUT")
    }

    /// The stable code of a refusal; `None` if it is none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        (self.status >= 400).then(|| self.body["code"].as_str()).flatten()
    }

    /// A text of the body by JSON pointer.
    #[track_caller]
    #[must_use]
    pub fn text(&self, pointer: &str) -> String {
        match self.body.pointer(pointer).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => panic!("no text at {pointer}: {}", self.shown()),
        }
    }

    /// The `id` of the body.
    #[track_caller]
    #[must_use]
    pub fn id(&self) -> String {
        self.text("/id")
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether it succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }
}

/// Every refusal says the same in body, status and header; more than the schema can.
pub(crate) fn check_problem(reply: &Reply) -> Result<(), String> {
    let body = &reply.body;
    let code = body["code"].as_str().unwrap_or("");
    let known = Code::ALL.iter().find(|known| known.as_str() == code).ok_or(format!("unknown code {code}"))?;
    if known.status().as_u16() != reply.status || body["status"] != reply.status {
        return Err(format!("{code} under status {}", reply.status));
    }
    if body["request_id"].as_str() != reply.header("x-request-id") {
        return Err("request_id differs from X-Request-Id".to_owned());
    }
    if matches!(reply.status, 429 | 503) && reply.header("retry-after").is_none() {
        return Err("no Retry-After".to_owned());
    }
    Ok(())
}

/// Calls until a limit refuses: not before `least` went through, and soon after. A count that the store
/// didn't answer in time lets its call through.
pub async fn limited_after(least: usize, call: impl AsyncFn() -> Reply) {
    for n in 0..least + 3 {
        let reply = call().await;
        if reply.status == 429 {
            assert!(n >= least, "refused after {n}");
            reply.problem(429, "RATE_LIMITED");
            return;
        }
        assert!(reply.is_success(), "{:?}", reply.code());
    }
    panic!("no limit after {least}");
}
