//! Signatures of plain pushes and of the address's verification: they cover time and nonce but no body,
//! so each serves one message only.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_nonces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// SHA-256 of the signature; of rows from before, of timestamp and nonce.
    pub nonce_hash: Vec<u8>,
    /// Of the message or echo it came with.
    pub fingerprint: Vec<u8>,
    pub at: DateTimeUtc,
}
crate::plain_table!();
