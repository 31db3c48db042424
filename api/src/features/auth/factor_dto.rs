//! Second factors at the API.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::Line;

/// Whether the second factor is on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecondFactorOut {
    /// Whether sign-in asks for a code.
    pub on: bool,
    /// Recovery codes that weren't used yet.
    #[schema(example = 10)]
    pub recovery_codes_left: u64,
}

/// A secret for an authenticator app; shown once.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct SecondFactorSecretOut {
    /// To type in, base32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: String,
    /// To show as a QR code.
    pub otpauth_url: String,
}

/// A code of the authenticator app, or a recovery code.
#[derive(Deserialize, ToSchema)]
pub struct SecondFactorCodeIn {
    /// Six digits; to turn it off also a recovery code.
    #[schema(example = "287082")]
    pub code: Line<32>,
}

/// Codes for when the phone is lost; each works once. Shown once.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct RecoveryCodesOut {
    /// Ten.
    pub recovery_codes: Vec<String>,
}
