//! Calendar feeds with a secret link: of a family, or of a member of a centre's staff.
use sea_orm::entity::prelude::*;

use crate::{CalendarFeedId, CentreId, FamilyId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_feeds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CalendarFeedId,
    pub family_id: Option<FamilyId>,
    pub centre_id: Option<CentreId>,
    /// Who made the link of a centre.
    pub staff_id: Option<StaffId>,
    /// Keyed hash of the secret in the link.
    pub token_hash: Vec<u8>,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}
crate::plain_table!();
