//! The parameters of WeChat's calls.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::Line;

/// What WeChat puts into the address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PushQuery {
    /// SHA-1 over token, timestamp and nonce.
    #[param(value_type = Option<String>, max_length = 64)]
    pub signature: Option<Line<64>>,
    /// SHA-1 over token, timestamp, nonce and the encrypted message; the one that counts in the secure mode.
    #[param(value_type = Option<String>, max_length = 64)]
    pub msg_signature: Option<Line<64>>,
    /// Seconds since 1970.
    #[param(value_type = String, max_length = 20, example = "1714112445")]
    pub timestamp: Line<20>,
    /// A word that serves once.
    #[param(value_type = String, max_length = 64, example = "415670741")]
    pub nonce: Line<64>,
}

/// The same, when the address is set in WeChat's console.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PushVerifyQuery {
    /// SHA-1 over token, timestamp and nonce.
    #[param(value_type = String, max_length = 64)]
    pub signature: Line<64>,
    /// Seconds since 1970.
    #[param(value_type = String, max_length = 20, example = "1714036504")]
    pub timestamp: Line<20>,
    /// A word that serves once.
    #[param(value_type = String, max_length = 64, example = "1514711492")]
    pub nonce: Line<64>,
    /// What to answer.
    #[param(value_type = String, max_length = 128, example = "4375120948345356249")]
    pub echostr: Line<128>,
}
