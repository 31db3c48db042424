//! Webhooks: who is told of which events, where, and signed with what.
use sea_orm::entity::prelude::*;

use crate::{CentreId, StaffId, WebhookId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookId,
    /// The one centre whose events it hears of; absent for the bureau's, which hear of all.
    pub centre_id: Option<CentreId>,
    pub url: String,
    /// Words of events, with a space between.
    pub events: String,
    pub secret_sealed: Vec<u8>,
    /// The secret before, which signs too for a while.
    pub former_sealed: Option<Vec<u8>>,
    pub former_until: Option<DateTimeUtc>,
    /// What pseudonyms are made from: its own, or an access key's.
    pub pseudonym: Uuid,
    pub created_by: StaffId,
    pub created_at: DateTimeUtc,
    /// Deliveries of everything that happened before were made, but for what was under way then.
    pub scanned_to: DateTimeUtc,
    pub ended_by: Option<StaffId>,
    pub ended_at: Option<DateTimeUtc>,
}
crate::plain_table!();
