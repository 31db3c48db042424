//! What WeChat's servers push to us: signatures, decryption and the two body formats, as pure
//! functions (developers.weixin.qq.com, 小程序 → 消息推送).
//!
//! With a key the only mode taken is the secure one: `msg_signature` covers the encrypted body, while
//! the `signature` of plain pushes covers the time and nonce alone, so whoever saw one address could
//! send any body under it.

mod xml;

use aes::Aes256;
use cbc::{
    Decryptor,
    cipher::{BlockModeDecrypt as _, KeyIvInit as _},
};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE64, Encoding, HEXLOWER};
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

/// A push that is older than this, or as far ahead, is refused.
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);
/// WeChat pads to this, though AES blocks have 16 bytes.
const PADDING_BLOCK: usize = 32;
/// Random bytes before the length of the message.
const RANDOM: usize = 16;

/// What this mini-program agreed with WeChat.
#[derive(Clone)]
pub struct PushKeys {
    token: String,
    appid: String,
    aes: Option<[u8; 32]>,
}

/// The parameters and body of one push.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// `signature`, of plain pushes.
    pub signature: &'a str,
    /// `msg_signature`, of encrypted ones.
    pub msg_signature: &'a str,
    /// Seconds since 1970, as text: the text is signed.
    pub timestamp: &'a str,
    /// A word that serves once.
    pub nonce: &'a str,
    /// JSON or XML.
    pub body: &'a [u8],
}

/// A push that is WeChat's.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// The message as WeChat wrote it, decrypted.
    pub bytes: Vec<u8>,
    /// The same as an object; repeated elements of XML are arrays, its texts strings.
    pub value: Value,
    /// Whether the signature covered the message.
    pub sealed: bool,
}

/// Why a push is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not signed with our token, or not encrypted though we have a key.
    #[error("not signed by WeChat")]
    Signature,
    /// Outside [`FRESH_FOR`].
    #[error("too old or ahead of our clock")]
    Stale,
    /// Encrypted for another mini-program.
    #[error("meant for another mini-program")]
    Foreign,
    /// Not JSON or XML of a message, or not what it should be when decrypted.
    #[error("not a message")]
    Malformed,
}

impl PushKeys {
    /// From the settings; `encoding_aes_key` is empty or has 43 characters. Nothing if it hasn't.
    #[must_use]
    pub fn new(token: &str, encoding_aes_key: &str, appid: &str) -> Option<Self> {
        let aes = match encoding_aes_key {
            "" => None,
            key => Some(decode_key(key)?),
        };
        Some(Self { token: token.to_owned(), appid: appid.to_owned(), aes })
    }

    /// Checks the call that WeChat makes when the address is set.
    pub fn verify(&self, signature: &str, timestamp: &str, nonce: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        self.signed(signature, [timestamp, nonce, ""])?;
        fresh(timestamp, now)
    }

    /// Opens a push.
    pub fn receive(&self, push: &Push<'_>, now: DateTime<Utc>) -> Result<Message, Refused> {
        let Some(key) = &self.aes else {
            self.signed(push.signature, [push.timestamp, push.nonce, ""])?;
            fresh(push.timestamp, now)?;
            return Ok(Message { bytes: push.body.to_vec(), value: parse(push.body)?, sealed: false });
        };
        let envelope = parse(push.body)?;
        // In the compatible mode the plain message stands beside it: it isn't signed, so it isn't read.
        let encrypted = envelope["Encrypt"].as_str().ok_or(Refused::Signature)?;
        self.signed(push.msg_signature, [push.timestamp, push.nonce, encrypted])?;
        fresh(push.timestamp, now)?;
        let bytes = open(key, &self.appid, encrypted)?;
        let value = parse(&bytes)?;
        Ok(Message { bytes, value, sealed: true })
    }

    fn signed(&self, given: &str, [timestamp, nonce, encrypted]: [&str; 3]) -> Result<(), Refused> {
        let expected = signature(&[&self.token, timestamp, nonce, encrypted]);
        if expected.as_bytes().ct_eq(given.as_bytes()).into() { Ok(()) } else { Err(Refused::Signature) }
    }
}

/// SHA-1 of the sorted parts, in hexadecimal. An empty part changes nothing.
#[must_use]
pub fn signature(parts: &[&str]) -> String {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize())
}

fn fresh(timestamp: &str, now: DateTime<Utc>) -> Result<(), Refused> {
    let seconds: i64 = timestamp.parse().map_err(|_| Refused::Stale)?;
    // One way of writing it: the signature sorts and joins its parts, so that with a leading zero or a
    // sign another timestamp and nonce could have the same.
    if seconds.to_string() != timestamp {
        return Err(Refused::Stale);
    }
    let sent = DateTime::from_timestamp(seconds, 0).ok_or(Refused::Stale)?;
    if (now - sent).abs() <= FRESH_FOR { Ok(()) } else { Err(Refused::Stale) }
}

/// Many keys end in a character whose last two bits aren't zero: a strict decoder refuses them.
fn lenient() -> Option<Encoding> {
    let mut specification = BASE64.specification();
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

fn decode_key(text: &str) -> Option<[u8; 32]> {
    let padded = format!("{text}=");
    lenient()?.decode(padded.as_bytes()).ok()?.try_into().ok()
}

/// Decrypts: 16 random bytes, the length (big-endian), the message, the appid, padding of 1 to 32
/// bytes that all name its length.
fn open(key: &[u8; 32], appid: &str, encrypted: &str) -> Result<Vec<u8>, Refused> {
    let mut data = lenient().and_then(|base64| base64.decode(encrypted.as_bytes()).ok()).ok_or(Refused::Malformed)?;
    let iv: [u8; 16] = key[..16].try_into().map_err(|_| Refused::Malformed)?;
    let mut cipher = Decryptor::<Aes256>::new(key.into(), &iv.into());
    let (blocks, rest) = data.as_chunks_mut::<16>();
    if !rest.is_empty() {
        return Err(Refused::Malformed);
    }
    for block in blocks {
        cipher.decrypt_block(block.into());
    }
    let padding = usize::from(*data.last().ok_or(Refused::Malformed)?);
    let end = data.len().checked_sub(padding).filter(|_| (1..=PADDING_BLOCK).contains(&padding));
    let (plain, padded) = data.split_at(end.ok_or(Refused::Malformed)?);
    if padded.iter().any(|byte| usize::from(*byte) != padding) {
        return Err(Refused::Malformed);
    }
    let (length, rest) = plain.get(RANDOM..).and_then(<[u8]>::split_first_chunk::<4>).ok_or(Refused::Malformed)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Refused::Malformed)?;
    let (message, receiver) = rest.split_at_checked(length).ok_or(Refused::Malformed)?;
    if !bool::from(receiver.ct_eq(appid.as_bytes())) {
        return Err(Refused::Foreign);
    }
    Ok(message.to_vec())
}

/// A message in JSON or, if it begins with `<`, in XML.
pub fn parse(bytes: &[u8]) -> Result<Value, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::Malformed)?.trim();
    if text.starts_with('<') {
        return xml::parse(text).ok_or(Refused::Malformed);
    }
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Refused::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use cbc::{Encryptor, cipher::BlockModeEncrypt as _};

    use super::*;

    // The worked examples of WeChat's page on message pushes.
    const APPID: &str = "wxba5fad812f8e6fb9";
    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const ENCRYPT: &str = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
    // The example in WeChat's own sample code; its key ends in bits that a strict decoder refuses.
    const SAMPLE_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    const SAMPLE: &str = "<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==]]></Encrypt></xml>";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn sample(signature: &'static str, body: &'static str) -> Push<'static> {
        let (timestamp, nonce) = ("1409659813", "1372623149");
        Push { signature: "", msg_signature: signature, timestamp, nonce, body: body.as_bytes() }
    }

    #[test]
    fn the_address_is_verified_as_in_the_documents() {
        let keys = PushKeys::new("AAAAA", "", APPID).unwrap();
        let (signature, time, nonce) = ("f464b24fc39322e44b38aa78f5edd27bd1441696", "1714036504", "1514711492");
        assert_eq!(keys.verify(signature, time, nonce, at(1_714_036_504)), Ok(()));
        assert_eq!(keys.verify(signature, time, "1514711493", at(1_714_036_504)), Err(Refused::Signature));
        assert_eq!(keys.verify(signature, time, nonce, at(1_714_036_504 + 300)), Ok(()));
        assert_eq!(keys.verify(signature, time, nonce, at(1_714_036_504 + 301)), Err(Refused::Stale));
        assert_eq!(keys.verify(signature, time, nonce, at(1_714_036_504 - 301)), Err(Refused::Stale));
    }

    #[test]
    fn a_plain_push_of_the_documents_is_taken() {
        let keys = PushKeys::new("AAAAA", "", APPID).unwrap();
        let push = Push {
            signature: "899cf89e464efb63f54ddac96b0a0a235f53aa78",
            msg_signature: "",
            timestamp: "1714037059",
            nonce: "486452656",
            body: br#"{"ToUserName":"gh_97417a04a28d","CreateTime":1714037059,"Event":"debug_demo"}"#,
        };
        let message = keys.receive(&push, at(1_714_037_060)).unwrap();
        assert_eq!((message.value["Event"].as_str(), message.sealed), (Some("debug_demo"), false));
    }

    #[test]
    fn an_encrypted_push_of_the_documents_is_opened() {
        let keys = PushKeys::new("AAAAA", KEY, APPID).unwrap();
        let body = format!(r#"{{"ToUserName":"gh_97417a04a28d","Encrypt":"{ENCRYPT}"}}"#);
        let push = Push {
            signature: "6c5c811b55cc85e0e1b54100749188c20beb3f5d",
            msg_signature: "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
            timestamp: "1714112445",
            nonce: "415670741",
            body: body.as_bytes(),
        };
        let now = at(1_714_112_445);
        let message = keys.receive(&push, now).unwrap();
        assert_eq!(message.bytes.len(), 167);
        assert_eq!(message.value["debug_str"], "hello world");
        // The plain signature is right, and says nothing about the body.
        let swapped = Push { msg_signature: push.signature, ..push };
        assert_eq!(keys.receive(&swapped, now), Err(Refused::Signature));
        let plain = Push { body: br#"{"Event":"subscribe_msg_popup_event"}"#, ..push };
        assert_eq!(keys.receive(&plain, now), Err(Refused::Signature));
        assert_eq!(keys.receive(&push, at(1_714_112_445 + 301)), Err(Refused::Stale));
        let other = PushKeys::new("AAAAA", KEY, "wx0000000000000000").unwrap();
        assert_eq!(other.receive(&push, now), Err(Refused::Foreign));
        let other = PushKeys::new("AAAAB", KEY, APPID).unwrap();
        assert_eq!(other.receive(&push, now), Err(Refused::Signature));
    }

    #[test]
    fn the_push_of_the_sample_code_is_opened_with_its_odd_key() {
        assert!(BASE64.decode(format!("{SAMPLE_KEY}=").as_bytes()).is_err(), "the key is an odd one");
        let keys = PushKeys::new("QDG6eK", SAMPLE_KEY, "wx5823bf96d3bd56c7").unwrap();
        let push = sample("477715d11cdb4164915debcba66cb864d751f3e6", SAMPLE);
        let message = keys.receive(&push, at(1_409_659_813)).unwrap();
        assert_eq!((&message.value["Content"], &message.value["FromUserName"]), (&"hello".into(), &"mycreate".into()));
        let push = sample("477715d11cdb4164915debcba66cb864d751f3e7", SAMPLE);
        assert_eq!(keys.receive(&push, at(1_409_659_813)), Err(Refused::Signature));
    }

    #[test]
    fn a_key_has_43_characters() {
        for key in [&KEY[1..], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "é", &"-".repeat(43)] {
            assert!(PushKeys::new("t", key, APPID).is_none(), "{key}");
        }
    }

    /// As WeChat encrypts, with a padding that the test chooses.
    fn seal(message: &[u8], appid: &str, padding: impl Fn(usize) -> Vec<u8>) -> String {
        let key = decode_key(KEY).unwrap();
        let mut data = [&[7; RANDOM], &u32::try_from(message.len()).unwrap().to_be_bytes()[..]].concat();
        data.extend_from_slice(message);
        data.extend_from_slice(appid.as_bytes());
        data.extend(padding(data.len()));
        let iv: [u8; 16] = key[..16].try_into().unwrap();
        let mut cipher = Encryptor::<Aes256>::new(&key.into(), &iv.into());
        for block in data.as_chunks_mut::<16>().0 {
            cipher.encrypt_block(block.into());
        }
        BASE64.encode(&data)
    }

    fn usual(length: usize) -> Vec<u8> {
        let n = PADDING_BLOCK - length % PADDING_BLOCK;
        vec![u8::try_from(n).unwrap(); n]
    }

    #[test]
    fn padding_is_1_to_32_bytes_that_all_name_its_length() {
        let key = decode_key(KEY).unwrap();
        // Lengths over two blocks of 32: every padding there is, those beyond an AES block included.
        for n in 0..64 {
            let message = vec![b'x'; n];
            assert_eq!(open(&key, APPID, &seal(&message, APPID, usual)), Ok(message), "{n}");
        }
        let wrong: [&dyn Fn(usize) -> Vec<u8>; 3] = [
            &|length| vec![0; PADDING_BLOCK - length % PADDING_BLOCK],
            &|length| vec![33; 64 - length % PADDING_BLOCK],
            &|length| [vec![1; 31 - length % PADDING_BLOCK], vec![2]].concat(),
        ];
        for padding in wrong {
            assert_eq!(open(&key, APPID, &seal(b"x", APPID, padding)), Err(Refused::Malformed));
        }
        assert_eq!(open(&key, APPID, &seal(b"x", "wx1", usual)), Err(Refused::Foreign));
        assert_eq!(open(&key, APPID, ""), Err(Refused::Malformed));
        assert_eq!(open(&key, APPID, "AAAA"), Err(Refused::Malformed));
    }
}
