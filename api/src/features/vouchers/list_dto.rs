//! Vouchers and redemptions as the bureau lists them. No names: an id leads to the family only
//! where the law gives a reason.

use chrono::NaiveDate;
use entity::{
    CampaignId, CareType, CentreId, Fen, RedemptionId, RedemptionStatus, StaffId, StatementId, VoucherId, VoucherStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Cursor, Day, Limit, Moment};

/// Which redemptions.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauRedemptionsQuery {
    /// Only at this centre.
    #[param(value_type = Option<CentreId>)]
    pub centre_id: Option<CentreId>,
    /// Only of this campaign.
    #[param(value_type = Option<CampaignId>)]
    pub campaign_id: Option<CampaignId>,
    /// Only of this voucher.
    #[param(value_type = Option<VoucherId>)]
    pub voucher_id: Option<VoucherId>,
    /// Only in this state.
    pub status: Option<RedemptionStatus>,
    /// Only those scanned without network, or only others.
    pub offline: Option<bool>,
    /// First day of care.
    #[param(value_type = Option<Day>)]
    pub from: Option<Day>,
    /// Last day of care, inclusive.
    #[param(value_type = Option<Day>)]
    pub to: Option<Day>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A redemption as the bureau sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauRedemptionOut {
    /// Id.
    pub id: RedemptionId,
    /// Its voucher.
    pub voucher_id: VoucherId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Where.
    pub centre_id: CentreId,
    /// Who scanned.
    pub staff_id: StaffId,
    /// On which device, as the desk named it.
    pub device: Option<String>,
    /// The day of care.
    pub service_date: NaiveDate,
    /// When it was scanned.
    pub redeemed_at: Moment,
    /// When it was uploaded, if it was scanned without network.
    pub uploaded_at: Option<Moment>,
    /// Form of care.
    pub care_type: CareType,
    /// Whether it counts.
    pub status: RedemptionStatus,
    /// What the centre is paid for it.
    pub face_value_fen: Fen,
    /// The frozen statement that holds it.
    pub statement_id: Option<StatementId>,
}

/// Which vouchers.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BureauVouchersQuery {
    /// Only of this campaign.
    #[param(value_type = Option<CampaignId>)]
    pub campaign_id: Option<CampaignId>,
    /// Only with this stored state: `active` ones may have expired.
    pub status: Option<VoucherStatus>,
    /// Items at most.
    #[serde(default)]
    #[param(value_type = Option<Limit>)]
    pub limit: Limit,
    /// From the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

/// A voucher as the bureau sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BureauVoucherOut {
    /// Id.
    pub id: VoucherId,
    /// Its campaign.
    pub campaign_id: CampaignId,
    /// Where it stands today.
    pub status: VoucherStatus,
    /// Care days in all.
    pub units_total: i32,
    /// Care days used.
    pub units_used: i32,
    /// First day of use.
    pub valid_from: NaiveDate,
    /// Last day of use.
    pub valid_until: NaiveDate,
    /// When it was claimed.
    pub claimed_at: Moment,
    /// When it was revoked by itself.
    pub revoked_at: Option<Moment>,
}
