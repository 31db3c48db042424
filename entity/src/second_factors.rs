//! TOTP secrets of staff (RFC 6238); in force once confirmed.
use sea_orm::entity::prelude::*;

use crate::StaffId;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    pub secret_sealed: Vec<u8>,
    pub confirmed_at: Option<DateTimeUtc>,
    /// The last time step whose code was taken: each serves once.
    pub last_step: i64,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();
