//! Settings: the commented defaults (compiled in), over them the file named by `CONFIG`, over it
//! the environment. The only place that reads the environment. Every problem is reported with the
//! name of the setting at fault.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use entity::MinuteOfDay;
use serde::Deserialize;

use crate::{
    features::indicators::targets::PlanTargets,
    platform::{clock::Clock, crypto::Keyring, wechat::templates::Templates, wechat_push::PushKeys},
};

/// The commented defaults; the list of keys is the closed list of names.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// `demo` or `production`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppEnv {
    /// The embedded default: sandbox, demonstration data.
    Demo,
    /// Real parts only.
    Production,
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// In force.
    On,
    /// Not in force.
    Off,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// What finds ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkingEngine {
    /// Great circle × detour factor; needs nothing.
    Estimate,
    /// A Valhalla of one's own, on OpenStreetMap.
    Valhalla,
    /// Tencent's location service.
    Tencent,
}

impl WalkingEngine {
    /// As it is configured.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Valhalla => "valhalla",
            Self::Tencent => "tencent",
        }
    }
}

/// All settings; `config.default.toml` says what each means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in config.default.toml, key by key")]
pub struct Settings {
    pub app_env: AppEnv,
    pub demo_data: Switch,
    pub listen: String,
    pub data_dir: PathBuf,
    pub database_url: String,
    pub redis_url: String,
    pub kv_prefix: String,
    pub replicas: u32,
    pub workers: usize,
    pub db_pool: u32,
    pub wechat_base_url: String,
    pub wechat_appid: String,
    pub wechat_secret: String,
    pub wechat_campaign_page: String,
    pub wechat_push_token: String,
    pub wechat_push_aes_key: String,
    pub wechat_templates: Templates,
    pub wechat_message_page: String,
    pub public_url: String,
    pub keys: String,
    pub lookup_key: String,
    pub access_token_minutes: u32,
    pub refresh_token_days: u32,
    pub console_idle_minutes: u32,
    /// How old the figures of the officers' first page may be.
    pub console_page_ms: u32,
    pub console_hours: u32,
    pub rate_limits: Switch,
    pub client_address_header: String,
    pub clock_start: String,
    pub walking_engine: WalkingEngine,
    pub valhalla_url: String,
    pub tencent_base_url: String,
    pub tencent_key: String,
    pub walking_timeout_ms: u32,
    pub walking_off_network_m: u32,
    pub walking_speed_kmh: f64,
    pub walking_detour: f64,
    pub cycling_speed_kmh: f64,
    pub e_bike_speed_kmh: f64,
    pub driving_speed_kmh: f64,
    pub satisfaction_target: f64,
    pub coverage_target: f64,
    pub coverage_share: f64,
    pub plan_targets: PlanTargets,
    pub price_month_days: u32,
    pub project1_party_centres: u32,
    pub project1_community_centres: u32,
    pub project1_places: u32,
    pub project3_places: u32,
    pub support_child_month_days: u32,
    pub confirm_within_hours: u32,
    /// How long a place from the waiting list is held for a family.
    pub waitlist_offer_minutes: u32,
    /// Missed days and late absences of this many days count against a family.
    pub attendance_days: u32,
    /// So many, and its bookings need the centre's confirmation; 0: never.
    pub request_only_after: u32,
    /// Open bookings of one family, at most.
    pub bookings_per_family: u32,
    /// Days between the wish to be erased and the erasure.
    pub erasure_wait_days: u32,
    pub retention_inactive_account_days: u32,
    pub retention_removed_child_days: u32,
    pub retention_notice_days: u32,
    pub retention_refused_scan_days: u32,
    pub retention_session_days: u32,
    pub retention_look_days: u32,
    pub retention_served_mark_days: u32,
    pub retention_answer_days: u32,
    pub retention_leftover_days: u32,
    /// Whole names are shown for visits so many days from today.
    pub reveal_days: u32,
    /// A complaint is to be answered within so many days.
    pub complaint_days: u32,
    pub signal_day_from: MinuteOfDay,
    pub signal_day_until: MinuteOfDay,
    pub signal_burst_scans: u32,
    pub signal_burst_seconds: u32,
    pub signal_family_children: u32,
    pub signal_unchecked: u32,
    pub signal_places_factor: f64,
    pub signal_rating_answers: u32,
    pub signal_rating_minutes: u32,
    pub signal_rating_factor: f64,
    pub signal_rating_families: u32,
    /// From which device a rating came is known, as a keyed hash, for so many days.
    pub rating_trace_days: u32,
    pub catalogue_poll_ms: u64,
    /// How old the free places of a search may be.
    pub search_places_ms: u64,
    pub log: String,
    pub log_format: LogFormat,
    pub shutdown_seconds: u64,
}

/// A setting that can't be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("setting {name}: {problem}")]
pub struct ConfigError {
    /// The environment's name of the setting, or the file.
    pub name: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

fn wrong(name: &str, problem: impl Into<String>) -> ConfigError {
    ConfigError { name: name.to_uppercase(), problem: problem.into() }
}

impl Settings {
    /// Defaults, `CONFIG` file, environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn load() -> Result<Self, ConfigError> {
        let file = match std::env::var("CONFIG") {
            Ok(path) => {
                Some(std::fs::read_to_string(&path).map_err(|e| wrong("CONFIG", format!("can't read {path}: {e}")))?)
            }
            Err(_) => None,
        };
        Self::from_parts(file.as_deref(), |name| std::env::var(name).ok())
    }

    /// The defaults with changes by key, for tests.
    pub fn with(changes: &[(&str, &str)]) -> Result<Self, ConfigError> {
        Self::from_parts(None, |name| {
            changes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| (*value).to_owned())
        })
    }

    fn from_parts(file: Option<&str>, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut table: toml::Table = toml::from_str(DEFAULTS).map_err(|e| wrong("defaults", e.to_string()))?;
        if let Some(text) = file {
            let over: toml::Table = toml::from_str(text).map_err(|e| wrong("CONFIG", e.to_string()))?;
            for (key, value) in over {
                if !table.contains_key(&key) {
                    return Err(wrong("CONFIG", format!("unknown key `{key}`")));
                }
                table.insert(key, value);
            }
        }
        for (key, value) in &mut table {
            let Some(text) = env(&key.to_uppercase()) else { continue };
            *value = match value {
                toml::Value::Integer(_) => text.parse().map(toml::Value::Integer).ok(),
                toml::Value::Float(_) => text.parse().map(toml::Value::Float).ok(),
                _ => Some(toml::Value::String(text.clone())),
            }
            .ok_or_else(|| wrong(key, format!("`{text}` is not a number")))?;
        }
        let settings: Self = serde_path_to_error::deserialize(table)
            .map_err(|e| wrong(&e.path().to_string(), e.inner().message().trim().to_owned()))?;
        settings.checked()
    }

    fn checked(mut self) -> Result<Self, ConfigError> {
        if self.sandbox() && self.wechat_templates.is_empty() {
            self.wechat_templates = Templates::sandbox();
        }
        self.keyring()?;
        self.clock()?;
        self.push_keys()?;
        let ranges = [
            ("access_token_minutes", f64::from(self.access_token_minutes), 15.0, 120.0),
            ("refresh_token_days", f64::from(self.refresh_token_days), 1.0, 365.0),
            ("console_idle_minutes", f64::from(self.console_idle_minutes), 5.0, 720.0),
            ("console_page_ms", f64::from(self.console_page_ms), 0.0, 60_000.0),
            ("console_hours", f64::from(self.console_hours), 1.0, 24.0),
            ("walking_timeout_ms", f64::from(self.walking_timeout_ms), 50.0, 30_000.0),
            ("walking_off_network_m", f64::from(self.walking_off_network_m), 10.0, 1000.0),
            ("walking_speed_kmh", self.walking_speed_kmh, 1.0, 10.0),
            ("walking_detour", self.walking_detour, 1.0, 3.0),
            ("cycling_speed_kmh", self.cycling_speed_kmh, 4.0, 40.0),
            ("e_bike_speed_kmh", self.e_bike_speed_kmh, 4.0, 40.0),
            ("driving_speed_kmh", self.driving_speed_kmh, 5.0, 120.0),
            ("satisfaction_target", self.satisfaction_target, 0.0, 1.0),
            ("coverage_target", self.coverage_target, 0.0, 1.0),
            ("coverage_share", self.coverage_share, 0.01, 1.0),
            ("price_month_days", f64::from(self.price_month_days), 1.0, 31.0),
            ("support_child_month_days", f64::from(self.support_child_month_days), 1.0, 23.0),
            ("db_pool", f64::from(self.db_pool), 1.0, 1000.0),
            ("replicas", f64::from(self.replicas), 1.0, 10_000.0),
            ("signal_burst_scans", f64::from(self.signal_burst_scans), 2.0, 1000.0),
            ("signal_burst_seconds", f64::from(self.signal_burst_seconds), 1.0, 3600.0),
            ("signal_family_children", f64::from(self.signal_family_children), 2.0, 100.0),
            ("signal_unchecked", f64::from(self.signal_unchecked), 1.0, 10_000.0),
            ("signal_places_factor", self.signal_places_factor, 0.5, 10.0),
            ("signal_rating_answers", f64::from(self.signal_rating_answers), 2.0, 1000.0),
            ("signal_rating_minutes", f64::from(self.signal_rating_minutes), 1.0, 1440.0),
            ("signal_rating_factor", self.signal_rating_factor, 1.0, 100.0),
            ("signal_rating_families", f64::from(self.signal_rating_families), 2.0, 100.0),
            ("rating_trace_days", f64::from(self.rating_trace_days), 1.0, 93.0),
            ("confirm_within_hours", f64::from(self.confirm_within_hours), 1.0, 720.0),
            ("waitlist_offer_minutes", f64::from(self.waitlist_offer_minutes), 10.0, 2880.0),
            ("bookings_per_family", f64::from(self.bookings_per_family), 1.0, 10_000.0),
            ("attendance_days", f64::from(self.attendance_days), 1.0, 730.0),
            // 个人信息保护法 第五十条 asks for a timely answer; 15 working days are usual.
            ("erasure_wait_days", f64::from(self.erasure_wait_days), 1.0, 15.0),
            ("retention_inactive_account_days", f64::from(self.retention_inactive_account_days), 365.0, 3660.0),
            ("retention_removed_child_days", f64::from(self.retention_removed_child_days), 1.0, 366.0),
            ("retention_notice_days", f64::from(self.retention_notice_days), 30.0, 3660.0),
            ("retention_refused_scan_days", f64::from(self.retention_refused_scan_days), 366.0, 3660.0),
            // An access token must have ended before its session is forgotten.
            ("retention_session_days", f64::from(self.retention_session_days), 30.0, 3660.0),
            ("retention_look_days", f64::from(self.retention_look_days), 183.0, 3660.0),
            ("retention_served_mark_days", f64::from(self.retention_served_mark_days), 366.0, 3660.0),
            ("retention_answer_days", f64::from(self.retention_answer_days), 1.0, 30.0),
            ("retention_leftover_days", f64::from(self.retention_leftover_days), 1.0, 366.0),
            ("reveal_days", f64::from(self.reveal_days), 0.0, 7.0),
            ("complaint_days", f64::from(self.complaint_days), 1.0, 60.0),
        ];
        for (name, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(wrong(name, format!("must be from {least} to {most}, is {value}")));
            }
        }
        self.engine()?;
        if self.data_dir.as_os_str().is_empty() {
            return Err(wrong("data_dir", "must name a folder, like ./data"));
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log).is_err() {
            return Err(wrong("log", "must be a filter like info or quanxiangtuo=debug,warn"));
        }
        if !self.database_url.is_empty() && !self.database_url.starts_with("postgres") && !self.is_sqlite() {
            return Err(wrong("database_url", "must begin with postgres: or sqlite:"));
        }
        if self.replicas > 1 && (self.is_sqlite() || self.redis_url.is_empty()) {
            return Err(wrong("replicas", "more than one replica needs PostgreSQL (DATABASE_URL) and REDIS_URL"));
        }
        if self.app_env == AppEnv::Production {
            self.fit_for_production()?;
        }
        Ok(self)
    }

    /// Whether the chosen engine has what it needs.
    fn engine(&self) -> Result<(), ConfigError> {
        let is_url = |text: &str| {
            reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none())
        };
        match self.walking_engine {
            WalkingEngine::Estimate => Ok(()),
            WalkingEngine::Valhalla if is_url(&self.valhalla_url) => Ok(()),
            WalkingEngine::Valhalla => {
                Err(wrong("valhalla_url", "WALKING_ENGINE=valhalla needs its URL, like http://127.0.0.1:8002"))
            }
            WalkingEngine::Tencent if self.tencent_key.is_empty() => {
                Err(wrong("tencent_key", "WALKING_ENGINE=tencent needs a key of lbs.qq.com with WebServiceAPI"))
            }
            WalkingEngine::Tencent if !is_url(&self.tencent_base_url) => {
                Err(wrong("tencent_base_url", "must be a URL like https://apis.map.qq.com"))
            }
            WalkingEngine::Tencent => Ok(()),
        }
    }

    /// The URL of the database: the one set, or SQLite in `data_dir`.
    #[must_use]
    pub fn database(&self) -> String {
        if self.database_url.is_empty() {
            format!("sqlite://{}/quanxiangtuo.db?mode=rwc", self.data_dir.display())
        } else {
            self.database_url.clone()
        }
    }

    /// Whether the embedded database is used.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.database().starts_with("sqlite:")
    }

    /// How this server is reached from outside, without a slash at the end.
    #[must_use]
    pub fn reached_at(&self) -> String {
        match self.public_url.trim_end_matches('/') {
            "" => format!("http://{}", self.listen),
            url => url.to_owned(),
        }
    }

    /// Whether codes `dev:<name>` sign in.
    #[must_use]
    pub fn sandbox(&self) -> bool {
        self.app_env == AppEnv::Demo && self.wechat_appid.is_empty()
    }

    /// The keys of `keys` and `lookup_key`.
    pub fn keyring(&self) -> Result<Keyring, ConfigError> {
        Keyring::parse(&self.keys, &self.lookup_key).map_err(|e| wrong("keys", e.to_string()))
    }

    /// What was agreed with WeChat about pushes; nothing while they are off.
    pub fn push_keys(&self) -> Result<Option<PushKeys>, ConfigError> {
        let (token, key) = (&self.wechat_push_token, &self.wechat_push_aes_key);
        match (token.is_empty(), key.is_empty()) {
            (true, true) => return Ok(None),
            (true, false) => return Err(wrong("wechat_push_token", "is needed with WECHAT_PUSH_AES_KEY")),
            (false, false) if self.wechat_appid.is_empty() => {
                return Err(wrong("wechat_appid", "is needed with WECHAT_PUSH_AES_KEY: pushes name it"));
            }
            (false, _) => {}
        }
        let keys = PushKeys::new(token, key, &self.wechat_appid);
        keys.map(Some).ok_or_else(|| wrong("wechat_push_aes_key", "must be the 43 characters of the EncodingAESKey"))
    }

    /// The clock: the system's, or one that begins at `clock_start`.
    pub fn clock(&self) -> Result<Clock, ConfigError> {
        if self.clock_start.is_empty() {
            return Ok(Clock::system());
        }
        self.clock_start
            .parse::<DateTime<Utc>>()
            .map(Clock::starting_at)
            .map_err(|_| wrong("clock_start", "must be an instant like 2026-03-02T09:00:00+08:00"))
    }
}

mod production;

#[cfg(test)]
mod tests;
