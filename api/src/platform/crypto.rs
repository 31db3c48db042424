//! Secrets: sealing at rest (AES-256-GCM), keyed hashes, and the keys of tokens and voucher codes.
//!
//! Everything is derived with HKDF-SHA-256 from the master keys of the settings. Each master key
//! has a one-character id; the first in the list is active, the others still open and verify, so
//! that a key can be replaced without a gap. Lookup hashes use a key of their own, because they
//! must not change when the master key does.

use aes::{
    Aes256,
    cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _},
};
use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Keyed SHA-256.
type HmacSha256 = Hmac<Sha256>;

/// The keys of one master key.
#[derive(Clone)]
pub struct Keys {
    /// One of `0-9A-Z`; appears in tokens and codes.
    pub id: char,
    /// HMAC key of sign-in tokens.
    pub token: [u8; 32],
    /// Key of voucher codes, until one is stored in the database.
    pub code: CodeKey,
    seal: Aes256Gcm,
}

/// The key of voucher codes: a MAC for those of the moment, a signature for those without network.
#[derive(Clone)]
pub struct CodeKey {
    /// One of `0-9A-Z`; the second character of a code.
    pub id: char,
    mac: [u8; 32],
    signing: SigningKey,
}

impl CodeKey {
    /// From 32 secret bytes or more.
    #[must_use]
    pub fn new(id: char, secret: &[u8]) -> Self {
        Self { id, mac: derive(secret, "code"), signing: SigningKey::from_bytes(&derive(secret, "offline-code")) }
    }

    /// The MAC of a code's bytes.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac(&self.mac, &[message])
    }

    /// The Ed25519 signature of an offline code's bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// Whether a signature is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.signing.verifying_key().verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// What a desk needs to verify offline codes by itself: 32 bytes.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }
}

/// All live keys, the active one first.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<Keys>,
    lookup: [u8; 32],
}

/// Why a key list or a sealed value is no good.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// The list of master keys isn't `id:base64,id:base64…`.
    #[error("keys must be a comma-separated list of id:base64, the id one of 0-9 A-Z, the key at least 32 bytes")]
    KeyList,
    /// No live key has this id, or the bytes were changed.
    #[error("a sealed value can't be opened with the keys given")]
    Sealed,
}

impl Keyring {
    /// Parses `id:base64,…` and the lookup key (base64).
    pub fn parse(list: &str, lookup: &str) -> Result<Self, CryptoError> {
        let keys = list.split(',').map(|item| Keys::parse(item.trim())).collect::<Result<Vec<_>, _>>()?;
        if keys.iter().enumerate().any(|(i, k)| keys[..i].iter().any(|other| other.id == k.id)) {
            return Err(CryptoError::KeyList);
        }
        let lookup = derive(&master(lookup)?, "lookup");
        Ok(Self { keys, lookup })
    }

    /// The key that new tokens, codes and seals use.
    #[must_use]
    pub fn active(&self) -> &Keys {
        &self.keys[0]
    }

    /// Every live key, the active one first.
    pub fn all(&self) -> impl Iterator<Item = &Keys> {
        self.keys.iter()
    }

    /// The live key with this id.
    #[must_use]
    pub fn by_id(&self, id: char) -> Option<&Keys> {
        self.keys.iter().find(|k| k.id == id)
    }

    /// Seals `plain`; `place` (table and column) is bound to it, so that a sealed value copied
    /// into another column doesn't open. Layout: key id, 12 bytes nonce, ciphertext with tag.
    #[must_use]
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let keys = self.active();
        let nonce: [u8; 12] = random_bytes();
        let mut out = Vec::with_capacity(1 + 12 + plain.len() + 16);
        out.push(keys.id as u8);
        out.extend_from_slice(&nonce);
        let sealed = keys.seal.encrypt(&nonce.into(), Payload { msg: plain, aad: place.as_bytes() });
        // AES-GCM refuses only messages beyond 64 GiB.
        out.extend(sealed.unwrap_or_default());
        out
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (id, rest) = sealed.split_first().ok_or(CryptoError::Sealed)?;
        let (nonce, body) = rest.split_first_chunk::<12>().ok_or(CryptoError::Sealed)?;
        let keys = self.by_id(char::from(*id)).ok_or(CryptoError::Sealed)?;
        keys.seal
            .decrypt(&(*nonce).into(), Payload { msg: body, aad: place.as_bytes() })
            .map_err(|_| CryptoError::Sealed)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, place: &str, sealed: &[u8]) -> Result<String, CryptoError> {
        String::from_utf8(self.open(place, sealed)?).map_err(|_| CryptoError::Sealed)
    }

    /// A keyed hash to find a value by (openid, manual code) without storing it.
    #[must_use]
    pub fn lookup_hash(&self, place: &str, value: &str) -> Vec<u8> {
        hmac(&self.lookup, &[place.as_bytes(), b"\0", value.as_bytes()]).to_vec()
    }

    /// Another name of an id, always the same one, from which nobody else learns the id or the time in it:
    /// one block of AES under a key of the place. [`Self::unalias`] leads back.
    #[must_use]
    pub fn alias(&self, place: &str, id: Uuid) -> Uuid {
        let mut block = id.into_bytes().into();
        self.alias_cipher(place).encrypt_block(&mut block);
        Uuid::from_bytes(block.into())
    }

    /// The id that an alias stands for; of any other UUID some id that nothing has.
    #[must_use]
    pub fn unalias(&self, place: &str, alias: Uuid) -> Uuid {
        let mut block = alias.into_bytes().into();
        self.alias_cipher(place).decrypt_block(&mut block);
        Uuid::from_bytes(block.into())
    }

    fn alias_cipher(&self, place: &str) -> Aes256 {
        Aes256::new(&hmac(&self.lookup, &[b"alias\0", place.as_bytes()]).into())
    }
}

impl Keys {
    fn parse(item: &str) -> Result<Self, CryptoError> {
        let (id, key) = item.split_once(':').ok_or(CryptoError::KeyList)?;
        let mut chars = id.chars();
        let id = match (chars.next(), chars.next()) {
            (Some(c), None) if c.is_ascii_digit() || c.is_ascii_uppercase() => c,
            _ => return Err(CryptoError::KeyList),
        };
        let master = master(key)?;
        let seal = derive(&master, "seal");
        Ok(Self {
            id,
            token: derive(&master, "token"),
            code: CodeKey::new(id, &master),
            seal: Aes256Gcm::new(&seal.into()),
        })
    }
}

fn master(base64: &str) -> Result<Vec<u8>, CryptoError> {
    match data_encoding::BASE64.decode(base64.as_bytes()) {
        Ok(bytes) if bytes.len() >= 32 => Ok(bytes),
        _ => Err(CryptoError::KeyList),
    }
}

fn derive(master: &[u8], purpose: &str) -> [u8; 32] {
    let mut out = [0; 32];
    // 32 bytes is far below HKDF's limit of 255 blocks, its only failure.
    let _ = Hkdf::<Sha256>::new(Some(b"quanxiangtuo/1"), master).expand(purpose.as_bytes(), &mut out);
    out
}

/// HMAC-SHA-256 of several parts.
#[must_use]
pub fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let mut mac = <HmacSha256 as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 of several parts.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// Letters of codes that people type: without 0 O, 1 I L, 2 Z, 5 S, 8 B, U V.
pub const TYPED_LETTERS: &[u8] = b"34679ACDEFGHJKMNPQRTWXY";

/// A new random code that people type.
#[must_use]
pub fn typed_code(length: usize) -> String {
    let most = TYPED_LETTERS.len();
    // Bytes beyond the last whole round of the alphabet are dropped, so that all letters are alike.
    let fair = 256 / most * most;
    let mut code = String::with_capacity(length);
    while code.len() < length {
        let bytes: [u8; 16] = random_bytes();
        let letters = bytes.iter().map(|b| usize::from(*b)).filter(|b| *b < fair).map(|b| TYPED_LETTERS[b % most]);
        code.extend(letters.take(length - code.len()).map(char::from));
    }
    code
}

/// A typed code without what a person may have put between or a scanner around it.
#[must_use]
pub fn as_typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// Bytes from the operating system's generator.
#[must_use]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}
