//! Access keys of other systems: of a platform of the bureau's, or of one centre.
use sea_orm::entity::prelude::*;

use crate::{AccessKeyId, CentreId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccessKeyId,
    /// The one centre whose rows it reads; absent for the bureau's, which read all.
    pub centre_id: Option<CentreId>,
    /// What it is for.
    pub label: String,
    /// Words of scopes, with a space between.
    pub scopes: String,
    /// Keyed hash of the secret.
    pub key_hash: Vec<u8>,
    /// What pseudonyms are made from; a successor takes it over.
    pub pseudonym: Uuid,
    pub created_by: StaffId,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub revoked_by: Option<StaffId>,
    pub revoked_at: Option<DateTimeUtc>,
    /// To the hour.
    pub last_used_at: Option<DateTimeUtc>,
}
crate::plain_table!();
