//! Complaints (投诉) of families about a centre, answered by the bureau.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, ChildId, ComplaintId, ComplaintStatus, FamilyId, RatingId, StaffId, TextStatus};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "complaints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ComplaintId,
    pub family_id: FamilyId,
    pub child_id: ChildId,
    pub centre_id: CentreId,
    /// The rating of level 1 or 2 that opened it, if one did.
    pub rating_id: Option<RatingId>,
    /// In the family's words, sealed; absent of one that a rating opened, and once erased.
    pub text_sealed: Option<Vec<u8>>,
    /// What moderation thinks of the words, if there are any.
    pub text_status: Option<TextStatus>,
    pub status: ComplaintStatus,
    /// Answered by then, or overdue.
    pub due_at: DateTimeUtc,
    /// The officer who has it.
    pub assigned_to: Option<StaffId>,
    pub assigned_at: Option<DateTimeUtc>,
    /// The bureau's answer, sealed.
    pub answer_sealed: Option<Vec<u8>>,
    pub answered_by: Option<StaffId>,
    pub answered_at: Option<DateTimeUtc>,
    /// What the family said when it closed it.
    pub satisfied: Option<bool>,
    pub created_at: DateTimeUtc,
    /// When it was closed or withdrawn.
    pub closed_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The family's complaints.
    pub fn of_family(family: FamilyId) -> Select<Self> {
        Self::find().filter(Column::FamilyId.eq(family))
    }
}
