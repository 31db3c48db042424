//! Keys of voucher codes. A new one is stored before it is used, so that every replica knows it.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "code_keys")]
pub struct Model {
    /// One of `0-9A-Z`, at the second place of a code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// 32 bytes.
    pub secret_sealed: Vec<u8>,
    pub created_at: DateTimeUtc,
    /// Codes are minted with it from here until the next key's.
    pub active_from: DateTimeUtc,
    /// From here on it verifies nothing.
    pub retired_at: Option<DateTimeUtc>,
}
crate::plain_table!();
