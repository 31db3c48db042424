//! Nonces of plain pushes: their signature doesn't cover the body, so each serves one message only.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_nonces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// SHA-256 of timestamp and nonce.
    pub nonce_hash: Vec<u8>,
    /// Of the message it came with.
    pub fingerprint: Vec<u8>,
    pub at: DateTimeUtc,
}
crate::plain_table!();
