//! The keys of voucher codes. They live in the database, sealed, so that `keys rotate` replaces one
//! without a restart: a new key is stored a while before codes are minted with it, and every
//! replica looks for new ones every few seconds, and at once when a code names one it doesn't know.
//!
//! Until the first rotation the keys of the setting `keys` are used.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use entity::code_keys;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

use crate::platform::{
    clock::Clock,
    crypto::{CodeKey, CryptoError, Keyring},
};

/// Where secrets of code keys live.
const SECRET_PLACE: &str = "code_keys.secret";
/// Between storing a key and its first code: longer than any replica goes without looking.
pub const KNOWN_BEFORE_USE: TimeDelta = TimeDelta::seconds(30);
/// How long a key that was replaced still verifies: a code without network lives a day, and a desk
/// may upload its scan a week later.
pub const KEPT_AFTER: TimeDelta = TimeDelta::days(9);
/// A key that leaked still verifies this long: the codes of the moment on families' phones.
pub const KEPT_IF_LEAKED: TimeDelta = TimeDelta::seconds(60);
/// Look again for an unknown key at most so often.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);

/// A key with its times.
#[derive(Clone)]
struct Entry {
    key: Arc<CodeKey>,
    active_from: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl Entry {
    fn lives(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|at| now < at)
    }
}

/// The keys of a moment; the one that mints last.
#[derive(Clone)]
pub struct Keyset(Vec<Entry>);

impl Keyset {
    /// The keys of the settings, and over them those of the database.
    #[must_use]
    pub fn of(keyring: &Keyring, stored: Vec<(CodeKey, code_keys::Model)>) -> Self {
        let mut entries: Vec<Entry> = keyring
            .all()
            .map(|keys| Entry { key: Arc::new(keys.code.clone()), active_from: DateTime::UNIX_EPOCH, retired_at: None })
            .collect();
        // The first of the settings is the active one.
        entries.reverse();
        for (key, row) in stored {
            entries.retain(|entry| entry.key.id != key.id);
            entries.push(Entry { key: Arc::new(key), active_from: row.active_from, retired_at: row.retired_at });
        }
        entries.sort_by_key(|entry| entry.active_from);
        Self(entries)
    }

    /// The key that mints codes at `now`.
    #[must_use]
    pub fn active(&self, now: DateTime<Utc>) -> Arc<CodeKey> {
        let minting = self.0.iter().rev().find(|entry| entry.active_from <= now && entry.lives(now));
        // There is always one of the settings; were it retired by mistake, it is better than none.
        minting.or(self.0.last()).map(|entry| Arc::clone(&entry.key)).unwrap_or_else(|| unreachable!())
    }

    /// The key with this id, if it still verifies.
    #[must_use]
    pub fn by_id(&self, id: char, now: DateTime<Utc>) -> Option<&CodeKey> {
        self.0.iter().find(|entry| entry.key.id == id && entry.lives(now)).map(|entry| &*entry.key)
    }

    /// Every key that verifies.
    pub fn live(&self, now: DateTime<Utc>) -> impl Iterator<Item = &CodeKey> {
        self.0.iter().filter(move |entry| entry.lives(now)).map(|entry| &*entry.key)
    }
}

/// The keys of this process, looked up again and again.
pub struct CodeKeys {
    keyring: Arc<Keyring>,
    present: ArcSwap<Keyset>,
    looked_at_ms: AtomicI64,
}

/// Why the keys can't be read.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// A stored key is sealed with a key of `keys` that isn't there any more.
    #[error("a key of voucher codes can't be opened: put the former key back into the setting KEYS ({0})")]
    Sealed(#[from] CryptoError),
}

impl CodeKeys {
    /// Those of the settings; [`Self::refresh`] adds the stored ones.
    #[must_use]
    pub fn new(keyring: Arc<Keyring>) -> Self {
        let present = ArcSwap::from_pointee(Keyset::of(&keyring, Vec::new()));
        Self { keyring, present, looked_at_ms: AtomicI64::new(0) }
    }

    /// The keys now.
    #[must_use]
    pub fn present(&self) -> Arc<Keyset> {
        self.present.load_full()
    }

    /// Reads the stored keys.
    pub async fn refresh(&self, db: &impl ConnectionTrait) -> Result<(), KeysError> {
        let stored = open(&self.keyring, all(db).await?)?;
        self.present.store(Arc::new(Keyset::of(&self.keyring, stored)));
        Ok(())
    }

    /// Looks once more when a code names an unknown key; false if that was done a moment ago.
    pub async fn look_again(&self, db: &impl ConnectionTrait, clock: &Clock) -> bool {
        let now = clock.now().timestamp_millis();
        let before = self.looked_at_ms.load(Ordering::Relaxed);
        let due = now - before >= LOOK_AGAIN.num_milliseconds() || now < before;
        if !due || self.looked_at_ms.swap(now, Ordering::Relaxed) != before {
            return false;
        }
        self.refresh(db).await.map_err(|error| tracing::warn!(%error, "keys of voucher codes not read")).is_ok()
    }
}

/// A rotation: the new key's id and when it takes over.
#[derive(Clone, Copy, Debug)]
pub struct Rotated {
    /// The new key.
    pub id: char,
    /// Codes are minted with it from here on.
    pub active_from: DateTime<Utc>,
    /// Keys replaced by it verify until here.
    pub former_until: DateTime<Utc>,
}

/// Why keys weren't rotated.
#[derive(Debug, thiserror::Error)]
pub enum NotRotated {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// All 36 ids are in use.
    #[error("every key id 0-9 A-Z is in use; rotate again when the oldest has retired")]
    NoId,
}

/// Stores a new key; the present ones retire a while after it has taken over, soon if one leaked.
pub async fn rotate(
    txn: &impl ConnectionTrait,
    keyring: &Keyring,
    now: DateTime<Utc>,
    leaked: bool,
) -> Result<Rotated, NotRotated> {
    let stored = all(txn).await?;
    let active_from = now + KNOWN_BEFORE_USE;
    let former_until = active_from + if leaked { KEPT_IF_LEAKED } else { KEPT_AFTER };
    let in_use = |id: char| {
        let row = stored.iter().find(|row| row.id.starts_with(id));
        row.map_or_else(|| keyring.by_id(id).is_some(), |row| row.retired_at.is_none_or(|at| now < at))
    };
    let was_used = |id: &char| stored.iter().any(|row| row.id.starts_with(*id)) || keyring.by_id(*id).is_some();
    let ids = || ('1'..='9').chain('A'..='Z').chain(['0']);
    let free = ids().find(|id| !was_used(id)).or_else(|| ids().find(|id| !in_use(*id) && keyring.by_id(*id).is_none()));
    let id = free.ok_or(NotRotated::NoId)?;
    for row in stored.iter().filter(|row| row.retired_at.is_none_or(|at| former_until < at)) {
        put(txn, code_keys::Model { retired_at: Some(former_until), ..row.clone() }).await?;
    }
    // A key of the settings retires too: its row says when.
    for keys in keyring.all().filter(|keys| !stored.iter().any(|row| row.id.starts_with(keys.id))) {
        let row = code_keys::Model {
            id: keys.id.to_string(),
            secret_sealed: Vec::new(),
            created_at: now,
            active_from: DateTime::UNIX_EPOCH,
            retired_at: Some(former_until),
        };
        put(txn, row).await?;
    }
    let secret: [u8; 32] = crate::platform::crypto::random_bytes();
    let secret_sealed = keyring.seal(SECRET_PLACE, &secret);
    let row = code_keys::Model { id: id.to_string(), secret_sealed, created_at: now, active_from, retired_at: None };
    put(txn, row).await?;
    Ok(Rotated { id, active_from, former_until })
}

async fn all(db: &impl ConnectionTrait) -> Result<Vec<code_keys::Model>, DbErr> {
    code_keys::Entity::find().order_by_asc(code_keys::Column::ActiveFrom).all(db).await
}

async fn put(db: &impl ConnectionTrait, row: code_keys::Model) -> Result<(), DbErr> {
    use code_keys::Column::{ActiveFrom, CreatedAt, Id, RetiredAt, SecretSealed};
    use sea_orm::sea_query::OnConflict;
    let over = OnConflict::column(Id).update_columns([SecretSealed, CreatedAt, ActiveFrom, RetiredAt]).to_owned();
    code_keys::Entity::insert(code_keys::ActiveModel::from(row))
        .on_conflict(over)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Opens stored secrets; a row without one is about a key of the settings.
fn open(keyring: &Keyring, rows: Vec<code_keys::Model>) -> Result<Vec<(CodeKey, code_keys::Model)>, CryptoError> {
    let mut opened = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(id) = row.id.chars().next() else { continue };
        let key = if row.secret_sealed.is_empty() {
            // Gone from the settings: it verifies nothing.
            let Some(keys) = keyring.by_id(id) else { continue };
            keys.code.clone()
        } else {
            CodeKey::new(id, &keyring.open(SECRET_PLACE, &row.secret_sealed)?)
        };
        opened.push((key, row));
    }
    Ok(opened)
}
