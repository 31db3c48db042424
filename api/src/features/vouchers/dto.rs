//! What vouchers and redemptions take and answer.

use chrono::NaiveDate;
use entity::{CampaignId, CareType, ChildId, Fen, RedemptionId, RedemptionStatus, VoucherId, VoucherStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment};

/// Which page of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VoucherPageQuery {
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// Which child claims.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ClaimIn {
    /// A child of the family.
    pub child_id: ChildId,
}

/// A voucher.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherOut {
    /// Id.
    pub id: VoucherId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// The campaign's name.
    pub campaign_name: String,
    /// The child it is bound to.
    pub child_id: ChildId,
    /// `expired` once its last day is over.
    pub status: VoucherStatus,
    /// Care days in all.
    pub units_total: i32,
    /// Care days used.
    pub units_used: i32,
    /// Care days left.
    pub units_left: i32,
    /// First day of use.
    pub valid_from: NaiveDate,
    /// Last day of use.
    pub valid_until: NaiveDate,
    /// When it was claimed.
    pub claimed_at: Moment,
    /// Whether it has an offline code, for a desk without network.
    pub offline: bool,
}

/// A code to show at the desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherCodeOut {
    /// The text of the QR code.
    #[schema(example = "V1AGJPBQMKPR6RBMOC2PSPLJVXZAANKXQZ7GQ4D6F3LGQOOHVZ")]
    pub code: String,
    /// For a broken camera: 8 characters to read out.
    #[schema(example = "7KQ4M9XD")]
    pub manual_code: String,
    /// From this instant on `code` is refused.
    pub expires_at: Moment,
    /// Ask for the next code after this many seconds.
    #[schema(example = 30)]
    pub refresh_after_s: i64,
    /// From this instant on `manual_code` is refused.
    pub manual_expires_at: Moment,
}

/// A code to look at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RedemptionPreviewIn {
    /// As scanned, or the manual code as typed.
    pub code: Line<200>,
}

/// A code to redeem.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RedemptionIn {
    /// As scanned, or the manual code as typed.
    pub code: Line<200>,
    /// The desk's key of this request: sent again, it gets the first answer again.
    #[schema(example = "0192f0c1-8a7c-7d10-b1c2-d3e4f5a6b7c8")]
    pub request_id: Line<64>,
    /// What the desk calls its device, for its list of refused scans and the bureau's signals.
    #[serde(default)]
    #[schema(example = "前台1号机")]
    pub device: Option<Line<64>>,
}

/// The child, as far as a centre needs it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedemptionChildOut {
    /// With all but the first character hidden.
    #[schema(example = "小*")]
    pub name: String,
    /// Completed months today.
    #[schema(example = 18)]
    pub age_months: i32,
    /// A class here that fits the age.
    #[schema(example = "托小班")]
    pub class: String,
}

/// What a redemption would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedemptionPreviewOut {
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The campaign's name.
    pub campaign_name: String,
    /// The day of care.
    pub service_date: NaiveDate,
    /// Care days left before the redemption.
    pub units_left: i32,
    /// Care days in all.
    pub units_total: i32,
    /// Last day of use.
    pub valid_until: NaiveDate,
    /// Form of care: of today's visit here, else full day.
    pub care_type: CareType,
    /// The child.
    pub child: RedemptionChildOut,
    /// Seconds for which the code is still good: a redemption that comes later is refused.
    #[schema(example = 41)]
    pub code_good_s: i64,
    /// One sentence for staff.
    #[schema(example = "可以核销：小*（18个月，托小班），还剩15天。")]
    pub message: String,
}

/// A redemption.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedemptionOut {
    /// Id.
    pub id: RedemptionId,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The campaign's name.
    pub campaign_name: String,
    /// The day of care.
    pub service_date: NaiveDate,
    /// When.
    pub redeemed_at: Moment,
    /// Care days left.
    pub units_left: i32,
    /// Care days in all.
    pub units_total: i32,
    /// Form of care: of today's visit here, else full day.
    pub care_type: CareType,
    /// The child.
    pub child: RedemptionChildOut,
    /// Scanned without network and uploaded later.
    pub offline: bool,
    /// One sentence for staff.
    #[schema(example = "核销成功：小*（18个月，托小班），今天第1天，还剩14天。")]
    pub message: String,
}

/// Which redemptions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RedemptionsQuery {
    /// Only of this day of care.
    #[param(value_type = Option<Day>)]
    pub date: Option<Day>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A line of the centre's redemptions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedemptionLineOut {
    /// Id.
    pub id: RedemptionId,
    /// The voucher.
    pub voucher_id: VoucherId,
    /// The campaign's name.
    pub campaign_name: String,
    /// The child's name, all but its first character hidden.
    #[schema(example = "小*")]
    pub child_name: String,
    /// The day of care.
    pub service_date: NaiveDate,
    /// When.
    pub redeemed_at: Moment,
    /// Form of care.
    pub care_type: CareType,
    /// Whether it counts.
    pub status: RedemptionStatus,
    /// What the centre is paid for it.
    pub face_value_fen: Fen,
    /// Scanned without network and uploaded later.
    pub offline: bool,
}
