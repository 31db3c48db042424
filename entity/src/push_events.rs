//! Pushes of WeChat that were taken, so that one sent again does nothing.
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// SHA-256 of the message without what differs between deliveries.
    pub fingerprint: Vec<u8>,
    pub at: DateTimeUtc,
}
crate::plain_table!();
