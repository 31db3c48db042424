//! The desk without network at the API.

use chrono::NaiveDate;
use entity::{
    CampaignId, CareType, CentreId, ConflictStatus, MinuteOfDay, OfflineConflictId, StaffId, VisitId, VoucherId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::dto::RedemptionChildOut;
use crate::http::{Cursor, Limit, Line, Moment, Paragraph};

/// A code for a desk without network.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineCodeOut {
    /// The text of the QR code: `O`, the key's id, base32 of 26 bytes (voucher 16, minutes since 1970
    /// 4, first and last day as days since 1970 2 and 2, days left 2) and their Ed25519 signature
    /// over `O`, the key's id and the 26 bytes.
    pub code: String,
    /// When it was made.
    pub issued_at: Moment,
    /// It may be scanned until here: a day later.
    pub expires_at: Moment,
}

/// A key that verifies offline codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineKeyOut {
    /// The second character of the codes it signed.
    #[schema(example = "0")]
    pub id: String,
    /// Ed25519, 32 bytes in base64.
    pub public_key: String,
}

/// A child with a voucher that is expected today.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineExpectedOut {
    /// Its visit.
    pub visit_id: VisitId,
    /// Its voucher.
    pub voucher_id: VoucherId,
    /// The voucher's campaign.
    pub campaign_id: CampaignId,
    /// The child.
    pub child: RedemptionChildOut,
    /// Form of care.
    pub care_type: CareType,
    /// From, local time.
    #[schema(value_type = String, example = "08:00")]
    pub from: MinuteOfDay,
    /// To, local time.
    #[schema(value_type = String, example = "17:00")]
    pub to: MinuteOfDay,
    /// Care days left.
    pub units_left: i32,
    /// Whether today's unit is redeemed already.
    pub redeemed_today: bool,
}

/// A campaign whose vouchers a desk without network may take.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineCampaignOut {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Its name.
    pub name: String,
    /// Units that this centre may redeem offline a day.
    pub daily_units: i32,
    /// Of these, uploaded for today.
    pub used_today: i32,
}

/// What a desk keeps for the hours without network.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflinePackOut {
    /// When it was made; ask again every few minutes while there is network.
    pub generated_at: Moment,
    /// The day it is for.
    pub date: NaiveDate,
    /// Seconds after its making that an offline code may be scanned.
    #[schema(example = 86_400)]
    pub code_life_s: i64,
    /// Scans are taken until this many seconds after they were made.
    #[schema(example = 604_800)]
    pub upload_within_s: i64,
    /// Keys that verify offline codes.
    pub keys: Vec<OfflineKeyOut>,
    /// Campaigns that allow it.
    pub campaigns: Vec<OfflineCampaignOut>,
    /// Children with such a voucher that are expected today, by the time they come.
    pub expected: Vec<OfflineExpectedOut>,
}

/// A scan made without network.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct OfflineScanIn {
    /// The offline code, as scanned.
    pub code: Line<200>,
    /// When, by the desk's clock.
    pub scanned_at: Moment,
    /// The desk's key of this scan: sent again, it gets the same outcome again.
    #[schema(example = "0192f0c1-8a7c-7d10-b1c2-d3e4f5a6b7c8")]
    pub request_id: Line<64>,
    /// What the desk calls its device.
    #[serde(default)]
    pub device: Option<Line<64>>,
}

/// A queue of scans to upload.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OfflineUploadIn {
    /// 1 to 50, oldest first.
    pub scans: Vec<OfflineScanIn>,
}

/// What became of an offline scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfflineOutcome {
    /// A unit was redeemed, now or when it was uploaded before.
    Redeemed,
    /// The code was ours, but something stood against it: the bureau decides.
    Conflict,
    /// The code wasn't ours, or its `request_id` had been given to other scans before.
    Refused,
}

/// The outcome of one scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineResultOut {
    /// The desk's key of the scan.
    pub request_id: String,
    /// What became of it. Whatever it is: take the scan off the queue.
    pub outcome: OfflineOutcome,
    /// The redemption as `POST /desk/redemptions` answers it, if one was made.
    #[schema(value_type = Option<super::dto::RedemptionOut>)]
    pub redemption: Option<serde_json::Value>,
    /// The stable code of what stood against it.
    #[schema(example = "ALREADY_REDEEMED_TODAY")]
    pub reason: Option<String>,
    /// The bureau's case, if there is one.
    pub conflict_id: Option<OfflineConflictId>,
    /// One sentence for staff.
    pub message: String,
}

/// The outcomes, in the order of the scans.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineUploadOut {
    /// One for each scan.
    pub results: Vec<OfflineResultOut>,
}

/// Which conflicts.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfflineConflictsQuery {
    /// Only in this state.
    pub status: Option<ConflictStatus>,
    /// Only of this centre; a desk sees only its own.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// An offline scan that couldn't be redeemed.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfflineConflictOut {
    /// Id.
    pub id: OfflineConflictId,
    /// Where.
    pub centre_id: CentreId,
    /// Who uploaded it.
    pub staff_id: StaffId,
    /// On which device.
    pub device: Option<String>,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The desk's key of the scan.
    pub request_id: String,
    /// The stable code of what stood against it.
    pub reason: String,
    /// The day of care.
    pub service_date: NaiveDate,
    /// When, by the desk's clock.
    pub scanned_at: Moment,
    /// When it came.
    pub uploaded_at: Moment,
    /// Whether the bureau has decided.
    pub status: ConflictStatus,
    /// Why it decided so.
    pub note: Option<String>,
    /// When.
    pub resolved_at: Option<Moment>,
}

/// What the bureau decides.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictDecision {
    /// Care was given in good faith: the centre is paid by an adjustment. No unit is used.
    Pay,
    /// Nothing is paid.
    Dismiss,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConflictResolveIn {
    /// What is done.
    pub decision: ConflictDecision,
    /// Why; printed on the statement if it is paid. No names in it.
    pub note: Paragraph<200>,
}
