//! Refresh tokens, hashed, one row a rotation.
use sea_orm::entity::prelude::*;

use crate::SessionId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub session_id: SessionId,
    pub expires_at: DateTimeUtc,
    /// Set once; a second use is theft or a bug and revokes the session.
    pub used_at: Option<DateTimeUtc>,
}
crate::plain_table!();
