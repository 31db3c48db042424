//! Ratings (评价): one per visit or voucher day; the latest per child, centre and month counts.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CareType, CentreId, ChildId, FamilyId, RatingId, RedemptionId, TextStatus, VisitId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ratings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RatingId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    /// Exactly one of the two occasions is set.
    pub visit_id: Option<VisitId>,
    pub redemption_id: Option<RedemptionId>,
    pub care_type: CareType,
    pub care_date: Date,
    /// First day of the month of `care_date`: the period.
    pub month: Date,
    /// 1 (非常不满意) to 5 (非常满意).
    pub level: i32,
    pub environment: Option<i32>,
    pub carers: Option<i32>,
    pub meals: Option<i32>,
    pub safety: Option<i32>,
    pub communication: Option<i32>,
    pub text: Option<String>,
    pub text_status: TextStatus,
    /// Why it is left out of the figures, if it is.
    pub excluded_for: Option<String>,
    /// Starts at 1, rises with every edit.
    pub version: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}
crate::plain_table!();

impl Entity {
    /// The family's ratings.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
