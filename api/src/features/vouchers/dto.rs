//! What campaigns, vouchers and redemptions take and answer.

use chrono::NaiveDate;
use entity::{
    CampaignId, CampaignStatus, CareType, CentreId, ChildId, Fen, FundCategory, FundSource, RedemptionId,
    RedemptionStatus, VoucherId, VoucherStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Line, Moment, Paragraph};

/// A campaign to create.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CampaignIn {
    /// Its name.
    #[schema(example = "2026年第一批托育体验券")]
    pub name: Line<60>,
    /// Text for parents.
    pub description: Paragraph<2000>,
    /// Vouchers to give out, 1 to 1 000 000.
    #[schema(example = 185)]
    pub quota: i64,
    /// Care days of one voucher, 1 to 365.
    #[schema(example = 15)]
    pub units_per_voucher: i64,
    /// What the centre is paid for a unit, in fen, up to 1 000 000.
    #[schema(example = 8000)]
    pub face_value_fen: i64,
    /// Claims from…
    pub claim_from: Moment,
    /// …until, exclusive.
    pub claim_until: Moment,
    /// Fixed validity: first day. Together with `valid_until`, instead of `valid_days`.
    #[serde(default)]
    pub valid_from: Option<Day>,
    /// Fixed validity: last day.
    #[serde(default)]
    pub valid_until: Option<Day>,
    /// Valid this many days, the day of the claim the first; 1 to 730.
    #[serde(default)]
    #[schema(example = 90)]
    pub valid_days: Option<i64>,
    /// Townships whose children may claim, by their Chinese names; absent or empty: all.
    #[serde(default)]
    pub townships: Option<Vec<Line<20>>>,
    /// Completed months on the day of the claim, at least (inclusive).
    #[serde(default)]
    #[schema(example = 6)]
    pub min_age_months: Option<i64>,
    /// Completed months on the day of the claim, at most (inclusive).
    #[serde(default)]
    #[schema(example = 35)]
    pub max_age_months: Option<i64>,
    /// Only for families that enter care for the first time.
    #[serde(default)]
    pub first_time_only: bool,
    /// The centres where it redeems; absent: every filed and inclusive centre.
    #[serde(default)]
    pub centre_ids: Option<Vec<CentreId>>,
    /// Whose money; `district` if not said.
    #[serde(default)]
    pub fund_source: Option<FundSource>,
    /// What the money is for.
    pub fund_category: FundCategory,
}

/// A centre where a campaign's vouchers redeem.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignCentreOut {
    /// Id.
    pub id: CentreId,
    /// Name.
    pub name: String,
}

/// Who may claim, where it redeems, how long it is valid.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignRulesOut {
    /// Fixed validity: first day; null with `valid_days`.
    pub valid_from: Option<NaiveDate>,
    /// Fixed validity: last day; null with `valid_days`.
    pub valid_until: Option<NaiveDate>,
    /// Days of validity, the day of the claim the first; null with fixed dates.
    pub valid_days: Option<i32>,
    /// Townships whose children may claim; empty: all.
    #[schema(example = json!(["洛阳镇"]))]
    pub townships: Vec<String>,
    /// Completed months on the day of the claim, at least.
    pub min_age_months: Option<i32>,
    /// Completed months on the day of the claim, at most.
    pub max_age_months: Option<i32>,
    /// Only for families that enter care for the first time.
    pub first_time_only: bool,
    /// True: every filed and inclusive centre; false: those of `centres`.
    pub all_centres: bool,
    /// The centres, if it names them.
    pub centres: Vec<CampaignCentreOut>,
}

/// A campaign as families see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignOut {
    /// Id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Text for parents.
    pub description: String,
    /// Always `open` here.
    pub status: CampaignStatus,
    /// Vouchers in all.
    pub quota: i32,
    /// Vouchers left.
    pub remaining: i32,
    /// Care days of one voucher.
    pub units_per_voucher: i32,
    /// Claims from…
    pub claim_from: Moment,
    /// …until.
    pub claim_until: Moment,
    /// Who may claim, where it redeems, how long it is valid.
    #[serde(flatten)]
    pub rules: CampaignRulesOut,
}

/// Units of a campaign: `claimed` = `unused` + `used` + `expired` + `revoked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CampaignUnitsOut {
    /// On all vouchers given out.
    pub claimed: i64,
    /// Still to be used.
    pub unused: i64,
    /// Redeemed, net of reversals.
    pub used: i64,
    /// Left over on vouchers past their last day.
    pub expired: i64,
    /// Left over on vouchers that were revoked.
    pub revoked: i64,
}

/// A campaign as the bureau sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauCampaignOut {
    /// Id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Text for parents.
    pub description: String,
    /// Where it is in its life.
    pub status: CampaignStatus,
    /// Vouchers in all.
    pub quota: i32,
    /// Vouchers given out.
    pub claimed: i32,
    /// Vouchers left.
    pub remaining: i32,
    /// Units redeemed, net of reversals; the same as `units.used`.
    pub used: i64,
    /// Its units, reconciled.
    pub units: CampaignUnitsOut,
    /// Care days of one voucher.
    pub units_per_voucher: i32,
    /// What the centre is paid for a unit.
    pub face_value_fen: Fen,
    /// Claims from…
    pub claim_from: Moment,
    /// …until.
    pub claim_until: Moment,
    /// Who may claim, where it redeems, how long it is valid.
    #[serde(flatten)]
    pub rules: CampaignRulesOut,
    /// Whose money.
    pub fund_source: FundSource,
    /// What the money is for.
    pub fund_category: FundCategory,
    /// When it was created.
    pub created_at: Moment,
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
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

/// Why a voucher is revoked.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VoucherRevokeIn {
    /// For the audit log.
    pub reason: Paragraph<200>,
}

/// A revoked voucher.
#[derive(Debug, Serialize, ToSchema)]
pub struct VoucherRevokedOut {
    /// Id.
    pub id: VoucherId,
    /// `revoked`.
    pub status: VoucherStatus,
    /// When.
    pub revoked_at: Moment,
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
}
