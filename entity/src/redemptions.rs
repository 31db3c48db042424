//! Redemptions (核销): one unit, one centre, one day, one scan.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{
    CampaignId, CareType, CentreId, ChildId, FamilyId, Fen, RedemptionId, RedemptionStatus, StaffId, StatementId,
    VisitId, VoucherId,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redemptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RedemptionId,
    pub voucher_id: VoucherId,
    pub campaign_id: CampaignId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    pub staff_id: StaffId,
    /// The visit of that day, if the child had one booked here.
    pub visit_id: Option<VisitId>,
    pub care_type: CareType,
    pub service_date: Date,
    pub redeemed_at: DateTimeUtc,
    /// The desk's key for the request; unique per centre.
    pub request_id: String,
    /// Keyed hash of the code that was scanned.
    pub code_hash: Vec<u8>,
    pub face_value_fen: Fen,
    /// The answer as given, sealed: a repeated request gets the same bytes.
    pub answer_sealed: Vec<u8>,
    pub status: RedemptionStatus,
    /// As the desk named its device.
    pub device: Option<String>,
    /// The frozen statement that pays it; from then on it can't be reversed.
    pub statement_id: Option<StatementId>,
    /// Set if it was scanned without network and uploaded later; `redeemed_at` is then the desk's time.
    pub uploaded_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The centre's redemptions.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }

    /// The family's redemptions.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
