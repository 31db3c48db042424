//! What the fake answers when it was told nothing: the checks WeChat makes, and good answers.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{APPID, Answer, CODE, MESSAGE, PHONE, SECRET, SESSION, State, TEXT, TOKEN, url};

pub(super) fn usual(line: &str, body: &[u8], state: &mut State) -> Answer {
    let Some((method, url)) = url(line) else {
        state.faults.push(format!("not a request: {line}"));
        return Answer::Error(40066, "invalid url");
    };
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    match (method, url.path()) {
        ("GET", SESSION) => session(&query, state),
        ("POST", path @ (TOKEN | PHONE | MESSAGE | TEXT | CODE)) => {
            let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
            if path == TOKEN {
                return token(&body, state);
            }
            let present = format!("token-{}", state.token);
            if query.get("access_token") != Some(&present) {
                return Answer::Error(42001, "access_token expired");
            }
            if state.spoilt || state.hopeless {
                return Answer::Error(40001, "invalid credential, access_token is invalid or not latest");
            }
            let (answer, fault) = match path {
                PHONE => phone(&body, state),
                MESSAGE => message(&body, state),
                TEXT => text(&body, state),
                _ => code(&body, state),
            };
            if fault {
                state.faults.push(format!("{path} {body}"));
            }
            answer
        }
        _ => {
            state.faults.push(format!("unknown request: {line}"));
            Answer::Error(40066, "invalid url")
        }
    }
}

fn session(query: &HashMap<String, String>, state: &mut State) -> Answer {
    let is = |name: &str, value: &str| query.get(name).is_some_and(|found| found == value);
    let wrong = [
        (!is("appid", APPID), Answer::Error(40013, "invalid appid")),
        (!is("secret", SECRET), Answer::Error(40125, "invalid appsecret")),
        (!is("grant_type", "authorization_code"), Answer::Error(40002, "invalid grant_type")),
        (query.get("js_code").is_none_or(String::is_empty), Answer::Error(41008, "missing code")),
    ];
    if let Some((_, answer)) = wrong.into_iter().find(|(wrong, _)| *wrong) {
        state.faults.push(format!("{answer:?}"));
        return answer;
    }
    let code = query["js_code"].clone();
    state.calls.push(code.clone());
    once(&code, state)
}

/// What a code gets; a good one once.
fn once(code: &str, state: &mut State) -> Answer {
    let answer = state.answers.get(code).cloned().unwrap_or(Answer::Error(40029, "invalid code"));
    if matches!(answer, Answer::Openid(_) | Answer::Json(_)) {
        if state.used.iter().any(|used| used == code) {
            return Answer::Error(40163, "code been used");
        }
        state.used.push(code.to_owned());
    }
    answer
}

fn token(body: &Value, state: &mut State) -> Answer {
    if body["appid"] != APPID {
        return Answer::Error(40013, "invalid appid");
    }
    if body["secret"] != SECRET {
        return Answer::Error(40125, "invalid appsecret");
    }
    if body["grant_type"] != "client_credential" || !body["force_refresh"].is_boolean() {
        state.faults.push(format!("{TOKEN} {body}"));
        return Answer::Error(40002, "invalid grant_type");
    }
    state.asked += 1;
    if body["force_refresh"] == true {
        state.forced += 1;
        state.token += 1;
        state.spoilt = false;
    }
    Answer::Json(json!({ "access_token": format!("token-{}", state.token), "expires_in": 7200 }))
}

fn phone(body: &Value, state: &mut State) -> (Answer, bool) {
    let fault = body["code"].as_str().is_none_or(str::is_empty) || !body["openid"].is_string();
    (once(body["code"].as_str().unwrap_or(""), state), fault)
}

fn message(body: &Value, state: &mut State) -> (Answer, bool) {
    let fields = body["data"].as_object().cloned().unwrap_or_default();
    if body["touser"].as_str().is_none_or(str::is_empty) {
        return (Answer::Error(40003, "invalid openid"), true);
    }
    if body["template_id"].as_str().is_none_or(str::is_empty) {
        return (Answer::Error(40037, "invalid template_id"), true);
    }
    let bad = fields.iter().find(|(name, value)| !value["value"].as_str().is_some_and(|text| fits(name, text)));
    if bad.is_some() || fields.is_empty() {
        return (Answer::Error(47003, "argument invalid! data.thing1.value invalid"), true);
    }
    state.messages.push(body.clone());
    (Answer::Json(json!({ "errcode": 0, "errmsg": "ok" })), false)
}

/// 订阅消息参数值内容限制.
fn fits(name: &str, text: &str) -> bool {
    let length = text.chars().count();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" => (1..=20).contains(&length),
        "phrase" => (1..=5).contains(&length) && text.chars().all(|c| !c.is_ascii()),
        "number" => length <= 32 && digits(text),
        "character_string" => (1..=32).contains(&length) && text.is_ascii(),
        "time" | "date" => text.contains('年') && text.contains('月') && text.contains('日') || text.contains(':'),
        _ => false,
    }
}

fn text(body: &Value, state: &mut State) -> (Answer, bool) {
    let content = body["content"].as_str().unwrap_or("");
    let fault = body["version"] != 2
        || body["scene"] != 2
        || body["openid"].as_str().is_none_or(str::is_empty)
        || content.is_empty()
        || content.chars().count() > 2500;
    state.texts.push(body.clone());
    // The documents say that the label is a string.
    let result = json!({ "suggest": "pass", "label": 100 });
    (Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "result": result, "detail": [], "trace_id": "t" })), fault)
}

fn code(body: &Value, state: &mut State) -> (Answer, bool) {
    let scene = body["scene"].as_str().unwrap_or("");
    let sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'()*+,/:;=?@-._~".contains(&b);
    if scene.is_empty() || scene.len() > 32 || !scene.bytes().all(sign) {
        return (Answer::Error(40169, "invalid length for scene, or the data is not json string"), true);
    }
    state.codes.push(body.clone());
    (Answer::Picture, false)
}
