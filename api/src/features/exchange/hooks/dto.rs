//! What webhooks take and answer.

use entity::{AccessKeyId, CentreId, DeliveryStatus, StaffId, WebhookDeliveryId, WebhookId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rules::WebhookEvent;
use crate::http::{Cursor, Limit, Line, Moment};

/// A webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WebhookIn {
    /// Where to: https, at a public address.
    #[schema(example = "https://platform.example.gov.cn/hooks/quanxiangtuo")]
    pub url: Line<500>,
    /// What to tell of; at least one. Ratings are told to the bureau only: they are anonymous to the
    /// centre, and the moment tells.
    #[schema(min_items = 1, max_items = 30)]
    pub events: Vec<WebhookEvent>,
    /// Children have the pseudonyms that this access key reads; absent: some of its own.
    #[serde(default)]
    pub access_key_id: Option<AccessKeyId>,
}

/// A webhook.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct WebhookOut {
    /// Id.
    pub id: WebhookId,
    /// The one centre whose events it hears of; null: all.
    pub centre_id: Option<CentreId>,
    /// Where to.
    pub url: String,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// The secret of its signatures, only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    pub secret: Option<String>,
    /// Until then the secret before signs too.
    pub former_until: Option<Moment>,
    /// Who made it.
    pub created_by: StaffId,
    /// When.
    pub created_at: Moment,
    /// When it was ended.
    pub ended_at: Option<Moment>,
}

/// Which page of a list of webhooks.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhooksQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// Which deliveries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhookDeliveriesQuery {
    /// Only in this state; `dead`: given up.
    pub status: Option<DeliveryStatus>,
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// A message to a webhook, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryOut {
    /// Id; the `webhook-id` of every try.
    pub id: WebhookDeliveryId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// What it tells of.
    #[schema(example = "booking.confirmed")]
    pub event: String,
    /// How far it is.
    pub status: DeliveryStatus,
    /// Tries so far.
    pub attempts: i32,
    /// When the next try is due; null when there is none.
    pub next_at: Option<Moment>,
    /// The status of the last answer, if there was one.
    pub last_status: Option<i32>,
    /// Why the last try failed: `status`, `redirect`, `timeout`, `no_connection`, `no_answer`,
    /// `address_not_allowed`, `ended`.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it was taken.
    pub delivered_at: Option<Moment>,
}
