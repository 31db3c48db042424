//! What sign-in takes and answers.

use entity::CentreId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Line;

/// A code from `wx.login`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SignInWechatIn {
    /// The code; in the demonstration `dev:<name>`.
    #[schema(example = "dev:chen")]
    pub code: Line<128>,
    /// Keeps an account that is to be erased.
    #[serde(default)]
    pub restore: bool,
}

/// A staff member's name and password.
#[derive(Deserialize, ToSchema)]
pub struct SignInStaffIn {
    /// The account's user name.
    #[schema(example = "carer")]
    pub username: Line<64>,
    /// The password.
    #[schema(example = "tuoyu-demo-2026")]
    pub password: Line<128>,
    /// With the second factor on: a code of the authenticator app, or a recovery code.
    #[serde(default)]
    #[schema(example = "287082")]
    pub otp: Option<Line<32>>,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
pub struct RefreshIn {
    /// The last refresh token handed out; it works once.
    pub refresh_token: Line<128>,
}

/// A sign-in.
#[derive(Serialize, ToSchema)]
pub struct SignedInOut {
    /// Send as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token ends.
    #[schema(example = 1800)]
    pub expires_in: u32,
    /// Exchange it once at `POST /auth/refresh`.
    pub refresh_token: String,
    /// Who signed in.
    pub user: UserOut,
}

/// The account that signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserOut {
    /// `fam_…` or `stf_…`.
    #[schema(example = "fam_0192f0c18a7c7d10b1c2d3e4f5a6b7c8")]
    pub id: String,
    /// What the account may do.
    pub role: Role,
    /// The centre of a carer or manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre_id: Option<CentreId>,
}

/// Roles of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A parent.
    Guardian,
    /// Desk staff of a centre.
    Carer,
    /// The head of a centre.
    Manager,
    /// An officer of the bureau.
    Officer,
    /// An administrator.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Guardian, Self::Carer, Self::Manager, Self::Officer, Self::Admin];

    /// The word at the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guardian => "guardian",
            Self::Carer => "carer",
            Self::Manager => "manager",
            Self::Officer => "officer",
            Self::Admin => "admin",
        }
    }
}

impl From<entity::StaffRole> for Role {
    fn from(role: entity::StaffRole) -> Self {
        match role {
            entity::StaffRole::Carer => Self::Carer,
            entity::StaffRole::Manager => Self::Manager,
            entity::StaffRole::Officer => Self::Officer,
            entity::StaffRole::Admin => Self::Admin,
        }
    }
}
