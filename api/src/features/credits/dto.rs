//! Credits at the API.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Limit, Moment};

/// Which page of credits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreditsQuery {
    /// How many at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// Where to go on, from `next_cursor`.
    pub cursor: Option<Cursor>,
}

/// What is left of a template.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageCreditOut {
    /// WeChat's id of the template.
    #[schema(example = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc")]
    pub template_id: String,
    /// Messages that may still be sent; at 0 ask again with `wx.requestSubscribeMessage`.
    #[schema(minimum = 0, example = 1)]
    pub balance: i32,
    /// Since when the family refuses the template in WeChat's settings: asking shows no dialogue.
    pub blocked_at: Option<Moment>,
    /// When WeChat last told us something.
    pub updated_at: Moment,
}
