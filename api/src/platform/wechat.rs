//! WeChat: `sns/jscode2session`, `cgi-bin/stable_token` and `wxa/getwxacodeunlimit`, or the sandbox
//! of the embedded default.
//!
//! The `session_key` that WeChat returns is dropped here: nothing needs it, so nothing keeps it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::kv::Kv;

/// Where the access token is shared by all replicas.
const TOKEN_KEY: &str = "wechat:token";
/// A token is dropped so long before it ends.
const TOKEN_MARGIN_S: u64 = 300;

/// How long WeChat may take; beyond it the family is asked to try again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Where codes are exchanged.
#[derive(Clone)]
pub enum WeChat {
    /// Codes `dev:<name>` sign in as that guardian. Demonstration only.
    Sandbox,
    /// api.weixin.qq.com, or a fake of it.
    Api(WeChatApi),
}

/// A client of WeChat's server API.
#[derive(Clone)]
pub struct WeChatApi {
    client: reqwest::Client,
    base_url: String,
    appid: String,
    secret: String,
}

/// Why a code was not exchanged, by what the caller can do about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeChatError {
    /// 40029 invalid, 40163 used before: call `wx.login` again.
    #[error("the code is invalid or was used")]
    Code,
    /// 45011 too often, -1 busy, time-outs, dropped connections: later.
    #[error("WeChat is busy or away")]
    Busy,
    /// 40226: WeChat blocks this user as high-risk.
    #[error("WeChat refuses this account")]
    Blocked,
    /// Anything else: our appid or secret. Loud, for only we can mend it.
    #[error("WeChat refuses our configuration (errcode {0})")]
    Configuration(i64),
}

/// WeChat answers 200 for everything; `errcode` absent or 0 means success.
#[derive(Deserialize)]
struct Code2Session {
    #[serde(default)]
    errcode: i64,
    openid: Option<String>,
}

/// Failures of the calls that need a token, and the token itself.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    errcode: i64,
    access_token: Option<String>,
    #[serde(default)]
    expires_in: u64,
}

impl WeChat {
    /// A mini-program code as a picture: it opens `page` with `scene` (32 characters at most).
    /// `None` in the sandbox.
    pub async fn mini_program_code(
        &self,
        kv: &Kv,
        page: &str,
        scene: &str,
        width: i32,
    ) -> Option<Result<Vec<u8>, WeChatError>> {
        match self {
            Self::Sandbox => None,
            Self::Api(api) => Some(api.mini_program_code(kv, page, scene, width).await),
        }
    }

    /// The client for WeChat at `base_url`.
    pub fn api(base_url: &str, appid: &str, secret: &str) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).connect_timeout(ANSWER_WITHIN).build()?;
        Ok(Self::Api(WeChatApi {
            client,
            base_url: base_url.trim_end_matches('/').to_owned(),
            appid: appid.to_owned(),
            secret: secret.to_owned(),
        }))
    }

    /// The openid of the user who got `code` from `wx.login`.
    pub async fn openid(&self, code: &str) -> Result<String, WeChatError> {
        match self {
            Self::Sandbox => match code.strip_prefix("dev:") {
                Some(name) if !name.is_empty() => Ok(format!("sandbox-{name}")),
                _ => Err(WeChatError::Code),
            },
            Self::Api(api) => api.openid(code).await,
        }
    }
}

impl WeChatApi {
    async fn openid(&self, code: &str) -> Result<String, WeChatError> {
        let request = self.client.get(format!("{}/sns/jscode2session", self.base_url)).query(&[
            ("appid", self.appid.as_str()),
            ("secret", self.secret.as_str()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]);
        // `without_url`: the query holds our secret.
        let response = request.send().await.map_err(|error| busy(&error.without_url()))?;
        let body = response.bytes().await.map_err(|error| busy(&error.without_url()))?;
        // WeChat labels JSON as text/plain, so the bytes are parsed, not the content type.
        let answer: Code2Session = serde_json::from_slice(&body).map_err(|_| WeChatError::Busy)?;
        match (answer.errcode, answer.openid) {
            (0, Some(openid)) if !openid.is_empty() => Ok(openid),
            (40029 | 40163, _) => Err(WeChatError::Code),
            (-1 | 45011, _) => Err(WeChatError::Busy),
            (40226, _) => Err(WeChatError::Blocked),
            (errcode, _) => {
                tracing::error!(errcode, "wechat refuses our configuration: check WECHAT_APPID and WECHAT_SECRET");
                Err(WeChatError::Configuration(errcode))
            }
        }
    }
}

impl WeChatApi {
    /// WeChat answers with the picture's bytes, or with JSON if it refuses. A token that it no longer
    /// takes is replaced once.
    async fn mini_program_code(&self, kv: &Kv, page: &str, scene: &str, width: i32) -> Result<Vec<u8>, WeChatError> {
        let mut token = self.token(kv, None).await?;
        for last in [false, true] {
            let request = self
                .client
                .post(format!("{}/wxa/getwxacodeunlimit", self.base_url))
                .query(&[("access_token", token.as_str())])
                .json(&json!({ "scene": scene, "page": page, "check_path": false, "width": width }));
            let response = request.send().await.map_err(|error| busy(&error.without_url()))?;
            let body = response.bytes().await.map_err(|error| busy(&error.without_url()))?;
            if !body.starts_with(b"{") {
                return Ok(body.to_vec());
            }
            let refused: TokenAnswer = serde_json::from_slice(&body).map_err(|_| WeChatError::Busy)?;
            match refused.errcode {
                40001 | 40014 | 42001 if !last => token = self.token(kv, Some(&token)).await?,
                -1 | 45009 | 45029 => return Err(WeChatError::Busy),
                errcode => {
                    tracing::error!(errcode, "wechat refuses a mini-program code: check WECHAT_CAMPAIGN_PAGE");
                    return Err(WeChatError::Configuration(errcode));
                }
            }
        }
        Err(WeChatError::Busy)
    }

    /// The access token: the one all replicas share, unless it is `refused`. The stable token is the
    /// same for whoever asks, so that two askers don't end each other's.
    async fn token(&self, kv: &Kv, refused: Option<&str>) -> Result<String, WeChatError> {
        if let Ok(Some(token)) = kv.get(TOKEN_KEY).await
            && refused != Some(&token)
        {
            return Ok(token);
        }
        let request = self.client.post(format!("{}/cgi-bin/stable_token", self.base_url)).json(&json!({
            "grant_type": "client_credential", "appid": self.appid, "secret": self.secret,
            "force_refresh": refused.is_some(),
        }));
        let response = request.send().await.map_err(|error| busy(&error.without_url()))?;
        let body = response.bytes().await.map_err(|error| busy(&error.without_url()))?;
        let answer: TokenAnswer = serde_json::from_slice(&body).map_err(|_| WeChatError::Busy)?;
        match (answer.errcode, answer.access_token) {
            (0, Some(token)) if !token.is_empty() => {
                let life = Duration::from_secs(answer.expires_in.saturating_sub(TOKEN_MARGIN_S).max(1));
                let _ = kv.put(TOKEN_KEY, &token, life).await;
                Ok(token)
            }
            (-1 | 45009 | 45011, _) => Err(WeChatError::Busy),
            (errcode, _) => {
                tracing::error!(errcode, "wechat gives no token: check WECHAT_APPID and WECHAT_SECRET");
                Err(WeChatError::Configuration(errcode))
            }
        }
    }
}

fn busy(error: &reqwest::Error) -> WeChatError {
    tracing::warn!(timeout = error.is_timeout(), connect = error.is_connect(), "wechat did not answer");
    WeChatError::Busy
}
