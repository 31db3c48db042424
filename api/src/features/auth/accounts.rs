//! Accounts of staff, made from the command line (`quanxiangtuo staff add`).

use data_encoding::BASE32_NOPAD;
use entity::{AccountStatus, CentreId, StaffId, StaffRole, staff};

use super::{password, store};
use crate::{
    error::Problem,
    platform::{
        clock::Clock,
        constraint::{Constraint, violated},
        crypto::{Keyring, random_bytes},
        db::{Db, write_txn},
    },
};

/// Where sealed names of staff live.
pub const STAFF_NAME_PLACE: &str = "staff.name";
/// Shorter passwords are refused.
const LEAST_PASSWORD: usize = 12;
/// Longest password that sign-in takes.
const MOST_PASSWORD: usize = 128;

/// An account to be made.
#[derive(Debug)]
pub struct NewStaff {
    /// For sign-in.
    pub username: String,
    /// What it may do.
    pub role: StaffRole,
    /// Exactly for carers and managers.
    pub centre_id: Option<CentreId>,
    /// Shown to colleagues; the user name if absent.
    pub name: Option<String>,
    /// In the clear, hashed here.
    pub password: String,
}

/// Why an account wasn't made.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// Letters, digits, `.`, `_` and `-` only.
    #[error("--username must be 2 to 64 of a-z, 0-9, `.`, `_`, `-`")]
    Username,
    /// Too short or too long.
    #[error("the password must have {LEAST_PASSWORD} to {MOST_PASSWORD} characters")]
    Password,
    /// Carers and managers have a centre, officers and administrators none.
    #[error("--centre ctr_… is needed for a carer or manager, and not allowed for an officer or admin")]
    Centre,
    /// No such centre.
    #[error("--centre: there is no centre with this id")]
    UnknownCentre,
    /// Someone has this user name.
    #[error("--username: there is already an account with this name")]
    Taken,
    /// The database or the hash failed.
    #[error("the account can't be made: {0}")]
    Failed(Problem),
}

impl From<sea_orm::DbErr> for NotAdded {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// A password of 26 characters, 128 random bits.
#[must_use]
pub fn random_password() -> String {
    BASE32_NOPAD.encode(&random_bytes::<16>()).to_lowercase()
}

/// Makes an account.
pub async fn add_staff(db: &Db, keys: &Keyring, clock: &Clock, new: NewStaff) -> Result<StaffId, NotAdded> {
    let NewStaff { username, role, centre_id, name, password } = new;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    if !(2..=64).contains(&username.len()) || !username.bytes().all(plain) {
        return Err(NotAdded::Username);
    }
    if !(LEAST_PASSWORD..=MOST_PASSWORD).contains(&password.chars().count()) {
        return Err(NotAdded::Password);
    }
    if role.at_a_centre() != centre_id.is_some() {
        return Err(NotAdded::Centre);
    }
    let password_hash = password::hash(password).await.map_err(NotAdded::Failed)?;
    let row = staff::Model {
        id: clock.id(),
        password_hash,
        role,
        centre_id,
        name_sealed: keys.seal(STAFF_NAME_PLACE, name.as_deref().unwrap_or(&username).as_bytes()),
        username,
        status: AccountStatus::Active,
        failed_attempts: 0,
        locked_until: None,
        created_at: clock.now(),
    };
    let id = row.id;
    write_txn(db, async |txn| {
        if let Some(centre) = centre_id
            && !store::centre_exists(txn, centre).await?
        {
            return Err(NotAdded::UnknownCentre);
        }
        store::insert_staff(txn, row.into()).await.map_err(|error| match violated(&error) {
            Some(Constraint::StaffUsername) => NotAdded::Taken,
            _ => error.into(),
        })?;
        Ok(id)
    })
    .await
}
