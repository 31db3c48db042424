//! First answers by `Idempotency-Key`, written in the transaction of their effect.
use sea_orm::entity::prelude::*;

use crate::FamilyId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// `fam_…` or `stf_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    /// Method and path template.
    #[sea_orm(primary_key, auto_increment = false)]
    pub route: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of path, query and body.
    pub fingerprint: Vec<u8>,
    /// The body answered, sealed; absent only inside the first transaction.
    pub answer_sealed: Option<Vec<u8>>,
    pub created_at: DateTimeUtc,
    /// Of an answer to staff: the family whose words are in it.
    pub family_id: Option<FamilyId>,
}
crate::plain_table!();
