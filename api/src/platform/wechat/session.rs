//! `sns/jscode2session`: who got this code from `wx.login`. The `session_key` that WeChat returns is
//! dropped here: nothing needs it, so nothing keeps it.

use serde::Deserialize;

use super::{Call, JSON_MOST, WeChat, WeChatApi, errors::WeChatError};
use crate::platform::wechat::errors::Class;

#[derive(Deserialize)]
struct Session {
    openid: Option<String>,
}

impl WeChat {
    /// The openid of the user who got `code` from `wx.login`. In the sandbox `dev:<name>` is that
    /// guardian.
    pub async fn openid(&self, code: &str) -> Result<String, WeChatError> {
        match self {
            Self::Sandbox => match code.strip_prefix("dev:") {
                Some(name) if !name.is_empty() => Ok(format!("sandbox-{name}")),
                _ => Err(WeChatError::of(Call::Session, Class::Caller)),
            },
            Self::Api(api) => api.openid(code).await,
        }
    }
}

impl WeChatApi {
    async fn openid(&self, code: &str) -> Result<String, WeChatError> {
        let request = self.0.client.get(format!("{}/sns/jscode2session", self.0.base_url)).query(&[
            ("appid", self.0.appid.as_str()),
            ("secret", self.0.secret.as_str()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]);
        let body = self.0.exchange(Call::Session, "", request, JSON_MOST).await?;
        let session: Session = serde_json::from_slice(&body).map_err(|_| WeChatError::away(Call::Session))?;
        session.openid.filter(|openid| !openid.is_empty()).ok_or(WeChatError::away(Call::Session))
    }
}
