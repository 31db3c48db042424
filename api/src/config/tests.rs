use super::*;

fn error(changes: &[(&str, &str)]) -> String {
    Settings::with(changes).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_a_valid_demonstration() {
    let settings = Settings::with(&[]).unwrap();
    assert!(settings.is_sqlite() && settings.sandbox());
}

#[test]
fn an_invalid_value_names_its_setting() {
    assert!(error(&[("WORKERS", "many")]).contains("WORKERS"));
    assert!(error(&[("APP_ENV", "staging")]).contains("APP_ENV"));
    assert!(error(&[("ACCESS_TOKEN_MINUTES", "5")]).contains("ACCESS_TOKEN_MINUTES"));
    assert!(error(&[("CLOCK_START", "yesterday")]).contains("CLOCK_START"));
    assert!(error(&[("KEYS", "x")]).contains("KEYS"));
    assert!(error(&[("DATA_DIR", "")]).contains("DATA_DIR"));
    let token = ("WECHAT_PUSH_TOKEN", "t");
    let key = ("WECHAT_PUSH_AES_KEY", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
    assert!(error(&[key]).contains("WECHAT_PUSH_TOKEN"));
    assert!(error(&[token, key]).contains("WECHAT_APPID"));
    assert!(error(&[token, ("WECHAT_PUSH_AES_KEY", "short")]).contains("WECHAT_"));
    assert!(error(&[token, ("WECHAT_PUSH_AES_KEY", "short"), ("WECHAT_APPID", "wx1")]).contains("AES_KEY"));
    assert!(error(&[("LOG", "=x=")]).contains("setting LOG:"));
    assert!(error(&[("WALKING_ENGINE", "osrm")]).contains("WALKING_ENGINE"));
    let valhalla = ("WALKING_ENGINE", "valhalla");
    assert!(error(&[valhalla]).contains("setting VALHALLA_URL:"));
    assert!(error(&[valhalla, ("VALHALLA_URL", "localhost:8002")]).contains("setting VALHALLA_URL:"));
    assert!(Settings::with(&[valhalla, ("VALHALLA_URL", "http://localhost:8002")]).is_ok());
    let tencent = ("WALKING_ENGINE", "tencent");
    assert!(error(&[tencent]).contains("setting TENCENT_KEY:"));
    let told = error(&[tencent, ("TENCENT_KEY", "secret-key"), ("TENCENT_BASE_URL", "apis")]);
    assert!(told.contains("setting TENCENT_BASE_URL:") && !told.contains("secret-key"));
    assert!(error(&[("WALKING_TIMEOUT_MS", "5")]).contains("WALKING_TIMEOUT_MS"));
    assert!(error(&[("WECHAT_TEMPLATES", "unit_used:x")]).contains("setting WECHAT_TEMPLATES:"));
}

#[test]
fn an_unknown_key_in_the_file_is_an_error() {
    let error = Settings::from_parts(Some("lisen = \"0.0.0.0:80\""), |_| None).unwrap_err();
    assert!(error.to_string().contains("lisen"));
}

#[test]
fn production_refuses_what_only_a_demonstration_may_have() {
    let key = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let good = [
        ("app_env", "production"),
        ("wechat_appid", "wx1"),
        ("wechat_secret", "s"),
        ("keys", key),
        ("lookup_key", "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="),
    ];
    assert!(Settings::with(&good).is_ok());
    let plain = [("walking_engine", "tencent"), ("tencent_key", "k"), ("tencent_base_url", "http://apis.map.qq.com")];
    assert!(error(&[&good[..], &plain].concat()).contains("TENCENT_BASE_URL"));
    let plain = [&good[..], &[("wechat_push_token", "t")]].concat();
    assert!(error(&plain).contains("WECHAT_PUSH_AES_KEY"));
    for (name, bad) in
        [("wechat_appid", ""), ("rate_limits", "off"), ("clock_start", "2026-01-01T00:00:00Z"), ("replicas", "2")]
    {
        let mut changes = vec![(name, bad)];
        changes.extend(good.iter().filter(|(key, _)| *key != name));
        assert!(error(&changes).contains(&name.to_uppercase()), "{name}");
    }
    for missing in ["keys", "lookup_key"] {
        let changes: Vec<_> = good.iter().copied().filter(|(key, _)| *key != missing).collect();
        assert!(error(&changes).contains(&missing.to_uppercase()), "{missing}");
    }
}
