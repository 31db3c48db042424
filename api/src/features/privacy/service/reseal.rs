//! Another master key: every sealed value is opened and sealed with the active one, in small transactions
//! beside a running service. A value that somebody writes meanwhile wins, for each is replaced only if it
//! is still the one that was read. A run that was interrupted goes on where values are left.

use std::collections::BTreeMap;

use super::super::{
    store::reseal as store,
    tables::{SEALED, Sealed},
};
use crate::platform::{
    crypto::Keyring,
    db::{Db, write_txn},
};

/// Why it stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// No key given opens the value, or it was changed.
    #[error("{table} {key}: {column} can't be opened with the keys given")]
    Shut {
        /// The table.
        table: &'static str,
        /// Key of the row.
        key: String,
        /// The column.
        column: &'static str,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Failed(#[from] sea_orm::DbErr),
}

/// What was done to a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Values sealed anew.
    pub sealed: u64,
    /// Values that were written by somebody else meanwhile.
    pub overtaken: u64,
}

/// Seals every value anew that another key than the active one sealed; `progress` hears after each batch.
pub async fn run(db: &Db, keys: &Keyring, mut progress: impl FnMut(&Sealed, Done)) -> Result<Done, Stopped> {
    let mut all = Done::default();
    for of in SEALED {
        let done = column(db, keys, of, &mut progress).await?;
        all.sealed += done.sealed;
        all.overtaken += done.overtaken;
    }
    Ok(all)
}

async fn column(
    db: &Db,
    keys: &Keyring,
    of: &Sealed,
    progress: &mut impl FnMut(&Sealed, Done),
) -> Result<Done, Stopped> {
    let (active, place) = (keys.active().id as u8, of.place());
    let (mut done, mut after) = (Done::default(), None);
    loop {
        let rows = store::stale(db.reader(), of, active, after.as_ref()).await?;
        let Some((last, _)) = rows.last() else { return Ok(done) };
        after = Some(last.clone());
        let mut fresh = Vec::with_capacity(rows.len());
        for (key, old) in rows {
            let Ok(plain) = keys.open(&place, &old) else {
                return Err(Stopped::Shut { table: of.table, key: key.to_string(), column: of.column });
            };
            let new = keys.seal(&place, &plain);
            fresh.push((key, old, new));
        }
        let batch = write_txn(db, async |txn| -> Result<Done, Stopped> {
            let mut batch = Done::default();
            for (key, old, new) in fresh {
                let replaced = store::replace(txn, of, &key, old, new).await?;
                batch.sealed += u64::from(replaced);
                batch.overtaken += u64::from(!replaced);
            }
            Ok(batch)
        })
        .await?;
        done.sealed += batch.sealed;
        done.overtaken += batch.overtaken;
        progress(of, done);
    }
}

/// How many values each key has sealed, over all columns.
pub async fn status(db: &Db) -> Result<BTreeMap<char, u64>, Stopped> {
    let mut all = BTreeMap::new();
    for of in SEALED {
        for (id, n) in store::by_key(db.reader(), of).await? {
            *all.entry(char::from(id)).or_default() += n;
        }
    }
    Ok(all)
}
