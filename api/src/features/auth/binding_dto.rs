//! Staff in WeChat at the API.

use entity::{InvitationId, StaffId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dto::UserOut;
use crate::http::{Line, Moment};

/// An invitation; the code is shown once.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct StaffInvitationOut {
    /// Id.
    pub id: InvitationId,
    /// The invited account.
    pub staff_id: StaffId,
    /// To hand to the staff member; works once.
    #[schema(example = "K7QF-3MPX-9TRA")]
    pub code: String,
    /// Until then.
    pub expires_at: Moment,
}

/// Binds the WeChat account that `code` is of.
#[derive(Deserialize, ToSchema)]
pub struct BindWechatIn {
    /// From `wx.login`; in the demonstration `dev:<name>`.
    #[schema(example = "dev:teacher-lin")]
    pub code: Line<128>,
    /// The invitation's code.
    #[schema(example = "K7QF-3MPX-9TRA")]
    pub invitation: Line<32>,
    /// The account's password, which whoever made the invitation doesn't know: an invitation alone would
    /// let them act as the account.
    #[schema(example = "tuoyu-demo-2026")]
    pub password: Line<128>,
}

/// What was bound.
#[derive(Debug, Serialize, ToSchema)]
pub struct WechatBoundOut {
    /// The staff account.
    pub user: UserOut,
    /// When.
    pub bound_at: Moment,
}

/// A code from `wx.login`, of a staff member.
#[derive(Deserialize, ToSchema)]
pub struct SignInWechatStaffIn {
    /// The code; in the demonstration `dev:<name>`.
    #[schema(example = "dev:teacher-lin")]
    pub code: Line<128>,
    /// With the second factor on: a code of the authenticator app, or a recovery code.
    #[serde(default)]
    #[schema(example = "287082")]
    pub otp: Option<Line<32>>,
}
