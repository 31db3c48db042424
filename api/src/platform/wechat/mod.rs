//! WeChat's server API, or the sandbox of the embedded default. Read `errors.rs` (what a failure asks
//! of us) and `token.rs` (the shared access token) first; each call has a file of its own.
//!
//! Every call is bounded in time and in size and goes through a breaker of its own: too many messages
//! must not keep people from signing in. What only we can mend is logged as an error and remembered
//! until the same call succeeds about the same subject, a template or a page ([`WeChat::faults`]):
//! that one template is good says nothing of another.

pub mod code;
pub mod errors;
pub mod fields;
mod phone;
pub mod security;
mod session;
mod subscribe;
pub mod templates;
mod token;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use serde_json::Value;

use self::errors::judged;
pub use self::{
    errors::{Class, WeChatError},
    phone::PhoneNumber,
    security::{Suggest, TextCheck},
    subscribe::{Message, Sent},
};
use super::{breaker::Breaker, clock::Clock, kv::Kv};

/// How long WeChat may take; beyond it the family is asked to try again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of a JSON answer, at most.
const JSON_MOST: usize = 64 * 1024;
/// Bytes of a picture, at most.
const PICTURE_MOST: usize = 4 * 1024 * 1024;
/// So many calls in a row without an answer, and WeChat is left alone…
const FAILURES: u32 = 5;
/// …for so long.
const LEFT_ALONE_FOR: TimeDelta = TimeDelta::seconds(10);

/// Subject of the fault that a good token is refused.
const REFUSED: &str = "refused";

/// The calls we make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// `sns/jscode2session`
    Session,
    /// `cgi-bin/stable_token`
    Token,
    /// `wxa/business/getuserphonenumber`
    Phone,
    /// `cgi-bin/message/subscribe/send`
    Message,
    /// `wxa/msg_sec_check`
    Text,
    /// `wxa/getwxacodeunlimit`
    Code,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Session, Self::Token, Self::Phone, Self::Message, Self::Text, Self::Code];

    /// The word in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Phone => "phone",
            Self::Message => "message",
            Self::Text => "text",
            Self::Code => "code",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Session => "sns/jscode2session",
            Self::Token => "cgi-bin/stable_token",
            Self::Phone => "wxa/business/getuserphonenumber",
            Self::Message => "cgi-bin/message/subscribe/send",
            Self::Text => "wxa/msg_sec_check",
            Self::Code => "wxa/getwxacodeunlimit",
        }
    }

    const fn most(self) -> usize {
        match self {
            Self::Code => PICTURE_MOST,
            _ => JSON_MOST,
        }
    }
}

/// WeChat.
#[derive(Clone)]
pub enum WeChat {
    /// Codes `dev:<name>` sign in as that guardian, `dev:<number>` is a phone, messages go nowhere,
    /// texts pass but for two words. Demonstration only.
    Sandbox,
    /// api.weixin.qq.com, or a fake of it.
    Api(WeChatApi),
}

/// A client of WeChat's server API; clones share it.
#[derive(Clone)]
pub struct WeChatApi(Arc<Inner>);

struct Inner {
    client: reqwest::Client,
    base_url: String,
    appid: String,
    secret: String,
    clock: Clock,
    token: token::TokenState,
    breakers: [Breaker; Call::ALL.len()],
    /// Calls and their subjects whose last answer was that only we can mend it, with WeChat's code.
    faults: Mutex<BTreeMap<(Call, String), i64>>,
}

impl WeChat {
    /// The client for WeChat at `base_url`.
    pub fn api(base_url: &str, appid: &str, secret: &str, clock: Clock) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WITHIN)
            .connect_timeout(ANSWER_WITHIN)
            // The URLs hold tokens: they go nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self::Api(WeChatApi(Arc::new(Inner {
            client,
            base_url: base_url.trim_end_matches('/').to_owned(),
            appid: appid.to_owned(),
            secret: secret.to_owned(),
            clock,
            token: token::TokenState::default(),
            breakers: Call::ALL.map(|_| Breaker::new(FAILURES, LEFT_ALONE_FOR)),
            faults: Mutex::default(),
        }))))
    }

    /// Whether it is the sandbox.
    #[must_use]
    pub const fn is_sandbox(&self) -> bool {
        matches!(self, Self::Sandbox)
    }

    /// Gets the token, so that a wrong appid or secret, or an address that isn't allowed, is known
    /// before the first family comes.
    pub async fn check(&self, kv: &Kv) -> Result<(), WeChatError> {
        match self {
            Self::Sandbox => Ok(()),
            Self::Api(api) => token::token(&api.0, kv, None).await.map(drop),
        }
    }

    /// What only we can mend, as far as this process saw: calls that WeChat refuses for our settings,
    /// with its code; one for each subject.
    #[must_use]
    pub fn faults(&self) -> Vec<(Call, i64)> {
        match self {
            Self::Sandbox => Vec::new(),
            Self::Api(api) => api.0.faults().iter().map(|((call, _), errcode)| (*call, *errcode)).collect(),
        }
    }

    /// Calls that the breaker holds back at present.
    #[must_use]
    pub fn held_back(&self) -> Vec<Call> {
        match self {
            Self::Sandbox => Vec::new(),
            Self::Api(api) => {
                let now = api.0.clock.now();
                Call::ALL.into_iter().filter(|call| api.0.breakers[*call as usize].is_open(now)).collect()
            }
        }
    }
}

impl WeChatApi {
    /// A call about a subject (a template, a page; else empty) with the token in its query. A token that
    /// WeChat no longer takes is replaced once, and the call made once more.
    async fn with_token(&self, kv: &Kv, call: Call, subject: &str, body: &Value) -> Result<Vec<u8>, WeChatError> {
        let token = token::token(&self.0, kv, None).await?;
        let outcome = match self.0.post(call, subject, &token, body).await {
            Err(error) if error.class == Class::Token => match token::token(&self.0, kv, Some(&token)).await {
                Ok(token) => self.0.post(call, subject, &token, body).await,
                Err(error) => Err(error),
            },
            outcome => outcome,
        };
        // A new token that is refused like the old one: not the token's fault.
        let outcome = outcome.map_err(|error| if error.class == Class::Token { token::not_taken() } else { error });
        match &outcome {
            Err(error) if error.call == Call::Token => self.0.remember(Call::Token, REFUSED, Some(error)),
            Ok(_) => self.0.remember(Call::Token, REFUSED, None),
            Err(_) => {}
        }
        outcome
    }
}

impl Inner {
    async fn post(&self, call: Call, subject: &str, token: &str, body: &Value) -> Result<Vec<u8>, WeChatError> {
        let url = format!("{}/{}", self.base_url, call.path());
        let request = self.client.post(url).query(&[("access_token", token)]).json(body);
        self.exchange(call, subject, request, call.most()).await
    }

    /// One request and its answer, unless the breaker holds it back or the answer tells a failure.
    async fn exchange(
        &self,
        call: Call,
        subject: &str,
        request: reqwest::RequestBuilder,
        most: usize,
    ) -> Result<Vec<u8>, WeChatError> {
        let breaker = &self.breakers[call as usize];
        breaker.enter(self.clock.now()).map_err(|wait| WeChatError::held_back(call, wait))?;
        let outcome = bytes(request, most).await.ok_or(WeChatError::away(call)).and_then(|body| judged(call, body));
        match outcome.as_ref().map_err(|error| error.class) {
            Err(Class::Limited) => breaker.failed(self.clock.now()),
            _ => breaker.succeeded(),
        }
        self.remember(call, subject, outcome.as_ref().err());
        outcome
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Call, String), i64>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, call: Call, subject: &str, error: Option<&WeChatError>) {
        match error {
            Some(WeChatError { class: Class::Configuration, errcode, .. }) => {
                tracing::error!(
                    call = call.as_str(),
                    subject,
                    errcode,
                    "wechat refuses our configuration: check WECHAT_APPID, WECHAT_SECRET, the addresses allowed at \
                     WeChat, and the pages and templates of the settings"
                );
                self.faults().insert((call, subject.to_owned()), *errcode);
            }
            // No answer, a limit, or a bad code or token say nothing about the settings.
            Some(_) => {}
            None => {
                self.faults().remove(&(call, subject.to_owned()));
            }
        }
    }
}

/// The body, if it came whole, in time, within `most` bytes and with 200: WeChat answers so even when
/// it refuses, so any other status is a proxy's or a server's that broke, whatever its body says.
async fn bytes(request: reqwest::RequestBuilder, most: usize) -> Option<Vec<u8>> {
    // Without its URL an error holds nothing secret; the query holds our secret or token.
    let told = |error: reqwest::Error| {
        let error = error.without_url();
        tracing::warn!(timeout = error.is_timeout(), connect = error.is_connect(), "wechat did not answer");
    };
    let mut response = request.send().await.map_err(told).ok()?;
    if response.status() != reqwest::StatusCode::OK {
        tracing::warn!(status = response.status().as_u16(), "wechat did not answer with 200");
        return None;
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told).ok()? {
        if body.len() + chunk.len() > most {
            tracing::warn!(most, "wechat's answer is too large");
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
