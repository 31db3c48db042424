//! `cgi-bin/message/subscribe/send`: a subscription message to one user, who agreed to one message of
//! this template each time the mini-program asked.

use serde_json::{Map, Value, json};

use super::{Call, WeChat, WeChatApi, errors::WeChatError};
use crate::platform::kv::Kv;

/// A message to send.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// To whom.
    pub openid: &'a str,
    /// Which template.
    pub template_id: &'a str,
    /// The page that a tap opens, with its query.
    pub page: &'a str,
    /// The template's fields: `thing1` → text, within WeChat's limits.
    pub fields: &'a [(String, String)],
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// WeChat took it.
    Taken,
    /// 43101: the user has agreed to no further message of this template. No error.
    NoCredit,
}

/// No credit left.
const NO_CREDIT: i64 = 43101;

impl WeChat {
    /// Sends a message. The sandbox takes every message and sends none: the program's own list shows
    /// them.
    pub async fn send(&self, kv: &Kv, message: &Message<'_>) -> Result<Sent, WeChatError> {
        match self {
            Self::Sandbox => Ok(Sent::Taken),
            Self::Api(api) => api.send(kv, message).await,
        }
    }
}

impl WeChatApi {
    async fn send(&self, kv: &Kv, message: &Message<'_>) -> Result<Sent, WeChatError> {
        let fields: Map<String, Value> =
            message.fields.iter().map(|(name, value)| (name.clone(), json!({ "value": value }))).collect();
        let body = json!({
            "touser": message.openid, "template_id": message.template_id, "page": message.page,
            "lang": "zh_CN", "data": fields,
        });
        match self.with_token(kv, Call::Message, message.template_id, &body).await {
            Ok(_) => Ok(Sent::Taken),
            Err(error) if error.errcode == NO_CREDIT => Ok(Sent::NoCredit),
            Err(error) => Err(error),
        }
    }
}
