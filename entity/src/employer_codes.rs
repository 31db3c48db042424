//! Codes by which an employer's staff prove that they are its own.
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CentreId, EmployerCodeId, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "employer_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EmployerCodeId,
    pub centre_id: CentreId,
    /// For whom: the employer or department.
    pub label: String,
    /// Keyed hash of the code.
    pub code_hash: Vec<u8>,
    /// The last day of the code, and of what it proved.
    pub valid_until: Date,
    pub families_max: i32,
    /// Families that used it, raised on condition.
    pub families: i32,
    pub staff_id: StaffId,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
}
crate::plain_table!();

impl Entity {
    /// The codes of a centre.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
