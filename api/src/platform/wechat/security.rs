//! `wxa/msg_sec_check`, version 2: whether a text that a user wrote may be shown.

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    Call, WeChat, WeChatApi,
    errors::{Class, WeChatError},
};
use crate::platform::kv::Kv;

/// Characters of a text, at most.
pub const TEXT_MOST: usize = 2500;
/// In the sandbox a text that contains this is to be reviewed by a person…
pub const SANDBOX_REVIEW: &str = "待审词";
/// …and one that contains this is risky; all others pass.
pub const SANDBOX_RISKY: &str = "违规词";

/// Comments: ratings, replies, complaints.
const SCENE: u8 = 2;
/// The user's last visit was over two hours ago.
const NOT_HERE_LATELY: i64 = 61010;

/// WeChat's advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suggest {
    /// Show it.
    Pass,
    /// A person should look.
    Review,
    /// Don't show it.
    Risky,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextCheck {
    /// WeChat judged it; the label tells why (100 normal, 10001 advertising, 20001 politics, …).
    Judged(Suggest, i64),
    /// WeChat judges no texts of users who weren't here within two hours: an officer must.
    NotHereLately,
}

#[derive(Deserialize)]
struct Answer {
    result: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    suggest: Suggest,
    #[serde(default, deserialize_with = "number_or_text")]
    label: i64,
}

/// The documents say string, it comes as a number.
fn number_or_text<'de, D: Deserializer<'de>>(value: D) -> Result<i64, D::Error> {
    Ok(match Value::deserialize(value)? {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::String(text) => text.parse().unwrap_or(0),
        _ => 0,
    })
}

impl WeChat {
    /// Has a text of a user checked. A text that is longer than [`TEXT_MOST`] is the caller's fault.
    pub async fn check_text(&self, kv: &Kv, openid: &str, text: &str) -> Result<TextCheck, WeChatError> {
        if text.chars().count() > TEXT_MOST {
            return Err(WeChatError::of(Call::Text, Class::Caller));
        }
        match self {
            Self::Sandbox if text.contains(SANDBOX_RISKY) => Ok(TextCheck::Judged(Suggest::Risky, 20012)),
            Self::Sandbox if text.contains(SANDBOX_REVIEW) => Ok(TextCheck::Judged(Suggest::Review, 10001)),
            Self::Sandbox => Ok(TextCheck::Judged(Suggest::Pass, 100)),
            Self::Api(api) => api.check_text(kv, openid, text).await,
        }
    }
}

impl WeChatApi {
    async fn check_text(&self, kv: &Kv, openid: &str, text: &str) -> Result<TextCheck, WeChatError> {
        let body = json!({ "version": 2, "scene": SCENE, "openid": openid, "content": text });
        match self.with_token(kv, Call::Text, "", &body).await {
            Ok(body) => read(&body),
            Err(error) if error.errcode == NOT_HERE_LATELY => Ok(TextCheck::NotHereLately),
            Err(error) => Err(error),
        }
    }
}

fn read(body: &[u8]) -> Result<TextCheck, WeChatError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| WeChatError::away(Call::Text))?;
    Ok(TextCheck::Judged(answer.result.suggest, answer.result.label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_comes_as_a_number_or_as_a_text() {
        for label in [json!(20001), json!("20001")] {
            let body = json!({ "errcode": 0, "errmsg": "ok", "result": { "suggest": "risky", "label": label },
                "detail": [], "trace_id": "x" });
            assert_eq!(read(body.to_string().as_bytes()), Ok(TextCheck::Judged(Suggest::Risky, 20001)));
        }
        assert!(read(b"{}").is_err());
        assert!(read(br#"{"result":{"suggest":"perhaps"}}"#).is_err());
    }
}
