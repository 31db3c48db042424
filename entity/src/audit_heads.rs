//! The last sealed place of the audit chain, signed: one row.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_heads")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub seq: i64,
    pub hash: Vec<u8>,
    pub sealed_at: DateTimeUtc,
    /// HMAC-SHA-256 over the other fields: with a key that the database doesn't have.
    pub signature: Vec<u8>,
}
crate::plain_table!();
