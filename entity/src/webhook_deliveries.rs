//! What a webhook is to be told, and how far that is. No answer is kept but its status.
use sea_orm::entity::prelude::*;

use crate::{DeliveryStatus, WebhookDeliveryId, WebhookId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookDeliveryId,
    pub webhook_id: WebhookId,
    /// The row that says what happened.
    pub event_id: Uuid,
    pub event: String,
    /// The body, the same at every try.
    pub payload: String,
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub next_at: DateTimeUtc,
    /// Somebody is at it until then.
    pub lease_until: Option<DateTimeUtc>,
    pub last_status: Option<i32>,
    pub last_error: Option<String>,
    pub created_at: DateTimeUtc,
    pub delivered_at: Option<DateTimeUtc>,
}
crate::plain_table!();
