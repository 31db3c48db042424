//! Trainings of carers (培训记录).
use sea_orm::entity::prelude::*;

use crate::{CarerId, StaffId, TrainingId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carer_trainings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TrainingId,
    pub carer_id: CarerId,
    pub held_on: Date,
    pub hours: i32,
    pub topic: String,
    pub staff_id: Option<StaffId>,
    pub created_at: DateTimeUtc,
}
crate::plain_table!();
