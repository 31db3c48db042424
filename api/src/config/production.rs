//! What production refuses that a demonstration may have.

use super::{ConfigError, DEFAULTS, Settings, Switch, WalkingEngine, wrong};

impl Settings {
    /// Refuses what only a demonstration may have, and says what to set.
    pub(super) fn fit_for_production(&self) -> Result<(), ConfigError> {
        let default: toml::Table = toml::from_str(DEFAULTS).map_err(|e| wrong("defaults", e.to_string()))?;
        let is_default = |key: &str, value: &str| default.get(key).and_then(toml::Value::as_str) == Some(value);
        if self.wechat_appid.is_empty() || self.wechat_secret.is_empty() {
            return Err(wrong("wechat_appid", "production has no sandbox sign-in: set WECHAT_APPID and WECHAT_SECRET"));
        }
        if is_default("keys", &self.keys) {
            return Err(wrong("keys", "the default key is public: set KEYS=1:$(head -c 32 /dev/urandom | base64)"));
        }
        if is_default("lookup_key", &self.lookup_key) {
            return Err(wrong(
                "lookup_key",
                "the default is public: set LOOKUP_KEY=$(head -c 32 /dev/urandom | base64)",
            ));
        }
        if self.rate_limits == Switch::Off {
            return Err(wrong("rate_limits", "can't be off in production"));
        }
        if !self.wechat_push_token.is_empty() && self.wechat_push_aes_key.is_empty() {
            let problem =
                "production takes pushes in the secure mode only: set WECHAT_PUSH_AES_KEY, or unset the token";
            return Err(wrong("wechat_push_aes_key", problem));
        }
        if self.walking_engine == WalkingEngine::Tencent && !self.tencent_base_url.starts_with("https:") {
            return Err(wrong("tencent_base_url", "must begin with https: in production, for the key is sent there"));
        }
        if !self.clock_start.is_empty() {
            return Err(wrong("clock_start", "the clock of production is the system's: unset CLOCK_START"));
        }
        Ok(())
    }
}
