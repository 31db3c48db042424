//! Registers of centres (机构台账): policies, contracts, visits, packages, devices and the like, a row each.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, Fen, RecordId, RecordItem, RecordKind, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "centre_records")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    pub centre_id: CentreId,
    pub kind: RecordKind,
    /// Which package, device or utility.
    pub item: Option<RecordItem>,
    /// Insurer, medical institution, employer or supplier.
    pub party: Option<String>,
    /// Number of the policy or contract.
    pub number: Option<String>,
    /// First day; of a visit or package the day.
    pub valid_from: Option<Date>,
    /// Last day.
    pub valid_until: Option<Date>,
    pub quantity: Option<i32>,
    pub amount_fen: Option<Fen>,
    pub note: Option<String>,
    /// When somebody saw the document, or the thing itself.
    pub checked_on: Date,
    /// Who entered it; absent of what was loaded.
    pub staff_id: Option<StaffId>,
    pub created_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
    /// Entered by mistake: it counts no more.
    pub removed_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The rows that count.
    pub fn live() -> Select<Self> {
        Self::find().filter(Column::RemovedAt.is_null())
    }

    /// The rows of a centre that count.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::live().filter(Column::CentreId.eq(centre))
    }
}
