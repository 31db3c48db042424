//! Message pushes as WeChat's servers send them: signed, and encrypted if a key was agreed.

use std::fmt::Write as _;

use aes::Aes256;
use cbc::{
    Encryptor,
    cipher::{BlockModeEncrypt as _, KeyIvInit as _},
};
use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use crate::{app::TestApp, client::Reply, wechat::APPID};

/// The token agreed in tests.
pub const TOKEN: &str = "QDG6eK";
/// The key, from WeChat's sample code: a strict base64 decoder refuses it.
pub const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/// Settings for the secure mode.
pub const SECURE: [(&str, &str); 5] = [
    ("wechat_push_token", TOKEN),
    ("wechat_push_aes_key", AES_KEY),
    ("wechat_appid", APPID),
    ("wechat_secret", "fake-secret-for-tests-only"),
    ("wechat_base_url", "http://127.0.0.1:9"),
];
/// Settings for plain pushes.
pub const PLAIN: [(&str, &str); 1] = [("wechat_push_token", TOKEN)];

/// A push, ready to be sent, and sent again.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// What stands in the address.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// SHA-1 over the sorted parts.
#[must_use]
pub fn signature(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    Sha1::digest(parts.concat()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn key() -> [u8; 32] {
    // Decoded by hand: 43 characters are 258 bits, the last two of which are dropped.
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = String::new();
    for letter in AES_KEY.bytes() {
        let value = letters.iter().position(|known| *known == letter).unwrap();
        let _ = write!(bits, "{value:06b}");
    }
    let bytes: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// Encrypts for a mini-program: random, length, message, appid, padding to 32.
#[must_use]
pub fn encrypt(message: &str, appid: &str) -> String {
    let mut data = b"a8eedb185eb2fecf".to_vec();
    data.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    data.extend(message.bytes().chain(appid.bytes()));
    let padding = 32 - data.len() % 32;
    data.extend(std::iter::repeat_n(u8::try_from(padding).unwrap(), padding));
    let key = key();
    let iv: [u8; 16] = key[..16].try_into().unwrap();
    let mut cipher = Encryptor::<Aes256>::new(&key.into(), &iv.into());
    for block in data.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(block.into());
    }
    BASE64.encode(&data)
}

impl TestApp {
    /// A plain push at the application's time.
    #[must_use]
    pub fn plain_push(&self, message: &str, nonce: &str) -> Pushed {
        let timestamp = self.clock.now().timestamp().to_string();
        let signed = signature(&[TOKEN, &timestamp, nonce]);
        let query = vec![("signature", signed), ("timestamp", timestamp), ("nonce", nonce.to_owned())];
        Pushed { query, body: message.to_owned() }
    }

    /// An encrypted push at the application's time.
    #[must_use]
    pub fn secure_push(&self, message: &str, nonce: &str) -> Pushed {
        let encrypted = encrypt(message, APPID);
        let mut push = self.plain_push("", nonce);
        let signed = signature(&[TOKEN, &push.query[1].1, nonce, &encrypted]);
        push.query.extend([("encrypt_type", "aes".to_owned()), ("msg_signature", signed)]);
        push.body = json!({ "ToUserName": "gh_1", "Encrypt": encrypted }).to_string();
        push
    }

    /// Sends a push as WeChat's servers do.
    pub async fn push(&self, push: &Pushed) -> Reply {
        let query = push.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let path = format!("/wechat/push?{query}");
        let body = Some(push.body.clone().into_bytes());
        self.anonymous().send_bytes(Method::POST, &path, body, &[("Content-Type", "text/xml")]).await
    }
}

/// A subscribe event of the user with this openid.
#[must_use]
pub fn event(openid: &str, event: &str, created: i64, list: &Value) -> String {
    json!({ "ToUserName": "gh_1", "FromUserName": openid, "CreateTime": created, "MsgType": "event", "Event": event,
        "List": list })
    .to_string()
}
