//! Carers of centres (保育人员) with their certificates (project 12).
use sea_orm::{QueryFilter, entity::prelude::*};

use crate::{CarerId, CentreId, Certificate, StaffId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CarerId,
    pub centre_id: CentreId,
    pub name_sealed: Vec<u8>,
    /// Finds the row of a name at a centre.
    pub name_hash: Vec<u8>,
    pub certificate: Certificate,
    pub certificate_no_sealed: Option<Vec<u8>>,
    /// Last day of the certificate, if it ends.
    pub certificate_until: Option<Date>,
    /// When somebody saw the certificate, or that there is none.
    pub checked_on: Date,
    /// The first day on which the carer doesn't work there any more.
    pub left_on: Option<Date>,
    /// Who entered it; absent of what was loaded.
    pub staff_id: Option<StaffId>,
    pub created_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
}
crate::plain_table!();

impl Model {
    /// Works there on `day`.
    #[must_use]
    pub fn works_on(&self, day: Date) -> bool {
        self.left_on.is_none_or(|left| day < left)
    }

    /// Has a certificate of some level that is valid on `day` (持初级及以上保育师证).
    #[must_use]
    pub fn certified_on(&self, day: Date) -> bool {
        self.certificate != Certificate::None && self.certificate_until.is_none_or(|until| day <= until)
    }
}

impl Entity {
    /// The carers of a centre, former ones too.
    pub fn of_centre(centre: CentreId) -> Select<Self> {
        Self::find().filter(Column::CentreId.eq(centre))
    }
}
