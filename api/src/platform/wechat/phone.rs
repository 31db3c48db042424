//! `wxa/business/getuserphonenumber`: the phone number behind a button's code.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use super::{
    Call, WeChat, WeChatApi,
    errors::{Class, WeChatError},
};
use crate::platform::kv::Kv;

/// A phone number as WeChat knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// `86`, without a sign.
    pub country_code: String,
    /// Without the country's code.
    pub number: String,
}

#[derive(Deserialize)]
struct Answer {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    #[serde(deserialize_with = "text_or_number")]
    country_code: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    appid: String,
}

/// The table of the documents says string, their example shows a number; both come.
fn text_or_number<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    match Value::deserialize(value)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("neither a string nor a number")),
    }
}

impl WeChat {
    /// The phone number of the user who got `code` from the phone button. WeChat checks that `openid`
    /// is that user. In the sandbox `dev:<number>` is that number.
    pub async fn phone(&self, kv: &Kv, code: &str, openid: &str) -> Result<PhoneNumber, WeChatError> {
        match self {
            Self::Sandbox => match code.strip_prefix("dev:") {
                Some(number) if is_number(number) => {
                    Ok(PhoneNumber { country_code: "86".to_owned(), number: number.to_owned() })
                }
                _ => Err(WeChatError::of(Call::Phone, Class::Caller)),
            },
            Self::Api(api) => api.phone(kv, code, openid).await,
        }
    }
}

fn is_number(text: &str) -> bool {
    (5..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

impl WeChatApi {
    async fn phone(&self, kv: &Kv, code: &str, openid: &str) -> Result<PhoneNumber, WeChatError> {
        let body = self.with_token(kv, Call::Phone, "", &json!({ "code": code, "openid": openid })).await?;
        read(&body, &self.0.appid)
    }
}

/// The number in an answer whose watermark is ours.
fn read(body: &[u8], appid: &str) -> Result<PhoneNumber, WeChatError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| WeChatError::away(Call::Phone))?;
    let info = answer.phone_info;
    if info.watermark.appid != appid {
        tracing::warn!("a phone number of another mini-program was refused");
        return Err(WeChatError::of(Call::Phone, Class::Caller));
    }
    let country_code = info.country_code.trim_start_matches('+').to_owned();
    let number = info.pure_phone_number;
    let plausible = is_number(&number) && (1..=4).contains(&country_code.len());
    if !plausible || !country_code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WeChatError::away(Call::Phone));
    }
    Ok(PhoneNumber { country_code, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(country: &Value, number: &str, appid: &str) -> Vec<u8> {
        json!({ "errcode": 0, "errmsg": "ok", "phone_info": {
            "phoneNumber": number, "purePhoneNumber": number, "countryCode": country,
            "watermark": { "timestamp": 1_637_744_274, "appid": appid } } })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn the_countrys_code_comes_as_a_text_or_as_a_number() {
        for country in [json!("86"), json!(86), json!("+86")] {
            let phone = read(&body(&country, "13912341234", "wx1"), "wx1").unwrap();
            assert_eq!((phone.country_code.as_str(), phone.number.as_str()), ("86", "13912341234"));
        }
    }

    #[test]
    fn another_mini_programs_number_is_refused() {
        let error = read(&body(&json!(86), "13912341234", "wx2"), "wx1").unwrap_err();
        assert_eq!(error.class, Class::Caller);
    }

    #[test]
    fn what_is_no_phone_number_is_no_answer() {
        for (country, number) in [(json!(86), ""), (json!(86), "139x"), (json!(""), "13912341234"), (json!(null), "1")]
        {
            assert_eq!(read(&body(&country, number, "wx1"), "wx1").unwrap_err().class, Class::Limited);
        }
    }
}
