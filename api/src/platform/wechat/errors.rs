//! What WeChat's `errcode`s mean to us, in one place. Sources: the tables of error codes of each call's
//! page and of the global list (developers.weixin.qq.com, 全局错误码).

use std::time::Duration;

use serde::Deserialize;

use super::Call;
use crate::error::{Code, Problem, Text};

/// What a failure asks of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The access token isn't taken: it is refreshed once, and the call made once more.
    Token,
    /// What the caller sent can't be used: a code, an openid, a field. Sending it again is no use.
    Caller,
    /// WeChat is busy, away, or counts us over a limit: later, and not only this call.
    Limited,
    /// WeChat counts this user, or this minute of the call, over a limit: later. Others are served.
    Pace,
    /// WeChat refuses this account, user or content.
    Policy,
    /// Only we can mend it: appid, secret, addresses allowed, template, page.
    Configuration,
}

impl Class {
    /// The word in logs, metrics and rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Caller => "caller",
            Self::Limited => "limited",
            Self::Pace => "pace",
            Self::Policy => "policy",
            Self::Configuration => "configuration",
        }
    }
}

/// Why a call to WeChat gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("WeChat refused {} (class {}, errcode {errcode})", call.as_str(), class.as_str())]
pub struct WeChatError {
    /// What it asks of us.
    pub class: Class,
    /// Which call.
    pub call: Call,
    /// WeChat's code; 0 if there was no answer.
    pub errcode: i64,
    /// The field at fault, where WeChat names one (47003): `thing1`.
    pub field: Option<String>,
    /// When to try again, if that is known.
    pub retry_after: Option<Duration>,
}

/// The limits of [`Class::Pace`] are by the minute.
const PACE: Duration = Duration::from_secs(60);

/// What every answer in JSON may hold.
#[derive(Deserialize)]
struct Outcome {
    errcode: Option<i64>,
    #[serde(default)]
    errmsg: String,
    openid: Option<String>,
    access_token: Option<String>,
}

impl Outcome {
    /// Whether the call was done for sure. Most calls say so by `errcode: 0`; these two prove it by what
    /// was asked for, and a picture is no JSON.
    fn is_proof(&self, call: Call) -> bool {
        let is_there = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        match call {
            Call::Session => is_there(&self.openid),
            Call::Token => is_there(&self.access_token),
            Call::Phone | Call::Message | Call::Text => self.errcode == Some(0),
            Call::Code => false,
        }
    }
}

impl WeChatError {
    /// No answer, or none that is WeChat's.
    pub(super) const fn away(call: Call) -> Self {
        Self { class: Class::Limited, call, errcode: 0, field: None, retry_after: None }
    }

    /// Held back by the breaker.
    pub(super) const fn held_back(call: Call, wait: Duration) -> Self {
        Self { class: Class::Limited, call, errcode: 0, field: None, retry_after: Some(wait) }
    }

    /// A failure of a class that no `errcode` told.
    pub(super) const fn of(call: Call, class: Class) -> Self {
        Self { class, call, errcode: 0, field: None, retry_after: None }
    }

    fn told(call: Call, errcode: i64, errmsg: &str) -> Self {
        let class = class(call, errcode);
        let retry_after = matches!(class, Class::Pace).then_some(PACE);
        Self { class, call, errcode, field: field_at_fault(errcode, errmsg), retry_after }
    }

    /// A short text for a row: class, code and field, nothing that was sent.
    #[must_use]
    pub fn brief(&self) -> String {
        match &self.field {
            Some(field) => format!("{} {} {field}", self.class.as_str(), self.errcode),
            None => format!("{} {}", self.class.as_str(), self.errcode),
        }
    }
}

/// Takes a good answer only: the bytes of a picture, or JSON that proves that the call was done. JSON
/// without proof (a proxy's, `{}`) is no answer of WeChat's, whatever its status.
pub(super) fn judged(call: Call, body: Vec<u8>) -> Result<Vec<u8>, WeChatError> {
    // JPEG or PNG, as WeChat likes.
    if matches!(call, Call::Code) && (body.starts_with(b"\xff\xd8") || body.starts_with(b"\x89PNG")) {
        return Ok(body);
    }
    // WeChat labels JSON as text/plain, so the bytes are parsed, not the content type.
    let outcome: Outcome = serde_json::from_slice(&body).map_err(|_| WeChatError::away(call))?;
    match outcome.errcode {
        Some(errcode) if errcode != 0 => Err(WeChatError::told(call, errcode, &outcome.errmsg)),
        _ if outcome.is_proof(call) => Ok(body),
        _ => Err(WeChatError::away(call)),
    }
}

/// The class of an `errcode` of a call.
const fn class(call: Call, errcode: i64) -> Class {
    match (call, errcode) {
        // Where no token is sent, 40001 speaks of the secret.
        (Call::Session | Call::Token, 40001) => Class::Configuration,
        (_, 40001 | 40014 | 42001) => Class::Token,
        // 45011: so many a minute, of sign-in each user's; 43108: a message to the same user under way.
        (_, 45011 | 43108) => Class::Pace,
        // Busy; quotas by day.
        (_, -1 | 45009 | 45029) => Class::Limited,
        // The phone button's page knows 40013 as a code that another mini-program's button gave: our own
        // appid is in no call with a token.
        (Call::Phone, 40013) => Class::Caller,
        // Codes that are wrong, used, over or of another user; an openid that isn't ours; arguments.
        (_, 40003 | 40029 | 40163 | 40169 | 41008 | 44002 | 45002 | 47001 | 47003) => Class::Caller,
        // Outcomes, not failures: no credit left; not here within two hours.
        (Call::Message, 43101) | (Call::Text, 61010) => Class::Caller,
        // A risky user; messages or the account banned; sensitive words; risky content.
        (_, 40226 | 43107 | 45168 | 48004 | 50002 | 87014) => Class::Policy,
        // Appid 40013, secret 40125, addresses 40164 and 89503, template 40037, page 41030, rights
        // 48001, and whatever we don't know.
        _ => Class::Configuration,
    }
}

/// 47003 names the field: `argument invalid! data.thing3.value invalid rid: …`.
fn field_at_fault(errcode: i64, errmsg: &str) -> Option<String> {
    if errcode != 47003 {
        return None;
    }
    let name = errmsg.split_once("data.")?.1;
    let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
    (!name.is_empty()).then_some(name)
}

impl From<WeChatError> for Problem {
    fn from(error: WeChatError) -> Self {
        // Up to the next whole second.
        let seconds = error.retry_after.map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        match error.class {
            Class::Caller => Self::new(Code::WxCodeInvalid),
            Class::Token | Class::Limited | Class::Pace => match seconds {
                Some(seconds) => Self::new(Code::WxBusy).retry_after(seconds),
                None => Self::new(Code::WxBusy),
            },
            Class::Policy => Self::new(Code::Forbidden).detail(Text::new(
                "微信提示该账号存在风险，暂不能使用，请联系微信客服。",
                "WeChat refuses this account.",
            )),
            Class::Configuration => Self::new(Code::WxBusy).retry_after(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_code_may_mean_the_secret_or_the_token() {
        assert_eq!(class(Call::Token, 40001), Class::Configuration);
        assert_eq!(class(Call::Message, 40001), Class::Token);
        assert_eq!(class(Call::Message, 42001), Class::Token);
        assert_eq!(class(Call::Text, 61010), Class::Caller);
        assert_eq!(class(Call::Message, 12345), Class::Configuration);
        assert_eq!(class(Call::Phone, 40013), Class::Caller);
        assert_eq!(class(Call::Session, 40013), Class::Configuration);
    }

    #[test]
    fn a_field_at_fault_is_read_from_the_message() {
        for (text, field) in [
            ("argument invalid! data.thing3.value invalid rid: 61111e-01", Some("thing3")),
            (
                "argument invalid! hint: [ciPecA05663945] data.character_string12.value invalid",
                Some("character_string12"),
            ),
            ("argument invalid!", None),
        ] {
            let body = serde_json::json!({ "errcode": 47003, "errmsg": text }).to_string();
            let error = judged(Call::Message, body.into_bytes()).unwrap_err();
            assert_eq!((error.class, error.field.as_deref()), (Class::Caller, field));
        }
    }

    #[test]
    fn what_does_not_prove_that_it_was_done_is_no_answer() {
        let nothing = ["", "<html>502</html>", "[]", "{}", "{\"errcode\":\"x\"}", "{\"message\":\"Internal Error\"}"];
        for call in Call::ALL {
            for body in nothing {
                let error = judged(call, body.into()).unwrap_err();
                assert_eq!((error.class, error.errcode), (Class::Limited, 0), "{call:?} {body}");
            }
        }
        let done = |call, body: &str| judged(call, body.into()).is_ok();
        for call in [Call::Phone, Call::Message, Call::Text] {
            assert!(done(call, "{\"errcode\":0}") && !done(call, "{\"openid\":\"o\",\"access_token\":\"t\"}"));
        }
        assert!(done(Call::Session, "{\"openid\":\"o\"}") && done(Call::Session, "{\"errcode\":0,\"openid\":\"o\"}"));
        assert!(done(Call::Token, "{\"access_token\":\"t\"}"));
        assert!(!done(Call::Session, "{\"errcode\":0,\"openid\":\"\"}") && !done(Call::Token, "{\"errcode\":0}"));
        assert!(judged(Call::Code, b"\x89PNG".to_vec()).is_ok() && !done(Call::Code, "{\"errcode\":0}"));
    }
}
